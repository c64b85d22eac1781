"""A commune's implants: what is expected, what a planner puts in its place, the order it makes, and who was right."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from lmis import clock
from lmis.catalog.models import Item
from lmis.config import settings
from lmis.db import transaction
from lmis.stock.documents import Document, Kind
from lmis.stock.posting import post
from tests.browser.people import act_as, menu, more, press, row, said, window
from tests.factories import a_document, a_forecast, a_line, a_lot, a_user, an_item
from tests.web import Site

NAME = "Que cấy"
DECEMBER, NEW_YEAR = datetime(2026, 12, 15, 3, 0, tzinfo=UTC), datetime(2027, 1, 5, 3, 0, tzinfo=UTC)


@pytest.fixture
def implant(site: Site) -> Item:
    """Four a month for a year, but for some weeks of an empty shelf around New Year, and two left."""
    item = site.add(an_item, NAME, code="QUE", method="implant")
    assert isinstance(item, Item)
    lot, station = site.add(a_lot, item, expires_on=date(2030, 1, 1)), site.tree.commune
    site.post(a_document(station, a_line(lot, 8), on=date(2025, 10, 31)))
    site.post(a_document(station, a_line(lot, 34), on=date(2026, 1, 12)))
    months = [(2025, 11), (2025, 12), *((2026, month) for month in (2, 3, 4, 5, 6, 8, 9, 10))]
    for year, month in months:
        site.post(a_document(station, a_line(lot, 4), kind=Kind.DISPENSE, on=date(year, month, 15)))
    site.add(a_forecast, station, item, means=(4.0,) * 12, amc=4.0)
    return item


@pytest.fixture
def people(site: Site) -> None:
    site.add(a_user, site.tree.commune, username="midwife")
    site.add(a_user, site.tree.commune, username="chief", role="manager")


def goods_come(site: Site, item: Item) -> None:
    with transaction(site.engine) as session:
        lot = a_lot(session, item, expires_on=date(2030, 1, 1))
        came: Document = a_document(site.tree.commune, a_line(lot, 20), on=date(2026, 12, 2))
        post(session, [came], today=DECEMBER.date(), now=DECEMBER)


def dispense(page: Page, quantity: str) -> None:
    menu(page, "Dispense")
    page.get_by_label(NAME).fill(quantity)
    press(page, "Continue to the lots")
    page.get_by_role("button", name="Record").click()
    said(page, "Recorded as")


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
def test_a_planners_figure_changes_the_order_and_is_judged_when_its_month_is_over(
    browser: Browser,
    live_server: str,
    site: Site,
    implant: Item,
    monkeypatch: pytest.MonkeyPatch,
    javascript: bool,
):
    monkeypatch.setattr(settings(), "order_by", "forecast")
    with window(browser, live_server, java_script_enabled=javascript) as context:
        context.new_page()

        # what is to be expected, as a picture and as a table
        page = act_as(context, "chief")
        more(page, "Forecast")
        page.get_by_role("link", name=NAME).first.click()
        expect(page.get_by_role("img", name="About 4 a month, between 2.2 and 5.8.")).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text("Shaded: the shelf was empty on some days")
        assert row(page, "12/2026") == "12/2026 4 2.2 5.8 4"

        # the order it makes: 11 of 30 days and 12 of 31 of four a month are 3, and 1.8 × √0.75 in reserve; two are left
        page = act_as(context, "midwife")
        menu(page, "Requisitions")
        page.get_by_role("link", name="Begin a requisition").click()
        press(page, "Begin")
        said(page, "Begun with the figures of the ledger")
        paper = page.url
        assert page.get_by_label(f"Requested: {NAME}").input_value() == "3"
        expect(page.get_by_role("main")).to_contain_text(
            "Forecast: 3 in 0.75 months + 1.6 in reserve; by average monthly consumption it would be 10."
        )

        # the chief knows of something in December that no figure tells
        page = act_as(context, "chief")
        page.goto(paper)
        page.get_by_role("link", name="See the forecast").click()
        page.get_by_label("Month", exact=True).select_option(label="12/2026")
        page.get_by_label("Quantity (piece)").fill("20")
        page.get_by_label("Reason").fill("Đội lưu động về phường")
        press(page, "Check the figure")
        press(page, "Let this figure stand")
        said(page, "Your figure stands")
        assert "20: Đội lưu động về phường (the forecast said 4)" in row(page, "12/2026")

        # the order follows: 4 × 11/30 + 20 × 12/31 are 9.2; December spreads √5 times as far as it did, and
        # √(11/30 × 1.8² + 12/31 × 4²) = 2.7
        page = act_as(context, "midwife")
        page.goto(paper)
        press(page, "Take the ledger’s figures anew")
        said(page, "Saved")
        assert page.get_by_label(f"Requested: {NAME}").input_value() == "10"
        expect(page.get_by_role("main")).to_contain_text("Forecast: 9.2 in 0.75 months + 2.7 in reserve")
        press(page, "Submit the requisition")
        said(page, "Submitted")

        # December comes, and eighteen are used
        monkeypatch.setattr(clock, "now", lambda: DECEMBER)
        site.add(a_forecast, site.tree.commune, implant, means=(4.0,) * 12, amc=4.0, as_of=202611)
        goods_come(site, implant)
        dispense(act_as(context, "midwife"), "18")

        # and when it is over the page says who was nearer
        monkeypatch.setattr(clock, "now", lambda: NEW_YEAR)
        page = act_as(context, "chief")
        page.goto(f"/f/{site.tree.commune.code}/items/QUE/forecast")
        expect(page.get_by_role("main")).to_contain_text(
            "In 12/2026: used 18; AMC said 4, the forecast 4, the planners’ figure 20: "
            "the planners’ figure was nearest."
        )
        page.get_by_role("link", name="Accuracy of all items").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Accuracy of the forecast, 12/2026")
        assert "20 ✓ (nearest) off by 2" in row(page, NAME)
