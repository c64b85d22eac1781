"""Destroying stock: the form, the page that checks it, and the record to be signed."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from lmis.catalog.models import Lot
from lmis.db import transaction
from lmis.recalls.service import Order, recall_lot
from lmis.stock.documents import Kind
from tests.factories import NOW, TODAY, a_document, a_facility, a_line, a_price
from tests.web import Site, form_of, text_of

EXPIRED = TODAY - timedelta(days=1)
PAPER = {
    "method": "Đốt tại lò",
    "place": "Khu xử lý Nam Sơn",
    "decision": "45/QĐ-BQL",
    "members": "Nguyễn Văn A, trưởng ban; Trần Thị B, thủ kho",
}


class Desk:
    """Someone at the page of disposal of a facility."""

    def __init__(self, site: Site, at=None, role: str = "storekeeper") -> None:
        self.at = at or site.tree.board
        self.browser = site.browser(self.at, role=role)
        self.path = f"/f/{self.at.code}/disposal"

    def check(self, lot, quantity: str, *, status: str = "usable", channel: str = "free", **more: str):
        key = f"{lot.id}-{status}-{channel}"
        typed = form_of(self.browser.get(self.path)) | PAPER | {f"quantity-{key}": quantity}
        typed.setdefault(f"reason-{key}", "expired")
        return self.browser.post(self.path, data=typed | more)

    def destroy(self, lot, quantity: str, **more: str):
        checked = self.check(lot, quantity, **more)
        return self.browser.post(self.path, data=form_of(checked) | {"step": "post"})


def blocked(site: Site, lot: Lot, quantity: int) -> None:
    """The lot as a recall leaves it on the board's shelf."""
    with transaction(site.engine) as session:
        session.get_one(Lot, lot.id).recalled_on = TODAY
    site.post(a_document(site.tree.board, a_line(lot, quantity), kind=Kind.RECALL))


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


@pytest.fixture
def old(site: Site):
    return site.receive(40, expires_on=EXPIRED, on=date(2025, 1, 10))


def test_it_is_checked_before_anything_moves(site: Site, desk: Desk, old):
    answer = desk.check(old, "30")

    words = text_of(answer)
    assert answer.status_code == 200
    assert "Check the destruction" in words
    assert "30 piece 10" in words
    assert "Khu xử lý Nam Sơn" in words
    assert "fit for use" not in words
    assert site.on_hand(site.tree.board) == 40


def test_what_is_destroyed_leaves_the_shelf_with_its_record(site: Site, desk: Desk, old):
    answer = desk.destroy(old, "30")

    assert answer.status_code == 303
    words = text_of(desk.browser.get(answer.headers["location"]))
    assert "Record of destruction TIH-2026-00001" in words
    for said in PAPER.values():
        assert said in words
    assert "Chair of the committee" in words
    assert site.on_hand(site.tree.board) == 10
    assert "TIH-2026-00001 · 20/11/2026 · 45/QĐ-BQL" in text_of(desk.browser.get(desk.path))


def test_a_usable_lot_may_be_destroyed_but_is_pointed_out(site: Site, desk: Desk):
    lot = site.receive(40)
    key = f"reason-{lot.id}-usable-free"

    unsaid = desk.check(lot, "5")
    said = desk.check(lot, "5", **{key: "damaged"})

    assert unsaid.status_code == 422
    assert f'href="#{key}"' in unsaid.text
    assert "fit for use" in text_of(said)


def test_recalled_expired_and_quarantined_lots_stand_first(site: Site, desk: Desk, old):
    site.receive(7, number="USABLE")
    held = site.receive(8, number="HELD")
    site.post(a_document(site.tree.board, a_line(held, 8, reason="quality"), kind=Kind.QUARANTINE))
    bad = site.receive(9, number="BAD")
    blocked(site, bad, 9)

    words = text_of(desk.browser.get(desk.path))

    order = [words.index(it) for it in ("BAD", old.number, "HELD", "USABLE")]
    assert order == sorted(order)
    assert form_of(desk.browser.get(desk.path))[f"reason-{bad.id}-recalled-free"] == "recalled"


def test_recalled_stock_is_destroyed(site: Site, desk: Desk):
    bad = site.receive(9)
    blocked(site, bad, 9)

    answer = desk.destroy(bad, "9", status="recalled")

    assert answer.status_code == 303
    assert site.on_hand(site.tree.board, "recalled") == 0
    assert "Lot recalled" in text_of(desk.browser.get(answer.headers["location"]))


def test_from_a_recall_all_that_is_here_of_its_lot_is_entered(site: Site):
    site.receive(7)
    lot = site.receive(100)
    with transaction(site.engine) as session:
        order = Order(uuid4(), lot.id, site.tree.board.id, "Nứt vỏ")
        recall = recall_lot(session, order, today=TODAY, now=NOW).uuid
    desk = Desk(site)
    page = f"/f/{desk.at.code}/recalls/{recall}"

    assert f"{desk.path}?recall={recall}" in desk.browser.get(page).text
    typed = form_of(desk.browser.get(f"{desk.path}?recall={recall}"), desk.path)
    entered = {name: units for name, units in typed.items() if name.startswith("quantity-") and units}
    assert entered == {f"quantity-{lot.id}-recalled-free": "100"}
    checked = desk.browser.post(desk.path, data=typed | PAPER)
    assert desk.browser.post(desk.path, data=form_of(checked) | {"step": "post"}).status_code == 303
    assert "Destroy what is here" not in text_of(desk.browser.get(page))


