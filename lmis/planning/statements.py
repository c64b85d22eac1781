"""Statements of the population: entering one, and which are in force. One that was made is never written over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lmis.accounts.models import User
from lmis.catalog.models import Item, Method
from lmis.db import id_of
from lmis.errors import Refused
from lmis.i18n import Name
from lmis.network.models import Facility, Level
from lmis.network.service import children
from lmis.planning.demography import Statement, missing
from lmis.planning.models import BrandShare, MethodShare, Population
from lmis.planning.numbers import in_percent
from lmis.planning.refusals import (
    BrandsExceed,
    BrandsLack,
    FiguresClash,
    MethodsExceed,
    MethodsLack,
    NoPopulationHere,
    PlanRefused,
)
from lmis.sql import Sql
from lmis.stock.numbering import lock_facilities

IN_FORCE = """
    SELECT p.id, p.facility_id, p.women, p.prevalence, p.target, p.other FROM population p
    WHERE p.year = :year AND p.facility_id IN (:ids*) AND NOT EXISTS (
        SELECT 1 FROM population later
        WHERE later.facility_id = p.facility_id AND later.year = p.year AND later.id > p.id)"""
METHODS = "SELECT population_id, method_code, share FROM method_share WHERE population_id IN (:ids*)"
BRANDS = "SELECT population_id, item_id, share FROM brand_share WHERE population_id IN (:ids*)"


class Sourced(NamedTuple):
    """A share 0 … 1 and where it comes from."""

    share: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement as it is entered. uuid: made with the form; methods: by code, brands: by item."""

    uuid: UUID
    facility_id: int
    year: int
    women: int
    women_source: str
    prevalence: Sourced
    target: Sourced | None
    other: Sourced | None
    methods: Mapping[str, Sourced]
    brands: Mapping[int, Sourced]


def may_state(level: Level, has_children: bool) -> bool:
    """Whether figures of the population are entered for a facility: for communes, and for who has others under it."""
    return has_children or bool(level.capabilities)


def state(session: Session, entry: Entry, *, user: User, today: date, now: datetime) -> None:
    """Keep a statement; the one before stays in the history. One that was made already stays as it is.

    Raises Refused with everything that is wrong; nothing is kept then.
    """
    lock_facilities(Sql(session), [entry.facility_id])
    if known := session.exec(select(Population).where(Population.uuid == entry.uuid)).first():
        if _entered(session, known) != entry:
            raise Refused([FiguresClash()])
        return
    facility = session.get_one(Facility, entry.facility_id)
    level = session.get_one(Level, facility.level_code)
    if not may_state(level, bool(children(session, entry.facility_id, today))):
        raise Refused([NoPopulationHere(facility=facility.name)])
    if faults := list(share_faults(entry, *_catalogue(session))):
        raise Refused(faults)
    _write(session, entry, user, now)


def _catalogue(session: Session) -> tuple[dict[str, Name], dict[str, list[int]]]:
    """The methods' names, and the items of each method."""
    names = {it.code: Name(it.name_vi, it.name_en) for it in session.exec(select(Method))}
    its: dict[str, list[int]] = defaultdict(list)
    for item in session.exec(select(Item).order_by(col(Item.id))):
        its[item.method_code].append(id_of(item))
    return names, dict(its)


def share_faults(
    entry: Entry, names: Mapping[str, Name], items_of: Mapping[str, Sequence[int]]
) -> Iterator[PlanRefused]:
    """What does not add up: the methods to all users, and the items of each used method to its users."""
    shares = {code: it.share for code, it in entry.methods.items()}
    whole = [*shares.values(), entry.other.share if entry.other else Decimal(0)]
    if lacking := missing(whole):
        params = {"sum": in_percent(sum(whole, Decimal(0)))}
        fault = MethodsLack(missing=in_percent(lacking), **params) if lacking > 0 else None
        yield (fault or MethodsExceed(over=in_percent(-lacking), **params)).about(f"method-{next(iter(names), '')}")
    for code, items in items_of.items():
        brands = [entry.brands[it].share for it in items if it in entry.brands]
        if (brands or shares.get(code)) and (lacking := missing(brands)):
            about = {"method": names[code], "sum": in_percent(sum(brands, Decimal(0)))}
            fault_ = BrandsLack(missing=in_percent(lacking), **about) if lacking > 0 else None
            yield (fault_ or BrandsExceed(over=in_percent(-lacking), **about)).about(f"brand-{items[0]}")


