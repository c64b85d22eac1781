"""Confirming what arrived: the proof of delivery, lot by lot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import blake2b
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from lmis.catalog.models import Lot
from lmis.db import id_of
from lmis.errors import LmisError, Refused
from lmis.i18n import Message
from lmis.shipments import refusals
from lmis.shipments.locking import locked
from lmis.shipments.models import Delivery, DeliveryDifference, DifferenceSettlement
from lmis.shipments.queries import ShipmentView, last_word
from lmis.shipments.reasons import reasons_for
from lmis.shipments.rules import (
    Counted,
    Difference,
    Reported,
    Settlement,
    State,
    counted_faults,
    turned_up,
)
from lmis.stock.documents import RECALLED, USABLE, Document, Kind, Line
from lmis.stock.lots import find_or_add_lots
from lmis.stock.posting import post
from lmis.stock.refusals import BeforeShipment, ClashingId, FutureDate, LineRefused, NotInShipment
from lmis.stock.service import LotRefused

LotAndStatus = tuple[int, str]
LINES, EXTRAS = 0, 1  # what a refusal's `document` tells: a lot of the shipment, or goods that came beside the paper


@dataclass(frozen=True, slots=True)
class Extra:
    """Goods that came beside the paper, in base units: more of a lot than was sent, or a lot that was not sent."""

    item_id: int
    lot: str
    expires_on: date | None
    channel: str
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a receiver says of a shipment. seen: ShipmentView.seen of the page it was typed on; None: of no page."""

    uuid: UUID
    shipment: UUID
    facility_id: int
    confirmed_on: date
    lines: Sequence[Counted]
    extras: Sequence[Extra] = ()
    note: str | None = None
    seen: int | None = None

    @property
    def digest(self) -> str:
        content = (self.shipment.hex, self.facility_id, self.confirmed_on.toordinal(), self.note)
        goods = [(it.key, it.received, [tuple(one) for one in it.differences]) for it in self.lines]
        extras = [(it.item_id, it.lot, it.channel, it.quantity, it.reason) for it in self.extras]
        return blake2b(repr((content, goods, extras)).encode(), digest_size=16).hexdigest()


def all_arrived(shipment: ShipmentView) -> list[Counted]:
    """Everything of which nothing was said yet arrived as it was sent."""
    return [Counted(it.key, it.coming.undisputed) for it in shipment.lines if it.coming.undisputed]


def all_refused(shipment: ShipmentView, reason: str) -> list[Counted]:
    """Nothing of what is on the way is taken."""
    return [
        Counted(it.key, 0, (Reported(Difference.REFUSED, it.coming.undisputed, reason),))
        for it in shipment.lines
        if it.coming.undisputed
    ]


def confirm_delivery(
    session: Session, said: Confirmation, *, today: date, now: datetime, user_id: int | None = None
) -> Delivery:
    """Take what arrived onto the receiver's shelf, and note what differs. The same confirmation again changes nothing.

    What is neither received, missing nor damaged stays on the way. What arrives beyond that of which nothing was said
    closes what had been reported as missing. What came beside the paper becomes found stock and a difference.
    Raises NotAShipment, or Refused with every refusal: its `document` tells LINES or EXTRAS, `line` which of them.
    """
    shipment = locked(session, said.shipment, receiver_id=said.facility_id)
    known = session.exec(select(Delivery).where(Delivery.uuid == said.uuid)).first()
    if known:
        if known.digest != said.digest:
            raise Refused([ClashingId()])
        return known
    refuse(_state_faults(session, shipment, said))
    refuse([*_day_faults(shipment, said, today), *_line_faults(session, shipment, said)])
    with session.begin_nested():
        lots = _lots(session, said)
        posted = _post(session, shipment, said, lots, today=today, now=now, user_id=user_id)
        return _keep(session, shipment, said, lots, posted, now=now, user_id=user_id)


# -- whether it may ----------------------------------------------------------------------------------------------


