"""Documents as lists and pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from lmis.catalog.models import Channel, Item
from lmis.catalog.service import price_on
from lmis.db import id_of
from lmis.network.models import Facility
from lmis.stock.documents import RULES
from lmis.stock.models import StockMovement
from lmis.stock.queries import DocumentLine, DocumentView, number_of, shelf
from lmis.stock.shelves import channels


@dataclass(frozen=True, slots=True)
class Paper:
    """A document in a list. name: a message id; other: the other facility's name, or the party outside, or ''."""

    uuid: UUID
    number: str
    name: str
    occurred_on: date
    maker: str
    other: str
    reference: str


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A document's line. price: whole đồng a base unit, None where the channel has none."""

    line: DocumentLine
    channel: Channel
    price: int | None

    @property
    def quantity(self) -> int:
        """Base units as the paper shows them: what moved, without a sign."""
        return abs(self.line.quantity)

    @property
    def amount(self) -> int | None:
        return None if self.price is None else self.price * self.quantity


def papers(session: Session, movements: Iterable[StockMovement]) -> list[Paper]:
    """The movements in their order, with the names of who made and who got them."""
    rows = list(movements)
    ids = {id_ for row in rows for id_ in (row.facility_id, row.counterparty_id)}
    found = session.exec(select(Facility).where(col(Facility.id).in_(ids)))
    names = {facility.id: facility.name for facility in found}
    return [
        Paper(
            uuid=row.uuid,
            number=number_of(row),
            name=RULES[row.kind].name,
            occurred_on=row.occurred_on,
            maker=names[row.facility_id],
            other=names.get(row.counterparty_id) or row.party or "",
            reference=row.reference or "",
        )
        for row in rows
    ]


def parties(session: Session, document: DocumentView) -> list[Facility]:
    """Whom a document concerns: who made it, who got the goods, and both ends of the shipment it belongs to."""
    ends = (document.shipment.facility_id, document.shipment.counterparty_id) if document.shipment else ()
    others = [session.get(Facility, id_) for id_ in ends if id_]
    return [it for it in (document.facility, document.counterparty, *others) if it]


def priced_lines(session: Session, document: DocumentView) -> list[PricedLine]:
    """The document's lines with the prices of its day."""
    by_code = {channel.code: channel for channel in channels(session)}
    return [_priced(session, line, by_code[line.channel], document.occurred_on) for line in document.lines]


def _priced(session: Session, line: DocumentLine, channel: Channel, on: date) -> PricedLine:
    price = price_on(session, id_of(line.item), channel.code, on) if channel.priced else None
    return PricedLine(line, channel, price)


def left_on_shelf(session: Session, document: DocumentView) -> list[tuple[Item, int]]:
    """What the maker has now of each item of the document, in base units, usable or not."""
    on_hand: dict[int, int] = {}
    for lot in shelf(session, id_of(document.facility)):
        on_hand[lot.item_id] = on_hand.get(lot.item_id, 0) + lot.on_hand
    goods = {id_of(line.item): line.item for line in document.lines}
    return [(item, on_hand.get(id_, 0)) for id_, item in goods.items()]


def total_amount(lines: Sequence[PricedLine]) -> int | None:
    """Whole đồng of the lines that have a price; None when none has."""
    amounts = [line.amount for line in lines if line.amount is not None]
    return sum(amounts) if amounts else None
