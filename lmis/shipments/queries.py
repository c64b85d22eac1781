"""Reading shipments: what of each lot is where, what differs, and which of them wait for somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lmis.accounts.models import User
from lmis.catalog.models import Channel, Item, Lot
from lmis.db import id_of
from lmis.network.models import Facility
from lmis.shipments.models import Delivery, DeliveryDifference, DifferenceSettlement
from lmis.shipments.refusals import NotAShipment
from lmis.shipments.rules import IN_TRANSIT, Coming, GoodsKey, Open, State, state_of, sums
from lmis.sql import Sql
from lmis.stock.models import InTransit, Reason, ShipmentDocument, StockMovement
from lmis.stock.papers import Paper, papers
from lmis.stock.queries import number_of

# Only what will be usable on arrival, less what the receiver says will not come.
COMING = """
    SELECT t.receiver_id, t.item_id, t.channel, CAST(SUM(t.quantity - COALESCE(d.disputed, 0)) AS BIGINT)
    FROM in_transit t JOIN lot l ON l.id = t.lot_id LEFT JOIN (
        SELECT shipment_id, lot_id, channel, status, SUM(quantity - settled) AS disputed FROM delivery_difference
        WHERE receiver_id IN (:ids*) AND settled < quantity AND kind IN ('short', 'damaged', 'refused')
        GROUP BY shipment_id, lot_id, channel, status) d
        ON d.shipment_id = t.shipment_id AND d.lot_id = t.lot_id AND d.channel = t.channel AND d.status = t.status
    WHERE t.receiver_id IN (:ids*) AND t.quantity > 0 AND t.status = 'usable' AND l.recalled_on IS NULL
        AND (l.expires_on IS NULL OR l.expires_on >= :today)
    GROUP BY t.receiver_id, t.item_id, t.channel HAVING SUM(t.quantity - COALESCE(d.disputed, 0)) > 0"""

Shelf = tuple[int, int, str]  # facility, item, channel


@dataclass(frozen=True, slots=True)
class Head:
    """The dispatch of a shipment."""

    id: int
    uuid: UUID
    kind: str
    number: str
    occurred_on: date
    sender: Facility
    receiver: Facility
    reference: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """A lot of a shipment and what became of it, in base units."""

    goods: InTransit
    item: Item
    lot: Lot
    channel: Channel
    coming: Coming

    @property
    def key(self) -> GoodsKey:
        return (self.goods.lot_id, self.goods.channel, self.goods.status)

    @property
    def field(self) -> str:
        """What tells the lot apart in a form."""
        return f"{self.goods.lot_id}-{self.goods.status}-{self.goods.channel}"


@dataclass(frozen=True, slots=True)
class SettlementView:
    """How a part of a difference was settled. by: who did, '' when nobody is known."""

    settlement: DifferenceSettlement
    reason: Reason | None
    by: str
    undoable: bool


@dataclass(frozen=True, slots=True)
class DifferenceView:
    difference: DeliveryDifference
    item: Item
    lot: Lot
    channel: Channel
    reason: Reason
    settlements: Sequence[SettlementView]

    @property
    def open(self) -> int:
        return self.difference.quantity - self.difference.settled

    @property
    def field(self) -> str:
        return str(self.difference.id)


@dataclass(frozen=True, slots=True)
class DeliveryView:
    delivery: Delivery
    number: str  # of the document it brought the goods in by; '' when nothing arrived
    by: str


@dataclass(frozen=True, slots=True)
class ShipmentView:
    """A shipment as its page shows it."""

    head: Head
    lines: Sequence[ShipmentLine]
    differences: Sequence[DifferenceView]
    deliveries: Sequence[DeliveryView]
    documents: Sequence[Paper]
    state: State

    @property
    def undisputed(self) -> int:
        """Base units on the way of which nobody has said anything."""
        return sum(line.coming.undisputed for line in self.lines)

    @property
    def on_the_way(self) -> int:
        return sum(line.coming.on_the_way for line in self.lines)

    @property
    def open_differences(self) -> Sequence[DifferenceView]:
        return [it for it in self.differences if it.open]

    @property
    def confirmed(self) -> bool:
        """Whether a proof of delivery that counts says something of it."""
        return any(it.delivery.undone_at is None for it in self.deliveries)

    @property
    def confirmed_by(self) -> tuple[str, datetime | None]:
        """Who made the last proof of delivery that counts, and when."""
        standing = [it for it in self.deliveries if it.delivery.undone_at is None]
        return (standing[-1].by or "—", standing[-1].delivery.recorded_at) if standing else ("—", None)

    @property
    def seen(self) -> int:
        """Grows with everything that is recorded of the shipment, so that a form knows what its reader saw."""
        told = len(self.documents) + len(self.deliveries) + sum(len(it.settlements) for it in self.differences)
        undone = sum(it.delivery.undone_at is not None for it in self.deliveries)
        return told + undone


def on_the_way(session: Session, facility_ids: Sequence[int], today: date) -> dict[Shelf, int]:
    """Base units that the facilities may count on, by facility, item and channel.

    What was sent to them and is not confirmed yet: neither what cannot be used when it comes, nor what they reported
    as missing, damaged or refused.
    """
    return {row[:3]: row[3] for row in Sql(session).rows(COMING, ids=list(facility_ids), today=today)}


def shipment_head(session: Session, uuid: UUID) -> Head:
    """The dispatch with this id. Raises NotAShipment, also for goods that were handed over at once."""
    found = session.exec(
        select(StockMovement)
        .join(ShipmentDocument, col(ShipmentDocument.movement_id) == StockMovement.id)
        .where(StockMovement.uuid == uuid, col(ShipmentDocument.shipment_id) == StockMovement.id)
    ).first()
    if found is None or found.counterparty_id is None:
        raise NotAShipment
    sender = session.get_one(Facility, found.facility_id)
    receiver = session.get_one(Facility, found.counterparty_id)
    about = (found.occurred_on, sender, receiver, found.reference, found.note)
    return Head(id_of(found), found.uuid, found.kind, number_of(found), *about)


def shipment_view(session: Session, uuid: UUID) -> ShipmentView:
    """Raises NotAShipment."""
    head = shipment_head(session, uuid)
    channels = {it.code: it for it in session.exec(select(Channel))}
    deliveries = _deliveries(session, head)
    differences = _differences(session, head, channels)
    lines = _lines(session, head, channels, differences)
    goods = sums((it.goods.sent, it.goods.received, it.goods.returned, it.goods.quantity) for it in lines)
    confirmed = any(it.delivery.undone_at is None for it in deliveries)
    state = state_of(goods, open_differences=any(it.open for it in differences), confirmed=confirmed)
    return ShipmentView(head, lines, differences, deliveries, _documents(session, head), state)


def _coming(rows: Sequence[tuple[InTransit, Lot]], differences: Sequence[DeliveryDifference]) -> dict[GoodsKey, Coming]:
    still: dict[GoodsKey, list[Open]] = {}
    for it in differences:
        if it.kind in IN_TRANSIT and it.settled < it.quantity:
            part = Open(it.id or 0, it.kind, it.quantity - it.settled)
            still.setdefault((it.lot_id, it.channel, it.status), []).append(part)
    found = {}
    for goods, lot in rows:
        key = (goods.lot_id, goods.channel, goods.status)
        found[key] = Coming(goods.item_id, lot.number or "—", goods.quantity, tuple(still.get(key, ())))
    return found


def _lines(
    session: Session, head: Head, channels: Mapping[str, Channel], differences: Sequence[DifferenceView]
) -> list[ShipmentLine]:
    rows = session.exec(
        select(InTransit, Item, Lot)
        .join(Item, col(Item.id) == InTransit.item_id)
        .join(Lot, col(Lot.id) == InTransit.lot_id)
        .where(InTransit.shipment_id == head.id)
    ).all()
    coming = _coming([(goods, lot) for goods, _, lot in rows], [it.difference for it in differences])
    return [
        ShipmentLine(goods, item, lot, channels[goods.channel], coming[goods.lot_id, goods.channel, goods.status])
        for goods, item, lot in sorted(rows, key=_first_expired_first)
    ]


def _first_expired_first(row: tuple[InTransit, Item, Lot]) -> tuple[str, str, date, int, str]:
    goods, item, lot = row
    return (item.name_sort, goods.channel, lot.expires_on or date.max, goods.lot_id, goods.status)


def _differences(session: Session, head: Head, channels: Mapping[str, Channel]) -> list[DifferenceView]:
    difference = DeliveryDifference
    rows = session.exec(
        select(difference, Item, Lot, Reason)
        .join(Item, col(Item.id) == difference.item_id)
        .join(Lot, col(Lot.id) == difference.lot_id)
        .join(Reason, col(Reason.code) == difference.reason)
        .where(difference.shipment_id == head.id)
        .order_by(col(difference.id))
    ).all()
    settled = _settlements(session, head)
    return [
        DifferenceView(it, item, lot, channels[it.channel], reason, settled.get(it.id or 0, []))
        for it, item, lot, reason in rows
    ]


def _settlements(session: Session, head: Head) -> dict[int, list[SettlementView]]:
    rows = session.exec(
        select(DifferenceSettlement, Reason, User)
        .join(DeliveryDifference, col(DeliveryDifference.id) == DifferenceSettlement.difference_id)
        .outerjoin(Reason, col(Reason.code) == DifferenceSettlement.reason)
        .outerjoin(User, col(User.id) == DifferenceSettlement.user_id)
        .where(DeliveryDifference.shipment_id == head.id)
        .order_by(col(DifferenceSettlement.id))
    )
    by_difference: dict[int, list[SettlementView]] = {}
    for it, reason, user in rows:
        undoable = it.delivery_id is None and it.undone_at is None
        view = SettlementView(it, reason, user.name if user else "", undoable)
        by_difference.setdefault(it.difference_id, []).append(view)
    return by_difference


def _deliveries(session: Session, head: Head) -> list[DeliveryView]:
    rows = session.exec(
        select(Delivery, StockMovement, User)
        .outerjoin(StockMovement, col(StockMovement.id) == Delivery.movement_id)
        .outerjoin(User, col(User.id) == Delivery.user_id)
        .where(Delivery.shipment_id == head.id)
        .order_by(col(Delivery.id))
    )
    return [DeliveryView(it, number_of(made) if made else "", user.name if user else "") for it, made, user in rows]


def _documents(session: Session, head: Head) -> list[Paper]:
    of_it = select(ShipmentDocument.movement_id).where(ShipmentDocument.shipment_id == head.id)
    found = select(StockMovement).where(col(StockMovement.id).in_(of_it)).order_by(col(StockMovement.id))
    return papers(session, session.exec(found))


def last_word(session: Session, shipment_id: int) -> tuple[str, datetime] | None:
    """Who last recorded something of the shipment after its dispatch, and when; None when nobody has."""
    moved = session.exec(
        select(StockMovement.recorded_at, User.name)
        .join(ShipmentDocument, col(ShipmentDocument.movement_id) == StockMovement.id)
        .outerjoin(User, col(User.id) == StockMovement.user_id)
        .where(ShipmentDocument.shipment_id == shipment_id, StockMovement.id != shipment_id)
    ).all()
    told = session.exec(
        select(Delivery.recorded_at, User.name)
        .outerjoin(User, col(User.id) == Delivery.user_id)
        .where(Delivery.shipment_id == shipment_id)
    ).all()
    words = [(moment, name or "") for moment, name in [*moved, *told]]
    return max(((name, moment) for moment, name in words), key=lambda it: it[1], default=None)
