"""Confirming the shipments ticked in the list."""

from __future__ import annotations

import re
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.db import Transaction
from lmis.errors import LmisError
from lmis.forms import BrokenForm, Form, Posted
from lmis.i18n import N_
from lmis.shipments.bulk import NoShipmentChosen, ShipmentsRefused, confirm_whole
from lmis.shipments.lists import Shipments
from lmis.shipments.queries import shipment_head
from lmis.shipments.routes_show import TICKED, list_page, listed

router = APIRouter()


class OfShipment(LmisError):
    msgid = N_("%(number)s: %(refusal)s")


@router.post("/f/{code}/shipments")
def confirm_ticked(request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction) -> Response:
    form = Form(data)
    chosen, seed = _chosen(form), form.uuid()
    try:
        with session.begin_nested():
            confirm_whole(session, chosen, place.id, seed=seed, today=clock.today(), now=clock.now(), user_id=user.id)
    except NoShipmentChosen as error:
        form.refuse("", error)
    except ShipmentsRefused as refused:
        found = listed(session, place)
        _note(session, form, refused, found)
        return list_page(request, found, form, status_code=refused.status_code)
    else:
        return RedirectResponse(f"{place.path}/shipments?confirmed={len(chosen)}", 303)
    return list_page(request, listed(session, place), form, status_code=422)


def _chosen(form: Form) -> dict[UUID, int]:
    """Raises BrokenForm for what no page has made."""
    try:
        chosen = {UUID(name): units for name, units in form.named(TICKED)}
    except ValueError:
        raise BrokenForm from None
    if not all(re.fullmatch(r"\d{1,18}", units, re.ASCII) for units in chosen.values()):
        raise BrokenForm
    return {uuid: int(units) for uuid, units in chosen.items()}


def _note(session: Session, form: Form, refused: ShipmentsRefused, found: Shipments) -> None:
    """Each refusal by its row; by its number alone when the list no longer has it."""
    there = {it.uuid for it in found.incoming}
    for uuid, refusals in refused.by_shipment.items():
        number = shipment_head(session, uuid).number
        for each in refusals:
            if uuid in there:
                form.refuse(f"{TICKED}{uuid}", each)
            else:
                form.refuse("", OfShipment(number=number, refusal=each.message))
