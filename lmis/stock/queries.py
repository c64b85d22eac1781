"""Reading the ledger: what is on a shelf, the stock card, a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, or_, select

from lmis.accounts.models import User
from lmis.catalog.models import Item, Lot
from lmis.errors import NotFound
from lmis.i18n import N_
from lmis.network.models import Facility
from lmis.sql import Sql, as_day, as_day_or_none, as_hex
from lmis.stock.documents import RULES, STOCK, TRANSIT, Kind, document_number
from lmis.stock.models import Reason, ShipmentDocument, StockMovement, StockMovementLine

SHELF = """
    SELECT s.item_id, s.lot_id, l.number, l.expires_on, s.channel, s.status, s.on_hand, s.received_on
    FROM stock_on_hand s JOIN lot l ON l.id = s.lot_id
    WHERE s.facility_id = :facility AND s.on_hand > 0
    ORDER BY s.item_id, s.channel, COALESCE(l.expires_on, :never), s.received_on, s.lot_id, s.status DESC"""
CARD = """
    SELECT l.occurred_on, m.uuid, m.kind, m.year, m.number, m.facility_id, maker.code, maker.name, other.code,
        other.name, m.party, lot.number, l.channel, l.status, l.quantity, l.counted, m.reference
    FROM stock_movement_line l JOIN stock_movement m ON m.id = l.movement_id JOIN lot ON lot.id = l.lot_id
        JOIN facility maker ON maker.id = m.facility_id LEFT JOIN facility other ON other.id = m.counterparty_id
    WHERE l.account = 'stock' AND l.measure IS NOT NULL AND l.facility_id = :facility AND l.item_id = :item
        AND l.occurred_on BETWEEN :first AND :last
    ORDER BY l.occurred_on, l.movement_id, l.line_no"""
CLOSINGS = """
    SELECT CAST(COALESCE(SUM((
        SELECT m.closing FROM stock_month m
        WHERE m.facility_id = s.facility_id AND m.item_id = s.item_id AND m.channel = s.channel AND m.month < :month
        ORDER BY m.month DESC LIMIT 1)), 0) AS BIGINT)
    FROM stock_series s WHERE s.facility_id = :facility AND s.item_id = :item"""
MOVED = """
    SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM stock_movement_line
    WHERE account = 'stock' AND measure IS NOT NULL AND facility_id = :facility AND item_id = :item
        AND occurred_on >= :first AND occurred_on < :last"""


class UnknownMovement(NotFound):
    msgid = N_("There is no such document, or you may not see it.")


class ShelfLot(NamedTuple):
    """One lot on a shelf, in base units. expires_on: None when no expiry is known."""

    item_id: int
    lot_id: int
    number: str
    expires_on: date | None
    channel: str
    status: str
    on_hand: int
    received_on: date


class CardLine(NamedTuple):
    """One lot moved, as the stock card shows it; quantity signed, balance the item's over all its lots."""

    occurred_on: date
    movement_uuid: UUID
    document: str
    kind: str
    counterparty: str  # name, or the party outside the network; '' for none
    counterparty_code: str
    lot: str
    channel: str
    quantity: int
    balance: int
    counted: int | None
    reference: str


@dataclass(frozen=True, slots=True)
class DocumentLine:
    item: Item
    lot: Lot
    channel: str
    status: str
    quantity: int  # signed, as at the maker's shelf
    counted: int | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as a page shows it. lines: those of the maker's own shelf."""

    uuid: UUID
    number: str
    kind: str
    occurred_on: date
    recorded_at: datetime
    facility: Facility
    counterparty: Facility | None
    party: str | None
    reference: str | None
    note: str | None
    user: User | None
    lines: list[DocumentLine]
    reverses: StockMovement | None
    reversed_by: StockMovement | None
    shipment: StockMovement | None  # the dispatch it belongs to, itself when it is one


def shelf(session: Session, facility_id: int) -> list[ShelfLot]:
    """What is on the shelves of a facility, each item's lots in the order in which they are to be given out."""
    rows = Sql(session).rows(SHELF, facility=facility_id, never=date.max)
    return [ShelfLot._make((*row[:3], as_day_or_none(row[3]), *row[4:7], as_day(row[7]))) for row in rows]


def stock_card(
    session: Session, facility_id: int, item_id: int, since: date | None = None, until: date | None = None
) -> list[CardLine]:
    """The stock card of an item at a facility from `since` through `until`, oldest first."""
    sql = Sql(session)
    first, last = since or date.min, until or date.max
    rows = sql.rows(CARD, facility=facility_id, item=item_id, first=first, last=last)
    return list(_card_lines(facility_id, rows, balance_before(session, facility_id, item_id, first)))


