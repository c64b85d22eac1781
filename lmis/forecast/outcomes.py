"""What was really used in a month, and about how much demand empty shelves and missing reports hide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from sqlmodel import Session

from lmis.calendar import Month, days_in, first_of, last_of
from lmis.forecast.accuracy import Outcome
from lmis.forecast.consumption import stockout_spans_of
from lmis.forecast.measures import MonthOfUse, adjusted_consumption
from lmis.forecast.outlook import floats
from lmis.sql import Sql
from lmis.stock.stockouts import days_out

USED = """
    SELECT s.facility_id, s.item_id, CAST(SUM(m.consumed) AS BIGINT)
    FROM stock_series s JOIN stock_month m ON m.facility_id = s.facility_id AND m.item_id = s.item_id
        AND m.channel = s.channel AND m.month = :month AND m.consumed <> 0
    WHERE s.facility_id IN (:ids*) AND s.item_id IN (:items*) GROUP BY s.facility_id, s.item_id"""
UNREPORTED = """
    SELECT facility_id, item_id FROM reported_month WHERE facility_id IN (:ids*) AND item_id IN (:items*)
    GROUP BY facility_id, item_id
    HAVING MIN(month) < :month AND MAX(month) > :month AND MAX(CASE WHEN month = :month THEN 1 ELSE 0 END) = 0"""
FORECAST = """
    SELECT s.facility_id, s.item_id, s.means FROM forecast_series s
    JOIN facility f ON f.id = s.facility_id JOIN level l ON l.code = f.level_code
    WHERE s.run_id = :run AND s.facility_id IN (:ids*) AND l.dispenses = :yes"""

Series = tuple[int, int]  # facility, item


def outcomes(
    session: Session, groups: Mapping[int, Sequence[int]], items: Iterable[int], month: Month, run_id: int
) -> dict[Series, Outcome]:
    """How a month came out, by group and item; what nobody used or missed is left out.

    groups: of each facility, the groups it counts to; items: those wanted; run_id: the forecast made a month ahead.
    """
    ids, wanted = list(groups), sorted(set(items))
    used = {row[:2]: row[2] for row in Sql(session).rows(USED, ids=ids, items=wanted, month=month)}
    hidden, unseen = _cut_short(session, ids, wanted, month, used)
    hidden |= _forecast(session, unseen, run_id)
    sums: dict[Series, list[float]] = defaultdict(lambda: [0, 0.0])
    for position, figures in enumerate((used, hidden)):
        for (facility, item), figure in figures.items():
            for group in groups[facility]:
                sums[group, item][position] += figure
    return {key: Outcome(int(units), missed) for key, (units, missed) in sums.items()}


def _cut_short(
    session: Session, ids: Sequence[int], items: Sequence[int], month: Month, used: Mapping[Series, int]
) -> tuple[dict[Series, float], set[Series]]:
    """By facility and item, what days without stock hide; and those of which the month shows nothing at all."""
    first, last, days = first_of(month), last_of(month), days_in(month)
    unseen = {(row[0], row[1]) for row in Sql(session).rows(UNREPORTED, ids=ids, items=items, month=month)}
    hidden: dict[Series, float] = {}
    found = stockout_spans_of(session, ids, first, last)
    for series, spans in ((it, spans) for it, spans in found.items() if it[1] in items):
        dispensed = used.get(series, 0)
        whole = adjusted_consumption(MonthOfUse(dispensed, days, days_out(spans, first, last)))
        if whole is None:
            unseen.add(series)
        elif whole > dispensed:
            hidden[series] = float(whole - dispensed)
    return hidden, unseen


def _forecast(session: Session, unseen: Set[Series], run_id: int) -> dict[Series, float]:
    """What was forecast of series of which nothing was seen, where they give to clients themselves."""
    ids = sorted({facility for facility, _ in unseen})
    rows = Sql(session).rows(FORECAST, run=run_id, ids=ids, yes=True) if ids else []
    return {
        (facility, item): floats(means)[0] for facility, item, means in rows if means and (facility, item) in unseen
    }
