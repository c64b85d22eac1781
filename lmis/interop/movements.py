"""Importing single movements: every row is one document of one line, posted in the file's order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from uuid import UUID, uuid5

from sqlmodel import Session

from lmis.catalog.reference import FREE, channel_code
from lmis.errors import LmisError, Refused
from lmis.i18n import N_, search_key
from lmis.interop.catalog import UnknownChannel
from lmis.interop.cells import Cells
from lmis.interop.occurrences import TABLE, Occurrences
from lmis.interop.places import Codes, Parents
from lmis.interop.results import Faults, ImportReport, ImportResult, Progress
from lmis.interop.tabular import Row, cell_day
from lmis.interop.temporary import temporary_table
from lmis.reading import CellRefused
from lmis.sql import Sql
from lmis.stock.documents import NEEDS_REASON, OF_A_SHIPMENT, RULES, STATES_ZERO, Document, Kind, Line
from lmis.stock.lots import find_or_add_lots
from lmis.stock.posting import post
from lmis.stock.reference import OTHER

REQUIRED = (
    "id", "kind", "occurred_on", "facility", "counterparty", "item", "lot", "expires_on", "channel", "quantity",
    "reason", "reference",
)  # fmt: skip
NAMESPACE = UUID("2f0d8f4e-6f0a-5c55-9b0d-6a1d3f7c9e21")  # of the ids of movements that bring none of their own
BATCH = 3000  # rows posted at once
MOVES_TO = frozenset({Kind.ISSUE, Kind.TRANSFER, Kind.RETURN})  # counterparty: a facility's code
BRINGS_LOTS = frozenset({Kind.OPENING, Kind.RECEIPT, Kind.FOUND, Kind.COUNT})
KINDS = frozenset(RULES) - OF_A_SHIPMENT - {Kind.REVERSAL, Kind.QUARANTINE, Kind.RELEASE, Kind.RECALL}


class UnknownKindOfRow(LmisError):
    status_code = 422
    msgid = N_("“%(text)s” is not a kind of movement; the kinds are: %(kinds)s.")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A row that reads well: its document, still without lot, and the lot it names."""

    line: int
    document: Document
    lot: str
    expires_on: date | None

    @property
    def shelves(self) -> list[tuple[int, int]]:
        """The facility and item of each shelf it touches."""
        places = (self.document.facility_id, self.document.counterparty_id)
        return [(place, self.document.lines[0].item_id) for place in places if place]

    def with_lot(self, lot_id: int) -> Document:
        return replace(self.document, lines=(replace(self.document.lines[0], lot_id=lot_id),))


