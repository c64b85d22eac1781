"""Average monthly consumption of many facilities at once, from the months kept beside the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from sqlmodel import Session

from lmis.calendar import Month, days_in, first_of, last_of, month_of
from lmis.forecast.measures import MonthOfUse, average_monthly_consumption
from lmis.sql import Sql, as_day
from lmis.stock.stockouts import Span, days_out

SERIES = """
    SELECT s.facility_id, s.item_id, s.channel, s.first_on, m.month, m.consumed
    FROM stock_series s LEFT JOIN stock_month m ON m.facility_id = s.facility_id AND m.item_id = s.item_id
        AND m.channel = s.channel AND m.month BETWEEN :first AND :last AND m.consumed <> 0
    WHERE s.facility_id IN (:ids*)"""
STOCKOUTS = """
    SELECT facility_id, item_id, started_on, ended_on FROM stockout
    WHERE facility_id IN (:ids*) AND ended_on > :first AND started_on <= :last"""
REPORTED = """
    SELECT facility_id, item_id, month FROM reported_month
    WHERE facility_id IN (:ids*) AND month BETWEEN :first AND :last"""
LAST_REPORTED = "SELECT facility_id, item_id, MAX(month) FROM reported_month WHERE facility_id IN (:ids*) GROUP BY 1, 2"

Series = tuple[int, int]  # facility, item
Shelf = tuple[int, int, str]  # facility, item, channel


@dataclass(slots=True)
class Reports:
    """Which months of a series reached us as monthly reports; none for what is recorded as it happens."""

    months: set[Month] = field(default_factory=set)
    last: Month = 0

    def missing(self, month: Month) -> bool:
        return month <= self.last and month not in self.months


def stockout_spans_of(session: Session, ids: Sequence[int], first: date, last: date) -> dict[Series, list[Span]]:
    """The stockouts of the facilities that touch the days from `first` through `last`."""
    spans: dict[Series, list[Span]] = defaultdict(list)
    for facility, item, start, end in Sql(session).rows(STOCKOUTS, ids=list(ids), first=first, last=last):
        spans[facility, item].append(Span(as_day(start), as_day(end)))
    return spans


def average_consumption(session: Session, ids: Sequence[int], months: Sequence[Month]) -> dict[Shelf, Decimal]:
    """AMC of each item and channel that the facilities themselves dispense, over the given months.

    months: complete months that follow each other, as 202610. A month before the item's first movement, or one whose
    monthly report is missing, is not looked at. Returns base units per month; shelves without any are left out.
    """
    spans = stockout_spans_of(session, ids, first_of(months[0]), last_of(months[-1]))
    reports = _reports(session, ids, months)
    nothing = Reports()
    bounds = [(month, days_in(month), first_of(month), last_of(month)) for month in months]
    amc: dict[Shelf, Decimal] = {}
    for shelf, (since, dispensed) in _dispensed(session, ids, months).items():
        series = shelf[:2]
        reported, out = reports.get(series, nothing), spans.get(series, ())
        uses = [
            MonthOfUse(dispensed.get(month, 0), days, days_out(out, first, last) if out else 0)
            for month, days, first, last in bounds
            if month >= since and (month in dispensed or not reported.missing(month))
        ]
        average = average_monthly_consumption(uses)
        if average is not None:
            amc[shelf] = average
    return amc


def _dispensed(
    session: Session, ids: Sequence[int], months: Sequence[Month]
) -> dict[Shelf, tuple[Month, dict[Month, int]]]:
    """By shelf, the first whole month it is known for, and what was dispensed in each month that had any."""
    found: dict[Shelf, tuple[Month, dict[Month, int]]] = {}
    rows = Sql(session).rows(SERIES, ids=list(ids), first=months[0], last=months[-1])
    for facility, item, channel, first_on, month, dispensed in rows:
        shelf = found.get((facility, item, channel))
        if shelf is None:
            since = month_of(as_day(first_on) + timedelta(days=1))  # an opening on a month's last day begins the next
            shelf = found[facility, item, channel] = (since, {})
        if month is not None:
            shelf[1][month] = dispensed
    return found


def _reports(session: Session, ids: Iterable[int], months: Sequence[Month]) -> dict[Series, Reports]:
    sql, ids = Sql(session), list(ids)
    reports: dict[Series, Reports] = defaultdict(Reports)
    for facility, item, last in sql.rows(LAST_REPORTED, ids=ids):
        reports[facility, item].last = last
    for facility, item, month in sql.rows(REPORTED, ids=ids, first=months[0], last=months[-1]):
        reports[facility, item].months.add(month)
    return dict(reports)
