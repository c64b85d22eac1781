"""What a row about a facility asks for: the columns it is to have. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lmis.errors import LmisError
from lmis.i18n import N_, search_key, sort_key
from lmis.network.models import ALWAYS
from lmis.network.reference import CAPABILITIES
from lmis.reading import CellRefused

_NO_CAPABILITY = frozenset({"non_clinical", "none"})


@dataclass(frozen=True, slots=True)
class FacilityRow:
    """A facility as it is to be from `valid_from` on.

    line: where it stands in its file. parent: a code, '' for the top. capabilities and unit_code: None keeps
    what is there ('' gives the level's own, or no unit).
    """

    line: int
    code: str
    name: str
    level: str
    parent: str = ""
    latitude: float | None = None
    longitude: float | None = None
    capabilities: str | None = None
    unit_code: str | None = None
    valid_from: date = ALWAYS


class UnknownUnit(LmisError):
    status_code = 422
    msgid = N_("No administrative unit has the code “%(code)s” on that day.")


class UnknownCapability(LmisError):
    status_code = 422
    msgid = N_("“%(word)s” is not a capability; the words are clinical, iud, injectable, implant and non_clinical.")


def wanted_columns(
    rows: Mapping[str, FacilityRow],
    known: Mapping[str, Mapping[str, Any]],
    levels: Mapping[str, Mapping[str, Any]],
    units: Mapping[str, list[tuple[date, date]]],
) -> tuple[dict[str, dict[str, Any]], list[LmisError]]:
    """The columns each facility is to have, by code, and what is wrong with the rows."""
    wanted: dict[str, dict[str, Any]] = {}
    faults: list[LmisError] = []
    for code, row in rows.items():
        try:
            wanted[code] = _columns(row, known.get(code), str(levels[row.level]["capabilities"]), units)
        except CellRefused as fault:
            faults.append(fault)
    return wanted, faults


def _columns(
    row: FacilityRow,
    known: Mapping[str, Any] | None,
    default: str,
    units: Mapping[str, list[tuple[date, date]]],
) -> dict[str, Any]:
    old = known or {"capabilities": default, "unit_code": None, "unit_valid_from": None}
    unit = (old["unit_code"], old["unit_valid_from"])
    if row.unit_code is not None:
        unit = _unit(row, units) if row.unit_code else (None, None)
    return {
        "name": row.name,
        "name_sort": sort_key(row.name),
        "name_search": search_key(f"{row.code} {row.name}"),
        "level_code": row.level,
        "capabilities": old["capabilities"] if row.capabilities is None else _capabilities(row, default),
        "unit_code": unit[0],
        "unit_valid_from": unit[1],
        "latitude": row.latitude,
        "longitude": row.longitude,
    }


def _unit(row: FacilityRow, units: Mapping[str, list[tuple[date, date]]]) -> tuple[str, date]:
    code = row.unit_code or ""
    for began, ended in units.get(code, ()):
        if began <= row.valid_from < ended:
            return code, began
    raise CellRefused(row.line, "unit_code", UnknownUnit(code=code))


def _capabilities(row: FacilityRow, default: str) -> str:
    """The words of a capabilities cell, sorted; `non_clinical` or `none` stands for none of them."""
    words = set(re.split(r"[;,|\s]+", (row.capabilities or "").casefold())) - {""}
    if unknown := sorted(words - {*CAPABILITIES, *_NO_CAPABILITY}):
        raise CellRefused(row.line, "capabilities", UnknownCapability(word=unknown[0]))
    return " ".join(sorted(words - _NO_CAPABILITY)) if words else default
