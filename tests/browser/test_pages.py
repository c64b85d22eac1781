"""What holds for every page: WCAG 2.2 AA, no sideways scrolling, a quiet console, little weight."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Response

from lmis.stock.documents import Kind
from tests.alerts.making import alert_pages
from tests.browser.people import carry_in, window
from tests.counts.desk import count_pages
from tests.factories import TODAY, a_document, a_facility, a_line, a_price, a_user
from tests.forecast.desk import forecast_pages
from tests.shipments.acts import a_report, a_shipment
from tests.web import Site

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MOST_WEIGHT = 60 * 1024
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}


@pytest.fixture
def pages(site: Site) -> list[str]:
    """The address of every page, on a site where each has something to show."""
    board, district, commune = site.tree.board, site.tree.district, site.tree.commune
    site.add(a_facility, "Trạm Y tế phường Quán Thánh", parent=district)
    site.add(a_price, site.condom, 1_500)
    lot = site.receive(5_000, on=date(2026, 8, 1))
    site.receive(50, expires_on=TODAY - timedelta(days=1), on=date(2026, 1, 5), channel="social_marketing")
    held = site.receive(70, expires_on=TODAY + timedelta(days=20))
    site.post(a_document(board, a_line(held, 30, reason="damaged"), kind=Kind.QUARANTINE))
    issue = site.post(a_document(board, a_line(lot, 900), kind=Kind.ISSUE, to=district))
    site.post(a_document(district, a_line(lot, 90), kind=Kind.ISSUE, to=commune))
    site.post(a_document(commune, a_line(lot, 90), kind=Kind.DISPENSE))
    sent = site.add(a_shipment, board, district, a_line(lot, 500), stocked=False)
    back = site.add(a_shipment, district, board, a_line(lot, 40), kind=Kind.RETURN, stocked=False)
    site.add(a_report, sent, district)
    paths = [
        "",
        *[
            "stock",
            "receive",
            "issue",
            "write-off",
            "return",
            "quarantine",
            "release",
            "documents",
            "facilities",
            "stockouts",
        ],
    ]
    return [
        "/nowhere",
        "/me/mail",
        *(f"/f/{board.code}/{path}".rstrip("/") for path in paths),
        f"/f/{board.code}/facilities?q=truc",
        f"/f/{board.code}/report?by=facility",
        f"/f/{board.code}/report?by=facility&item={site.condom.code}",
        f"/f/{board.code}/items/{site.condom.code}/card",
        f"/f/{commune.code}/dispense",
        f"/f/{commune.code}/transfer",
        f"/documents/{issue}",
        f"/documents/{issue}/reverse",
        f"/documents/{sent}",
        f"/f/{board.code}/shipments",
        *(f"/f/{board.code}/shipments/{sent}{act}" for act in ("", "/settle", "/pick")),
        *(f"/f/{board.code}/shipments/{back}{act}" for act in ("", "/confirm", "/refuse")),
        f"/f/{district.code}/shipments/{back}/call-back",
        *alert_pages(site),
        *count_pages(site),
        *forecast_pages(site),
    ]


def everywhere(context: BrowserContext, pages: list[str], site: Site) -> list[tuple[str, Page]]:
    """Each page in turn, then those that only a form leads to."""
    page = context.new_page()
    for path in pages:
        page.goto(path)
        yield path, page
    issue = f"/f/{site.tree.board.code}/issue"
    page.goto(issue)
    page.locator("[data-quantity]").first.fill("x")
    page.locator("main .actions button").click()
    yield "errors", page
    page.goto(issue)
    page.locator("[data-quantity]").first.fill("20")
    page.locator("#counterparty").select_option(index=1)
    page.locator("main .actions button").click()
    page.wait_for_selector("input[name^=lot-]")
    yield "lots", page
    page.locator("header details.more summary").click()
    yield "menu", page


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:120]} {node['failureSummary']}" for fault in found for node in fault["nodes"]
    ]


@pytest.mark.parametrize(
    ("language", "scheme", "size"),
    [("vi", "light", DESK), ("en", "dark", DESK), ("en", "light", PHONE), ("vi", "dark", PHONE)],
    ids=["vi-light", "en-dark", "en-light-phone", "vi-dark-phone"],
)
def test_axe_finds_nothing_against_wcag(
    browser: Browser, live_server: str, site: Site, pages: list[str], language, scheme, size
):
    with window(browser, live_server, language, color_scheme=scheme, viewport=size) as context:
        front = context.new_page()
        front.goto("/sign-in")
        found = {"/sign-in": faults(front)}
        carry_in(context, site, live_server)
        found |= {path: faults(page) for path, page in everywhere(context, pages, site)}

    assert {path: its for path, its in found.items() if its} == {}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_page_scrolls_sideways_on_a_phone(
    browser: Browser, live_server: str, site: Site, pages: list[str], language
):
    with window(browser, live_server, language, viewport=PHONE) as context:
        carry_in(context, site, live_server)
        widths = {
            path: page.evaluate("document.documentElement.scrollWidth")
            for path, page in everywhere(context, pages, site)
        }

    assert {path: width for path, width in widths.items() if width > PHONE["width"]} == {}


def test_no_page_breaks_its_own_content_policy(browser: Browser, live_server: str, site: Site, pages: list[str]):
    said: list[str] = []
    with window(browser, live_server) as context:
        carry_in(context, site, live_server)
        context.on("console", lambda message: said.append(message.text))
        context.on("weberror", lambda error: said.append(str(error.error)))
        for _ in everywhere(context, pages, site):
            pass

    assert [text for text in said if "the server responded with a status of 4" not in text] == []


def over_the_wire(response: Response) -> tuple[int, int]:
    sizes = response.request.sizes()
    return sizes["responseHeadersSize"], sizes["responseBodySize"]


def test_a_facilitys_first_page_is_light(browser: Browser, live_server: str, site: Site, pages: list[str]):
    with window(browser, live_server) as context:
        carry_in(context, site, live_server)
        page = context.new_page()
        responses: list[Response] = []
        page.on("response", lambda response: responses.append(response))
        page.goto(f"/f/{site.tree.board.code}", wait_until="networkidle")
        weights = [sum(over_the_wire(response)) for response in responses]

    assert len(weights) >= 3  # the page, its style and its script
    assert sum(weights) < MOST_WEIGHT


def test_the_script_helps_while_typing(browser: Browser, live_server: str, site: Site):
    site.receive(1_000)
    with window(browser, live_server) as context:
        carry_in(context, site, live_server)
        page = context.new_page()
        page.goto(f"/f/{site.tree.board.code}/issue")
        page.get_by_label("Bao cao su").fill("3")
        page.get_by_label("Unit").select_option("pack")

        assert page.locator("output").inner_text() == "3 × 144 = 432 piece; 568 left"
        page.get_by_label("Unit").select_option("base")
        page.get_by_label("Bao cao su").fill("1.001")
        assert page.locator("output").inner_text() == "1 too many"


def test_what_is_gone_is_taken_off_what_arrived_until_somebody_types_that(
    browser: Browser, live_server: str, site: Site
):
    lot = a_line(site.receive(100, at=site.tree.board), 100)
    sent = site.add(a_shipment, site.tree.board, site.tree.district, lot, stocked=False)
    with window(browser, live_server) as context:
        carry_in(context, site, live_server, site.tree.district)
        page = context.new_page()
        page.goto(f"/f/{site.tree.district.code}/shipments/{sent}/confirm")
        arrived, missing, damaged = (page.locator(f"input[name^={name}-]") for name in ("received", "short", "damaged"))
        damaged.fill("10")
        missing.fill("4")
        assert arrived.input_value() == "86"
        arrived.fill("50")
        missing.fill("5")
        assert arrived.input_value() == "50"


def test_a_row_with_a_quantity_stays_while_rows_are_filtered(browser: Browser, live_server: str, site: Site):
    for letter in "ABCDEFGH":
        site.receive(10, number=f"Lô {letter}")
    with window(browser, live_server) as context:
        carry_in(context, site, live_server)
        page = context.new_page()
        page.goto(f"/f/{site.tree.board.code}/write-off")
        page.get_by_label("Bao cao su, Lô A").fill("5")
        page.get_by_label("Show only rows with").fill("lo h")

        names = page.locator("tr[data-line]:visible label").all_inner_texts()

    assert names == ["Bao cao su, Lô A", "Bao cao su, Lô H"]


def test_a_day_is_said_as_on_the_paper_where_the_browser_is_set_up_otherwise(
    browser: Browser, live_server: str, site: Site
):
    with window(browser, live_server, locale="en-US") as context:
        carry_in(context, site, live_server)
        page = context.new_page()
        page.goto(f"/f/{site.tree.board.code}/receive")
        page.get_by_label("Expiry date").first.fill("2030-04-03")

        assert page.get_by_text("03/04/2030").is_visible()


def test_pressing_twice_records_once(browser: Browser, live_server: str, site: Site):
    site.add(a_user, site.tree.board, username="board")
    site.receive(100, at=site.tree.commune)
    before = site.documents()
    with window(browser, live_server) as context:
        carry_in(context, site, live_server)
        page = context.new_page()
        page.goto(f"/f/{site.tree.commune.code}/dispense")
        page.get_by_label("Bao cao su").fill("10")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Record").dblclick()
        page.wait_for_url("**/documents/**")
        page.go_back()
        page.get_by_role("button", name="Record").click()
        page.wait_for_url("**/documents/**")

    assert site.documents() == before + 1
    assert site.on_hand(site.tree.commune) == 90


def test_enter_goes_to_the_next_line(browser: Browser, live_server: str, site: Site):
    with window(browser, live_server) as context:
        carry_in(context, site, live_server)
        page = context.new_page()
        page.goto(f"/f/{site.tree.board.code}/receive")
        page.get_by_label("Supplier").press("Enter")

        assert page.evaluate("document.activeElement.id") == "occurred_on"
        assert page.url.endswith("/receive")
