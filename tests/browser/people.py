"""Signing in and filling in, as a person at a browser does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, expect

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


def act_as(context: BrowserContext, username: str) -> Page:
    """Another person at the same browser."""
    context.clear_cookies(name="session")
    page = context.pages[0]
    sign_in(page, username)
    return page


def menu(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name=name, exact=True).click()


def more(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Main menu").get_by_text("More").click()
    menu(page, name)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def said(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


def row(page: Page, text: str) -> str:
    """The words of the first row that has `text`."""
    return " ".join(page.get_by_role("row").filter(has_text=text).first.inner_text().split())
