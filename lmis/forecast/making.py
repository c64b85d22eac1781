"""One forecast, from what was read of the ledger to the rows that are kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sqlmodel import Session

from lmis.calendar import Month, add_months, days_in, first_of, month_code, month_of, months_between
from lmis.forecast.frame import Monthly, history
from lmis.forecast.methods import Forecasts, forecast
from lmis.forecast.panel import MOST_MONTHS, Array
from lmis.forecast.places import Campaign, Place, campaigns_of, items_of, places_of, population_of
from lmis.forecast.rollup import roll_up, rolled_into
from lmis.forecast.tree import Sums, above, correlation, errors_of, summed_quantiles, sums

NEW_FOR = 12  # months in which a facility that has nothing yet is expected to begin as its neighbours do
NOTHING = b""

Row = tuple[int, int, str, str, int, float | None, float | None, str | None, bytes, bytes, bytes]


class Forecaster(Protocol):
    """lmis.forecast.methods.forecast, or the same work handed out to many machines."""

    def __call__(
        self, history: pd.DataFrame, *, places: pd.DataFrame, flagged: pd.DataFrame, tell: Callable[[float], None]
    ) -> Forecasts: ...


@dataclass(frozen=True)
class Reading:
    """What a forecast is made from; the tree is that of its first day."""

    as_of: Month
    series: Monthly
    places: list[Place]
    campaigns: list[Campaign]
    women: dict[int, int]
    items: dict[int, tuple[str, str | None]]

    @property
    def first(self) -> Month:
        return add_months(self.as_of, 1)

    @property
    def parents(self) -> dict[int, int | None]:
        return {place.id: place.parent for place in self.places}


@dataclass(frozen=True)
class Task:
    """What is to be forecast: the methods' frames, the pooled series, and why some series have no forecast."""

    pooled: Monthly
    places: pd.DataFrame
    flagged: pd.DataFrame
    without: list[tuple[int, int, str]]  # facility, item and reason


def read(session: Session, as_of: Month) -> Reading:
    """All that was known at the end of a month."""
    on = first_of(add_months(as_of, 1))
    women = population_of(session, as_of // 100)
    return Reading(
        as_of, history(session, as_of), places_of(session, on), campaigns_of(session), women, items_of(session)
    )


def prepared(reading: Reading, horizon: int) -> Task:
    """What of a reading is to be forecast, and what the methods have to know of it."""
    by_id, on = {place.id: place for place in reading.places}, first_of(reading.first)
    used = np.nansum(reading.series.values["dispensed"], 1) > 0
    dispense = [by_id[id_].dispenses for id_ in facility_of(reading.series).tolist()]
    series = reading.series.of(np.array(dispense, dtype=bool) | used)
    into = rolled_into(series, reading.places, on)
    pooled = roll_up(series, into)
    keys = _pairs(pooled.keys)
    without = [(*key, "rolled_up") for key in _pairs(series.keys[facility_of(series) != into])]
    without += [(*key, "closed") for key in keys if by_id[key[0]].closed(on)]
    expected = [key for key in keys if not by_id[key[0]].closed(on)] + begun_anew(reading, keys)
    places = pd.DataFrame(
        [
            (f, i, by_id[f].parent, by_id[f].level, float(reading.women.get(f, np.nan)), reading.items[i][0])
            for f, i in expected
        ],
        columns=["facility", "item", "parent", "level", "population", "method"],
    )
    flagged = _flagged(reading, [*keys, *expected], horizon)
    return Task(pooled, places, flagged, without)


def _pairs(keys: pd.DataFrame) -> list[tuple[int, int]]:
    return list(zip(keys["facility"].tolist(), keys["item"].tolist(), strict=True))


def facility_of(series: Monthly) -> Array:
    return np.asarray(series.keys["facility"], dtype=int)


def begun_anew(reading: Reading, keys: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Facility and item of what new facilities without any history will need: what most of their neighbours have.

    Neighbours: of the same level under the same parent. A facility is new for a year after it came into the tree.
    """
    on = first_of(reading.first)
    held: dict[int, set[int]] = {}
    for facility, item in keys:
        held.setdefault(facility, set()).add(item)
    around: dict[tuple[int | None, str], list[set[int]]] = {}
    for place in reading.places:
        if place.id in held:
            around.setdefault((place.parent, place.level), []).append(held[place.id])
    found = []
    for place in reading.places:
        theirs = around.get((place.parent, place.level), [])
        if theirs and place.id not in held and _is_new(place, on):
            common = [item for item, count in sorted(Counter(chain(*theirs)).items()) if 2 * count >= len(theirs)]
            found += [(place.id, item) for item in common if _may_hold(place, reading.items[item][1])]
    return found


def _is_new(place: Place, on: date) -> bool:
    since = first_of(add_months(month_of(on), -NEW_FOR))
    return place.dispenses and place.since is not None and since <= place.since <= on and not place.closed(on)


def _may_hold(place: Place, capability: str | None) -> bool:
    return capability is None or capability in place.capabilities


def _flagged(reading: Reading, keys: Sequence[tuple[int, int]], horizon: int) -> pd.DataFrame:
    """Facility, item and period of the months of campaigns, at the campaign's facility and everything under it."""
    oldest, latest = add_months(reading.as_of, 1 - MOST_MONTHS), add_months(reading.as_of, horizon)
    parents, rows = reading.parents, set()
    for facility, item, first, last in reading.campaigns:
        months = [month_code(it) for it in months_between(max(first, oldest), min(last, latest))]
        under = {id_ for id_ in {f for f, _ in keys} if facility in above(parents, id_)}
        rows |= {(f, i, month) for f, i in keys if f in under and item in (None, i) for month in months}
    return pd.DataFrame(sorted(rows), columns=["facility", "item", "period"])


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


def forecaster(reading: Reading, horizon: int, seed: int, threads: int | None, fan_out: str | None) -> Forecaster:
    """What forecasts all series: one model on this machine, or one for each part of the tree on an engine's."""
    about = {"cutoff": month_code(reading.as_of), "horizon": horizon, "target": "demand", "seed": seed}
    about |= {"threads": threads, "calendar": "vn"}
    if fan_out is None:
        return partial(forecast, **about)  # type: ignore[arg-type]
    from lmis.forecast.fanout import forecast_parts, parts_of

    return partial(forecast_parts, **about, part_of=parts_of(reading.parents), engine=fan_out)  # type: ignore[arg-type]
