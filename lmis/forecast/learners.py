"""Two learners of whole distributions, each on one thread of its own, so that the number of threads changes nothing.

Both learn z, a target in units of its series' level. One boosts a quantile at a time; the other is a forest whose
leaves keep the distribution of what fell into them. Their quantiles are averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, field
from typing import Any

import lightgbm as lgb
import numpy as np

from lmis.forecast.need import LEVELS
from lmis.forecast.panel import Array

LEVEL = np.array(LEVELS)
KNOTS = (0.05, 0.15, 0.25, 0.375, 0.5, 0.625, 0.75, 0.85, 0.95)  # quantiles boosted; those between are interpolated
BINS = 130  # of the distributions kept in leaves
AT_ONCE = 20_000  # rows predicted at once
COMMON = {"verbosity": -1, "deterministic": True, "num_threads": 1}
BOOSTING = COMMON | {
    "objective": "quantile", "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 40, "bagging_fraction": 0.5,
    "bagging_freq": 1, "feature_fraction": 0.3, "lambda_l2": 1.0, "force_col_wise": True,
}  # fmt: skip
FOREST = COMMON | {
    "objective": "regression", "boosting": "rf", "num_leaves": 511, "min_data_in_leaf": 5,
    "feature_fraction_bynode": 0.2, "bagging_fraction": 0.6, "bagging_freq": 1, "force_row_wise": True,
}  # fmt: skip


@dataclass(frozen=True)
class Effort:
    """How much is spent on learning. rounds, trees: of boosting and forest; rows: most that are learnt from."""

    rounds: int = 200
    trees: int = 60
    rows: int = 80_000
    least: int = 300  # rows; with fewer there is nothing to learn from


@dataclass(frozen=True)
class Lessons:
    """x (R, F) features; z (R,) targets in units of their level; weight, level (R,)."""

    x: Array
    z: Array
    weight: Array
    level: Array


@dataclass
class LeafForest:
    """A random forest that keeps, per leaf, the distribution of its targets and their mean, weighted by level."""

    model: lgb.Booster
    grid: Array
    shares: list[Array] = field(default_factory=list)  # by tree: (leaves, grid) float32, cumulative
    means: list[Array] = field(default_factory=list)  # by tree: (leaves,)

    @classmethod
    def learn(cls, lessons: Lessons, trees: int, seed: int) -> LeafForest:
        data = lgb.Dataset(lessons.x, np.log1p(lessons.z), weight=lessons.weight, params=dict(FOREST))
        forest = cls(lgb.train({**FOREST, "seed": seed}, data, trees), _grid(lessons.z))
        place = np.minimum(np.searchsorted(forest.grid, lessons.z), len(forest.grid) - 1)
        leaves, width = forest._leaves(lessons.x), len(forest.grid)
        for leaf in leaves.T:
            count = int(leaf.max()) + 1
            shares = np.bincount(leaf * width + place, lessons.weight, count * width).reshape(count, width).cumsum(1)
            forest.shares.append((shares / np.maximum(shares[:, -1:], 1e-12)).astype(np.float32))
            total = np.bincount(leaf, lessons.level * lessons.z, count)
            forest.means.append(total / np.maximum(np.bincount(leaf, lessons.level, count), 1e-12))
        return forest

    def _leaves(self, x: Array) -> Array:
        leaves = self.model.predict(x, pred_leaf=True, num_threads=1)
        return np.asarray(leaves, dtype=int).reshape(len(x), -1)

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Quantiles (R, levels) and means (R,), in units of the level."""
        shares, means = np.zeros((len(x), len(self.grid)), np.float32), np.zeros(len(x))
        for leaf, share, mean in zip(self._leaves(x).T, self.shares, self.means, strict=True):
            leaf = np.minimum(leaf, len(share) - 1)
            shares += share[leaf]
            means += mean[leaf]
        return _inverted(shares / len(self.shares), self.grid), means / len(self.shares)


def _grid(z: Array) -> Array:
    positive = z[z > 0] if (z > 0).any() else np.ones(1)
    places = np.r_[np.linspace(0, 0.95, BINS - 50), np.linspace(0.951, 1, 50)]
    return np.unique(np.r_[0, np.quantile(positive, places)])


def _inverted(shares: Array, grid: Array) -> Array:
    """The quantiles at LEVEL of distributions given by their cumulative shares at the grid."""
    rows, found = np.arange(len(shares)), []
    for level in LEVEL:
        above = np.minimum((shares < level).sum(1), len(grid) - 1)
        below = np.maximum(above - 1, 0)
        low, high = shares[rows, below], shares[rows, above]
        part = np.clip((level - low) / np.maximum(high - low, 1e-9), 0, 1)
        between = grid[below] + part * (grid[above] - grid[below])
        found.append(np.where(above == 0, 0.0, between))
    return np.stack(found, 1)


@dataclass(frozen=True)
class Learner:
    """Both learners of one span of horizons, once trained."""

    boosters: Sequence[lgb.Booster]
    forest: LeafForest

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Quantiles (R, levels), sorted, and means (R,), both float32, in units of the level."""
        quantiles, means = np.empty((len(x), len(LEVEL)), np.float32), np.empty(len(x), np.float32)
        for start in range(0, len(x), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            of_forest, means[part] = self.forest.predict(x[part])
            quantiles[part] = (of_forest + self._boosted(x[part])) / 2
        quantiles.sort(axis=1)
        return quantiles, means

    def _boosted(self, x: Array) -> Array:
        knots = np.stack([np.maximum(booster.predict(x, num_threads=1), 0) for booster in self.boosters], 1)
        return along(np.array(KNOTS), np.sort(knots, 1), LEVEL)


def along(places: Array, values: Array, wanted: Array) -> Array:
    """values (R, places) on straight lines between `places`, at `wanted`."""
    low = np.clip(np.searchsorted(places, wanted, "right") - 1, 0, len(places) - 2)
    part = (wanted - places[low]) / (places[low + 1] - places[low])
    return np.asarray(values[:, low] + part * (values[:, low + 1] - values[:, low]))


class Teaching:
    """Lessons handed out to workers, piece by piece; `learner` waits for all of them."""

    def __init__(self, lessons: Lessons, effort: Effort, seed: int, workers: Executor) -> None:
        def boost(knot: float) -> lgb.Booster:
            params: dict[str, Any] = {**BOOSTING, "alpha": knot, "seed": seed}
            data = lgb.Dataset(lessons.x, lessons.z, weight=lessons.weight, params=params)
            return lgb.train(params, data, effort.rounds)

        self.forest = workers.submit(LeafForest.learn, lessons, effort.trees, seed)  # first, as it takes longest
        self.boosters = [workers.submit(boost, knot) for knot in KNOTS]
        self.pieces: list[Future[Any]] = [*self.boosters, self.forest]

    def learner(self) -> Learner:
        return Learner([booster.result() for booster in self.boosters], self.forest.result())


def taught(
    lessons: Sequence[Lessons], effort: Effort, seed: int, workers: Executor, tell: Callable[[float], None]
) -> list[Learner | None]:
    """A learner of each; None of what is too little to learn from. tell: called with the share done."""
    teaching = [Teaching(one, effort, seed, workers) if len(one.z) >= effort.least else None for one in lessons]
    pieces = [piece for one in teaching if one for piece in one.pieces]
    for done, _ in enumerate(as_completed(pieces), 1):
        tell(done / len(pieces))
    return [one.learner() if one else None for one in teaching]