def _card_lines(facility_id: int, rows: list[tuple], balance: int) -> Iterator[CardLine]:  # type: ignore[type-arg]
    for day, uuid, kind, year, number, maker, maker_code, maker_name, code, name, party, *rest in rows:
        lot, channel, _, quantity, counted, reference = rest
        balance += quantity
        own = maker == facility_id
        yield CardLine(
            as_day(day),
            UUID(as_hex(uuid)),
            document_number(kind, year, number),
            kind,
            (name or party or "") if own else maker_name,
            (code or "") if own else maker_code,
            lot,
            channel,
            quantity,
            balance,
            counted,
            reference or "",
        )


def balance_before(session: Session, facility_id: int, item_id: int, day: date) -> int:
    """What was on hand of an item, usable or not, at the end of the day before `day`."""
    sql = Sql(session)
    month = day.year * 100 + day.month
    kept = sql.rows(CLOSINGS, facility=facility_id, item=item_id, month=month)[0][0]
    moved = sql.rows(MOVED, facility=facility_id, item=item_id, first=day.replace(day=1), last=day)[0][0]
    return int(kept + moved)


def movement_by_uuid(session: Session, uuid: UUID) -> StockMovement:
    """Raises UnknownMovement."""
    movement = session.exec(select(StockMovement).where(StockMovement.uuid == uuid)).first()
    if movement is None:
        raise UnknownMovement
    return movement


def document_view(session: Session, uuid: UUID) -> DocumentView:
    """Raises UnknownMovement."""
    movement = movement_by_uuid(session, uuid)
    reversed_by = session.exec(select(StockMovement).where(StockMovement.reverses_id == movement.id)).first()
    return DocumentView(
        uuid=movement.uuid,
        number=number_of(movement),
        kind=movement.kind,
        occurred_on=movement.occurred_on,
        recorded_at=movement.recorded_at,
        facility=session.get_one(Facility, movement.facility_id),
        counterparty=session.get(Facility, movement.counterparty_id) if movement.counterparty_id else None,
        party=movement.party,
        reference=movement.reference,
        note=movement.note,
        user=session.get(User, movement.user_id) if movement.user_id else None,
        lines=_document_lines(session, movement),
        reverses=session.get(StockMovement, movement.reverses_id) if movement.reverses_id else None,
        reversed_by=reversed_by,
        shipment=shipment_of(session, movement),
    )


def shipment_of(session: Session, movement: StockMovement) -> StockMovement | None:
    """The dispatch of the shipment that a document belongs to."""
    tie = session.get(ShipmentDocument, movement.id)
    return session.get(StockMovement, tie.shipment_id) if tie else None


def _document_lines(session: Session, movement: StockMovement) -> list[DocumentLine]:
    line, account = StockMovementLine, STOCK if _touches_a_shelf(session, movement) else TRANSIT
    found = session.exec(
        select(line, Item, Lot, Reason)
        .join(Item, col(Item.id) == line.item_id)
        .join(Lot, col(Lot.id) == line.lot_id)
        .outerjoin(Reason, col(Reason.code) == line.reason)
        .where(line.movement_id == movement.id, line.account == account, line.facility_id == movement.facility_id)
        .order_by(col(line.line_no))
    )
    moves_status = RULES[movement.kind].account == STOCK  # both sides are on the maker's shelf: show the first
    rows = [
        DocumentLine(item, lot, li.channel, li.status, li.quantity, li.counted, why) for li, item, lot, why in found
    ]
    return rows[::2] if moves_status else rows


def _touches_a_shelf(session: Session, movement: StockMovement) -> bool:
    """Whether the document, or the one it undoes, moves something on a shelf: what is lost on the way does not."""
    undone = session.get(StockMovement, movement.reverses_id) if movement.reverses_id else None
    return (undone or movement).kind != Kind.TRANSIT_LOSS


def number_of(movement: StockMovement) -> str:
    return document_number(movement.kind, movement.year, movement.number)


def recent_documents(session: Session, facility_id: int, limit: int = 20) -> list[StockMovement]:
    """The documents a facility made or received goods by, the latest recorded first."""
    either = or_(col(StockMovement.facility_id) == facility_id, col(StockMovement.counterparty_id) == facility_id)
    newest = col(StockMovement.id).desc()
    return list(session.exec(select(StockMovement).where(either).order_by(newest).limit(limit)))


def received_since(session: Session, facility_id: int, since: date) -> list[StockMovement]:
    """The documents by which others handed goods over to a facility from `since` on, the latest first."""
    sent = select(StockMovement).where(StockMovement.counterparty_id == facility_id, StockMovement.occurred_on >= since)
    at_once = col(StockMovement.id).not_in(select(ShipmentDocument.movement_id))
    return list(session.exec(sent.where(at_once).order_by(col(StockMovement.id).desc())))
