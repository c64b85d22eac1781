"""What the ledger knows of past demand: one statement a measure, for all facilities, or for a few on a page.

A month is known from the first whole month of its series on, unless its monthly report is missing; a month that is not
known is missing, never zero. A month that ended with nothing on the shelf, or had days without, is cut short: what
was dispensed in it is less than what was asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlmodel import Session

from lmis.calendar import Month, add_months, first_of, last_of, month_of
from lmis.forecast.consumption import stockout_spans_of
from lmis.i18n import VIETNAM
from lmis.network.service import subtree_ids
from lmis.sql import Sql, as_day, as_moment
from lmis.stock.stockouts import days_out

MOVED = """
    SELECT facility_id, item_id, {channel} AS channel, month, CAST(SUM(consumed) AS BIGINT),
        CAST(SUM(received) AS BIGINT), CAST(SUM(issued) AS BIGINT),
        CAST(SUM(opening + received - issued - dispensed + adjusted - lost) AS BIGINT)
    FROM stock_month WHERE month <= :last GROUP BY facility_id, item_id, {grouped}month"""
SERIES = """
    SELECT facility_id, item_id, {channel} AS channel, MIN(first_on) FROM stock_series
    WHERE first_on <= :day GROUP BY facility_id, item_id{also}"""
REPORTED = "SELECT facility_id, item_id, month, days_out, ordered FROM reported_month WHERE month <= :last"
RECORDED_SINCE = """
    SELECT m.facility_id, MIN(m.month) FROM stock_month m JOIN (
        SELECT facility_id, MAX(month) AS last FROM reported_month WHERE month <= :last GROUP BY facility_id
    ) r ON r.facility_id = m.facility_id AND m.month > r.last
    WHERE m.month <= :last AND (m.consumed <> 0 OR m.received <> 0 OR m.issued <> 0) GROUP BY m.facility_id"""
STOCKOUTS = "SELECT facility_id, item_id, started_on, ended_on FROM stockout WHERE started_on <= :day"
ORDERED = """
    SELECT r.facility_id, l.item_id, r.id, s.at, l.requested FROM requisition r
    JOIN (SELECT requisition_id, MIN(at) AS at FROM requisition_step WHERE act IN ('authorise', 'approve')
        GROUP BY requisition_id) s ON s.requisition_id = r.id
    JOIN requisition_line l ON l.requisition_id = r.id
    WHERE r.status IN ('authorised', 'approved', 'released') AND l.requested > 0{of}"""
USED_BELOW = """
    SELECT month, CAST(SUM(consumed) AS BIGINT) FROM stock_month
    WHERE facility_id IN (:ids*) AND item_id = :item AND month BETWEEN :first AND :last AND consumed <> 0
    GROUP BY month"""
SINCE_BELOW = """
    SELECT facility_id, MIN(first_on) FROM stock_series
    WHERE facility_id IN (:ids*) AND item_id = :item GROUP BY facility_id"""
REPORTED_BELOW = "SELECT facility_id, month FROM reported_month WHERE facility_id IN (:ids*) AND item_id = :item"
OWN = """
    SELECT month, CAST(SUM(received) AS BIGINT),
        CAST(SUM(opening + received - issued - dispensed + adjusted - lost) AS BIGINT)
    FROM stock_month WHERE facility_id = :facility AND item_id = :item AND month <= :last
    GROUP BY month ORDER BY month"""
OWN_REPORTS = """
    SELECT month, days_out, ordered FROM reported_month
    WHERE facility_id = :facility AND item_id = :item AND month BETWEEN :first AND :last"""
NEVER: Month = 999912


class PastMonth(NamedTuple):
    """A month of an item, in base units. dispensed: at the facility and everything under it; None: not known.

    The others are the facility's own: days_out, closing (on hand at the month's end, usable or not), received, and
    ordered, which is None when no order is known.
    """

    month: Month
    dispensed: int | None
    days_out: int
    closing: int
    received: int
    ordered: int | None

    @property
    def cut_short(self) -> bool:
        """Whether the facility's shelf was empty in it, so that demand may have been more than what was dispensed."""
        return self.days_out > 0 or self.closing <= 0