def refuse(faults: Sequence[LineRefused]) -> None:
    if faults:
        raise Refused(faults)


def _state_faults(session: Session, shipment: ShipmentView, said: Confirmation) -> list[LineRefused]:
    name, moment = last_word(session, shipment.head.id) or ("", None)
    of_its_lots = any(it.received or any(one.quantity for one in it.differences) for it in said.lines)
    if shipment.state == State.TAKEN_BACK:
        return [refusals.CalledBack(facility=shipment.head.sender.name, moment=moment)]
    if not shipment.on_the_way and (of_its_lots or not said.extras):
        name, moment = shipment.confirmed_by
        return [refusals.AlreadyConfirmed(name=name, moment=moment)]
    if said.seen is not None and said.seen != shipment.seen:
        return [refusals.ConfirmedMeanwhile(name=name or "—", moment=moment)]
    return [] if of_its_lots or said.extras else [refusals.NothingEntered()]


def _day_faults(shipment: ShipmentView, said: Confirmation, today: date) -> list[LineRefused]:
    on = said.confirmed_on
    if on > today:
        return [FutureDate(occurred_on=on)]
    if on < shipment.head.occurred_on:
        return [BeforeShipment(since_on=shipment.head.occurred_on, occurred_on=on)]
    return []


def _line_faults(session: Session, shipment: ShipmentView, said: Confirmation) -> list[LineRefused]:
    its = {it.key: it for it in shipment.lines}
    reasons = frozenset(it.code for it in reasons_for(session, Kind.DELIVERY))
    faults: list[LineRefused] = []
    for number, counted in enumerate(said.lines):
        found: list[LineRefused] = [NotInShipment(what=f"#{counted.key[0]}")]
        if known := its.get(counted.key):
            found = counted_faults(counted, known.coming, reasons, Message(known.item.unit))
        faults += [fault.at(LINES, number) for fault in found]
    for number, extra in enumerate(said.extras):
        if extra.reason not in reasons:
            faults.append(refusals.DifferenceNeedsReason().at(EXTRAS, number))
    return faults


# -- what it does ------------------------------------------------------------------------------------------------


def _lots(session: Session, said: Confirmation) -> list[LotAndStatus]:
    """The lot and status of each of the extras: made where it is not known, held apart where it is recalled."""
    wanted = [(it.item_id, it.lot, it.expires_on) for it in said.extras]
    found = find_or_add_lots(session, wanted, add=True, only_at=said.facility_id) if wanted else []
    refuse([LotRefused(lot).at(EXTRAS, i) for i, lot in enumerate(found) if isinstance(lot, LmisError)])
    ids = [lot for lot in found if isinstance(lot, int)]
    recalled = set(session.exec(select(Lot.id).where(col(Lot.id).in_(ids), col(Lot.recalled_on).is_not(None))))
    return [(lot, RECALLED if lot in recalled else USABLE) for lot in ids]


def _post(
    session: Session,
    shipment: ShipmentView,
    said: Confirmation,
    lots: Sequence[LotAndStatus],
    *,
    today: date,
    now: datetime,
    user_id: int | None,
) -> dict[str, int]:
    """Post the documents of a confirmation. Returns the movement's id by kind; those without a line are left out."""
    items = {it.key: it.goods.item_id for it in shipment.lines}
    received = [(i, it) for i, it in enumerate(said.lines) if it.received]
    arrived = [Line(items[it.key], it.key[0], it.key[1], it.received, it.key[2]) for _, it in received]
    found = [
        Line(it.item_id, lot, it.channel, it.quantity, status, it.reason)
        for it, (lot, status) in zip(said.extras, lots, strict=True)
    ]
    on, at = said.confirmed_on, said.facility_id
    whole = (
        (LINES, [i for i, _ in received], Document(said.uuid, Kind.DELIVERY, on, at, arrived)),
        (EXTRAS, range(len(found)), Document(uuid5(said.uuid, Kind.FOUND), Kind.FOUND, on, at, found)),
    )
    made = [(part, lines, document) for part, lines, document in whole if document.lines]
    documents = [replace(document, shipment=shipment.head.uuid, note=said.note) for _, _, document in made]
    try:
        posted = post(session, documents, today=today, now=now, user_id=user_id) if documents else []
    except Refused as refused:
        raise _placed(refused, [(part, lines) for part, lines, _ in made]) from None
    return {it.kind: it.id for it in posted}


