"""The stock report as a table of cells, for files and the terminal."""

from __future__ import annotations

from lmis.exports import Cell
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
)
NAMED_COLUMNS = (*COLUMNS, "facility_name", "item_name", "days_out_reported")


def cells(row: ReportRow) -> list[Cell]:
    """The row by COLUMNS; AMC and months of stock are None where unknown."""
    figures = (row.opening, row.received, row.issued, row.dispensed, row.adjusted, row.lost, row.closing)
    return [row.facility.code, row.item.code, row.channel, *figures, row.days_out, row.amc, row.months_of_stock]


def named_cells(row: ReportRow) -> list[Cell]:
    """The row by NAMED_COLUMNS, for people."""
    return [*cells(row), row.facility.name, row.item.name_vi, row.days_out_reported]
