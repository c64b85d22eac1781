"""Signing in and filling in, as a person at a browser does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page

from lmis.accounts.deps import SESSION_COOKIE
from tests.factories import PASSWORD
from tests.web import Site


@contextmanager
def window(browser: Browser, server: str, language: str = "en", **options: object) -> Iterator[BrowserContext]:
    """A fresh browser window on the served program, in a language."""
    context = browser.new_context(base_url=server, **({"locale": "vi-VN"} | options))
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": "language", "value": language, "url": server}])
    yield context
    context.close()


def sign_in(page: Page, username: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def carry_in(context: BrowserContext, site: Site, server: str, at: object = None) -> None:
    """Sign a window in without typing."""
    token = site.browser(at).cookies[SESSION_COOKIE]
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": server}])
