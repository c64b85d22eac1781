"""Goods on the way: what a shipment sent, what became of it, and what the documents that follow it may do. Pure.

Whatever left the sender's shelf stays in transit until the receiver confirms it, or the sender finds it lost or takes
it back: sent = received + lost + returned + still on the way, for every lot of every shipment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from lmis.stock import refusals
from lmis.stock.documents import OF_A_SHIPMENT, TRANSIT, Document, Kind
from lmis.stock.journal import Entry
from lmis.stock.refusals import LineRefused

GoodsKey = tuple[int, str, str]  # lot, channel, status
BECAME: dict[str, str] = {Kind.DELIVERY: "received", Kind.TRANSIT_LOSS: "lost", Kind.SENT_BACK: "returned"}
RECEIVERS = frozenset({Kind.DELIVERY, Kind.FOUND})  # made where the goods arrive; the others where they came from
MAY_FOLLOW = OF_A_SHIPMENT | {Kind.FOUND, Kind.ADJUSTMENT}


@dataclass(slots=True)
class Transit:
    """A lot of a shipment, in base units. since_on: the latest day on which something was added to it."""

    item_id: int
    sent: int = 0
    received: int = 0
    lost: int = 0
    returned: int = 0
    since_on: date = date.min
    moved: bool = False

    @property
    def quantity(self) -> int:
        """What is still on the way."""
        return self.sent - self.received - self.lost - self.returned


@dataclass(slots=True)
class Shipment:
    """A dispatch and its goods."""

    id: int
    sender_id: int
    receiver_id: int
    goods: dict[GoodsKey, Transit] = field(default_factory=dict)

    def put(self, kind: str, entries: Iterable[Entry], on: date) -> None:
        """Take in what a document did. kind: of the document, or of the one that it reverses.

        A dispatch taken back by reversal counts as returned: what was sent stays said.
        """
        for entry in entries:
            if entry.account != TRANSIT:
                continue
            key = (entry.lot_id, entry.channel, entry.status)
            goods = self.goods.setdefault(key, Transit(entry.item_id))
            column = BECAME.get(kind)
            if column is None and entry.quantity > 0:
                goods.sent += entry.quantity
            else:
                column = column or "returned"
                setattr(goods, column, getattr(goods, column) - entry.quantity)
            if entry.quantity > 0:
                goods.since_on = max(goods.since_on, on)
            goods.moved = True


def form_faults(document: Document, shipments: Mapping[str, Shipment]) -> list[LineRefused]:
    """What is wrong with the shipment that a document says it follows."""
    if document.shipment is None:
        return [refusals.UnknownShipment()] if document.kind in OF_A_SHIPMENT else []
    shipment = shipments.get(document.shipment.hex)
    if shipment is None or document.kind not in MAY_FOLLOW:
        return [refusals.UnknownShipment()]
    maker = shipment.receiver_id if document.kind in RECEIVERS else shipment.sender_id
    return [] if document.facility_id == maker else [refusals.NotThisFacilitysShipment()]


def transit_faults(
    shipment: Shipment, document: Document, entries: Sequence[tuple[int | None, Entry]], words: Mapping[int, object]
) -> list[LineRefused]:
    """Why a document cannot be taken from what is on the way. words: what to call the item of a lot, by lot.

    A document is dated no earlier than the last addition, so that nothing was ever taken before it was there.
    """
    changes: dict[GoodsKey, int] = {}
    line_of: dict[GoodsKey, int | None] = {}
    for line, entry in entries:
        if entry.account == TRANSIT:
            key = (entry.lot_id, entry.channel, entry.status)
            changes[key] = changes.get(key, 0) + entry.quantity
            line_of.setdefault(key, line)
    faults: list[LineRefused] = []
    for key, change in changes.items():
        fault = _fault(shipment.goods.get(key), change, document, words.get(key[0], ""))
        if fault:
            faults.append(fault.at(0, line_of[key]))
    return faults


def _fault(goods: Transit | None, change: int, document: Document, what: object) -> LineRefused | None:
    if change >= 0:
        return None
    if goods is None:
        return refusals.NotInShipment(what=what)
    if goods.quantity == 0:
        return refusals.NothingOnTheWay(what=what)
    if goods.quantity + change < 0:
        return refusals.MoreThanOnTheWay(what=what, left=goods.quantity, requested=-change)
    if document.occurred_on < goods.since_on:
        return refusals.BeforeShipment(since_on=goods.since_on, occurred_on=document.occurred_on)
    return None
