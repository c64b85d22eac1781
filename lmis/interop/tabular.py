"""Reading tables people send: CSV (any usual delimiter and encoding, also gzipped) and XLSX, row by row."""

from __future__ import annotations

import codecs
import csv
import gzip
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import IO, cast

from python_calamine import CalamineError, CalamineWorkbook

from lmis.errors import LmisError
from lmis.i18n import N_, search_key
from lmis.reading import ImpossibleDay, read_day

DELIMITERS = ",;\t|"
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_GROUPED = re.compile(r"[+\-−]?\d{1,3}(?:([.,])\d{3})+(?:[.,]\d*)?", re.ASCII)
_POINTED = re.compile(r"[+\-−]?\d+([.,])0{1,2}", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?$", re.ASCII)
_SERIAL_ZERO = date(1899, 12, 30)  # Excel takes 1900 for a leap year, so that its day 61 is 1 March 1900


class BadFile(LmisError):
    """The file as a whole cannot be read; the subclasses say why."""

    status_code = 422


class FileMissing(BadFile):
    status_code = 404
    msgid = N_("There is no such file, or it may not be read: %(path)s")


class NotATable(BadFile):
    msgid = N_("This is not a table: neither text in UTF-8 or UTF-16 nor an Excel workbook. Save it as CSV UTF-8.")


class EmptyTable(BadFile):
    msgid = N_("The file is empty; its first row must name the columns: %(wanted)s.")


class MissingColumns(BadFile):
    msgid = N_("Missing columns: %(missing)s. The first row must name them; it says: %(found)s.")


class UnknownColumns(BadFile):
    msgid = N_("Unknown columns: %(unknown)s. The columns of this file are: %(wanted)s.")


class DoubleColumns(BadFile):
    msgid = N_("These columns stand twice in the first row: %(double)s.")


class BrokenRow(LmisError):
    """A row that cannot be read. line: its line number."""

    status_code = 422

    def __init__(self, line: int, **params: object) -> None:
        super().__init__(line=str(line), **params)
        self.line = line


class RaggedRow(BrokenRow):
    msgid = N_("row %(line)s: it has %(found)s cells where the first row names %(wanted)s columns.")


class UnreadableRow(BrokenRow):
    msgid = N_("row %(line)s: it cannot be read; look for an unclosed quotation mark or broken characters.")


class MixedNumbers(LmisError):
    status_code = 422
    msgid = N_(
        "“%(text)s” and “%(other)s” in row %(other_line)s use dots and commas differently; "
        "write the numbers of a file in one way."
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One row. line: its line number in the file, 1 the first; cells: NFC text by column, '' where empty."""

    line: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class NumberStyle:
    """The one way in which a file groups thousands, learned from its first number that shows it."""

    mark: str = ""
    line: int = 0
    text: str = ""

    def check(self, line: int, text: str) -> None:
        """Raises MixedNumbers when `text` takes for a decimal point what another number groups thousands with."""
        mark = _thousands_mark(text)
        if not mark:
            return
        if not self.mark:
            self.mark, self.line, self.text = mark, line, text
        elif mark != self.mark:
            raise MixedNumbers(text=text, other=self.text, other_line=str(self.line))


def _thousands_mark(text: str) -> str:
    if grouped := _GROUPED.fullmatch(text):
        return grouped[1]
    if pointed := _POINTED.fullmatch(text):
        return "," if pointed[1] == "." else "."
    return ""


def cell_day(text: str) -> date:
    """A day as people type it, or as Excel counts it (45292 is 1 January 2024). Raises as reading.read_day."""
    if not _SERIAL.fullmatch(text):
        return read_day(_MIDNIGHT.sub("", text))
    day = _SERIAL_ZERO + timedelta(days=int(text[:5]))
    if not 1950 <= day.year <= 2150:  # a typing error rather than a date
        raise ImpossibleDay(text=text)
    return day


def read_table(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of a file, empty ones skipped, each with every column named in its header.

    Columns may stand in any order; their names are matched without regard to case and blanks. A CSV is
    streamed. Raises BadFile, RaggedRow or UnreadableRow.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
            if start.startswith((_ZIP, _OLE)):
                yield from _rows(_sheet(path), required, optional)
            else:
                file.seek(0)
                yield from _rows(_csv(file, start, required), required, optional)
    except (gzip.BadGzipFile, zlib.error, EOFError):
        raise NotATable from None
    except OSError:
        raise FileMissing(path=str(path)) from None


def _rows(
    lines: Iterator[tuple[int, Sequence[str]]], required: Sequence[str], optional: Sequence[str]
) -> Iterator[Row]:
    header = next(((cells) for _, cells in lines if any(cells)), None)
    if header is None:
        raise EmptyTable(wanted=", ".join(required))
    columns = _columns(header, required, optional)
    named = [(place, name) for place, name in enumerate(columns) if name]
    for line, cells in lines:
        if not any(cells):
            continue
        if len(cells) != len(columns) or any(cell and not columns[at] for at, cell in enumerate(cells)):
            raise RaggedRow(line, found=len(cells), wanted=len(named))
        yield Row(line, {name: cells[place] for place, name in named})


def _columns(header: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> list[str]:
    """The column of each place of the header; '' for a place without a name."""
    known = {_folded(name): name for name in (*required, *optional)}
    found = [known.get(_folded(cell), cell) for cell in header]
    if missing := [name for name in required if name not in found]:
        raise MissingColumns(missing=", ".join(missing), found=", ".join(header)[:200])
    if unknown := [name for name in found if name and name not in known.values()]:
        raise UnknownColumns(unknown=", ".join(unknown)[:200], wanted=", ".join(known.values()))
    if double := sorted({name for name in found if name and found.count(name) > 1}):
        raise DoubleColumns(double=", ".join(double))
    return found


def _folded(name: str) -> str:
    return search_key(name).replace(" ", "").replace("_", "")


def _sheet(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows of a workbook's first sheet."""
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        first = sheet.start[0] + 1 if sheet.start else 1
        for line, cells in enumerate(sheet.iter_rows(), first):
            yield line, [_text(cell) for cell in cells]
    except CalamineError:
        raise NotATable from None


def _text(cell: object) -> str:
    """A workbook's cell as a person would have typed it: whole numbers without a point, days as yyyy-mm-dd."""
    match cell:
        case None:
            return ""
        case float():
            return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case _:
            return _clean(str(cell))


def _clean(text: str) -> str:
    return text.strip() if text.isascii() else unicodedata.normalize("NFC", text).strip("\ufeff").strip()


def _csv(file: IO[bytes], start: bytes, required: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    content = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if start.startswith(_GZIP) else file
    encoding = _encoding(content)
    content.seek(0)
    with TextIOWrapper(content, encoding=encoding, newline="") as text:
        yield from _records(text, required)


def _encoding(content: IO[bytes]) -> str:
    start = content.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if start[:1] == b"\0" else "utf-8-sig"


def _records(text: TextIOWrapper, required: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """The records of a CSV with the line each begins at."""
    line, begins = 0, 1
    try:
        head: list[str] = []
        for head_line in text:
            head.append(head_line)
            if head_line.strip("\ufeff\r\n\t ,;|") and not head_line.lower().startswith("sep="):
                break
        if head and head[0].lower().startswith("sep="):
            head[0] = "\n"
        reader = csv.reader(chain(head, text), delimiter=_delimiter(head[-1:], required), strict=True)
        for record in reader:
            begins, line = line + 1, reader.line_num
            yield begins, [_clean(cell) for cell in record]
    except UnicodeError:
        raise (UnreadableRow(line + 1) if line else NotATable()) from None
    except csv.Error:
        raise UnreadableRow(line + 1) from None


def _delimiter(header: Iterable[str], required: Sequence[str]) -> str:
    """The delimiter with which the header names most of the columns that are wanted."""
    wanted = {_folded(name) for name in required}
    text = "".join(header)

    def named(delimiter: str) -> int:
        return sum(_folded(cell.strip(' "\r\n\ufeff')) in wanted for cell in text.split(delimiter))

    return max(DELIMITERS, key=named)
