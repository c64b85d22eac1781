"""The whole supply cycle over four levels, as its people do it: ordered, shared out, shipped, confirmed, counted,
recalled and sent back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lmis.db import reader
from lmis.network.models import Facility
from lmis.stock.documents import Kind
from lmis.stock.verify import verify
from tests.browser.people import act_as, menu, more, press, row, said, window
from tests.factories import a_document, a_facility, a_line, a_user
from tests.web import Site

OTHER = "Trung tâm Y tế quận Hoàn Kiếm"


@pytest.fixture
def other(site: Site) -> Facility:
    """A second district, with a station that uses as much as ours."""
    district = site.add(a_facility, OTHER, level="district", parent=site.tree.board)
    assert isinstance(district, Facility)
    station = site.add(a_facility, parent=district)
    assert isinstance(station, Facility)
    use_up(site, station)
    return district


def use_up(site: Site, station: Facility) -> None:
    """A hundred a month in the last three months, and forty left."""
    lot = site.receive(340, at=station, on=date(2026, 7, 31))
    for month in (8, 9, 10):
        site.post(a_document(station, a_line(lot, 100), kind=Kind.DISPENSE, on=date(2026, month, 15)))


@pytest.fixture
def people(site: Site, other: Facility) -> None:
    for username, at, role in (
        ("board", site.tree.board, "storekeeper"),
        ("board chief", site.tree.board, "manager"),
        ("district", site.tree.district, "storekeeper"),
        ("district chief", site.tree.district, "manager"),
        ("other", other, "storekeeper"),
        ("commune", site.tree.commune, "storekeeper"),
    ):
        site.add(a_user, at, username=username, role=role)


def task(page: Page, what: str) -> None:
    """From the list of what waits to where it is done."""
    page.get_by_role("listitem").filter(has_text=what).get_by_role("link").click()


def ask(page: Page) -> None:
    """Begin a requisition for last month and submit it as it is proposed."""
    menu(page, "Requisitions")
    page.get_by_role("link", name="Begin a requisition").click()
    press(page, "Begin")
    said(page, "Begun with the figures of the ledger")


def authorise(page: Page, facility: Facility) -> None:
    """A manager stands by what somebody else has submitted."""
    page.goto(f"/f/{facility.code}")
    task(page, "requisitions wait to be authorised")
    page.get_by_role("link", name="DT-2026-00001").click()
    press(page, "Authorise it")
    said(page, "Authorised")


def confirm_all(page: Page) -> None:
    """Whatever is on its way here arrived as it was sent."""
    menu(page, "To do")
    while page.get_by_text("shipments to confirm").count():
        task(page, "shipments to confirm")
        page.locator("#incoming").locator("xpath=following::table[1]").get_by_role("link").first.click()
        press(page, "All arrived as sent")
        said(page, "What arrived is recorded")
        menu(page, "To do")


@contextmanager
def at_the_browser(browser: Browser, server: str, javascript: bool) -> Iterator[BrowserContext]:
    with window(browser, server, java_script_enabled=javascript) as context:
        context.new_page()
        yield context


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
def test_a_whole_cycle_over_four_levels(
    browser: Browser, live_server: str, site: Site, other: Facility, people: None, javascript: bool
):
    tree = site.tree
    use_up(site, tree.commune)
    site.receive(1_000, number="T100")

    with at_the_browser(browser, live_server, javascript) as context:
        # the commune asks: 3 months of 100 less the 40 it has are 260, which is two packs of 144
        page = act_as(context, "commune")
        ask(page)
        assert page.get_by_label("Requested: Bao cao su").input_value() == "288"
        press(page, "Submit the requisition")
        said(page, "Submitted")

        # the district consolidates its commune's need into its own, and approves it
        page = act_as(context, "district chief")
        authorise(page, tree.commune)
        page = act_as(context, "district")
        ask(page)
        page.get_by_role("link", name=re.compile("288.*see who asked")).click()
        expect(page.get_by_role("main")).to_contain_text(tree.commune.name)
        page.go_back()
        press(page, "Submit the requisition")
        page = act_as(context, "district chief")
        authorise(page, tree.district)
        page.goto(f"/f/{tree.district.code}")
        task(page, "requisitions from below wait for approval")
        page.get_by_role("link", name="DT-2026-00001").click()
        page.get_by_label("Approved: Bao cao su").fill("288")  # none is here yet, it is on order
        press(page, "Approve it")
        said(page, "Approved")

        # another district asks for as much, and the board has too little for both
        page = act_as(context, "other")
        ask(page)
        press(page, "Submit the requisition")
        page = act_as(context, "board chief")
        authorise(page, other)
        page.goto(f"/f/{tree.board.code}")
        task(page, "requisitions from below wait for approval")
        expect(page.get_by_role("main")).to_contain_text("Less is here than is asked for")
        page.get_by_role("link", name="See who gets what").click()
        assert tree.district.name in row(page, tree.district.name)
        page.go_back()
        press(page, "Approve those ticked")
        said(page, "Approved: 2")
        page = act_as(context, "board")
        task(page, "approved requisitions wait for their goods")
        press(page, "Release those ticked")
        said(page, "Released: 2")
        assert site.on_hand(tree.board) == 0

        # the goods come to the district, which releases what the commune asked for
        page = act_as(context, "district")
        confirm_all(page)
        held = site.on_hand(tree.district)
        assert 288 < held < 1_000
        task(page, "approved requisitions wait for their goods")
        press(page, "Release those ticked")
        said(page, "Released: 1")

        # one of two boxes arrives damaged
        page = act_as(context, "commune")
        task(page, "shipments to confirm")
        page.get_by_role("link", name="PX-2026-00001").click()
        page.get_by_role("link", name="Confirm lot by lot").click()
        page.get_by_label("Bao cao su, T100").fill("144")
        page.get_by_label("Damaged, T100").fill("144")
        page.get_by_label("How was it damaged? Lot T100").select_option(label="Wet or damp")
        press(page, "Confirm what arrived")
        press(page, "Record the proof of delivery")
        said(page, "What arrived is recorded")
        assert site.on_hand(tree.commune) == 40 + 144

        # the sender sees it at once and settles it: the box is back, and kept apart
        page = act_as(context, "district")
        task(page, "shipments with differences to settle")
        page.get_by_role("region", name="Differences to settle").get_by_role("link").click()
        page.get_by_role("link", name="Settle the differences").click()
        page.get_by_label("What became of it?").select_option(label="Back on our shelf (sent back, or never left)")
        page.get_by_label("Quantity (piece)").fill("144")
        press(page, "Record the settlement")
        said(page, "The settlement is recorded")
        assert (site.on_hand(tree.district), site.on_hand(tree.district, "quarantined")) == (held - 288, 144)

        # the count finds three missing
        page = act_as(context, "commune")
        menu(page, "Counts")
        page.get_by_role("link", name="Start a count").click()
        page.get_by_label("Everything on the shelf").check()
        press(page, "Start counting")
        page.get_by_label("Bao cao su, T100").fill("141")
        others = page.locator("input[name^=counted-]")
        for box in others.all():
            if not box.input_value():
                box.fill("40")
        press(page, "Save and look at the differences")
        expect(page.get_by_role("main")).to_contain_text("−3")
        page.get_by_label("Reason for lot T100").select_option(label="Missing")
        press(page, "Post the count")
        assert site.on_hand(tree.commune) == 40 + 141

        # the collaborator fetches some and signs for them
        menu(page, "Issue")
        page.get_by_label("Goods go to").select_option(label=tree.collaborator.name)
        page.get_by_label("Bao cao su").fill("100")
        press(page, "Continue to the lots")
        assert page.get_by_label("Handed over now").is_checked()
        page.get_by_role("button", name="Record").click()
        said(page, "Recorded as")
        assert site.on_hand(tree.collaborator) == 100

        # the board recalls the lot: it is blocked on all four levels at once
        page = act_as(context, "board chief")
        more(page, "Recalled lots")
        page.get_by_role("link", name="Recall a lot").click()
        page.get_by_label("Lot number, or the item’s name").fill("t 100")
        press(page, "Find the lot")
        page.get_by_role("link", name="T100").click()
        page.get_by_label("Why is the lot recalled?").fill("Không đạt chất lượng")
        press(page, "Recall the lot everywhere")
        said(page, "The lot is blocked everywhere")
        blocked = {it.name: site.on_hand(it, "recalled") for it in (tree.district, tree.commune, tree.collaborator)}
        assert blocked[tree.district.name] == held - 288 + 144
        assert all(blocked.values())

        # what was still on its way to the other district arrives as recalled
        page = act_as(context, "other")
        confirm_all(page)
        assert (site.on_hand(other), site.on_hand(other, "recalled")) == (0, 1_000 - held)
        assert sum(blocked.values()) + site.on_hand(other, "recalled") == 1_000 - 3

        # the commune sends back what it and its collaborator hold; the board fetches the rest and confirms all of it
        page = act_as(context, "commune")
        task(page, "recalled lots still held here")
        page.get_by_role("link", name="T100").first.click()
        press(page, f"Send back to {tree.board.name}")
        said(page, "on their way to")
        page = act_as(context, "board")
        more(page, "Recalled lots")
        page.get_by_role("link", name="T100").first.click()
        press(page, "Make the shipments of all holders")
        confirm_all(page)
        more(page, "Recalled lots")
        page.get_by_role("link", name="T100").first.click()
        expect(page.get_by_role("main")).to_contain_text("997 of")

    assert site.on_hand(tree.board, "recalled") == 997
    with reader(site.engine) as session:
        assert verify(session) == []
