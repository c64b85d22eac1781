"""What the sender does about a shipment: settling the differences, and taking back what has not arrived."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlmodel import Session, select

from lmis.db import id_of
from lmis.errors import Refused
from lmis.shipments import refusals
from lmis.shipments.delivering import refuse
from lmis.shipments.locking import locked
from lmis.shipments.models import DifferenceSettlement
from lmis.shipments.queries import DifferenceView, ShipmentView
from lmis.shipments.reasons import reasons_for
from lmis.shipments.rules import OFFERED, Difference, Settlement, State
from lmis.stock.documents import RECALLED, USABLE, Document, Kind, Line
from lmis.stock.posting import post
from lmis.stock.reference import SENT_UNRECORDED
from lmis.stock.refusals import BadQuantity, ClashingId, LineRefused, NeedsReason
from lmis.stock.rules import MAX_QUANTITY

MADE_BY: dict[str, Kind] = {  # the document that a settlement becomes; an explanation moves nothing
    Settlement.LOST: Kind.TRANSIT_LOSS,
    Settlement.SENT_BACK: Kind.SENT_BACK,
    Settlement.TAKEN: Kind.ADJUSTMENT,
}
SETTLED_BY = (Kind.TRANSIT_LOSS, Kind.SENT_BACK, Kind.QUARANTINE, Kind.ADJUSTMENT)  # in the order they are posted


@dataclass(frozen=True, slots=True)
class Settled:
    """What the sender says became of (a part of) a difference, in base units."""

    difference_id: int
    settlement: str
    quantity: int
    reason: str | None = None
    note: str | None = None


class _Move(NamedTuple):
    """A line of a document, with the number of the settlement it comes from."""

    number: int
    kind: Kind
    line: Line


def settle_differences(
    session: Session,
    *,
    uuid: UUID,
    shipment: UUID,
    facility_id: int,
    settled: Sequence[Settled],
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> None:
    """Settle differences, all or none, dated today. The same form again changes nothing.

    What was damaged and is back goes into quarantine. Raises NotAShipment, or Refused with every refusal, whose `line`
    is the index in `settled`.
    """
    view = locked(session, shipment, sender_id=facility_id)
    if _known(session, uuid, settled):
        return
    by_id = {id_of(it.difference): it for it in view.differences}
    refuse(_faults(session, by_id, settled))
    moves = [move for i, it in enumerate(settled) for move in _moves(i, it, by_id[it.difference_id])]
    with session.begin_nested():
        posted = _post(session, view, uuid, moves, today=today, now=now, user_id=user_id)
        for it in settled:
            by_id[it.difference_id].difference.settled += it.quantity
            made = posted.get(MADE_BY.get(it.settlement, ""))
            session.add(
                DifferenceSettlement(
                    uuid=uuid,
                    difference_id=it.difference_id,
                    settlement=it.settlement,
                    quantity=it.quantity,
                    reason=it.reason,
                    note=it.note,
                    settled_at=now.astimezone(UTC),
                    user_id=user_id,
                    movement_id=made,
                )
            )
        session.flush()


def _known(session: Session, uuid: UUID, settled: Sequence[Settled]) -> bool:
    """Whether the form was settled before. Raises Refused when it then said something else."""
    before = session.exec(select(DifferenceSettlement).where(DifferenceSettlement.uuid == uuid)).all()
    told = {(it.difference_id, it.settlement, it.quantity) for it in before}
    if told and told != {(it.difference_id, it.settlement, it.quantity) for it in settled}:
        raise Refused([ClashingId()])
    return bool(told)


def _faults(session: Session, by_id: Mapping[int, DifferenceView], settled: Sequence[Settled]) -> list[LineRefused]:
    if not settled:
        return [refusals.NothingSettled()]
    reasons = {it.code for it in reasons_for(session, Kind.TRANSIT_LOSS)}
    left = {id_: it.open for id_, it in by_id.items()}
    faults: list[LineRefused] = []
    for number, it in enumerate(settled):
        view = by_id.get(it.difference_id)
        if view is None:
            faults.append(refusals.UnknownDifference().at(0, number))
            continue
        faults += [fault.at(0, number) for fault in _fault(it, view, left[it.difference_id], reasons)]
        left[it.difference_id] -= it.quantity
    return faults


def _fault(settled: Settled, view: DifferenceView, left: int, reasons: Collection[str]) -> Iterator[LineRefused]:
    lot = view.lot.number or "—"
    if settled.settlement not in OFFERED[view.difference.kind]:
        yield refusals.WrongSettlement()
    if not 0 < settled.quantity <= MAX_QUANTITY:
        yield BadQuantity(quantity=settled.quantity)
    elif left <= 0:
        yield refusals.SettledBefore(lot=lot)
    elif settled.quantity > left:
        yield refusals.MoreThanOpen(open=left, lot=lot, entered=settled.quantity)
    if settled.settlement == Settlement.LOST and settled.reason not in reasons:
        yield NeedsReason()
    if settled.settlement == Settlement.EXPLAINED and not settled.note:
        yield refusals.NeedsExplanation()


def _moves(number: int, settled: Settled, view: DifferenceView) -> Iterator[_Move]:
    """The lines that settle a difference; damaged goods that are back are held apart."""
    it = view.difference
    kind = MADE_BY.get(settled.settlement)
    if kind is None:
        return
    goods = (it.item_id, it.lot_id, it.channel)
    if kind == Kind.ADJUSTMENT:
        status = RECALLED if view.lot.recalled_on else USABLE
        yield _Move(number, kind, Line(*goods, -settled.quantity, status, SENT_UNRECORDED))
        return
    yield _Move(number, kind, Line(*goods, settled.quantity, it.status, settled.reason))
    usable = it.status == USABLE and view.lot.recalled_on is None
    if kind == Kind.SENT_BACK and it.kind == Difference.DAMAGED and usable:
        yield _Move(number, Kind.QUARANTINE, Line(*goods, settled.quantity, USABLE, it.reason))


def _post(
    session: Session,
    view: ShipmentView,
    uuid: UUID,
    moves: Sequence[_Move],
    *,
    today: date,
    now: datetime,
    user_id: int | None,
) -> dict[str, int]:
    """Post the documents that settle, one of each kind. Returns the movement's id by kind."""
    by_kind = [[move for move in moves if move.kind == kind] for kind in SETTLED_BY]
    groups = [group for group in by_kind if group]
    documents = [
        Document(
            settlement_document(uuid, group[0].kind),
            group[0].kind,
            today,
            id_of(view.head.sender),
            [move.line for move in group],
            shipment=None if group[0].kind == Kind.QUARANTINE else view.head.uuid,
        )
        for group in groups
    ]
    try:
        posted = post(session, documents, today=today, now=now, user_id=user_id) if documents else []
    except Refused as refused:
        for fault in refused.refusals:
            if isinstance(fault, LineRefused) and fault.line is not None:
                fault.at(0, groups[fault.document][fault.line].number)
        raise
    return {it.kind: it.id for it in posted}


