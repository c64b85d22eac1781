"""From the forms of the storekeeper to documents, and from refusals back to the fields."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import replace

from fastapi import Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.models import User
from lmis.accounts.scope import Place
from lmis.accounts.service import has_active_user
from lmis.db import id_of
from lmis.errors import LmisError, Refused
from lmis.forms import BrokenForm, Form
from lmis.i18n import N_
from lmis.network.models import Facility
from lmis.reading import MOST, read_day, read_quantity, read_text
from lmis.stock.documents import QUARANTINED, RECALLED, USABLE, Document, Line
from lmis.stock.posting import post
from lmis.stock.refusals import FutureDate, LineRefused, NeedsCounterparty, NeedsReason
from lmis.stock.shelves import items_of_lots

HEADER = frozenset({"occurred_on", "counterparty"})
PACK = "pack"
HANDED_OVER = "now"


class TooManyInPacks(LmisError):
    status_code = 422
    msgid = N_("%(packs)s packs of %(pack_size)s are more than a document takes; the most is %(most)s units.")


def read_header(form: Form, kind: str, place: Place) -> Document:
    """The document without its lines. Faults are noted in the form."""
    occurred_on = form.read("occurred_on", read_day)
    if occurred_on and occurred_on > clock.today():
        form.refuse("occurred_on", FutureDate(occurred_on=occurred_on))
    return Document(
        uuid=form.uuid(),
        kind=kind,
        occurred_on=occurred_on or clock.today(),
        facility_id=place.id,
        lines=(),
        party=form.read("party", read_text, required=False),
        reference=form.read("reference", read_text, required=False),
        note=form.read("note", _read_note, required=False),
    )


def _read_note(text: str) -> str:
    return read_text(text, most=500)


def read_counterparty(form: Form, choices: Sequence[Facility]) -> int | None:
    """The facility chosen among those the goods may go to; a fault is noted in the form."""
    chosen = next((it.id for it in choices if str(it.id) == form["counterparty"]), None)
    if chosen is None:
        form.refuse("counterparty", NeedsCounterparty())
    return chosen


def preset_handover(session: Session, form: Form, receiver: Facility) -> None:
    """Unless it was chosen: who does not work with the program signs at once, all others confirm on arrival."""
    if "handover" not in form:
        form.typed["handover"] = "way" if has_active_user(session, id_of(receiver)) else HANDED_OVER


def is_shipped(form: Form) -> bool:
    """Whether the goods travel until the receiver confirms them."""
    return form["handover"] != HANDED_OVER


def read_units(form: Form, key: str, pack_size: int) -> int | None:
    """Base units of the field `quantity-KEY`, typed in packs when `unit-KEY` says so; a fault is noted."""
    count = form.read(f"quantity-{key}", read_quantity)
    if count is None or form[f"unit-{key}"] != PACK:
        return count
    if count * pack_size > MOST:
        error = TooManyInPacks(packs=count, pack_size=pack_size, most=MOST)
        form.refuse(f"quantity-{key}", error)
        return None
    return count * pack_size


def note_refusals(form: Form, refused: Refused, keys: Sequence[str], fields: Sequence[str]) -> None:
    """Put each refusal by the field it is about.

    keys: of the form's lines, in the order of the document's; fields: what a line has, first what any fault goes to.
    """
    for refusal in refused.refusals:
        if isinstance(refusal, LineRefused):
            form.refuse(_field(refusal, keys, fields), refusal)


def _field(refusal: LineRefused, keys: Sequence[str], fields: Sequence[str]) -> str:
    if refusal.field in HEADER:
        return refusal.field
    if refusal.line is None or refusal.line >= len(keys):
        return ""
    return f"{refusal.field if refusal.field in fields else fields[0]}-{keys[refusal.line]}"


def record(
    session: Session,
    form: Form,
    user: User,
    document: Document,
    lines: dict[str, Line],
    fields: Sequence[str] = ("quantity",),
) -> Response | None:
    """Post a document with these lines by key, and lead to its page; refused: None, noted in the form."""
    whole = replace(document, lines=list(lines.values()))
    try:
        with session.begin_nested():
            post(session, [whole], today=clock.today(), now=clock.now(), user_id=user.id)
    except Refused as refused:
        note_refusals(form, refused, list(lines), fields)
        return None
    return RedirectResponse(f"/documents/{document.uuid}?posted=1", 303)


def read_lot_id(text: str) -> int:
    """The lot's id in the name of a field. Raises BrokenForm for what no page has made."""
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) > MOST:
        raise BrokenForm
    return int(text)


def read_lot_lines(session: Session, form: Form, offered: Container[str]) -> dict[str, Line]:
    """A line for each lot with a quantity, by its key (shelves.lot_key); the posting says whether it can be taken.

    offered: the codes of the reasons to choose from. A fault is noted in the form.
    """
    parts = {key: _read_key(key) for key, _ in form.named("quantity-")}
    item_of = items_of_lots(session, (lot_id for lot_id, _, _ in parts.values()))
    lines = {}
    for key, (lot_id, status, channel) in parts.items():
        units = read_units(form, key, 1)
        if lot_id not in item_of:
            raise BrokenForm
        if form[f"reason-{key}"] not in offered:
            form.refuse(f"reason-{key}", NeedsReason())
        elif units:
            lines[key] = Line(item_of[lot_id], lot_id, channel, units, status, form[f"reason-{key}"])
    return lines


def _read_key(key: str) -> tuple[int, str, str]:
    """The lot, status and channel of a row. Raises BrokenForm for what no page has made."""
    lot, _, rest = key.partition("-")
    status, _, channel = rest.partition("-")
    if status not in (USABLE, QUARANTINED, RECALLED):
        raise BrokenForm
    return read_lot_id(lot), status, channel


def today_text() -> str:
    return clock.today().isoformat()
