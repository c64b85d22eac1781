"""What may be said of a shipment that arrives, without a database."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lmis.shipments.rules import (
    Coming,
    Counted,
    Goods,
    Open,
    Reported,
    State,
    counted_faults,
    state_of,
    sums,
    turned_up,
)

KEY = (1, "free", "usable")
WHY = frozenset({"wet"})


def names(counted: Counted, coming: Coming) -> list[str]:
    return [type(fault).__name__ for fault in counted_faults(counted, coming, WHY)]


def said(received: int, short: int = 0, damaged: int = 0, reason: str = "wet") -> Counted:
    return Counted(KEY, received, (Reported("short", short, reason), Reported("damaged", damaged, reason)))


def test_less_than_what_is_on_the_way_may_be_said():
    assert names(said(60, 10, 5), Coming(1, "A", 100)) == []


def test_more_than_what_is_on_the_way_is_told_with_what_there_is():
    assert names(said(101), Coming(1, "A", 100)) == ["MoreThanSent"]
    assert names(said(90, 11), Coming(1, "A", 100)) == ["ArrivedTooMany"]
    assert names(said(0, 101), Coming(1, "A", 100)) == ["MoreThanLeft"]


def test_what_was_reported_before_is_not_reported_again():
    coming = Coming(1, "A", 40, (Open(1, "short", 40),))

    assert names(said(0, 1), coming) == ["MoreThanLeft"]
    assert names(said(40), coming) == []


def test_a_difference_needs_a_reason_that_is_offered():
    assert names(said(90, 10, reason="because"), Coming(1, "A", 100)) == ["DifferenceNeedsReason"]


def test_a_negative_quantity_is_none():
    assert names(said(-1), Coming(1, "A", 100)) == ["BadQuantity"]
    assert names(said(1, -1), Coming(1, "A", 100)) == ["BadQuantity"]


def test_what_arrives_after_all_closes_what_was_missing_before_what_was_damaged():
    coming = Coming(1, "A", 60, (Open(1, "damaged", 10), Open(2, "short", 30)))

    assert turned_up(20, coming) == []
    assert turned_up(55, coming) == [Open(2, "short", 30), Open(1, "damaged", 5)]


@given(
    st.integers(0, 50),
    st.lists(st.tuples(st.sampled_from(["short", "damaged", "refused"]), st.integers(1, 20)), max_size=4),
    st.data(),
)
def test_a_receipt_closes_exactly_what_it_brings_beyond_the_undisputed(undisputed, open_, data):
    parts = tuple(Open(i, kind, quantity) for i, (kind, quantity) in enumerate(open_))
    coming = Coming(1, "A", undisputed + sum(it.quantity for it in parts), parts)
    received = data.draw(st.integers(0, coming.on_the_way))

    closed = turned_up(received, coming)

    assert sum(it.quantity for it in closed) == max(0, received - undisputed)
    assert all(it.quantity <= parts[it.id].quantity for it in closed)
    assert coming.on_the_way - received >= coming.disputed - sum(it.quantity for it in closed)


def test_the_state_of_a_shipment_follows_from_its_sums():
    def state(*goods: int, differences: bool = False, confirmed: bool = False) -> State:
        return state_of(Goods(*goods), open_differences=differences, confirmed=confirmed)

    assert state(100, 0, 0, 100) == State.ON_THE_WAY
    assert state(100, 60, 0, 40, confirmed=True) == State.PARTLY
    assert state(100, 60, 0, 40, confirmed=True, differences=True) == State.DIFFERENCES
    assert state(100, 100, 0, 0, confirmed=True, differences=True) == State.DIFFERENCES
    assert state(100, 100, 0, 0, confirmed=True) == State.FINISHED
    assert state(100, 0, 100, 0) == State.TAKEN_BACK
    assert state(100, 0, 100, 0, confirmed=True) == State.FINISHED


def test_sums_are_over_all_lots():
    assert sums([(10, 1, 2, 7), (5, 5, 0, 0)]) == Goods(15, 6, 2, 7)
    assert sums([]) == Goods(0, 0, 0, 0)
