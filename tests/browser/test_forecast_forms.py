"""The forms of planners: WCAG 2.2 AA, no sideways scrolling on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from lmis.accounts.deps import SESSION_COOKIE
from tests.browser.people import press, window
from tests.browser.test_pages import DESK, PHONE, faults
from tests.forecast.desk import forecast_pages
from tests.web import Site


def forms(page: Page, path: str) -> Iterator[str]:
    """Each page of a planner in turn, the refused form and the one to be checked too."""
    page.goto(path)
    yield "override"
    press(page, "Check the figure")
    yield "errors"
    page.fill("#quantity", "20000")
    page.fill("#reason", "Đội lưu động về phường")
    press(page, "Check the figure")
    yield "check"
    page.goto(f"{path}/202612/take-back")
    yield "take back"
    page.goto(f"{path.partition('/items')[0]}/campaigns")
    page.fill("#name", "Chiến dịch")
    press(page, "Flag the campaign")
    yield "campaigns"


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", PHONE)], ids=["light", "dark-phone"])
def test_planners_forms_are_within_reach_of_everybody(browser: Browser, live_server: str, site: Site, scheme, size):
    path = forecast_pages(site)[-1]
    token = site.browser(role="manager").cookies[SESSION_COOKIE]
    with window(browser, live_server, color_scheme=scheme, viewport=size) as context:
        context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": live_server}])
        page = context.new_page()
        for name in forms(page, path):
            assert faults(page) == [], name
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
