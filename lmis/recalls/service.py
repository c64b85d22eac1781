"""Recalling a lot: one transaction over every facility that holds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlmodel import Session, select

from lmis.catalog.models import Item, Lot
from lmis.db import id_of
from lmis.i18n import Name
from lmis.network.models import Facility
from lmis.recalls import refusals
from lmis.recalls.holders import Holding, holdings, on_the_way
from lmis.recalls.models import LotRecall
from lmis.recalls.tree import tree_of
from lmis.sql import Sql
from lmis.stock.documents import LOT_RECALL, RECALLED, Document, Kind, Line, Posted, document_number
from lmis.stock.numbering import take_numbers
from lmis.stock.posting import post
from lmis.stock.rules import MAX_QUANTITY

# Every posting locks rows of facility first. Taking the table waits for those under way and holds the next ones off,
# so that nobody gives out a lot that was not yet recalled when they looked. SQLite has its one writer.
STOP_POSTINGS = "LOCK TABLE facility IN EXCLUSIVE MODE"
LAST_MOVEMENT = "SELECT COALESCE(MAX(id), 0) FROM stock_movement"
KEEP_HOLDING = "INSERT INTO lot_recall_holding (recall_id, facility_id, channel, held, coming) VALUES (?, ?, ?, ?, ?)"
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

    Raises NoSuchLot, AlreadyRecalled, HeldElsewhere, HeldByNobody, UnlottedStock, TooMuchHeld, RecallClash or Refused.
    """
    sql = Sql(session)
    stop_postings(sql)
    known = session.exec(select(LotRecall).where(LotRecall.uuid == order.uuid)).first()
    if known is not None:
        if not _is_same(known, order):
            raise refusals.RecallClash
        return known
    lot = recallable(session, order.lot_id, order.facility_id, today)
    lot.recalled_on = today
    session.add(lot)
    recall = _numbered(session, sql, order, today, now, user_id)
    held = holdings(sql, order.lot_id, today)
    _refuse_too_much(session, lot, held)
    _keep_holdings(sql, recall, held)
    post_all(session, _blocking(recall, lot, held, today), today, now, user_id)
    return recall


def _is_same(known: LotRecall, order: Order) -> bool:
    names = ("lot_id", "facility_id", "reason", "decision", "note")
    return all(getattr(known, name) == getattr(order, name) for name in names)


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
    others = sum(not tree.within(it, facility_id) for it in places)
    if others:  # which they are is not told: the reader may not see them
        raise refusals.HeldElsewhere(count=others, **words)
    if not places and facility_id in tree.parents:
        raise refusals.HeldByNobody(facility=tree.spots[facility_id].name, **words)
    return lot


def stop_postings(sql: Sql) -> None:
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


def _refuse_too_much(session: Session, lot: Lot, held: Iterable[Holding]) -> None:
    """What lies in several statuses becomes one recalled quantity, which has a most."""
    sums: Counter[tuple[int, str]] = Counter()
    for it in held:
        sums[it.facility_id, it.channel] += it.held
    for (facility_id, _), units in sums.items():
        if units > MAX_QUANTITY:
            name = session.get_one(Facility, facility_id).name
            raise refusals.TooMuchHeld(facility=name, units=units, lot=lot.number)


def _keep_holdings(sql: Sql, recall: LotRecall, held: Iterable[Holding]) -> None:
    rows: dict[tuple[int, str], list[int]] = {}
    for it in held:
        row = rows.setdefault((it.facility_id, it.channel), [0, 0])
        row[0] += it.held
        row[1] += it.coming
    sql.insert(KEEP_HOLDING, [(id_of(recall), *key, *row) for key, row in sorted(rows.items())])


def _blocking(recall: LotRecall, lot: Lot, held: Iterable[Holding], today: date) -> list[Document]:
    """A document at each facility that moves what it holds to the recalled status."""
    return by_facility(
        recall.uuid,
        Kind.RECALL,
        [it for it in held if it.held and it.status != RECALLED],
        lot,
        today,
        number_of(recall),
    )


def by_facility(
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


def post_all(
    session: Session, documents: Sequence[Document], today: date, now: datetime, user_id: int | None
) -> list[Posted]:
    return post(session, documents, today=today, now=now, user_id=user_id) if documents else []


def number_of(recall: LotRecall) -> str:
    return document_number(LOT_RECALL, recall.year, recall.number)


def recall_by_uuid(session: Session, uuid: UUID) -> LotRecall:
    """Raises UnknownRecall."""
    recall = session.exec(select(LotRecall).where(LotRecall.uuid == uuid)).first()
    if recall is None:
        raise refusals.UnknownRecall
    return recall
