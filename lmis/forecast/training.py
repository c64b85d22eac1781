"""What the global model learns from: for each origin and horizon, what was known then and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from lmis.calendar import month_at
from lmis.forecast.features import Known, clipped, mean
from lmis.forecast.learners import Lessons
from lmis.forecast.panel import Array, Panel, Target
from lmis.holidays import days_open, days_stocking_up

Calendar = Literal["vn"]
NEAR, FAR = (1, 2, 3), (4, 6, 9, 12)  # months ahead learnt for, apart: NEAR for months 1 to 3, FAR for all later ones
FARTHEST = 12  # months ahead: beyond, a horizon says no more
HALF_LIFE = 18.0  # months after which what was counts half as much
ACTIVE = 6  # months without a report after which a series is not learnt from
LARGEST = 0.998  # quantile of the targets, in units of the level, that they are limited to


@dataclass(frozen=True)
class Rows:
    """Places in a panel. origin, series, ahead: (R,) month's number, row of the panel, months from the origin."""

    origin: Array
    series: Array
    ahead: Array

    def __len__(self) -> int:
        return len(self.origin)

    def of(self, where: Array) -> Rows:
        return Rows(self.origin[where], self.series[where], self.ahead[where])

    @property
    def month(self) -> Array:
        """The month that is forecast."""
        return self.origin + self.ahead


def rows_to_learn(panel: Panel, target: Target, ahead: Sequence[int], most: int, seed: int) -> Rows:
    """Every origin whose target month is known, at most `most` of them, drawn at random."""
    known, reports = panel.known(target), np.cumsum(panel.reported, 1)
    parts = [np.empty((3, 0), int)]
    for h in ahead:
        count = max(known.shape[1] - h, 0)
        due = known[:, h:] & (reports[:, :count] >= 2) & _lately(panel.reported)[:, :count] if count else known[:, :0]
        series, origin = np.nonzero(due)
        parts.append(np.stack([origin + panel.first, series, np.full(len(series), h)]))
    rows = np.concatenate(parts, 1)
    if rows.shape[1] > most:
        rows = rows[:, np.sort(np.random.default_rng(seed).choice(rows.shape[1], most, replace=False))]
    return Rows(*rows)


def _lately(reported: Array) -> Array:
    """(N, T) whether there was a report in this month or the six before it."""
    count = np.cumsum(np.pad(reported, ((0, 0), (ACTIVE + 1, 0))), 1)
    return np.asarray((count[:, ACTIVE + 1 :] - count[:, : -ACTIVE - 1]) > 0)


class Harvest:
    """Collects, as a sweep goes by, the rows that are learnt from: what was known at their origins."""

    def __init__(self, panel: Panel, rows: Rows, calendar: Calendar | None) -> None:
        self.panel, self.calendar = panel, calendar
        order = np.argsort(rows.origin, kind="stable")
        self.rows = rows.of(order)
        self.columns: list[Array] = []
        self.level = np.empty(len(rows))
        self.taken = 0

    def take(self, month: int, known: Known) -> None:
        end = int(np.searchsorted(self.rows.origin, month, "right"))
        here = self.rows.of(np.arange(self.taken, end))
        self.columns.append(design(self.panel, known, here, self.calendar))
        self.level[self.taken : end] = known.level[here.series]
        self.taken = end

    def lessons(self, through: int | None = None) -> Lessons:
        """What has been learnt from what was known at the end of the month `through`; without it, of the last."""
        panel = self.panel if through is None else self.panel.through(through)
        rows, level, x = self.rows, self.level, np.concatenate(self.columns)
        if through is not None:
            early = rows.month <= through
            rows, level, x = rows.of(early), level[early], x[early]
        z = targets(panel)[rows.series, rows.month - panel.first] / level
        most = np.quantile(z, LARGEST) if len(z) else 0.0  # one wrong month must not spread to other series
        return Lessons(x, np.minimum(z, most), weights(panel, rows, level), level)


def targets(panel: Panel) -> Array:
    """(N, T) what was dispensed, a series' single wrong month taken down."""
    issued = panel.issued.astype(float)
    return clipped(issued) if issued.shape[1] > 1 else issued


def weights(panel: Panel, rows: Rows, level: Array) -> Array:
    """Later months count more; so do steady series, since an error matters beside a series' change over a year."""
    issued = panel.issued
    year = np.abs(issued[:, 12:] - issued[:, :-12]) if issued.shape[1] > 12 else np.full((len(issued), 1), np.nan)
    change = mean(year)[rows.series]
    steady = level / np.where(change > 0, change, np.nan)
    steady = np.sqrt(np.where(np.isfinite(steady), np.clip(steady, 0.1, 5), 0.3))
    return np.asarray(steady * 0.5 ** ((panel.last - rows.month) / HALF_LIFE))


def design(panel: Panel, known: Known, rows: Rows, calendar: Calendar | None) -> Array:
    """(R, F) float32: what is known at the rows' one origin, how far ahead, the season and what was a year before."""
    month = rows.month
    before = month - 12 * np.ceil(rows.ahead / 12).astype(int) - panel.first
    year = np.where(before >= 0, panel.issued[rows.series, np.maximum(before, 0)], np.nan) / known.level[rows.series]
    angle = 2 * np.pi * (month % 12) / 12
    columns = [np.minimum(rows.ahead, FARTHEST), np.sin(angle), np.cos(angle), year]
    if calendar:
        columns += [*_holidays(month), *_holidays(rows.origin)]
    return np.concatenate([known.x[rows.series], np.stack(columns, 1).astype(np.float32)], 1)


def _holidays(months: Array) -> Array:
    """(2, R): days open, and days of stocking up."""
    return np.array([holidays_of(int(number)) for number in months], dtype=float).reshape(-1, 2).T


@cache
def holidays_of(number: int) -> tuple[int, int]:
    """Days open, and days of stocking up before Tết, in the month of this number."""
    month = month_at(number)
    return days_open(month), days_stocking_up(month)
