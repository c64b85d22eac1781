"""The receipt–issue–balance report (báo cáo nhập–xuất–tồn) of a facility and all under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlmodel import Session, col, select

from lmis.calendar import Period, complete_months, month_of
from lmis.catalog.models import Channel, Item
from lmis.catalog.service import items
from lmis.config import settings
from lmis.forecast.consumption import Series, Shelf, average_consumption, stockout_spans_of
from lmis.forecast.measures import months_of_stock
from lmis.network.models import Facility, Level
from lmis.network.service import subtree_ids
from lmis.sql import Sql
from lmis.stock.stockouts import days_out

FIGURES = """
    SELECT s.facility_id, s.item_id, s.channel,
        COALESCE((SELECT p.closing FROM stock_month p
            WHERE p.facility_id = s.facility_id AND p.item_id = s.item_id AND p.channel = s.channel
                AND p.month < :first
            ORDER BY p.month DESC LIMIT 1), 0) + CAST(COALESCE(SUM(m.opening), 0) AS BIGINT),
        CAST(COALESCE(SUM(m.received), 0) AS BIGINT), CAST(COALESCE(SUM(m.issued), 0) AS BIGINT),
        CAST(COALESCE(SUM(m.dispensed), 0) AS BIGINT), CAST(COALESCE(SUM(m.adjusted), 0) AS BIGINT),
        CAST(COALESCE(SUM(m.lost), 0) AS BIGINT)
    FROM stock_series s LEFT JOIN stock_month m ON m.facility_id = s.facility_id AND m.item_id = s.item_id
        AND m.channel = s.channel AND m.month BETWEEN :first AND :last
    WHERE s.facility_id IN (:ids*) AND s.first_on <= :day
    GROUP BY s.facility_id, s.item_id, s.channel"""
PARENTS = """
    SELECT facility_id, parent_id FROM facility_parent
    WHERE facility_id IN (:ids*) AND valid_from <= :on AND (valid_to IS NULL OR valid_to > :on)"""

DISPENSING = """
    SELECT f.id FROM facility f JOIN level l ON l.code = f.level_code WHERE l.dispenses = :yes AND f.id IN (:ids*)"""
REPORTED_OUT = """
    SELECT facility_id, item_id, CAST(SUM(days_out) AS BIGINT) FROM reported_month
    WHERE facility_id IN (:ids*) AND month BETWEEN :first AND :last AND days_out IS NOT NULL
    GROUP BY facility_id, item_id"""
PORTION = 10_000

By = Literal["facility", "total"]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One line of the report, in base units.

    opening: on hand before the period, and the opening balances entered in it; closing: opening + received − issued
    − dispensed + adjusted − lost. days_out: stockout days of the item, over all its channels; in a total, the sum over
    facilities. amc: base units a month; at a level that does not dispense, what those under it dispensed.
    days_out_reported: the stockout days that monthly reports of another system gave; None without any.
    """

    facility: Facility
    item: Item
    channel: str
    opening: int
    received: int
    issued: int
    dispensed: int
    adjusted: int
    lost: int
    closing: int
    days_out: int
    amc: Decimal | None
    months_of_stock: Decimal | None
    days_out_reported: int | None = None


Figures = tuple[int, int, int, int, int, int]  # opening, received, issued, dispensed, adjusted, lost


@dataclass(frozen=True, slots=True)
class StockReport:
    """The same report twice over: by facility, item and channel, and its totals under the name of the top facility."""

    rows: list[ReportRow]
    totals: list[ReportRow]


def stock_report(session: Session, root_id: int, period: Period, *, today: date, rows: bool = True) -> StockReport:
    """The report of a facility and all that stood under it at the period's end (today, if that is earlier).

    rows: whether the rows by facility are wanted; the totals are always given.
    """
    read = _Read(session, root_id, period, today)
    return StockReport(read.rows() if rows else [], read.totals())


class _Read:
    """What the database gives for a report; its rows or totals are made from it."""

    def __init__(self, session: Session, root_id: int, period: Period, today: date) -> None:
        self.session = session
        self.root_id = root_id
        self.on = min(period.last, today)
        self.ids = subtree_ids(session, root_id, self.on)
        self.figures = _figures(session, self.ids, period)
        spans = stockout_spans_of(session, self.ids, period.first, self.on)
        self.out = {series: days_out(its, period.first, self.on) for series, its in spans.items()}
        self.reported = _reported_days_out(session, self.ids, period)
        window = complete_months(month_of(period.last), settings().amc_months, today)
        self.amc = average_consumption(session, self.ids, window)

    def rows(self) -> list[ReportRow]:
        amc = _with_those_below(self.session, self.ids, self.on, self.amc)
        facilities = _facilities(self.session, {facility for facility, _, _ in self.figures})
        return _rows(self.session, facilities, self.figures, self.out, self.reported, amc)

    def totals(self) -> list[ReportRow]:
        top: dict[int | None, Facility] = {self.root_id: self.session.get_one(Facility, self.root_id)}
        out, reported = (_summed_days(self.root_id, days) for days in (self.out, self.reported))
        figures, amc = _summed(self.root_id, self.figures, self.amc)
        return _rows(self.session, top, figures, out, reported, amc)


