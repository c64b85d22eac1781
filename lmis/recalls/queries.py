"""Finding lots to recall, and the recalls that concern a facility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lmis.accounts.models import User
from lmis.catalog.models import Item, Lot
from lmis.db import id_of
from lmis.i18n import search_key
from lmis.network.models import Facility
from lmis.network.service import parent_of, subtree_ids
from lmis.recalls.holders import holdings
from lmis.recalls.models import LotRecall
from lmis.recalls.refusals import UnknownRecall
from lmis.recalls.service import number_of, recall_by_uuid
from lmis.recalls.tree import Spot, Tree, acting_for, tree_of
from lmis.sql import Sql, as_day_or_none
from lmis.stock.documents import QUARANTINED, RECALLED, USABLE
from lmis.stock.lots import lot_key

MOST = 50  # lots found, recalls listed
LOTS = """
    SELECT l.id, l.number, i.id, i.name_vi, i.name_en, i.code, l.expires_on, l.recalled_on FROM lot l
    JOIN item i ON i.id = l.item_id
    WHERE l.number_key <> '' AND (l.number_key LIKE :number ESCAPE '!' OR ({words})){here}
    ORDER BY CASE WHEN l.number_key = :exact THEN 0 ELSE 1 END, i.name_sort, l.expires_on, l.number_key LIMIT :most"""
HERE = """ AND (EXISTS (SELECT 1 FROM stock_on_hand s WHERE s.lot_id = l.id AND s.facility_id IN (:under*))
        OR EXISTS (SELECT 1 FROM in_transit t WHERE t.lot_id = l.id AND t.receiver_id IN (:under*)))"""
THEN = """
    SELECT recall_id, facility_id, CAST(SUM(held + coming) AS BIGINT) FROM lot_recall_holding
    WHERE recall_id IN (:recalls*) GROUP BY recall_id, facility_id"""
NOW = """
    SELECT lot_id, facility_id, CAST(SUM(on_hand) AS BIGINT) FROM stock_on_hand
    WHERE lot_id IN (:lots*) AND on_hand > 0 GROUP BY lot_id, facility_id"""
MOVING = """
    SELECT lot_id, sender_id, receiver_id, CAST(SUM(quantity) AS BIGINT) FROM in_transit
    WHERE lot_id IN (:lots*) AND quantity > 0 GROUP BY lot_id, sender_id, receiver_id"""


class FoundLot(NamedTuple):
    id: int
    number: str
    item_id: int
    name_vi: str
    name_en: str
    item_code: str
    expires_on: date | None
    recalled_on: date | None


class Holder(NamedTuple):
    """What a facility holds of a lot by status, and what is on the way to it."""

    spot: Spot
    depth: int
    usable: int
    quarantined: int
    recalled: int
    coming: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a recall would block. documents: at how many facilities."""

    holders: list[Holder]
    documents: int
    held: int
    coming: int


