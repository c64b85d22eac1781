"""The forecast in force, with what people put in the place of its figures.

A facility's forecast is of what it dispenses itself and what everything under it does. A month that a planner overrode
at one facility moves the sums above it by as much, up to where another override stands.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from math import sqrt
from struct import pack, unpack, unpack_from
from typing import Any, NamedTuple

from sqlmodel import Session

from lmis.calendar import Month, add_months, month_of, months_apart
from lmis.forecast.need import LEVELS, Need, need
from lmis.policy.service import spots_of
from lmis.sql import Sql, stored

IN_FORCE = "SELECT id, as_of, horizon FROM forecast_run WHERE as_of < :month ORDER BY as_of DESC LIMIT 1"
SERIES = """
    SELECT facility_id, item_id, method, reason, parts, amc, statistical, backtest, model, means, quantiles
    FROM forecast_series WHERE run_id = :run AND facility_id IN (:ids*)"""
OF_ITEM = f"{SERIES} AND item_id = :item"
FIGURES = """
    SELECT facility_id, item_id, means, quantiles FROM forecast_series
    WHERE run_id = :run AND facility_id IN (:ids*)"""
OVERRIDES = """
    SELECT facility_id, item_id, month, quantity FROM forecast_override o
    WHERE month >= :first AND quantity IS NOT NULL AND set_at < :before AND NOT EXISTS (
        SELECT 1 FROM forecast_override later WHERE later.facility_id = o.facility_id
            AND later.item_id = o.item_id AND later.month = o.month AND later.id > o.id AND later.set_at < :before)"""
EVER = datetime(9999, 1, 1, tzinfo=UTC)

Key = tuple[int, int]  # facility, item
Moment = tuple[int, int, Month]  # facility, item, month


class Run(NamedTuple):
    """A forecast that was made. as_of: the last month it has seen; horizon: months ahead."""

    id: int
    as_of: Month
    horizon: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What will be dispensed of an item at a facility and under it, month by month from `first` on; base units.

    published: the means as they were forecast; means: with what planners put in their place, here or below;
    quantiles: by month, at LEVELS, moved along with the means; model: the global model's own means; amc, statistical:
    what these methods say of every month; backtest: the mean absolute error of each method in the rolling backtest;
    overridden: what planners said here.
    """

    as_of: Month
    method: str
    reason: str
    parts: int
    amc: float | None
    statistical: float | None
    backtest: Mapping[str, float]
    model: tuple[float, ...]
    published: tuple[float, ...]
    means: tuple[float, ...]
    quantiles: tuple[tuple[float, ...], ...]
    overridden: Mapping[Month, int]

    @property
    def first(self) -> Month:
        return add_months(self.as_of, 1)

    @property
    def months(self) -> list[Month]:
        return [add_months(self.first, ahead) for ahead in range(len(self.means))]

    def need(self, start: date, months: Decimal | float, service_level: Decimal | float) -> Need | None:
        """What stock has to cover from a day on; see lmis.forecast.need.need."""
        return need(self.means, self.quantiles, self.first, start=start, months=months, service_level=service_level)


class Changes(NamedTuple):
    """What planners put in the place of means, and how far that moves the sums above."""

    said: Mapping[Key, Mapping[Month, int]]
    moved: Mapping[Moment, float]


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a series alone, for who reads many: the quantiles of a month are unpacked when asked for."""

    first: Month
    published: tuple[float, ...]
    means: tuple[float, ...]
    packed: bytes

    def quantiles(self, ahead: int) -> tuple[float, ...]:
        """Those of the month so many after the first, at LEVELS."""
        count = len(LEVELS)
        its = unpack_from(f"<{count}f", self.packed, 4 * count * ahead)
        return _along(its, self.published[ahead], self.means[ahead])


def run_in_force(session: Session, on: date) -> Run | None:
    """The latest forecast that had seen whole months before the day's alone; None when none was made."""
    found = Sql(session).rows(IN_FORCE, month=month_of(on))
    return Run(*found[0]) if found else None


def outlooks(
    session: Session, facility_ids: Iterable[int], on: date, *, item_id: int | None = None
) -> dict[Key, Outlook]:
    """The forecasts in force on a day, by facility and item; of one item alone, if it is given.

    Series that could not be forecast are left out.
    """
    run = run_in_force(session, on)
    return of_run(session, run, facility_ids, on, item_id=item_id) if run else {}


def of_run(
    session: Session,
    run: Run,
    facility_ids: Iterable[int],
    on: date,
    *,
    item_id: int | None = None,
    said_before: datetime = EVER,
) -> dict[Key, Outlook]:
    """The forecasts of one run; the tree as it is on the day `on`, overrides as they stood at a moment."""
    changes = changes_of(session, run, on, said_before=said_before)
    rows = _rows(session, run, facility_ids, item_id)
    return {row[:2]: _outlook(run.as_of, row, changes) for row in rows if row[-2]}


