"""Receiving goods through the page."""

from __future__ import annotations

import unicodedata
from uuid import uuid4

import pytest
from sqlmodel import func, select

from lmis.catalog.models import Lot
from lmis.db import reader
from tests.factories import TODAY, an_item, id_of
from tests.web import Site, form_of, text_of


def line(site: Site, quantity: str = "100", key: int = 0, **more: str) -> dict[str, str]:
    given = {"item": str(site.condom.id), "lot": "A12", "expires": "2027-06-30", "quantity": quantity, **more}
    return {f"{name}-{key}": value for name, value in given.items()}


def receive(site: Site, *lines: dict[str, str], browser=None, **header: str):
    browser = browser or site.browser()
    path = f"/f/{site.tree.board.code}/receive"
    data = form_of(browser.get(path)) | {"party": "Nhà cung cấp A"} | header
    for one in lines:
        data |= one
    return browser.post(path, data=data)


def lots(site: Site) -> int:
    with reader(site.engine) as session:
        return session.exec(select(func.count()).select_from(Lot)).one()


def test_goods_received_are_on_the_shelf_and_on_a_document(site: Site):
    browser = site.browser()

    answer = receive(site, line(site, "10.000"), browser=browser, reference="HD 15")

    assert answer.status_code == 303
    words = text_of(browser.get(answer.headers["location"]))
    assert "Recorded as PN-2026-00001. Bao cao su: now 10,000 piece on hand." in words
    assert "10,000 piece" in words
    assert "Nhà cung cấp A" in words
    assert "HD 15" in words
    assert site.on_hand(site.tree.board) == 10_000


def test_packs_become_base_units(site: Site):
    receive(site, line(site, "3", unit="pack"))

    assert site.on_hand(site.tree.board) == 3 * 144


def test_a_document_takes_several_lines(site: Site):
    pill = site.add(an_item, "Viên uống", code="VU", method="pill")

    receive(site, line(site), line(site, "20", key=2, item=str(pill.id), lot="B1"))

    assert site.on_hand(site.tree.board) == 120


def test_more_lines_keep_what_was_typed(site: Site):
    answer = receive(site, line(site, "77"), more="1")

    assert answer.status_code == 200
    assert 'id="item-5"' in answer.text
    assert form_of(answer)["quantity-0"] == "77"
    assert site.documents() == 0


def test_the_same_form_sent_twice_receives_once(site: Site):
    uuid = str(uuid4())

    first, second = (receive(site, line(site), uuid=uuid) for _ in range(2))

    assert first.headers["location"] == second.headers["location"]
    assert site.on_hand(site.tree.board) == 100


def test_the_same_form_with_other_content_is_refused(site: Site):
    uuid = str(uuid4())
    receive(site, line(site), uuid=uuid)

    answer = receive(site, line(site, "200"), uuid=uuid)

    assert answer.status_code == 422
    assert "was posted before with other content" in text_of(answer)
    assert site.on_hand(site.tree.board) == 100


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0", "is zero"),
        ("-5", "has a sign"),
        ("1,5", "is not whole"),
        ("٣٤", "not written in the digits 0–9"),
        ("2147483648", "is too large"),
        ("99999999999999999999999", "is too large"),
        ("12.34.5", "not in groups of three"),
        ("ba hộp", "is not a whole number"),
        ("", "it must be filled in"),
    ],
)
def test_a_quantity_that_is_none_is_told_by_the_field(site: Site, typed, said):
    answer = receive(site, line(site, typed))

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'href="#quantity-0"' in answer.text
    assert form_of(answer)["quantity-0"] == typed
    assert site.documents() == 0
    assert lots(site) == 0


def test_packs_beyond_the_most_are_refused(site: Site):
    answer = receive(site, line(site, "20.000.000", unit="pack"))

    assert answer.status_code == 422
    assert "20,000,000 packs of 144" in text_of(answer)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-11-21", "lies in the future"),
        ("2026-02-30", "is not in the calendar"),
        ("hôm qua", "is not a date"),
        ("", "it must be filled in"),
    ],
)
def test_a_day_that_cannot_be_is_told(site: Site, typed, said):
    answer = receive(site, line(site), occurred_on=typed)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert site.documents() == 0


def test_a_day_may_be_typed_as_people_write_it(site: Site):
    assert receive(site, line(site), occurred_on="1/11/2026").status_code == 303


def test_an_expired_lot_is_not_received(site: Site):
    answer = receive(site, line(site, expires="2026-11-19"))

    assert answer.status_code == 422
    assert "This lot expired on 19/11/2026" in text_of(answer)
    assert lots(site) == 0


def test_the_last_day_of_use_is_still_received(site: Site):
    assert receive(site, line(site, expires=TODAY.isoformat())).status_code == 303


@pytest.mark.parametrize("typed", ["a12 đ", " A 12  Đ", unicodedata.normalize("NFD", "A12Đ")])
def test_a_lot_number_written_otherwise_is_the_same_lot(site: Site, typed):
    receive(site, line(site, lot="A12Đ"))

    receive(site, line(site, lot=typed))

    assert lots(site) == 1
    assert site.on_hand(site.tree.board) == 200


def test_a_lot_has_one_expiry_date(site: Site):
    receive(site, line(site))

    answer = receive(site, line(site, expires="2028-01-31"))

    assert answer.status_code == 422
    assert "one lot has one expiry date" in text_of(answer)
    assert 'href="#lot-0"' in answer.text


def test_all_faults_are_told_together_and_no_lot_is_left_behind(site: Site):
    answer = receive(site, line(site, "0"), line(site, "5", key=1, item=""), occurred_on="2027-01-01")

    words = text_of(answer)
    assert "Line 1: The quantity is zero" in words
    assert "lies in the future" in words
    assert 'href="#item-1"' in answer.text
    assert lots(site) == 0


def test_what_comes_from_above_is_not_to_be_recorded_again(site: Site):
    board, district = (site.browser(it).get(f"/f/{it.code}/receive") for it in (site.tree.board, site.tree.district))

    assert f"What {site.tree.board.name} sends you is confirmed when it arrives" in text_of(district)
    assert "do not record it here again" not in text_of(board)


def test_a_channel_that_is_not_the_items_is_refused(site: Site):
    brand = site.add(an_item, "Bao cao su B", code="B", channels=["social_marketing"])

    refused = receive(site, line(site, item=str(id_of(brand)), channel="free"))
    usual = receive(site, line(site, item=str(id_of(brand)), channel=""))

    assert 'href="#channel-0"' in refused.text
    assert usual.status_code == 303
    assert lots(site) == 1


def test_a_clinical_item_is_not_received_where_it_may_not_be_held(site: Site):
    implant = site.add(an_item, "Que cấy", code="QC", method="implant")
    collaborator = site.tree.collaborator
    browser = site.browser(collaborator)
    path = f"/f/{collaborator.code}/receive"
    data = form_of(browser.get(path)) | line(site, item=str(implant.id))

    answer = browser.post(path, data=data)

    assert answer.status_code == 422
    assert "may not hold Que cấy" in text_of(answer)
    assert lots(site) == 0


def test_a_form_without_lines_says_so(site: Site):
    assert "The document has no lines" in text_of(receive(site))


def test_a_form_without_its_id_is_refused(site: Site):
    assert "did not arrive whole" in text_of(receive(site, line(site), uuid="no"))
