"""The policies that are compared: what stations hold by AMC, and what they hold by the forecast."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lmis.calendar import Month
from lmis.forecast.need import LEVELS, shares_of_months
from tests.bench.year_book import Book, Rates, Units, average_consumption
from tests.bench.year_life import DEFAULTS

AMC_MONTHS = 3
HARDLY = 1e-6  # of a unit: what dividing leaves over is not a need


class Ahead(NamedTuple):
    """A forecast of every series by months from `first` on. means: (S, H); quantiles: (S, H, 19), at LEVELS."""

    first: Month
    means: Rates
    quantiles: NDArray[np.float64]


Forecaster = Callable[[Book, date], Ahead]  # from the months before a day


class ByAmc:
    """The maximum: so many months of average consumption. factor: of the policy's maximum."""

    def __init__(self, factor: float = 1.0) -> None:
        self.months = float(DEFAULTS["maximum"]) * factor
        self.amc: Rates | None = None

    def learn(self, book: Book, today: date) -> None:  # noqa: ARG002
        """Where the last months say nothing, a store goes on with what it knew before."""
        if self.amc is None:
            self.amc = np.nan_to_num(average_consumption(book.pages))
        now = average_consumption(book.pages[-AMC_MONTHS:])
        self.amc = np.where(np.isnan(now), self.amc, now)

    def levels(self, today: date) -> Units:  # noqa: ARG002
        assert self.amc is not None
        return up_to(self.amc * self.months)


class ByForecast:
    """What is expected over lead time and review period, and safety for the service level. factor: of the safety."""

    def __init__(self, forecaster: Forecaster, factor: float = 1.0, service_level: float = 0.95) -> None:
        self.forecaster, self.factor, self.service_level = forecaster, factor, service_level
        self.ahead: Ahead | None = None

    def learn(self, book: Book, today: date) -> None:
        self.ahead = self.forecaster(book, today)

    def levels(self, today: date) -> Units:
        assert self.ahead is not None
        months = DEFAULTS["lead_time"] + DEFAULTS["review_period"]
        expected, safety = needs(self.ahead, today, float(months), self.service_level)
        return up_to(expected + self.factor * safety)


def needs(ahead: Ahead, start: date, months: float, service_level: float) -> tuple[Rates, Rates]:
    """lmis.forecast.need.need of every series: what is expected, and the safety."""
    expected, variance = np.zeros(len(ahead.means)), np.zeros(len(ahead.means))
    for month, share in shares_of_months(start, months):
        at = (month // 100 - ahead.first // 100) * 12 + month % 100 - ahead.first % 100
        above = quantile(ahead.quantiles[:, at], service_level) - ahead.means[:, at]
        expected += share * ahead.means[:, at]
        variance += share * np.maximum(0, above) ** 2
    return expected, np.sqrt(variance)


def quantile(values: NDArray[np.float64], level: float) -> Rates:
    """The quantile at a level of each row of quantiles at LEVELS."""
    place = float(np.clip((level - LEVELS[0]) / (LEVELS[1] - LEVELS[0]), 0, len(LEVELS) - 1))
    low = min(int(place), len(LEVELS) - 2)
    return values[:, low] + (place - low) * (values[:, low + 1] - values[:, low])


def up_to(level: Rates) -> Units:
    return np.ceil(np.round(level / HARDLY) * HARDLY - HARDLY / 2).astype(np.int64)