def _placed(refused: Refused, parts: Sequence[tuple[int, Sequence[int]]]) -> Refused:
    """The ledger's refusals, told by what the receiver said rather than by the documents it became."""
    for refusal in refused.refusals:
        if isinstance(refusal, LineRefused):
            part, lines = parts[refusal.document]
            refusal.at(part, None if refusal.line is None else lines[refusal.line])
    return Refused(refused.refusals)


def _keep(
    session: Session,
    shipment: ShipmentView,
    said: Confirmation,
    lots: Sequence[LotAndStatus],
    posted: Mapping[str, int],
    *,
    now: datetime,
    user_id: int | None,
) -> Delivery:
    delivery = Delivery(
        uuid=said.uuid,
        shipment_id=shipment.head.id,
        facility_id=said.facility_id,
        confirmed_on=said.confirmed_on,
        recorded_at=now.astimezone(UTC),
        user_id=user_id,
        note=said.note,
        digest=said.digest,
        movement_id=posted.get(Kind.DELIVERY),
        found_id=posted.get(Kind.FOUND),
    )
    session.add(delivery)
    session.flush()
    _close(session, shipment, said, delivery)
    session.add_all([*_reported(shipment, said, delivery), *_beside(shipment, said, lots, delivery)])
    session.flush()
    return delivery


def _reported(shipment: ShipmentView, said: Confirmation, delivery: Delivery) -> list[DeliveryDifference]:
    items = {it.key: it.goods.item_id for it in shipment.lines}
    return [
        _difference(shipment, delivery, (items[it.key], *it.key), one)
        for it in said.lines
        for one in it.differences
        if one.quantity
    ]


def _beside(
    shipment: ShipmentView, said: Confirmation, lots: Sequence[LotAndStatus], delivery: Delivery
) -> list[DeliveryDifference]:
    sent = {it.goods.lot_id for it in shipment.lines}
    return [
        _difference(
            shipment,
            delivery,
            (it.item_id, lot, it.channel, status),
            Reported(Difference.EXCESS if lot in sent else Difference.WRONG_LOT, it.quantity, it.reason),
        )
        for it, (lot, status) in zip(said.extras, lots, strict=True)
    ]


def _difference(
    shipment: ShipmentView, delivery: Delivery, goods: tuple[int, int, str, str], reported: Reported
) -> DeliveryDifference:
    item_id, lot_id, channel, status = goods
    return DeliveryDifference(
        delivery_id=id_of(delivery),
        shipment_id=shipment.head.id,
        sender_id=id_of(shipment.head.sender),
        receiver_id=id_of(shipment.head.receiver),
        item_id=item_id,
        lot_id=lot_id,
        channel=channel,
        status=status,
        kind=reported.kind,
        quantity=reported.quantity,
        reason=reported.reason,
    )


def _close(session: Session, shipment: ShipmentView, said: Confirmation, delivery: Delivery) -> None:
    """Settle what had been reported missing and has arrived after all."""
    coming = {it.key: it.coming for it in shipment.lines}
    for counted in said.lines:
        for part in turned_up(counted.received, coming[counted.key]):
            session.get_one(DeliveryDifference, part.id).settled += part.quantity
            session.add(
                DifferenceSettlement(
                    uuid=delivery.uuid,
                    difference_id=part.id,
                    settlement=Settlement.FOUND,
                    quantity=part.quantity,
                    settled_at=delivery.recorded_at,
                    user_id=delivery.user_id,
                    movement_id=delivery.movement_id,
                    delivery_id=id_of(delivery),
                )
            )
