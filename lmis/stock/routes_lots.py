"""What is done lot by lot: writing off, returning, putting in quarantine and releasing from it."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.accounts.scope import Place
from lmis.db import Reader, Transaction, id_of
from lmis.forms import BrokenForm, Form, Posted, new_form
from lmis.pages import page
from lmis.reading import read_text
from lmis.stock.documents import QUARANTINED, USABLE, Kind, Line
from lmis.stock.entry import read_header, read_lot_id, read_units, record, today_text
from lmis.stock.refusals import NeedsReason, NoLines
from lmis.stock.shelves import blocked, items_of_lots, lot_key, reasons, shelves

router = APIRouter()
KINDS = {
    "write-off": Kind.LOSS,
    "return": Kind.RETURN,
    "quarantine": Kind.QUARANTINE,
    "release": Kind.RELEASE,
}
FIELDS = ("quantity", "reason")
STATUS = {Kind.QUARANTINE: USABLE, Kind.RELEASE: QUARANTINED}  # the lots that these kinds take


@router.get("/f/{code}/write-off")
@router.get("/f/{code}/return")
@router.get("/f/{code}/quarantine")
@router.get("/f/{code}/release")
def lots_form(request: Request, place: CurrentPlace, user: Poster, session: Reader) -> Response:  # noqa: ARG001
    return _page(request, session, place, new_form(occurred_on=today_text()))


@router.post("/f/{code}/write-off")
@router.post("/f/{code}/return")
@router.post("/f/{code}/quarantine")
@router.post("/f/{code}/release")
def move_lots(request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction) -> Response:
    form = Form(data)
    document = read_header(form, _kind(request), place)
    if document.kind == Kind.RETURN and place.parent:
        document = replace(document, counterparty_id=id_of(place.parent), party=None)
    elif document.kind == Kind.RETURN:
        form.read("party", read_text)
    lines = _read_lines(session, form, document.kind)
    if not lines and not form.errors:
        form.refuse("", NoLines())
    if not form.errors and (answer := record(session, form, user, document, lines, FIELDS)):
        return answer
    return _page(request, session, place, form, status_code=422)


def _kind(request: Request) -> Kind:
    return KINDS[request.url.path.rsplit("/", 1)[1]]


def _read_lines(session: Session, form: Form, kind: str) -> dict[str, Line]:
    """A line for each lot with a quantity; the posting says whether it can be taken."""
    parts = {key: _read_key(key) for key, _ in form.named("quantity-")}
    item_of = items_of_lots(session, (lot_id for lot_id, _, _ in parts.values()))
    offered = {reason.code for reason in reasons(session, kind)}
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
    if status not in (USABLE, QUARANTINED):
        raise BrokenForm
    return read_lot_id(lot), status, channel


def _page(request: Request, session: Session, place: Place, form: Form, status_code: int = 200) -> Response:
    kind = _kind(request)
    today = clock.today()
    status = STATUS.get(kind)
    rows = [
        (lot_key(lot), shelf, lot, blocked(lot, today))
        for shelf in shelves(session, place.id)
        for lot in shelf.lots
        if status in (None, lot.status)
    ]
    return page(
        request,
        "stock/by_lot.html",
        status_code=status_code,
        form=form,
        kind=kind,
        rows=rows,
        reasons=reasons(session, kind),
        today=today,
    )
