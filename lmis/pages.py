"""Server-rendered pages: one Jinja2 environment a language, and `page()` that answers with a template."""

from __future__ import annotations

from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from lmis import i18n
from lmis.calendar import month_text
from lmis.config import settings
from lmis.i18n import LANGUAGES, N_
from lmis.pictures import months_bar

PACKAGE = Path(__file__).parent
STATIC = PACKAGE / "static"
TEMPLATES = next(path for path in (PACKAGE / "templates", PACKAGE.parent / "templates") if path.is_dir())
LANGUAGE_COOKIE = "language"
UNITS = (N_("piece"), N_("cycle"), N_("vial"), N_("set"), N_("rod"), N_("tablet"), N_("box"), N_("dose"))


@cache
def environment(language: str) -> Environment:
    """The templates as readers of `language` see them; a name a page was not given is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),  # the text of e-mails is no markup
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translate = partial(i18n.gettext, language)
    made.install_gettext_callables(translate, _one_form(translate), newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(
        number=lambda value: i18n.number(value, language),
        decimal=lambda value, places=1: i18n.decimal(value, language, places),
        money=lambda value: i18n.money(value, language),
        day=i18n.day,
        month=month_text,
        moment=i18n.moment,
        show=lambda value: i18n.show(value, language),
        local=lambda record: getattr(record, f"name_{language}"),
        word=translate,
        search_key=i18n.search_key,
    )
    made.globals.update(language=language, static_url=static_url, months_bar=months_bar)
    return made


def _one_form(translate: partial[str]) -> object:
    """Plurals are written so that one sentence serves every count."""
    return lambda one, many, count: translate(one if count == 1 else many)


@cache
def static_url(name: str) -> str:
    """The address of a static file, new whenever its content is, so that browsers may keep it for good."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def language_of(request: Request) -> str:
    """What the browser chose, else what the user did, else the site's language."""
    user = getattr(request.state, "user", None)
    for choice in (request.cookies.get(LANGUAGE_COOKIE), user and user.language):
        if choice in LANGUAGES:
            return str(choice)
    return settings().language


def page(request: Request, template: str, *, status_code: int = 200, **context: object) -> HTMLResponse:
    """The rendered template in the reader's language. `user` and `place` are there on every page, or None.

    administers: whether the user looks after the whole site.
    """
    language = language_of(request)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    html = (
        environment(language)
        .get_template(template)
        .render(
            context,
            user=getattr(request.state, "user", None),
            place=getattr(request.state, "place", None),
            administers=getattr(request.state, "administers", False),
            here=here if request.method == "GET" else request.url.path,
        )
    )
    return HTMLResponse(html, status_code, headers={"Content-Language": language, "Vary": "Cookie"})
