"""Demand of the months of a plan: from today on, and beyond what is forecast."""

from __future__ import annotations

from datetime import date
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from lmis.calendar import add_months
from lmis.planning.demand import demand_of

FIRST = date(2026, 11, 1)


def year(*values: float) -> dict[int, float]:
    return {add_months(202611, ahead): value for ahead, value in enumerate(values)}


def test_months_beyond_the_forecast_repeat_the_year_before():
    demand = demand_of(year(*range(1, 13)), FIRST, 30)

    assert list(demand.units) == [*range(1, 13), *range(1, 13), *range(1, 7)]
    assert demand.known == 12


def test_a_forecast_of_less_than_a_year_goes_on_as_its_average():
    demand = demand_of(year(10, 20, 30), FIRST, 6)

    assert (list(demand.units), demand.known) == ([10, 20, 30, 20, 20, 20], 3)


def test_the_first_month_counts_from_today_on():
    assert demand_of(year(30, 30), date(2026, 11, 21), 2).units == [10, 30]


def test_months_that_are_over_are_left_out():
    assert demand_of(year(7, 8, 9), date(2026, 12, 1), 2).units == [8, 9]


def test_without_a_forecast_nothing_is_asked_for():
    assert demand_of({}, FIRST, 3) == demand_of({}, FIRST, 3).__class__([0, 0, 0], 0)


@given(st.lists(st.floats(0, 1000), min_size=36, max_size=36))
def test_whole_units_never_stray_from_the_sum(means):
    units = demand_of(year(*means), FIRST, 36).units

    assert all(abs(whole - part) <= 0.501 for whole, part in zip(accumulate(units), accumulate(means), strict=True))
    assert min(units) >= 0
