"""Which shipments wait for somebody at a facility, and which are over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from lmis.db import id_of
from lmis.network.models import Facility
from lmis.policy.service import policies_of_places
from lmis.sql import Sql
from lmis.stock.documents import RULES
from lmis.stock.models import StockMovement
from lmis.stock.queries import number_of

OPEN = """
    SELECT shipment_id, CAST(SUM(quantity) AS BIGINT) FROM in_transit
    WHERE {end} = :place AND quantity > 0 GROUP BY shipment_id"""
DISPUTED = """
    SELECT shipment_id, CAST(SUM(CASE WHEN kind IN ('short', 'damaged', 'refused') THEN quantity - settled ELSE 0 END)
        AS BIGINT) FROM delivery_difference
    WHERE {end} = :place AND settled < quantity GROUP BY shipment_id"""
RECEIVERS = "SELECT DISTINCT shipment_id, receiver_id FROM in_transit WHERE shipment_id IN (:ids*) AND quantity > 0"
FINISHED = """
    SELECT m.id FROM (
        SELECT id FROM stock_movement WHERE facility_id = :place AND kind IN ('issue', 'transfer', 'return')
        UNION ALL SELECT id FROM stock_movement WHERE counterparty_id = :place) m
    JOIN shipment_document d ON d.movement_id = m.id AND d.shipment_id = m.id
    WHERE NOT EXISTS (SELECT 1 FROM in_transit t WHERE t.shipment_id = m.id AND t.quantity > 0)
        AND NOT EXISTS (SELECT 1 FROM delivery_difference e WHERE e.shipment_id = m.id AND e.settled < e.quantity)
    ORDER BY m.id DESC LIMIT :most"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The ids of the shipments of a facility that wait for somebody.

    incoming, outgoing: with goods on the way of which nobody has said anything, and how many base units; to_settle:
    with differences that this facility, having sent, is to settle; reported: with differences that it has reported and
    others are to settle.
    """

    incoming: Mapping[int, int] = field(default_factory=dict)
    outgoing: Mapping[int, int] = field(default_factory=dict)
    to_settle: Sequence[int] = ()
    reported: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A shipment in a list. name: a message id; other: the facility at its other end; days: since it was sent.

    late_after: how many days it may go unconfirmed, None where nothing of it waits to be confirmed. unsaid: base units
    on their way here of which nobody has said anything.
    """

    uuid: UUID
    number: str
    name: str
    occurred_on: date
    other: str
    days: int
    late_after: int | None
    unsaid: int

    @property
    def late(self) -> bool:
        return self.late_after is not None and self.days > self.late_after


@dataclass(frozen=True, slots=True)
class Shipments:
    """The shipments of a facility, those that wait the longest first."""

    incoming: Sequence[Row] = ()
    to_settle: Sequence[Row] = ()
    outgoing: Sequence[Row] = ()
    reported: Sequence[Row] = ()
    finished: Sequence[Row] = field(default=())

    @property
    def none(self) -> bool:
        return not any((self.incoming, self.to_settle, self.outgoing, self.reported, self.finished))

    @property
    def late_after(self) -> int | None:
        """How many days each that is to be confirmed may wait; None where that differs."""
        limits = {it.late_after for it in (*self.incoming, *self.outgoing)}
        return limits.pop() if len(limits) == 1 else None


def waiting(session: Session, facility_id: int) -> Waiting:
    sql = Sql(session)
    receiving, sending = (_sums(sql, facility_id, end) for end in ("receiver_id", "sender_id"))
    return Waiting(_unsaid(*receiving), _unsaid(*sending), sorted(sending[1]), sorted(receiving[1]))


def _sums(sql: Sql, facility_id: int, end: str) -> tuple[dict[int, int], dict[int, int]]:
    """By shipment: what is on the way, and what of it is disputed (0: only what came beside the paper)."""
    return (
        {row[0]: row[1] for row in sql.rows(OPEN.format(end=end), place=facility_id)},
        {row[0]: row[1] for row in sql.rows(DISPUTED.format(end=end), place=facility_id)},
    )


def _unsaid(on_the_way: Mapping[int, int], disputed: Mapping[int, int]) -> dict[int, int]:
    left = {id_: quantity - disputed.get(id_, 0) for id_, quantity in sorted(on_the_way.items())}
    return {id_: quantity for id_, quantity in left.items() if quantity > 0}


def shipments_of(session: Session, facility_id: int, today: date, most: int) -> Shipments:
    """most: how many finished ones, the latest."""
    wait = waiting(session, facility_id)
    finished = [row[0] for row in Sql(session).rows(FINISHED, place=facility_id, most=most)]
    lists = (wait.incoming, wait.to_settle, wait.outgoing, wait.reported, finished)
    limits = days_to_confirm(session, {*wait.incoming, *wait.outgoing}, today)
    found = _rows(session, {id_ for each in lists for id_ in each}, facility_id, today, limits, wait.incoming)
    return Shipments(*([found[id_] for id_ in each] for each in lists))


def days_to_confirm(session: Session, ids: Iterable[int], today: date) -> dict[int, int]:
    """How many days each shipment that is on the way may go unconfirmed before it is late.

    It is its receiver's policy that says so.
    """
    receivers = dict(Sql(session).rows(RECEIVERS, ids=list(ids)))
    limits = policies_of_places(session, receivers.values(), today)
    return {id_: limits[receiver_id].unconfirmed_days for id_, receiver_id in receivers.items()}


def late(session: Session, ids: Iterable[int], today: date) -> list[int]:
    """Those of the shipments that should have been confirmed by now."""
    limits = days_to_confirm(session, ids, today)
    sent = select(col(StockMovement.id), col(StockMovement.occurred_on)).where(col(StockMovement.id).in_(list(limits)))
    return [id_ for id_, on in session.exec(sent) if id_ and (today - on).days > limits[id_]]


def _rows(
    session: Session,
    ids: Iterable[int],
    facility_id: int,
    today: date,
    limits: Mapping[int, int],
    unsaid: Mapping[int, int],
) -> dict[int, Row]:
    movements = session.exec(select(StockMovement).where(col(StockMovement.id).in_(list(ids)))).all()
    ends = {id_ for it in movements for id_ in (it.facility_id, it.counterparty_id)}
    names = {id_of(it): it.name for it in session.exec(select(Facility).where(col(Facility.id).in_(ends)))}
    rows = {}
    for it in movements:
        other = it.counterparty_id if it.facility_id == facility_id else it.facility_id
        days = (today - it.occurred_on).days
        about = (RULES[it.kind].name, it.occurred_on, names.get(other or 0, ""), days, limits.get(id_of(it)))
        units = unsaid.get(id_of(it), 0)
        rows[id_of(it)] = Row(it.uuid, number_of(it), *about, units)
    return rows
