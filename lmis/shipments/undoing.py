"""Putting right what was recorded of a shipment: undoing a proof of delivery, or a settlement."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from lmis.db import id_of
from lmis.shipments import refusals
from lmis.shipments.delivering import refuse
from lmis.shipments.locking import locked
from lmis.shipments.models import Delivery, DeliveryDifference, DifferenceSettlement
from lmis.shipments.queries import ShipmentView
from lmis.shipments.rules import Settlement
from lmis.shipments.settling import SETTLED_BY, settlement_document
from lmis.stock.documents import Document, Kind
from lmis.stock.models import StockMovement
from lmis.stock.posting import post
from lmis.stock.refusals import LineRefused


def undo_delivery(
    session: Session,
    *,
    uuid: UUID,
    delivery: UUID,
    shipment: UUID,
    facility_id: int,
    note: str | None,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> None:
    """Take a proof of delivery back: the goods are on the way again, and what it reported counts no more.

    Done once, however often it is asked for. Refused when the sender has settled what it reported, or when a later
    proof stands. Raises NotAShipment, UnknownDelivery, or Refused.
    """
    view = locked(session, shipment, receiver_id=facility_id)
    found = next((it.delivery for it in view.deliveries if it.delivery.uuid == delivery), None)
    if found is None:
        raise refusals.UnknownDelivery
    if found.undone_at is not None:
        return
    refuse(_undo_faults(view, found))
    made = {it.uuid: it for it in view.documents}
    originals = [it for it in (found.uuid, uuid5(found.uuid, Kind.FOUND)) if it in made]
    documents = [
        Document(uuid5(uuid, str(i)), Kind.REVERSAL, today, facility_id, [], note=note, reverses=original)
        for i, original in enumerate(originals)
    ]
    if documents:
        post(session, documents, today=today, now=now, user_id=user_id)
    _withdraw(session, found, uuid, now=now, user_id=user_id)


def _undo_faults(view: ShipmentView, delivery: Delivery) -> list[LineRefused]:
    standing = [it.delivery for it in view.deliveries if it.delivery.undone_at is None]
    if any(id_of(it) > id_of(delivery) for it in standing):
        return [refusals.LaterDelivery()]
    own = [it.difference for it in view.differences if it.difference.delivery_id == delivery.id]
    if any(it.settled for it in own):
        return [refusals.DeliverySettled(facility=view.head.sender.name)]
    return []


def _withdraw(session: Session, delivery: Delivery, uuid: UUID, *, now: datetime, user_id: int | None) -> None:
    """What the delivery reported is open no more; what it closed is open again."""
    at = now.astimezone(UTC)
    delivery.undone_at = at
    closed = select(DifferenceSettlement).where(
        DifferenceSettlement.delivery_id == delivery.id, col(DifferenceSettlement.undone_at).is_(None)
    )
    for it in session.exec(closed).all():
        it.undone_at = at
        session.get_one(DeliveryDifference, it.difference_id).settled -= it.quantity
    for difference in session.exec(select(DeliveryDifference).where(DeliveryDifference.delivery_id == delivery.id)):
        difference.settled = difference.quantity
        session.add(
            DifferenceSettlement(
                uuid=uuid,
                difference_id=id_of(difference),
                settlement=Settlement.WITHDRAWN,
                quantity=difference.quantity,
                settled_at=at,
                user_id=user_id,
                delivery_id=delivery.id,
            )
        )
    session.flush()


def undo_settlement(
    session: Session,
    *,
    uuid: UUID,
    settlement: UUID,
    shipment: UUID,
    facility_id: int,
    note: str | None,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> None:
    """Take back what a form of settlements did: the goods are on the way again, and the differences open.

    Done once, however often it is asked for. Raises NotAShipment, UnknownSettlement, or Refused.
    """
    view = locked(session, shipment, sender_id=facility_id)
    rows = [
        (it, each.settlement)
        for it in view.differences
        for each in it.settlements
        if each.settlement.uuid == settlement and each.settlement.delivery_id is None
    ]
    if not rows:
        raise refusals.UnknownSettlement
    standing = [(it, each) for it, each in rows if each.undone_at is None]
    if not standing:
        return
    originals = [settlement_document(settlement, kind) for kind in reversed(SETTLED_BY)]
    made = set(session.exec(select(StockMovement.uuid).where(col(StockMovement.uuid).in_(originals))))
    documents = [
        Document(uuid5(uuid, str(i)), Kind.REVERSAL, today, facility_id, [], note=note, reverses=original)
        for i, original in enumerate(originals)
        if original in made
    ]
    if documents:
        post(session, documents, today=today, now=now, user_id=user_id)
    for it, each in standing:
        each.undone_at = now.astimezone(UTC)
        it.difference.settled -= each.quantity
    session.flush()
