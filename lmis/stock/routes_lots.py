"""What is done lot by lot: writing off, returning, putting in quarantine and releasing from it."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.accounts.scope import Place
from lmis.db import Reader, Transaction, id_of
from lmis.forms import Form, Posted, new_form
from lmis.pages import page
from lmis.reading import read_text
from lmis.stock.documents import QUARANTINED, USABLE, Kind
from lmis.stock.entry import is_shipped, preset_handover, read_header, read_lot_lines, record, today_text
from lmis.stock.prefill import by_lot
from lmis.stock.queries import ShelfLot
from lmis.stock.refusals import NoLines
from lmis.stock.shelves import blocked, lot_key, reasons, shelves

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
    """The lots; lot, channel, quantity and reason of the address fill it in, see lmis.stock.prefill."""
    said, kind = request.query_params.multi_items(), _kind(request)
    lots = [lot for shelf in shelves(session, place.id) for lot in shelf.lots if said and _takes(kind, lot)]
    typed = by_lot(said, lots, {reason.code for reason in reasons(session, kind)})
    return _page(request, session, place, new_form(occurred_on=today_text(), **typed))


@router.post("/f/{code}/write-off")
@router.post("/f/{code}/return")
@router.post("/f/{code}/quarantine")
@router.post("/f/{code}/release")
def move_lots(request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction) -> Response:
    form = Form(data)
    document = read_header(form, _kind(request), place)
    if document.kind == Kind.RETURN and place.parent:
        to = id_of(place.parent)
        document = replace(document, counterparty_id=to, party=None, shipped=is_shipped(form))
    elif document.kind == Kind.RETURN:
        form.read("party", read_text)
    lines = read_lot_lines(session, form, {reason.code for reason in reasons(session, document.kind)})
    if not lines and not form.errors:
        form.refuse("", NoLines())
    if not form.errors and (answer := record(session, form, user, document, lines, FIELDS)):
        return answer
    return _page(request, session, place, form, status_code=422)


def _kind(request: Request) -> Kind:
    return KINDS[request.url.path.rsplit("/", 1)[1]]


def _takes(kind: Kind, lot: ShelfLot) -> bool:
    return STATUS.get(kind) in (None, lot.status)


def _page(request: Request, session: Session, place: Place, form: Form, status_code: int = 200) -> Response:
    kind = _kind(request)
    today = clock.today()
    if kind == Kind.RETURN and place.parent:
        preset_handover(session, form, place.parent)
    rows = [
        (lot_key(lot), shelf, lot, blocked(lot, today))
        for shelf in shelves(session, place.id)
        for lot in shelf.lots
        if _takes(kind, lot)
    ]
    rows.sort(key=lambda row: f"quantity-{row[0]}" not in form.typed)  # what is chosen stands first
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
