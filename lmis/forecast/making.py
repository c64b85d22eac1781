"""One forecast, from what was read of the ledger to the rows that are kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import pandas as pd

from lmis.calendar import add_months, days_in, first_of, month_code
from lmis.forecast.frame import Monthly
from lmis.forecast.methods import Forecasts, forecast
from lmis.forecast.panel import Array
from lmis.forecast.task import Reading, Task, prepared, read
from lmis.forecast.tree import Sums, correlation, errors_of, summed_quantiles, sums

__all__ = ["Forecaster", "Row", "forecaster", "made", "prepared", "read"]

NOTHING = b""

Row = tuple[int, int, str, str, int, float | None, float | None, str | None, bytes, bytes, bytes]


class Forecaster(Protocol):
    """lmis.forecast.methods.forecast, or the same work handed out to many machines."""

    def __call__(
        self, history: pd.DataFrame, *, places: pd.DataFrame, flagged: pd.DataFrame, tell: Callable[[float], None]
    ) -> Forecasts: ...


def forecaster(reading: Reading, horizon: int, seed: int, threads: int | None, fan_out: str | None) -> Forecaster:
    """What forecasts all series: one model on this machine, or one for each part of the tree on an engine's."""
    about: dict[str, Any] = {"cutoff": month_code(reading.as_of), "horizon": horizon, "target": "demand", "seed": seed}
    about |= {"threads": threads, "calendar": "vn"}
    if fan_out is None:
        return partial(forecast, **about)
    from lmis.forecast.fanout import forecast_parts, parts_of

    return partial(forecast_parts, **about, part_of=parts_of(reading.parents), engine=fan_out)


def made(
    reading: Reading, forecaster: Forecaster, horizon: int, longest: int, tell: Callable[[float], None]
) -> list[Row]:
    """The rows of a forecast, by facility and item: `longest` months ahead at the top, `horizon` below.

    Raises whatever the forecaster raises; nothing is kept before all of it is made.
    """
    task = prepared(reading, longest)
    found = forecaster(task.pooled.frame(), places=task.places, flagged=task.flagged, tell=tell)
    leaves = _leaves(reading, task, found)
    together = correlation(*_missed(task.pooled, reading.parents))
    return sorted(_rows(leaves, reading, together, horizon, longest), key=lambda row: row[:2])


def _missed(pooled: Monthly, parents: Mapping[int, int | None]) -> tuple[Array, Array]:
    """Errors of the rolling three-month mean where demand was seen in full, and which series add up next to another."""
    used = np.where(pooled.cut_short, np.nan, pooled.values["dispensed"])
    over = [-1 if parents.get(id_) is None else parents[id_] for id_ in pooled.keys["facility"].tolist()]
    return errors_of(used), pd.MultiIndex.from_arrays([over, pooled.keys["item"]]).factorize()[0]


@dataclass(frozen=True)
class Leaves:
    """What is added up. has: (N,) whether there is a forecast; without one its figures are zero."""

    facility: Array
    item: Array
    has: Array
    method: Array
    reason: Array
    means: Array
    quantiles: Array
    model: Array
    simple: Array  # (N, 2) AMC and statistical median; NaN = none
    backtest: list[str | None]


def _leaves(reading: Reading, task: Task, found: Forecasts) -> Leaves:
    """The forecasts of single series: of a facility that is to close, nothing after that day."""
    facility, item = (found.keys[name].to_numpy(int) for name in ("facility", "item"))
    open_ = _open(reading, facility, found.means.shape[1])
    method, reason = found.method.astype(object), found.reason.astype(object)
    whole = np.isfinite(found.means).all(1) & np.isfinite(found.quantiles).all((1, 2))
    failed = (method != "none") & ~whole
    method[failed], reason[failed] = "none", "failed"
    has = method != "none"
    reason[has & (open_[:, -1] < 1)] = "closing"
    means = np.where(has[:, None], found.means * open_, 0).astype(np.float32)
    quantiles = np.where(has[:, None, None], found.quantiles * open_[..., None], 0).astype(np.float32)
    model = np.where(has[:, None], found.model * open_, np.nan).astype(np.float32)
    simple = np.where(has[:, None], np.column_stack([found.amc, found.statistical]), np.nan)
    backtest = [_told(row) for row in found.backtest.to_dict("records")]
    own = Leaves(facility, item, has, method, reason, means, quantiles, model, simple, backtest)
    return _with_those_without(own, task.without)


