"""Average monthly consumption and months of stock, with the arithmetic written out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lmis.forecast.measures import MonthOfUse, adjusted_consumption, average_monthly_consumption, months_of_stock


@pytest.mark.parametrize(
    ("dispensed", "days", "days_out", "adjusted"),
    [
        (90, 30, 0, 90),  # 90 × 30 / 30
        (90, 30, 10, 135),  # 90 × 30 / 20
        (1, 31, 30, 31),  # 1 × 31 / 1
        (0, 30, 15, 0),  # nothing asked for while there was stock
        (0, 30, 30, None),  # out throughout: says nothing
        (8, 30, 30, 8),  # came and went within the day: as it is
    ],
)
def test_consumption_is_corrected_for_the_days_without_stock(
    dispensed: int, days: int, days_out: int, adjusted: int | None
):
    assert adjusted_consumption(MonthOfUse(dispensed, days, days_out)) == adjusted


@pytest.mark.parametrize(
    ("months", "amc"),
    [
        ([(90, 31, 0), (120, 30, 0), (60, 31, 0)], 90),  # (90 + 120 + 60) / 3
        ([(90, 30, 0), (0, 30, 30)], 90),  # the month out throughout is left out: 90 / 1
        ([(90, 30, 0), (0, 30, 0)], 45),  # a month without demand counts: (90 + 0) / 2
        ([(30, 30, 15), (60, 30, 0)], 60),  # (30 × 30 / 15 + 60) / 2
        ([(0, 30, 30)], None),
        ([], None),
    ],
)
def test_amc_is_the_mean_of_the_months_that_say_something(months: list[tuple[int, int, int]], amc: int | None):
    assert average_monthly_consumption(MonthOfUse(*month) for month in months) == amc


@pytest.mark.parametrize(
    ("on_hand", "amc", "months"),
    [(120, Decimal(30), Decimal(4)), (0, Decimal(30), Decimal(0)), (120, Decimal(0), None), (120, None, None)],
)
def test_months_of_stock_is_stock_by_consumption(on_hand: int, amc: Decimal | None, months: Decimal | None):
    assert months_of_stock(on_hand, amc) == months
