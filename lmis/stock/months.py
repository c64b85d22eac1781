"""Keeping the monthly totals of what a batch touches."""

from __future__ import annotations

from collections.abc import Sequence

from lmis.calendar import month_of
from lmis.sql import Sql
from lmis.stock.documents import STOCK
from lmis.stock.facts import NEVER
from lmis.stock.journal import Applied
from lmis.stock.ledger import Ledger

COLUMNS = ("opening", "received", "issued", "dispensed", "adjusted", "lost", "consumed")
TAKES = frozenset({"issued", "dispensed", "lost"})  # columns that count what leaves
POSITION = {column: position for position, column in enumerate(COLUMNS)}
CONSUMED, NET = POSITION["consumed"], len(COLUMNS)  # what the closing changes by stands after the columns
# A new month starts from the closing of the latest month before it.
KEEP_MONTH = f"""
    INSERT INTO stock_month (facility_id, item_id, channel, month, {", ".join(COLUMNS)}, closing)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? + COALESCE((
        SELECT p.closing FROM stock_month p WHERE p.facility_id = ? AND p.item_id = ? AND p.channel = ? AND p.month < ?
        ORDER BY p.month DESC LIMIT 1), 0))
    ON CONFLICT (facility_id, item_id, channel, month) DO UPDATE SET
        {", ".join(f"{column} = stock_month.{column} + excluded.{column}" for column in COLUMNS)},
        closing = stock_month.closing + ?"""  # noqa: S608 - names of our own columns
CARRY_FORWARD = """
    UPDATE stock_month SET closing = closing + ?
    WHERE facility_id = ? AND item_id = ? AND channel = ? AND month > ?"""

MonthKey = tuple[int, int, str, int]  # facility, item, channel, month as 202610


def keep_months(sql: Sql, ledger: Ledger, applied: Sequence[Applied]) -> None:
    """Add to the months; a change in the past is carried into the closings after it, month by month."""
    in_order: list[tuple[object, ...]] = []
    backdated: list[tuple[MonthKey, int, tuple[object, ...]]] = []
    changes = _changes(ledger, applied)
    for key in sorted(changes):
        *columns, net = changes[key]
        row = (*key, *columns, net, *key, net)
        if key[3] < month_of(ledger.series.get(key[:3], NEVER)[1]):
            backdated.append((key, net, row))
        else:
            in_order.append(row)
    sql.insert(KEEP_MONTH, in_order)
    for key, net, row in backdated:
        sql.insert(KEEP_MONTH, [row])
        if net:
            sql.insert(CARRY_FORWARD, [(net, *key)])


def _changes(ledger: Ledger, applied: Sequence[Applied]) -> dict[MonthKey, list[int]]:
    """What the batch adds to each month's columns, and last to its closing."""
    changes: dict[MonthKey, list[int]] = {}
    for done in applied:
        month = used_in = month_of(done.document.occurred_on)
        if done.document.reverses is not None:
            used_in = month_of(ledger.originals[done.document.reverses.hex].occurred_on)
        for entry in done.entries:
            if entry.account == STOCK and entry.measure is not None:
                shelf = (entry.facility_id, entry.item_id, entry.channel)
                row = _row(changes, (*shelf, month))
                row[POSITION[entry.measure]] += -entry.quantity if entry.measure in TAKES else entry.quantity
                row[NET] += entry.quantity
                if entry.measure == "dispensed":
                    _row(changes, (*shelf, used_in))[CONSUMED] -= entry.quantity
    return changes


def _row(changes: dict[MonthKey, list[int]], key: MonthKey) -> list[int]:
    row = changes.get(key)
    if row is None:
        row = changes[key] = [0] * (len(COLUMNS) + 1)
    return row
