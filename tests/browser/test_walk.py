"""The main job end to end, as a board storekeeper, a district pharmacist and a commune midwife do it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import sign_in, window
from tests.factories import a_user
from tests.web import Site


@pytest.fixture
def people(site: Site) -> None:
    for username, at in (
        ("board", site.tree.board),
        ("district", site.tree.district),
        ("commune", site.tree.commune),
    ):
        site.add(a_user, at, username=username)


def menu(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name=name, exact=True).click()


def give(page: Page, act: str, quantity: str, to: str | None = None) -> None:
    """Both steps of an issue or a dispensing, ending at the document."""
    menu(page, act)
    if to:
        page.get_by_label("Goods go to").select_option(label=to)
    page.get_by_label("Bao cao su").fill(quantity)
    page.get_by_role("button", name="Continue to the lots").click()
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("status")).to_contain_text("Recorded as")


def confirm(page: Page) -> None:
    """What is on its way here arrived as it was sent."""
    menu(page, "Shipments")
    page.get_by_role("link", name="PX-2026-00001").click()
    page.get_by_role("button", name="All arrived as sent").click()
    expect(page.get_by_role("status")).to_contain_text("What arrived is recorded")
    menu(page, "To do")


def row(page: Page, text: str) -> str:
    return " ".join(page.get_by_role("row").filter(has_text=text).first.inner_text().split())


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
def test_goods_go_from_the_board_to_a_client(
    browser: Browser, live_server: str, site: Site, people: None, javascript: bool
):
    with window(browser, live_server, java_script_enabled=javascript) as context:
        page = context.new_page()

        sign_in(page, "board")
        menu(page, "Receive")
        page.get_by_label("Supplier").fill("Nhà cung cấp A")
        first = page.get_by_role("group", name="Line 1")
        first.get_by_label("Item").select_option(value=str(site.condom.id))
        first.get_by_label("Lot number").fill("A12")
        first.get_by_label("Expiry date").fill("2028-06-30")
        first.get_by_label("Quantity").fill("10.000")
        page.get_by_role("button", name="Record the receipt").click()
        expect(page.get_by_role("status")).to_contain_text("Recorded as PN-2026-00001")
        give(page, "Issue", "1.200", to="Trung tâm Y tế quận Ba Đình")
        context.clear_cookies(name="session")

        sign_in(page, "district")
        expect(page.get_by_role("main")).to_contain_text("1 shipments to confirm")
        confirm(page)
        assert "1,200" in row(page, "Bao cao su")
        give(page, "Issue", "300", to="Trạm Y tế phường Trúc Bạch")
        context.clear_cookies(name="session")

        sign_in(page, "commune")
        confirm(page)
        give(page, "Dispense", "40")
        give(page, "Dispense", "50")
        page.get_by_role("link", name="Reverse this document").click()
        page.get_by_label("Why is it reversed?").fill("Gõ nhầm")
        page.get_by_role("button", name="Reverse it").click()
        expect(page.get_by_role("main")).to_contain_text("This document undoes another one")
        context.clear_cookies(name="session")

        sign_in(page, "board")
        menu(page, "Report")
        page.get_by_label("Show").select_option("facility")
        page.get_by_role("button", name="Show the report").click()
        table = " ".join(page.get_by_role("region", name="Each facility").inner_text().split())
        for figures in (
            "Free of charge 0 10,000 1,200 0 0 0 8,800",
            "Free of charge 0 1,200 300 0 0 0 900",
            "Free of charge 0 300 0 40 0 0 260",
        ):
            assert figures in table
        totals = " ".join(page.get_by_role("region", name="Totals by item").inner_text().split())
        assert "0 11,500 1,500 40 0 0 9,960" in totals
    assert [site.on_hand(it) for it in (site.tree.board, site.tree.district, site.tree.commune)] == [8_800, 900, 260]
