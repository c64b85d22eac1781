"""The forecasts of a facility and of those directly under it: what to expect, what changes, what was furthest off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import sqrt

from sqlmodel import Session

from lmis.calendar import Month, month_of
from lmis.catalog.models import Item
from lmis.catalog.service import items
from lmis.db import id_of
from lmis.forecast.accuracy import FORECAST, Verdict
from lmis.forecast.outlook import Key, Outlook, Run, of_run, run_in_force
from lmis.forecast.verdicts import verdicts_of
from lmis.i18n import N_, Message
from lmis.network.models import Facility
from lmis.network.service import children
from lmis.policy.rules import Policy
from lmis.policy.service import policies
from lmis.sql import Sql

USABLE = """
    SELECT s.facility_id, s.item_id, CAST(SUM(s.on_hand) AS BIGINT)
    FROM stock_on_hand s JOIN lot l ON l.id = s.lot_id
    WHERE s.facility_id IN (:ids*) AND s.status = 'usable' AND s.on_hand > 0 AND l.recalled_on IS NULL
        AND (l.expires_on IS NULL OR l.expires_on >= :today)
    GROUP BY s.facility_id, s.item_id"""
BELOW = """WITH RECURSIVE below(id, top) AS (
        SELECT facility_id, facility_id FROM facility_parent
        WHERE parent_id = :root AND valid_from <= :on AND (valid_to IS NULL OR valid_to > :on)
        UNION
        SELECT edge.facility_id, below.top FROM facility_parent edge JOIN below ON edge.parent_id = below.id
        WHERE edge.valid_from <= :on AND (edge.valid_to IS NULL OR edge.valid_to > :on))
    SELECT id, top FROM below"""
MORE, LESS, SAME = N_("+%(share)s %%"), N_("−%(share)s %%"), N_("%(share)s %%")
NEXT = 3  # months ahead that one figure is told of
MOST = 10  # lines of a list of the furthest
NOTABLE, LARGE = 0.1, 0.25  # changes of use worth a mark, and a stronger one


@dataclass(frozen=True, slots=True)
class Line:
    """An item at a facility and under it. a_month: expected of each of the next months, base units.

    expected: of all of them; usable: on the facility's own shelf; limits: its stock policy.
    """

    facility: Facility
    item: Item
    outlook: Outlook
    expected: float
    a_month: float
    usable: int
    limits: Policy

    @property
    def change(self) -> float | None:
        """How use is expected to differ from its average of late (AMC): 0.1 is a tenth more."""
        return self.a_month / self.outlook.amc - 1 if self.outlook.amc else None

    @property
    def percent(self) -> Message | None:
        """The same with its sign: +12 %."""
        if self.change is None:
            return None
        share = round(100 * self.change)
        return Message(MORE if share > 0 else LESS if share else SAME, {"share": abs(share)})

    @property
    def moves(self) -> float:
        """The same in base units a month."""
        return self.a_month - (self.outlook.amc or 0.0)

    @property
    def months(self) -> Decimal | None:
        """Months that the usable stock lasts at what is expected."""
        return Decimal(repr(self.usable / self.a_month)) if self.a_month > 0 else None

    @property
    def change_tone(self) -> str:
        """`same`, `up` or `down`, with `-much` for what is large; `none` where nothing is known to compare with.

        Less than a unit a month is no change, whatever its share.
        """
        if self.change is None:
            return "none"
        size = abs(self.change)
        if size < NOTABLE or abs(self.moves) < 1:
            return "same"
        return f"{'up' if self.change > 0 else 'down'}{'-much' if size >= LARGE else ''}"

    @property
    def stock_tone(self) -> str:
        """How the stock stands against its limits, as templates/fields.html names it; `none` where nothing is used."""
        if self.months is None:
            return "none"
        if not self.usable:
            return "out"
        limits = (("emergency", self.limits.emergency_point), ("below", self.limits.minimum))
        under = next((tone for tone, limit in limits if self.months < limit), None)
        return under or ("over" if self.months > self.limits.maximum else "enough")


@dataclass(frozen=True, slots=True)
class Row:
    """A facility of the heat map; its lines by item, None where nothing is forecast."""

    facility: Facility
    lines: Sequence[Line | None]


@dataclass(frozen=True, slots=True)
class Overview:
    """own: the facility's items in the order of lists; rows: those directly under it, with the columns' items."""

    run: Run | None
    own: Sequence[Line]
    columns: Sequence[Item]
    rows: Sequence[Row]

    @property
    def biggest_changes(self) -> list[Line]:
        """Where use is expected to change most for what it is, directly below (or here); the greatest first."""
        lines = [line for row in self.rows for line in row.lines if line] or list(self.own)
        known = [line for line in lines if line.change is not None and line.change_tone != "same"]
        return sorted(known, key=lambda line: -weight(line.moves, line.outlook.amc or 0.0))[:MOST]


def weight(units: float, usual: float) -> float:
    """How much a difference is beside what is usual: chance alone makes one of about the root of it."""
    return abs(units) / sqrt(max(usual, 1.0))


def overview(session: Session, facility: Facility, today: date) -> Overview:
    """What is forecast for a facility and for each one directly under it."""
    run = run_in_force(session, today)
    under = children(session, id_of(facility), today)
    places = {id_of(it): it for it in (facility, *under)}
    told = of_run(session, run, places, today) if run else {}
    listed = [it for it in items(session) if any((id_, id_of(it)) in told for id_ in places)]
    lines = _lines(session, places, listed, told, today)
    own = [line for it in listed if (line := lines.get((id_of(facility), id_of(it))))]
    rows = [Row(it, [lines.get((id_of(it), id_of(item))) for item in listed]) for it in under]
    return Overview(run, own, listed, [row for row in rows if any(row.lines)])


def _lines(
    session: Session,
    places: Mapping[int, Facility],
    listed: Sequence[Item],
    told: Mapping[Key, Outlook],
    today: date,
) -> dict[Key, Line]:
    goods = {id_of(it): it for it in listed}
    usable = {row[:2]: row[2] for row in Sql(session).rows(USABLE, ids=list(places), today=today)}
    limits = policies(session, places, goods, today)
    lines = {}
    for key, outlook in told.items():
        if ahead := _ahead(outlook, month_of(today)):
            sums = sum(ahead), sum(ahead) / len(ahead)
            lines[key] = Line(places[key[0]], goods[key[1]], outlook, *sums, usable.get(key, 0), limits[key])
    return lines


def _ahead(outlook: Outlook, this: Month) -> list[float]:
    """What is expected of the running month and those after it, as many as one figure is told of."""
    return [mean for month, mean in zip(outlook.months, outlook.means, strict=True) if month >= this][:NEXT]


@dataclass(frozen=True, slots=True)
class Miss:
    """How far a forecast was off in a month that is over."""

    facility: Facility
    item: Item
    verdict: Verdict

    @property
    def error(self) -> float:
        return self.verdict.error(FORECAST)

    @property
    def weight(self) -> float:
        return weight(self.error, self.verdict.said[FORECAST])


def worst_errors(session: Session, facility: Facility, month: Month, on: date) -> list[Miss]:
    """Where a month's forecast was furthest off for what it is at the facilities directly under one; the worst first.

    At a facility that nobody is under, of its own items.
    """
    tops = defaultdict(list)
    for id_, top in Sql(session).rows(BELOW, root=id_of(facility), on=on):
        tops[id_].append(top)
    found = verdicts_of(session, tops or {id_of(facility): [id_of(facility)]}, month)
    places = {id_of(it): it for it in (facility, *children(session, id_of(facility), on))}
    goods = {id_of(it): it for it in items(session)}
    misses = [
        Miss(places[place], goods[item], it) for (place, item), it in found.items() if place in places and it.nearest
    ]
    return sorted((it for it in misses if it.error), key=lambda it: -it.weight)[:MOST]
