"""Reading counts: their heads, their lines with all figures, and what moved since they began."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lmis.accounts.models import User
from lmis.catalog.models import Channel, Item
from lmis.catalog.service import items
from lmis.counts.models import StockCount, StockCountEntry
from lmis.counts.refusals import UnknownCount
from lmis.counts.rules import NOT_OVER, NOTHING, Figures, Since, State
from lmis.db import id_of
from lmis.i18n import sort_key
from lmis.sql import Sql, as_day_or_none
from lmis.stock.models import StockMovement
from lmis.stock.queries import number_of
from lmis.stock.shelves import channels

LINES = """
    SELECT c.line_no, c.item_id, c.lot_id, l.number, l.expires_on, c.channel, c.status, c.book, c.added, c.counted,
        c.included, c.note, c.reason, c.difference
    FROM stock_count_line c JOIN lot l ON l.id = c.lot_id WHERE c.count_id = :count"""
PROGRESS = """
    SELECT count_id, COUNT(*), COUNT(counted), SUM(CASE WHEN difference <> 0 THEN 1 ELSE 0 END)
    FROM stock_count_line WHERE count_id IN (:counts*) GROUP BY count_id"""
# A paper of an earlier day, another count, an adjustment, what is written off as no longer there, what turns up without
# a shipment, and the reversal of what the frozen book already had move no goods: they put the book right. A paper and
# its reversal are one.
MOVED = """
    SELECT lot_id, channel, status,
        CAST(SUM(CASE WHEN corrects THEN 0 ELSE quantity END) AS BIGINT),
        CAST(SUM(CASE WHEN corrects THEN quantity ELSE 0 END) AS BIGINT),
        CAST(SUM(later) AS BIGINT),
        CAST(SUM(CASE WHEN corrects OR quantity > 0 THEN 0 ELSE quantity END) AS BIGINT)
    FROM (
        SELECT li.lot_id, li.channel, li.status, COALESCE(o.id, m.id) AS paper, SUM(li.quantity) AS quantity,
            SUM(CASE WHEN li.occurred_on > :day THEN li.quantity ELSE 0 END) AS later,
            (COALESCE(o.kind, m.kind) IN ('count', 'adjustment', 'opening')
                OR (COALESCE(o.kind, m.kind) = 'found' AND d.shipment_id IS NULL)
                OR (COALESCE(o.kind, m.kind) = 'loss' AND COALESCE(li.reason, '') IN ('lost', 'stolen'))
                OR COALESCE(o.occurred_on, m.occurred_on) < :day OR COALESCE(o.id, m.id) <= :since) AS corrects
        FROM stock_movement_line li JOIN stock_movement m ON m.id = li.movement_id
            LEFT JOIN stock_movement o ON o.id = m.reverses_id LEFT JOIN shipment_document d ON d.movement_id = m.id
        WHERE li.movement_id > :since AND li.facility_id = :facility AND li.account = 'stock'
        GROUP BY 1, 2, 3, 4, 7) AS moves
    GROUP BY lot_id, channel, status"""

EVER = "SELECT DISTINCT item_id FROM stock_series WHERE facility_id = :facility"

Place = tuple[int, str, str]  # lot, channel, status


@dataclass(frozen=True, slots=True)
class CountLine:
    """A lot of a count as pages show it. number: of the lot, '' for the item's unlotted stock."""

    line_no: int
    item: Item
    channel: Channel
    lot_id: int
    number: str
    expires_on: date | None
    status: str
    added: bool
    note: str | None
    reason: str | None
    figures: Figures

    @property
    def is_counted(self) -> bool:
        return self.figures.counted is not None

    @property
    def has_moved(self) -> bool:
        """Whether goods of it came or went since the count began."""
        return bool(self.figures.since.moved or self.figures.included)

    @property
    def is_left_out(self) -> bool:
        """Whether the book has it and nobody counted it."""
        return not self.is_counted and not self.added


class Progress(NamedTuple):
    """How far a count is. differing: the lines whose difference the ledger took up."""

    lines: int = 0
    counted: int = 0
    differing: int = 0


class CountDocument(NamedTuple):
    """The ledger's document of a posted count. is_reversed: whether it has been reversed."""

    number: str
    is_reversed: bool


class Entry(NamedTuple):
    """The last that somebody said of a line."""

    name: str
    at: datetime


