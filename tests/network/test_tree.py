"""Dated parents as plain data."""

from __future__ import annotations

from datetime import date, timedelta

from lmis.network.models import ALWAYS
from lmis.network.tree import Edge, find_cycle, with_parent

JULY = date(2025, 7, 1)
AUGUST = date(2025, 8, 1)


def test_a_new_parent_closes_the_old_edge_on_its_first_day() -> None:
    assert with_parent([Edge("A", ALWAYS)], "B", JULY) == [Edge("A", ALWAYS, JULY), Edge("B", JULY)]


def test_the_parent_in_force_stays_as_it_is() -> None:
    assert with_parent([Edge("A", ALWAYS)], "A", JULY) == [Edge("A", ALWAYS)]


def test_a_parent_from_the_same_day_on_replaces_the_one_before() -> None:
    assert with_parent([Edge("A", JULY)], "B", JULY) == [Edge("B", JULY)]


def test_an_earlier_parent_ends_where_the_later_begins() -> None:
    edges = [Edge("A", ALWAYS, AUGUST), Edge("C", AUGUST)]
    assert with_parent(edges, "B", JULY) == [Edge("A", ALWAYS, JULY), Edge("B", JULY, AUGUST), Edge("C", AUGUST)]


def test_a_facility_may_come_to_stand_at_the_top() -> None:
    assert with_parent([Edge("A", ALWAYS)], None, JULY) == [Edge("A", ALWAYS, JULY)]


def test_a_ring_is_named() -> None:
    edges = {"A": [Edge("B", ALWAYS)], "B": [Edge("C", ALWAYS)], "C": [Edge("A", ALWAYS)], "D": [Edge("A", ALWAYS)]}
    assert find_cycle(edges) == ["A", "B", "C"]


def test_a_facility_over_itself_is_a_ring() -> None:
    assert find_cycle({"A": [Edge("A", ALWAYS)]}) == ["A"]


def test_two_facilities_that_change_places_one_day_are_no_ring() -> None:
    assert find_cycle({"A": [Edge("B", ALWAYS, JULY)], "B": [Edge("A", JULY)]}) is None


def test_two_facilities_that_overlap_for_a_day_are_a_ring() -> None:
    overlap = JULY + timedelta(days=1)
    assert find_cycle({"A": [Edge("B", ALWAYS, overlap)], "B": [Edge("A", JULY)]}) == ["A", "B"]
