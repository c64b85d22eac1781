"""Forms that arrive at the same moment, and every page, on both kinds of database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from httpx2 import Response

from lmis.stock.documents import Kind
from tests.factories import TODAY, a_document, a_line
from tests.web import Site, form_of

CLERKS = 4


def at_once(acts: list[Callable[[], Response]]) -> list[Response]:
    """Every act begun at the same moment by a thread of its own."""
    start = Barrier(len(acts))

    def act(it: Callable[[], Response]) -> Response:
        start.wait()
        return it()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def dispensing(site: Site, lot, quantity: int, uuid: str) -> Callable[[], Response]:
    """A clerk about to send the second step of a dispensing."""
    browser = site.browser(site.tree.commune)
    path = f"/f/{site.tree.commune.code}/dispense"
    browser.get(path)  # the routes are made ready by the first request, not by all at once
    shelf = f"{site.condom.id}-free"
    data = {
        "uuid": uuid,
        "step": "post",
        "occurred_on": TODAY.isoformat(),
        f"quantity-{shelf}": str(quantity),
        f"lot-{lot.id}-free": str(quantity),
    }
    return lambda: browser.post(path, data=data)


def test_one_form_sent_by_many_clicks_dispenses_once(each_site: Site):
    lot = each_site.receive(100, at=each_site.tree.commune)
    uuid = str(uuid4())

    answers = at_once([dispensing(each_site, lot, 10, uuid) for _ in range(CLERKS)])

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert each_site.on_hand(each_site.tree.commune) == 90


def test_the_last_box_goes_to_one_clerk(each_site: Site):
    lot = each_site.receive(10, at=each_site.tree.commune)

    answers = at_once([dispensing(each_site, lot, 10, str(uuid4())) for _ in range(CLERKS)])

    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
    assert each_site.on_hand(each_site.tree.commune) == 0


@pytest.mark.parametrize(
    "page",
    [
        "",
        "/stock",
        "/receive",
        "/issue",
        "/write-off",
        "/return",
        "/quarantine",
        "/release",
        "/documents",
        "/facilities?q=bach",
        "/stockouts",
        "/report?by=facility",
        "/report.csv?period=2026-11",
        "/report.xlsx?period=2026-11",
        "/items/BCS/card",
    ],
)
def test_every_page_answers(each_site: Site, page: str):
    lot = each_site.receive(100)
    each_site.post(a_document(each_site.tree.board, a_line(lot, 40), kind=Kind.ISSUE, to=each_site.tree.district))

    assert each_site.browser().get(f"/f/{each_site.tree.board.code}{page}").status_code == 200


def test_receiving_and_reversing(each_site: Site):
    browser = each_site.browser()
    path = f"/f/{each_site.tree.board.code}/receive"
    line = {"item-0": str(each_site.condom.id), "lot-0": "A12", "expires-0": "2027-06-30", "quantity-0": "100"}

    document = browser.post(path, data=form_of(browser.get(path)) | line).headers["location"].partition("?")[0]
    data = form_of(browser.get(f"{document}/reverse")) | {"note": "Gõ nhầm"}
    answer = browser.post(f"{document}/reverse", data=data)

    assert answer.status_code == 303
    assert each_site.on_hand(each_site.tree.board) == 0
