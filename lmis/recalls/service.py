"""Recalling a lot, letting it go again, and sending it back: each one transaction over every facility that holds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlmodel import Session, col, select

from lmis.catalog.models import Item, Lot
from lmis.db import id_of
from lmis.i18n import Name
from lmis.network.models import Facility
from lmis.recalls import refusals
from lmis.recalls.holders import Holding, holdings, on_the_way
from lmis.recalls.models import LotRecall, LotRecallHolding
from lmis.recalls.tree import acting_for, tree_of
from lmis.sql import Sql
from lmis.stock.documents import LOT_RECALL, RECALLED, Document, Kind, Line, Posted, document_number
from lmis.stock.models import StockMovement
from lmis.stock.numbering import take_numbers
from lmis.stock.posting import post

# Every posting locks rows of facility first. Taking the table waits for those under way and holds the next ones off,
# so that nobody gives out a lot that was not yet recalled when they looked. SQLite has its one writer.
STOP_POSTINGS = "LOCK TABLE facility IN EXCLUSIVE MODE"
LAST_MOVEMENT = "SELECT COALESCE(MAX(id), 0) FROM stock_movement"
KEEP_HOLDING = "INSERT INTO lot_recall_holding (recall_id, facility_id, channel, held, coming) VALUES (?, ?, ?, ?, ?)"
NAMED = 3  # facilities in a refusal; the rest are counted
WHY = "recalled"  # the reason on the lines of what is sent back


@dataclass(frozen=True, slots=True)
class Order:
    """A recall as it is asked for. facility_id: who recalls, and where the lot goes back to."""

    uuid: UUID
    lot_id: int
    facility_id: int
    reason: str
    decision: str | None = None
    note: str | None = None


def recall_lot(session: Session, order: Order, *, today: date, now: datetime, user_id: int | None = None) -> LotRecall:
    """Block a lot everywhere and write down who held it. The same order sent again changes nothing.

    Raises NoSuchLot, AlreadyRecalled, HeldElsewhere, HeldByNobody, UnlottedStock, RecallClash or Refused.
    """
    sql = Sql(session)
    _stop_postings(sql)
    known = session.exec(select(LotRecall).where(LotRecall.uuid == order.uuid)).first()
    if known is not None:
        if (known.lot_id, known.facility_id) != (order.lot_id, order.facility_id):
            raise refusals.RecallClash
        return known
    lot = recallable(session, order.lot_id, order.facility_id, today)
    lot.recalled_on = today
    session.add(lot)
    recall = _numbered(session, sql, order, today, now, user_id)
    held = holdings(sql, order.lot_id, today)
    _keep_holdings(sql, recall, held)
    _post(session, _blocking(recall, lot, held, today), today, now, user_id)
    return recall


def recallable(session: Session, lot_id: int, facility_id: int, today: date) -> Lot:
    """The lot, when the facility may recall it. Raises NoSuchLot, AlreadyRecalled, HeldElsewhere or HeldByNobody."""
    lot = session.get(Lot, lot_id)
    if lot is None:
        raise refusals.NoSuchLot
    item = session.get_one(Item, lot.item_id)
    words: dict[str, object] = {"lot": lot.number, "item": Name(item.name_vi, item.name_en)}
    if not lot.number_key:
        raise refusals.UnlottedStock(item=words["item"])
    if lot.recalled_on is not None:
        raise refusals.AlreadyRecalled(recalled_on=lot.recalled_on, **words)
    sql = Sql(session)
    places = {it.facility_id for it in holdings(sql, lot_id, today)} | {it.sender for it in on_the_way(sql, lot_id)}
    tree = tree_of(sql, {*places, facility_id}, today)
    others = [tree.spots[it].name for it in sorted(places) if not tree.within(it, facility_id)]
    if others:
        raise refusals.HeldElsewhere(holders=_some(others), **words)
    if not places and facility_id in tree.parents:
        raise refusals.HeldByNobody(facility=tree.spots[facility_id].name, **words)
    return lot


def _some(names: Sequence[str]) -> str:
    more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _stop_postings(sql: Sql) -> None:
    if not sql.sqlite:
        sql.execute(STOP_POSTINGS)


def _numbered(session: Session, sql: Sql, order: Order, today: date, now: datetime, user_id: int | None) -> LotRecall:
    number = take_numbers(session, [order.facility_id], LOT_RECALL, today.year)[0]
    recall = LotRecall(
        uuid=order.uuid,
        lot_id=order.lot_id,
        facility_id=order.facility_id,
        year=today.year,
        number=number,
        recalled_on=today,
        reason=order.reason,
        decision=order.decision,
        note=order.note,
        since_id=sql.rows(LAST_MOVEMENT)[0][0],
        user_id=user_id,
        recorded_at=now,
    )
    session.add(recall)
    session.flush()
    return recall


def _keep_holdings(sql: Sql, recall: LotRecall, held: Iterable[Holding]) -> None:
    rows: dict[tuple[int, str], list[int]] = {}
    for it in held:
        row = rows.setdefault((it.facility_id, it.channel), [0, 0])
        row[0] += it.held
        row[1] += it.coming
    sql.insert(KEEP_HOLDING, [(id_of(recall), *key, *row) for key, row in sorted(rows.items())])


def _blocking(recall: LotRecall, lot: Lot, held: Iterable[Holding], today: date) -> list[Document]:
    """A document at each facility that moves what it holds to the recalled status."""
    return _by_facility(
        recall.uuid,
        Kind.RECALL,
        [it for it in held if it.held and it.status != RECALLED],
        lot,
        today,
        number_of(recall),
    )


def _by_facility(
    seed: UUID,
    kind: Kind,
    held: Iterable[Holding],
    lot: Lot,
    today: date,
    reference: str | None,
    to: int | None = None,
) -> list[Document]:
    """One document a facility; its id follows from the seed, so that the same work sent again is the same document."""
    lines: dict[int, list[Line]] = {}
    for it in held:
        reason = WHY if to else None
        line = Line(lot.item_id, id_of(lot), it.channel, it.held, it.status, reason)
        lines.setdefault(it.facility_id, []).append(line)
    return [
        Document(
            paper_id(seed, kind, facility), kind, today, facility, its,
            counterparty_id=to, reference=reference, shipped=to is not None,
        )
        for facility, its in sorted(lines.items())
    ]  # fmt: skip


def paper_id(seed: UUID, kind: Kind, facility_id: int) -> UUID:
    """The id of the document that a piece of work makes at a facility."""
    return uuid5(seed, f"{kind} {facility_id}")


def _post(
    session: Session, documents: Sequence[Document], today: date, now: datetime, user_id: int | None
) -> list[Posted]:
    return post(session, documents, today=today, now=now, user_id=user_id) if documents else []


def number_of(recall: LotRecall) -> str:
    return document_number(LOT_RECALL, recall.year, recall.number)


def lift_recall(
    session: Session,
    uuid: UUID,
    facility_id: int,
    reason: str,
    *,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> LotRecall:
    """Make a recalled lot usable again wherever it lies.

    Raises UnknownRecall, NotTheRecallers, AlreadyLifted, StillOnTheWay, or Refused by the ledger.
    """
    sql = Sql(session)
    _stop_postings(sql)
    recall = recall_by_uuid(session, uuid)
    if recall.facility_id != facility_id:
        raise refusals.NotTheRecallers(facility=session.get_one(Facility, recall.facility_id).name)
    if recall.lifted_on is not None:
        raise refusals.AlreadyLifted(lifted_on=recall.lifted_on)
    moving = sum(it.quantity for it in on_the_way(sql, recall.lot_id) if it.status == RECALLED)
    if moving:
        raise refusals.StillOnTheWay(units=moving)
    lot = session.get_one(Lot, recall.lot_id)
    held = [it for it in holdings(sql, recall.lot_id, today) if it.held and it.status == RECALLED]
    lot.recalled_on = None
    recall.lifted_on, recall.lifted_by_id, recall.lift_reason = today, user_id, reason
    session.add_all((lot, recall))
    session.flush()
    _post(session, _by_facility(recall.uuid, Kind.RELEASE, held, lot, today, number_of(recall)), today, now, user_id)
    return recall


def recall_by_uuid(session: Session, uuid: UUID) -> LotRecall:
    """Raises UnknownRecall."""
    recall = session.exec(select(LotRecall).where(LotRecall.uuid == uuid)).first()
    if recall is None:
        raise refusals.UnknownRecall
    return recall


def send_back(
    session: Session,
    seed: UUID,
    recall: LotRecall,
    place_id: int,
    *,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> list[UUID]:
    """Ship what is still held of a recalled lot to the facility that recalled it. Returns the shipments' ids.

    From a lower place: what it holds, and what those under it hold who have nobody to send it. From the recalling
    facility: what anybody still holds. seed: of the form; the same sent again gives the same shipments.
    Raises AlreadyLifted, NothingToSendBack, or Refused by the ledger.
    """
    if recall.lifted_on is not None:
        raise refusals.AlreadyLifted(lifted_on=recall.lifted_on)
    sql = Sql(session)
    if known := _sent_before(session, seed, recall):
        return known
    lot = session.get_one(Lot, recall.lot_id)
    held = [it for it in holdings(sql, recall.lot_id, today) if it.held and it.status == RECALLED]
    senders = senders_of(sql, recall, place_id, {it.facility_id for it in held}, today)
    to_send = [it for it in held if it.facility_id in senders]
    if not to_send:
        raise refusals.NothingToSendBack
    documents = _by_facility(seed, Kind.RETURN, to_send, lot, today, number_of(recall), to=recall.facility_id)
    return [done.uuid for done in _post(session, documents, today, now, user_id)]


def _sent_before(session: Session, seed: UUID, recall: LotRecall) -> list[UUID]:
    """The shipments that the same form made."""
    kept = select(LotRecallHolding.facility_id).where(LotRecallHolding.recall_id == recall.id).distinct()
    wanted = [paper_id(seed, Kind.RETURN, facility) for facility in session.exec(kept)]
    return list(session.exec(select(StockMovement.uuid).where(col(StockMovement.uuid).in_(wanted))))


def senders_of(sql: Sql, recall: LotRecall, place_id: int, holders: Iterable[int], today: date) -> set[int]:
    """Those of the holders for whom somebody at a place sends the lot back."""
    ids = set(holders) - {recall.facility_id}
    tree = tree_of(sql, ids | {place_id}, today)
    if place_id == recall.facility_id:
        return {it for it in ids if tree.within(it, place_id)}
    acting = acting_for(sql, tree, ids)
    return {it for it in ids if tree.within(it, place_id) and place_id in (it, acting[it])}
