"""What was really used in a month, and about how much demand empty shelves and missing reports hide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session

from lmis.calendar import Month, add_months, days_in, first_of, last_of
from lmis.forecast.accuracy import Outcome
from lmis.forecast.consumption import average_consumption, stockout_spans_of
from lmis.forecast.measures import MonthOfUse, adjusted_consumption
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
LOOKED_BACK = 3  # months, for what a facility out of stock throughout would have used

Series = tuple[int, int]  # facility, item


def outcomes(
    session: Session, groups: Mapping[int, Sequence[int]], items: Iterable[int], month: Month
) -> dict[Series, Outcome]:
    """How a month came out, by group and item; what nobody used or missed is left out.

    groups: of each facility, the groups it counts to; items: those wanted.
    """
    ids, wanted = list(groups), sorted(set(items))
    used = {row[:2]: row[2] for row in Sql(session).rows(USED, ids=ids, items=wanted, month=month)}
    hidden = _hidden(session, ids, wanted, month, used)
    sums: dict[Series, list[float]] = defaultdict(lambda: [0, 0.0])
    for position, figures in enumerate((used, hidden)):
        for (facility, item), figure in figures.items():
            for group in groups[facility]:
                sums[group, item][position] += figure
    return {key: Outcome(int(units), missed) for key, (units, missed) in sums.items()}


def _hidden(
    session: Session, ids: Sequence[int], items: Sequence[int], month: Month, used: Mapping[Series, int]
) -> dict[Series, float]:
    """By facility and item, what days without stock and missing reports keep from us: by their own usual use."""
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
    return hidden | _usual(session, unseen, month)


def _usual(session: Session, unseen: Iterable[Series], month: Month) -> dict[Series, float]:
    """What series of which a month shows nothing used before it; a first month out of stock hides nothing known."""
    wanted = set(unseen)
    months = [add_months(month, -back) for back in range(LOOKED_BACK, 0, -1)]
    usual: dict[Series, float] = defaultdict(float)
    if wanted:
        for (facility, item, _), amc in average_consumption(session, sorted({it[0] for it in wanted}), months).items():
            if (facility, item) in wanted:
                usual[facility, item] += float(amc)
    return dict(usual)
