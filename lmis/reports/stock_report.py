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

By = Literal["facility", "total"]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One line of the report, in base units.

    opening: on hand before the period, and the opening balances entered in it; closing: opening + received − issued
    − dispensed + adjusted − lost. days_out: stockout days of the item, over all its channels; in a total, the sum over
    facilities. amc: base units a month; at a level that does not dispense, what those under it dispensed.
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
        window = complete_months(month_of(period.last), settings().amc_months, today)
        self.amc = average_consumption(session, self.ids, window)

    def rows(self) -> list[ReportRow]:
        amc = _with_those_below(self.session, self.ids, self.on, self.amc)
        wanted = col(Facility.id).in_({facility for facility, _, _ in self.figures})
        facilities = {facility.id: facility for facility in self.session.exec(select(Facility).where(wanted))}
        return _rows(self.session, facilities, self.figures, self.out, amc)

    def totals(self) -> list[ReportRow]:
        top: dict[int | None, Facility] = {self.root_id: self.session.get_one(Facility, self.root_id)}
        return _rows(self.session, top, *_summed(self.root_id, self.figures, self.out, self.amc))


def consumption(session: Session, facility_id: int, today: date) -> dict[tuple[int, str], Decimal]:
    """AMC by item and channel that a facility's stock has to cover, over the latest complete months."""
    ids = subtree_ids(session, facility_id, today)
    window = complete_months(month_of(today), settings().amc_months, today)
    amc = _with_those_below(session, ids, today, average_consumption(session, ids, window))
    return {(item, channel): value for (facility, item, channel), value in amc.items() if facility == facility_id}


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
    dispenses = select(Facility.id).join(Level).where(col(Level.dispenses), col(Facility.id).in_(ids))
    own = set(session.exec(dispenses))
    return {shelf: amc[shelf] if shelf[0] in own and amc.get(shelf) else value for shelf, value in below.items()}


def _summed(
    root_id: int, figures: Mapping[Shelf, Figures], out: Mapping[Series, int], amc: Mapping[Shelf, Decimal]
) -> tuple[dict[Shelf, Figures], dict[Series, int], dict[Shelf, Decimal]]:
    sums: dict[Shelf, list[int]] = defaultdict(lambda: [0] * 6)
    for (_, item, channel), row in figures.items():
        at = sums[root_id, item, channel]
        for position, value in enumerate(row):
            at[position] += value
    days: dict[Series, int] = defaultdict(int)
    for (_, item), value in out.items():
        days[root_id, item] += value
    use: dict[Shelf, Decimal] = defaultdict(Decimal)
    for (_, item, channel), average in amc.items():
        use[root_id, item, channel] += average
    return {shelf: tuple(row) for shelf, row in sums.items()}, dict(days), dict(use)  # type: ignore[misc]


def _rows(
    session: Session,
    facilities: Mapping[int | None, Facility],
    figures: Mapping[Shelf, Figures],
    out: Mapping[Series, int],
    amc: Mapping[Shelf, Decimal],
) -> list[ReportRow]:
    goods = {item.id: item for item in items(session)}
    rank: dict[int | None, int] = {item: position for position, item in enumerate(goods)}
    channels = {channel.code: channel.position for channel in session.exec(select(Channel))}
    levels = {level.code: level.rank for level in session.exec(select(Level))}

    def order(shelf: Shelf) -> tuple[int, str, str, int, int]:
        facility = facilities[shelf[0]]
        return (levels[facility.level_code], facility.name_sort, facility.code, rank[shelf[1]], channels[shelf[2]])

    return [
        _row(facilities[shelf[0]], goods[shelf[1]], shelf[2], figures[shelf], out.get(shelf[:2], 0), amc.get(shelf))
        for shelf in sorted(figures, key=order)
    ]


def _row(facility: Facility, item: Item, channel: str, figures: Figures, days: int, amc: Decimal | None) -> ReportRow:
    opening, received, issued, dispensed, adjusted, lost = figures
    closing = opening + received - issued - dispensed + adjusted - lost
    cover = months_of_stock(closing, amc)
    return ReportRow(facility, item, channel, *figures, closing, days, amc, cover)


def active(rows: Iterable[ReportRow]) -> list[ReportRow]:
    """The rows that say something: stock, movement or a stockout in the period."""
    return [r for r in rows if r.opening or r.received or r.issued or r.dispensed or r.adjusted or r.lost or r.days_out]
