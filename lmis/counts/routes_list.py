"""The counts of a facility: those going on, what to count next, those that are over; and beginning one."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.accounts.scope import Place
from lmis.catalog.service import items
from lmis.counts.below import MOST, counts_below, waiting_below
from lmis.counts.drafts import start_count
from lmis.counts.plan import due
from lmis.counts.planning import count_plan
from lmis.counts.queries import counts_of, items_held, names_of, progress_of
from lmis.counts.rules import OPEN, State
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError
from lmis.forms import Form, Posted, new_form
from lmis.pages import page

router = APIRouter()
PAST = (State.POSTED, State.CANCELLED)


@router.get("/f/{code}/counts")
def counts(request: Request, place: CurrentPlace, session: Reader) -> Response:
    today = clock.today()
    going_on, waiting, past = (counts_of(session, place.id, states) for states in (OPEN, [State.WAITING], PAST))
    below = waiting_below(session, place.id, today) if place.may_approve else []
    shown = counts_below(session, below[:MOST])
    every = [*going_on, *waiting, *past, *(it.count for it in shown)]
    proposals = count_plan(session, place.id, today)
    return page(
        request,
        "counts/counts.html",
        form=new_form(),
        going_on=going_on,
        waiting=waiting,
        past=past,
        below=shown,
        more_below=len(below) - len(shown),
        progress=progress_of(session, every),
        names=names_of(session, (id_ for it in every for id_ in (it.started_by, it.saved_by, it.closed_by))),
        goods={id_of(item): item for item in items(session)},
        proposals=proposals,
        due=due(proposals, today),
    )


@router.get("/f/{code}/counts/start")
def start_form(request: Request, place: CurrentPlace, user: Poster, session: Reader) -> Response:  # noqa: ARG001
    """item (codes, any number) of the address chooses what is counted; what is not held is left out."""
    codes = set(request.query_params.getlist("item"))
    chosen = {f"item-{it.id}": "1" for it in items_held(session, place.id) if codes and it.code in codes}
    return _start_page(request, session, place, new_form(scope="chosen" if chosen else "whole", **chosen))


@router.post("/f/{code}/counts/start")
def start(request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction) -> Response:
    form = Form(data)
    chosen = None if form["scope"] == "whole" else _chosen(session, form)
    try:
        count = start_count(
            session,
            uuid=form.uuid(),
            facility=place.facility,
            items=chosen,
            blind="blind" in form,
            today=clock.today(),
            now=clock.now(),
            user_id=id_of(user),
        )
    except LmisError as error:
        form.refuse("items", error)
        return _start_page(request, session, place, form, status_code=error.status_code)
    return RedirectResponse(f"{place.path}/counts/{count.uuid}", 303)


def _chosen(session: Session, form: Form) -> list[int]:
    """The items whose boxes are ticked."""
    return [id_of(item) for item in items(session) if f"item-{item.id}" in form]


def _start_page(request: Request, session: Session, place: Place, form: Form, status_code: int = 200) -> Response:
    return page(
        request,
        "counts/start.html",
        status_code=status_code,
        form=form,
        items=items_held(session, place.id),
        going_on=counts_of(session, place.id, OPEN),
    )
