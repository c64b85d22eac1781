"""The stock report as files: CSV that Excel opens with its letters right, and XLSX."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO

import xlsxwriter

from lmis.reports.stock_report import ReportRow

COLUMNS = (
    "facility",
    "item",
    "channel",
    "opening",
    "received",
    "issued",
    "dispensed",
    "adjusted",
    "lost",
    "closing",
    "days_out",
    "amc",
    "months_of_stock",
    "facility_name",
    "item_name",
)
WIDTHS = {"facility_name": 40, "item_name": 40}
Cell = str | int | float | None


def cells(row: ReportRow) -> list[Cell]:
    """The row by COLUMNS; AMC and months of stock with two decimals, None where unknown."""
    return [
        row.facility.code,
        row.item.code,
        row.channel,
        row.opening,
        row.received,
        row.issued,
        row.dispensed,
        row.adjusted,
        row.lost,
        row.closing,
        row.days_out,
        None if row.amc is None else float(round(row.amc, 2)),
        None if row.months_of_stock is None else float(round(row.months_of_stock, 2)),
        row.facility.name,
        row.item.name_vi,
    ]


def as_csv(rows: Sequence[ReportRow]) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(cells(row) for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Sequence[ReportRow]) -> bytes:
    """One sheet with a fixed head; names are text, whatever they begin with."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("report")
        head = book.add_format({"bold": True})
        for number, name in enumerate(COLUMNS):
            sheet.write_string(0, number, name, head)
            sheet.set_column(number, number, WIDTHS.get(name, 14))
        for line, row in enumerate(rows, start=1):
            sheet.write_row(line, 0, cells(row))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(COLUMNS) - 1)
    return file.getvalue()
