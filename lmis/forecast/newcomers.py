"""Series without any use of their own to go by: they are taken to be like their neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmis.forecast.learners import LEVEL
from lmis.forecast.panel import Array

# Who is comparable, from near to far; the first that has anybody is taken.
CIRCLES: tuple[Sequence[str], ...] = (
    ("parent", "item"),
    ("level", "item"),
    ("item",),
    ("parent", "method"),
    ("level", "method"),
)
MOST = 200  # neighbours looked at


def like_neighbours(
    places: pd.DataFrame, newcomers: Array, known: Array, means: Array, quantiles: Array
) -> tuple[Array, Array, Array]:
    """Forecasts of the newcomers, from the forecasts of those that are comparable.

    places: N rows with item and, where known, parent, level, population and method; newcomers, known: (N,) whom it is
    for and whom it may be taken from; means (N, H), quantiles (N, H, levels). Scaled by population where both have
    one. Returns means and quantiles of all N, filled in, and (N,) whether a newcomer found neighbours.
    """
    means, quantiles, found = means.copy(), quantiles.copy(), np.zeros(len(places), bool)
    places = places.reset_index(drop=True).reindex(columns=["parent", "level", "population", "method", "item"])
    people = pd.to_numeric(places["population"], errors="coerce").to_numpy(float)
    for circle in CIRCLES:
        of = places.groupby(list(circle), sort=False).indices
        for members in of.values():
            wanted = members[newcomers[members] & ~found[members]]
            near = members[known[members]][:MOST]
            if len(wanted) and len(near):
                means[wanted], quantiles[wanted] = _mixed(people, wanted, near, means, quantiles)
                found[wanted] = True
    return means, quantiles, found


def _mixed(people: Array, wanted: Array, near: Array, means: Array, quantiles: Array) -> tuple[Array, Array]:
    """The mean and the mixture of the neighbours' distributions, per head where heads are known."""
    counted = near[people[near] > 0]
    heads = np.where(people[wanted] > 0, people[wanted], np.nan) if len(counted) else np.full(len(wanted), np.nan)
    plain = _mixture(means[near], quantiles[near])
    if np.isnan(heads).all():
        return _times(plain, np.ones(len(wanted)))
    scale = people[counted]
    weight = (scale / scale.mean())[:, None]
    rate = (
        (means[counted] / scale[:, None] * weight).mean(0),
        _mixture(means[counted] / scale[:, None], quantiles[counted] / scale[:, None, None])[1],
    )
    by_head, by_place = _times(rate, np.nan_to_num(heads)), _times(plain, np.ones(len(wanted)))
    given = np.isfinite(heads)
    return np.where(given[:, None], by_head[0], by_place[0]), np.where(given[:, None, None], by_head[1], by_place[1])


def _mixture(means: Array, quantiles: Array) -> tuple[Array, Array]:
    """(H,), (H, levels) of somebody drawn at random from the neighbours."""
    together = quantiles.transpose(1, 0, 2).reshape(quantiles.shape[1], -1)
    return means.mean(0), np.quantile(together, LEVEL, axis=1).T


def _times(one: tuple[Array, Array], scale: Array) -> tuple[Array, Array]:
    return scale[:, None] * one[0], scale[:, None, None] * one[1]