class MovementsImport:
    """One file on its way into the ledger, in one transaction."""

    def __init__(
        self, session: Session, report: ImportReport, progress: Progress, *, today: date, now: datetime
    ) -> None:
        self._session = session
        self._sql = sql = Sql(session)
        self._progress = progress
        self._today, self._now = today, now
        self._codes = Codes(sql)
        self._parents = Parents(sql)
        self._occurrences = Occurrences(sql)
        self._reasons = _reasons(sql)
        self._faults = Faults()
        self._cells = Cells(self._faults)
        self._spoilt: dict[tuple[int, int], int] = {}  # by shelf: its first refused row, which later ones echo
        self.result = ImportResult(findings=report.findings)

    def run(self, rows: Iterable[Row]) -> ImportResult:
        """Raises Refused with every fault found; the transaction must then be rolled back."""
        stream = iter(rows)
        with temporary_table(self._sql, *TABLE):
            while batch := list(islice(stream, BATCH)):
                posting = not self._faults
                asked = self._read(batch)
                if posting:
                    self._post(asked)
                self.result.rows += len(batch)
                self._progress(self.result.rows, 0)
            self._faults.check()
        return self.result

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read(self, rows: Sequence[Row]) -> list[_Asked]:
        uuids = self._uuids(rows)
        asked: list[_Asked] = []
        for row, uuid in zip(rows, uuids, strict=True):
            self._cells.take(row)
            read = self._row(uuid)
            if self._cells.sound:
                asked.append(read)
            else:
                self._spoil(read)
        return asked

    def _spoil(self, row: _Asked) -> None:
        for shelf in row.shelves:
            self._spoilt.setdefault(shelf, row.line)

    def _uuids(self, rows: Sequence[Row]) -> list[UUID]:
        """The rows' ids: a UUID as it is, other text by its name, none by the row's content and its occurrence."""
        contents = ["\x1f".join(row.cells[name] for name in REQUIRED[1:]) for row in rows if not row.cells["id"]]
        numbers = iter(self._occurrences.count(contents))
        names = iter(contents)
        return [_uuid(row.cells["id"] or f"{next(names)}\x1e{next(numbers)}") for row in rows]

    def _row(self, uuid: UUID) -> _Asked:
        cells = self._cells
        kind = cells.read("kind", _kind, "")
        on = cells.read("occurred_on", cell_day, date.min)
        facility = self._codes.facility(cells, "facility")
        counterparty, party = self._counterparty(kind, facility, on)
        reason, note = self._reason(kind)
        line = Line(self._codes.item(cells, "item"), 0, self._channel(), self._quantity(kind), reason=reason)
        document = Document(uuid, kind, on, facility, (line,), counterparty, party, self._optional("reference"), note)
        expires_on = cells.read("expires_on", cell_day, date.min) if cells.raw("expires_on") else None
        return _Asked(cells.line, document, cells.text("lot", required=False, most=64), expires_on)

    def _counterparty(self, kind: str, facility: int, on: date) -> tuple[int | None, str | None]:
        """The facility on the other side, or who else is named there. A return without one goes to the parent."""
        if kind not in MOVES_TO:
            return None, self._optional("counterparty")
        parent = self._parents.of(facility, on) if kind == Kind.RETURN else None
        named = self._optional("counterparty")
        if named is None:
            return parent, None
        if kind == Kind.RETURN and parent is None and named not in self._codes.facilities:
            return None, named  # at the top goods go back to the supplier, whose name is free text
        return self._codes.facility(self._cells, "counterparty"), None

    def _reason(self, kind: str) -> tuple[str | None, str | None]:
        """The reason's code and, where the text is no known reason, the text as a note."""
        text = self._cells.text("reason", required=False)
        code = self._reasons.get(search_key(text.replace("_", " ")))
        if code or not text:
            return code or (OTHER if kind in NEEDS_REASON else None), None
        return OTHER, text

    def _channel(self) -> str:
        return self._cells.read("channel", read_channel, FREE)

    def _quantity(self, kind: str) -> int:
        signed = kind == Kind.ADJUSTMENT
        return self._cells.quantity("quantity", allow_zero=kind in STATES_ZERO, signed=signed)

    def _optional(self, column: str) -> str | None:
        return self._cells.text(column, required=False) or None

    # -- writing ---------------------------------------------------------------------------------------------------

    def _post(self, asked: Sequence[_Asked]) -> None:
        ready: list[tuple[_Asked, Document]] = []
        for row, lot in zip(asked, self._lots(asked), strict=True):
            if isinstance(lot, LmisError):
                self._faults.add(CellRefused(row.line, "lot", lot))
                self._spoil(row)
            else:
                ready.append((row, row.with_lot(lot)))
        sound = [(row, document) for row, document in ready if not self._echoes(row)]
        try:
            posted = post(self._session, [it for _, it in sound], today=self._today, now=self._now)
        except Refused as refused:
            for fault in refused.refusals:
                line = sound[getattr(fault, "document", 0)][0].line
                self._faults.add(CellRefused(line, getattr(fault, "field", "") or "kind", fault))
            return
        self.result.posted += sum(document.created for document in posted)
        self.result.already += sum(not document.created for document in posted)

    def _echoes(self, row: _Asked) -> bool:
        """Whether a refusal of the row could stem from an earlier refused row of the same shelf."""
        return any(self._spoilt.get(shelf, row.line) < row.line for shelf in row.shelves)

    def _lots(self, asked: Sequence[_Asked]) -> list[int | LmisError]:
        """The lot of each row; those that bring goods in may bring a new lot."""
        found: dict[int, int | LmisError] = {}
        for brings in (True, False):
            rows = [(at, row) for at, row in enumerate(asked) if (row.document.kind in BRINGS_LOTS) is brings]
            wanted = [(row.document.lines[0].item_id, row.lot, row.expires_on) for _, row in rows]
            if wanted:
                lots = find_or_add_lots(self._session, wanted, add=brings)
                found.update(zip((at for at, _ in rows), lots, strict=True))
        return [found[at] for at in range(len(asked))]


def _kind(text: str) -> str:
    kind = text.casefold()
    if kind not in KINDS:
        raise UnknownKindOfRow(text=text[:40], kinds=", ".join(kind for kind in RULES if kind in KINDS))
    return kind


def read_channel(text: str) -> str:
    """A channel's code, name or abbreviation; none: free. Raises UnknownChannel."""
    code = channel_code(text) if text else FREE
    if code is None:
        raise UnknownChannel(text=text[:40])
    return code


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid5(NAMESPACE, text)


def _reasons(sql: Sql) -> dict[str, str]:
    """The code of each reason by its code and both its names."""
    found: dict[str, str] = {}
    for code, vi, en in sql.rows("SELECT code, name_vi, name_en FROM reason"):
        for spelling in (en, vi, code):
            found[search_key(spelling.replace("_", " "))] = code
    return found
