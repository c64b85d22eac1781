"""Forecasts added up over the tree of facilities: means exactly, quantiles by how far errors go together.

The quantiles of a sum are not the sums of quantiles, unless all parts err together. A sum's spread is that of parts
whose errors correlate alike, V = (1 − ρ) Σs² + ρ (Σs)². Its shape is that of a gamma distribution of the sum's mean and
variance, which many parts tend to, with a chance of nothing at all where the parts have one; and the nearer V comes to
(Σs)², the more it is that of the parts, as if they erred together. So a sum of one part is that part, one of parts that
err together has the sums of their quantiles, and one of many independent parts is narrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import gammaincinv

from lmis.forecast.need import LEVELS
from lmis.forecast.panel import Array
from lmis.network.tree import above

STEP = LEVELS[1] - LEVELS[0]
USUAL = 0.1  # default: the correlation of errors where nothing tells it
TRUST = 200  # months of sums that weigh as much as this default
HALF_A_UNIT, NEARLY_NONE = 0.5, 1e-9
EVENNESS = 6  # the power of V / (Σs)² that came nearest to simulated sums
LOOKED_BACK = 3  # months whose mean the errors are measured against


@dataclass(frozen=True)
class Sums:
    """What was added up at M facilities and items.

    keys: (M, 2) facility and item, sorted; parts: (M, N) with a one where a series is in a sum.
    """

    keys: Array
    parts: csr_matrix

    def of(self, values: Array) -> Array:
        """(M, …) float64 sums of (N, …) values."""
        flat = self.parts @ np.asarray(values, dtype=float).reshape(len(values), int(np.prod(values.shape[1:])))
        return np.asarray(flat.reshape(len(self.keys), *values.shape[1:]))


def sums(facility: Array, item: Array, parents: Mapping[int, int | None]) -> Sums:
    """Every facility at or above one of the N series, by item, and which series it adds up."""
    chains = {id_: above(parents, id_) for id_ in np.unique(facility).tolist()}
    lengths = np.array([len(chains[id_]) for id_ in facility.tolist()], dtype=int)
    part = np.repeat(np.arange(len(facility)), lengths)
    at = np.array([id_ for own in facility.tolist() for id_ in chains[own]], dtype=int)
    keys, place = np.unique(np.column_stack([at, item[part]]).reshape(-1, 2), axis=0, return_inverse=True)
    ones = (np.ones(len(part)), (place.reshape(-1), part))
    return Sums(keys, csr_matrix(ones, shape=(len(keys), len(facility))))


def spread(means: Array, quantiles: Array) -> Array:
    """Standard deviations (…) of distributions given by their means (…) and quantiles at LEVELS (…, 19).

    Between the quantiles on straight lines; above the last the tail falls off exponentially, as fast as between the
    last two, below the first there is nothing but the first.
    """
    off = quantiles - means[..., None]
    between = (off[..., :-1] ** 2 + off[..., :-1] * off[..., 1:] + off[..., 1:] ** 2).sum(-1) / 3 * STEP
    high, fall = off[..., -1], (quantiles[..., -1] - quantiles[..., -2]) / np.log(2)
    tail = LEVELS[0] * (high**2 + 2 * high * fall + 2 * fall**2)
    return np.asarray(np.sqrt(np.maximum(between + tail + LEVELS[0] * off[..., 0] ** 2, 0)))


def correlation(errors: Array, group: Array, usual: float = USUAL) -> float:
    """How far the errors of series of one group go together, drawn towards the usual where little tells it.

    errors: (N, T), NaN = not known; group: (N,) codes from 0. Returns 0 … 1.
    """
    known = np.isfinite(errors)
    count = known.sum(1)
    size = np.sqrt(np.divide(np.nansum(errors**2, 1), count, out=np.zeros(len(errors)), where=count > 0))
    error, sizes = np.where(known, errors, 0), np.where(known, size[:, None], 0)
    together, most = _pairs(error, group), _pairs(sizes, group)
    # each sum counts by its months, not by its units, so that one large group does not speak for all
    share = np.divide(together, most, out=np.full_like(most, np.nan), where=most > 0)
    told = np.isfinite(share)
    found = (share[told].sum() + TRUST * usual) / (told.sum() + TRUST)
    return float(np.clip(found, 0.0, 1.0))


def _pairs(values: Array, group: Array) -> Array:
    """(groups, T) Σ over pairs of different series, of the products."""
    total, squares = (np.zeros((int(group.max(initial=-1)) + 1, values.shape[1])) for _ in range(2))
    np.add.at(total, group, values)
    np.add.at(squares, group, values**2)
    pairs = total**2 - squares
    return np.where(np.abs(pairs) > 1e-9 * squares, pairs, 0.0)


def errors_of(used: Array) -> Array:
    """(N, T) by how much each month missed the mean of those known among the three before it; NaN = not known."""
    errors = np.full(used.shape, np.nan)
    for month in range(LOOKED_BACK, used.shape[1]):
        before = used[:, month - LOOKED_BACK : month]
        count = np.isfinite(before).sum(1)
        mean = np.divide(np.nansum(before, 1), count, out=np.full(len(used), np.nan), where=count > 0)
        errors[:, month] = used[:, month] - mean
    return errors


def summed_quantiles(added: Sums, means: Array, quantiles: Array, together: float) -> Array:
    """(M, H, 19) quantiles of sums, from (N, H) means and (N, H, 19) quantiles of their parts.

    together: the correlation of the parts' errors, 0 … 1. Never below zero, and never falling.
    """
    sizes = spread(means, quantiles)
    mean, aligned = added.of(means), added.of(quantiles)
    most, least = added.of(sizes), added.of(sizes**2)
    variance = (1 - together) * least + together * most**2
    weight = np.divide(variance, most**2, out=np.ones_like(most), where=most > 0)[..., None] ** EVENNESS
    apart = _gamma(mean, variance, _chance_of_none_in_sum(added, quantiles, together))
    mixed = np.where(weight < 1, weight * aligned + (1 - weight) * apart, aligned)
    return np.maximum.accumulate(np.maximum(mixed, 0), axis=-1)


def _chance_of_none_in_sum(added: Sums, quantiles: Array, together: float) -> Array:
    """(M, H) the chance that none of the n parts uses anything: taken as that of n^(1 − ρ) independent ones."""
    none = _chance_of_none(quantiles)
    count = np.maximum(added.of(none < 1), 1)
    return np.asarray(np.exp(added.of(np.log(np.maximum(none, NEARLY_NONE))) * count**-together))


def _chance_of_none(quantiles: Array) -> Array:
    """(N, H) the chance that nothing is used, units being whole; below the lowest level it is taken as nil."""
    below = (quantiles < HALF_A_UNIT).sum(-1)
    return np.where(below == len(LEVELS), 1.0, np.where(below > 0, (below + 0.5) * STEP, 0.0))


def _gamma(mean: Array, variance: Array, nothing: Array) -> Array:
    """Quantiles at LEVELS of these means and variances: nothing with its chance, else gamma distributed; the mean
    itself where there is no spread."""
    flat = (mean > 0) & (variance > 0)
    nothing = np.minimum(nothing, LEVELS[-1])  # the mean says that something is used now and then
    some = 1 - nothing
    inner, second = mean / some, (variance + mean**2) / some
    left = np.maximum(second - inner**2, 1e-6 * inner**2)
    shape = np.divide(inner**2, left, out=np.ones_like(mean), where=flat)
    level = np.clip((np.array(LEVELS) - nothing[..., None]) / some[..., None], 0, 1)
    unit = gammaincinv(shape[..., None], level) / shape[..., None]
    return np.asarray(np.where(flat[..., None], inner[..., None] * unit, mean[..., None]))
