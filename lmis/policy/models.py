"""Stock policy as it was set: for a level or a facility, for one item or all, from a day on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlmodel import Field

from lmis.db import Table, UtcDateTime


def _months() -> Any:
    """Months to two places; None: inherited."""
    return Field(default=None, sa_type=Numeric(5, 2))


class StockPolicy(Table, table=True):
    """What holds from `valid_from` until the day before `valid_to`. Never deleted; only its end is ever written later.

    facility_id alone: the facility and everything under it; level_code alone: every facility of the level; both:
    those of the level at or under the facility. item_id: one item, none: all. A row whose end is its beginning was
    replaced before it held.
    """

    __tablename__ = "stock_policy"
    __table_args__ = (
        CheckConstraint("facility_id IS NOT NULL OR level_code IS NOT NULL", name="somewhere"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="in_order"),
        Index(None, "facility_id", "valid_from"),
    )

    id: int | None = Field(default=None, primary_key=True)
    uuid: UUID = Field(unique=True)  # made with the form, so that a second submit changes nothing
    facility_id: int | None = Field(default=None, foreign_key="facility.id")
    level_code: str | None = Field(default=None, foreign_key="level.code", max_length=40)
    item_id: int | None = Field(default=None, foreign_key="item.id")
    valid_from: date
    valid_to: date | None = None  # the first day it no longer holds
    lead_time: Decimal | None = _months()
    review_period: Decimal | None = _months()
    safety_stock: Decimal | None = _months()
    minimum: Decimal | None = _months()
    maximum: Decimal | None = _months()
    emergency_point: Decimal | None = _months()
    shelf_life: Decimal | None = _months()
    service_level: Decimal | None = Field(default=None, sa_type=Numeric(4, 3))  # 0.5 … 0.95; none: inherited
    run_out_risk: Decimal | None = Field(default=None, sa_type=Numeric(4, 3))  # chance from which one is warned
    loss_share: Decimal | None = Field(default=None, sa_type=Numeric(4, 3))  # of the stock, from which a loss is large
    near_expiry_days: int | None = None
    unconfirmed_days: int | None = None
    waiting_days: int | None = None
    count_grace_days: int | None = None
    quiet_days: int | None = None
    escalation_days: int | None = None
    set_by: int | None = Field(default=None, foreign_key="user_account.id")
    set_at: datetime = Field(sa_type=UtcDateTime)
