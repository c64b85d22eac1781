"""From what is typed on a requisition to what is asked for, and from refusals back to the fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from lmis.errors import LmisError, Refused
from lmis.forms import BrokenForm, Form
from lmis.reading import read_quantity, read_text
from lmis.requisitions.lines import LineView
from lmis.requisitions.refusals import Key, LineFault
from lmis.requisitions.service import Asked, Writing

REQUESTED, REASON, APPROVED, PAPER = "requested-", "reason-", "approved-", "paper-"


class Typed(NamedTuple):
    """A line where what was typed is not what is stored now."""

    line: LineView
    typed: str
    stored: int


def read_key(text: str) -> Key:
    """The item and channel in the name of a field. Raises BrokenForm for what no page has made."""
    found = re.fullmatch(r"(\d{1,18})-(.{1,20})", text, re.ASCII)
    if found is None:
        raise BrokenForm
    return int(found[1]), found[2]


def read_version(text: str) -> int:
    """Raises BrokenForm."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise BrokenForm
    return int(text)


def read_writing(form: Form) -> Writing:
    """What was typed on all lines; faults are noted in the form."""
    asked: dict[Key, Asked] = {}
    for name in [name for name in form.typed if name.startswith(REQUESTED)]:
        rest = name.removeprefix(REQUESTED)
        units = form.read(name, _read_units)
        reason = form.read(REASON + rest, read_text, required=False)
        if units is not None:
            asked[read_key(rest)] = Asked(units, reason)
    return Writing(read_version(form["version"]), asked, form.read("note", _read_note, required=False))


def read_approved(form: Form) -> dict[Key, int]:
    """What was typed as approved; faults are noted in the form."""
    approved: dict[Key, int] = {}
    for name in [name for name in form.typed if name.startswith(APPROVED)]:
        units = form.read(name, _read_units)
        if units is not None:
            approved[read_key(name.removeprefix(APPROVED))] = units
    return approved


def _read_units(text: str) -> int:
    return read_quantity(text, allow_zero=True)


def _read_note(text: str) -> str:
    return read_text(text, most=500)


def read_why(form: Form) -> str | None:
    """Why a requisition is sent back or skipped; a fault is noted in the form."""
    return form.read("why", _read_note, required=False)


def note(form: Form, error: LmisError) -> None:
    """Put each refusal by the line it is about."""
    for each in error.refusals if isinstance(error, Refused) else [error]:
        form.refuse(_field(each), each)


def _field(error: LmisError) -> str:
    if not isinstance(error, LineFault):
        return ""
    return "add_item" if error.field == "add" else f"{error.field}-{error.key[0]}-{error.key[1]}"


def typed_otherwise(form: Form, prefix: str, lines: Iterable[LineView]) -> list[Typed]:
    """The lines where what was typed is not what is stored, for who comes second to see both."""
    found = []
    for line in lines:
        text = form.typed.get(prefix + line.field)
        stored = line.requested if prefix == REQUESTED else line.approved
        if text is not None and stored is not None and _as_number(text) != stored:
            found.append(Typed(line, text, stored))
    return found


def _as_number(text: str) -> int | None:
    try:
        return _read_units(text)
    except LmisError:
        return None
