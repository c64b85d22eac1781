"""The way of a lot: where it came from, through whose hands it went, and what became of it everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session

from lmis.catalog.models import Item, Lot
from lmis.db import id_of
from lmis.errors import NotFound
from lmis.recalls.tree import Spot, Tree, tree_of
from lmis.sql import Sql, as_day, as_hex
from lmis.stock.documents import QUARANTINED, RECALLED, USABLE, document_number

STEPS = """
    SELECT facility_id, measure, status, CAST(SUM(quantity) AS BIGINT) FROM stock_movement_line
    WHERE lot_id = :lot AND account = 'stock' GROUP BY facility_id, measure, status"""
# What was handed over at once: the line that puts it on the other's shelf, a reversal's among them.
HANDED = """
    SELECT m.facility_id, l.facility_id, CAST(SUM(l.quantity) AS BIGINT), 0, 0, MIN(l.occurred_on), MAX(l.occurred_on),
        COUNT(DISTINCT m.id), MAX(m.id)
    FROM stock_movement_line l JOIN stock_movement m ON m.id = l.movement_id
    WHERE l.lot_id = :lot AND l.account = 'stock' AND l.measure = 'received' AND l.facility_id <> m.facility_id
    GROUP BY m.facility_id, l.facility_id"""
SHIPPED = """
    SELECT t.sender_id, t.receiver_id, CAST(SUM(t.received) AS BIGINT), CAST(SUM(t.quantity) AS BIGINT),
        CAST(SUM(t.lost) AS BIGINT), MIN(m.occurred_on), MAX(m.occurred_on), COUNT(DISTINCT m.id), MAX(m.id)
    FROM in_transit t JOIN stock_movement m ON m.id = t.shipment_id
    WHERE t.lot_id = :lot GROUP BY t.sender_id, t.receiver_id"""
ORIGINS = """
    SELECT l.facility_id, m.uuid, m.kind, m.year, m.number, m.occurred_on, m.party, CAST(SUM(-l.quantity) AS BIGINT)
    FROM stock_movement_line l JOIN stock_movement m ON m.id = l.movement_id
    WHERE l.lot_id = :lot AND l.account IN ('supplier', 'opening')
    GROUP BY l.facility_id, m.id, m.uuid, m.kind, m.year, m.number, m.occurred_on, m.party
    ORDER BY m.occurred_on, m.id"""
NAMED = 5  # senders to one facility that are told one by one
PAPERS = "SELECT id, uuid, kind, year, number FROM stock_movement WHERE id IN (:ids*)"


class Flow(NamedTuple):
    """What went from one facility to another by all documents between them, in base units.

    arrived: on the receiver's shelf, less what reversals took back.
    """

    sender: int
    receiver: int
    arrived: int
    on_the_way: int
    lost: int
    first_on: date
    last_on: date
    documents: int
    latest: int  # the movement


class Paper(NamedTuple):
    """A document to be opened."""

    uuid: UUID
    number: str


class Rest(NamedTuple):
    """Further senders of a lot to one facility, added up."""

    senders: int
    arrived: int
    on_the_way: int
    lost: int


class Origin(NamedTuple):
    """How the lot came into the network; what went back to a supplier is below zero."""

    spot: Spot
    paper: Paper
    kind: str
    occurred_on: date
    party: str
    quantity: int


@dataclass(slots=True)
class Stop:
    """A lot at one facility from first to last: opening + received + adjusted − sent − dispensed − lost = on hand."""

    spot: Spot
    depth: int
    opening: int = 0
    received: int = 0
    sent: int = 0
    dispensed: int = 0
    adjusted: int = 0
    lost: int = 0
    by_status: dict[str, int] = field(default_factory=lambda: {USABLE: 0, QUARANTINED: 0, RECALLED: 0})
    sources: list[tuple[Flow, Spot]] = field(default_factory=list)

    @property
    def on_hand(self) -> int:
        return sum(self.by_status.values())

    @property
    def came_in(self) -> int:
        return self.opening + self.received

    @property
    def named(self) -> list[tuple[Flow, Spot]]:
        """The senders told one by one, the earliest first."""
        return self.sources[:NAMED]

    @property
    def rest(self) -> Rest | None:
        flows = [flow for flow, _ in self.sources[NAMED:]]
        if not flows:
            return None
        sums = (sum(getattr(flow, name) for flow in flows) for name in ("arrived", "on_the_way", "lost"))
        return Rest(len(flows), *sums)

    def count(self, measure: str | None, quantity: int) -> None:
        """Add what the ledger has of a measure; what only changes its status has none."""
        match measure:
            case "issued":
                self.sent -= quantity
            case "dispensed":
                self.dispensed -= quantity
            case "lost":
                self.lost -= quantity
            case "opening":
                self.opening += quantity
            case "received":
                self.received += quantity
            case "adjusted":
                self.adjusted += quantity


@dataclass(frozen=True, slots=True)
class Sum:
    """The lot in a part of the network: entered + from_outside + adjusted = all the others together.

    entered: from suppliers and as opening balances; from_outside: from the rest of the network, less what went there.
    """

    entered: int
    from_outside: int
    adjusted: int
    dispensed: int
    lost: int
    lost_on_the_way: int
    on_the_way: int
    on_hand: int
    by_status: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of a lot through a facility and all under it."""

    item: Item
    lot: Lot
    origins: list[Origin]
    stops: list[Stop]
    sum: Sum
    papers: Mapping[int, Paper]  # the latest of each flow


