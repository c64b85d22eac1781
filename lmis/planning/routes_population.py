"""The people of a place and what they need: beside what is given out, at a target, entered, and as it was stated."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Approver, CurrentPlace
from lmis.accounts.scope import Place
from lmis.catalog.models import Item
from lmis.catalog.service import items
from lmis.db import Reader, Transaction, id_of
from lmis.errors import Refused
from lmis.forms import Form, Posted
from lmis.pages import page
from lmis.planning.basis import basis_of, per_user
from lmis.planning.beside import Target, at_target, comparison
from lmis.planning.demography import Statement
from lmis.planning.entry import entry_form, read_entry
from lmis.planning.network_stock import prices
from lmis.planning.numbers import in_percent, read_percent, read_year
from lmis.planning.refusals import NoPopulationHere, PlanRefused
from lmis.planning.statements import Entry, entry_of, history, latest_entry, may_state, methods, state, years_stated
from lmis.planning.view import fields

router = APIRouter()
TARGETS = (Decimal("0.7"), Decimal("0.75"))  # modern use that the plans aim at
Text = Annotated[str, Query(max_length=64)]


@router.get("/f/{code}/population")
def population(
    request: Request, place: CurrentPlace, session: Reader, year: Text = "", target: Text = "", entered: bool = False
) -> Response:
    today = clock.today()
    form = Form({"year": year or str(today.year), "target": target})
    of = form.read("year", read_year(today)) or today.year
    wanted = form.read("target", read_percent, required=False)
    listed, needed = items(session), per_user(session, of)
    basis = basis_of(session, place.id, of, today, {id_of(it): it.method_code for it in listed})
    beside = comparison(session, place.id, of, today, statement=basis.statement, items=listed, per_user=needed)
    return page(
        request,
        "planning/population.html",
        status_code=422 if form.errors else 200,
        form=form,
        year=of,
        years=sorted({*range(today.year - 1, today.year + 3), of, *years_stated(session, place.id)}),
        basis=basis,
        entry=entry_of(session, place.id, of) if basis.own else None,
        may_state=may_state(place.level, place.has_children),
        methods=methods(session),
        items=listed,
        beside=beside,
        targets=_targets(session, basis.statement, wanted, listed, needed),
        percent=in_percent,
        entered=entered,
    )


def _targets(
    session: Session,
    statement: Statement | None,
    wanted: Decimal | None,
    listed: Sequence[Item],
    needed: dict[int, Decimal],
) -> list[Target]:
    """The target that was typed, else the plan's own, shown in full; then those that the plans name."""
    if statement is None:
        return []
    first = next(it for it in (wanted, statement.target, TARGETS[0]) if it is not None)
    price = prices(session, clock.today())
    every = dict.fromkeys([first, *([] if statement.target is None else [statement.target]), *TARGETS])
    return [at_target(statement, it, items=listed, per_user=needed, prices=price) for it in every]


@router.get("/f/{code}/population/history")
def statements(request: Request, place: CurrentPlace, session: Reader) -> Response:
    return page(request, "planning/history.html", past=history(session, place.id), percent=in_percent)


@router.get("/f/{code}/population/enter")
def figures_form(
    request: Request,
    place: CurrentPlace,
    user: Approver,  # noqa: ARG001 - the right to
    session: Reader,
    year: Text = "",
) -> Response:
    today = clock.today()
    if not may_state(place.level, place.has_children):
        raise NoPopulationHere(facility=place.facility.name)
    asked = Form({"year": year or str(today.year)})
    of = asked.read("year", read_year(today)) or today.year
    form = entry_form(latest_entry(session, place.id, of), of, items(session))
    return _form_page(request, session, place, form)


@router.post("/f/{code}/population/enter")
def enter_figures(
    request: Request, data: Posted, place: CurrentPlace, user: Approver, session: Transaction
) -> Response:
    form, today = Form(data), clock.today()
    entry = read_entry(form, place.id, methods(session), items(session), today)
    if entry:
        try:
            state(session, entry, user=user, today=today, now=clock.now())
            return RedirectResponse(f"{place.path}/population?year={entry.year}&entered=1", 303)
        except Refused as refused:
            for error in refused.refusals:
                form.refuse(error.field if isinstance(error, PlanRefused) else "", error)
    return _form_page(request, session, place, form, 422, unread=entry is None)


def _form_page(
    request: Request, session: Session, place: Place, form: Form, status_code: int = 200, *, unread: bool = False
) -> Response:
    """unread: whether what is refused is single figures, which are then told by their names; else it is their sums."""
    its: dict[str, list[Item]] = {}
    for item in items(session):
        its.setdefault(item.method_code, []).append(item)
    return page(
        request,
        "planning/enter.html",
        status_code=status_code,
        form=form,
        methods=methods(session),
        items_of=its,
        about=fields(methods(session), items(session)) if unread else {},
        before=_before(session, place, form),
    )


def _before(session: Session, place: Place, form: Form) -> Entry | None:
    """The statement that would be replaced; None where the year cannot be read or has none."""
    year = Form({"year": form["year"]}).read("year", read_year(clock.today()))
    return entry_of(session, place.id, year) if year else None
