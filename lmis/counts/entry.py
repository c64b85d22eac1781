"""From the forms of a count to what was said of its lines, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlmodel import Session

from lmis.catalog.models import Item
from lmis.catalog.service import items
from lmis.counts.deciding import Review
from lmis.counts.drafts import Clash, FoundLot
from lmis.counts.queries import CountLine
from lmis.counts.refusals import CountedByOther
from lmis.counts.rules import Said
from lmis.db import id_of
from lmis.forms import BrokenForm, Form
from lmis.i18n import N_, Message, Name
from lmis.reading import MOST, Missing, read_day, read_quantity, read_text
from lmis.stock.documents import QUARANTINED, RECALLED, USABLE

STATUSES = (USABLE, QUARANTINED, RECALLED)
MEMBERS = 5  # whom a committee has at most
NOT_COUNTED = Message(N_("not counted"))
LINE = N_("%(item)s, lot %(lot)s")
_NUMBER = re.compile(r"-?\d{1,10}", re.ASCII)


def read_version(form: Form) -> int:
    """The version the page was loaded with. Raises BrokenForm for what no page has made."""
    return _read_int(form["version"], least=0)


def _read_int(text: str, *, least: int = -MOST) -> int:
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= MOST:
        raise BrokenForm
    return int(text)


def read_said(form: Form) -> dict[int, Said]:
    """What the page says of each of its lines, by line number; the faults are noted, and their lines left out."""
    said = {}
    for name in [name for name in form.typed if name.startswith("counted-")]:
        key = name.removeprefix("counted-")
        counted = form.read(name, read_counted, required=False)
        note = form.read(f"note-{key}", read_text, required=False)
        included = read_included(form, key)
        if name not in form.errors and f"note-{key}" not in form.errors:
            said[_read_int(key, least=1)] = Said(counted, 0 if counted is None else included, note)
    return said


def read_included(form: Form, key: object) -> int:
    """What had moved since the count began and the figure already shows; 0 when the box is not ticked."""
    name = f"after-{key}"
    return _read_int(form[name]) if name in form else 0


def read_counted(text: str) -> int:
    return read_quantity(text, allow_zero=True)


def note_clashes(form: Form, clashes: dict[int, Clash]) -> None:
    for line, clash in clashes.items():
        refusal = CountedByOther(
            name=clash.by.name, moment=clash.by.at, theirs=_words(clash.theirs), mine=_words(clash.mine)
        )
        form.refuse(f"counted-{line}", refusal)


def _words(said: Said) -> Message | str | int:
    counted = NOT_COUNTED if said.counted is None else said.counted
    return counted if not said.note else Message("%(counted)s, %(note)s", {"counted": counted, "note": said.note})


def read_found(form: Form, session: Session) -> FoundLot | None:
    """The lot that was found, when its fields were filled in; the faults are noted."""
    if not any(f"found-{name}" in form for name in ("item", "lot", "expires", "counted")):
        return None
    item = _item(session, form["found-item"])
    if item is None:
        form.refuse("found-item", Missing())
    number = form.read("found-lot", _read_lot, required=False) or ""
    expires_on = form.read("found-expires", read_day, required=False)
    counted = form.read("found-counted", read_counted)
    status = form["found-status"] or USABLE
    if status not in STATUSES:
        raise BrokenForm
    if item is None or counted is None or any(name.startswith("found-") for name in form.errors):
        return None
    return FoundLot(item, number, expires_on, form["found-channel"], status, counted)


def _read_lot(text: str) -> str:
    return read_text(text, most=64)


def _item(session: Session, id_: str) -> Item | None:
    return next((item for item in items(session) if str(id_of(item)) == id_), None)


def read_review(form: Form, lines: Sequence[CountLine], reasons: Sequence[str]) -> Review:
    """What is said of the differences; the faults are noted."""
    given = {
        line.line_no: form[f"reason-{line.line_no}"] if form[f"reason-{line.line_no}"] in reasons else None
        for line in lines
        if f"reason-{line.line_no}" in form.typed
    }
    moved = [line.line_no for line in lines if line.is_counted and line.has_moved]
    members = [form.read(f"member-{number}", read_text, required=False) for number in range(MEMBERS)]
    return Review(
        version=read_version(form),
        reasons=given,
        included={line_no: read_included(form, line_no) for line_no in moved},
        confirmed="not-counted" in form,
        committee="\n".join(member for member in members if member),
        note=form.read("note", _read_note, required=False),
    )


def _read_note(text: str) -> str:
    return read_text(text, most=500)


def about(form: Form, lines: Sequence[CountLine]) -> dict[str, Message]:
    """Of each field that an error is about, which lot it belongs to."""
    named = {}
    for line in lines:
        for field in (f"{name}-{line.line_no}" for name in ("counted", "note", "reason")):
            if field in form.errors:
                item = Name(line.item.name_vi, line.item.name_en)
                named[field] = Message(LINE, {"item": item, "lot": line.number or "–"})
    return named
