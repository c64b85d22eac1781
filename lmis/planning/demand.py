"""Demand of the months of a plan, from a forecast that may reach less far. Pure; base units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

from lmis.calendar import Month, add_months, days_in, month_of

A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Demand:
    """Whole units by month. known: how many of the first months are forecast; the others repeat the year before."""

    units: Sequence[int]
    known: int


def demand_of(means: Mapping[Month, float], today: date, months: int) -> Demand:
    """The demand from today on, of `months` calendar months, of which the first counts from today on alone.

    means: what is forecast by month, the last ones following each other. A month beyond them is like the same month of
    the last forecast year; like their average, where the forecast is shorter than a year. Whole units are made so that
    they never stray from the sum of the means by more than half a unit.
    """
    first = month_of(today)
    wanted = [add_months(first, ahead) for ahead in range(months)]
    known = sum(1 for month in wanted if month in means)
    values = [value for _, value in zip(wanted, _going_on(means, first), strict=False)]
    if values:
        values[0] *= (days_in(first) - today.day + 1) / days_in(first)
    return Demand(_whole(values or [0.0] * months), known)


def _going_on(means: Mapping[Month, float], first: Month) -> Iterator[float]:
    """The means from `first` on, going on for ever; nothing at all without any."""
    known = dict(means)
    average = sum(means.values()) / len(means) if means else 0.0
    for ahead in count():
        month = add_months(first, ahead)
        if month not in known:
            known[month] = known.get(add_months(month, -A_YEAR), average)
        yield known[month]


def _whole(values: Sequence[float]) -> list[int]:
    units, total, given = [], 0.0, 0
    for value in values:
        total += value
        units.append(int(total + 0.5) - given)
        given += units[-1]
    return units
