"""Reading what the plan of counts needs of a facility."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlmodel import Session

from lmis.counts.plan import MOVEMENT_MONTHS, Held, Proposal, months_later, plan
from lmis.sql import Sql, as_day, as_day_or_none

# A lot's age runs from its last count, or from when it came; an item is as old as the part that waits longest.
SHELF = """
    SELECT item_id, channel, CAST(SUM(on_hand) AS BIGINT), MIN(COALESCE(settled_on, received_on)),
        MIN(CASE WHEN settled_on IS NULL THEN received_on END)
    FROM stock_on_hand WHERE facility_id = :facility AND on_hand > 0 GROUP BY item_id, channel"""
MOVEMENTS = """
    SELECT item_id, COUNT(*) FROM stock_movement_line
    WHERE account = 'stock' AND facility_id = :facility AND item_id IN (:items*) AND occurred_on > :since
        AND counted IS NULL
    GROUP BY item_id"""
PRICES = """
    SELECT p.item_id, p.channel_code, p.dong FROM price p JOIN channel c ON c.code = p.channel_code
    WHERE c.priced = :yes AND p.valid_from <= :today AND (p.valid_to IS NULL OR p.valid_to > :today)
    ORDER BY p.valid_from"""  # where several hold, the latest does


def count_plan(session: Session, facility_id: int, today: date) -> list[Proposal]:
    """What is on the facility's shelf, each item with the day its next count is due, the first due first."""
    sql = Sql(session)
    rows = sql.rows(SHELF, facility=facility_id)
    since = months_later(today, -MOVEMENT_MONTHS)
    ids = sorted({row[0] for row in rows})
    movements = dict(sql.rows(MOVEMENTS, facility=facility_id, items=ids, since=since)) if ids else {}
    price = {row[:2]: row[2] for row in sql.rows(PRICES, today=today, yes=True)}
    value: dict[int, int] = defaultdict(int)
    oldest: dict[int, date] = {}
    never: dict[int, date] = {}
    for item, channel, on_hand, waits_since, uncounted_since in rows:
        value[item] += on_hand * price.get((item, channel), 0)
        oldest[item] = min(as_day(waits_since), oldest.get(item, date.max))
        if came := as_day_or_none(uncounted_since):
            never[item] = min(came, never.get(item, date.max))
    return plan([_held(item, value[item], movements.get(item, 0), oldest[item], never.get(item)) for item in ids])


def _held(item: int, value: int, movements: int, oldest: date, never: date | None) -> Held:
    """never: when the oldest part that was never counted came."""
    if never is not None and never <= oldest:
        return Held(item, value, movements, None, never)
    return Held(item, value, movements, oldest, oldest)
