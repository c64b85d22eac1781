"""Receiving goods from a supplier."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.catalog.lots import find_or_add_lots
from lmis.catalog.models import Item
from lmis.catalog.service import item_channels, items
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError, Refused
from lmis.forms import Form, Posted, new_form
from lmis.i18n import N_
from lmis.pages import page
from lmis.reading import Missing, read_day, read_text
from lmis.stock.documents import Document, Kind, Line
from lmis.stock.entry import read_header, read_units, record, today_text
from lmis.stock.fefo import is_expired
from lmis.stock.shelves import channels

router = APIRouter()
BLANK_LINES = 3
MOST_LINES = 300
OWN = frozenset({"item", "lot", "channel", "quantity"})


class ExpiredOnArrival(LmisError):
    status_code = 422
    msgid = N_(
        "This lot expired on %(expires_on)s and cannot be received as usable. "
        "Check the date on the label; if it is right, send the goods back."
    )


@router.get("/f/{code}/receive")
def receipt_form(request: Request, place: CurrentPlace, user: Poster, session: Reader) -> Response:  # noqa: ARG001
    form = new_form(occurred_on=today_text(), lines=str(BLANK_LINES))
    return _page(request, session, form)


@router.post("/f/{code}/receive")
def receive(request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction) -> Response:
    form = Form(data)
    if "more" in form:
        form.typed["lines"] = str(min(_line_count(form) + BLANK_LINES, MOST_LINES))
        return _page(request, session, form)
    document = read_header(form, Kind.RECEIPT, place)
    wanted = _read_lines(form, {str(it.id): it for it in items(session)}, document)
    if not form.errors and (answer := _record(session, form, user, document, wanted)):
        return answer
    return _page(request, session, form, status_code=422)


Wanted = tuple[Line, str, date | None]  # the line, its lot's number and expiry; the lot is not known yet


def _read_lines(form: Form, by_id: dict[str, Item], document: Document) -> dict[str, Wanted]:
    read = {}
    for key in map(str, range(_line_count(form))):
        if any(f"{name}-{key}" in form for name in ("item", "lot", "expires", "quantity")):
            read[key] = _read_line(form, key, by_id.get(form[f"item-{key}"]), document.occurred_on)
    return {key: wanted for key, wanted in read.items() if wanted}


def _line_count(form: Form) -> int:
    return min(int(form["lines"]), MOST_LINES) if form["lines"].isdecimal() else BLANK_LINES


def _read_line(form: Form, key: str, item: Item | None, on: date) -> Wanted | None:
    if item is None:
        form.refuse(f"item-{key}", Missing())
    number = form.read(f"lot-{key}", lambda text: read_text(text, most=64), required=False) or ""
    expires_on = form.read(f"expires-{key}", read_day, required=False)
    if expires_on and is_expired(expires_on, on):
        form.refuse(f"expires-{key}", ExpiredOnArrival(expires_on=expires_on))
    units = read_units(form, key, item.pack_size if item else 1)
    if item is None or units is None:
        return None
    return Line(id_of(item), 0, form[f"channel-{key}"], units), number, expires_on


def _record(
    session: Session, form: Form, user: Poster, document: Document, wanted: dict[str, Wanted]
) -> Response | None:
    """The lots are made with the document, or not at all."""
    try:
        with session.begin_nested():
            lines = _with_lots(session, form, wanted)
            answer = record(session, form, user, document, lines, OWN)
            if form.errors:
                raise Refused([Missing()])
    except Refused:
        return None
    return answer


def _with_lots(session: Session, form: Form, wanted: dict[str, Wanted]) -> dict[str, Line]:
    """The lines with their lots, found or made. Raises Refused when one cannot be, noted in the form."""
    asked = [(line.item_id, number, expires_on) for line, number, expires_on in wanted.values()]
    found = find_or_add_lots(session, asked, add=True)
    refused = []
    lines = {}
    for (key, (line, _, _)), lot in zip(wanted.items(), found, strict=True):
        if isinstance(lot, LmisError):
            refused.append(lot)
            form.refuse(f"lot-{key}", lot)
        else:
            lines[key] = Line(line.item_id, lot, line.channel, line.quantity)
    if refused:
        raise Refused(refused)
    return lines


def _page(request: Request, session: Session, form: Form, status_code: int = 200) -> Response:
    return page(
        request,
        "stock/receive.html",
        status_code=status_code,
        form=form,
        lines=[str(number) for number in range(_line_count(form))],
        items=items(session),
        channels=channels(session),
        item_channels=item_channels(session),
        today=clock.today(),
    )
