"""Receiving goods from a supplier."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.catalog.models import Item
from lmis.catalog.service import item_channels, items
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError, Refused
from lmis.forms import Form, Posted, new_form
from lmis.i18n import N_, Message
from lmis.pages import page
from lmis.reading import Missing, read_day, read_text
from lmis.stock.documents import Document, Kind
from lmis.stock.entry import note_refusals, read_header, read_units, today_text
from lmis.stock.fefo import is_expired
from lmis.stock.prefill import to_receive
from lmis.stock.refusals import NoLines
from lmis.stock.service import ReceivedLine, receive_stock
from lmis.stock.shelves import channels

router = APIRouter()
BLANK_LINES = 3
MOST_LINES = 300
FIELDS = ("quantity", "item", "lot", "channel")
LINE = N_("Line %(number)s")


class ExpiredOnArrival(LmisError):
    status_code = 422
    msgid = N_(
        "This lot expired on %(expires_on)s and cannot be received. "
        "Check the date on the label; if it is right, send the goods back."
    )


@router.get("/f/{code}/receive")
def receipt_form(request: Request, place: CurrentPlace, user: Poster, session: Reader) -> Response:  # noqa: ARG001
    """The receipt; item, channel and quantity of the address fill in its first line, see lmis.stock.prefill."""
    said = request.query_params.multi_items()
    typed = to_receive(said, items(session), {it.code for it in channels(session)}) if said else {}
    form = new_form(occurred_on=today_text(), lines=str(BLANK_LINES), **typed)
    return _page(request, session, form)


@router.post("/f/{code}/receive")
def receive(request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction) -> Response:
    form = Form(data)
    if "more" in form:
        form.typed["lines"] = str(min(_line_count(form) + BLANK_LINES, MOST_LINES))
        return _page(request, session, form)
    document = read_header(form, Kind.RECEIPT, place)
    lines = _read_lines(form, Catalogue(session), document.occurred_on)
    if not lines and not form.errors:
        form.refuse("", NoLines())
    if not form.errors and (answer := _record(session, form, user, document, lines)):
        return answer
    return _page(request, session, form, status_code=422)


def _record(
    session: Session, form: Form, user: Poster, document: Document, lines: dict[str, ReceivedLine]
) -> Response | None:
    try:
        receive_stock(
            session,
            uuid=document.uuid,
            facility_id=document.facility_id,
            occurred_on=document.occurred_on,
            lines=list(lines.values()),
            supplier=document.party,
            reference=document.reference,
            today=clock.today(),
            now=clock.now(),
            user_id=user.id,
        )
    except Refused as refused:
        note_refusals(form, refused, list(lines), FIELDS)
        return None
    return RedirectResponse(f"/documents/{document.uuid}?posted=1", 303)


def _line_count(form: Form) -> int:
    typed = form["lines"]
    return min(int(typed), MOST_LINES) if typed.isdecimal() and len(typed) < 6 else BLANK_LINES


class Catalogue:
    """The items by the text of their id, and the channels each moves in, its usual one first."""

    def __init__(self, session: Session) -> None:
        self.items = {str(it.id): it for it in items(session)}
        self.channels = item_channels(session)

    def usual_channel(self, item: Item) -> str:
        return next(iter(self.channels[id_of(item)]), "")


def _read_lines(form: Form, catalogue: Catalogue, on: date) -> dict[str, ReceivedLine]:
    """The lines in which anything was typed; their faults are noted in the form."""
    read = {
        key: _read_line(form, key, catalogue, on)
        for key in map(str, range(_line_count(form)))
        if any(f"{name}-{key}" in form for name in ("item", "lot", "expires", "quantity"))
    }
    return {key: line for key, line in read.items() if line}


def _read_line(form: Form, key: str, catalogue: Catalogue, on: date) -> ReceivedLine | None:
    item = catalogue.items.get(form[f"item-{key}"])
    if item is None:
        form.refuse(f"item-{key}", Missing())
    number = form.read(f"lot-{key}", lambda text: read_text(text, most=64), required=False) or ""
    expires_on = form.read(f"expires-{key}", read_day, required=False)
    if is_expired(expires_on, on):
        form.refuse(f"expires-{key}", ExpiredOnArrival(expires_on=expires_on))
    units = read_units(form, key, item.pack_size if item else 1)
    if item is None or units is None:
        return None
    channel = form[f"channel-{key}"] or catalogue.usual_channel(item)
    return ReceivedLine(id_of(item), number, expires_on, channel, units)


def _page(request: Request, session: Session, form: Form, status_code: int = 200) -> Response:
    count = _line_count(form)
    return page(
        request,
        "stock/receive.html",
        status_code=status_code,
        form=form,
        lines=[str(line) for line in range(count)],
        about={
            f"{name}-{line}": Message(LINE, {"number": line + 1})
            for line in range(count)
            for name in (*FIELDS, "expires")
        },
        items=items(session),
        channels=channels(session),
        today=clock.today(),
    )
