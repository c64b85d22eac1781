"""The history of all series as matrices, series by month, and as the long frame that the methods take."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sqlmodel import Session

from lmis.calendar import Month, add_months, days_in, first_of, last_of, month_code, month_index
from lmis.forecast.history import (
    MOVED,
    RECORDED_SINCE,
    REPORTED,
    SERIES,
    STOCKOUTS,
    channelled,
    first_whole_month,
    orders_of,
)
from lmis.forecast.panel import MOST_MONTHS, VALUES, Array
from lmis.sql import Sql, as_day

KEYS = ("facility", "item", "channel")


@dataclass(frozen=True)
class Monthly:
    """N series over the T months up to `last`.

    keys: facility, item and channel ('' for all of them together), sorted; values: by measure of the methods'
    interface, (N, T) float64 in base units, NaN = not known.
    """

    keys: pd.DataFrame
    last: Month
    values: dict[str, Array]

    @property
    def months(self) -> list[Month]:
        count = self.values["dispensed"].shape[1]
        return [add_months(self.last, ahead) for ahead in range(1 - count, 1)]

    @property
    def known(self) -> Array:
        return np.isfinite(self.values["dispensed"])

    @property
    def cut_short(self) -> Array:
        """(N, T) months in which an empty shelf cut what was dispensed."""
        return self.known & ((self.values["closing"] <= 0) | (self.values["days_out"] > 0))

    def of(self, rows: Array) -> Monthly:
        """Some of the series."""
        keys = self.keys.iloc[rows].reset_index(drop=True)
        return replace(self, keys=keys, values={name: its[rows] for name, its in self.values.items()})

    def frame(self) -> pd.DataFrame:
        """One row for each known month of each series: facility, item, channel, period (2026-10) and the measures."""
        series, month = np.nonzero(self.known)
        long = self.keys.iloc[series].reset_index(drop=True)
        long["period"] = np.array([month_code(it) for it in self.months], dtype=object)[month]
        for name in VALUES:
            long[name] = self.values[name][series, month]
        return long


def history(session: Session, as_of: Month, *, by_channel: bool = False) -> Monthly:
    """Every series of the ledger through a month: of all channels together, or each channel's own.

    Stockout days, reports and orders are of an item over all its channels. closing is the stock at the month's end,
    opening that of the month before; adjusted is what of the change neither receipts, nor goods passed on to others,
    nor dispensing explain, and received what came and was not passed on.
    """
    sql = Sql(session)
    since = np.array(
        [(f, i, c, month_index(first_whole_month(as_day(day)))) for f, i, c, day in
         sql.rows(channelled(SERIES, by_channel), day=last_of(as_of))], dtype=object
    ).reshape(-1, 4)  # fmt: skip
    keys = pd.MultiIndex.from_arrays([since[:, 0].astype(int), since[:, 1].astype(int), since[:, 2]], names=KEYS)
    begins = pd.Series(since[:, 3].astype(int), keys).sort_index()
    grid = _Grid(begins.index, as_of, _count(begins, as_of))
    values = _moved(sql, grid, by_channel)
    reported = np.array(sql.rows(REPORTED, last=as_of), dtype=float).reshape(-1, 5)
    values["days_out"] = _days_out(sql, grid, reported)
    values["ordered"] = _ordered(session, grid, reported)
    known = _known(sql, grid, begins.to_numpy(), values["dispensed"], reported)
    values = {name: np.where(known, its, np.nan) for name, its in values.items()}
    return Monthly(begins.index.to_frame(index=False), as_of, values)


def _count(begins: pd.Series, as_of: Month) -> int:
    """Months to lay out: from the earliest series on, but no more than the methods look at."""
    oldest = int(begins.min()) if len(begins) else month_index(as_of)
    return min(max(month_index(as_of) - oldest + 1, 1), MOST_MONTHS)


class _Grid:
    """Where the figures of a series and month stand."""

    def __init__(self, keys: pd.MultiIndex, last: Month, count: int) -> None:
        self.keys, self.last, self.count = keys, last, count
        self.first = month_index(last) - count + 1
        self.items = pd.MultiIndex.from_arrays([keys.get_level_values(0), keys.get_level_values(1)])
        self.distinct = self.items.unique()
        self.place = self.distinct.get_indexer(self.items)  # of each series, that of its facility and item

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.keys), self.count

    def column(self, months: Array) -> Array:
        """The columns of months written as 202610; negative: before the first."""
        return np.asarray(months // 100 * 12 + months % 100 - 1 - self.first)

    def of_items(self, rows: Array, fill: float) -> Array:
        """(facilities × items, T) from rows of facility, item, month and value; those elsewhere are left out."""
        laid = np.full((len(self.distinct), self.count), fill)
        if len(rows):
            at = self.distinct.get_indexer(pd.MultiIndex.from_arrays([rows[:, 0].astype(int), rows[:, 1].astype(int)]))
            column = self.column(rows[:, 2].astype(int))
            there = (at >= 0) & (column >= 0) & (column < self.count)
            laid[at[there], column[there]] = rows[there, 3]
        return laid


def _moved(sql: Sql, grid: _Grid, by_channel: bool) -> dict[str, Array]:
    """The measures that the months kept beside the ledger give."""
    rows = sql.rows(channelled(MOVED, by_channel), last=grid.last)
    facility, item, channel, month, *figures = zip(*rows, strict=True) if rows else ((),) * 8
    at = grid.keys.get_indexer(pd.MultiIndex.from_arrays([facility, item, channel])) if rows else np.empty(0, int)
    column = grid.column(np.array(month, dtype=int))
    used, received, passed_on, net = (_summed(grid, at, column, np.array(its, dtype=float)) for its in figures)
    closing = np.cumsum(net, 1)
    closing, net, received = closing[:, 1:], net[:, 1:], np.maximum(received - passed_on, 0)[:, 1:]
    dispensed = used[:, 1:]
    adjusted = net - received + dispensed
    measures = (closing - net, received, dispensed, adjusted, closing)
    return dict(zip(("opening", "received", "dispensed", "adjusted", "closing"), measures, strict=True))


def _summed(grid: _Grid, at: Array, column: Array, values: Array) -> Array:
    """(N, 1 + T): in the first column all that was before the first month."""
    laid = np.zeros((len(grid.keys), grid.count + 1))
    there = at >= 0  # a series that begins later has months only through reversals that were dated back
    np.add.at(laid, (at[there], np.maximum(column[there] + 1, 0)), values[there])
    return laid


def _days_out(sql: Sql, grid: _Grid, reported: Array) -> Array:
    """Days out of stock: as the month's report says, else as the ledger shows."""
    spans = np.array(
        [(f, i, as_day(start).toordinal(), as_day(end).toordinal()) for f, i, start, end in
         sql.rows(STOCKOUTS, day=last_of(grid.last))], dtype=int
    ).reshape(-1, 4)  # fmt: skip
    months = [add_months(grid.last, ahead) for ahead in range(1 - grid.count, 1)]
    starts = np.array([first_of(month).toordinal() for month in months])
    ends = starts + np.array([days_in(month) for month in months])
    at = grid.distinct.get_indexer(pd.MultiIndex.from_arrays([spans[:, 0], spans[:, 1]])) if len(spans) else spans[:, 0]
    first = np.maximum(np.searchsorted(starts, spans[:, 2], "right") - 1, 0)
    touched = np.maximum(np.searchsorted(starts, spans[:, 3], "left") - first, 0) * (at >= 0)
    row = np.repeat(np.arange(len(spans)), touched)
    column = np.repeat(first, touched) + np.arange(len(row)) - np.repeat(np.cumsum(touched) - touched, touched)
    days = np.minimum(spans[row, 3], ends[column]) - np.maximum(spans[row, 2], starts[column])
    laid = np.zeros((len(grid.distinct), grid.count))
    np.add.at(laid, (at[row], column), np.maximum(days, 0))
    said = grid.of_items(reported[:, [0, 1, 2, 3]], np.nan)
    return np.asarray(np.where(np.isfinite(said), said, laid)[grid.place])


