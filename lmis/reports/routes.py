"""The stock report: the table, and the same as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from lmis import clock
from lmis.accounts.deps import CurrentPlace
from lmis.calendar import add_months, month_code, month_of, parse_period
from lmis.catalog.service import items
from lmis.db import Reader
from lmis.exports import as_csv_for_excel, as_xlsx
from lmis.forms import Form
from lmis.i18n import N_, Message
from lmis.pages import page
from lmis.reports.download import NAMED_COLUMNS, named_cells
from lmis.reports.stock_report import By, ReportRow, active, stock_report
from lmis.stock.shelves import channels

router = APIRouter()
FACILITIES = 50  # on one page
MONTHS = 24  # to choose from
FIGURES = ("opening", "received", "issued", "dispensed", "adjusted", "lost", "closing", "days_out")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Month = N_("Month %(month)s/%(year)s")
Quarter = N_("Quarter %(quarter)s/%(year)s")
Halves = (N_("First half of %(year)s"), N_("Second half of %(year)s"))
Year = N_("Year %(year)s")
Text = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of a facility."""

    code: str
    name: str
    rows: list[ReportRow]


@router.get("/f/{code}/report")
def show_report(
    request: Request,
    place: CurrentPlace,
    session: Reader,
    period: Text = "",
    by: Text = "total",
    item: Text = "",
    part: int = 1,
) -> Response:
    today = clock.today()
    form = Form({"period": period or month_code(month_of(today)), "by": by, "item": item})
    asked = form.read("period", parse_period) or parse_period(month_code(month_of(today)))
    report = stock_report(session, place.id, asked, today=today, rows=by == "facility")
    totals, rows = _chosen(report.totals, item), _chosen(report.rows, item)
    groups = [_group(list(its)) for _, its in groupby(rows, key=lambda row: row.facility.id)]
    parts = max(1, -(-len(groups) // FACILITIES))
    part = min(max(part, 1), parts)
    return page(
        request,
        "reports/stock.html",
        status_code=422 if form.errors else 200,
        form=form,
        period=asked,
        period_name=period_name(asked.code),
        periods=periods_to_choose(today),
        totals=totals,
        groups=groups[(part - 1) * FACILITIES : part * FACILITIES],
        sums=_sums(rows) if item else None,
        items=items(session),
        channels={it.code: it for it in channels(session)},
        part=part,
        parts=parts,
    )


@router.get("/f/{code}/report.{suffix}")
def download(
    place: CurrentPlace,
    session: Reader,
    suffix: Literal["csv", "xlsx"],
    period: Text,
    by: By = "facility",
    item: Text = "",
) -> Response:
    """Raises UnknownPeriod."""
    asked = parse_period(period)
    report = stock_report(session, place.id, asked, today=clock.today(), rows=by == "facility")
    rows = _chosen(report.rows if by == "facility" else report.totals, item)
    write, kind = (as_csv_for_excel, "text/csv; charset=utf-8") if suffix == "csv" else (as_xlsx, XLSX)
    body = write(NAMED_COLUMNS, [named_cells(row) for row in rows])
    name = f"report-{''.join(char for char in place.facility.code if char.isalnum())}-{asked.code}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name.encode("ascii", "replace").decode()}"'}
    return Response(body, media_type=kind, headers=headers)


def _chosen(rows: Sequence[ReportRow], item: str) -> list[ReportRow]:
    """The rows that say something, of one item if its code is given."""
    return [row for row in active(rows) if not item or row.item.code == item]


def _group(rows: list[ReportRow]) -> Group:
    return Group(rows[0].facility.code, rows[0].facility.name, rows)


def _sums(rows: Sequence[ReportRow]) -> dict[str, int]:
    """The figures of one item added up over facilities and channels."""
    return {name: sum(getattr(row, name) for row in rows) for name in FIGURES}


def periods_to_choose(today: date) -> list[tuple[str, Message]]:
    """The latest months, then the quarters, halves and years they lie in, each newest first."""
    months = [add_months(month_of(today), -back) for back in range(MONTHS)]
    codes = [month_code(month) for month in months]
    codes += dict.fromkeys(f"{month // 100}-Q{(month % 100 + 2) // 3}" for month in months)
    codes += dict.fromkeys(f"{month // 100}-H{1 if month % 100 <= 6 else 2}" for month in months)
    codes += dict.fromkeys(str(month // 100) for month in months)
    return [(code, period_name(code)) for code in codes]


def period_name(code: str) -> Message:
    """2026-10 as people say it; the code is one that parse_period takes."""
    year, _, rest = code.partition("-")
    if rest.startswith("Q"):
        return Message(Quarter, {"quarter": rest[1:], "year": year})
    if rest.startswith("H"):
        return Message(Halves[int(rest[1:]) - 1], {"year": year})
    return Message(Month, {"month": rest, "year": year}) if rest else Message(Year, {"year": year})
