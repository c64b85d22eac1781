"""What follows a recall: the lot is sent back, or the recall is lifted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from lmis.catalog.models import Lot
from lmis.network.models import Facility
from lmis.recalls import refusals
from lmis.recalls.holders import Holding, holdings, on_the_way
from lmis.recalls.models import LotRecall, LotRecallHolding
from lmis.recalls.service import by_facility, number_of, paper_id, post_all, recall_by_uuid, stop_postings
from lmis.recalls.tree import acting_for, tree_of
from lmis.sql import Sql
from lmis.stock.documents import RECALLED, USABLE, Kind
from lmis.stock.models import StockMovement

# What was in quarantine when the lot was recalled, or when it was sent and has landed since.
WAS_QUARANTINED = """
    SELECT m.facility_id, l.channel, CAST(SUM(-l.quantity) AS BIGINT)
    FROM stock_movement_line l JOIN stock_movement m ON m.id = l.movement_id
        LEFT JOIN stock_movement o ON o.id = m.reverses_id
    WHERE l.lot_id = :lot AND l.movement_id > :since AND l.status = 'quarantined' AND l.account IN ('stock', 'transit')
        AND COALESCE(o.kind, m.kind) IN ('recall', 'delivery', 'sent_back')
    GROUP BY m.facility_id, l.channel ORDER BY m.facility_id, l.channel"""


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
    """Make a recalled lot usable again wherever it lies; what of it was in quarantine is so again.

    Raises UnknownRecall, NotTheRecallers, AlreadyLifted, StillOnTheWay, or Refused by the ledger.
    """
    sql = Sql(session)
    stop_postings(sql)
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
    apart = _held_apart(sql, recall, held)
    seed, number = uuid4(), number_of(recall)  # nobody has taken these ids before
    documents = by_facility(seed, Kind.RELEASE, held, lot, today, number)
    documents += by_facility(seed, Kind.QUARANTINE, apart, lot, today, number)
    post_all(session, documents, today, now, user_id)
    return recall


def _held_apart(sql: Sql, recall: LotRecall, released: Sequence[Holding]) -> list[Holding]:
    """What of the goods let go goes back into quarantine: where it was; what has left there, at the recalling facility.

    Nobody can tell the units of a lot apart, so as many are held as are still there.
    """
    left = Counter({(it.facility_id, it.channel): it.held for it in released})
    apart: Counter[tuple[int, str]] = Counter()
    was = [((facility, channel), units) for facility, channel, units in sql.rows(
        WAS_QUARANTINED, lot=recall.lot_id, since=recall.since_id
    )]  # fmt: skip
    moved = []
    for place, units in was:
        apart[place] += (held := min(units, left[place]))
        left[place] -= held
        moved.append(((recall.facility_id, place[1]), units - held))
    for place, units in moved:
        apart[place] += (held := min(units, left[place]))
        left[place] -= held
    return [Holding(*place, USABLE, units, 0) for place, units in apart.items() if units > 0]


def send_back(
    session: Session,
    seed: UUID,
    uuid: UUID,
    place_id: int,
    *,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> list[UUID]:
    """Ship what is still held of a recalled lot to the facility that recalled it. Returns the ids of the shipments.

    From a lower place: what it holds, and what those under it hold who have nobody to send it. From the recalling
    facility: what anybody still holds. seed: of the form; the same sent again gives the same shipments.
    Raises UnknownRecall, AlreadyLifted, NothingToSendBack, or Refused by the ledger.
    """
    recall = recall_by_uuid(session, uuid)
    if recall.lifted_on is not None:
        raise refusals.AlreadyLifted(lifted_on=recall.lifted_on)
    if known := _sent_before(session, seed, recall):
        return known
    held = _to_send(session, recall, place_id, today)
    if not held:
        raise refusals.NothingToSendBack
    lot = session.get_one(Lot, recall.lot_id)
    documents = by_facility(seed, Kind.RETURN, held, lot, today, number_of(recall), to=recall.facility_id)
    return [done.uuid for done in post_all(session, documents, today, now, user_id)]


def to_send(session: Session, uuid: UUID, place_id: int, today: date) -> tuple[int, int]:
    """From how many facilities the button of a place sends the lot back, and how many base units."""
    recall = recall_by_uuid(session, uuid)
    held = _to_send(session, recall, place_id, today) if recall.lifted_on is None else []
    return len({it.facility_id for it in held}), sum(it.held for it in held)


def _to_send(session: Session, recall: LotRecall, place_id: int, today: date) -> list[Holding]:
    sql = Sql(session)
    held = [it for it in holdings(sql, recall.lot_id, today) if it.held and it.status == RECALLED]
    senders = _senders(sql, recall, place_id, {it.facility_id for it in held}, today)
    return [it for it in held if it.facility_id in senders]


def _sent_before(session: Session, seed: UUID, recall: LotRecall) -> list[UUID]:
    """The shipments that the same form made."""
    kept = select(LotRecallHolding.facility_id).where(LotRecallHolding.recall_id == recall.id).distinct()
    wanted = [paper_id(seed, Kind.RETURN, facility) for facility in session.exec(kept)]
    return list(session.exec(select(StockMovement.uuid).where(col(StockMovement.uuid).in_(wanted))))


def _senders(sql: Sql, recall: LotRecall, place_id: int, holders: Iterable[int], today: date) -> set[int]:
    """Those of the holders for whom somebody at a place sends the lot back."""
    ids = set(holders) - {recall.facility_id}
    tree = tree_of(sql, ids | {place_id}, today)
    if place_id == recall.facility_id:
        return {it for it in ids if tree.within(it, place_id)}
    acting = acting_for(sql, tree, ids)
    return {it for it in ids if tree.within(it, place_id) and place_id in (it, acting[it])}
