"""Percentages, years and months as people type them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.planning.numbers import as_typed, read_duration, read_month, read_percent, read_year
from lmis.planning.refusals import (
    MoreThanAll,
    NegativePercentage,
    NotADuration,
    NotAMonth,
    NotAPercentage,
    NotAYear,
    PercentageTooFine,
)
from lmis.reading import ForeignDigits, Missing


@pytest.mark.parametrize(
    ("typed", "share"),
    [("67,5", "0.675"), ("67.5", "0.675"), ("67,5 %", "0.675"), ("70%", "0.7"), ("0", "0"), ("100", "1"),
     ("100,000", "1"), ("0,125", "0.00125"), (" 12,340 ", "0.1234")],
)  # fmt: skip
def test_percentages_are_read_in_both_forms(typed, share):
    assert read_percent(typed) == Decimal(share)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [("", Missing), ("-5", NegativePercentage), ("−0,1", NegativePercentage), ("100,1", MoreThanAll),
     ("650", MoreThanAll), ("0,1234", PercentageTooFine), ("x", NotAPercentage), ("1.000.000", NotAPercentage),
     ("6,5,1", NotAPercentage), ("٣", ForeignDigits), (f"1,{'0' * 5000}1", PercentageTooFine)],
)  # fmt: skip
def test_what_is_no_percentage_is_refused_by_name(typed, refusal):
    with pytest.raises(refusal):
        read_percent(typed)


@given(st.integers(0, 100_000).map(lambda n: Decimal(n) / 100_000))
def test_a_share_comes_back_as_it_is_typed(share):
    assert read_percent(as_typed(share)) == share


def test_years_near_today_are_read():
    read = read_year(date(2026, 11, 20))

    assert read("2027") == 2027
    for typed in ("1999", "2050", "26", "2027,0", "x"):
        with pytest.raises(NotAYear):
            read(typed)


def test_months_are_read_as_people_and_programs_write_them():
    assert read_month("3/2027") == read_month("03/2027") == read_month("2027-03") == 202703
    for typed in ("13/2027", "0/2027", "2027", "03/0001", "x"):
        with pytest.raises(NotAMonth):
            read_month(typed)


def test_durations_are_whole_months_within_the_plan():
    assert read_duration("6") == 6
    for typed in ("0", "25", "1,5", "-1"):
        with pytest.raises(NotADuration):
            read_duration(typed)
