"""What a forecast has to know of facilities and items besides their history."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlmodel import Session

from lmis.calendar import Month, month_of
from lmis.sql import Sql, as_day, as_day_or_none

PLACES = """
    SELECT f.id, e.parent_id, f.level_code, l.dispenses, f.capabilities, f.closed_on,
        (SELECT MIN(first.valid_from) FROM facility_parent first WHERE first.facility_id = f.id)
    FROM facility f JOIN level l ON l.code = f.level_code
    LEFT JOIN facility_parent e ON e.facility_id = f.id
        AND e.valid_from <= :on AND (e.valid_to IS NULL OR e.valid_to > :on)
    ORDER BY f.id"""
CAMPAIGNS = """
    SELECT facility_id, item_id, first_month, last_month FROM campaign
    WHERE withdrawn_at IS NULL ORDER BY id"""
POPULATION = """
    SELECT p.facility_id, p.women FROM population p WHERE p.year <= :year AND NOT EXISTS (
        SELECT 1 FROM population later WHERE later.facility_id = p.facility_id AND later.year <= :year
            AND (later.year > p.year OR (later.year = p.year AND later.id > p.id)))"""
ITEMS = "SELECT i.id, i.method_code, m.capability FROM item i JOIN method m ON m.code = i.method_code"
FIRST_DAY = "SELECT MIN(first_on) FROM stock_series"


class Place(NamedTuple):
    """A facility as a forecast sees it. parent: on the first day of the forecast; since: its first day in the tree."""

    id: int
    parent: int | None
    level: str
    dispenses: bool
    capabilities: frozenset[str]
    closed_on: date | None
    since: date | None

    def closed(self, on: date) -> bool:
        return self.closed_on is not None and self.closed_on <= on


Campaign = tuple[int, int | None, Month, Month]  # facility, item (None: all), first and last month


def places_of(session: Session, on: date) -> list[Place]:
    """Every facility, by id, in the tree of a day."""
    return [
        Place(
            id_, parent, level, bool(dispenses), frozenset(held.split()), as_day_or_none(closed), as_day_or_none(since)
        )
        for id_, parent, level, dispenses, held, closed, since in Sql(session).rows(PLACES, on=on)
    ]


def begins_in(session: Session) -> Month | None:
    """The month of the ledger's first day; None: it is empty."""
    (first,) = Sql(session).rows(FIRST_DAY)[0]
    return None if first is None else month_of(as_day(first))


def campaigns_of(session: Session) -> list[Campaign]:
    """Every campaign that was not withdrawn."""
    return [(facility, item, first, last) for facility, item, first, last in Sql(session).rows(CAMPAIGNS)]


def population_of(session: Session, year: int) -> dict[int, int]:
    """Women of reproductive age by facility, as last stated for that year or before it."""
    return dict(Sql(session).rows(POPULATION, year=year))


def items_of(session: Session) -> dict[int, tuple[str, str | None]]:
    """Method and the capability it needs, by item."""
    return {id_: (method, capability) for id_, method, capability in Sql(session).rows(ITEMS)}
