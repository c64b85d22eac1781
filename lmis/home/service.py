"""What a facility should look at: its stock against its use, and what came in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

from sqlalchemy import Date, bindparam, text
from sqlmodel import Session, col, or_, select

from lmis.accounts.scope import Place
from lmis.alerts import worklist as alerts
from lmis.alerts.rules import Status, is_near_expiry, months_to_show, status
from lmis.catalog.models import Channel, Item
from lmis.catalog.service import items
from lmis.counts import worklist as counts
from lmis.db import id_of
from lmis.mail import worklist as mail
from lmis.network.models import Facility
from lmis.network.service import SUBTREE, subtree_ids
from lmis.policy.rules import Policy
from lmis.policy.service import policies
from lmis.recalls import worklist as recalls
from lmis.reports.stock_report import consumption
from lmis.requisitions import worklist as requisitions
from lmis.shipments import worklist as shipments
from lmis.shipments.queries import on_the_way
from lmis.stock.fefo import is_expired
from lmis.stock.models import StockOnHand, Stockout
from lmis.stock.papers import Paper, papers
from lmis.stock.queries import ShelfLot, received_since
from lmis.stock.shelves import blocked, shelves
from lmis.work import Work

FROM_ABOVE = timedelta(days=7)
ATTENTION = (Status.OUT, Status.EMERGENCY, Status.BELOW)
MOST_STOCKOUTS = 500
WORKLISTS = (alerts, shipments, recalls, requisitions, counts, mail)  # in the order in which they are told


@dataclass(frozen=True, slots=True)
class HeldLot:
    """A lot on the shelf. mark: "expired", "quarantined", "near", or None."""

    lot: ShelfLot
    channel: Channel
    mark: str | None


@dataclass(frozen=True, slots=True)
class HeldItem:
    """An item that the facility holds or has held. usable: base units that may be given out today.

    coming: what was sent to it and is not confirmed yet. limits: the stock policy by which its status is told.
    """

    item: Item
    on_hand: int
    usable: int
    coming: int
    months_of_stock: Decimal | None
    status: Status
    limits: Policy
    lots: Sequence[HeldLot]

    @property
    def months_shown(self) -> Decimal | None:
        """The months of stock as a number to read beside the limits."""
        return None if self.months_of_stock is None else months_to_show(self.months_of_stock, self.limits)

    @property
    def next_expiry(self) -> date | None:
        """The first day a usable lot expires on."""
        return min(
            (it.lot.expires_on for it in self.lots if it.lot.expires_on and it.mark in (None, "near")),
            default=None,
        )


@dataclass(frozen=True, slots=True)
class Tasks:
    """What needs doing at a facility."""

    arrivals: Sequence[Paper]
    by_status: Mapping[Status, Sequence[HeldItem]]
    near_expiry: int
    expired: int
    facilities_out: int


@dataclass(frozen=True, slots=True)
class OutOfStock:
    facility: Facility
    item: Item
    started_on: date


def stock_on_hand(session: Session, facility_id: int, today: date) -> list[HeldItem]:
    """Every item the facility holds, has held or is sent, in the order of lists."""
    use: dict[int, Decimal] = {}
    for (item_id, _), amc in consumption(session, facility_id, today).items():
        use[item_id] = use.get(item_id, Decimal(0)) + amc
    coming = Counter[int]()
    for (_, item_id, _), units in on_the_way(session, [facility_id], today).items():
        coming[item_id] += units
    known = session.exec(select(StockOnHand.item_id).where(StockOnHand.facility_id == facility_id).distinct())
    ever = {*known, *coming}
    limits = {item_id: it for (_, item_id), it in policies(session, [facility_id], ever, today).items()}
    lots = _lots(session, facility_id, limits, today)
    return [
        _held(item, lots.get(id_of(item), []), coming[id_of(item)], use.get(id_of(item)), limits[id_of(item)])
        for item in items(session)
        if id_of(item) in ever
    ]


def _lots(session: Session, facility_id: int, limits: Mapping[int, Policy], today: date) -> dict[int, list[HeldLot]]:
    """The lots on the shelves, by item."""
    lots: dict[int, list[HeldLot]] = {}
    for shelf in shelves(session, facility_id):
        near_days = limits[id_of(shelf.item)].near_expiry_days
        held = (HeldLot(lot, shelf.channel, _mark(lot, today, near_days)) for lot in shelf.lots)
        lots.setdefault(id_of(shelf.item), []).extend(held)
    return lots


def shared_limits(held: Sequence[HeldItem]) -> Policy | None:
    """The limits by which all the items are judged; None where they differ."""
    limits = {(it.limits.emergency_point, it.limits.minimum, it.limits.maximum): it.limits for it in held}
    return next(iter(limits.values())) if len(limits) == 1 else None


def near_expiry_days(held: Sequence[HeldItem]) -> int | None:
    """How many days before they expire the lots that are near expiry became so; None where that differs."""
    days = {item.limits.near_expiry_days for item in held if any(it.mark == "near" for it in item.lots)}
    return days.pop() if len(days) == 1 else None


def _mark(lot: ShelfLot, today: date, near_days: int) -> str | None:
    near = is_near_expiry(lot.expires_on, today, near_days)
    return blocked(lot, today) or ("near" if near else None)


def _held(item: Item, lots: Sequence[HeldLot], coming: int, amc: Decimal | None, limits: Policy) -> HeldItem:
    usable = sum(it.lot.on_hand for it in lots if it.mark in (None, "near"))
    months = Decimal(usable) / amc if amc else None
    on_hand = sum(it.lot.on_hand for it in lots)
    return HeldItem(item, on_hand, usable, coming, months, status(usable, months, limits), limits, lots)


def waiting(session: Session, place: Place, today: date) -> list[Work]:
    """What waits for somebody at the facility: alerts, shipments, recalls, requisitions, counts, e-mails."""
    return [it for worklist in WORKLISTS for it in worklist.work(session, place, today)]


def tasks(session: Session, facility_id: int, held: Sequence[HeldItem], today: date) -> Tasks:
    """What needs doing, from the stock on hand and what came in lately."""
    lots = [it for item in held for it in item.lots]
    return Tasks(
        arrivals=papers(session, received_since(session, facility_id, today - FROM_ABOVE)),
        by_status={it: [item for item in held if item.status is it] for it in ATTENTION},
        near_expiry=sum(it.mark == "near" for it in lots),
        expired=sum(is_expired(it.lot.expires_on, today) for it in lots),
        facilities_out=_facilities_out(session, facility_id, today),
    )


def _facilities_out(session: Session, root_id: int, today: date) -> int:
    """How many facilities under this one are out of an item today."""
    found = text(
        f"{SUBTREE} SELECT COUNT(DISTINCT facility_id) FROM stockout JOIN subtree ON subtree.id = facility_id"  # noqa: S608
        " WHERE facility_id <> :root AND started_on <= :on AND (ended_on IS NULL OR ended_on > :on)"
    ).bindparams(bindparam("on", type_=Date))
    return int(session.connection().execute(found, {"root": root_id, "on": today}).scalar_one())


def stockouts_below(session: Session, root_id: int, today: date) -> list[OutOfStock]:
    """Who under this facility is out of what today, by name; at most MOST_STOCKOUTS."""
    ids = set(subtree_ids(session, root_id, today)) - {root_id}
    ended = col(Stockout.ended_on)
    found = (
        select(Facility, Item, Stockout)
        .join(Stockout, col(Stockout.facility_id) == Facility.id)
        .join(Item, col(Item.id) == Stockout.item_id)
        .where(col(Stockout.started_on) <= today, or_(ended.is_(None), ended > today))
        .order_by(col(Facility.name_sort), col(Facility.code), col(Item.name_sort))
    )
    all_rows = session.exec(found)
    rows = (OutOfStock(it, item, out.started_on) for it, item, out in all_rows if it.id in ids)
    return list(islice(rows, MOST_STOCKOUTS))
