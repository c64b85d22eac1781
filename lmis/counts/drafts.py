"""Counting: beginning a count, saving what was found as often as one likes, and adding lots that the book has not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, select

from lmis.catalog.models import Item, Lot
from lmis.catalog.service import item_channels
from lmis.counts.models import StockCount
from lmis.counts.queries import Entry, entries_since, moved_since
from lmis.counts.refusals import AlreadyOnTheList, CountIsOver, LotIsRecalled, NoItemsChosen, UnknownCount
from lmis.counts.rules import NOTHING, UNSAID, Merged, Said, State, merge
from lmis.db import id_of
from lmis.errors import LmisError
from lmis.i18n import Name
from lmis.network.models import Facility
from lmis.sql import Sql, stored
from lmis.stock.documents import USABLE
from lmis.stock.lots import find_or_add_lots
from lmis.stock.numbering import lock_facilities
from lmis.stock.refusals import ChannelNotAllowed, ClosedPeriod, FacilityClosed

LATEST = "SELECT COALESCE(MAX(id), 0) FROM stock_movement"
FREEZE = """
    INSERT INTO stock_count_line (count_id, line_no, item_id, lot_id, channel, status, book, added, included, version)
    SELECT :count, ROW_NUMBER() OVER (ORDER BY item_id, lot_id, channel, status), item_id, lot_id, channel, status,
        on_hand, :no, 0, 0
    FROM stock_on_hand WHERE facility_id = :facility AND on_hand > 0"""
CHOSEN = " AND item_id IN (:items*)"
STORED = "SELECT line_no, counted, included, note, version FROM stock_count_line WHERE count_id = :count"
SEEN = """
    SELECT line_no, counted, included, note FROM stock_count_entry
    WHERE count_id = :count AND version <= :version AND line_no IN (:lines*) ORDER BY version"""
KEEP = """
    UPDATE stock_count_line SET counted = ?, included = ?, note = ?, version = ? WHERE count_id = ? AND line_no = ?"""
ENTER = """
    INSERT INTO stock_count_entry (count_id, line_no, version, counted, included, note, user_id, entered_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
ON_HAND = """
    SELECT on_hand FROM stock_on_hand
    WHERE facility_id = :facility AND item_id = :item AND lot_id = :lot AND channel = :channel AND status = :status"""
SAME = """
    SELECT 1 FROM stock_count_line
    WHERE count_id = :count AND lot_id = :lot AND channel = :channel AND status = :status"""
ADD = """
    INSERT INTO stock_count_line (count_id, line_no, item_id, lot_id, channel, status, book, added, included, version)
    SELECT :count, COALESCE(MAX(line_no), 0) + 1, :item, :lot, :channel, :status, :book, :yes, 0, 0
    FROM stock_count_line WHERE count_id = :count"""
LAST = "SELECT MAX(line_no) FROM stock_count_line WHERE count_id = :count"


@dataclass(frozen=True, slots=True)
class Clash:
    """A line of which two said different things. theirs: None when they emptied it."""

    mine: Said
    theirs: Said
    by: Entry


@dataclass(frozen=True, slots=True)
class FoundLot:
    """A lot on the shelf that the count does not list, in base units; number '' is the item's unlotted stock."""

    item: Item
    number: str
    expires_on: date | None
    channel: str
    status: str
    counted: int


def start_count(
    session: Session,
    *,
    uuid: UUID,
    facility: Facility,
    items: Collection[int] | None,
    blind: bool,
    today: date,
    now: datetime,
    user_id: int,
) -> StockCount:
    """Begin a count and freeze the book of what is on the shelf; begun before with the same uuid, that one.

    items: those to be counted, None for everything. Raises NoItemsChosen, FacilityClosed or ClosedPeriod.
    """
    sql = lock_facility(session, id_of(facility))
    known = session.exec(select(StockCount).where(StockCount.uuid == uuid)).first()
    if known is not None:
        if known.facility_id != facility.id:
            raise UnknownCount
        return known
    if items is not None and not items:
        raise NoItemsChosen
    _refuse_closed(facility, today)
    count = StockCount(
        uuid=uuid,
        facility_id=id_of(facility),
        whole=items is None,
        blind=blind,
        state=State.DRAFT,
        frozen_on=today,
        frozen_at=now,
        frozen_id=sql.rows(LATEST)[0][0],
        started_by=user_id,
    )
    session.add(count)
    session.flush()
    chosen = {} if items is None else {"items": sorted(items)}
    sql.execute(FREEZE + (CHOSEN if chosen else ""), count=count.id, no=False, facility=facility.id, **chosen)
    return count


def lock_facility(session: Session, facility_id: int) -> Sql:
    """Keep the facility's stock as it is until the transaction ends."""
    sql = Sql(session)
    lock_facilities(sql, [facility_id])
    return sql


def _refuse_closed(facility: Facility, today: date) -> None:
    if facility.closed_on is not None and facility.closed_on <= today:
        raise FacilityClosed(facility=facility.name, closed_on=facility.closed_on)
    if facility.closed_through is not None and facility.closed_through >= today:
        raise ClosedPeriod(facility=facility.name, closed_through=facility.closed_through, occurred_on=today)


def save_draft(
    session: Session, count: StockCount, typed: Mapping[int, Said], *, version: int, user_id: int, now: datetime
) -> dict[int, Clash]:
    """Keep what was typed, by line number; where somebody else said something else meanwhile, what they said stays.

    count: locked. version: the one the page was loaded with. Returns the clashes by line number. Raises CountIsOver.
    """
    if count.state != State.DRAFT:
        raise CountIsOver
    sql = Sql(session)
    rows = sql.rows(STORED, count=count.id)
    stored = {row[0]: Said(*row[1:4]) for row in rows}
    merged = merge(typed, stored, _seen(sql, count, [row[0] for row in rows if row[4] > version], version))
    if merged.kept:
        _keep(sql, count, merged, user_id, now)
    if not merged.clashing:
        return {}
    by = entries_since(session, count, version)
    return {line: Clash(mine, stored[line], by[line]) for line, mine in merged.clashing.items()}


def _seen(sql: Sql, count: StockCount, lines: Sequence[int], version: int) -> dict[int, Said]:
    """What a page of that version showed of lines that were changed since."""
    seen = dict.fromkeys(lines, UNSAID)
    if lines:
        rows = sql.rows(SEEN, count=count.id, version=version, lines=list(lines))
        seen.update((row[0], Said(*row[1:])) for row in rows)
    return seen


def _keep(sql: Sql, count: StockCount, merged: Merged, user_id: int, now: datetime) -> None:
    count.version += 1
    count.saved_by, count.saved_at = user_id, now
    at = stored(now)
    id_, version = id_of(count), count.version
    sql.insert(KEEP, [(*said, version, id_, line) for line, said in merged.kept.items()])
    sql.insert(ENTER, [(id_, line, version, *said, user_id, at) for line, said in merged.kept.items()])


def add_lot(session: Session, count: StockCount, found: FoundLot, *, user_id: int, now: datetime) -> None:
    """Add a lot that was found, with what was counted of it; a lot nobody knows yet is made.

    count: locked. Raises CountIsOver, LotIsRecalled, AlreadyOnTheList, ChannelNotAllowed, or what is wrong with the
    lot; nothing is kept then.
    """
    if count.state != State.DRAFT:
        raise CountIsOver
    item_id = id_of(found.item)
    if found.channel not in item_channels(session)[item_id]:
        raise ChannelNotAllowed(item=Name(found.item.name_vi, found.item.name_en), channel=found.channel)
    sql = lock_facility(session, count.facility_id)
    with session.begin_nested():
        wanted = [(item_id, found.number, found.expires_on)]
        lot_id = find_or_add_lots(session, wanted, add=True, only_at=count.facility_id)[0]
        if isinstance(lot_id, LmisError):
            raise lot_id
        moved = _add(session, count, session.get_one(Lot, lot_id), found)
    line = sql.rows(LAST, count=count.id)[0][0]
    _keep(sql, count, Merged({line: Said(found.counted, moved, None)}, {}), user_id, now)


def _add(session: Session, count: StockCount, lot: Lot, found: FoundLot) -> int:
    """Put a lot on the list. Returns what of it has moved, which whoever found it on the shelf has seen."""
    if lot.recalled_on is not None and found.status == USABLE:
        raise LotIsRecalled(lot=lot.number)
    where = {"lot": lot.id, "channel": found.channel, "status": found.status}
    sql = Sql(session)
    if sql.rows(SAME, count=count.id, **where):
        raise AlreadyOnTheList(lot=lot.number or "–")
    on_hand = sql.rows(ON_HAND, facility=count.facility_id, item=lot.item_id, **where)
    since = moved_since(session, count).get((id_of(lot), found.channel, found.status), NOTHING)
    book = sum(row[0] for row in on_hand) - since.moved - since.corrected
    sql.execute(ADD, count=count.id, item=lot.item_id, book=book, yes=True, **where)
    return since.moved
