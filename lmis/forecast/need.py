"""What stock has to cover, from a forecast by calendar months. Pure; base units."""

from __future__ import annotations

from bisect import bisect_right
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
    return shares_until(start, start + timedelta(days=days_of(months)))


def days_of(months: Decimal | float) -> int:
    """Months as whole days, at least one."""
    return max(1, round(float(months) * DAYS_A_MONTH))


def shares_until(start: date, end: date) -> list[tuple[Month, float]]:
    """The calendar months from `start` until the day before `end`, and how much of each lies between them, 0 … 1."""
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


class Part(NamedTuple):
    """A month's part in a span. share: how much of the month, 0 … 1; quantiles: of the whole month, at LEVELS."""

    share: float
    mean: float
    quantiles: Sequence[float]


def chance_of_more(units: float, parts: Sequence[Part]) -> float:
    """How likely more than `units` are used in a span, 0 … 1.

    It is what `need` says turned round: the level at which what is expected and the safety on top make `units`, and
    what lies above it. Beyond the outermost levels it falls with the square of the distance.
    """
    away = units - sum(part.share * part.mean for part in parts)
    at = [_away_from_mean(parts, step) for step in range(len(LEVELS))]
    if at[-1] <= at[0]:
        return 1.0 if away < 0 else 0.0
    if away >= at[-1]:
        return (1 - LEVELS[-1]) * _tail(at[-1], away)
    if away < at[0]:
        return 1 - LEVELS[0] * _tail(at[0], away)
    above = bisect_right(at, away)
    between = (away - at[above - 1]) / (at[above] - at[above - 1])
    return 1 - LEVELS[above - 1] - between * (LEVELS[above] - LEVELS[above - 1])


def _away_from_mean(parts: Sequence[Part], step: int) -> float:
    """How far a span's quantile lies above its mean (below: negative), the months independent of each other."""
    squares = 0.0
    for share, mean, quantiles in parts:
        away = quantiles[step] - mean
        squares += share * away * abs(away)
    return sqrt(squares) if squares >= 0 else -sqrt(-squares)


def _tail(outermost: float, away: float) -> float:
    return (outermost / away) ** 2 if away else 1.0
