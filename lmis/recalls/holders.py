"""Who holds a lot now, and what of it is on the way."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from lmis.sql import Sql, as_day, as_hex
from lmis.stock.documents import document_number

# A closed facility takes no documents any more: what its book still says is not asked back.
ON_SHELVES = """
    SELECT s.facility_id, s.channel, s.status, s.on_hand, 0 FROM stock_on_hand s
    JOIN facility f ON f.id = s.facility_id
    WHERE s.lot_id = :lot AND s.on_hand > 0 AND (f.closed_on IS NULL OR f.closed_on > :day)
    ORDER BY s.facility_id, s.channel, s.status"""
ON_THE_WAY = """
    SELECT t.shipment_id, t.sender_id, t.receiver_id, t.channel, t.status, t.quantity, m.uuid, m.kind, m.year, m.number,
        m.occurred_on
    FROM in_transit t JOIN stock_movement m ON m.id = t.shipment_id
    WHERE t.lot_id = :lot AND t.quantity > 0 ORDER BY m.occurred_on, m.id"""


class Holding(NamedTuple):
    """What a facility has of a lot, in base units: on its shelves, or on the way to it."""

    facility_id: int
    channel: str
    status: str
    held: int
    coming: int


class Moving(NamedTuple):
    """What of a lot is on the way with one shipment."""

    shipment_id: int
    sender: int
    receiver: int
    channel: str
    status: str
    quantity: int
    uuid: UUID
    kind: str
    number: str
    occurred_on: date

    def after(self, movement_id: int) -> bool:
        """Whether it was sent after a movement was posted."""
        return self.shipment_id > movement_id


def holdings(sql: Sql, lot_id: int, today: date) -> list[Holding]:
    """What lies on shelves and what is on the way to them, by facility, channel and status."""
    shelves = [Holding(*row) for row in sql.rows(ON_SHELVES, lot=lot_id, day=today)]
    return shelves + [Holding(it.receiver, it.channel, it.status, 0, it.quantity) for it in on_the_way(sql, lot_id)]


def on_the_way(sql: Sql, lot_id: int) -> list[Moving]:
    return [
        Moving._make((*row[:6], UUID(as_hex(row[6])), row[7], document_number(*row[7:10]), as_day(row[10])))
        for row in sql.rows(ON_THE_WAY, lot=lot_id)
    ]
