"""Saving many facilities at once: the importer's and the demo's way, set-based, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlmodel import Session

from lmis.errors import LmisError, Refused
from lmis.i18n import N_
from lmis.network.models import AdministrativeUnit, Facility, FacilityParent, Level
from lmis.network.reference import ALL_CAPABILITIES
from lmis.network.rows import FacilityRow, wanted_columns
from lmis.network.tree import Edge, find_cycle, with_parent
from lmis.network.units import load_units_before_2025
from lmis.reading import CellRefused

FACILITY = cast(Table, Facility.__table__)  # type: ignore[attr-defined]
EDGE = cast(Table, FacilityParent.__table__)  # type: ignore[attr-defined]
UNIT = cast(Table, AdministrativeUnit.__table__)  # type: ignore[attr-defined]
LEVEL = cast(Table, Level.__table__)  # type: ignore[attr-defined]
_KEPT = (
    "name", "name_sort", "name_search", "level_code", "capabilities",
    "unit_code", "unit_valid_from", "latitude", "longitude",
)  # fmt: skip


class UnknownParent(LmisError):
    status_code = 422
    msgid = N_("No facility has the code “%(code)s”, neither in the file nor in the database.")


class ParentCycle(LmisError):
    status_code = 422
    msgid = N_("These facilities would stand over one another in a ring: %(ring)s.")


class GivenTwice(LmisError):
    status_code = 422
    msgid = N_("“%(code)s” already stands in row %(line)s; give it once.")


@dataclass(slots=True)
class Saved:
    """What saving did: how many were new, changed or as they were, and the levels that were not known."""

    added: int = 0
    changed: int = 0
    same: int = 0
    new_levels: list[str] = field(default_factory=list)


def save_facilities(session: Session, rows: Iterable[FacilityRow]) -> Saved:
    """Insert or update facilities and their dated parents; parents may come after their children.

    A level that is not known becomes a new one, under its parent's. Raises Refused with a CellRefused for
    every fault; nothing is written then.
    """
    ordered = sorted(rows, key=lambda row: (row.valid_from, row.line))
    known = _known(session)
    _refuse(_given_twice(ordered) + _unknown_parents(ordered, known))
    edges = _edges(session, known)
    moved = _moved(ordered, edges)
    _refuse(_cycles(ordered, edges))
    levels, saved = _levels(session, ordered)
    units = _units(session, ordered)
    wanted, faults = wanted_columns({row.code: row for row in ordered}, known, levels, units)
    _refuse(faults)
    _write_levels(session, saved.new_levels, levels)
    _write_facilities(session, wanted, known, moved, saved)
    _write_edges(session, _ids(session) if saved.added else known, {code: edges[code] for code in moved})
    return saved


def _refuse(faults: list[LmisError]) -> None:
    if faults:
        raise Refused(sorted(faults, key=lambda fault: getattr(fault, "line", 0)))


def _known(session: Session) -> dict[str, dict[str, Any]]:
    columns = [FACILITY.c.id, FACILITY.c.code, *(FACILITY.c[name] for name in _KEPT)]
    return {row.code: dict(row._mapping) for row in session.connection().execute(select(*columns))}


def _ids(session: Session) -> dict[str, dict[str, Any]]:
    found = session.connection().execute(select(FACILITY.c.id, FACILITY.c.code))
    return {row.code: {"id": row.id} for row in found}


def _given_twice(rows: Iterable[FacilityRow]) -> list[LmisError]:
    first: dict[tuple[str, date], FacilityRow] = {}
    faults: list[LmisError] = []
    for row in rows:
        other = first.setdefault((row.code, row.valid_from), row)
        if other is not row and replace(row, line=other.line) != other:
            faults.append(CellRefused(row.line, "code", GivenTwice(code=row.code, line=str(other.line))))
    return faults


def _unknown_parents(rows: Sequence[FacilityRow], known: Mapping[str, object]) -> list[LmisError]:
    there = {row.code for row in rows}
    return [
        CellRefused(row.line, "parent", UnknownParent(code=row.parent))
        for row in rows
        if row.parent and row.parent not in there and row.parent not in known
    ]


def _edges(session: Session, known: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Edge]]:
    code = {facility["id"]: code for code, facility in known.items()}
    edges: dict[str, list[Edge]] = {}
    for row in session.connection().execute(select(EDGE)):
        edges.setdefault(code[row.facility_id], []).append(Edge(code[row.parent_id], row.valid_from, row.valid_to))
    return edges


def _moved(rows: Iterable[FacilityRow], edges: dict[str, list[Edge]]) -> set[str]:
    """Put the rows' parents into `edges`. Returns the codes whose parents are not what they were."""
    before = {row.code: sorted(edges.get(row.code, ()), key=lambda edge: edge.valid_from) for row in rows}
    for row in rows:
        edges[row.code] = with_parent(edges.get(row.code, ()), row.parent or None, row.valid_from)
    return {code for code, its in before.items() if edges[code] != its}


