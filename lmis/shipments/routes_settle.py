"""The sender's pages: settling what differs, and taking a shipment back."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.accounts.models import User
from lmis.accounts.scope import Place
from lmis.db import Reader, Transaction, id_of
from lmis.errors import Refused
from lmis.forms import Form, Posted, new_form
from lmis.i18n import N_, Message
from lmis.pages import page
from lmis.reading import read_quantity, read_text
from lmis.shipments.queries import DifferenceView, ShipmentView
from lmis.shipments.reasons import reasons_for
from lmis.shipments.refusals import NotAShipment, WrongSettlement
from lmis.shipments.routes_show import seen_shipment
from lmis.shipments.rules import DIFFERENCE_NAMES, OFFERED, SETTLEMENT_NAMES, Settlement
from lmis.shipments.settling import Settled, call_back, settle_differences
from lmis.stock.documents import Kind
from lmis.stock.entry import HEADER, note_refusals
from lmis.stock.refusals import LineRefused

router = APIRouter()
FIELDS = ("quantity", "settlement", "reason", "note")


@router.get("/f/{code}/shipments/{uuid}/settle")
def settling_page(request: Request, place: CurrentPlace, user: Poster, session: Reader, uuid: UUID) -> Response:  # noqa: ARG001
    shipment = _sent(session, place, uuid)
    left = {f"quantity-{it.field}": str(it.open) for it in shipment.open_differences}
    return _page(request, session, shipment, new_form(**left))


@router.post("/f/{code}/shipments/{uuid}/settle")
def settle(
    request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction, uuid: UUID
) -> Response:
    form = Form(data)
    shipment = _sent(session, place, uuid)
    settled = _read(form, shipment)
    if not form.errors and _settled(session, place, user, form, uuid, settled):
        return RedirectResponse(f"{place.path}/shipments/{uuid}?done=settled", 303)
    return _page(request, session, shipment, form, status_code=422)


def _read(form: Form, shipment: ShipmentView) -> dict[str, Settled]:
    """The differences of which something was chosen; faults are noted in the form."""
    settled = {}
    for it in shipment.differences:
        how = form[f"settlement-{it.field}"]
        if how and how not in OFFERED[it.difference.kind]:
            form.refuse(f"settlement-{it.field}", WrongSettlement())
        elif how:
            quantity = form.read(f"quantity-{it.field}", read_quantity)
            note = form.read(f"note-{it.field}", lambda text: read_text(text, most=500), required=False)
            reason = form[f"reason-{it.field}"] if how == Settlement.LOST else ""
            settled[it.field] = Settled(id_of(it.difference), how, quantity or 0, reason or None, note)
    return settled


def _settled(
    session: Session, place: Place, user: User, form: Form, shipment: UUID, settled: dict[str, Settled]
) -> bool:
    try:
        settle_differences(
            session,
            uuid=form.uuid(),
            shipment=shipment,
            facility_id=place.id,
            settled=list(settled.values()),
            today=clock.today(),
            now=clock.now(),
            user_id=user.id,
        )
    except Refused as refused:
        for refusal in refused.refusals:
            if isinstance(refusal, LineRefused) and refusal.line is not None and refusal.field not in HEADER:
                note_refusals(form, Refused([refusal]), list(settled), FIELDS)
            else:
                form.refuse("", refusal)
        return False
    return True


def _sent(session: Session, place: Place, uuid: UUID) -> ShipmentView:
    """The shipment, if the place sent it. Raises NotAShipment."""
    shipment = seen_shipment(session, place, uuid)
    if id_of(shipment.head.sender) != place.id:
        raise NotAShipment
    return shipment


def _page(request: Request, session: Session, shipment: ShipmentView, form: Form, status_code: int = 200) -> Response:
    return page(
        request,
        "shipments/settle.html",
        status_code=status_code,
        shipment=shipment,
        form=form,
        offered=OFFERED,
        difference_names=DIFFERENCE_NAMES,
        settlement_names=SETTLEMENT_NAMES,
        reasons=reasons_for(session, Kind.TRANSIT_LOSS),
        about={f"{name}-{it.field}": _lot(it) for it in shipment.differences for name in FIELDS},
    )


def _lot(it: DifferenceView) -> Message:
    return Message(N_("Lot %(lot)s"), {"lot": it.lot.number or "—"})


# -- taking it back ----------------------------------------------------------------------------------------------


@router.get("/f/{code}/shipments/{uuid}/call-back")
def call_back_page(request: Request, place: CurrentPlace, user: Poster, session: Reader, uuid: UUID) -> Response:  # noqa: ARG001
    return _call_back_page(request, session, _sent(session, place, uuid), new_form())


@router.post("/f/{code}/shipments/{uuid}/call-back")
def take_back(
    request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction, uuid: UUID
) -> Response:
    form = Form(data)
    shipment = _sent(session, place, uuid)
    note = form.read("note", lambda text: read_text(text, most=500), required=False)
    if not form.errors:
        try:
            call_back(
                session,
                uuid=form.uuid(),
                shipment=uuid,
                facility_id=place.id,
                reason=form["reason"],
                note=note,
                today=clock.today(),
                now=clock.now(),
                user_id=user.id,
            )
        except Refused as refused:
            for refusal in refused.refusals:
                form.refuse("reason" if getattr(refusal, "field", "") == "reason" else "", refusal)
        else:
            return RedirectResponse(f"{place.path}/shipments/{uuid}?done=called-back", 303)
    return _call_back_page(request, session, shipment, form, status_code=422)


def _call_back_page(
    request: Request, session: Session, shipment: ShipmentView, form: Form, status_code: int = 200
) -> Response:
    reasons = reasons_for(session, Kind.SENT_BACK)
    return page(
        request,
        "shipments/call_back.html",
        status_code=status_code,
        shipment=shipment,
        form=form,
        reasons=reasons,
    )