def consumption(session: Session, facility_id: int, today: date) -> dict[tuple[int, str], Decimal]:
    """AMC by item and channel that a facility's stock has to cover, over the latest complete months.

    What it dispenses itself and what all those under it do, as they are supplied from its shelf; the report's AMC of a
    facility that dispenses is its own alone.
    """
    ids = subtree_ids(session, facility_id, today)
    window = complete_months(month_of(today), settings().amc_months, today)
    use: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for (_, item, channel), value in average_consumption(session, ids, window).items():
        use[item, channel] += value
    return dict(use)


def _figures(session: Session, ids: Sequence[int], period: Period) -> dict[Shelf, Figures]:
    first, last = month_of(period.first), month_of(period.last)
    rows = Sql(session).rows(FIGURES, ids=list(ids), first=first, last=last, day=period.last)
    return {row[:3]: row[3:] for row in rows}


def _with_those_below(
    session: Session, ids: Sequence[int], on: date, amc: Mapping[Shelf, Decimal]
) -> dict[Shelf, Decimal]:
    """AMC by shelf: a facility's own where it dispenses, with all that lies under it where it does not."""
    parents = dict(Sql(session).rows(PARENTS, ids=list(ids), on=on))
    below: dict[Shelf, Decimal] = defaultdict(Decimal)
    within = set(ids)
    for (facility, item, channel), value in amc.items():
        at: int | None = facility
        while at in within:
            below[at, item, channel] += value
            at = parents.get(at)
    own = {row[0] for row in Sql(session).rows(DISPENSING, ids=list(ids), yes=True)}
    return {shelf: amc[shelf] if shelf[0] in own and amc.get(shelf) else value for shelf, value in below.items()}


def _facilities(session: Session, ids: set[int]) -> dict[int | None, Facility]:
    """Facilities by id, asked for in portions: a database takes only so many parameters."""
    ordered = sorted(ids)
    found: dict[int | None, Facility] = {}
    for start in range(0, len(ordered), PORTION):
        wanted = col(Facility.id).in_(ordered[start : start + PORTION])
        found.update((facility.id, facility) for facility in session.exec(select(Facility).where(wanted)))
    return found


def _reported_days_out(session: Session, ids: Sequence[int], period: Period) -> dict[Series, int]:
    """The stockout days that monthly reports of another system gave, where they gave any."""
    first, last = month_of(period.first), month_of(period.last)
    rows = Sql(session).rows(REPORTED_OUT, ids=list(ids), first=first, last=last)
    return {row[:2]: row[2] for row in rows}


def _summed_days(root_id: int, out: Mapping[Series, int]) -> dict[Series, int]:
    days: dict[Series, int] = defaultdict(int)
    for (_, item), value in out.items():
        days[root_id, item] += value
    return dict(days)


def _summed(
    root_id: int, figures: Mapping[Shelf, Figures], amc: Mapping[Shelf, Decimal]
) -> tuple[dict[Shelf, Figures], dict[Shelf, Decimal]]:
    sums: dict[Shelf, list[int]] = defaultdict(lambda: [0] * 6)
    for (_, item, channel), row in figures.items():
        at = sums[root_id, item, channel]
        for position, value in enumerate(row):
            at[position] += value
    use: dict[Shelf, Decimal] = defaultdict(Decimal)
    for (_, item, channel), average in amc.items():
        use[root_id, item, channel] += average
    return {shelf: tuple(row) for shelf, row in sums.items()}, dict(use)  # type: ignore[misc]


def _rows(
    session: Session,
    facilities: Mapping[int | None, Facility],
    figures: Mapping[Shelf, Figures],
    out: Mapping[Series, int],
    reported: Mapping[Series, int],
    amc: Mapping[Shelf, Decimal],
) -> list[ReportRow]:
    goods = {item.id: item for item in items(session)}
    rank: dict[int | None, int] = {item: position for position, item in enumerate(goods)}
    channels = {channel.code: channel.position for channel in session.exec(select(Channel))}
    levels = {level.code: level.rank for level in session.exec(select(Level))}

    def order(shelf: Shelf) -> tuple[int, str, str, int, int]:
        facility = facilities[shelf[0]]
        return (levels[facility.level_code], facility.name_sort, facility.code, rank[shelf[1]], channels[shelf[2]])

    rows = []
    for shelf in sorted(figures, key=order):
        (facility, item, channel), series = shelf, shelf[:2]
        closing, use = _closing(figures[shelf]), amc.get(shelf)
        about_days = (out.get(series, 0), use, months_of_stock(closing, use), reported.get(series))
        rows.append(ReportRow(facilities[facility], goods[item], channel, *figures[shelf], closing, *about_days))
    return rows


def _closing(figures: Figures) -> int:
    opening, received, issued, dispensed, adjusted, lost = figures
    return opening + received - issued - dispensed + adjusted - lost


def active(rows: Iterable[ReportRow]) -> list[ReportRow]:
    """The rows that say something: stock, movement or a stockout in the period."""
    return [r for r in rows if r.opening or r.received or r.issued or r.dispensed or r.adjusted or r.lost or r.days_out]
