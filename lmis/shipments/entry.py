"""From what a receiver types about a shipment to what is confirmed, and from refusals back to the fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import Session

from lmis import clock
from lmis.accounts.scope import Place
from lmis.catalog.models import Item
from lmis.catalog.service import item_channels, items
from lmis.db import id_of
from lmis.errors import Refused
from lmis.forms import BrokenForm, Form, new_form
from lmis.reading import Missing, read_day, read_quantity, read_text
from lmis.shipments.delivering import EXTRAS, Confirmation, Extra
from lmis.shipments.queries import ShipmentLine, ShipmentView
from lmis.shipments.refusals import DifferenceNeedsReason
from lmis.shipments.rules import Counted, Difference, Reported
from lmis.stock.entry import note_refusals, read_units, today_text
from lmis.stock.refusals import LineRefused

BLANK_EXTRAS = 2
MOST_EXTRAS = 100
TYPED = (("short", Difference.SHORT), ("damaged", Difference.DAMAGED))
USUAL = {"short": "short_in_box", "damaged": "damaged_in_transit"}  # the reason proposed for each
EXTRA_FIELDS = ("item", "lot", "expires", "quantity", "reason")


@dataclass(slots=True)
class Said:
    """What was read from the form, with the keys of its fields in the order of the lines."""

    confirmed_on: date
    note: str | None
    lines: dict[str, Counted] = field(default_factory=dict)
    extras: dict[str, Extra] = field(default_factory=dict)

    def confirmation(self, form: Form, place: Place, shipment: UUID) -> Confirmation:
        lines, extras = list(self.lines.values()), list(self.extras.values())
        return Confirmation(
            form.uuid(), shipment, place.id, self.confirmed_on, lines, extras, self.note, read_seen(form)
        )


def delivery_form(shipment: ShipmentView) -> Form:
    """A form that says all of which nothing is known arrived."""
    form = new_form(confirmed_on=today_text(), seen=str(shipment.seen), extras=str(BLANK_EXTRAS))
    form.typed |= received_fields(shipment)
    return form


def received_fields(shipment: ShipmentView) -> dict[str, str]:
    """The fields in which everything of which nothing was said yet arrived."""
    unsaid = [line for line in shipment.lines if line.coming.undisputed]
    return {f"received-{line.field}": str(line.coming.undisputed) for line in unsaid}


def by_field(shipment: ShipmentView, counted: Iterable[Counted]) -> dict[str, Counted]:
    """What is said of each lot, by what tells the lot apart in the form."""
    fields = {line.key: line.field for line in shipment.lines}
    return {fields[it.key]: it for it in counted}


def read_seen(form: Form) -> int:
    """Raises BrokenForm for what no page has made."""
    seen = form["seen"]
    if not (seen.isascii() and seen.isdecimal() and len(seen) < 9):
        raise BrokenForm
    return int(seen)


def read_day_and_note(form: Form) -> Said:
    confirmed_on = form.read("confirmed_on", read_day) or clock.today()
    return Said(confirmed_on, form.read("note", lambda text: read_text(text, most=500), required=False))


def read_said(session: Session, form: Form, shipment: ShipmentView, reasons: frozenset[str]) -> Said:
    """What was typed of each lot and beside the paper; faults are noted in the form."""
    said = read_day_and_note(form)
    for line in shipment.lines:
        counted = _read_line(form, line, reasons)
        if counted.received or counted.differences:
            said.lines[line.field] = counted
    said.extras = _read_extras(session, form, shipment, reasons)
    return said


def _read_line(form: Form, line: ShipmentLine, reasons: frozenset[str]) -> Counted:
    received = _units(form, f"received-{line.field}")
    told = []
    for name, kind in TYPED:
        quantity = _units(form, f"{name}-{line.field}")
        reason = form[f"{name}-reason-{line.field}"]
        if quantity and reason not in reasons:
            form.refuse(f"{name}-reason-{line.field}", DifferenceNeedsReason())
        if quantity:
            told.append(Reported(kind, quantity, reason))
    return Counted(line.key, received, tuple(told))


def _units(form: Form, name: str) -> int:
    return form.read(name, lambda text: read_quantity(text, allow_zero=True), required=False) or 0


def extra_keys(form: Form) -> list[str]:
    """The numbers of the lines for what came beside the paper."""
    typed = form["extras"]
    count = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else BLANK_EXTRAS
    return [str(number) for number in range(min(count, MOST_EXTRAS))]


def _read_extras(session: Session, form: Form, shipment: ShipmentView, reasons: frozenset[str]) -> dict[str, Extra]:
    by_id = {str(it.id): it for it in items(session)}
    usual = item_channels(session)
    sent = {it.goods.item_id: it.goods.channel for it in shipment.lines}
    found = {}
    for key in extra_keys(form):
        if any(f"{name}-{key}" in form for name in ("item", "lot", "expires", "quantity")):
            item = by_id.get(form[f"item-{key}"])
            channel = sent.get(id_of(item)) or next(iter(usual[id_of(item)]), "") if item else ""
            extra = _read_extra(form, key, item, channel, reasons)
            if extra:
                found[key] = extra
    return found


def _read_extra(form: Form, key: str, item: Item | None, channel: str, reasons: frozenset[str]) -> Extra | None:
    if item is None:
        form.refuse(f"item-{key}", Missing())
    if form[f"reason-{key}"] not in reasons:
        form.refuse(f"reason-{key}", DifferenceNeedsReason())
    lot = form.read(f"lot-{key}", lambda text: read_text(text, most=64), required=False) or ""
    expires_on = form.read(f"expires-{key}", read_day, required=False)
    units = read_units(form, key, item.pack_size if item else 1)
    if item is None or units is None:
        return None
    return Extra(id_of(item), lot, expires_on, channel, units, form[f"reason-{key}"])


def note_faults(form: Form, refused: Refused, said: Said) -> None:
    """Put each refusal of a confirmation by the field it is about."""
    for refusal in refused.refusals:
        if isinstance(refusal, LineRefused) and refusal.field == "occurred_on":
            form.refuse("confirmed_on", refusal)
        elif not isinstance(refusal, LineRefused) or refusal.line is None:
            form.refuse("", refusal)
        elif refusal.document == EXTRAS:
            note_refusals(form, Refused([refusal]), list(said.extras), ("quantity", "item", "lot", "reason"))
        else:
            note_refusals(form, Refused([refusal]), list(said.lines), ("received", "short"))
