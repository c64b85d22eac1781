"""Forecasts as they were made, and what people say of them. A forecast that was made is never written over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlmodel import Field

from lmis.db import Table, UtcDateTime


class ForecastRun(Table, table=True):
    """The forecast of one month: made once, from what was known at that month's end, all of it or nothing."""

    __tablename__ = "forecast_run"

    id: int | None = Field(default=None, primary_key=True)
    as_of: int = Field(unique=True)  # the last month it has seen: 202610
    made_at: datetime = Field(sa_type=UtcDateTime)
    horizon: int  # months ahead
    seed: int
    version: str = Field(max_length=40)  # of the methods


class ForecastSeries(Table, table=True):
    """What will be dispensed of an item at a facility and everything under it, month after month.

    model, means, quantiles: 32-bit floats, little-endian, in base units a month: `horizon` of them, the quantiles
    `horizon` times those of lmis.forecast.outlook.LEVELS; empty where nothing could be forecast. amc and statistical
    hold for every month ahead.
    """

    __tablename__ = "forecast_series"
    __table_args__ = (
        Index(None, "facility_id", "item_id", "run_id"),
        {"sqlite_with_rowid": False},
    )

    run_id: int = Field(primary_key=True, foreign_key="forecast_run.id")
    facility_id: int = Field(primary_key=True, foreign_key="facility.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    method: str = Field(max_length=12)  # amc, statistical, model, newcomer, sum, none
    reason: str = Field(max_length=40)  # why this method, see lmis.forecast.reasons
    parts: int = 1  # series added up in it
    amc: float | None = None
    statistical: float | None = None
    backtest: str | None = None  # JSON: the mean absolute error of each method in the rolling backtest
    model: bytes = Field(sa_type=LargeBinary)
    means: bytes = Field(sa_type=LargeBinary)
    quantiles: bytes = Field(sa_type=LargeBinary)


class ForecastOverride(Table, table=True):
    """What a planner puts in the place of a month's mean, and why. The latest row of a month is in force."""

    __tablename__ = "forecast_override"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="not_negative"),
        Index(None, "facility_id", "item_id", "month"),
    )

    id: int | None = Field(default=None, primary_key=True)
    uuid: UUID = Field(unique=True)  # made with the form, so that a second click says nothing twice
    facility_id: int = Field(foreign_key="facility.id")
    item_id: int = Field(foreign_key="item.id")
    month: int  # 202612
    quantity: int | None = None  # base units; none: taken back, the forecast holds again
    reason: str
    set_by: int | None = Field(default=None, foreign_key="user_account.id")
    set_at: datetime = Field(sa_type=UtcDateTime)


class Campaign(Table, table=True):
    """Months in which a campaign makes demand what it is not at other times, at a facility and everything under it.

    item_id none: of every item. Taken back: `withdrawn_at`.
    """

    __tablename__ = "campaign"
    __table_args__ = (CheckConstraint("last_month >= first_month", name="in_order"), Index(None, "facility_id"))

    id: int | None = Field(default=None, primary_key=True)
    uuid: UUID = Field(unique=True)
    name: str
    facility_id: int = Field(foreign_key="facility.id")
    item_id: int | None = Field(default=None, foreign_key="item.id")
    first_month: int
    last_month: int
    set_by: int | None = Field(default=None, foreign_key="user_account.id")
    set_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
