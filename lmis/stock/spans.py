"""Keeping the stockout spans of what a batch touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from lmis.sql import Sql, as_day, as_day_or_none
from lmis.stock.documents import STOCK, USABLE
from lmis.stock.journal import Applied
from lmis.stock.ledger import Ledger
from lmis.stock.stockouts import Span, Step, stockout_spans, whole_history

OPEN_SPANS = """
    SELECT facility_id, item_id, started_on FROM stockout
    WHERE ended_on = :lasting AND facility_id IN (:facilities*) AND item_id IN (:items*)"""
USABLE_STEPS = """
    SELECT l.occurred_on, l.lot_id, CAST(SUM(l.quantity) AS BIGINT),
        MAX(CASE l.measure WHEN 'opening' THEN 1 ELSE 0 END), lot.expires_on
    FROM stock_movement_line l JOIN lot ON lot.id = l.lot_id
    WHERE l.account = 'stock' AND l.status = 'usable' AND l.facility_id = :facility AND l.item_id = :item
    GROUP BY l.occurred_on, l.lot_id, lot.expires_on ORDER BY l.occurred_on"""
DROP_ALL = "DELETE FROM stockout WHERE facility_id = :facility AND item_id = :item"
END_SPAN = "DELETE FROM stockout WHERE facility_id = ? AND item_id = ? AND started_on = ?"
BEGIN_SPAN = "INSERT INTO stockout (facility_id, item_id, started_on, ended_on) VALUES (?, ?, ?, ?)"

Series = tuple[int, int]  # facility, item


def keep_stockouts(sql: Sql, ledger: Ledger, applied: Sequence[Applied]) -> None:
    """Bring the spans up to the batch, whose lines are written already.

    What follows in time only changes the last span; what goes back in time has the item's spans made anew.
    """
    steps = _steps(applied)
    if not steps:
        return
    open_from = _open_spans(sql, steps)
    shelves = _usable_shelves(ledger, steps)
    ended: list[tuple[int, int, str]] = []
    begun: list[tuple[int, int, str, str]] = []
    for series, changes in steps.items():
        changes.sort(key=lambda step: step.on)
        before = open_from.get(series)
        spans = _spans_after(ledger, series, changes, shelves[series], before)
        if spans is None:
            make_anew(sql, series)
        elif spans != ([Span(before)] if before else []):
            ended += [(*series, before.isoformat())] if before else []
            begun += [_row(series, span) for span in spans]
    sql.insert(END_SPAN, ended)
    sql.insert(BEGIN_SPAN, begun)


def _steps(applied: Iterable[Applied]) -> dict[Series, list[Step]]:
    steps: dict[Series, list[Step]] = defaultdict(list)
    for done in applied:
        on = done.document.occurred_on
        for entry in done.entries:
            if entry.account == STOCK and entry.status == USABLE:
                step = Step(on, entry.lot_id, entry.quantity, entry.measure == "opening")
                steps[entry.facility_id, entry.item_id].append(step)
    return steps


def _spans_after(
    ledger: Ledger, series: Series, changes: Sequence[Step], lots: dict[int, int], before: date | None
) -> list[Span] | None:
    """The spans from the one that was open on; None when the changes reach into what is past.

    lots: what is usable after the changes, by lot; it is changed. before: the start of the span that was open.
    """
    for step in changes:
        lots[step.lot_id] -= step.change  # back to what it was before the batch
    if before is None and not any(lots.values()):
        return whole_history(changes, ledger.expiries)  # with no stock and no span, it was never usable here before
    on, last_on = changes[0].on, ledger.last_on_of(*series)
    if on < last_on or any(step.opening for step in changes):
        return None
    spans = stockout_spans(changes, ledger.expiries, lots, before)
    if on == last_on and spans and before != spans[0].started_on == on:
        return None  # an earlier document of that day may have ended a span that now goes on
    return spans


def _open_spans(sql: Sql, steps: Iterable[Series]) -> dict[Series, date]:
    facilities, items = (sorted(set(ids)) for ids in zip(*steps, strict=True))
    rows = sql.rows(OPEN_SPANS, lasting=date.max, facilities=facilities, items=items)
    return {row[:2]: as_day(row[2]) for row in rows}


def _usable_shelves(ledger: Ledger, steps: Mapping[Series, object]) -> dict[Series, dict[int, int]]:
    shelves: dict[Series, dict[int, int]] = {series: defaultdict(int) for series in steps}
    for (facility, item, lot, _, status), balance in ledger.balances.items():
        if status == USABLE and (facility, item) in shelves:
            shelves[facility, item][lot] += balance.on_hand
    return shelves


def make_anew(sql: Sql, series: Series) -> None:
    """Make the spans of an item at a facility from all its lines."""
    facility, item = series
    sql.execute(DROP_ALL, facility=facility, item=item)
    rows = sql.rows(USABLE_STEPS, facility=facility, item=item)
    steps = [Step(as_day(row[0]), row[1], row[2], bool(row[3])) for row in rows]
    spans = whole_history(steps, {row[1]: as_day_or_none(row[4]) for row in rows})
    sql.insert(BEGIN_SPAN, [_row(series, span) for span in spans])


def _row(series: Series, span: Span) -> tuple[int, int, str, str]:
    return (*series, span.started_on.isoformat(), span.ended_on.isoformat())