@dataclass(frozen=True, slots=True)
class RecallView:
    """A recall as pages show it."""

    id: int
    uuid: UUID
    number: str
    lot: Lot
    item: Item
    facility: Facility
    recalled_on: date
    reason: str
    decision: str | None
    note: str | None
    user: User | None
    recorded_at: datetime
    lifted_on: date | None
    lifted_by: User | None
    lift_reason: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A recall in a list, as one facility sees it with all under it, in base units.

    still_held: not counting the facility that recalled; here: of that what the reader's own people send back;
    at_home: what is back at the facility that recalled, to be destroyed there.
    """

    recall: LotRecall
    lot: Lot
    item: Item
    recaller: Spot
    asked: int
    still_held: int
    here: int
    at_home: int
    on_the_way: int

    @property
    def number(self) -> str:
        return number_of(self.recall)

    @property
    def state(self) -> str:
        if self.recall.lifted_on is not None:
            return "lifted"
        return "out" if self.still_held or self.on_the_way else "back"


def find_lots(session: Session, typed: str, place_id: int, today: date) -> list[FoundLot]:
    """Lots whose number holds what was typed, in whatever case and with blanks or without, or whose item does.

    Those that a facility or any under it ever had or is sent; all of them at a facility at the top.
    """
    words = search_key(typed[:200]).split()
    key = lot_key(typed[:200])
    if not key:
        return []
    named = " AND ".join(f"i.name_search LIKE :word{n} ESCAPE '!'" for n in range(len(words))) or "1 = 0"
    patterns = {f"word{n}": f"%{_escaped(word)}%" for n, word in enumerate(words)}
    under = subtree_ids(session, place_id, today) if parent_of(session, place_id, today) else []
    lots = LOTS.format(words=named, here=HERE if under else "")
    here = {"under": under} if under else {}
    found = Sql(session).rows(lots, number=f"%{_escaped(key)}%", exact=key, most=MOST, **patterns, **here)
    return [FoundLot._make((*row[:6], as_day_or_none(row[6]), as_day_or_none(row[7]))) for row in found]


def _escaped(text: str) -> str:
    return "".join(f"!{char}" if char in "!%_" else char for char in text)


def preview(session: Session, lot_id: int, root: int, today: date) -> Preview:
    """Who under a facility holds a lot now."""
    sql = Sql(session)
    held = holdings(sql, lot_id, today)
    tree = tree_of(sql, {it.facility_id for it in held}, today)
    sums: dict[int, dict[str, int]] = {}
    for it in held:
        row = sums.setdefault(it.facility_id, dict.fromkeys((USABLE, QUARANTINED, RECALLED, "coming"), 0))
        row[it.status] += it.held
        row["coming"] += it.coming
    holders = [Holder(tree.spots[it], tree.depth(it, root), *sums[it].values()) for it in tree.in_order(sums, root)]
    on_shelves = [sum(it[2:5]) for it in holders]
    return Preview(holders, sum(map(bool, on_shelves)), sum(on_shelves), sum(it.coming for it in holders))


def recall_view(session: Session, uuid: UUID, place_id: int, today: date) -> RecallView:
    """A recall. Raises UnknownRecall when there is none, or it does not concern the facility."""
    recall = recall_by_uuid(session, uuid)
    if not standings(session, [recall], place_id, today):
        raise UnknownRecall
    lot = session.get_one(Lot, recall.lot_id)
    return RecallView(
        id=id_of(recall),
        uuid=recall.uuid,
        number=number_of(recall),
        lot=lot,
        item=session.get_one(Item, lot.item_id),
        facility=session.get_one(Facility, recall.facility_id),
        recalled_on=recall.recalled_on,
        reason=recall.reason,
        decision=recall.decision,
        note=recall.note,
        user=session.get(User, recall.user_id) if recall.user_id else None,
        recorded_at=recall.recorded_at,
        lifted_on=recall.lifted_on,
        lifted_by=session.get(User, recall.lifted_by_id) if recall.lifted_by_id else None,
        lift_reason=recall.lift_reason,
    )


def open_recalls(session: Session) -> list[LotRecall]:
    in_force = select(LotRecall).where(col(LotRecall.lifted_on).is_(None))
    return list(session.exec(in_force.order_by(col(LotRecall.id).desc())))


def recalls_of(session: Session, place_id: int, today: date) -> list[Standing]:
    """The recalls that concern a facility: those in force first, then the latest lifted."""
    lifted = select(LotRecall).where(col(LotRecall.lifted_on).is_not(None)).order_by(col(LotRecall.id).desc())
    return standings(session, [*open_recalls(session), *session.exec(lifted.limit(MOST))], place_id, today)


def standings(session: Session, recalls: Sequence[LotRecall], place_id: int, today: date) -> list[Standing]:
    """Those of the recalls that concern a facility: it made them, or it or one under it held or holds the lot."""
    if not recalls:
        return []
    sql = Sql(session)
    in_force = [it.lot_id for it in recalls if it.lifted_on is None]
    then = sql.rows(THEN, recalls=[id_of(it) for it in recalls])
    now = sql.rows(NOW, lots=in_force)
    moving = sql.rows(MOVING, lots=in_force)
    ends = {end for row in moving for end in row[1:3]}
    tree = tree_of(sql, {row[1] for row in (*then, *now)} | ends | {it.facility_id for it in recalls}, today)
    inside = {it for it in tree.spots if tree.within(it, place_id)}
    acting = acting_for(sql, tree, {row[1] for row in now} & inside)
    found = []
    for recall in recalls:
        concerned = recall.facility_id in inside
        asked = [row[2] for row in then if row[0] == recall.id and row[1] in inside]
        its = [] if recall.lifted_on else [row[1:] for row in now if row[0] == recall.lot_id and row[1] in inside]
        away = [] if recall.lifted_on else [row for row in moving if row[0] == recall.lot_id]
        coming = [row[3] for row in away if inside & set(row[1:3])]
        if concerned or asked or its or coming:
            held = [(facility, units) for facility, units in its if facility != recall.facility_id]
            here = sum(units for facility, units in held if place_id in (facility, acting[facility]))
            at_home = sum(units for facility, units in its if facility == recall.facility_id)
            units = (sum(asked), sum(u for _, u in held), here, at_home, sum(coming))
            found.append(_standing(session, recall, tree, *units))
    return found


def _standing(session: Session, recall: LotRecall, tree: Tree, *units: int) -> Standing:
    lot = session.get_one(Lot, recall.lot_id)
    item = session.get_one(Item, lot.item_id)
    return Standing(recall, lot, item, tree.spots[recall.facility_id], *units)
