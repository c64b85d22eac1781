"""Which method a series is forecast by, how wrong each was lately, and how far quantiles have to be moved.

All of it from a rolling backtest: a model that was trained on what was known some months ago, and the simple methods,
forecast from each month since; what came is known by now.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from lmis.forecast.learners import LEVEL, along
from lmis.forecast.panel import Array

METHODS = ("amc", "statistical", "model")
ENOUGH_MONTHS = 6  # scored, before a simpler method may be taken
CLEARLY = 0.7  # of the model's error: a simpler method's has to be below
DOUBT = 12.0  # months in which all methods were alike, put in beside those scored
FEW = 100  # scored months; below, nothing is moved by them
BAND = 0.03  # how far a level may be off and stay: the backtest's model is older, and some of its faults are mended
HALF = 0.5  # a base unit: use is counted in whole ones, forecasts are not
TAIL = 1.5  # length of what lies above the last level, in steps of what lies just below it
BUSY = (0.5, 0.9)  # bounds of the three kinds of series that spread alike
SIGMA = 0.8  # of the logarithm, where nothing is known about errors


@dataclass(frozen=True)
class Backtest:
    """R scored months of N series.

    series (R,), places of N; actual, level, busy (R,); points (R, 3) by METHODS, of the model its medians, NaN
    without one; quantiles (R, levels) of the model.
    """

    series: Array
    actual: Array
    level: Array
    busy: Array
    points: Array
    quantiles: Array

    def errors(self, count: int) -> tuple[pd.DataFrame, Array]:
        """The mean absolute error by series and method, NaN without; and how many months were scored."""
        scored = np.bincount(self.series, minlength=count)
        missed = np.abs(self.points - self.actual[:, None])
        sums = [np.bincount(self.series, missed[:, place], count) for place in range(len(METHODS))]
        with np.errstate(invalid="ignore"):
            return pd.DataFrame({name: total / scored for name, total in zip(METHODS, sums, strict=True)}), scored


def chosen(errors: pd.DataFrame, scored: Array, level: Array) -> Array:
    """(N,) the place in METHODS of the method to take: the model unless a simpler one did clearly better.

    level: (N,) what the months of doubt are reckoned with.
    """
    weight = scored[:, None] * errors.to_numpy()
    doubt = DOUBT * 0.5 * level[:, None]
    ratio = (weight + doubt) / (weight[:, 2:] + doubt)
    ratio = np.where(np.isfinite(ratio), ratio, np.inf)[:, :2]
    best = ratio.argmin(1)
    better = (ratio.min(1) < CLEARLY) & (scored >= ENOUGH_MONTHS)
    return np.where(better, best, 2)


@dataclass(frozen=True)
class Moves:
    """How far the backtest moves quantiles: at which level (levels,) of the model each level stands.

    Where in its forecast distribution each month fell, pooled over all series: a conformal calibration. A month that
    fell on a step of the distribution (most often zero) counts evenly over the height of the step.
    """

    places: Array

    @classmethod
    def of(cls, backtest: Backtest) -> Moves:
        if len(backtest.actual) < FEW or not np.isfinite(backtest.quantiles).all():
            return cls(LEVEL)
        hundredths = np.linspace(0, 1, 101)
        low, high = _step(backtest.quantiles, backtest.actual)
        inside = (hundredths[:, None] - low) / np.maximum(high - low, 1e-6)
        off = np.interp(LEVEL, np.clip(inside, 0, 1).mean(1), hundredths) - LEVEL
        return cls(LEVEL + np.sign(off) * np.maximum(np.abs(off) - BAND, 0))

    def __call__(self, quantiles: Array) -> Array:
        """(R, levels) moved to where the levels stand."""
        return quantiles if np.array_equal(self.places, LEVEL) else along(WITH_ENDS, with_ends(quantiles), self.places)


WITH_ENDS = np.r_[0.0, LEVEL, 1.0]


def with_ends(quantiles: Array) -> Array:
    """(R, levels + 2): with a lowest and a largest value at either end."""
    top = quantiles[:, -1] + TAIL * (quantiles[:, -1] - quantiles[:, -3])
    return np.concatenate([np.zeros((len(quantiles), 1)), quantiles, top[:, None]], 1)


def _step(quantiles: Array, actual: Array) -> tuple[Array, Array]:
    """Between which levels of its forecast each month fell, give or take half a unit."""
    ends = with_ends(quantiles)
    below = (ends < actual[:, None] - HALF).sum(1)
    upto = (ends <= actual[:, None] + HALF).sum(1)
    places = np.r_[WITH_ENDS, 1.0]
    low = np.where(below > 0, places[np.maximum(below - 1, 0)], 0.0)
    high = np.where(
        upto > below, places[np.minimum(upto, len(WITH_ENDS)) - 1], places[np.minimum(below, len(WITH_ENDS) - 1)]
    )
    return low, np.maximum(high, low)


class Spread:
    """How what came lay about a simple method's figure, in units of the level, for three kinds of series."""

    def __init__(self, point: Array, backtest: Backtest) -> None:
        there = np.isfinite(point)
        off = ((backtest.actual - point) / np.maximum(backtest.level, 1e-6))[there]
        kind = np.digitize(backtest.busy, BUSY)[there]
        each = [off[kind == one] for one in range(len(BUSY) + 1)]
        self.off = [own if len(own) >= FEW else off for own in each]
        self.ratio = np.clip(backtest.actual[there].sum() / max(point[there].sum(), 1e-6), 0.5, 2) if len(off) else 1.0

    def about(self, point: Array, level: Array, busy: Array) -> tuple[Array, Array]:
        """Quantiles (N, levels) and means (N,) about a figure; lognormal where too little is known."""
        kind, quantiles = np.digitize(busy, BUSY), lognormal(point)
        for one, off in enumerate(self.off):
            here = kind == one
            if len(off) >= FEW and here.any():
                quantiles[here] = point[here, None] + level[here, None] * np.quantile(off, LEVEL)
        return np.maximum(quantiles, 0), point * self.ratio


def lognormal(mean: Array) -> Array:
    shape = np.array([np.exp(SIGMA * NormalDist().inv_cdf(level) - SIGMA**2 / 2) for level in LEVEL])
    return np.asarray(mean[:, None] * shape)
