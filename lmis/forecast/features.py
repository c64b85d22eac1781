"""What is known of every series at the end of each month: its level, and features that look back alone.

A sweep takes the months one by one, in order, and remembers just enough of those behind it. So nothing later can leak
into a feature, and many series cost little memory. NaN and zero denominators are let through: the learners take them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmis.forecast.panel import Array, Panel, Target, days_in_month

DEPTH = 12  # latest reports remembered
SPIKE = 5.0  # times the second largest of the latest reports: more is taken for a typing error
TINY = 1e-3


@dataclass(frozen=True)
class Known:
    """What is known at the end of one month, of N series.

    x: (N, F) float32 features, in units of the level where they are quantities; level: what targets are divided by;
    amc, statistical: these methods' figures, base units a month, NaN before the first report.
    """

    x: Array
    level: Array
    amc: Array
    statistical: Array
    busy: Array  # how often something was dispensed, 0 … 1, smoothed


class Latest:
    """The latest values of every series, newest first: (N, depth)."""

    def __init__(self, series: int, depth: int = DEPTH) -> None:
        self.values = np.full((series, depth), np.nan)

    def push(self, value: Array, where: Array) -> None:
        self.values[where, 1:] = self.values[where, :-1]
        self.values[where, 0] = value[where]


class Smoothed:
    """Simple exponential smoothing that stands still where nothing is known."""

    def __init__(self, series: int, alpha: float) -> None:
        self.alpha, self.value = alpha, np.full(series, np.nan)

    def push(self, value: Array, where: Array) -> None:
        moved = np.where(np.isnan(self.value), value, self.value + self.alpha * (value - self.value))
        self.value = np.where(where, moved, self.value)


class Simple:
    """The members of the statistical median over the months that count: SES, TSB and moving averages."""

    def __init__(self, series: int) -> None:
        self.slow, self.quick = Smoothed(series, 0.1), Smoothed(series, 0.3)
        self.size, self.chance = Smoothed(series, 0.2), Smoothed(series, 0.1)
        self.latest = Latest(series)

    def push(self, used: Array, where: Array) -> None:
        self.slow.push(used, where)
        self.quick.push(used, where)
        self.size.push(used, where & (used > 0))
        self.chance.push((used > 0).astype(float), where)
        self.latest.push(used, where)

    def median(self) -> Array:
        """NaN where no month counted."""
        latest = clipped(self.latest.values)
        tsb = np.nan_to_num(self.size.value) * self.chance.value
        return np.asarray(
            np.median([self.slow.value, self.quick.value, tsb, mean(latest[:, :3]), mean(latest[:, :6])], axis=0)
        )


def mean(values: Array) -> Array:
    """Mean over the last axis of what is known; NaN if nothing is."""
    there = np.isfinite(values).sum(-1)
    return np.where(there > 0, np.nansum(values, -1) / np.maximum(there, 1), np.nan)


def clipped(latest: Array) -> Array:
    """Limit the largest to a multiple of the second largest, so that one wrong month cannot set the level."""
    second = np.sort(np.nan_to_num(latest, nan=-1), -1)[..., -2]
    return np.minimum(latest, np.where(second > 0, SPIKE * second, np.inf)[..., None])


def pooled(values: Array, code: Array) -> Array:
    """Each series' mean over the series of the same code."""
    there = np.isfinite(values)
    total = np.bincount(code, np.where(there, values, 0.0))
    count = np.bincount(code, there.astype(float))
    return (total / np.where(count > 0, count, np.nan))[code]


