"""Undoing a proof of delivery, or a settlement of differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.db import Reader, Transaction, id_of
from lmis.errors import Refused
from lmis.forms import Form, Posted, new_form
from lmis.pages import page
from lmis.reading import read_text
from lmis.shipments.queries import ShipmentView
from lmis.shipments.refusals import UnknownDelivery, UnknownSettlement
from lmis.shipments.routes_show import seen_shipment
from lmis.shipments.undoing import undo_delivery, undo_settlement

router = APIRouter()
What = Literal["deliveries", "settlements"]


@router.get("/f/{code}/shipments/{uuid}/{what}/{made}/undo")
def undo_page(
    request: Request,
    place: CurrentPlace,
    user: Poster,  # noqa: ARG001
    session: Reader,
    uuid: UUID,
    what: What,
    made: UUID,
) -> Response:
    shipment = seen_shipment(session, place, uuid)
    _must_be(shipment, what, made, place.id)
    return _page(request, shipment, what, made, new_form())


@router.post("/f/{code}/shipments/{uuid}/{what}/{made}/undo")
def undo(
    request: Request,
    data: Posted,
    place: CurrentPlace,
    user: Poster,
    session: Transaction,
    uuid: UUID,
    what: What,
    made: UUID,
) -> Response:
    form = Form(data)
    shipment = seen_shipment(session, place, uuid)
    _must_be(shipment, what, made, place.id)
    note = form.read("note", lambda text: read_text(text, most=500))
    act: Callable[..., None] = undo_delivery if what == "deliveries" else undo_settlement
    about = {"delivery" if what == "deliveries" else "settlement": made}
    if not form.errors:
        try:
            act(
                session,
                uuid=form.uuid(),
                shipment=uuid,
                facility_id=place.id,
                note=note,
                today=clock.today(),
                now=clock.now(),
                user_id=user.id,
                **about,
            )
        except Refused as refused:
            for refusal in refused.refusals:
                form.refuse("", refusal)
        else:
            return RedirectResponse(f"{place.path}/shipments/{uuid}?done=undone", 303)
    return _page(request, shipment, what, made, form, status_code=422)


def _must_be(shipment: ShipmentView, what: What, made: UUID, place_id: int) -> None:
    """Raises NotFound unless the shipment has it and it is the place's own."""
    if what == "deliveries":
        own = id_of(shipment.head.receiver) == place_id
        if not own or all(it.delivery.uuid != made for it in shipment.deliveries):
            raise UnknownDelivery
    else:
        settled = {each.settlement.uuid for it in shipment.differences for each in it.settlements}
        if id_of(shipment.head.sender) != place_id or made not in settled:
            raise UnknownSettlement


def _page(
    request: Request, shipment: ShipmentView, what: What, made: UUID, form: Form, status_code: int = 200
) -> Response:
    return page(
        request,
        "shipments/undo.html",
        status_code=status_code,
        shipment=shipment,
        what=what,
        made=made,
        form=form,
    )
