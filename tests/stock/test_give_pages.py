"""Issuing, dispensing and transferring through the two steps of the page."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lmis.db import transaction
from lmis.network.models import Facility
from lmis.stock.documents import Kind
from tests.factories import JUNE, MARCH, TODAY, a_document, a_facility, a_line, a_lot, an_item, id_of
from tests.web import Site, form_of, text_of

EXPIRED = TODAY - timedelta(days=1)
LAST_YEAR = date(2025, 11, 20)


class Desk:
    """Someone at the pages of one act."""

    def __init__(self, site: Site, at: Facility, act: str) -> None:
        self.site = site
        self.browser = site.browser(at)
        self.path = f"/f/{at.code}/{act}"
        self.box = f"quantity-{site.condom.id}-free"

    def lots(self, quantity: str, **more: str):
        """The first step, sent."""
        data = form_of(self.browser.get(self.path)) | {self.box: quantity} | more
        return self.browser.post(self.path, data=data)

    def record(self, quantity: str, typed: dict[str, str] | None = None, **more: str):
        """Both steps; `typed`: by which the proposal is changed."""
        data = form_of(self.lots(quantity, **more)) | (typed or {}) | {"step": "post"}
        return self.browser.post(self.path, data=data)


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site, site.tree.board, "issue")


def to(facility: Facility) -> dict[str, str]:
    return {"counterparty": str(facility.id)}


def field_of(lot) -> str:
    return f"lot-{lot.id}-free"


def test_what_is_issued_stands_on_the_shelf_below(site: Site, desk: Desk):
    site.receive(10_000)

    answer = desk.record("1.200", **to(site.tree.district))

    assert answer.status_code == 303
    assert (site.on_hand(site.tree.board), site.on_hand(site.tree.district)) == (8_800, 1_200)
    assert "Trung tâm Y tế quận Ba Đình" in text_of(desk.browser.get(answer.headers["location"]))


def test_the_lots_that_expire_first_are_proposed(site: Site, desk: Desk):
    later, sooner = site.receive(100, expires_on=JUNE), site.receive(30, expires_on=MARCH)

    answer = desk.lots("50", **to(site.tree.district))

    typed = form_of(answer)
    assert (typed[field_of(sooner)], typed[field_of(later)]) == ("30", "20")
    assert "80 left afterwards" in text_of(answer)


def test_the_proposal_may_be_changed(site: Site, desk: Desk):
    later, sooner = site.receive(100, expires_on=JUNE), site.receive(30, expires_on=MARCH)

    desk.record("50", {field_of(sooner): "0", field_of(later): "50"}, **to(site.tree.district))

    assert site.on_hand(site.tree.district) == 50


def test_expired_and_quarantined_lots_are_shown_but_cannot_be_taken(site: Site, desk: Desk):
    good = site.receive(100)
    old = site.receive(40, expires_on=EXPIRED, on=LAST_YEAR)
    held = site.receive(7)
    line = a_line(held, 7, reason="quality_check")
    site.post(a_document(site.tree.board, line, kind=Kind.QUARANTINE))

    answer = desk.lots("10", **to(site.tree.district))

    assert "write it off instead" in text_of(answer)
    assert "release it first" in text_of(answer)
    assert field_of(good) in form_of(answer)
    assert {field_of(old), field_of(held)}.isdisjoint(form_of(answer))


def test_more_than_is_usable_is_told_with_what_there_is(site: Site, desk: Desk):
    site.receive(20)
    site.receive(40, expires_on=EXPIRED, on=LAST_YEAR)

    answer = desk.lots("50", **to(site.tree.district))

    assert answer.status_code == 422
    assert "Only 20 usable units of Bao cao su are on hand; you asked for 50" in text_of(answer)
    assert form_of(answer)[desk.box] == "50"


def test_packs_become_base_units(site: Site, desk: Desk):
    site.receive(1_000)

    desk.record("2", **{f"unit-{site.condom.id}-free": "pack"}, **to(site.tree.district))

    assert site.on_hand(site.tree.district) == 288


def test_going_back_keeps_what_was_typed(site: Site, desk: Desk):
    site.receive(1_000)
    data = form_of(desk.lots("70", reference="PX 3", **to(site.tree.district)))

    answer = desk.browser.post(desk.path, data=data | {"step": "shelf"})

    assert form_of(answer)[desk.box] == "70"
    assert form_of(answer)["reference"] == "PX 3"
    assert form_of(answer)["counterparty"] == str(site.tree.district.id)


def test_the_second_step_sent_twice_issues_once(site: Site, desk: Desk):
    site.receive(50)
    data = form_of(desk.lots("50", **to(site.tree.district))) | {"step": "post"}

    answers = [desk.browser.post(desk.path, data=data) for _ in range(2)]

    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert site.on_hand(site.tree.district) == 50


def test_stock_that_went_meanwhile_is_refused_by_the_lot(site: Site, desk: Desk):
    lot = site.receive(50)
    data = form_of(desk.lots("50", **to(site.tree.district))) | {"step": "post"}
    site.post(a_document(site.tree.board, a_line(lot, 20), kind=Kind.ISSUE, to=site.tree.district))

    answer = desk.browser.post(desk.path, data=data)

    assert answer.status_code == 422
    assert f'href="#{field_of(lot)}"' in answer.text
    assert "has only 30 units" in text_of(answer)
    assert form_of(answer)[field_of(lot)] == "50"
    assert site.on_hand(site.tree.district) == 20


def test_stock_that_is_all_gone_leads_back_to_the_shelf(site: Site, desk: Desk):
    lot = site.receive(50)
    data = form_of(desk.lots("50", **to(site.tree.district))) | {"step": "post"}
    site.post(a_document(site.tree.board, a_line(lot, 50), kind=Kind.ISSUE, to=site.tree.district))

    answer = desk.browser.post(desk.path, data=data)

    assert answer.status_code == 409
    assert "no longer on the shelf" in text_of(answer)


@pytest.mark.parametrize("typed", ["-1", "1,5", "x", "٣"])
def test_a_lot_quantity_that_is_none_is_told(site: Site, desk: Desk, typed):
    lot = site.receive(50)

    answer = desk.record("10", {field_of(lot): typed}, **to(site.tree.district))

    assert answer.status_code == 422
    assert f'href="#{field_of(lot)}"' in answer.text
    assert "To take: 10 piece. 40 left afterwards." in text_of(answer)
    assert site.on_hand(site.tree.district) == 0


def test_nobody_chosen_is_told(site: Site, desk: Desk):
    site.receive(50)

    answer = desk.lots("10")

    assert 'href="#counterparty"' in answer.text


def test_goods_go_to_no_one_but_those_directly_below(site: Site, desk: Desk):
    site.receive(50)
    shown = desk.browser.get(desk.path).text

    answer = desk.lots("10", **to(site.tree.commune))

    assert "Ba Đình" in shown
    assert "Trúc Bạch" not in shown
    assert 'href="#counterparty"' in answer.text


def test_a_future_day_is_told_in_the_first_step(site: Site, desk: Desk):
    site.receive(50)

    answer = desk.lots("10", occurred_on="2026-12-01", **to(site.tree.district))

    assert 'href="#occurred_on"' in answer.text
    assert "lies in the future" in text_of(answer)


def test_nothing_asked_for_is_told(site: Site, desk: Desk):
    site.receive(50)

    assert "The document has no lines" in text_of(desk.lots("", **to(site.tree.district)))


def test_a_clinical_item_for_who_may_not_hold_it_is_refused_before_the_lots(site: Site):
    commune = site.tree.commune
    with transaction(site.engine) as session:
        lot = a_lot(session, an_item(session, "Dụng cụ tử cung", method="iud"))
    site.post(a_document(commune, a_line(lot, 50), kind=Kind.RECEIPT))
    desk = Desk(site, commune, "issue")
    box = f"quantity-{lot.item_id}-free"

    answer = desk.browser.post(
        desk.path, data=form_of(desk.browser.get(desk.path)) | {box: "2"} | to(site.tree.collaborator)
    )

    assert answer.status_code == 422
    assert "Cộng tác viên 1 may not hold Dụng cụ tử cung" in text_of(answer)
    assert f'href="#{box}"' in answer.text


def test_an_empty_shelf_says_what_will_be_there(site: Site, desk: Desk):
    assert "Nothing is on the shelf" in text_of(desk.browser.get(desk.path))


def test_who_has_nobody_below_issues_to_nobody(site: Site):
    browser = site.browser(site.tree.collaborator)

    words = text_of(browser.get(f"/f/{site.tree.collaborator.code}/issue"))

    assert "There is no facility that goods could go to" in words


def test_dispensing_needs_no_receiver(site: Site):
    site.receive(100, at=site.tree.commune)

    answer = Desk(site, site.tree.commune, "dispense").record("25")

    assert answer.status_code == 303
    assert site.on_hand(site.tree.commune) == 75


def test_what_is_left_is_said_in_months_too(site: Site):
    lot = site.receive(100, at=site.tree.commune, on=date(2026, 8, 1))
    for month in (8, 9, 10):
        day = date(2026, month, 10)
        site.post(a_document(site.tree.commune, a_line(lot, 10), kind=Kind.DISPENSE, on=day))

    answer = Desk(site, site.tree.commune, "dispense").lots("20")

    assert "50 left afterwards, enough for 5.0 months" in text_of(answer)


def test_a_transfer_goes_to_a_peer(site: Site):
    peer = site.add(a_facility, "Trạm Y tế phường Quán Thánh", parent=site.tree.district)
    site.receive(100, at=site.tree.commune)
    desk = Desk(site, site.tree.commune, "transfer")

    shown = desk.browser.get(desk.path).text
    desk.record("40", **to(peer))

    assert "Quán Thánh" in shown
    assert site.on_hand(peer) == 40


def test_another_fields_name_is_no_way_in(site: Site, desk: Desk):
    site.receive(50)
    data = form_of(desk.lots("10", **to(site.tree.district))) | {"step": "post"}

    for name in ("lot-x-free", "lot-999999-free", f"lot-{id_of(site.condom)}"):
        answer = desk.browser.post(desk.path, data=data | {name: "1"})
        assert answer.status_code == 422
    assert site.on_hand(site.tree.district) == 0