def settlement_document(uuid: UUID, kind: str) -> UUID:
    """The id of the document of a kind that a form of settlements made."""
    return uuid5(uuid, kind)


def call_back(
    session: Session,
    *,
    uuid: UUID,
    shipment: UUID,
    facility_id: int,
    reason: str,
    note: str | None,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> None:
    """Take everything that is on the way back onto the sender's shelf, today. The same form again changes nothing.

    Only while nobody has confirmed or disputed anything. Raises NotAShipment, or Refused.
    """
    view = locked(session, shipment, sender_id=facility_id)
    if all(it.uuid != uuid for it in view.documents):
        refuse(_call_back_faults(session, view, reason))
    lines = [
        Line(it.goods.item_id, it.goods.lot_id, it.goods.channel, it.goods.sent, it.goods.status, reason)
        for it in view.lines
    ]
    whole = Document(uuid, Kind.SENT_BACK, today, facility_id, lines, note=note, shipment=shipment)
    post(session, [whole], today=today, now=now, user_id=user_id)


def _call_back_faults(session: Session, view: ShipmentView, reason: str) -> list[LineRefused]:
    if view.confirmed:
        name, moment = view.confirmed_by
        return [refusals.CannotCallBack(name=name, moment=moment)]
    if not view.on_the_way or view.state != State.ON_THE_WAY:
        return [refusals.NothingToCallBack()]
    offered = {it.code for it in reasons_for(session, Kind.SENT_BACK)}
    return [] if reason in offered else [NeedsReason()]
