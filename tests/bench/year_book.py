"""What is known of every series, month by month: the figures a policy sees, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lmis.calendar import Month, days_in, month_code

Units = NDArray[np.int64]  # base units or days, one of each series
Rates = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Page:
    """A month of every series. opening, closing: usable; adjusted: whatever else changed them; in base units."""

    month: Month
    opening: Units
    received: Units
    dispensed: Units
    closing: Units
    days_out: Units

    @property
    def adjusted(self) -> Units:
        return self.closing - self.opening - self.received + self.dispensed


@dataclass(slots=True)
class Book:
    """The months of all series, the latest last. station, good: of each series."""

    station: Units
    good: Units
    pages: list[Page] = field(default_factory=list)

    def copy(self) -> Book:
        return Book(self.station, self.good, list(self.pages))

    def frame(self) -> pd.DataFrame:
        """All of it, one row a series and month, as lmis.forecast.methods reads a history."""
        return pd.concat([self._rows(page) for page in self.pages], ignore_index=True)

    def _rows(self, page: Page) -> pd.DataFrame:
        told = ("opening", "received", "dispensed", "adjusted", "closing", "days_out")
        rows: Mapping[str, object] = {name: getattr(page, name).astype(float) for name in told}
        keys = {"facility": self.station, "item": self.good, "period": month_code(page.month)}
        return pd.DataFrame({**keys, **rows, "ordered": np.nan})


def average_consumption(pages: list[Page]) -> Rates:
    """AMC of every series over the months, as lmis.forecast.measures has it; NaN where there is none."""
    known = np.array([_adjusted(page) for page in pages])
    told = np.isfinite(known).sum(axis=0)
    return np.where(told > 0, np.nansum(known, axis=0) / np.maximum(told, 1), np.nan)


def _adjusted(page: Page) -> Rates:
    days = days_in(page.month)
    days_on = days - page.days_out
    came_and_went = np.where(page.dispensed > 0, page.dispensed, np.nan)
    return np.where(days_on > 0, page.dispensed * days / np.maximum(days_on, 1), came_and_went)
