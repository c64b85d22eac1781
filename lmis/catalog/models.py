"""What is held: methods, items (one brand and presentation), lots, channels and prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlmodel import Field

from lmis.db import Table


class Method(Table, table=True):
    """A contraceptive method. `capability` is what a facility needs to hold it; none: non-clinical."""

    __tablename__ = "method"

    code: str = Field(primary_key=True, max_length=40)
    name_vi: str
    name_en: str
    capability: str | None = Field(default=None, max_length=20)
    position: int = 0  # the order in which lists show methods


class Channel(Table, table=True):
    """How goods reach people: free, social marketing, socialised (user pays), market."""

    __tablename__ = "channel"

    code: str = Field(primary_key=True, max_length=20)
    name_vi: str
    name_en: str
    priced: bool
    position: int = 0


class Item(Table, table=True):
    """One brand and presentation of a method. Quantities are whole base units."""

    __tablename__ = "item"
    __table_args__ = (CheckConstraint("pack_size >= 1", name="pack_size"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=64)
    name_vi: str
    name_en: str
    name_sort: str  # i18n.sort_key(name_vi)
    name_search: str  # i18n.search_key(code and both names)
    method_code: str = Field(foreign_key="method.code", max_length=40)
    unit: str = Field(max_length=40)  # the unit of issue: piece, cycle, vial … or the country's own word
    pack_size: int = 1  # base units in a pack


class ItemChannel(Table, table=True):
    """A channel the item moves in. An item with none listed moves in all."""

    __tablename__ = "item_channel"

    item_id: int = Field(foreign_key="item.id", primary_key=True)
    channel_code: str = Field(foreign_key="channel.code", primary_key=True, max_length=20)


class CypFactor(Table, table=True):
    """Couple-years of protection one base unit gives, from a date on."""

    __tablename__ = "cyp_factor"
    __table_args__ = (CheckConstraint("cyp > 0", name="positive"),)

    item_id: int = Field(foreign_key="item.id", primary_key=True)
    valid_from: date = Field(primary_key=True)
    cyp: Decimal = Field(sa_type=Numeric(14, 10))
    source: str


class Price(Table, table=True):
    """The price of one base unit in a priced channel, in whole đồng, from a date on."""

    __tablename__ = "price"
    __table_args__ = (CheckConstraint("dong >= 0", name="not_negative"),)

    item_id: int = Field(foreign_key="item.id", primary_key=True)
    channel_code: str = Field(foreign_key="channel.code", primary_key=True, max_length=20)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None  # the first day it no longer holds
    dong: int


class Lot(Table, table=True):
    """A manufacturer's lot of an item. The number '' is the item's own unlotted stock."""

    __tablename__ = "lot"
    __table_args__ = (UniqueConstraint("item_id", "number_key"), Index(None, "expires_on"))

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    number: str = Field(max_length=64)  # as the label shows it
    number_key: str = Field(max_length=64)  # folded, so that case, blanks and Unicode form make no second lot
    expires_on: date | None = None  # the last day it may be used
    manufacturer: str | None = None
    gtin: str | None = Field(default=None, max_length=14)
    recalled_on: date | None = None  # blocked everywhere from this day on