def trace_lot(session: Session, lot_id: int, root: int, today: date) -> Trace:
    """Follow a lot through the facility `root` and all under it.

    Raises NotFound where no such lot has ever been there.
    """
    lot = session.get(Lot, lot_id)
    if lot is None:
        raise NotFound
    sql = Sql(session)
    steps = sql.rows(STEPS, lot=lot_id)
    flows = _flows(sql, lot_id)
    tree = tree_of(sql, {row[0] for row in steps} | {end for it in flows for end in it[:2]}, today)
    stops = _stops(tree, root, steps, flows)
    if not stops:
        raise NotFound
    return Trace(
        item=session.get_one(Item, lot.item_id),
        lot=lot,
        origins=(origins := _origins(sql, id_of(lot), tree, root)),
        stops=stops,
        sum=_sum(stops, flows, origins),
        papers=_papers(sql, (flow.latest for stop in stops for flow, _ in stop.named)),
    )


def _flows(sql: Sql, lot_id: int) -> list[Flow]:
    rows = (*sql.rows(HANDED, lot=lot_id), *sql.rows(SHIPPED, lot=lot_id))
    return [Flow._make((*row[:5], as_day(row[5]), as_day(row[6]), *row[7:])) for row in rows]


def _stops(tree: Tree, root: int, steps: Iterable[tuple[Any, ...]], flows: Iterable[Flow]) -> list[Stop]:
    ids = {row[0] for row in steps} | {flow.receiver for flow in flows}
    stops = {it: Stop(tree.spots[it], tree.depth(it, root)) for it in tree.in_order(ids, root)}
    for facility, measure, status, quantity in steps:
        if facility in stops:
            stops[facility].count(measure, quantity)
            stops[facility].by_status[status] += quantity
    for flow in sorted(flows, key=lambda flow: (flow.first_on, flow.latest)):
        if flow.receiver in stops:
            stops[flow.receiver].sources.append((flow, tree.spots[flow.sender]))
    return list(stops.values())


def _origins(sql: Sql, lot_id: int, tree: Tree, root: int) -> list[Origin]:
    return [
        Origin(
            tree.spots[facility], Paper(UUID(as_hex(uuid)), document_number(kind, year, number)),
            kind, as_day(on), party or "", quantity,
        )
        for facility, uuid, kind, year, number, on, party, quantity in sql.rows(ORIGINS, lot=lot_id)
        if tree.within(facility, root)
    ]  # fmt: skip


def _sum(stops: list[Stop], flows: Iterable[Flow], origins: Iterable[Origin]) -> Sum:
    by_status: dict[str, int] = defaultdict(int)
    for stop in stops:
        for status, quantity in stop.by_status.items():
            by_status[status] += quantity
    inside = {stop.spot.id for stop in stops}
    own = [flow for flow in flows if flow.sender in inside]
    return Sum(
        entered=sum(it.quantity for it in origins),
        from_outside=sum(flow.arrived * ((flow.receiver in inside) - (flow.sender in inside)) for flow in flows),
        adjusted=sum(stop.adjusted for stop in stops),
        dispensed=sum(stop.dispensed for stop in stops),
        lost=sum(stop.lost for stop in stops),
        lost_on_the_way=sum(flow.lost for flow in own),
        on_the_way=sum(flow.on_the_way for flow in own),
        on_hand=sum(by_status.values()),
        by_status=by_status,
    )


def _papers(sql: Sql, ids: Iterator[int]) -> dict[int, Paper]:
    rows = sql.rows(PAPERS, ids=sorted(set(ids)))
    return {row[0]: Paper(UUID(as_hex(row[1])), document_number(*row[2:])) for row in rows}
