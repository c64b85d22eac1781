"""What is expected to be used of an item at a facility, from its forecast or from average monthly consumption. Pure.

Use is spread evenly over the days of a month. Beyond the months that were forecast, those of the last year come again;
before them, those of the first year.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from math import ceil, erfc, exp, sqrt

from lmis.calendar import Month, days_in, month_at, month_index, month_of, months_apart
from lmis.forecast.need import DAYS_A_MONTH, Part, chance_of_more, shares_until

YEAR = 12  # months
AS_FAR_AS_ONE_SEES = 60  # months
UNSURE = 0.2  # how far AMC is off beside chance, as a share: seasons and trends that it does not know
OFF = ((-sqrt(3) * UNSURE, 1 / 6), (0.0, 2 / 3), (sqrt(3) * UNSURE, 1 / 6))  # of a normal, by Gauss and Hermite


@lru_cache(maxsize=4096)
def month_and_share(day: date) -> tuple[int, float]:
    """The index of a day's month, and the share of it that is over before the day."""
    return month_index(month_of(day)), (day.day - 1) / days_in(month_of(day))


@dataclass(slots=True)
class Forecast:
    """By the forecast in force.

    means: by month from `first` on; quantiles: those of the month so many after the first, at need.LEVELS, asked for
    only where they are needed.
    """

    first: Month
    means: Sequence[float]
    quantiles: Callable[[int], Sequence[float]]
    by: str = "forecast"
    _sums: list[float] = field(default_factory=lambda: [0.0])  # of the means before each month
    _begins: int = 0  # the index of the month that the sums begin with: a year before the first

    def __post_init__(self) -> None:
        self._begins = month_index(self.first) - YEAR

    def expected(self, start: date, end: date) -> float:
        return max(0.0, self._until(end) - self._until(start))

    def chance_of_more(self, units: float, start: date, end: date) -> float:
        parts = []
        for month, share in shares_until(start, end):
            known = self._known(months_apart(self.first, month) + YEAR)
            parts.append(Part(share, self.means[known], self.quantiles(known)))
        return chance_of_more(units, parts)

    def used_up_on(self, units: float, start: date) -> date | None:
        wanted = self._until(start) + units
        index, _ = month_and_share(start)
        for after in range(index - self._begins, index - self._begins + AS_FAR_AS_ONE_SEES):
            if (mean := self._mean(after)) > 0 and self._sum(after + 1) >= wanted:
                share = (wanted - self._sum(after)) / mean
                return max(start, day_at(month_at(self._begins + after), share))
        return None

    def _until(self, day: date) -> float:
        """What is used from where the sums begin until the day before."""
        index, share = month_and_share(day)
        after = max(0, index - self._begins)
        return self._sum(after) + share * self._mean(after)

    def _sum(self, count: int) -> float:
        """What is used in `count` months from where the sums begin."""
        sums = self._sums
        while len(sums) <= count:
            sums.append(sums[-1] + self._mean(len(sums) - 1))
        return sums[count]

    def _mean(self, after: int) -> float:
        return self.means[self._known(after)]

    def _known(self, after: int) -> int:
        """The month that stands for the one so many after the sums begin: itself, else the same of a known year."""
        ahead, year = after - YEAR, min(YEAR, len(self.means))
        if ahead < 0:
            return ahead % year
        beyond = ahead - len(self.means)
        return ahead if beyond < 0 else len(self.means) - year + beyond % year


@dataclass(frozen=True, slots=True)
class Average:
    """By average monthly consumption: the same every month, as sure as counts are, and no surer than UNSURE.

    lump: what one client takes. What is counted are clients: of ten who take three each, one more or less is three.
    """

    amc: Decimal
    lump: float = 1.0
    by: str = "amc"

    def expected(self, start: date, end: date) -> float:
        return float(self.amc) * max(0, (end - start).days) / DAYS_A_MONTH

    def chance_of_more(self, units: float, start: date, end: date) -> float:
        clients = self.expected(start, end) / self.lump
        wanted = ceil(units / self.lump - 1e-9)  # with so many clients nothing is left
        return sum(weight * chance_of_count(wanted, clients * (1 + off)) for off, weight in OFF)

    def used_up_on(self, units: float, start: date) -> date | None:
        if not self.amc:
            return None
        days = units / float(self.amc) * DAYS_A_MONTH
        return start + timedelta(days=int(days)) if days < AS_FAR_AS_ONE_SEES * DAYS_A_MONTH else None


def chance_of_count(count: int, mean: float) -> float:
    """How likely `count` or more come when they come by chance, `mean` of them on average: the Poisson distribution.

    Wilson and Hilferty's formula (1931), which is right to a point.
    """
    if mean <= 0:
        return 0.0
    if count <= 1:
        return 1 - exp(-mean) if count == 1 else 1.0
    off = 3 * sqrt(count) * ((mean / count) ** (1 / 3) - 1 + 1 / (9 * count))
    return 0.5 * erfc(-off / sqrt(2))


def day_at(month: Month, share: float) -> date:
    """The day of a month on which a share of it is over, its last day at the latest."""
    days = days_in(month)
    return date(month // 100, month % 100, min(days, 1 + int(share * days)))
