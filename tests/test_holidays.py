"""The days that Vietnam closes."""

from __future__ import annotations

from datetime import date

from lmis.holidays import days_from_tet, days_open, days_stocking_up, is_open


def test_nothing_is_open_at_the_weekend_on_holidays_and_around_tet():
    assert is_open(date(2026, 10, 1))
    assert not is_open(date(2026, 10, 3))
    assert not is_open(date(2026, 9, 2))
    assert not is_open(date(2026, 2, 17))
    assert days_from_tet(date(2026, 2, 20)) == 3


def test_a_month_with_tet_is_short_and_the_weeks_before_it_are_busy():
    assert days_open(202602) == 15
    assert days_open(202610) == 22
    assert days_stocking_up(202602) == 14
    assert days_stocking_up(202601) == 5
    assert days_stocking_up(202610) == 0
