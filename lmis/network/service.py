"""Finding facilities and walking their dated tree."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Date, TextClause, bindparam, text
from sqlmodel import Session, col, select

from lmis.errors import NotFound
from lmis.i18n import N_, nfc, search_key
from lmis.network.models import Facility, FacilityParent
from lmis.network.rows import FacilityRow
from lmis.network.saving import Saved, save_facilities
from lmis.sql import Sql

__all__ = [
    "SUBTREE",
    "FacilityRow",
    "Saved",
    "UnknownFacility",
    "ancestors",
    "children",
    "facility_by_code",
    "is_within",
    "parent_of",
    "parents_on",
    "save_facilities",
    "search_facilities",
    "subtree_ids",
]

PARENTS = """
    SELECT facility_id, parent_id FROM facility_parent
    WHERE valid_from <= :on AND (valid_to IS NULL OR valid_to > :on)"""
# Everything under :root (an id) on the day :on (a date), itself included; UNION stops even on a cycle.
SUBTREE = """WITH RECURSIVE subtree(id) AS (
    SELECT CAST(:root AS INTEGER)
    UNION
    SELECT edge.facility_id FROM facility_parent AS edge JOIN subtree ON edge.parent_id = subtree.id
    WHERE edge.valid_from <= :on AND (edge.valid_to IS NULL OR edge.valid_to > :on)
)"""
SEARCHED = 200  # characters of a search that are looked at: no name is as long
ANCESTORS = """WITH RECURSIVE ancestor(id, depth) AS (
    SELECT CAST(:start AS INTEGER), 0
    UNION
    SELECT edge.parent_id, ancestor.depth + 1
    FROM facility_parent AS edge JOIN ancestor ON edge.facility_id = ancestor.id
    WHERE edge.valid_from <= :on AND (edge.valid_to IS NULL OR edge.valid_to > :on) AND ancestor.depth < 100
)"""


class UnknownFacility(NotFound):
    msgid = N_("No facility has the code “%(code)s”.")


def facility_by_code(session: Session, code: str) -> Facility:
    """Raises UnknownFacility."""
    facility = session.exec(select(Facility).where(Facility.code == nfc(code))).first()
    if facility is None:
        raise UnknownFacility(code=code)
    return facility


def children(session: Session, facility_id: int, on: date) -> list[Facility]:
    """The facilities directly under one on a day, by name."""
    edges = select(FacilityParent.facility_id).where(FacilityParent.parent_id == facility_id, *_in_force(on))
    found = select(Facility).where(col(Facility.id).in_(edges)).order_by(Facility.name_sort, Facility.code)
    return list(session.exec(found))


def parent_of(session: Session, facility_id: int, on: date) -> Facility | None:
    edge = select(FacilityParent.parent_id).where(FacilityParent.facility_id == facility_id, *_in_force(on))
    return session.exec(select(Facility).where(col(Facility.id).in_(edge))).first()


def parents_on(session: Session, on: date) -> dict[int, int]:
    """Who stands over whom on a day, by the id of the one below: the whole tree at once."""
    return dict(Sql(session).rows(PARENTS, on=on))


def ancestors(session: Session, facility_id: int, on: date) -> list[Facility]:
    """Who is above a facility on a day, the nearest first."""
    found = _dated(f"{ANCESTORS} SELECT id FROM ancestor WHERE depth > 0 ORDER BY depth")  # noqa: S608
    ids = list(session.connection().execute(found, {"start": facility_id, "on": on}).scalars())
    by_id = {it.id: it for it in session.exec(select(Facility).where(col(Facility.id).in_(ids)))}
    return [by_id[id_] for id_ in ids]


def is_within(session: Session, facility_id: int, root_id: int, on: date) -> bool:
    """Whether a facility is `root_id` or under it on a day."""
    found = _dated(f"{ANCESTORS} SELECT 1 FROM ancestor WHERE id = :root LIMIT 1")  # noqa: S608
    params = {"start": facility_id, "root": root_id, "on": on}
    return session.connection().execute(found, params).first() is not None


def subtree_ids(session: Session, root_id: int, on: date) -> list[int]:
    """The ids of a facility and everything under it on a day."""
    found = _dated(f"{SUBTREE} SELECT id FROM subtree")  # noqa: S608
    return list(session.connection().execute(found, {"root": root_id, "on": on}).scalars())


def search_facilities(session: Session, root_id: int, text: str, on: date, limit: int = 50) -> list[Facility]:
    """Facilities at or under `root_id` whose code or name holds every word of `text`, with or without tones."""
    words = search_key(text[:SEARCHED]).split()
    patterns = {f"word{number}": f"%{_escaped(word)}%" for number, word in enumerate(words)}
    matches = "".join(f" AND name_search LIKE :{name} ESCAPE '!'" for name in patterns)
    found = _dated(
        f"{SUBTREE} SELECT facility.id FROM facility JOIN subtree ON subtree.id = facility.id"  # noqa: S608
        f" WHERE 1 = 1{matches} ORDER BY name_sort, code LIMIT :most"
    )
    params: dict[str, Any] = {"root": root_id, "on": on, "most": limit, **patterns}
    ids = list(session.connection().execute(found, params).scalars())
    by_id = {it.id: it for it in session.exec(select(Facility).where(col(Facility.id).in_(ids)))}
    return [by_id[id_] for id_ in ids]


def _in_force(on: date) -> tuple[Any, Any]:
    ended = col(FacilityParent.valid_to)
    return col(FacilityParent.valid_from) <= on, ended.is_(None) | (ended > on)


def _dated(sql: str) -> TextClause:
    return text(sql).bindparams(bindparam("on", type_=Date))


def _escaped(word: str) -> str:
    return "".join(f"!{char}" if char in "!%_" else char for char in word)
