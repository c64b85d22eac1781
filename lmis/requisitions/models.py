"""Requisitions, their lines, and who took each step of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field

from lmis.db import BigId, Table, UtcDateTime

_REGULAR = text("kind = 'regular'")
_OPEN = text("kind = 'regular' AND status NOT IN ('released', 'skipped')")


class Requisition(Table, table=True):
    """What a facility asks its supplier for. The database holds that a regular one stands alone.

    version: counts the steps; a form knows the one it was made from, and nobody writes over what they have not seen.
    """

    __tablename__ = "requisition"
    __table_args__ = (
        UniqueConstraint("facility_id", "year", "number"),
        CheckConstraint("kind IN ('regular', 'emergency')", name="kind"),
        Index("uq_requisition_period", "facility_id", "period", unique=True, sqlite_where=_REGULAR,
              postgresql_where=_REGULAR),
        Index("uq_requisition_open", "facility_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_requisition_supplier", "supplier_id", "status"),
        Index("ix_requisition_maker", "facility_id", "status"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    uuid: UUID = Field(unique=True)  # made with the form, so that a second click begins no second one
    facility_id: int = Field(foreign_key="facility.id")
    supplier_id: int = Field(foreign_key="facility.id")
    kind: str = Field(max_length=12)  # regular, emergency
    period: int  # the month its figures are of: 202610
    year: int  # of its beginning
    number: int  # counts within facility and year, without gaps
    status: str = Field(max_length=12)
    version: int = 1
    note: str | None = None
    shipment_id: int | None = Field(default=None, foreign_key="stock_movement.id", sa_type=BigId)


class RequisitionPart(Table, table=True):
    """A requisition from below that another one asks for in its turn. One not sent yet may be in a later one again."""

    __tablename__ = "requisition_part"
    __table_args__ = ({"sqlite_with_rowid": False},)

    whole_id: int = Field(primary_key=True, foreign_key="requisition.id", sa_type=BigId)
    part_id: int = Field(primary_key=True, foreign_key="requisition.id", index=True, sa_type=BigId)


class RequisitionStep(Table, table=True):
    """Who did what to a requisition, when and why: one row a version."""

    __tablename__ = "requisition_step"
    __table_args__ = ({"sqlite_with_rowid": False},)

    requisition_id: int = Field(primary_key=True, foreign_key="requisition.id", sa_type=BigId)
    version: int = Field(primary_key=True)
    act: str = Field(max_length=12)
    at: datetime = Field(sa_type=UtcDateTime)
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    reason: str | None = None


class RequisitionLine(Table, table=True):
    """An item in a channel: the ledger's figures when the requisition was begun, and what people decided on them.

    Quantities in base units, opening to closing of the period, the others of the day of the beginning.
    """

    __tablename__ = "requisition_line"
    __table_args__ = (
        CheckConstraint("requested >= 0 AND approved >= 0 AND released >= 0", name="not_negative"),
        {"sqlite_with_rowid": False},
    )

    requisition_id: int = Field(primary_key=True, foreign_key="requisition.id", sa_type=BigId)
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    channel: str = Field(primary_key=True, foreign_key="channel.code", max_length=20)
    opening: int = Field(default=0, sa_type=BigInteger)
    received: int = Field(default=0, sa_type=BigInteger)
    issued: int = Field(default=0, sa_type=BigInteger)
    dispensed: int = Field(default=0, sa_type=BigInteger)
    adjusted: int = Field(default=0, sa_type=BigInteger)
    lost: int = Field(default=0, sa_type=BigInteger)
    closing: int = Field(default=0, sa_type=BigInteger)
    days_out: int = 0  # stockout days of the item in the period, over all its channels
    amc: Decimal | None = Field(default=None, sa_type=Numeric(16, 3))  # base units a month; None: nothing is known
    on_hand: int = Field(default=0, sa_type=BigInteger)  # usable
    in_transit: int = Field(default=0, sa_type=BigInteger)
    on_order: int = Field(default=0, sa_type=BigInteger)  # on other requisitions of the facility, not sent yet
    unfilled: int = Field(default=0, sa_type=BigInteger)  # asked for from below, authorised and not sent yet
    maximum_months: Decimal | None = Field(default=None, sa_type=Numeric(8, 2))
    maximum_level: int | None = Field(default=None, sa_type=BigInteger)
    proposed: int = Field(default=0, sa_type=BigInteger)
    basis: str | None = Field(default=None, max_length=8)  # of the proposal, see requisitions.proposal; none: amc
    span_months: Decimal | None = Field(default=None, sa_type=Numeric(8, 2))  # lead time + review period
    expected: Decimal | None = Field(default=None, sa_type=Numeric(16, 3))  # by the forecast, over the span
    safety: Decimal | None = Field(default=None, sa_type=Numeric(16, 3))  # on top, for the item's service level
    forecast_level: int | None = Field(default=None, sa_type=BigInteger)  # to fill up to by the forecast
    by_amc: int | None = Field(default=None, sa_type=BigInteger)  # what AMC would propose
    by_forecast: int | None = Field(default=None, sa_type=BigInteger)  # what the forecast would propose
    requested: int = 0
    reason: str | None = None  # why it differs from the proposal
    approved: int | None = None
    released: int | None = None