def test_more_than_is_held_is_told_by_the_lot(site: Site, desk: Desk, old):
    answer = desk.check(old, "41")

    assert answer.status_code == 422
    assert f'href="#quantity-{old.id}-usable-free"' in answer.text
    assert "Only 40 units of this lot are on hand; you entered 41" in text_of(answer)
    assert form_of(answer)["members"] == PAPER["members"]


def test_what_another_took_meanwhile_is_told_too(site: Site, desk: Desk, old):
    checked = form_of(desk.check(old, "40"))
    site.post(a_document(site.tree.board, a_line(old, 15, reason="lost"), kind=Kind.LOSS))

    answer = desk.browser.post(desk.path, data=checked | {"step": "post"})

    assert answer.status_code == 422
    assert "has only 25 units" in text_of(answer)
    assert site.on_hand(site.tree.board) == 25


def test_pressing_twice_destroys_once(site: Site, desk: Desk, old):
    checked = form_of(desk.check(old, "40"))

    answers = [desk.browser.post(desk.path, data=checked | {"step": "post"}) for _ in range(2)]

    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert site.on_hand(site.tree.board) == 0
    assert text_of(desk.browser.get(desk.path)).count("TIH-2026") == 1


@pytest.mark.parametrize("field", ["method", "place", "members", "decision"])
def test_a_paper_sent_again_with_other_words_is_refused(site: Site, desk: Desk, old, field: str):
    checked = form_of(desk.check(old, "10")) | {"step": "post"}
    desk.browser.post(desk.path, data=checked)

    answer = desk.browser.post(desk.path, data=checked | {field: "Chôn lấp"})

    assert answer.status_code == 422
    assert "posted before with other content" in text_of(answer)
    assert site.on_hand(site.tree.board) == 30


@pytest.mark.parametrize("field", ["method", "place", "members"])
def test_the_paper_needs_its_words(site: Site, desk: Desk, old, field: str):
    answer = desk.check(old, "30", **{field: " "})

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert form_of(answer)[f"quantity-{old.id}-usable-free"] == "30"


def test_nothing_chosen_is_told(site: Site, desk: Desk, old):
    assert "The document has no lines" in text_of(desk.check(old, ""))


def test_going_back_keeps_what_was_typed(site: Site, desk: Desk, old):
    checked = form_of(desk.check(old, "30"))

    again = form_of(desk.browser.post(desk.path, data=checked | {"step": "change"}))

    assert again[f"quantity-{old.id}-usable-free"] == "30"
    assert again["method"] == PAPER["method"]


def test_the_value_of_each_priced_channel_is_on_the_record(site: Site, desk: Desk):
    site.add(a_price, site.condom, 1_500)
    sold = site.receive(10, channel="social_marketing", expires_on=EXPIRED, on=date(2025, 1, 10))

    answer = desk.destroy(sold, "10", channel="social_marketing")

    words = text_of(desk.browser.get(answer.headers["location"]))
    assert "Value, Social marketing" in words
    assert "15,000\u00a0₫" in words or "15,000 ₫" in words


def test_the_record_is_the_facilitys_own(site: Site, desk: Desk, old):
    where = desk.destroy(old, "30").headers["location"].partition("?")[0]
    uuid = where.rsplit("/", 1)[1]
    district = site.browser(site.tree.district)

    assert district.get(where).status_code == 404
    assert district.get(f"/f/{site.tree.district.code}/disposal/{uuid}").status_code == 404
    other = site.add(a_facility, level="district", parent=site.tree.board)
    assert desk.browser.get(f"/f/{other.code}/disposal/{uuid}").status_code == 404  # type: ignore[attr-defined]
    assert desk.browser.get(f"{desk.path}/{uuid4()}").status_code == 404


def test_a_viewer_destroys_nothing(site: Site, old):
    desk = Desk(site, role="viewer")

    assert desk.browser.get(desk.path).status_code == 403
    assert desk.browser.post(desk.path, data={"uuid": str(uuid4()), "step": "post"}).status_code == 403


def test_what_is_not_there_cannot_be_a_reason(site: Site, desk: Desk, old):
    answer = desk.check(old, "30", **{f"reason-{old.id}-usable-free": "stolen"})

    assert answer.status_code == 422
    assert site.on_hand(site.tree.board) == 40


def test_strange_texts_in_every_field_are_no_fault(each_site: Site):
    lot = each_site.receive(40)
    desk = Desk(each_site)
    before = each_site.documents()
    for text in ("'; DROP TABLE item; --", "<script>", "%", "9" * 40, "{{ 7 * 7 }}", "٣"):
        typed = form_of(desk.browser.get(desk.path))
        names = [name for name in typed if name not in ("uuid", "step")]
        for step in ("check", "post", text):
            answer = desk.browser.post(desk.path, data=typed | dict.fromkeys(names, text) | {"step": step})
            assert answer.status_code < 500
            assert "<script>" not in answer.text.partition("<main")[2]
        odd = {f"quantity-{lot.id}-{text}": "1", f"quantity-{text}": "1"}
        assert desk.browser.post(desk.path, data=typed | odd).status_code < 500
    assert each_site.documents() == before
