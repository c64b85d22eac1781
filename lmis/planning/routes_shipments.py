"""Planning a shipment, and taking it off the plan."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Approver, CurrentPlace
from lmis.calendar import add_months, month_of, month_text
from lmis.catalog.service import items
from lmis.db import Reader, Transaction
from lmis.forms import Form, Posted, new_form
from lmis.pages import page
from lmis.planning.entry import read_shipment
from lmis.planning.planned import plan_shipment, take_back
from lmis.planning.plans import LENGTH
from lmis.planning.refusals import PlanRefused
from lmis.planning.view import FIELDS

router = APIRouter()
Id = Annotated[int, Path(le=2_147_483_647)]


@router.get("/f/{code}/plan/shipments/new")
def shipment_form(
    request: Request,
    place: CurrentPlace,  # noqa: ARG001 - the page shows it
    user: Approver,  # noqa: ARG001 - the right to
    session: Reader,
    item: str = "",
    month: str = "",
    quantity: str = "",
) -> Response:
    return _form_page(request, session, new_form(item=item, month=month, quantity=quantity))


@router.post("/f/{code}/plan/shipments/new")
def add_shipment(request: Request, data: Posted, place: CurrentPlace, user: Approver, session: Transaction) -> Response:
    form = Form(data)
    wanted = read_shipment(form, place.id, items(session))
    if wanted:
        try:
            plan_shipment(session, wanted, user=user, first=month_of(clock.today()), months=LENGTH, now=clock.now())
            return RedirectResponse(f"{place.path}/plan?planned=1", 303)
        except PlanRefused as refusal:
            form.refuse(refusal.field, refusal)
    return _form_page(request, session, form, 422)


def _form_page(request: Request, session: Session, form: Form, status_code: int = 200) -> Response:
    first = month_of(clock.today())
    months = [month_text(add_months(first, ahead)) for ahead in range(LENGTH)]
    return page(
        request,
        "planning/shipment.html",
        status_code=status_code,
        form=form,
        items=items(session),
        months=months,
        about=FIELDS,
    )


@router.post("/f/{code}/plan/shipments/{shipment_id}/take-back")
def remove_shipment(place: CurrentPlace, user: Approver, session: Transaction, shipment_id: Id) -> Response:  # noqa: ARG001
    """Raises NoSuchShipment."""
    take_back(session, place.id, shipment_id, now=clock.now())
    return RedirectResponse(f"{place.path}/plan#shipments", 303)
