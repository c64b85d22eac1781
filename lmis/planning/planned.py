"""Shipments that a facility expects from its supplier: planning one, and taking it back."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lmis.accounts.models import User
from lmis.calendar import Month, add_months, month_text
from lmis.catalog.models import Item
from lmis.planning.models import PlannedShipment
from lmis.planning.refusals import ExpiresBeforeItComes, MonthOutsidePlan, NoSuchShipment, ShipmentClash
from lmis.sql import Sql
from lmis.stock.numbering import lock_facilities


class Wanted(NamedTuple):
    """A shipment as it is entered. uuid: made with the form; expires_on_month None: not known yet."""

    uuid: UUID
    facility_id: int
    item_id: int
    month: Month
    quantity: int
    expires_on_month: Month | None
    note: str | None


def plan_shipment(session: Session, wanted: Wanted, *, user: User, first: Month, months: int, now: datetime) -> None:
    """Put a shipment on the plan, which goes over `months` from `first` on. One that is there already stays as it is.

    Raises ShipmentClash, MonthOutsidePlan or ExpiresBeforeItComes.
    """
    lock_facilities(Sql(session), [wanted.facility_id])
    if known := session.exec(select(PlannedShipment).where(PlannedShipment.uuid == wanted.uuid)).first():
        if Wanted(*(getattr(known, name) for name in Wanted._fields)) != wanted:
            raise ShipmentClash
        return
    last = add_months(first, months - 1)
    if not first <= wanted.month <= last:
        refusal = MonthOutsidePlan(month=month_text(wanted.month), first=month_text(first), last=month_text(last))
        raise refusal.about("month")
    if wanted.expires_on_month is not None and wanted.expires_on_month < wanted.month:
        faulty = {"expires": month_text(wanted.expires_on_month), "month": month_text(wanted.month)}
        raise ExpiresBeforeItComes(**faulty).about("expires_on_month")
    session.add(PlannedShipment(**wanted._asdict(), set_by=user.id, set_at=now))
    session.flush()


def take_back(session: Session, facility_id: int, shipment_id: int, *, now: datetime) -> None:
    """Take a shipment off the plan; twice is as good as once. Raises NoSuchShipment."""
    own = select(PlannedShipment).where(PlannedShipment.id == shipment_id, PlannedShipment.facility_id == facility_id)
    shipment = session.exec(own.with_for_update()).first()
    if shipment is None:
        raise NoSuchShipment
    if shipment.withdrawn_at is None:
        shipment.withdrawn_at = now
        session.add(shipment)
        session.flush()


def standing(session: Session, facility_id: int) -> list[PlannedShipment]:
    """The shipments on a facility's plan, the first to come first."""
    own = select(PlannedShipment).where(
        PlannedShipment.facility_id == facility_id, col(PlannedShipment.withdrawn_at).is_(None)
    )
    return list(session.exec(own.order_by(col(PlannedShipment.month), col(PlannedShipment.id))))


class Listed(NamedTuple):
    """A shipment as pages show it. due: whether its month is over or running, so that it may have come already."""

    shipment: PlannedShipment
    item: Item
    by: User | None
    due: bool


def listed(session: Session, facility_id: int, this_month: Month, *, item_id: int | None = None) -> list[Listed]:
    """The shipments on a facility's plan with what they are of; of one item, if it is given."""
    found = (
        select(PlannedShipment, Item, User)
        .join(Item, col(Item.id) == PlannedShipment.item_id)
        .outerjoin(User, col(User.id) == PlannedShipment.set_by)
        .where(PlannedShipment.facility_id == facility_id, col(PlannedShipment.withdrawn_at).is_(None))
        .order_by(col(PlannedShipment.month), col(PlannedShipment.id))
    )
    if item_id is not None:
        found = found.where(PlannedShipment.item_id == item_id)
    return [Listed(row, item, by, row.month <= this_month) for row, item, by in session.exec(found)]
