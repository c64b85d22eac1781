"""The list of recalls, and beginning one: the lot is looked for, what will happen is shown, then it is done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Approver, CurrentPlace
from lmis.accounts.scope import Place
from lmis.catalog.models import Item
from lmis.db import Reader, Transaction
from lmis.errors import LmisError, Refused
from lmis.forms import Form, Posted, new_form
from lmis.pages import page
from lmis.reading import MOST, read_text
from lmis.recalls.queries import find_lots, preview, recalls_of
from lmis.recalls.refusals import NoSuchLot
from lmis.recalls.service import Order, recall_lot, recallable
from lmis.stock.entry import read_lot_id

router = APIRouter()
SHOWN = 100  # holders on the page that asks
LotId = Annotated[int, Query(ge=1, le=MOST)]


@router.get("/f/{code}/recalls")
def recalls(request: Request, place: CurrentPlace, session: Reader) -> Response:
    return page(request, "recalls/recalls.html", rows=recalls_of(session, place.id, clock.today()))


@router.get("/f/{code}/recalls/new")
def start(
    request: Request,
    place: CurrentPlace,
    user: Approver,  # noqa: ARG001
    session: Reader,
    q: str = "",
    lot: LotId | None = None,
) -> Response:
    if lot is not None:
        return _confirm(request, session, place, new_form(lot=str(lot)))
    found = find_lots(session, q, place.id, clock.today()) if q.strip() else None
    return page(request, "recalls/find.html", q=q[:200], found=found)


@router.post("/f/{code}/recalls/new")
def recall(request: Request, data: Posted, place: CurrentPlace, user: Approver, session: Transaction) -> Response:
    form = Form(data)
    order = _read_order(form, place)
    if not form.errors:
        try:
            with session.begin_nested():
                recall_lot(session, order, today=clock.today(), now=clock.now(), user_id=user.id)
        except LmisError as error:
            for refusal in error.refusals if isinstance(error, Refused) else [error]:
                form.refuse("", refusal)
        else:
            return RedirectResponse(f"{place.path}/recalls/{order.uuid}?done=recalled", 303)
    return _confirm(request, session, place, form, status_code=422)


def _read_order(form: Form, place: Place) -> Order:
    return Order(
        uuid=form.uuid(),
        lot_id=read_lot_id(form["lot"]),
        facility_id=place.id,
        reason=form.read("reason", _read_words) or "",
        decision=form.read("decision", read_text, required=False),
        note=form.read("note", _read_words, required=False),
    )


def _read_words(text: str) -> str:
    return read_text(text, most=500)


def _confirm(request: Request, session: Session, place: Place, form: Form, status_code: int = 200) -> Response:
    """What will happen, with the fields of the recall; a lot that cannot be recalled is said instead."""
    today = clock.today()
    lot_id = read_lot_id(form["lot"])
    try:
        lot = recallable(session, lot_id, place.id, today)
    except NoSuchLot:
        raise
    except LmisError as error:
        if not form.errors:
            form.refuse("", error)
        return page(request, "recalls/find.html", status_code=409, q="", found=None, form=form)
    found = preview(session, lot_id, place.id, today)
    return page(
        request,
        "recalls/confirm.html",
        status_code=status_code,
        form=form,
        lot=lot,
        item=session.get_one(Item, lot.item_id),
        found=found,
        shown=found.holders[:SHOWN],
    )
