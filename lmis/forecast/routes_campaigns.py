"""The pages of campaigns: which months are flagged, flagging others, taking a flag back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Approver, CurrentPlace
from lmis.accounts.scope import Place
from lmis.calendar import Month, month_of
from lmis.catalog.service import item_by_code, items
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError
from lmis.forecast.campaigns import Flag, campaigns, flag, months_to_choose, withdraw
from lmis.forms import BrokenForm, Form, Posted, new_form
from lmis.pages import page
from lmis.reading import read_text

router = APIRouter()
FIELDS = {"NotInOrder": "last_month", "TooLong": "last_month", "OutOfReach": "first_month"}
Word = Annotated[str, Query(max_length=20)]


@router.get("/f/{code}/campaigns")
def show(request: Request, place: CurrentPlace, session: Reader, done: Word = "") -> Response:
    this = str(month_of(clock.today()))
    return _page(request, session, place, new_form(first_month=this, last_month=this), done=done)


@router.post("/f/{code}/campaigns")
def flag_months(request: Request, data: Posted, place: CurrentPlace, user: Approver, session: Transaction) -> Response:
    form = Form(data)
    asked = _read(session, form, place)
    if asked:
        try:
            with session.begin_nested():
                flag(session, asked, user_id=id_of(user), today=clock.today(), now=clock.now())
            return RedirectResponse(f"{place.path}/campaigns?done=flagged", 303)
        except LmisError as error:
            form.refuse(FIELDS.get(type(error).__name__, ""), error)
            return _page(request, session, place, form, error.status_code)
    return _page(request, session, place, form, 422)


@router.post("/f/{code}/campaigns/{uuid}/withdraw")
def take_back(
    data: Posted,  # noqa: ARG001 - only a form of ours posts here
    place: CurrentPlace,
    user: Approver,  # noqa: ARG001 - the right to
    session: Transaction,
    uuid: UUID,
) -> Response:
    withdraw(session, place.id, uuid, now=clock.now())
    return RedirectResponse(f"{place.path}/campaigns?done=withdrawn", 303)


def _read(session: Session, form: Form, place: Place) -> Flag | None:
    """What was typed; None when any of it cannot be read, which the form then tells."""
    name = form.read("name", lambda text: read_text(text, most=100))
    first, last = _month(form, "first_month"), _month(form, "last_month")
    item_id = id_of(item_by_code(session, form["item"])) if form["item"] else None
    return Flag(form.uuid(), name, place.id, item_id, first, last) if name else None


def _month(form: Form, field: str) -> Month:
    """Raises BrokenForm for what no list of ours offers."""
    text = form[field]
    if not (text.isascii() and text.isdigit() and len(text) == 6 and 1 <= int(text[4:]) <= 12):
        raise BrokenForm
    return int(text)


def _page(
    request: Request, session: Session, place: Place, form: Form, status_code: int = 200, done: str = ""
) -> Response:
    today = clock.today()
    return page(
        request,
        "forecast/campaigns.html",
        status_code=status_code,
        form=form,
        done=done,
        listed=campaigns(session, place.id, today),
        items=items(session),
        months=months_to_choose(today),
        today=today,
    )
