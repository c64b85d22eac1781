"""The plan of what to move between facilities, as it is kept: made anew every night, read by pages and alerts.

The evaluation calls `plan_of` with all shelves while it holds no lock, then `keep_plan`, then `with_plan` with what it
found; a look in between calls the last alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from lmis.alerts.findings import Finding
from lmis.alerts.picture import Shelf
from lmis.alerts.redistribution import At, Proposal, propose
from lmis.alerts.redistribution_lines import Line, with_acts
from lmis.i18n import Name
from lmis.sql import Sql, as_day_or_none, as_moment, stored
from lmis.stock.documents import USABLE

PARENTS = """
    SELECT edge.facility_id, edge.parent_id FROM facility_parent edge
        JOIN facility it ON it.id = edge.facility_id JOIN facility up ON up.id = edge.parent_id
    WHERE edge.valid_from <= :on AND (edge.valid_to IS NULL OR edge.valid_to > :on)
        AND (it.closed_on IS NULL OR it.closed_on > :on) AND (up.closed_on IS NULL OR up.closed_on > :on)"""
PLACES = "SELECT id, latitude, longitude FROM facility WHERE latitude IS NOT NULL AND longitude IS NOT NULL"
CLEAR = "DELETE FROM transfer_proposal"
INSERT = """
    INSERT INTO transfer_proposal (made_at, parent_id, from_id, to_id, item_id, lot_id, channel, quantity, saves, fills,
        on_hand, usable, out_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
LINES = """
    SELECT p.made_at, p.parent_id, p.from_id, p.to_id, p.item_id, p.lot_id, p.channel, p.quantity, p.saves, p.fills,
        p.on_hand, p.usable, p.out_since, giver.code, giver.name, taker.code, taker.name, lot.number, lot.expires_on,
        item.code, item.name_vi, item.name_en, item.unit, channel.name_vi, channel.name_en, item.name_sort,
        COALESCE(now.on_hand, 0)
    FROM transfer_proposal p JOIN facility giver ON giver.id = p.from_id JOIN facility taker ON taker.id = p.to_id
        JOIN item ON item.id = p.item_id JOIN lot ON lot.id = p.lot_id JOIN channel ON channel.code = p.channel
        LEFT JOIN stock_on_hand now ON now.facility_id = p.from_id AND now.item_id = p.item_id
            AND now.lot_id = p.lot_id AND now.channel = p.channel AND now.status = :usable"""
NOT_SENT = """NOT EXISTS (
        SELECT 1 FROM stock_movement m JOIN stock_movement_line sent ON sent.movement_id = m.id
        WHERE m.counterparty_id = p.to_id AND m.facility_id = p.from_id AND m.recorded_at > p.made_at
            AND sent.account = 'stock' AND sent.facility_id = p.from_id AND sent.lot_id = p.lot_id
            AND sent.quantity < 0)"""  # what was sent since the plan was made need not be sent twice
OF_FACILITY = f"""{LINES}
    WHERE (p.parent_id = :place OR p.from_id = :place OR p.to_id = :place) AND {NOT_SENT}
    ORDER BY giver.name_sort, p.from_id, taker.name_sort, p.to_id, item.name_sort, item.code, lot.expires_on, p.id"""
OF_ITEMS = f"""{LINES}
    WHERE p.item_id IN (:items*) AND (p.from_id IN (:facilities*) OR p.to_id IN (:facilities*)) AND {NOT_SENT}
    ORDER BY p.id"""


def plan_of(session: Session, shelves: Iterable[Shelf], *, today: date) -> list[Proposal]:
    """The plan for the shelves of the whole network: reading and long thinking, without writing anything.

    Raises NoSolver where SciPy is not installed.
    """
    sql = Sql(session)
    parents: dict[int, int] = dict(sql.rows(PARENTS, on=today))
    places: dict[int, At] = {id_: (latitude, longitude) for id_, latitude, longitude in sql.rows(PLACES)}
    return propose(shelves, parents, places, today)


def keep_plan(session: Session, plan: Iterable[Proposal], *, now: datetime) -> int:
    """Keep a plan instead of the one before; how many lines."""
    sql, rows = Sql(session), [_row(it, stored(now)) for it in plan]
    sql.execute(CLEAR)
    sql.insert(INSERT, rows)
    return len(rows)


def _row(it: Proposal, made_at: str) -> tuple[Any, ...]:
    out_since = it.out_since.isoformat() if it.out_since else None
    sides = (it.parent_id, it.from_id, it.to_id, it.item_id, it.lot.lot_id, it.lot.channel)
    return (made_at, *sides, it.quantity, it.saves, it.fills, it.lot.on_hand, it.usable, out_since)


def with_plan(session: Session, findings: Sequence[Finding]) -> list[Finding]:
    """The findings, with the moves that the kept plan proposes for them, as far as the giver still has the goods."""
    facilities = sorted({it.facility_id for it in findings})
    items = sorted({it.item_id for it in findings if it.item_id is not None})
    rows = Sql(session).rows(OF_ITEMS, usable=USABLE, items=items, facilities=facilities)
    return with_acts(findings, [it for it in map(_line, rows) if it.left >= it.quantity])


def lines_of(session: Session, facility_id: int) -> list[Line]:
    """What the plan moves between those directly under a facility, to it and from it; by giver and taker."""
    return [_line(row) for row in Sql(session).rows(OF_FACILITY, usable=USABLE, place=facility_id)]


def _line(row: Sequence[Any]) -> Line:
    made_at, *figures = row[:12]
    out_since, *names = row[12:18]
    expires_on, item_code, item_vi, item_en, unit, channel_vi, channel_en, item_sort, left = row[18:]
    days = as_moment(made_at), as_day_or_none(out_since), as_day_or_none(expires_on)
    item = item_code, Name(item_vi, item_en), unit, Name(channel_vi, channel_en), item_sort
    return Line._make((days[0], *figures, days[1], *names, days[2], *item, left))
