"""The stock policy in force: for any number of facilities and items at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from lmis.config import settings
from lmis.network.tree import above
from lmis.policy.reference import SITE
from lmis.policy.rules import NAMES, Policy, Row, Source, Target, Where, resolve
from lmis.sql import Sql, as_day

IN_FORCE = "{0}.valid_from <= :on AND ({0}.valid_to IS NULL OR {0}.valid_to > :on)"
WITH_THOSE_ABOVE = f"""WITH RECURSIVE up(id) AS (
        SELECT id FROM facility WHERE id IN (:ids*)
        UNION
        SELECT edge.parent_id FROM facility_parent edge JOIN up ON edge.facility_id = up.id
        WHERE {IN_FORCE.format("edge")})
    SELECT up.id, edge.parent_id, facility.level_code, level.rank
    FROM up JOIN facility ON facility.id = up.id JOIN level ON level.code = facility.level_code
    LEFT JOIN facility_parent edge ON edge.facility_id = up.id AND {IN_FORCE.format("edge")}"""  # noqa: S608
ROWS = f"""SELECT it.facility_id, facility.name, it.level_code, it.item_id, it.valid_from, {", ".join(NAMES)}
    FROM stock_policy it LEFT JOIN facility ON facility.id = it.facility_id
    WHERE {IN_FORCE.format("it")} AND (it.facility_id IS NULL OR it.facility_id IN (:ids*))"""  # noqa: S608
METHODS = "SELECT id, method_code FROM item WHERE id IN (:ids*)"


@dataclass(frozen=True, slots=True)
class Spot:
    """A facility as its policy sees it: itself and those above it, the nearest first, and its level."""

    chain: tuple[int, ...]
    level: str
    rank: int


def policies(
    session: Session, facility_ids: Iterable[int], item_ids: Iterable[int], on: date
) -> dict[tuple[int, int], Policy]:
    """What is in force on a day, by facility and item: one for every pair, of facilities and items that exist."""
    spots = spots_of(session, facility_ids, on)
    finder = Finder(rows_in_force(session, spots.values(), on))
    methods = methods_of(session, item_ids)
    found: dict[tuple[int, int], Policy] = {}
    for facility_id, spot in spots.items():
        found.update({(facility_id, item_id): policy for item_id, policy in finder.of_items(spot, methods)})
    return found


def policies_of_places(session: Session, facility_ids: Iterable[int], on: date) -> dict[int, Policy]:
    """What is in force on a day at facilities for whatever item is not named."""
    spots = spots_of(session, facility_ids, on)
    finder = Finder(rows_in_force(session, spots.values(), on))
    return {facility_id: finder.of(spot, None, None) for facility_id, spot in spots.items()}


def spots_of(session: Session, facility_ids: Iterable[int], on: date) -> dict[int, Spot]:
    """Where each facility stands in the tree of a day."""
    wanted = list(dict.fromkeys(facility_ids))
    parents: dict[int, int | None] = {}
    levels: dict[int, tuple[str, int]] = {}
    for id_, parent_id, level, rank in Sql(session).rows(WITH_THOSE_ABOVE, ids=wanted, on=on):
        parents[id_], levels[id_] = parent_id, (level, rank)
    return {id_: Spot(tuple(above(parents, id_)), *levels[id_]) for id_ in wanted if id_ in levels}


def rows_in_force(session: Session, spots: Iterable[Spot], on: date) -> list[Row]:
    """What is set on a day for whole levels, the spots and what stands above them."""
    ids = sorted({id_ for spot in spots for id_ in spot.chain})
    return [_row(*columns) for columns in Sql(session).rows(ROWS, ids=ids, on=on)]


def _row(
    facility_id: int | None, name: str | None, level: str | None, item_id: int | None, since: Any, *set_: Any
) -> Row:
    where = Where.LEVEL if facility_id is None else Where.FACILITY
    source = Source(where, facility_id, name or "", level, item_id is not None, as_day(since))
    return Row(source, item_id, values_of(set_))


def values_of(set_: Sequence[Any]) -> dict[str, Decimal]:
    """The values that were set, from columns in the order of NAMES; SQLite gives them as floats."""
    given = zip(NAMES, set_, strict=True)
    return {name: Decimal(f"{value:.3f}") for name, value in given if value is not None}


def methods_of(session: Session, item_ids: Iterable[int]) -> dict[int, str]:
    """The method of each item."""
    return dict(Sql(session).rows(METHODS, ids=list(dict.fromkeys(item_ids))))


def site_defaults() -> dict[str, Decimal]:
    """The values that hold where none is set and that are settings of the site."""
    return {name: Decimal(getattr(settings(), name)) for name in SITE}


class Finder:
    """Resolves policies, each combination of what matters once: few places say anything of their own."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._said: dict[int | None, list[Row]] = {None: []}  # by facility; None: of whole levels
        for row in rows:
            self._said.setdefault(row.source.facility_id, []).append(row)
        self._telling: dict[Spot, tuple[Spot, Sequence[Row], set[int | None]]] = {}
        self._found: dict[tuple[Spot, int | None, str | None], Policy] = {}
        self._lists: dict[Spot, list[tuple[int, Policy]]] = {}

    def of(self, spot: Spot, item_id: int | None, method: str | None) -> Policy:
        """The policy of an item, or with None of any that is not named."""
        alike, rows, named = self._told_of(spot)
        which = alike, item_id if item_id in named else None, method
        if which not in self._found:
            target = Target(alike.chain, alike.level, alike.rank, *which[1:])
            self._found[which] = resolve(target, rows, site_defaults())
        return self._found[which]

    def of_items(self, spot: Spot, methods: Mapping[int, str]) -> list[tuple[int, Policy]]:
        """The policies of items; methods: of each item, the same at every call."""
        alike, _, _ = self._told_of(spot)
        if alike not in self._lists:
            self._lists[alike] = [(item_id, self.of(alike, item_id, method)) for item_id, method in methods.items()]
        return self._lists[alike]

    def _told_of(self, spot: Spot) -> tuple[Spot, Sequence[Row], set[int | None]]:
        """The spot with only those above that say something, all that is said of it, and the items that names."""
        if spot not in self._telling:
            alike = Spot(tuple(id_ for id_ in spot.chain if id_ in self._said), spot.level, spot.rank)
            rows = [row for place in (*alike.chain, None) for row in self._said.get(place, ())]
            self._telling[spot] = alike, rows, {row.item_id for row in rows}
        return self._telling[spot]
