"""What a forecast is made from: what was read of the ledger, and what of it is to be forecast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

import numpy as np
import pandas as pd
from sqlmodel import Session

from lmis.calendar import Month, add_months, first_of, month_code, month_of, months_between
from lmis.forecast.frame import Monthly, history
from lmis.forecast.panel import MOST_MONTHS, Array
from lmis.forecast.places import Campaign, Place, campaigns_of, items_of, places_of, population_of
from lmis.forecast.rollup import roll_up, rolled_into
from lmis.network.tree import above

NEW_FOR = 12  # months in which a facility that has nothing yet is expected to begin as its neighbours do


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
    def on(self) -> date:
        """The forecast's first day."""
        return first_of(self.first)

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
    places = places_of(session, first_of(add_months(as_of, 1)))
    women = population_of(session, as_of // 100)
    return Reading(as_of, history(session, as_of), places, campaigns_of(session), women, items_of(session))


def prepared(reading: Reading, horizon: int) -> Task:
    """What of a reading is to be forecast, and what the methods have to know of it."""
    series = _dispensing(reading)
    into = rolled_into(series, reading.places, reading.on)
    pooled = roll_up(series, into)
    keys, closed = _pairs(pooled.keys), {place.id for place in reading.places if place.closed(reading.on)}
    without = [(*key, "rolled_up") for key in _pairs(series.keys[facility_of(series) != into])]
    without += [(*key, "closed") for key in keys if key[0] in closed]
    expected = [key for key in keys if key[0] not in closed] + begun_anew(reading, keys)
    flagged = _flagged(reading, [*keys, *expected], horizon)
    return Task(pooled, _expected(reading, expected), flagged, without)


def _dispensing(reading: Reading) -> Monthly:
    """The series of facilities that are to dispense, or have dispensed all the same."""
    to = {place.id for place in reading.places if place.dispenses}
    used = np.nansum(reading.series.values["dispensed"], 1) > 0
    return reading.series.of(used | np.isin(facility_of(reading.series), list(to)))


def _expected(reading: Reading, keys: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """The methods' frame of the series that are to be forecast."""
    by_id = {place.id: place for place in reading.places}
    rows = [
        (f, i, by_id[f].parent, by_id[f].level, float(reading.women.get(f, np.nan)), reading.items[i][0])
        for f, i in keys
    ]
    return pd.DataFrame(rows, columns=["facility", "item", "parent", "level", "population", "method"])


def _pairs(keys: pd.DataFrame) -> list[tuple[int, int]]:
    return list(zip(keys["facility"].tolist(), keys["item"].tolist(), strict=True))


def facility_of(series: Monthly) -> Array:
    return np.asarray(series.keys["facility"], dtype=int)


def begun_anew(reading: Reading, keys: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Facility and item of what new facilities without any history will need: what most of their neighbours have.

    Neighbours: of the same level under the same parent. A facility is new for a year after it came into the tree. What
    a new collaborator will give is in its station's forecast until it has history enough.
    """
    dispense = {place.id for place in reading.places if place.dispenses}
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
        if theirs and place.id not in held and place.parent not in dispense and _is_new(place, reading.on):
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
