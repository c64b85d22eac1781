"""What stock has to cover, from a forecast by calendar months. Pure; base units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from typing import NamedTuple

from lmis.calendar import Month, add_months, days_in, first_of, last_of, month_of

LEVELS = tuple(step / 20 for step in range(1, 20))  # of the quantiles: 0.05 … 0.95
DAYS_A_MONTH = 365.25 / 12


class Need(NamedTuple):
    """expected: the mean of what will be dispensed; safety: what to hold on top for the service level."""

    expected: float
    safety: float


def shares_of_months(start: date, months: Decimal | float) -> list[tuple[Month, float]]:
    """The calendar months that the span of `months` from `start` touches, and how much of each it takes, 0 … 1."""
    end = start + timedelta(days=max(1, round(float(months) * DAYS_A_MONTH)))
    shares = []
    month = month_of(start)
    while first_of(month) < end:
        first, last = max(start, first_of(month)), min(end, last_of(month) + timedelta(days=1))
        shares.append((month, (last - first).days / days_in(month)))
        month = add_months(month, 1)
    return shares


def quantile(values: Sequence[float], level: float) -> float:
    """The quantile at a level from those at LEVELS, in between on a straight line, outside as at the nearest."""
    place = min(max((level - LEVELS[0]) / (LEVELS[1] - LEVELS[0]), 0.0), len(LEVELS) - 1.0)
    low = min(int(place), len(LEVELS) - 2)
    return values[low] + (place - low) * (values[low + 1] - values[low])


def need(
    means: Sequence[float],
    quantiles: Sequence[Sequence[float]],
    first: Month,
    *,
    start: date,
    months: Decimal | float,
    service_level: Decimal | float,
) -> Need | None:
    """What will be dispensed in the span of `months` from the day `start`, and how much to hold on top.

    means, quantiles: by month from `first` on, the quantiles at LEVELS. Errors of different months are taken as
    independent: the safety of the span is √Σ (quantile − mean)², each month by its share. None when the forecast does
    not reach over the whole span.
    """
    position = {add_months(first, ahead): ahead for ahead in range(len(means))}
    shares = shares_of_months(start, months)
    if any(month not in position for month, _ in shares):
        return None
    expected = variance = 0.0
    for month, share in shares:
        at = position[month]
        expected += share * means[at]
        variance += share * max(0.0, quantile(quantiles[at], float(service_level)) - means[at]) ** 2
    return Need(expected, sqrt(variance))