def changes_of(session: Session, run: Run, on: date, *, said_before: datetime = EVER) -> Changes:
    """What planners say of a run; the tree as it is on the day `on`, overrides as they stood at a moment."""
    said = _said(session, run, said_before)
    return Changes(said, _moved(session, run, said, on))


def figures(session: Session, run: Run, changes: Changes, facility_ids: Iterable[int]) -> Iterator[tuple[Key, Figures]]:
    """The numbers of a run's series that could be forecast, by facility and item."""
    first = add_months(run.as_of, 1)
    for *key, means, quantiles in Sql(session).stream(FIGURES, run=run.id, ids=list(facility_ids)):
        if means:
            published = floats(means)
            now = _means_now(run.as_of, (key[0], key[1]), published, changes)
            yield (key[0], key[1]), Figures(first, published, now, bytes(quantiles))


def _rows(
    session: Session, run: Run, facility_ids: Iterable[int], item_id: int | None = None
) -> Iterator[tuple[Any, ...]]:
    ids = list(dict.fromkeys(facility_ids))
    if item_id is None:
        return Sql(session).stream(SERIES, run=run.id, ids=ids)
    return Sql(session).stream(OF_ITEM, run=run.id, ids=ids, item=item_id)


def _said(session: Session, run: Run, before: datetime) -> dict[Key, dict[Month, int]]:
    """What planners put in the place of means, by facility, item and month."""
    said: dict[Key, dict[Month, int]] = defaultdict(dict)
    first = add_months(run.as_of, 1)
    for facility, item, month, quantity in Sql(session).rows(OVERRIDES, first=first, before=stored(before)):
        said[facility, item][month] = quantity
    return dict(said)


def _moved(session: Session, run: Run, said: Mapping[Key, Mapping[Month, int]], on: date) -> dict[Moment, float]:
    """How far overrides below a facility move its mean, by facility, item and month.

    What stands for a series or month that is not forecast any more is in no sum, and so moves none.
    """
    places = sorted({facility for facility, _ in said})
    if not places:
        return {}
    by = {row[:2]: _by(said.get(row[:2], {}), run, floats(row[-2])) for row in _rows(session, run, places)}
    chains = {facility: spot.chain for facility, spot in spots_of(session, places, on).items()}
    moved: dict[Moment, float] = defaultdict(float)
    for (facility, item), by_month in by.items():
        for month, difference in by_month.items():
            for above in chains[facility][1:]:
                if month in by.get((above, item), ()):
                    break
                moved[above, item, month] += difference
    return dict(moved)


def _by(said: Mapping[Month, int], run: Run, means: Sequence[float]) -> dict[Month, float]:
    """By how much each month's figure differs from what is forecast of it."""
    ahead = {month: months_apart(run.as_of, month) for month in said}
    return {month: said[month] - means[its - 1] for month, its in ahead.items() if 0 < its <= len(means)}


def _means_now(as_of: Month, key: Key, published: tuple[float, ...], changes: Changes) -> tuple[float, ...]:
    """The means with what planners put in their place, here or below."""
    overridden, moved = changes.said.get(key, {}), changes.moved
    if not overridden and not moved:
        return published
    months = (add_months(as_of, ahead) for ahead in range(1, len(published) + 1))
    means_moved = (
        (month, max(0.0, mean + moved.get((*key, month), 0.0))) for month, mean in zip(months, published, strict=True)
    )
    return tuple(float(overridden.get(month, mean)) for month, mean in means_moved)


def _outlook(as_of: Month, row: tuple[Any, ...], changes: Changes) -> Outlook:
    facility, item, method, reason, parts, amc, statistical, backtest, model, means, quantiles = row
    published = floats(means)
    each = floats(quantiles)
    levels = [each[start : start + len(LEVELS)] for start in range(0, len(each), len(LEVELS))]
    now = _means_now(as_of, (facility, item), published, changes)
    return Outlook(
        as_of=as_of,
        method=method,
        reason=reason,
        parts=parts,
        amc=amc,
        statistical=statistical,
        backtest=json.loads(backtest) if backtest else {},
        model=floats(model),
        published=published,
        means=now,
        quantiles=tuple(_along(its, was, mean) for its, was, mean in zip(levels, published, now, strict=True)),
        overridden=changes.said.get((facility, item), {}),
    )


def _along(quantiles: tuple[float, ...], was: float, mean: float) -> tuple[float, ...]:
    """Quantiles about a mean that was moved.

    They narrow with a mean that falls, and widen with the root of one that rises, as counts do: who says that twenty
    come instead of a tenth of one does not say that it may be a hundred.
    """
    if was == mean:
        return quantiles
    if not was:
        return (float(mean),) * len(quantiles)
    spread = min(mean / was, sqrt(mean / was))
    return tuple(mean + (value - was) * spread for value in quantiles)


def packed(values: Iterable[float]) -> bytes:
    """Numbers as forecast_series holds them; `floats` reads them."""
    numbers = tuple(values)
    return pack(f"<{len(numbers)}f", *numbers)


def floats(packed: bytes) -> tuple[float, ...]:
    """The numbers of a column of forecast_series."""
    return unpack(f"<{len(packed) // 4}f", packed)
