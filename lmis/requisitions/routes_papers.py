"""The list of requisitions, and beginning one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.accounts.models import User
from lmis.accounts.scope import Place
from lmis.calendar import add_months, month_of, month_text
from lmis.catalog.models import Item
from lmis.catalog.service import items
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError
from lmis.forms import BrokenForm, Form, Posted, new_form
from lmis.pages import page
from lmis.requisitions.entry import note
from lmis.requisitions.queries import LISTED, SEEN_ABOVE, WAITING, counts, from_below, own
from lmis.requisitions.service import initiate
from lmis.requisitions.states import EMERGENCY, KIND_NAMES, REGULAR, STATUS_NAMES, Actor, Status

router = APIRouter()
MONTHS = 12  # to choose from
Word = Annotated[str, Query(max_length=20)]


def actor_of(user: User, place: Place) -> Actor:
    return Actor(id_of(user), place.id, place.may_post, place.may_approve)


@router.get("/f/{code}/requisitions")
def requisitions(
    request: Request, place: CurrentPlace, session: Reader, side: Word = "own", state: Word = "", part: int = 1
) -> Response:
    below = side == "below" and place.has_children
    possible = SEEN_ABOVE if below else tuple(Status)
    usual = WAITING if below else possible
    chosen = [it for it in possible if it == state] or usual
    part = min(max(part, 1), 10_000)
    rows = (from_below if below else own)(session, place.id, chosen, part)
    return page(
        request,
        "requisitions/list.html",
        below=below,
        state=state,
        states=[(it, STATUS_NAMES[it]) for it in possible],
        status_names=STATUS_NAMES,
        kind_names=KIND_NAMES,
        rows=rows[:LISTED],
        waiting=counts(session, place.id),
        part=part,
        more=len(rows) > LISTED,
    )


@router.get("/f/{code}/requisitions/new")
def start_form(
    request: Request,
    place: CurrentPlace,
    user: Poster,  # noqa: ARG001
    session: Reader,
    kind: Word = REGULAR,
    item: str = "",
) -> Response:
    """kind: what is begun; item: the code of one that an emergency requisition is to ask for in any case."""
    last_month = add_months(month_of(clock.today()), -1)
    kind = kind if kind in KIND_NAMES else REGULAR
    form = new_form(period=str(last_month), kind=kind, item=item)
    return _start_page(request, session, place, form)


@router.post("/f/{code}/requisitions/new")
def start(request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction) -> Response:
    form = Form(data)
    period = next((it for it in _periods() if str(it) == form["period"]), None)
    if period is None or form["kind"] not in (REGULAR, EMERGENCY):
        raise BrokenForm
    try:
        _begin(session, form, period, place, actor_of(user, place))
    except LmisError as error:
        note(form, error)
        return _start_page(request, session, place, form, error.status_code)
    return RedirectResponse(f"{place.path}/requisitions/{form.uuid()}?done=initiate", 303)


def _begin(session: Session, form: Form, period: int, place: Place, actor: Actor) -> None:
    item = _named(session, form)
    with session.begin_nested():
        initiate(
            session,
            place.facility,
            form["kind"],
            period,
            uuid=form.uuid(),
            actor=actor,
            today=clock.today(),
            now=clock.now(),
            wanted=id_of(item) if item else None,
        )


def _periods() -> list[int]:
    this = month_of(clock.today())
    return [add_months(this, -back) for back in range(MONTHS + 1)]


def _named(session: Session, form: Form) -> Item | None:
    """The item that an alert asks to order; what is no item is as if it was not said."""
    return next((it for it in items(session) if it.code == form["item"]), None) if "item" in form else None


def _start_page(request: Request, session: Session, place: Place, form: Form, status_code: int = 200) -> Response:
    periods = [(str(it), month_text(it)) for it in _periods()]
    kinds = list(KIND_NAMES.items())
    return page(
        request,
        "requisitions/start.html",
        status_code=status_code,
        form=form,
        periods=periods,
        kinds=kinds,
        supplier=place.parent,
        item=_named(session, form),
    )
