"""A mail as a browser shows it: read by everybody, on any screen, fetching nothing, leading to where it says."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from lmis import clock
from lmis.alerts.digests import digest_of
from lmis.alerts.findings import Rule
from lmis.config import settings
from lmis.db import reader, transaction
from tests.alerts.mailing import someone
from tests.alerts.making import an_alert
from tests.browser.people import carry_in, window
from tests.browser.test_pages import faults
from tests.factories import a_facility
from tests.web import Site


@pytest.fixture
def digest(site: Site) -> str:
    """The HTML of a district's digest with alerts of every severity at several places."""
    with transaction(site.engine) as session:
        reader_ = someone(session, site.tree.district)
        places = [site.tree.district, *(a_facility(session, parent=site.tree.district) for _ in range(5))]
        for place in places:
            for rule in (Rule.OUT, Rule.EXPIRED, Rule.COUNT_DUE):
                an_alert(session, place, site.condom, rule=rule)
    with reader(site.engine) as session:
        return digest_of(session, reader_, today=clock.today(), now=clock.now()).html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1200])
def test_a_mail_is_for_everybody_and_every_screen(browser: Browser, live_server: str, digest: str, scheme, width):
    asked: list[str] = []
    with window(browser, live_server, color_scheme=scheme, viewport={"width": width, "height": 800}) as context:
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.set_content(digest)

        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ground = page.evaluate("getComputedStyle(document.querySelector('.sheet')).backgroundColor")
        assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(26, 34, 33)")
    assert asked == []


def test_the_preview_has_its_style_and_leads_to_the_alert(
    browser: Browser, live_server: str, site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settings(), "address", live_server)
    monkeypatch.setattr(settings(), "language", "en")
    site.add(an_alert, site.tree.district, site.condom)
    with window(browser, live_server) as context:
        carry_in(context, site, live_server, site.tree.district)
        page = context.new_page()
        page.goto("/me/mail")
        page.get_by_role("link", name="See what it would write now").click()

        act = page.get_by_role("link", name="Write an emergency requisition")
        expect(act).to_have_css("background-color", "rgb(11, 95, 90)")
        page.get_by_role("link", name="Details").click()
        expect(page).to_have_url(re.compile(rf"/f/{site.tree.district.code}/alerts/\d+$"))
        expect(page.get_by_role("heading", level=1)).to_contain_text("Bao cao su")
