"""Tables as files and on the terminal: one way for every command and download."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Literal

import xlsxwriter
from rich.console import Console
from rich.table import Table

Cell = str | int | Decimal | date | None
Format = Literal["table", "csv", "json", "xlsx"]
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
PLACES = Decimal("0.0001")


def _plain(cell: Cell) -> str | int | float | None:
    """Days as yyyy-mm-dd, decimals with at most four places: what other programs read."""
    if isinstance(cell, Decimal):
        return float(cell.quantize(PLACES))
    return cell.isoformat() if isinstance(cell, date) else cell


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with the columns' names first; nothing stands for what is not known."""
    return _csv(columns, rows, _plain).encode()


def as_csv_for_excel(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The same with the mark by which Excel knows UTF-8, and text that looks like a formula kept as text."""

    def shown(cell: Cell) -> str | int | float | None:
        plain = _plain(cell)
        return f"'{plain}" if isinstance(plain, str) and plain.startswith(FORMULA_SIGNS) else plain

    return _csv(columns, rows, shown).encode("utf-8-sig")


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]], shown: Callable[[Cell], object]) -> str:
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([shown(cell) for cell in row] for row in rows)
    return text.getvalue()


def as_json(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A list of objects by column."""
    objects = [dict(zip(columns, map(_plain, row), strict=True)) for row in rows]
    return (json.dumps(objects, ensure_ascii=False, indent=1) + "\n").encode()


def as_xlsx(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet with a fixed head and a filter; text stays text, whatever it begins with."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("lmis")
        head = book.add_format({"bold": True})
        last = 0
        for last, row in enumerate(rows, start=1):
            sheet.write_row(last, 0, [_plain(cell) for cell in row])
        for number, name in enumerate(columns):
            sheet.write_string(0, number, name, head)
            sheet.set_column(number, number, 40 if name.endswith("name") else 14)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
    return file.getvalue()


def as_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A table for the terminal, numbers at the right."""
    kept = [[_plain(cell) for cell in row] for row in rows]
    table = Table()
    for number, name in enumerate(columns):
        figures = any(isinstance(row[number], int | float) for row in kept)
        table.add_column(name, justify="right" if figures else "left", no_wrap=True)
    for row in kept:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    widths = [max([len(name), *(len(str(row[n])) for row in kept)]) for n, name in enumerate(columns)]
    console = Console(file=StringIO(), width=sum(widths) + 3 * len(widths) + 2)
    with console.capture() as captured:
        console.print(table)
    return captured.get().encode()


WRITERS: dict[str, Callable[[Sequence[str], Iterable[Sequence[Cell]]], bytes]] = {
    "table": as_table,
    "csv": as_csv,
    "json": as_json,
    "xlsx": as_xlsx,
}
