"""The list of a facility's shipments, the page of one, and its picking list."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace
from lmis.accounts.scope import Place
from lmis.db import Reader, id_of
from lmis.forms import Form, new_form
from lmis.pages import page
from lmis.shipments.lists import Shipments, shipments_of
from lmis.shipments.queries import ShipmentView, shipment_view
from lmis.shipments.refusals import NotAShipment
from lmis.shipments.rules import DIFFERENCE_NAMES, IN_TRANSIT, SETTLEMENT_NAMES, STATE_NAMES, State
from lmis.stock.documents import RULES
from lmis.stock.entry import today_text
from lmis.stock.picking import Pick

router = APIRouter()
TICKED = "shipment-"  # how the name of a box in the list begins
FINISHED = 50  # how many the list shows
Done = Literal["", "confirmed", "refused", "settled", "called-back", "undone"]


@router.get("/f/{code}/shipments")
def shipments(request: Request, place: CurrentPlace, session: Reader, confirmed: int = 0) -> Response:
    return list_page(request, listed(session, place), new_form(), confirmed=max(0, confirmed))


def listed(session: Session, place: Place) -> Shipments:
    return shipments_of(session, place.id, clock.today(), FINISHED)


def list_page(request: Request, found: Shipments, form: Form, status_code: int = 200, confirmed: int = 0) -> Response:
    """confirmed: how many were just now."""
    return page(
        request,
        "shipments/list.html",
        status_code=status_code,
        found=found,
        form=form,
        about={f"{TICKED}{it.uuid}": it.number for it in found.incoming},
        most=FINISHED,
        confirmed=confirmed,
    )


@router.get("/f/{code}/shipments/{uuid}")
def show_shipment(request: Request, place: CurrentPlace, session: Reader, uuid: UUID, done: Done = "") -> Response:
    shipment = seen_shipment(session, place, uuid)
    receiving = id_of(shipment.head.receiver) == place.id
    return page(
        request,
        "shipments/show.html",
        shipment=shipment,
        kind=RULES[shipment.head.kind].name,
        state=STATE_NAMES[shipment.state],
        difference_names=DIFFERENCE_NAMES,
        settlement_names=SETTLEMENT_NAMES,
        in_transit=IN_TRANSIT,
        form=new_form(seen=str(shipment.seen), confirmed_on=today_text()),
        days=(clock.today() - shipment.head.occurred_on).days,
        may_confirm=place.may_post and receiving and bool(shipment.on_the_way),
        may_add=place.may_post and receiving and shipment.state != State.TAKEN_BACK,
        may_settle=place.may_post and not receiving and bool(shipment.open_differences),
        may_call_back=place.may_post and not receiving and shipment.state == State.ON_THE_WAY,
        receiving=receiving,
        today=clock.today(),
        done=done,
    )


@router.get("/f/{code}/shipments/{uuid}/pick")
def picking_list(request: Request, place: CurrentPlace, session: Reader, uuid: UUID) -> Response:
    """What is to be taken from the shelf. Only for the sender."""
    shipment = seen_shipment(session, place, uuid)
    head = shipment.head
    if id_of(head.sender) != place.id:
        raise NotAShipment
    return page(
        request,
        "stock/picking.html",
        picks=[Pick(it.item, it.channel, it.lot.number, it.lot.expires_on, it.goods.sent) for it in shipment.lines],
        number=head.number,
        sender=head.sender,
        receiver=head.receiver,
        occurred_on=head.occurred_on,
        reference=head.reference,
        note=head.note,
        back=f"{place.path}/shipments/{uuid}",
    )


def seen_shipment(session: Session, place: Place, uuid: UUID) -> ShipmentView:
    """Raises NotAShipment unless the place is at one of its ends."""
    shipment = shipment_view(session, uuid)
    if place.id not in (id_of(shipment.head.sender), id_of(shipment.head.receiver)):
        raise NotAShipment
    return shipment
