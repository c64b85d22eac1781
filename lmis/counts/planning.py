"""Reading what the plan of counts needs of facilities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlmodel import Session

from lmis.counts.plan import MOVEMENT_MONTHS, Held, Proposal, months_later, plan
from lmis.sql import Sql, as_day, as_day_or_none

# A lot's age runs from its last count, or from when it came; an item is as old as the part that waits longest.
SHELVES = """
    SELECT facility_id, item_id, channel, CAST(SUM(on_hand) AS BIGINT), MIN(COALESCE(settled_on, received_on)),
        MIN(CASE WHEN settled_on IS NULL THEN received_on END)
    FROM stock_on_hand WHERE facility_id IN (:ids*) AND on_hand > 0 GROUP BY facility_id, item_id, channel"""
MOVEMENTS = """
    SELECT facility_id, item_id, COUNT(*) FROM stock_movement_line
    WHERE account = 'stock' AND facility_id IN (:ids*) AND item_id IN (:items*) AND occurred_on > :since
        AND counted IS NULL
    GROUP BY facility_id, item_id"""
PRICES = """
    SELECT p.item_id, p.channel_code, p.dong FROM price p JOIN channel c ON c.code = p.channel_code
    WHERE c.priced = :yes AND p.valid_from <= :today AND (p.valid_to IS NULL OR p.valid_to > :today)
    ORDER BY p.valid_from"""  # where several hold, the latest does

Series = tuple[int, int]  # facility, item


def count_plan(session: Session, facility_id: int, today: date) -> list[Proposal]:
    """What is on the facility's shelf, each item with the day its next count is due, the first due first."""
    return plan(_shelves(session, [facility_id], today).get(facility_id, []))


def due_days(session: Session, facility_ids: Sequence[int], today: date) -> dict[int, list[date]]:
    """When each item on the shelves of facilities is to be counted next, by facility."""
    return {at: [it.due_on for it in plan(held)] for at, held in _shelves(session, facility_ids, today).items()}


def _shelves(session: Session, ids: Sequence[int], today: date) -> dict[int, list[Held]]:
    """What the facilities hold, by facility."""
    sql = Sql(session)
    rows = sql.rows(SHELVES, ids=list(ids))
    since = months_later(today, -MOVEMENT_MONTHS)
    items = sorted({row[1] for row in rows})
    counted = sql.rows(MOVEMENTS, ids=list(ids), items=items, since=since) if items else []
    movements = {row[:2]: row[2] for row in counted}
    price = {row[:2]: row[2] for row in sql.rows(PRICES, today=today, yes=True)}
    value: dict[Series, int] = defaultdict(int)
    oldest: dict[Series, date] = {}
    never: dict[Series, date] = {}
    for facility, item, channel, on_hand, waits_since, uncounted_since in rows:
        series = (facility, item)
        value[series] += on_hand * price.get((item, channel), 0)
        oldest[series] = min(as_day(waits_since), oldest.get(series, date.max))
        if came := as_day_or_none(uncounted_since):
            never[series] = min(came, never.get(series, date.max))
    held: dict[int, list[Held]] = defaultdict(list)
    for series in sorted(value):
        about = (value[series], movements.get(series, 0), oldest[series], never.get(series))
        held[series[0]].append(_held(series[1], *about))
    return dict(held)


def _held(item: int, value: int, movements: int, oldest: date, never: date | None) -> Held:
    """never: when the oldest part that was never counted came."""
    if never is not None and never <= oldest:
        return Held(item, value, movements, None, never)
    return Held(item, value, movements, oldest, oldest)
