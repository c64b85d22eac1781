"""What planners enter: how many people use what, and which shipments are to come."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric
from sqlmodel import Field

from lmis.db import Table, UtcDateTime


class Population(Table, table=True):
    """The women of reproductive age under a facility in a year, and the share that uses a modern method.

    Never changed; the latest statement of a facility and year is in force. Its shares belong to it.
    """

    __tablename__ = "population"
    __table_args__ = (
        CheckConstraint("women >= 0", name="women"),
        CheckConstraint("prevalence >= 0 AND prevalence <= 1", name="prevalence"),
        CheckConstraint("target >= 0 AND target <= 1", name="target"),
        CheckConstraint("other >= 0 AND other <= 1", name="other"),
        Index(None, "facility_id", "year"),
    )

    id: int | None = Field(default=None, primary_key=True)
    uuid: UUID = Field(unique=True)
    facility_id: int = Field(foreign_key="facility.id")
    year: int
    women: int = Field(sa_type=BigInteger)  # married or in union, 15–49, as the source counts them
    women_source: str
    prevalence: Decimal = Field(sa_type=Numeric(6, 5))  # users of a modern method among them, 0 … 1
    prevalence_source: str
    target: Decimal | None = Field(default=None, sa_type=Numeric(6, 5))  # the plan's prevalence, 0 … 1
    target_source: str | None = None
    other: Decimal = Field(default=Decimal(0), sa_type=Numeric(6, 5))  # of users: of methods that are no goods
    other_source: str | None = None
    set_by: int | None = Field(default=None, foreign_key="user_account.id")
    set_at: datetime = Field(sa_type=UtcDateTime)


class MethodShare(Table, table=True):
    """A method's share of all users of modern methods."""

    __tablename__ = "method_share"
    __table_args__ = (CheckConstraint("share >= 0 AND share <= 1", name="share"), {"sqlite_with_rowid": False})

    population_id: int = Field(primary_key=True, foreign_key="population.id")
    method_code: str = Field(primary_key=True, foreign_key="method.code", max_length=40)
    share: Decimal = Field(sa_type=Numeric(6, 5))
    source: str


class BrandShare(Table, table=True):
    """An item's share of the users of its method."""

    __tablename__ = "brand_share"
    __table_args__ = (CheckConstraint("share >= 0 AND share <= 1", name="share"), {"sqlite_with_rowid": False})

    population_id: int = Field(primary_key=True, foreign_key="population.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    share: Decimal = Field(sa_type=Numeric(6, 5))
    source: str


class PlannedShipment(Table, table=True):
    """Goods that a facility expects from its supplier in a month to come. Taken back: `withdrawn_at`."""

    __tablename__ = "planned_shipment"
    __table_args__ = (CheckConstraint("quantity > 0", name="positive"), Index(None, "facility_id", "month"))

    id: int | None = Field(default=None, primary_key=True)
    uuid: UUID = Field(unique=True)
    facility_id: int = Field(foreign_key="facility.id")
    item_id: int = Field(foreign_key="item.id")
    month: int  # 202703
    quantity: int = Field(sa_type=BigInteger)  # base units
    expires_on_month: int | None = None  # the month its lots expire in; none: the item's shelf life from the month
    note: str | None = None
    set_by: int | None = Field(default=None, foreign_key="user_account.id")
    set_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
