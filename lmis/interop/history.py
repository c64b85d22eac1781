"""Importing monthly figures of another system: each month becomes documents of the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from sqlmodel import Session

from lmis.calendar import last_of, month_code
from lmis.catalog.reference import FREE
from lmis.errors import LmisError, Refused
from lmis.i18n import N_
from lmis.interop.cells import Cells
from lmis.interop.known import KnownSeries, MonthChanged
from lmis.interop.monthly import Month, Part, Planned, document_id
from lmis.interop.places import Codes
from lmis.interop.results import Faults, Finding, ImportReport, ImportResult, Progress
from lmis.interop.staging import TABLE, Staging
from lmis.interop.tabular import Row, cell_day
from lmis.interop.temporary import temporary_table
from lmis.reading import CellRefused, Missing
from lmis.sql import Sql
from lmis.stock.documents import Document, Line
from lmis.stock.lots import UNLOTTED, find_or_add_lots
from lmis.stock.posting import post
from lmis.stock.refusals import ClashingId

REQUIRED = (
    "facility", "item", "period", "opening", "received", "dispensed", "adjusted", "closing", "days_out", "ordered",
)  # fmt: skip
BATCH = 4000  # documents posted at once
PARTY = "monthly report"
_COLUMN = {"opening_gap": "opening", "imbalance": "closing"}
_MONTH = re.compile(r"(\d{4})[-/.]?(\d{2})|(\d{1,2})[-/.](\d{4})", re.ASCII)


class NotAMonth(LmisError):
    status_code = 422
    msgid = N_("“%(text)s” is not a month; write year-month, for example 2026-10.")


class MonthNotOver(LmisError):
    status_code = 422
    msgid = N_("%(period)s is not over; its figures can be imported when it is.")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A document on its way into the ledger, with the row and the part of it that it comes from."""

    document: Document
    row: Month
    part: Part

    def refused(self, fault: LmisError) -> CellRefused:
        if isinstance(fault, ClashingId):
            return CellRefused(self.row.line, "period", MonthChanged(period=self.row.period))
        return CellRefused(self.row.line, _COLUMN.get(self.part.name, self.part.name), fault)


