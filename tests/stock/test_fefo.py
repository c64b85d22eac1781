"""First expired, first out."""

from __future__ import annotations

from datetime import date

import pytest

from lmis.stock.fefo import InsufficientStock, LotOnShelf, Pick, is_expired, pick_fefo

TODAY = date(2026, 2, 10)
JUNE, MARCH, NEVER = 1, 2, 3


def lot(id_: int, expires_on: date | None, on_hand: int, received_on: date = date(2026, 1, 1), usable: bool = True):
    return LotOnShelf(id_, expires_on, received_on, on_hand, usable)


def test_the_lot_that_expires_first_is_issued_first():
    lots = [lot(JUNE, date(2026, 6, 30), 50), lot(MARCH, date(2026, 3, 31), 20)]

    assert pick_fefo(lots, 30, on=TODAY) == [Pick(MARCH, 20), Pick(JUNE, 10)]


def test_a_lot_without_an_expiry_comes_last():
    lots = [lot(NEVER, None, 50), lot(JUNE, date(2026, 6, 30), 50)]

    assert pick_fefo(lots, 60, on=TODAY) == [Pick(JUNE, 50), Pick(NEVER, 10)]


def test_of_lots_that_expire_together_the_one_received_first_goes_first():
    day = date(2026, 6, 30)
    lots = [lot(1, day, 5, date(2026, 1, 9)), lot(3, day, 5, date(2026, 1, 2)), lot(2, day, 5, date(2026, 1, 2))]

    assert [pick.lot_id for pick in pick_fefo(lots, 15, on=TODAY)] == [2, 3, 1]


def test_expired_quarantined_and_not_yet_received_lots_are_left_out():
    lots = [
        lot(1, date(2026, 2, 9), 10),
        lot(2, date(2026, 6, 30), 10, usable=False),
        lot(3, date(2026, 6, 30), 10, received_on=date(2026, 2, 11)),
        lot(4, date(2027, 6, 30), 10),
    ]

    assert pick_fefo(lots, 10, on=TODAY) == [Pick(4, 10)]


def test_too_little_is_refused_with_what_there_is():
    with pytest.raises(InsufficientStock, match="Only 20 usable units are on hand; 21 were requested"):
        pick_fefo([lot(JUNE, date(2026, 6, 30), 20)], 21, on=TODAY)


@pytest.mark.parametrize(("day", "expired"), [(date(2026, 6, 30), False), (date(2026, 7, 1), True)])
def test_the_expiry_date_is_the_last_day_of_use(day: date, expired: bool):
    assert is_expired(date(2026, 6, 30), day) is expired