class Sweep:
    """Reads a panel month by month; `known` says what is known after the months read so far."""

    def __init__(self, panel: Panel, target: Target, items: pd.Index) -> None:
        """items: those the model knows; their places are their codes."""
        self.panel, n = panel, len(panel.keys)
        places = items.get_indexer(panel.keys["item"])
        self.code = np.where(places >= 0, places, np.nan)
        self.reported, self.cut, self.usual, self.counted = (
            panel.reported, panel.cut_short, panel.usual, panel.known(target)
        )  # fmt: skip
        self.free = self.usual & ~self.cut
        self.issued = panel.issued
        self.item = pd.factorize(panel.keys["item"])[0]
        self.facility = pd.factorize(panel.keys["facility"])[0]
        self.used, self.freely, self.shortages = Latest(n), Latest(n), Latest(n)
        self.receipts, self.orders, self.adjustments, self.stocks = Latest(n), Latest(n, 6), Latest(n, 6), Latest(n)
        self.corrected = Latest(n, 3)
        self.simple, self.statistical = Simple(n), Simple(n)
        self.free_smoothed = Smoothed(n, 0.2)
        self.since = {name: np.full(n, np.nan) for name in ("first", "report", "use", "cut", "free", "receipt")}
        self.reports, self.free_reports = np.zeros(n), np.zeros(n)

    def __iter__(self) -> Iterator[Known]:
        with np.errstate(all="ignore"):
            for month in range(self.reported.shape[1]):
                self.read(month)
                yield self.known()

    def read(self, month: int) -> None:
        """Take in the month at this place of the panel."""
        of = {name: values[:, month].astype(float) for name, values in self.panel.values.items()}
        reported, cut, free = self.reported[:, month], self.cut[:, month], self.free[:, month]
        used, usual = self.issued[:, month].astype(float), self.usual[:, month]
        self.used.push(used, usual)
        self.freely.push(used, free)
        self.simple.push(used, usual)
        self.statistical.push(used, self.counted[:, month])
        self.free_smoothed.push(used, free)
        self.shortages.push(cut.astype(float), reported)
        for latest, name in ((self.receipts, "received"), (self.orders, "ordered"), (self.adjustments, "adjusted")):
            latest.push(np.nan_to_num(of[name]), reported)
        self.stocks.push(of["closing"], reported)
        adjusted = adjusted_consumption(used, of["days_out"], days_in_month(self.panel.first + month))
        self.corrected.push(adjusted, usual & np.isfinite(adjusted))
        self.reports += reported
        self.free_reports += free
        marks = (self.reports == 1, reported, usual & (used > 0), cut, free, reported & (of["received"] > 0))
        for name, mark in zip(self.since, marks, strict=True):
            self.since[name] = np.where(mark, 0.0, self.since[name] + 1)

    def known(self) -> Known:
        level, features = self._features()
        x = np.stack(list(features.values()), -1).astype(np.float32)
        counted, every = self.statistical.median(), self.simple.median()
        statistical = np.where(np.isnan(counted), every, counted)
        return Known(x, level, mean(self.corrected.values), statistical, np.nan_to_num(self.statistical.chance.value))

    def _features(self) -> tuple[Array, dict[str, Array]]:
        used, freely = clipped(self.used.values), clipped(self.freely.values)
        item_mean = pooled(mean(used), self.item)
        level = _level(used, freely, item_mean)
        of = {"level": level, "item": self.code, "relative": level / np.maximum(item_mean, TINY)}
        of |= self._use(used, freely, level)
        of |= self._history()
        of |= self._stock(level, of)
        of |= self._neighbours(level, of)
        return level, of

    def _use(self, used: Array, freely: Array, s: Array) -> dict[str, Array]:
        """What was dispensed, in units of the level."""
        filled, simple = np.nan_to_num(used), self.simple
        year, zero = mean(used), np.where(np.isfinite(used), used == 0, np.nan)
        of = {f"lag{k}": used[:, k] / s for k in range(6)} | {f"free_lag{k}": freely[:, k] / s for k in range(3)}
        of |= {f"mean{k}": mean(used[:, :k]) / s for k in (2, 3, 6, 12)}
        of |= {f"free_mean{k}": mean(freely[:, :k]) / s for k in (3, 6)}
        of |= {"median12": np.median(filled, -1) / s, "max6": filled[:, :6].max(-1) / s, "max12": filled.max(-1) / s}
        of |= {"deviation": np.sqrt(np.maximum(mean(used**2) - year**2, 0)) / s}
        of |= {"step": mean(np.abs(np.diff(used, axis=-1))) / s, "robust": np.nan_to_num(simple.median()) / s}
        of |= {"slow": simple.slow.value / s, "quick": simple.quick.value / s, "size": simple.size.value / s}
        of |= {"free_smoothed": self.free_smoothed.value / s, "chance": simple.chance.value}
        of |= {"zero6": mean(zero[:, :6]), "zero12": mean(zero)}
        of |= {"free_zero": mean(np.where(np.isfinite(freely), freely == 0, np.nan))}
        return of | {"by_five": mean(np.where(used > 0, np.mod(used, 5) == 0, np.nan))}

    def _history(self) -> dict[str, Array]:
        """How much is known, how lately, and how often the shelf was empty."""
        cut = self.shortages.values
        of = {f"since_{name}": since for name, since in self.since.items()}
        of |= {"reports": np.minimum(self.reports, 36), "free_reports": np.minimum(self.free_reports, 36)}
        return of | {"cut": cut[:, 0], "cut3": mean(cut[:, :3]), "cut12": mean(cut)}

    def _stock(self, s: Array, of: dict[str, Array]) -> dict[str, Array]:
        """What lies on the shelf, comes in and is on order."""
        orders, receipts, stock = self.orders.values, self.receipts.values, self.stocks.values[:, 0]
        due = stock + np.nansum(orders[:, :2], -1) - np.nan_to_num(receipts[:, 0])
        new = {
            "stock": stock / s,
            "stock_before": self.stocks.values[:, 1] / s,
            "stock12": mean(self.stocks.values) / s,
        }
        new |= {"stock_units": stock, "stock_due": due / s}
        new |= {"stock_order": (stock + np.nan_to_num(orders[:, 0])) / s}
        new |= {f"months{k}": stock / s / np.maximum(of[f"mean{k}"], TINY / s + 0.1) for k in (3, 6)}
        new |= {"filled": np.nansum(receipts[:, :5], -1) / np.maximum(np.nansum(orders[:, 1:6], -1), 0.01)}
        new |= {f"receipt{k}": receipts[:, k] / s for k in range(3)} | {f"order{k}": orders[:, k] / s for k in range(3)}
        new |= {"receipt3": mean(receipts[:, 3:6]) / s, "receipt12": mean(receipts) / s, "order6": mean(orders) / s}
        new |= {"receipts": mean(np.where(np.isfinite(receipts), receipts > 0, np.nan))}
        new |= {"open_order": (mean(orders[:, :2]) - mean(receipts[:, :2])) / s}
        adjusted = self.adjustments.values
        return new | {"adjusted": adjusted[:, 0] / s, "adjusted6": mean(adjusted) / s}

    def _neighbours(self, s: Array, of: dict[str, Array]) -> dict[str, Array]:
        """The item at all facilities, and all items at the facility."""
        received = np.where(np.isfinite(self.receipts.values[:, 0]), self.receipts.values[:, 0] > 0, np.nan)
        shared = {"trend": of["mean3"], "last": of["lag0"], "cut": of["cut"], "cut12": of["cut12"]}
        shared |= {"received": received, "zero": of["zero6"]}
        new = {f"item_{name}": pooled(values, self.item) for name, values in shared.items()}
        new |= {f"facility_{name}": pooled(values, self.facility) for name, values in shared.items()}
        new |= {"item_months": pooled(np.minimum(of["months3"], 24), self.item)}
        new |= {"facility_reports": pooled((self.since["report"] == 0).astype(float), self.facility)}
        return new | {"facility_size": pooled(np.log1p(s), self.facility)}


def _level(used: Array, freely: Array, item_mean: Array) -> Array:
    """The level of a series: between what it dispensed and what it did with stock on the shelf, never zero.

    Shrunk a little to the mean of the item, which is all there is before a series has any history.
    """
    n, free = np.isfinite(used).sum(-1), np.isfinite(freely).sum(-1)
    level = (np.nan_to_num(mean(used)) * n + 0.25 * np.nan_to_num(item_mean)) / (n + 0.25)
    free_level = (np.nan_to_num(mean(freely)) * free + level) / (free + 1)
    return np.asarray(np.maximum((np.maximum(level, free_level) + free_level) / 2, TINY))


def adjusted_consumption(used: Array, days_out: Array, days: int) -> Array:
    """What would have been dispensed with stock every day; NaN for a month without any day of stock.

    The rule of lmis.forecast.measures.adjusted_consumption, of many series at once; days out that are not known are 0.
    """
    days_in = days - np.nan_to_num(days_out)
    throughout = np.where(used > 0, used, np.nan)
    return np.where(days_in > 0, used * days / np.where(days_in > 0, days_in, 1), throughout)
