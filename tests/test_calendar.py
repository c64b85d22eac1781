"""Months and periods."""

from __future__ import annotations

from datetime import date

import pytest

from lmis.calendar import UnknownPeriod, add_months, complete_months, parse_period


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-10", date(2026, 10, 1), date(2026, 10, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
        ("2026-q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026-H1", date(2026, 1, 1), date(2026, 6, 30)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_read_from_its_code(text: str, first: date, last: date):
    period = parse_period(text)

    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize("text", ["", "2026-13", "2026-00", "2026-Q5", "10/2026", "٢٠٢٦-10", "0000-01"])
def test_what_is_no_period_is_refused(text: str):
    with pytest.raises(UnknownPeriod):
        parse_period(text)


def test_months_carry_over_the_year():
    assert (add_months(202611, 2), add_months(202601, -1), add_months(202612, 0)) == (202701, 202512, 202612)


def test_a_month_that_is_not_over_is_not_complete():
    assert complete_months(202611, 3, date(2026, 11, 22)) == [202608, 202609, 202610]
    assert complete_months(202607, 3, date(2026, 11, 22)) == [202605, 202606, 202607]