def _write(session: Session, entry: Entry, user: User, now: datetime) -> None:
    row = Population(
        uuid=entry.uuid,
        facility_id=entry.facility_id,
        year=entry.year,
        women=entry.women,
        women_source=entry.women_source,
        prevalence=entry.prevalence.share,
        prevalence_source=entry.prevalence.source,
        target=entry.target.share if entry.target else None,
        target_source=entry.target.source if entry.target else None,
        other=entry.other.share if entry.other else Decimal(0),
        other_source=entry.other.source if entry.other else None,
        set_by=user.id,
        set_at=now,
    )
    session.add(row)
    session.flush()
    of = id_of(row)
    session.add_all(MethodShare(population_id=of, method_code=it, **s._asdict()) for it, s in entry.methods.items())
    session.add_all(BrandShare(population_id=of, item_id=it, **s._asdict()) for it, s in entry.brands.items())
    session.flush()


def entry_of(session: Session, facility_id: int, year: int) -> Entry | None:
    """The facility's own statement in force for a year, as it was entered."""
    own = select(Population).where(Population.facility_id == facility_id, Population.year == year)
    row = session.exec(own.order_by(col(Population.id).desc())).first()
    return _entered(session, row) if row else None


def latest_entry(session: Session, facility_id: int, year: int) -> Entry | None:
    """The facility's own statement for a year, else for the latest year before it: what a new one begins with."""
    own = select(Population).where(Population.facility_id == facility_id, Population.year <= year)
    row = session.exec(own.order_by(col(Population.year).desc(), col(Population.id).desc())).first()
    return _entered(session, row) if row else None


def _entered(session: Session, row: Population) -> Entry:
    methods = session.exec(select(MethodShare).where(MethodShare.population_id == row.id))
    brands = session.exec(select(BrandShare).where(BrandShare.population_id == row.id))
    return Entry(
        uuid=row.uuid,
        facility_id=row.facility_id,
        year=row.year,
        women=row.women,
        women_source=row.women_source,
        prevalence=Sourced(row.prevalence, row.prevalence_source),
        target=None if row.target is None else Sourced(row.target, row.target_source or ""),
        other=Sourced(row.other, row.other_source or "") if row.other else None,
        methods={it.method_code: Sourced(it.share, it.source) for it in methods},
        brands={it.item_id: Sourced(it.share, it.source) for it in brands},
    )


def in_force(session: Session, facility_ids: Iterable[int], year: int) -> dict[int, Statement]:
    """The facilities' own statements in force for a year."""
    sql = Sql(session)
    rows = sql.rows(IN_FORCE, ids=sorted(set(facility_ids)), year=year)
    ids = [row[0] for row in rows]
    methods: dict[int, dict[str, Decimal]] = defaultdict(dict)
    brands: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for of, method, share in sql.rows(METHODS, ids=ids) if ids else ():
        methods[of][method] = as_share(share)
    for of, item, share in sql.rows(BRANDS, ids=ids) if ids else ():
        brands[of][item] = as_share(share)
    return {
        facility: Statement(
            women,
            as_share(prevalence),
            None if target is None else as_share(target),
            methods[of],
            brands[of],
            as_share(other),
        )
        for of, facility, women, prevalence, target, other in rows
    }


def as_share(value: float | Decimal) -> Decimal:
    """A share as the database keeps it: five places; SQLite gives floats."""
    return Decimal(f"{value:.5f}")


@dataclass(frozen=True, slots=True)
class Past:
    """A statement as it was made, and who made it; None: a program."""

    row: Population
    by: User | None
    in_force: bool


def history(session: Session, facility_id: int) -> list[Past]:
    """Every statement of a facility, the latest first."""
    own = select(Population).where(Population.facility_id == facility_id)
    rows = session.exec(own.order_by(col(Population.set_at).desc(), col(Population.id).desc())).all()
    people = {it.id: it for it in session.exec(select(User).where(col(User.id).in_({row.set_by for row in rows})))}
    latest: dict[int, int] = {}
    for row in rows:
        latest[row.year] = max(latest.get(row.year, 0), id_of(row))
    return [Past(row, people.get(row.set_by), latest[row.year] == row.id) for row in rows]


def methods(session: Session) -> list[Method]:
    """Every method in the order of lists."""
    return list(session.exec(select(Method).order_by(col(Method.position), col(Method.code))))


def years_stated(session: Session, facility_id: int) -> list[int]:
    """The years a facility has statements of its own for."""
    return list(session.exec(select(Population.year).where(Population.facility_id == facility_id).distinct()))