def _ordered(session: Session, grid: _Grid, reported: Array) -> Array:
    orders = [(*key, asked) for key, asked in orders_of(session).items()]
    laid = grid.of_items(np.array(orders, dtype=float).reshape(-1, 4), np.nan)
    said = grid.of_items(reported[:, [0, 1, 2, 4]], np.nan)
    return np.asarray(np.where(np.isfinite(said), said, laid)[grid.place])


def _known(sql: Sql, grid: _Grid, begins: Array, dispensed: Array, reported: Array) -> Array:
    """(N, T) months that are known: no months before a series, none whose monthly report is missing.

    A series that comes as monthly reports is known where a report is, where something was dispensed, and from the
    month on in which its facility began to record what happens as it happens.
    """
    marks = np.column_stack([reported[:, :3], np.ones(len(reported))])
    said = grid.of_items(marks, 0.0) > 0
    column = np.arange(grid.count)
    recorded = {id_: month_index(month) - grid.first for id_, month in sql.rows(RECORDED_SINCE, last=grid.last)}
    turned = grid.distinct.get_level_values(0).map(recorded).to_numpy(float, na_value=np.inf)
    come = set(map(tuple, reported[:, :2].astype(int)))
    comes = np.fromiter((key in come for key in grid.distinct), bool, len(grid.distinct))
    open_ = ~comes[:, None] | said | (column >= turned[:, None])
    return np.asarray((column >= (begins - grid.first)[:, None]) & (open_[grid.place] | (dispensed != 0)))
