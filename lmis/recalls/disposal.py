"""Destroying what may not be used any more, with the record that the committee signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lmis.catalog.models import Channel
from lmis.errors import Refused
from lmis.recalls.models import DisposalRecord
from lmis.stock.documents import QUARANTINED, RECALLED, Document, Kind, Posted
from lmis.stock.models import Reason, StockMovement
from lmis.stock.papers import PricedLine, priced_lines, total_amount
from lmis.stock.posting import post
from lmis.stock.queries import DocumentView, ShelfLot, UnknownMovement, document_view
from lmis.stock.refusals import ClashingId
from lmis.stock.shelves import Shelf, blocked, lot_key, reasons, shelves

EXPIRED = "expired"
FIRST = (RECALLED, EXPIRED, QUARANTINED)  # the order in which lots stand on the form; the usable come last
NOT_THERE = frozenset({"lost", "stolen", "destroyed"})
USUAL_REASON = {RECALLED: "recalled", EXPIRED: "expired", QUARANTINED: "quality", None: ""}


@dataclass(frozen=True, slots=True)
class Record:
    """What the paper says of a destruction beside its lines. members: of the committee, one a line."""

    method: str
    place: str
    members: str
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A lot that may be destroyed. why: recalled, expired or quarantined; None: it is fit for use."""

    key: str
    shelf: Shelf
    lot: ShelfLot
    why: str | None

    @property
    def reason(self) -> str:
        """The code of the reason proposed."""
        return USUAL_REASON[self.why]


@dataclass(frozen=True, slots=True)
class Disposal:
    """A destruction as its record shows it. values: whole đồng of each priced channel."""

    document: DocumentView
    record: DisposalRecord
    lines: list[PricedLine]
    values: list[tuple[Channel, int]]
    total: int | None


def rows(session: Session, facility_id: int, on: date) -> list[Row]:
    """Every lot on a facility's shelves, what should be destroyed first."""
    every = [
        Row(lot_key(lot), shelf, lot, blocked(lot, on)) for shelf in shelves(session, facility_id) for lot in shelf.lots
    ]
    return sorted(every, key=lambda row: FIRST.index(row.why) if row.why in FIRST else len(FIRST))


def reasons_to_destroy(session: Session) -> list[Reason]:
    """Those of a write-off, without what says that the goods are not there."""
    return [it for it in reasons(session, Kind.LOSS) if it.code not in NOT_THERE]


def dispose(
    session: Session,
    document: Document,
    record: Record,
    *,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> Posted:
    """Take the document's lines off the shelf as destroyed and keep the record. The same sent again changes nothing.

    Raises Refused with every refusal of the ledger, or where the paper said something else when it was sent before.
    """
    whole = replace(document, kind=Kind.DISPOSAL, reference=record.decision)
    posted = post(session, [whole], today=today, now=now, user_id=user_id)[0]
    if posted.created:
        session.add(
            DisposalRecord(
                movement_id=posted.id,
                method=record.method,
                decision=record.decision,
                place=record.place,
                members=record.members,
            )
        )
        session.flush()
    elif not _is_same(session.get(DisposalRecord, posted.id), record):
        raise Refused([ClashingId().at(0)])
    return posted


def _is_same(known: DisposalRecord | None, record: Record) -> bool:
    return known is not None and record == Record(known.method, known.place, known.members, known.decision)


def disposal_of(session: Session, uuid: UUID, facility_id: int) -> Disposal:
    """The record of a facility's disposal. Raises UnknownMovement."""
    found = session.exec(
        select(DisposalRecord)
        .join(StockMovement, col(StockMovement.id) == DisposalRecord.movement_id)
        .where(StockMovement.uuid == uuid, StockMovement.facility_id == facility_id)
    ).first()
    if found is None:
        raise UnknownMovement
    document = document_view(session, uuid)
    lines = priced_lines(session, document)
    return Disposal(document, found, lines, _values(lines), total_amount(lines))


def _values(lines: Sequence[PricedLine]) -> list[tuple[Channel, int]]:
    by_code = {line.channel.code: line.channel for line in lines if line.channel.priced}
    sums = {code: sum(line.amount or 0 for line in lines if line.channel.code == code) for code in by_code}
    return [(by_code[code], dong) for code, dong in sums.items()]


def recent_disposals(session: Session, facility_id: int, limit: int = 20) -> list[StockMovement]:
    """The latest destructions of a facility that have a record, the newest first."""
    own = select(StockMovement).join(DisposalRecord, col(DisposalRecord.movement_id) == StockMovement.id)
    newest = col(StockMovement.id).desc()
    return list(session.exec(own.where(StockMovement.facility_id == facility_id).order_by(newest).limit(limit)))
