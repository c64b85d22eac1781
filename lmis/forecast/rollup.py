"""Which series stand on their own, and which are added to their parent's. Pure.

A collaborator gives a few cycles and pieces a month. Below twelve months with use no year is seen, and below two units
a month chance alone moves a month by 70 % of its mean (the spread of a count of two is √2): such a series says less of
itself than its station's does with it. It is added to the station's history, and so is in the station's forecast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from lmis.forecast.frame import KEYS, Monthly
from lmis.forecast.panel import Array
from lmis.forecast.places import Place

ENOUGH_MONTHS = 12  # reported months with use
LOW_USE = 2.0  # base units a month
HALF = 0.5  # of a pool's usual use that has to be known for its month to be known
ADDED = ("opening", "received", "dispensed", "adjusted", "closing")


def enough(monthly: Monthly) -> Array:
    """(N,) whether a series has history enough to be forecast by itself."""
    used = np.where(monthly.known, monthly.values["dispensed"], 0)
    return np.asarray(((used > 0).sum(1) >= ENOUGH_MONTHS) & (_usual(monthly) >= LOW_USE))


def rolled_into(monthly: Monthly, places: Sequence[Place], on: date) -> Array:
    """(N,) the facility whose history each series counts to: mostly its own.

    Only what a dispensing facility supplies to another one rolls up, never to or from one that is closed by the day
    `on`: the history of a closed facility stays its own, and goes to no one.
    """
    by_id = {place.id: place for place in places}
    lowest = {place.id for place in places if _is_lowest(place, by_id, on)}
    facility, item = (monthly.keys[name].to_numpy() for name in ("facility", "item"))
    own = {
        key for key, stands in zip(zip(facility, item, strict=True), enough(monthly), strict=True) if stands
    } | {(id_, it) for id_, it in zip(facility, item, strict=True) if id_ not in lowest}  # fmt: skip
    return np.array([_nearest(id_, it, own, lowest, by_id) for id_, it in zip(facility, item, strict=True)], dtype=int)


def _is_lowest(place: Place, by_id: Mapping[int, Place], on: date) -> bool:
    above = by_id.get(place.parent) if place.parent is not None else None
    return place.dispenses and not place.closed(on) and above is not None and above.dispenses and not above.closed(on)


def _nearest(id_: int, item: int, own: set[tuple[int, int]], lowest: set[int], by_id: Mapping[int, Place]) -> int:
    while (id_, item) not in own and id_ in lowest:
        id_ = by_id[id_].parent or id_
    return id_


def roll_up(monthly: Monthly, into: Array) -> Monthly:
    """The series of the facilities that history counts to, each the sum of its parts.

    A month is known when parts that make up half of the usual use are; what the others used is then taken to be in
    proportion. Days out of stock are the parts', weighted by their use: that one of ten was out is not the pool's. An
    order is that of the facility itself, as those of its parts are orders to it.
    """
    keys = monthly.keys.assign(facility=into)
    code, distinct = pd.MultiIndex.from_frame(keys).factorize(sort=True)
    count = len(distinct)
    known, weight = monthly.known, _weights(monthly, code, count)
    begun = np.maximum.accumulate(known, axis=1)
    expected, there = (_added(code, count, weight[:, None] * which) for which in (begun, known))
    share = np.divide(there, expected, out=np.zeros_like(there), where=expected > 0)
    sure = np.where(share >= HALF, share, np.nan)
    values = {name: _added(code, count, np.where(known, monthly.values[name], 0)) / sure for name in ADDED}
    out = _added(code, count, np.where(known, weight[:, None] * np.nan_to_num(monthly.values["days_out"]), 0))
    values["days_out"] = np.rint(np.divide(out, there, out=np.zeros_like(out), where=there > 0))
    values["ordered"] = np.full(values["days_out"].shape, np.nan)
    itself = monthly.keys["facility"].to_numpy() == into
    values["ordered"][code[itself]] = monthly.values["ordered"][itself]
    values = {name: np.where(np.isfinite(sure), its, np.nan) for name, its in values.items()}
    return Monthly(pd.DataFrame(list(distinct), columns=KEYS), monthly.last, values)


def _usual(monthly: Monthly) -> Array:
    """(N,) base units a month over all that is known."""
    used, known = np.where(monthly.known, np.maximum(monthly.values["dispensed"], 0), 0), monthly.known.sum(1)
    return np.asarray(np.divide(used.sum(1), known, out=np.zeros(len(used)), where=known > 0))


def _weights(monthly: Monthly, code: Array, count: int) -> Array:
    """(N,) what a series usually uses; where nothing in its pool uses anything, all alike."""
    usual = _usual(monthly)
    return np.where(np.bincount(code, usual, count)[code] > 0, usual, 1.0)


def _added(code: Array, count: int, values: Array) -> Array:
    added = np.zeros((count, values.shape[1]))
    np.add.at(added, code, values)
    return added
