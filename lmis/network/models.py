"""Who holds stock: facilities of any depth, their levels, their dated parents, and administrative units."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field

from lmis.db import Table

ALWAYS = date(1900, 1, 1)  # the start of what has no known start


class Level(Table, table=True):
    """A kind of place in the supply chain: board, district centre, commune station, collaborator …"""

    __tablename__ = "level"

    code: str = Field(primary_key=True, max_length=40)
    name_vi: str
    name_en: str
    rank: int  # 0 at the top; goods are issued to a higher number
    dispenses: bool  # gives goods to clients; other levels count what those under them dispensed
    capabilities: str  # what a facility of the level may hold unless it says otherwise; see Facility


class AdministrativeUnit(Table, table=True):
    """A province, district or commune. Codes are reused for other places, so a unit is (code, valid_from)."""

    __tablename__ = "administrative_unit"
    __table_args__ = (
        ForeignKeyConstraint(
            ["parent_code", "parent_valid_from"],
            ["administrative_unit.code", "administrative_unit.valid_from"],
            name="fk_administrative_unit_parent",
        ),
    )

    code: str = Field(primary_key=True, max_length=20)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None  # the first day it was no more
    name: str
    kind: str = Field(max_length=40)  # as the nation names it: tinh, thanh-pho, quan, huyen, xa, phuong …
    parent_code: str | None = Field(default=None, max_length=20)
    parent_valid_from: date | None = None


class Facility(Table, table=True):
    """A place that holds stock. It is closed on a date, never deleted."""

    __tablename__ = "facility"
    __table_args__ = (
        ForeignKeyConstraint(
            ["unit_code", "unit_valid_from"],
            ["administrative_unit.code", "administrative_unit.valid_from"],
            name="fk_facility_unit",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=64)
    name: str
    name_sort: str  # i18n.sort_key(name)
    name_search: str  # i18n.search_key(code and name)
    level_code: str = Field(foreign_key="level.code", max_length=40)
    capabilities: str = ""  # blank-separated, sorted: clinical iud injectable implant; none: non-clinical only
    unit_code: str | None = Field(default=None, max_length=20)
    unit_valid_from: date | None = None
    latitude: float | None = None
    longitude: float | None = None
    closed_on: date | None = None  # the first day it was no more
    closed_through: date | None = None  # the ledger takes nothing dated on or before this day


class FacilityParent(Table, table=True):
    """Who supplies and supervises a facility, from `valid_from` until the day before `valid_to`."""

    __tablename__ = "facility_parent"
    __table_args__ = (
        CheckConstraint("facility_id <> parent_id", name="not_itself"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="in_order"),
        Index(None, "parent_id", "facility_id"),
    )

    facility_id: int = Field(foreign_key="facility.id", primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None
    parent_id: int = Field(foreign_key="facility.id")