def _with_those_without(own: Leaves, without: Sequence[tuple[int, int, str]]) -> Leaves:
    """The same with the series that were not asked for, which have a reason in the place of a forecast."""
    count = len(without)
    more = np.array([row[:2] for row in without], dtype=int).reshape(-1, 2)
    reasons = np.array([row[2] for row in without], dtype=object)

    def none(values: Array, fill: Any) -> Array:
        return np.concatenate([values, np.full((count, *values.shape[1:]), fill, dtype=values.dtype)])

    return Leaves(
        np.concatenate([own.facility, more[:, 0]]),
        np.concatenate([own.item, more[:, 1]]),
        none(own.has, False),
        none(own.method, "none"),
        np.concatenate([own.reason, reasons]),
        none(own.means, 0),
        none(own.quantiles, 0),
        none(own.model, np.nan),
        none(own.simple, np.nan),
        own.backtest + [None] * count,
    )


def _told(errors: Mapping[Any, float]) -> str | None:
    known = {str(name): round(float(error), 4) for name, error in errors.items() if np.isfinite(error)}
    return json.dumps(known) if known else None


def _open(reading: Reading, facility: Array, horizon: int) -> Array:
    """(N, H) the share of each month in which a facility is open."""
    open_ = np.ones((len(facility), horizon))
    months = [add_months(reading.as_of, ahead + 1) for ahead in range(horizon)]
    for place in reading.places:
        if place.closed_on is not None:
            shares = [np.clip((place.closed_on - first_of(it)).days / days_in(it), 0, 1) for it in months]
            open_[facility == place.id] = shares
    return open_


def _rows(leaves: Leaves, reading: Reading, together: float, horizon: int, longest: int) -> Iterator[Row]:
    whole = sums(leaves.facility, leaves.item, reading.parents)
    parts = np.rint(whole.of(leaves.has)).astype(int)
    own = _own_leaf(whole.keys, leaves)
    single = (own >= 0) & np.where(leaves.has[own], parts == 1, parts == 0) if len(leaves.has) else own >= 0
    tops = {place.parent for place in reading.places} & {place.id for place in reading.places if place.parent is None}
    for (facility, item), leaf in zip(whole.keys[single].tolist(), own[single].tolist(), strict=True):
        yield _single(leaves, leaf, facility, item, longest if facility in tops else horizon)
    added = Sums(whole.keys[~single], whole.parts[~single])
    yield from _summed(added, leaves, parts[~single], together, horizon, longest, tops)


def _own_leaf(keys: Array, leaves: Leaves) -> Array:
    """(M,) which series is a facility's own; -1: it has none."""
    at = pd.MultiIndex.from_arrays([leaves.facility, leaves.item])
    return np.asarray(at.get_indexer(pd.MultiIndex.from_arrays([keys[:, 0], keys[:, 1]])))


def _single(leaves: Leaves, leaf: int, facility: int, item: int, months: int) -> Row:
    method, reason = str(leaves.method[leaf]), str(leaves.reason[leaf])
    if not leaves.has[leaf]:
        return (facility, item, method, reason, 0, None, None, None, NOTHING, NOTHING, NOTHING)
    figures = (leaves.model[leaf, :months], leaves.means[leaf, :months], leaves.quantiles[leaf, :months])
    simple = (_known(value) for value in leaves.simple[leaf])
    return (facility, item, method, reason, 1, *simple, leaves.backtest[leaf], *map(_packed, figures))  # type: ignore[return-value]


def _summed(
    added: Sums, leaves: Leaves, parts: Array, together: float, horizon: int, longest: int, tops: set[int | None]
) -> Iterator[Row]:
    """Sums: a series without a model or a simple forecast counts with what was published for it, or with none."""
    quantiles = summed_quantiles(added, leaves.means, leaves.quantiles, together)
    means, modelled = added.of(leaves.means), np.isfinite(leaves.model)
    model = np.where(added.of(modelled) > 0, added.of(np.where(modelled, leaves.model, leaves.means)), np.nan)
    told = added.of(np.isfinite(leaves.simple))
    simple = np.where(told > 0, added.of(np.nan_to_num(leaves.simple)), np.nan)
    for at, (facility, item) in enumerate(added.keys.tolist()):
        if not parts[at]:
            yield (facility, item, "none", "none_below", 0, None, None, None, NOTHING, NOTHING, NOTHING)
            continue
        months = longest if facility in tops else horizon
        figures = (model[at, :months], means[at, :months], quantiles[at, :months])
        about = (int(parts[at]), *(_known(value) for value in simple[at]), None)
        yield (facility, item, "sum", "sum", *about, *map(_packed, figures))


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _packed(values: Array) -> bytes:
    """As lmis.forecast.outlook.packed does it; nothing where not all of it is known."""
    return values.astype("<f4").tobytes() if np.isfinite(values).all() else NOTHING
