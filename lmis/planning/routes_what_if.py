"""What if: a scenario beside what holds. Nothing of it is kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from lmis import clock
from lmis.accounts.deps import CurrentPlace
from lmis.catalog.service import items
from lmis.db import Reader, id_of
from lmis.forms import Form
from lmis.pages import page
from lmis.planning.basis import basis_of, per_user
from lmis.planning.entry import read_wish, wish_form
from lmis.planning.numbers import in_percent, read_year
from lmis.planning.statements import methods
from lmis.planning.view import FIELDS
from lmis.planning.what_if import Wish, what_if

router = APIRouter()
Text = Annotated[str, Query(max_length=64)]


@router.get("/f/{code}/what-if")
def scenario(request: Request, place: CurrentPlace, session: Reader, year: Text = "") -> Response:
    today = clock.today()
    asked = Form({"year": year or str(today.year)})
    of = asked.read("year", read_year(today)) or today.year
    listed, known = items(session), methods(session)
    basis = basis_of(session, place.id, of, today, {id_of(it): it.method_code for it in listed})
    form = wish_form(dict(request.query_params), basis.statement)
    form.errors |= asked.errors
    wish = read_wish(form, basis.statement, known, listed)
    outcome = what_if(
        session,
        place.id,
        Wish() if form.errors else wish,
        today,
        statement=basis.statement,
        items=listed,
        per_user=per_user(session, of),
    )
    return page(
        request,
        "planning/what_if.html",
        status_code=422 if form.errors else 200,
        form=form,
        year=of,
        years=range(today.year - 1, today.year + 3),
        basis=basis,
        methods=known,
        items=listed,
        by_id={id_of(it): it for it in listed},
        outcome=outcome,
        asked=bool(wish.changes) and not form.errors,
        mixed=bool(wish.mix),
        about=FIELDS,
        percent=in_percent,
    )