class HistoryImport:
    """One file on its way into the ledger, in one transaction."""

    def __init__(
        self, session: Session, report: ImportReport, progress: Progress, *, today: date, now: datetime
    ) -> None:
        self._session = session
        self._report = report
        self._progress = progress
        self._today, self._now = today, now
        self._sql = Sql(session)
        self._codes = Codes(self._sql)
        self._faults = Faults()
        self._batch: list[_Waiting] = []
        self._item_codes = {id_: code for code, id_ in self._codes.items.items()}
        self._lots: dict[int, int] = {}
        self.result = ImportResult(findings=report.findings)

    def run(self, rows: Iterable[Row]) -> ImportResult:
        """Raises Refused with every fault; the transaction must then be rolled back."""
        with temporary_table(self._sql, *TABLE):
            staging = Staging(self._sql)
            staging.fill(self._read(rows))
            self._faults.check()
            names = {id_: code for code, id_ in self._codes.facilities.items()}
            done = 0
            for facility in staging.facilities():
                months = staging.months(facility)
                self._facility(names[facility], months)
                done += len(months)
                self._progress(done, self.result.rows)
            self._post()
            self._faults.check()
        return self.result

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read(self, rows: Iterable[Row]) -> Iterator[Month]:
        cells = Cells(self._faults)
        for row in rows:
            cells.take(row)
            month = self._month(cells)
            self.result.rows += 1
            self._progress(self.result.rows, 0)
            if not self._faults:
                yield month

    def _month(self, cells: Cells) -> Month:
        return Month(
            line=cells.line,
            facility_id=self._codes.facility(cells, "facility"),
            item_id=self._codes.item(cells, "item"),
            month=cells.read("period", self._period, 0),
            opening=cells.quantity("opening", allow_zero=True, signed=True),
            received=cells.quantity("received", allow_zero=True, signed=True),
            dispensed=cells.quantity("dispensed", allow_zero=True, signed=True),
            adjusted=cells.quantity("adjusted", allow_zero=True, signed=True),
            closing=cells.quantity("closing", allow_zero=True, signed=True),
            days_out=cells.quantity_or_none("days_out"),
            ordered=cells.quantity_or_none("ordered"),
        )

    def _period(self, text: str) -> int:
        month = read_month(text)
        if last_of(month) > self._today:
            raise MonthNotOver(period=month_code(month))
        return month

    # -- writing ---------------------------------------------------------------------------------------------------

    def _facility(self, code: str, months: Sequence[Month]) -> None:
        known = KnownSeries(self._sql, months[0].facility_id)
        plan: list[Planned] = []
        for item, its in groupby(months, key=lambda month: month.item_id):
            plan += known.plan(code, self._item_codes[item], its, self._faults)
        for planned in plan:
            self._list(code, planned)
        documents = self._documents(code, plan)
        known.check(code, self._item_codes, plan, self._faults)
        self.result.already += known.add_months(plan)
        self._batch += documents
        if len(self._batch) >= BATCH:
            self._post()

    def _list(self, facility: str, planned: Planned) -> None:
        row, item = planned.row, self._item_codes[planned.row.item_id]
        for flaw in planned.flaws:
            place = {"column": flaw.column, "facility": facility, "item": item, "period": row.period}
            self._report.add(Finding(row.line, flaw.finding, flaw.action, **place, detail=flaw.detail))

    def _documents(self, facility: str, plan: Iterable[Planned]) -> list[_Waiting]:
        """The documents of a facility in the order of their days."""
        parts = [(part, planned.row) for planned in plan for part in planned.parts]
        return [self._document(facility, row, part) for part, row in sorted(parts, key=lambda it: it[0].order)]

    def _document(self, facility: str, row: Month, part: Part) -> _Waiting:
        line = Line(row.item_id, self._lot(row.item_id), FREE, part.quantity, reason=part.reason)
        uuid = document_id(facility, self._item_codes[row.item_id], row, part.name)
        party = PARTY if part.name == "received" else None
        return _Waiting(Document(uuid, part.kind, part.on, row.facility_id, (line,), party=party), row, part)

    def _lot(self, item: int) -> int:
        """The item's own unlotted stock."""
        if item not in self._lots:
            found = find_or_add_lots(self._session, [(item, UNLOTTED, None)], add=True)[0]
            assert isinstance(found, int)  # noqa: S101 - unlotted stock is made when it is first asked for
            self._lots[item] = found
        return self._lots[item]

    def _post(self) -> None:
        """Post what waits. One fault is kept for each series: the rest follow from it."""
        batch, self._batch = self._batch, []
        documents = [waiting.document for waiting in batch]
        try:
            posted = post(self._session, documents, today=self._today, now=self._now)
            self.result.posted += sum(document.created for document in posted)
        except Refused as refused:
            told: set[tuple[int, int]] = set()
            for fault in refused.refusals:
                waiting = batch[getattr(fault, "document", 0)]
                series = (waiting.row.facility_id, waiting.row.item_id)
                if series not in told:
                    told.add(series)
                    self._faults.add(waiting.refused(fault))


def read_month(text: str) -> int:
    """2016-10, 10/2016 or a day of it as 201610. Raises Missing or NotAMonth."""
    match = _MONTH.fullmatch(text)
    if match:
        year, month = int(match[1] or match[4]), int(match[2] or match[3])
    else:
        try:
            day = cell_day(text)
        except Missing:
            raise
        except LmisError:
            raise NotAMonth(text=text[:40]) from None
        year, month = day.year, day.month
    if not (year >= 1900 and 1 <= month <= 12):
        raise NotAMonth(text=text)
    return year * 100 + month
