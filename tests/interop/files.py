"""Small files to import, and the rows that an importer is given."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path

from lmis.interop.results import ImportReport
from lmis.interop.tabular import Row


def rows_of(columns: Sequence[str], text: str) -> list[Row]:
    """The rows of a table typed with `|` between its cells, which may be padded; the first stands in line 2."""
    lines = [line for line in text.splitlines() if line.strip()]
    cells = ([cell.strip() for cell in line.split("|")] for line in lines)
    return [Row(number, dict(zip(columns, its, strict=True))) for number, its in enumerate(cells, 2)]


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


class Told:
    """An import report in memory."""

    def __init__(self) -> None:
        self._file = StringIO()
        self.report = ImportReport(self._file, "en")

    def __iter__(self) -> Iterator[dict[str, str]]:
        return csv.DictReader(StringIO(self._file.getvalue()))


def no_progress(_done: int, _total: int) -> None:
    """Nobody watches."""
