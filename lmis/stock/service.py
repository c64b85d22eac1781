"""What people do with stock, each an act that ends in one document of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from lmis.errors import LmisError, Refused
from lmis.sql import Sql
from lmis.stock.documents import Document, Kind, Line, Posted
from lmis.stock.lots import find_or_add_lots
from lmis.stock.numbering import lock_facilities
from lmis.stock.posting import post
from lmis.stock.queries import movement_by_uuid
from lmis.stock.refusals import LineRefused


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """One line of a goods receipt, in base units; lot '' is the item's own unlotted stock."""

    item_id: int
    lot: str
    expires_on: date | None
    channel: str
    quantity: int


class LotRefused(LineRefused):
    """What is wrong with the lot of a line."""

    field = "lot"

    def __init__(self, why: LmisError) -> None:
        super().__init__()
        self.message = why.message
        self.status_code = why.status_code


def receive_stock(
    session: Session,
    *,
    uuid: UUID,
    facility_id: int,
    occurred_on: date,
    lines: Sequence[ReceivedLine],
    supplier: str | None,
    reference: str | None,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> Posted:
    """Take goods from a supplier into stock; lots not known yet are made.

    Raises Refused with every refusal (LineRefused); nothing is kept then, no new lot either.
    """
    with session.begin_nested():
        lock_facilities(Sql(session), [facility_id])
        wanted = [(line.item_id, line.lot, line.expires_on) for line in lines]
        lots = find_or_add_lots(session, wanted, add=True, only_at=facility_id)
        faults = [LotRefused(lot).at(0, i) for i, lot in enumerate(lots) if isinstance(lot, LmisError)]
        if faults:
            raise Refused(faults)
        asked = [
            Line(line.item_id, lot, line.channel, line.quantity)
            for line, lot in zip(lines, lots, strict=True)
            if isinstance(lot, int)
        ]
        receipt = Document(
            uuid, Kind.RECEIPT, occurred_on, facility_id, asked, party=supplier or None, reference=reference or None
        )
        return post(session, [receipt], today=today, now=now, user_id=user_id)[0]


def reverse_document(
    session: Session,
    *,
    uuid: UUID,
    reverses: UUID,
    note: str,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> Posted:
    """Undo a document today: the same lots and quantities with the opposite sign.

    note: why, in words. Raises UnknownMovement, or Refused with every refusal.
    """
    original = movement_by_uuid(session, reverses)
    reversal = Document(uuid, Kind.REVERSAL, today, original.facility_id, [], note=note or None, reverses=reverses)
    return post(session, [reversal], today=today, now=now, user_id=user_id)[0]
