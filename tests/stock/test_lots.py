"""One lot however its number is typed, found or added many at a time."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import Session, select

from lmis.catalog.models import Lot
from lmis.errors import LmisError
from lmis.stock.lots import (
    LotExpiryDiffers,
    LotNumberMissing,
    LotNumberTooLong,
    LotWithoutExpiry,
    UnknownLot,
    correct_expiry,
    find_or_add_lots,
    lot_key,
)
from lmis.stock.models import Stockout
from lmis.stock.posting import post
from lmis.stock.verify import verify
from tests.factories import JUNE, MARCH, NOW, TODAY, a_document, a_line, a_tree, an_item, id_of


@pytest.mark.parametrize("typed", ["ab 12", "AB12", " Ab\u00a012 ", "ＡＢ１２", "A\u200bB12"])
def test_case_blanks_and_unicode_form_make_no_second_lot(typed: str):
    assert lot_key(typed) == "ab12"


def test_composed_and_decomposed_letters_are_the_same():
    assert lot_key("lô-é") == lot_key("lo\u0302-e\u0301")


def test_every_way_to_type_a_number_finds_the_one_lot(session: Session):
    item = id_of(an_item(session))
    found = find_or_add_lots(session, [(item, "AB 12", JUNE), (item, "ab12", JUNE), (item, "ＡＢ12", None)], add=True)

    assert len(set(found)) == 1
    assert [lot.number for lot in session.exec(select(Lot))] == ["AB 12"]


def test_a_new_lot_is_found_beside_lots_of_the_same_number_of_other_items(session: Session):
    one, two = id_of(an_item(session)), id_of(an_item(session))
    find_or_add_lots(session, [(one, "", None), (two, "", None)], add=True)

    assert all(isinstance(it, int) for it in find_or_add_lots(session, [(one, "", None), (two, "A1", JUNE)], add=True))


def refused(found: list[int | LmisError]) -> list[type]:
    return [type(it) for it in found if isinstance(it, LmisError)]


def test_what_cannot_be_a_lot_is_said(session: Session):
    item = id_of(an_item(session))
    find_or_add_lots(session, [(item, "A1", JUNE)], add=True)
    wanted = [(item, "A1", MARCH), (item, "", JUNE), (item, "9" * 65, JUNE)]

    assert refused(find_or_add_lots(session, wanted, add=True)) == [
        LotExpiryDiffers,
        LotNumberMissing,
        LotNumberTooLong,
    ]
    assert refused(find_or_add_lots(session, [(item, "B1", None)], add=False)) == [UnknownLot]


def test_nobody_changes_the_date_of_a_lot_that_others_hold(session: Session):
    tree, item = a_tree(session), an_item(session)
    (lot,) = find_or_add_lots(session, [(id_of(item), "A1", None)], add=True)
    received = a_document(tree.board, a_line(session.get_one(Lot, lot), 5))
    post(session, [received], today=TODAY, now=NOW)
    wanted = [(id_of(item), "A1", JUNE)]

    assert refused(find_or_add_lots(session, wanted, add=True, only_at=id_of(tree.commune))) == [LotWithoutExpiry]
    assert find_or_add_lots(session, wanted, add=True, only_at=id_of(tree.board)) == [lot]


def test_a_wrong_date_is_put_right_wherever_the_lot_lies(session: Session):
    board, item = a_tree(session).board, an_item(session)
    (lot,) = find_or_add_lots(session, [(id_of(item), "A1", MARCH)], add=True)
    post(session, [a_document(board, a_line(session.get_one(Lot, lot), 5), on=date(2026, 11, 1))], today=TODAY, now=NOW)

    assert correct_expiry(session, id_of(item), "a 1", JUNE) == 1
    assert session.exec(select(Stockout.started_on)).all() == [date(2027, 7, 1)]
    assert verify(session) == []
    with pytest.raises(UnknownLot):
        correct_expiry(session, id_of(item), "B1", JUNE)


def test_a_lot_first_entered_without_an_expiry_date_takes_the_one_given_later(session: Session):
    board, item = a_tree(session).board, an_item(session)
    (lot,) = find_or_add_lots(session, [(id_of(item), "A1", None)], add=True)
    row = session.get_one(Lot, lot)
    post(session, [a_document(board, a_line(row, 5), on=date(2026, 11, 1))], today=TODAY, now=NOW)

    assert find_or_add_lots(session, [(id_of(item), "a1", JUNE)], add=True) == [lot]
    assert session.exec(select(Stockout.started_on)).all() == [date(2027, 7, 1)]
    assert verify(session) == []
