"""Monthly histories laid out as matrices, series by month, with nothing later than the cutoff in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from lmis.calendar import days_in, month_at, month_code, month_index, month_of, parse_period

Array = npt.NDArray[Any]
Target = Literal["issued", "demand"]
VALUES = ("opening", "received", "dispensed", "adjusted", "closing", "days_out", "ordered")
MOST_MONTHS = 120  # what is older says nothing
LARGEST = 1e9  # base units; a figure beyond is a fault, and as good as missing
MOSTLY = 0.5  # of a month with stock on the shelf: from here on, what was dispensed tells what was wanted


@dataclass(frozen=True)
class Panel:
    """What is known at the end of a month.

    keys: facility and item of the N series, sorted; first: number of the first month; values: by measure, (N, T)
    float32 in base units, NaN = not known; flagged: (N, T) months of a campaign; made_up: (N, T) months that stand
    with what an empty shelf cut off.
    """

    keys: pd.DataFrame
    first: int
    values: dict[str, Array]
    flagged: Array
    made_up: Array

    @property
    def last(self) -> int:
        return self.first + int(self.flagged.shape[1]) - 1

    @property
    def reported(self) -> Array:
        return np.isfinite(self.values["dispensed"])

    @property
    def issued(self) -> Array:
        """What was dispensed; a negative figure is a correction of another month and counts as none."""
        return np.maximum(self.values["dispensed"], 0)

    @property
    def cut_short(self) -> Array:
        """Months in which an empty shelf cut demand: nothing left at the end, or days out of stock recorded."""
        return self.reported & ~self.made_up & ((self.values["closing"] <= 0) | (self.values["days_out"] > 0))

    @property
    def usual(self) -> Array:
        """Reported months without a campaign."""
        return self.reported & ~self.flagged

    def through(self, month: int) -> Panel:
        """The panel as it was at the end of an earlier month."""
        count = month - self.first + 1
        values = {name: matrix[:, :count] for name, matrix in self.values.items()}
        return Panel(self.keys, self.first, values, self.flagged[:, :count], self.made_up[:, :count])

    def towards(self, target: Target) -> Panel:
        """For demand, months with stock on most days are made up: dispensed × days / days with stock.

        It is in busy months that shelves run empty. Were they all left out, demand would look less than it is, less
        would be ordered, and more months would be left out.
        """
        if target == "issued":
            return self
        used, out = self.values["dispensed"], self.values["days_out"]
        days = np.array([days_in_month(self.first + month) for month in range(used.shape[1])], np.float32)
        part = self.reported & (out > 0) & (days - out >= MOSTLY * days)
        used = np.where(part, used * days / np.where(part, days - out, 1), used).astype(np.float32)
        values = {**self.values, "dispensed": used, "days_out": np.where(part, 0, out).astype(np.float32)}
        return replace(self, values=values, made_up=part)

    def row_of(self, keys: pd.DataFrame) -> Array:
        """The rows of series by facility and item."""
        return np.asarray(_ids(self.keys).get_indexer(_ids(keys)))

    def known(self, target: Target) -> Array:
        """Months that say what the target was."""
        return self.usual & ~self.cut_short if target == "demand" else self.usual


def month_number(period: str) -> int:
    """2026-10 as months since the year 0."""
    return month_index(month_of(parse_period(period).first))


def month_name(number: int) -> str:
    return month_code(month_at(number))


def month_numbers(periods: pd.Series) -> Array:
    codes, names = pd.factorize(periods.astype(str))
    return np.array([month_number(name) for name in names], dtype=int)[codes] if len(codes) else np.empty(0, int)


def build_panel(
    history: pd.DataFrame, cutoff: str, expected: pd.DataFrame | None = None, flagged: pd.DataFrame | None = None
) -> Panel:
    """Lay out the history through the cutoff, and series that are expected without having any.

    The last of two rows for one month counts. A cutoff before all data gives a panel of one empty month.
    """
    last = month_number(cutoff)
    months = month_numbers(history["period"])
    seen = months <= last
    history, months = history[seen], months[seen]
    ids = _ids(history)
    keys = (ids if expected is None else ids.append(_ids(expected))).unique().sort_values()
    first = max(int(months.min()), last - MOST_MONTHS + 1) if len(months) else last
    shape = (len(keys), last - first + 1)
    recent = months >= first
    at = keys.get_indexer(ids)[recent], months[recent] - first
    values = {name: _laid_out(history, name, recent, at, shape) for name in VALUES}
    values["days_out"][values["days_out"] < 0] = np.nan  # no month has fewer than none: it is not known
    nothing_made_up = np.zeros(shape, bool)
    return Panel(keys.to_frame(index=False), first, values, flags(keys, first, shape[1], flagged), nothing_made_up)


def _ids(frame: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(frame[["facility", "item"]])


def _laid_out(
    history: pd.DataFrame, name: str, recent: Array, at: tuple[Array, Array], shape: tuple[int, int]
) -> Array:
    matrix = np.full(shape, np.nan, np.float32)
    if name in history:
        given = pd.to_numeric(history[name], errors="coerce").to_numpy(float, na_value=np.nan)[recent]
        matrix[at] = np.where(np.abs(given) <= LARGEST, given, np.nan)
    return matrix


def flags(keys: pd.MultiIndex, first: int, count: int, flagged: pd.DataFrame | None) -> Array:
    """(N, count) whether a month from `first` on is one of a campaign."""
    found = np.zeros((len(keys), count), bool)
    if flagged is not None and len(flagged):
        row, month = keys.get_indexer(_ids(flagged)), month_numbers(flagged["period"]) - first
        there = (row >= 0) & (month >= 0) & (month < count)
        found[row[there], month[there]] = True
    return found


def days_in_month(number: int) -> int:
    return days_in(month_at(number))
