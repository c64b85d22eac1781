"""What summaries are made of, read for the whole network at once, and the stock report that goes with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime

from sqlmodel import Session

from lmis.alerts.digest_round import standing_lines
from lmis.alerts.summary import Happening, Open
from lmis.alerts.views import Spot
from lmis.calendar import Period
from lmis.db import id_of
from lmis.exports import as_xlsx
from lmis.mail.outbox import Attachment
from lmis.network.service import children
from lmis.network.tree import above
from lmis.reports.download import NAMED_COLUMNS, named_cells
from lmis.reports.stock_report import ReportRow, active, stock_report
from lmis.sql import Sql, as_moment, stored

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPENED_AT = "SELECT id, opened_at FROM alert WHERE state <> 'resolved'"
HAPPENED = """
    SELECT e.rule, a.facility_id, e.what, e.at, (
        SELECT MAX(o.at) FROM alert_event o
        WHERE o.alert_id = e.alert_id AND o.what IN ('opened', 'reopened') AND o.at <= e.at)
    FROM alert_event e JOIN alert a ON a.id = e.alert_id
    WHERE e.what IN ('opened', 'reopened', 'resolved') AND e.at >= :start AND e.at < :end"""
FACILITIES = "SELECT id FROM facility WHERE closed_on IS NULL OR closed_on > :on"
PROPOSALS = """
    SELECT parent_id, COUNT(*), CAST(SUM(saves) AS BIGINT), CAST(SUM(fills) AS BIGINT) FROM transfer_proposal
    GROUP BY parent_id"""


def standing(session: Session) -> list[Open]:
    """All alerts that are not resolved."""
    since = dict(Sql(session).rows(OPENED_AT))
    return [Open(line, as_moment(since[line.id])) for line in standing_lines(session)]


def happened(session: Session, start: datetime, end: datetime) -> list[Happening]:
    """What was opened and what resolved from one moment until before another."""
    rows = Sql(session).rows(HAPPENED, start=stored(start), end=stored(end))
    return [
        Happening(rule, at, as_moment(when) - as_moment(begun) if what == "resolved" else None)
        for rule, at, what, when, begun in rows
    ]


def open_facilities(session: Session, on: date) -> list[int]:
    return [id_ for (id_,) in Sql(session).rows(FACILITIES, on=on)]


def proposals(session: Session, parents: Mapping[int, int]) -> dict[int, Counter[str]]:
    """The latest plan to move stock, by every facility it lies under: how many moves, units saved and units filled."""
    sums: dict[int, Counter[str]] = {}
    for parent_id, moves, saves, fills in Sql(session).rows(PROPOSALS):
        for at in above(parents, parent_id):
            sums.setdefault(at, Counter()).update({"moves": moves, "saves": saves, "fills": fills})
    return sums


def report_file(session: Session, place: Spot, period: Period, *, whole: bool, today: date) -> Attachment:
    """The stock report of a facility and all under it as a workbook: by facility, or `whole` districts in totals."""
    rows = _totals(session, place, period, today) if whole else _by_facility(session, place, period, today)
    code = "".join(char for char in place.code if char.isascii() and char.isalnum())
    content = as_xlsx(NAMED_COLUMNS, [named_cells(row) for row in active(rows)])
    return Attachment(f"report-{code}-{period.code}.xlsx", XLSX, content)


def _by_facility(session: Session, place: Spot, period: Period, today: date) -> list[ReportRow]:
    return stock_report(session, place.id, period, today=today).rows


def _totals(session: Session, place: Spot, period: Period, today: date) -> Iterator[ReportRow]:
    """The total of all, then those of each directly under it."""
    for root in (place.id, *(id_of(child) for child in children(session, place.id, min(period.last, today)))):
        yield from stock_report(session, root, period, today=today, rows=False).totals
