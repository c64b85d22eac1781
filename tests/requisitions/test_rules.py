"""When a request has to say why, and which lots go out."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.requisitions.rules import Shelf, differs_much
from lmis.stock.fefo import LotOnShelf, Pick, pick_fefo
from tests.factories import JUNE, MARCH, TODAY

FIFTH = Decimal("0.2")
UNITS = st.integers(0, 50)
LOTS = st.lists(
    st.tuples(st.one_of(st.none(), st.dates(date(2026, 9, 1), date(2027, 9, 1))), UNITS, st.booleans()), max_size=6
)


@pytest.mark.parametrize(("requested", "much"), [(80, False), (120, False), (79, True), (121, True), (0, True)])
def test_a_request_more_than_a_fifth_off_its_proposal_differs_much(requested, much):
    assert differs_much(100, requested, FIFTH) is much


def test_whatever_is_asked_for_where_nothing_is_proposed_differs_much():
    assert differs_much(0, 1, FIFTH)
    assert not differs_much(0, 0, FIFTH)


def lots(drawn) -> list[LotOnShelf]:
    since = TODAY - timedelta(days=9)
    return [LotOnShelf(number, expires, since, units, fit) for number, (expires, units, fit) in enumerate(drawn)]


def test_one_request_after_another_takes_what_expires_first():
    shelf = Shelf([LotOnShelf(1, JUNE, TODAY, 50), LotOnShelf(2, MARCH, TODAY, 20)], TODAY)

    assert [shelf.take(15), shelf.take(15), shelf.take(40)] == [
        [Pick(2, 15)],
        [Pick(2, 5), Pick(1, 10)],
        [Pick(1, 40)],
    ]


@given(LOTS, st.data())
def test_taken_at_once_it_is_what_first_expired_first_out_picks(drawn, data):
    shelf = Shelf(lots(drawn), TODAY)
    wanted = data.draw(st.integers(0, shelf.usable))

    assert shelf.take(wanted) == pick_fefo(lots(drawn), wanted, TODAY)


@given(LOTS, st.lists(UNITS, max_size=8))
def test_no_lot_gives_more_than_it_has(drawn, wishes):
    shelf = Shelf(lots(drawn), TODAY)
    taken = dict.fromkeys(range(len(drawn)), 0)
    left = shelf.usable
    for wish in wishes:
        for pick in shelf.take(min(wish, left)):
            taken[pick.lot_id] += pick.quantity
        left -= min(wish, left)

    assert all(taken[it.lot_id] <= it.on_hand for it in lots(drawn))
    assert sum(taken.values()) == shelf.usable - left
