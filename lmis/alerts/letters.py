"""E-mails from their templates: subject, text, and HTML with its style in every tag, as mail programs want it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from css_inline import CSSInliner

from lmis.accounts.models import User
from lmis.config import settings
from lmis.pages import TEMPLATES, environment

LARGEST = 68_000  # bytes of text and HTML: they travel as up to half more, and mail programs cut off at 100 KB


@dataclass(frozen=True, slots=True)
class Written:
    """What an e-mail says. text, html: whole documents."""

    subject: str
    text: str
    html: str

    @property
    def is_too_large(self) -> bool:
        return len(self.text.encode()) + len(self.html.encode()) > LARGEST


def written(name: str, language: str, **context: object) -> Written:
    """The templates of email/<name> in a language."""
    made, site = environment(language), settings().address.rstrip("/")

    def part(file: str) -> str:
        return made.get_template(f"email/{name}/{file}").render(context, site=site)

    text = re.sub(r"\n{3,}", "\n\n", part("body.txt")).strip()
    return Written(" ".join(part("subject.txt").split()), f"{text}\n", _inliner().inline(part("body.html")))


def language_of(user: User) -> str:
    return user.language or settings().language


@cache
def _inliner() -> CSSInliner:
    """What depends on the screen cannot stand in a tag, and stays in the head."""
    style = (TEMPLATES / "email" / "mail.css").read_text(encoding="utf-8")
    return CSSInliner(extra_css=style, keep_at_rules=True, minify_css=True, load_remote_stylesheets=False)