def first_whole_month(first_on: date) -> Month:
    """The first month that a series which begins on this day is known for from its first day."""
    return month_of(first_on) if first_on.day == 1 else add_months(month_of(first_on), 1)


def series_history(
    session: Session, facility_id: int, item_id: int, months: Sequence[Month], today: date
) -> list[PastMonth]:
    """The given months of an item at a facility and everything under it today. months: they follow each other."""
    if not months:
        return []
    dispensed = _dispensed_below(session, subtree_ids(session, facility_id, today), item_id, months)
    own = _own(session, facility_id, item_id, months)
    return [PastMonth(month, dispensed.get(month), *own[month]) for month in months]


def _dispensed_below(session: Session, ids: Sequence[int], item_id: int, months: Sequence[Month]) -> dict[Month, int]:
    """What facilities dispensed by month; months of which nothing is known are left out."""
    sql, about = Sql(session), {"ids": list(ids), "item": item_id}
    used = {row[0]: row[1] for row in sql.rows(USED_BELOW, **about, first=months[0], last=months[-1])}
    since = {id_: first_whole_month(as_day(day)) for id_, day in sql.rows(SINCE_BELOW, **about)}
    reported: dict[int, set[Month]] = defaultdict(set)
    for id_, month in sql.rows(REPORTED_BELOW, **about):
        reported[id_].add(month)
    recorded = dict(sql.rows(RECORDED_SINCE, last=months[-1])) if reported else {}
    whole = [
        max(begins, recorded.get(id_, NEVER)) if id_ in reported else begins for id_, begins in since.items()
    ]  # fmt: skip
    begins = min(whole, default=NEVER)
    known = {month for its in reported.values() for month in its} | {month for month in months if month >= begins}
    return {month: used.get(month, 0) for month in months if month in known}


def _own(
    session: Session, facility_id: int, item_id: int, months: Sequence[Month]
) -> dict[Month, tuple[int, int, int, int | None]]:
    """days_out, closing, received and ordered of a facility by month."""
    sql, about = Sql(session), {"facility": facility_id, "item": item_id, "last": months[-1]}
    moved = {row[0]: row[1:] for row in sql.rows(OWN, **about)}
    reports = {row[0]: row[1:] for row in sql.rows(OWN_REPORTS, **about, first=months[0])}
    orders = orders_of(session, facility_id)
    spans = stockout_spans_of(session, [facility_id], first_of(months[0]), last_of(months[-1]))[facility_id, item_id]
    closing = sum(net for month, (_, net) in moved.items() if month < months[0])
    found: dict[Month, tuple[int, int, int, int | None]] = {}
    for month in months:
        received, net = moved.get(month, (0, 0))
        closing += net
        said, ordered = reports.get(month, (None, None))
        out = days_out(spans, first_of(month), last_of(month)) if said is None else said
        found[month] = (
            out,
            closing,
            received,
            orders.get((facility_id, item_id, month)) if ordered is None else ordered,
        )
    return found


def orders_of(session: Session, facility_id: int | None = None) -> Mapping[tuple[int, int, Month], int]:
    """Base units asked for by facility, item and the month in which a requisition was first agreed to.

    facility_id: one alone; without it all. The month is that of the decision, not the one whose figures the paper
    shows: what was not known at a month's end is not that month's.
    """
    of = "" if facility_id is None else " AND r.facility_id = :facility"
    rows = Sql(session).rows(ORDERED.format(of=of), **({} if facility_id is None else {"facility": facility_id}))
    decided: dict[int, Month] = {}
    orders: dict[tuple[int, int, Month], int] = defaultdict(int)
    for facility, item, paper, at, requested in rows:
        if paper not in decided:
            decided[paper] = month_of(as_moment(at).astimezone(VIETNAM).date())
        orders[facility, item, decided[paper]] += requested
    return dict(orders)


def channelled(statement: str, by_channel: bool) -> str:
    """A statement above, by facility and item, or by channel too."""
    names = {"channel": "channel", "grouped": "channel, ", "also": ", channel"}
    return statement.format(**(names if by_channel else {"channel": "''", "grouped": "", "also": ""}))