def count_by_uuid(session: Session, facility_id: int, uuid: UUID, *, lock: bool = False) -> StockCount:
    """A count of the facility; `lock`: nobody else changes it until the transaction ends. Raises UnknownCount."""
    found = select(StockCount).where(StockCount.uuid == uuid, StockCount.facility_id == facility_id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    count = session.exec(found).first()
    if count is None:
        raise UnknownCount
    return count


def moved_since(session: Session, count: StockCount) -> dict[Place, Since]:
    """What the ledger took up at the facility since the count froze the book, lot by lot."""
    rows = Sql(session).rows(MOVED, since=count.frozen_id, day=count.frozen_on, facility=count.facility_id)
    return {row[:3]: Since(*row[3:]) for row in rows}


def lines_of(session: Session, count: StockCount) -> list[CountLine]:
    """The lines in the order of lists: by item, channel, expiry and lot, A9 before A10."""
    goods = {id_of(item): (rank, item) for rank, item in enumerate(items(session))}
    every = {channel.code: (rank, channel) for rank, channel in enumerate(channels(session))}
    since = moved_since(session, count) if count.state in NOT_OVER else {}
    found = []
    for row in Sql(session).rows(LINES, count=id_of(count)):
        line_no, item_id, lot_id, number, expires, channel, status, _, added, *_, note, reason, _ = row
        (item_rank, item), (channel_rank, its) = goods[item_id], every[channel]
        expires_on = as_day_or_none(expires)
        line = CountLine(
            line_no, item, its, lot_id, number, expires_on, status, bool(added), note, reason, _figures(row, since)
        )
        found.append(((item_rank, channel_rank, expires_on or date.max, sort_key(number), line_no), line))
    return [line for _, line in sorted(found, key=lambda pair: pair[0])]


def _figures(row: tuple[Any, ...], since: Mapping[Place, Since]) -> Figures:
    """Those of a posted line are told from what the ledger took up, and so stay as they were."""
    book, counted, included, difference = row[7], row[9], row[10], row[13]
    if difference is not None:
        return Figures(counted - difference, counted)
    return Figures(book, counted, included, since.get((row[2], row[5], row[6]), NOTHING))


def counts_of(session: Session, facility_id: int, states: Iterable[State], limit: int = 50) -> list[StockCount]:
    """The facility's counts in these states, the latest begun first."""
    found = select(StockCount).where(StockCount.facility_id == facility_id, col(StockCount.state).in_(list(states)))
    return list(session.exec(found.order_by(col(StockCount.id).desc()).limit(limit)))


def progress_of(session: Session, counts: Iterable[StockCount]) -> dict[int, Progress]:
    """By the id of the count."""
    ids = [id_of(count) for count in counts]
    rows = Sql(session).rows(PROGRESS, counts=ids) if ids else []
    return {row[0]: Progress(*row[1:]) for row in rows}


def names_of(session: Session, ids: Iterable[int | None]) -> dict[int | None, str]:
    """The names of users by id."""
    wanted = {id_ for id_ in ids if id_ is not None}
    return {user.id: user.name for user in session.exec(select(User).where(col(User.id).in_(wanted)))}


def entries_since(session: Session, count: StockCount, version: int, but: int | None = None) -> dict[int, Entry]:
    """Who said what is now kept of the lines that were changed after a version, by line; without what `but` said."""
    entry = StockCountEntry
    found = (
        select(entry.line_no, entry.entered_at, User.name, User.id)
        .join(User, col(User.id) == entry.user_id)
        .where(entry.count_id == count.id, entry.version > version)
        .order_by(col(entry.version))
    )
    return {line: Entry(name, at) for line, at, name, user in session.exec(found) if user != but}


def items_held(session: Session, facility_id: int) -> list[Item]:
    """The items that the facility holds or has held, in the order of lists."""
    ever = {row[0] for row in Sql(session).rows(EVER, facility=facility_id)}
    return [item for item in items(session) if item.id in ever]


def document_of(session: Session, count: StockCount) -> CountDocument | None:
    """What a count was posted as; None unless it was."""
    movement = session.exec(select(StockMovement).where(StockMovement.uuid == count.uuid)).first()
    if movement is None:
        return None
    reversal = session.exec(select(StockMovement.id).where(StockMovement.reverses_id == movement.id)).first()
    return CountDocument(number_of(movement), reversal is not None)
