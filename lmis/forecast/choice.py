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
DOUBT = 6.0  # months in which all methods were alike, put in beside those scored
FEW = 100  # scored months; below, nothing is moved by them
PRIOR = 500.0  # scored months at which the quantiles are moved half way
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
    """How far the backtest moves quantiles: `share` (101,) of what came that lay below each hundredth."""

    share: Array

    @classmethod
    def of(cls, backtest: Backtest) -> Moves:
        """Where in its forecast distribution each month fell, pooled: a conformal calibration of the levels.

        A month that fell on a step of the distribution (most often zero) counts evenly over the height of the step.
        """
        hundredths, count = np.linspace(0, 1, 101), len(backtest.actual)
        if count < FEW:
            return cls(hundredths)
        low, high = _step(backtest.quantiles, backtest.actual)
        inside = (hundredths[:, None] - low) / np.maximum(high - low, 1e-6)
        share = np.clip(inside, 0, 1).mean(1)
        return cls((count * share + PRIOR * hundredths) / (count + PRIOR))

    def __call__(self, quantiles: Array) -> Array:
        """(R, levels) moved to where the levels say."""
        wanted = np.interp(LEVEL, self.share, np.linspace(0, 1, len(self.share)))
        return along(WITH_ENDS, with_ends(quantiles), wanted)


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
        off = (backtest.actual - point) / np.maximum(backtest.level, 1e-6)
        there, kind = np.isfinite(off), np.digitize(backtest.busy, BUSY)
        self.by_kind = [off[there & (kind == one)] for one in range(len(BUSY) + 1)]
        self.all = off[there]

    def about(self, point: Array, level: Array, busy: Array) -> tuple[Array, Array]:
        """Quantiles (N, levels) and means (N,) about a figure; lognormal where too little is known."""
        kind, quantiles, means = np.digitize(busy, BUSY), lognormal(point), point.copy()
        for one, own in enumerate(self.by_kind):
            off, here = own if len(own) >= FEW else self.all, kind == one
            if len(off) >= FEW and here.any():
                quantiles[here] = point[here, None] + level[here, None] * np.quantile(off, LEVEL)
                means[here] = point[here] + level[here] * np.clip(off, *np.quantile(off, (0.005, 0.995))).mean()
        return np.maximum(quantiles, 0), np.maximum(means, 0)


def lognormal(mean: Array) -> Array:
    shape = np.array([np.exp(SIGMA * NormalDist().inv_cdf(level) - SIGMA**2 / 2) for level in LEVEL])
    return np.asarray(mean[:, None] * shape)
