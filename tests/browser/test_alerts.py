"""From an alert to the form that does something about it, and the alert is gone at the next evaluation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import select

from lmis.alerts.evaluating import evaluate
from lmis.alerts.models import Alert
from lmis.db import reader
from lmis.network.models import Facility
from lmis.stock.documents import Kind
from tests.browser.people import menu, press, said, sign_in, window
from tests.factories import NOW, TODAY, a_document, a_line, a_user
from tests.web import Site

PHONE = {"width": 360, "height": 740}


def look(site: Site) -> None:
    """What the worker does at night."""
    evaluate(site.engine, today=TODAY, now=NOW)


def states(site: Site, rule: str, at: Facility) -> list[str]:
    with reader(site.engine) as session:
        return list(session.exec(select(Alert.state).where(Alert.rule == rule, Alert.facility_id == at.id)))


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def storekeeper(request: pytest.FixtureRequest, browser: Browser, live_server: str, site: Site) -> Iterator[Page]:
    """Someone of the commune on a phone, with and without JavaScript."""
    site.add(a_user, site.tree.commune, username="commune")
    context: BrowserContext
    with window(browser, live_server, viewport=PHONE, java_script_enabled=request.param) as context:
        page = context.new_page()
        sign_in(page, "commune")
        yield page


def follow(page: Page, rule: str, verb: str) -> None:
    """Open what the list of alerts asks to do."""
    menu(page, "Alerts")
    page.get_by_role("row").filter(has_text=rule).get_by_role("link", name=verb).click()


def test_an_expired_lot_is_written_off_from_its_alert_and_the_alert_resolves(site: Site, storekeeper: Page):
    commune = site.tree.commune
    site.receive(40, at=commune, expires_on=TODAY - timedelta(days=1), on=date(2026, 1, 5))
    site.receive(500, at=commune)
    look(site)

    follow(storekeeper, "Expired on the shelf", "Write it off")
    expect(storekeeper.get_by_label("Bao cao su").first).to_have_value("40")
    press(storekeeper, "Record the write-off")
    said(storekeeper, "Recorded as")

    look(site)
    assert states(site, "expired", commune) == ["resolved"]
    menu(storekeeper, "Alerts")
    expect(storekeeper.get_by_text("Expired on the shelf –")).to_have_count(0)


def test_what_runs_out_is_ordered_from_its_alert(site: Site, storekeeper: Page):
    commune = site.tree.commune
    lot = site.receive(340, at=commune, on=date(2026, 7, 31))
    for month in (8, 9, 10):
        site.post(a_document(commune, a_line(lot, 110), kind=Kind.DISPENSE, on=date(2026, month, 15)))
    look(site)

    menu(storekeeper, "Alerts")
    storekeeper.get_by_role("link", name="Write an emergency requisition").first.click()
    expect(storekeeper.get_by_text("It will ask for Bao cao su in any case")).to_be_visible()
    press(storekeeper, "Begin")

    said(storekeeper, "Begun with the figures of the ledger")
    asked = storekeeper.locator("input[name^=requested-]")
    assert int(asked.input_value()) > 0


def test_one_is_acknowledged_with_a_note_and_rests(site: Site, storekeeper: Page):
    site.receive(40, at=site.tree.commune, expires_on=TODAY - timedelta(days=1), on=date(2026, 1, 5))
    look(site)

    menu(storekeeper, "Alerts")
    storekeeper.get_by_role("row").get_by_role("link", name=re.compile("^Expired on the shelf –")).click()
    storekeeper.get_by_label("Note").fill("Hội đồng họp thứ Sáu")
    storekeeper.get_by_label("Rest until").fill("2026-11-28")
    press(storekeeper, "Acknowledge")
    said(storekeeper, "Acknowledged")

    look(site)
    assert states(site, "expired", site.tree.commune) == ["acknowledged"]
    expect(storekeeper.get_by_role("row").filter(has_text="Hội đồng họp thứ Sáu").first).to_be_visible()
