"""What planners put in the place of a forecast's figures: both are kept, with who said so, when and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lmis.accounts.models import User
from lmis.calendar import Month, month_of, month_text
from lmis.errors import LmisError
from lmis.forecast.models import ForecastOverride
from lmis.forecast.outlook import Outlook, outlooks
from lmis.i18n import N_
from lmis.sql import Sql
from lmis.stock.numbering import lock_facilities

FAR = 10  # times as much or as little as is forecast: rather a slip of the pen than a view


class NothingForecast(LmisError):
    status_code = 409
    msgid = N_("Nothing is forecast of this item here, so there is no figure to put another in the place of.")


class MonthNotForecast(LmisError):
    status_code = 422
    msgid = N_("%(month)s is not among the months ahead that are forecast. Choose one from %(first)s to %(last)s.")


class NoReason(LmisError):
    status_code = 422
    msgid = N_("Say why: who reads the accuracy report next month will want to know.")


class NotOverridden(LmisError):
    status_code = 409
    msgid = N_("No figure of a planner stands for %(month)s here; the forecast holds already.")


class OverrideClash(LmisError):
    status_code = 409
    msgid = N_("Another figure was kept with this form already. Open the page anew and look at what stands there.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure for a month. quantity: base units; None: the forecast is to hold again."""

    uuid: UUID
    facility_id: int
    item_id: int
    month: Month
    quantity: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class PastOverride:
    """A figure as it was set. by: whoever set it, None for a program; holds: no later one stands in its place."""

    row: ForecastOverride
    by: User | None
    holds: bool


def open_months(outlook: Outlook, today: date) -> list[Month]:
    """The months whose figures can still be overridden: those ahead, the running one too."""
    return [month for month in outlook.months if month >= month_of(today)]


def is_far(quantity: int, forecast: float) -> bool:
    """Whether a figure is so far from the forecast that one should look twice."""
    return quantity > FAR * max(forecast, 1) or quantity * FAR < forecast


def check(session: Session, asked: Asked, *, today: date) -> Outlook:
    """The forecast that a figure would stand in. Raises NothingForecast, MonthNotForecast or NoReason."""
    outlook = outlooks(session, [asked.facility_id], today, item_id=asked.item_id).get(
        (asked.facility_id, asked.item_id)
    )
    if outlook is None or not (months := open_months(outlook, today)):
        raise NothingForecast
    if asked.month not in months:
        first, last = month_text(months[0]), month_text(months[-1])
        raise MonthNotForecast(month=month_text(asked.month), first=first, last=last)
    if not asked.reason.strip():
        raise NoReason
    return outlook


def override(session: Session, asked: Asked, *, user_id: int | None, today: date, now: datetime) -> None:
    """Keep a planner's figure for a month, or take back the one that stands. What was kept already stays as it is.

    Raises what `check` raises, NotOverridden when there is nothing to take back, or OverrideClash.
    """
    lock_facilities(Sql(session), [asked.facility_id])
    if known := session.exec(select(ForecastOverride).where(ForecastOverride.uuid == asked.uuid)).first():
        if _is_other(known, asked):
            raise OverrideClash
        return
    outlook = check(session, asked, today=today)
    if asked.quantity is None and asked.month not in outlook.overridden:
        raise NotOverridden(month=month_text(asked.month))
    session.add(
        ForecastOverride(
            uuid=asked.uuid,
            facility_id=asked.facility_id,
            item_id=asked.item_id,
            month=asked.month,
            quantity=asked.quantity,
            reason=asked.reason,
            set_by=user_id,
            set_at=now,
        )
    )
    session.flush()


def _is_other(row: ForecastOverride, asked: Asked) -> bool:
    kept = (row.facility_id, row.item_id, row.month, row.quantity, row.reason)
    return kept != (asked.facility_id, asked.item_id, asked.month, asked.quantity, asked.reason)


def overrides(session: Session, facility_id: int, item_id: int) -> Sequence[PastOverride]:
    """Every figure that was ever set for an item here, the latest first."""
    query = (
        select(ForecastOverride, User)
        .outerjoin(User, col(User.id) == ForecastOverride.set_by)
        .where(ForecastOverride.facility_id == facility_id, ForecastOverride.item_id == item_id)
        .order_by(col(ForecastOverride.id).desc())
    )
    seen: set[Month] = set()
    found = []
    for row, by in session.exec(query):
        found.append(PastOverride(row, by, row.month not in seen and row.quantity is not None))
        seen.add(row.month)
    return found
