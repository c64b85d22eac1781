"""Importing the network: facilities, their levels and their dated parents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sqlmodel import Session, select

from lmis.errors import LmisError
from lmis.i18n import N_, Message
from lmis.interop.cells import Cells
from lmis.interop.results import LISTED, Faults, Finding, ImportReport, ImportResult, Progress
from lmis.interop.tabular import Row, cell_day
from lmis.network.models import ALWAYS, Level
from lmis.network.service import FacilityRow, save_facilities
from lmis.reading import read_text

REQUIRED = ("code", "name", "level", "parent", "latitude", "longitude")
OPTIONAL = ("capabilities", "unit_code", "valid_from")
NEW_LEVEL = "new_level"


class NotACoordinate(LmisError):
    status_code = 422
    msgid = N_("“%(text)s” is not a coordinate; write degrees from −%(most)s to %(most)s, for example 21.0285.")


def import_network(session: Session, rows: Iterable[Row], report: ImportReport, progress: Progress) -> ImportResult:
    """Save the facilities of a file.

    Raises Refused with every fault; nothing is written then.
    """
    faults = Faults()
    cells = Cells(faults)
    levels = {code.casefold(): code for code in session.exec(select(Level.code))}
    facilities: list[FacilityRow] = []
    for row in rows:
        cells.take(row)
        facility = _facility(cells, levels)
        if cells.sound:
            facilities.append(facility)
        progress(row.line, 0)
    faults.check()
    saved = save_facilities(session, facilities)
    for level in saved.new_levels:
        detail = Message(N_("“%(code)s” is a new level; check its name, rank and rights."), {"code": level})
        report.add(Finding(0, NEW_LEVEL, LISTED, "level", detail=detail))
    return ImportResult(len(facilities), 0, saved.same, saved.added, saved.changed, report.findings)


def _facility(cells: Cells, levels: Mapping[str, str]) -> FacilityRow:
    level = cells.text("level", most=40)
    return FacilityRow(
        line=cells.line,
        code=cells.read("code", read_code, ""),
        name=cells.text("name"),
        level=levels.get(level.casefold(), level),
        parent=cells.text("parent", required=False, most=64),
        latitude=_degrees(cells, "latitude", 90),
        longitude=_degrees(cells, "longitude", 180),
        capabilities=cells.raw("capabilities") if cells.has("capabilities") else None,
        unit_code=cells.text("unit_code", required=False, most=20) if cells.has("unit_code") else None,
        valid_from=cells.read("valid_from", _day_or_always, ALWAYS),
    )


class BadCode(LmisError):
    status_code = 422
    msgid = N_("“%(code)s” cannot be a code: pages are addressed by it, so it holds no “/” and is not “.” or “..”.")


def read_code(text: str) -> str:
    """A facility's code. Raises Missing, TooLong or BadCode."""
    code = read_text(text, most=64)
    if "/" in code or code in (".", ".."):
        raise BadCode(code=code)
    return code


def _degrees(cells: Cells, column: str, most: int) -> float | None:
    return cells.read(column, lambda cell: read_degrees(cell, most), None)


def read_degrees(text: str, most: int) -> float | None:
    """Degrees with a decimal point or comma; None where empty. Raises NotACoordinate."""
    if not text:
        return None
    try:
        value = float(text.replace(",", ".").replace("−", "-")) if text.isascii() else float("nan")
    except ValueError:
        value = float("nan")
    if not -most <= value <= most:
        raise NotACoordinate(text=text[:40], most=most)
    return value


def _day_or_always(text: str) -> date:
    return cell_day(text) if text else ALWAYS
