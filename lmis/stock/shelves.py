"""The shelf as people look at it: what a facility holds of each item in each channel, its lots first expired first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from lmis.catalog.models import Channel, Item, Lot, Method
from lmis.catalog.service import items
from lmis.db import id_of
from lmis.network.models import Facility
from lmis.stock.documents import QUARANTINED, RECALLED, USABLE
from lmis.stock.fefo import LotOnShelf, fefo_order, is_expired
from lmis.stock.models import Reason
from lmis.stock.queries import ShelfLot, shelf


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a facility holds of an item in a channel; the lots in the order they are to be used."""

    item: Item
    channel: Channel
    lots: Sequence[ShelfLot]

    @property
    def key(self) -> str:
        """What tells the shelf apart in a form."""
        return f"{self.item.id}-{self.channel.code}"

    @property
    def on_hand(self) -> int:
        """Base units, usable or not."""
        return sum(lot.on_hand for lot in self.lots)

    def usable(self, on: date) -> int:
        """Base units that may be given out on a day."""
        return sum(lot.on_hand for lot in self.lots if blocked(lot, on) is None)

    def fit(self) -> list[LotOnShelf]:
        """The lots as the first-expired-first-out rule takes them."""
        return [on_shelf(lot) for lot in self.lots]


def blocked(lot: ShelfLot, on: date) -> str | None:
    """Why a lot may not be given out on a day: "recalled", "expired" or "quarantined"; None when it may."""
    if lot.status == RECALLED:
        return RECALLED
    if is_expired(lot.expires_on, on):
        return "expired"
    return None if lot.status == USABLE else QUARANTINED


def on_shelf(lot: ShelfLot) -> LotOnShelf:
    return LotOnShelf(lot.lot_id, lot.expires_on, lot.received_on, lot.on_hand, lot.status == USABLE)


def lot_key(lot: ShelfLot) -> str:
    """What tells a lot on a shelf apart in a form."""
    return f"{lot.lot_id}-{lot.status}-{lot.channel}"


def shelves(session: Session, facility_id: int) -> list[Shelf]:
    """What a facility holds, in the order lists show items and channels; what it has none of is left out."""
    held: dict[tuple[int, str], list[ShelfLot]] = {}
    for lot in shelf(session, facility_id):
        held.setdefault((lot.item_id, lot.channel), []).append(lot)
    every = channels(session)
    return [
        Shelf(item, channel, sorted(lots, key=lambda lot: fefo_order(on_shelf(lot))))
        for item in items(session)
        for channel in every
        if (lots := held.get((id_of(item), channel.code)))
    ]


def may_hold(session: Session, facility: Facility, item: Item) -> bool:
    """Whether the method of an item is one that the facility is registered for, or needs no registration."""
    capability = session.get_one(Method, item.method_code).capability
    return capability is None or capability in facility.capabilities.split()


def channels(session: Session) -> list[Channel]:
    return list(session.exec(select(Channel).order_by(col(Channel.position), col(Channel.code))))


def reasons(session: Session, kind: str) -> list[Reason]:
    """The reasons that a kind of document offers, in order."""
    ordered = session.exec(select(Reason).order_by(col(Reason.position), col(Reason.code)))
    return [reason for reason in ordered if kind in reason.kinds.split()]


def items_of_lots(session: Session, lot_ids: Iterable[int]) -> dict[int, int]:
    """The item of each lot that exists."""
    wanted = set(lot_ids)
    rows = session.exec(select(Lot.id, Lot.item_id).where(col(Lot.id).in_(wanted)))
    return {id_: item_id for id_, item_id in rows if id_ is not None}
