"""What an import found and did: counts for the screen, and every finding in a CSV beside them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from lmis.errors import LmisError, Refused
from lmis.i18n import N_, Message
from lmis.reading import CellRefused

COLUMNS = ("line", "facility", "item", "period", "column", "finding", "action", "detail")
Progress = Callable[[int, int], None]  # told how many rows are done, and of how many; 0: not known yet
MOST_FAULTS = 1000  # refusals gathered before reading stops

LEFT_OUT = "left_out"
ADJUSTED = "adjusted"
LISTED = "listed"
NOT_KEPT = "not_kept"
REFUSED = "refused"


class ReportUnwritable(LmisError):
    status_code = 422
    msgid = N_("The import report cannot be written to %(path)s; name another place with --report.")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know about a row. finding and action are fixed words; detail says more."""

    line: int
    finding: str
    action: str
    column: str = ""
    facility: str = ""
    item: str = ""
    period: str = ""
    detail: Message | str = ""


@dataclass(slots=True)
class ImportResult:
    """rows: read; posted: documents posted now; already: rows that were there before; findings: counts by kind.

    added, changed: facilities or items.
    """

    rows: int = 0
    posted: int = 0
    already: int = 0
    added: int = 0
    changed: int = 0
    findings: Counter[str] = field(default_factory=Counter)


class ImportReport:
    """The CSV of findings, written as they come, so that its length takes no memory."""

    def __init__(self, file: TextIO, language: str) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(COLUMNS)
        self._language = language
        self.findings: Counter[str] = Counter()

    def add(self, found: Finding) -> None:
        self.findings[found.finding] += 1
        detail = found.detail.translate(self._language) if isinstance(found.detail, Message) else found.detail
        place = (found.line or "", found.facility, found.item, found.period, found.column)
        self._writer.writerow((*place, found.finding, found.action, detail))

    def refuse(self, refused: Refused) -> None:
        """List why the file was not imported."""
        for fault in refused.refusals:
            line = fault.line if isinstance(fault, CellRefused) else 0
            column = fault.column if isinstance(fault, CellRefused) else ""
            cause = fault.cause if isinstance(fault, CellRefused) else fault
            self.add(Finding(line, REFUSED, LEFT_OUT, column, detail=cause.message))


@contextmanager
def import_report(path: Path, language: str) -> Iterator[ImportReport]:
    """A report at `path`; a refusal on the way is listed in it. Raises ReportUnwritable."""
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError:
        raise ReportUnwritable(path=str(path)) from None
    with file:
        report = ImportReport(file, language)
        try:
            yield report
        except Refused as refused:
            report.refuse(refused)
            raise
        except LmisError as refused:
            report.refuse(Refused([refused]))
            raise


class Faults:
    """Refusals gathered while a file is read; too many at once stop the reading."""

    def __init__(self) -> None:
        self.found: list[LmisError] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, fault: LmisError) -> None:
        self.found.append(fault)
        if len(self.found) >= MOST_FAULTS:
            self.check()

    def check(self) -> None:
        """Raises Refused when anything was found."""
        if self.found:
            raise Refused(sorted(self.found, key=lambda fault: getattr(fault, "line", 0)))