def _cycles(rows: Iterable[FacilityRow], edges: Mapping[str, list[Edge]]) -> list[LmisError]:
    ring = find_cycle(edges)
    if ring is None:
        return []
    line = next((row.line for row in rows if row.code in ring), 0)
    return [CellRefused(line, "parent", ParentCycle(ring=" → ".join([*ring, ring[0]])))]


def _levels(session: Session, rows: Sequence[FacilityRow]) -> tuple[dict[str, dict[str, Any]], Saved]:
    """The levels by code, those that the file brings included, and the result that names the new ones."""
    levels = {row.code: dict(row._mapping) for row in session.connection().execute(select(LEVEL))}
    by_code = {row.code: row for row in rows}
    old = _levels_in_use(session)
    new = {row.level: row for row in reversed(rows) if row.level not in levels}
    fresh = {code: _new_level(code, _rank(row, by_code, levels, old)) for code, row in new.items()}
    return levels | fresh, Saved(new_levels=sorted(fresh))


def _levels_in_use(session: Session) -> dict[str, str]:
    found = session.connection().execute(select(FACILITY.c.code, FACILITY.c.level_code))
    return {row.code: row.level_code for row in found}


def _rank(
    row: FacilityRow,
    rows: Mapping[str, FacilityRow],
    levels: Mapping[str, Mapping[str, Any]],
    old: Mapping[str, str],
) -> int:
    """One more than the nearest level above that is known, and one more for each new level in between."""
    between = {row.level}
    at = row.parent
    while at:
        level = rows[at].level if at in rows else old[at]
        if level in levels:
            return int(levels[level]["rank"]) + len(between)
        between.add(level)
        at = rows[at].parent
    return len(between) - 1


def _new_level(code: str, rank: int) -> dict[str, Any]:
    names = {"code": code, "name_vi": code, "name_en": code}
    return {**names, "rank": rank, "dispenses": True, "capabilities": ALL_CAPABILITIES}


def _units(session: Session, rows: Iterable[FacilityRow]) -> dict[str, list[tuple[date, date]]]:
    """When each administrative unit began and ended; the nation's are read in when the rows name a missing one."""
    wanted = {row.unit_code for row in rows if row.unit_code}
    if not wanted:
        return {}
    spans = _unit_spans(session)
    if wanted - spans.keys() and load_units_before_2025(session):
        spans = _unit_spans(session)
    return spans


def _unit_spans(session: Session) -> dict[str, list[tuple[date, date]]]:
    spans: dict[str, list[tuple[date, date]]] = {}
    for row in session.connection().execute(select(UNIT).order_by(UNIT.c.valid_from)):
        spans.setdefault(row.code, []).append((row.valid_from, row.valid_to or date.max))
    return spans


def _write_levels(session: Session, codes: Iterable[str], levels: Mapping[str, Mapping[str, Any]]) -> None:
    if rows := [dict(levels[code]) for code in codes]:
        session.connection().execute(insert(LEVEL), rows)


def _write_facilities(
    session: Session,
    wanted: Mapping[str, dict[str, Any]],
    known: Mapping[str, Mapping[str, Any]],
    moved: Set[str],
    saved: Saved,
) -> None:
    new = [{"code": code, **columns} for code, columns in wanted.items() if code not in known]
    changed = [
        {"key": known[code]["id"], **columns}
        for code, columns in wanted.items()
        if code in known and any(known[code][name] != value for name, value in columns.items())
    ]
    if new:
        session.connection().execute(insert(FACILITY), new)
    if changed:
        session.connection().execute(update(FACILITY).where(FACILITY.c.id == bindparam("key")), changed)
    touched = {it["key"] for it in changed} | {known[code]["id"] for code in moved if code in known}
    saved.added, saved.changed = len(new), len(touched)
    saved.same = len(wanted) - saved.added - saved.changed


def _write_edges(session: Session, ids: Mapping[str, Mapping[str, Any]], edges: Mapping[str, Iterable[Edge]]) -> None:
    if not edges:
        return
    rows = [
        {
            "facility_id": ids[child]["id"],
            "parent_id": ids[edge.parent]["id"],
            "valid_from": edge.valid_from,
            "valid_to": edge.valid_to,
        }
        for child, its in edges.items()
        for edge in its
    ]
    moved = [{"child": ids[child]["id"]} for child in edges]
    session.connection().execute(delete(EDGE).where(EDGE.c.facility_id == bindparam("child")), moved)
    if rows:
        session.connection().execute(insert(EDGE), rows)
