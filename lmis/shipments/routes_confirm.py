"""The receiver's pages: confirming what arrived, lot by lot or all at once, and refusing a shipment."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.accounts.models import User
from lmis.accounts.scope import Place
from lmis.catalog.models import Item
from lmis.catalog.service import items
from lmis.db import Reader, Transaction, id_of
from lmis.errors import Refused
from lmis.forms import Form, Posted
from lmis.i18n import N_, Message
from lmis.pages import page
from lmis.shipments.delivering import Confirmation, Extra, all_arrived, all_refused, confirm_delivery
from lmis.shipments.entry import (
    BLANK_EXTRAS,
    EXTRA_FIELDS,
    MOST_EXTRAS,
    TYPED,
    USUAL,
    Said,
    by_field,
    delivery_form,
    extra_keys,
    note_faults,
    read_day_and_note,
    read_said,
    received_fields,
)
from lmis.shipments.queries import ShipmentLine, ShipmentView
from lmis.shipments.reasons import reasons_for
from lmis.shipments.refusals import (
    AlreadyConfirmed,
    CalledBack,
    ConfirmedMeanwhile,
    DifferenceNeedsReason,
    NotAShipment,
)
from lmis.shipments.routes_show import seen_shipment
from lmis.shipments.rules import Counted, State
from lmis.stock.documents import Kind
from lmis.stock.reference import explains

router = APIRouter()
OVERTAKEN = (AlreadyConfirmed, CalledBack, ConfirmedMeanwhile)  # the page was of another state of the shipment
LINE = N_("Line %(number)s")


@dataclass(frozen=True, slots=True)
class Checked:
    """A lot as the receiver's check shows it, in base units. rest: still on its way."""

    line: ShipmentLine
    counted: Counted
    rest: int


@dataclass(frozen=True, slots=True)
class CheckedExtra:
    item: Item
    extra: Extra


@router.get("/f/{code}/shipments/{uuid}/confirm")
def delivery_page(request: Request, place: CurrentPlace, user: Poster, session: Reader, uuid: UUID) -> Response:  # noqa: ARG001
    shipment = _coming(session, place, uuid)
    return _page(request, session, shipment, delivery_form(shipment))


@router.post("/f/{code}/shipments/{uuid}/confirm")
def confirm(
    request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction, uuid: UUID
) -> Response:
    """step "all": everything arrived as sent; "more" adds lines, "edit" goes back, "post" posts what was checked.

    Anything else posts at once when nothing differs, and shows what does on a page of its own before.
    """
    form = Form(data)
    shipment = _coming(session, place, uuid)
    match form["step"]:
        case "more":
            form.typed["extras"] = str(min(len(extra_keys(form)) + BLANK_EXTRAS, MOST_EXTRAS))
            return _page(request, session, shipment, form)
        case "edit":
            return _page(request, session, shipment, form)
        case "all":
            if _known(form, shipment):
                return _done(place, uuid, "confirmed")
            form.typed |= received_fields(shipment)
            said = read_day_and_note(form)
            said.lines = by_field(shipment, all_arrived(shipment))
        case _:
            said = read_said(session, form, shipment, _offered(session))
    if form.errors:
        return _page(request, session, shipment, form, status_code=422)
    return _record(request, session, place, user, form, shipment, said)


def _record(
    request: Request,
    session: Session,
    place: Place,
    user: User,
    form: Form,
    shipment: ShipmentView,
    said: Said,
) -> Response:
    whole = said.confirmation(form, place, shipment.head.uuid)
    checked = _checked(shipment, said)
    keep = form["step"] in ("post", "all") or not _differs(checked, said)
    try:
        _confirm(session, whole, user, keep=keep)
    except Refused as refused:
        return _refused(request, session, place, form, shipment, said, refused)
    if keep:
        return _done(place, shipment.head.uuid, "confirmed")
    extras = _checked_extras(session, said)
    return page(
        request,
        "shipments/check.html",
        shipment=shipment,
        form=form,
        checked=checked,
        extras=extras,
        reasons={it.code: it for it in reasons_for(session, Kind.DELIVERY)},
        confirmed_on=said.confirmed_on,
        names=[name for name in form.typed if name != "step"],
    )


def _confirm(session: Session, whole: Confirmation, user: User, *, keep: bool) -> None:
    """Post; without `keep` only to be told every refusal before the receiver checks what was typed."""
    with session.begin_nested() as attempt:
        confirm_delivery(session, whole, today=clock.today(), now=clock.now(), user_id=user.id)
        if not keep:
            attempt.rollback()


def _checked(shipment: ShipmentView, said: Said) -> list[Checked]:
    checked = []
    for line in shipment.lines:
        counted = said.lines.get(line.field) or Counted(line.key, 0)
        told = counted.received + sum(it.quantity for it in counted.differences)
        if line.coming.on_the_way:
            checked.append(Checked(line, counted, max(0, line.coming.undisputed - told)))
    return checked


def _checked_extras(session: Session, said: Said) -> list[CheckedExtra]:
    by_id = {id_of(it): it for it in items(session)}
    return [CheckedExtra(by_id[it.item_id], it) for it in said.extras.values()]


def _differs(checked: list[Checked], said: Said) -> bool:
    return bool(said.extras) or any(it.rest or it.counted.differences for it in checked)


def _refused(
    request: Request,
    session: Session,
    place: Place,
    form: Form,
    shipment: ShipmentView,
    said: Said,
    refused: Refused,
) -> Response:
    overtaken = [it for it in refused.refusals if isinstance(it, OVERTAKEN)]
    if overtaken:  # what was typed is of a shipment that stands otherwise now
        shipment = _coming(session, place, shipment.head.uuid)
        form = delivery_form(shipment)
        form.refuse("", overtaken[0])
    else:
        note_faults(form, refused, said)
    return _page(request, session, shipment, form, status_code=409 if overtaken else 422)


def _coming(session: Session, place: Place, uuid: UUID) -> ShipmentView:
    """The shipment, if it comes to the place. Raises NotAShipment."""
    shipment = seen_shipment(session, place, uuid)
    if id_of(shipment.head.receiver) != place.id:
        raise NotAShipment
    return shipment


def _known(form: Form, shipment: ShipmentView) -> bool:
    """Whether the form was sent before: what it says then is no longer all that is on the way."""
    return any(it.delivery.uuid == form.uuid() for it in shipment.deliveries)


def _done(place: Place, uuid: UUID, what: str) -> Response:
    return RedirectResponse(f"{place.path}/shipments/{uuid}?done={what}", 303)


def _offered(session: Session) -> frozenset[str]:
    return frozenset(it.code for it in reasons_for(session, Kind.DELIVERY))


def _page(request: Request, session: Session, shipment: ShipmentView, form: Form, status_code: int = 200) -> Response:
    keys, offered = extra_keys(form), reasons_for(session, Kind.DELIVERY)
    return page(
        request,
        "shipments/confirm.html",
        status_code=status_code,
        shipment=shipment,
        form=form,
        keys=keys,
        items=_sent_first(session, shipment),
        reasons={what: [it for it in offered if explains(it.code, what)] for what in ("short", "damaged", "beside")},
        usual=USUAL,
        typed=[name for name, _ in TYPED],
        beside=form["step"] == "more"
        or not shipment.on_the_way
        or any(f"{name}-{key}" in form for key in keys for name in EXTRA_FIELDS),
        taken_back=shipment.state == State.TAKEN_BACK,
        about={
            **{f"{name}-{key}": Message(LINE, {"number": int(key) + 1}) for key in keys for name in EXTRA_FIELDS},
            **{
                f"{name}-{it.field}": Message(N_("Lot %(lot)s"), {"lot": it.lot.number or "—"})
                for it in shipment.lines
                for name in ("received", "short", "damaged", "short-reason", "damaged-reason")
            },
        },
        today=clock.today(),
    )


def _sent_first(session: Session, shipment: ShipmentView) -> list[Item]:
    """Every item, those of the shipment first."""
    sent = {it.goods.item_id for it in shipment.lines}
    return sorted(items(session), key=lambda it: id_of(it) not in sent)


# -- refusing it all ---------------------------------------------------------------------------------------------


@router.get("/f/{code}/shipments/{uuid}/refuse")
def refusal_page(request: Request, place: CurrentPlace, user: Poster, session: Reader, uuid: UUID) -> Response:  # noqa: ARG001
    shipment = _coming(session, place, uuid)
    return _refusal_page(request, session, shipment, delivery_form(shipment))


@router.post("/f/{code}/shipments/{uuid}/refuse")
def refuse_shipment(
    request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction, uuid: UUID
) -> Response:
    form = Form(data)
    shipment = _coming(session, place, uuid)
    if _known(form, shipment):
        return _done(place, uuid, "refused")
    said = read_day_and_note(form)
    if form["reason"] not in _offered(session):
        form.refuse("reason", DifferenceNeedsReason())
    if not form.errors:
        said.lines = by_field(shipment, all_refused(shipment, form["reason"]))
        try:
            _confirm(session, said.confirmation(form, place, uuid), user, keep=True)
        except Refused as refused:
            note_faults(form, refused, said)
        else:
            return _done(place, uuid, "refused")
    return _refusal_page(request, session, shipment, form, status_code=422)


def _refusal_page(
    request: Request, session: Session, shipment: ShipmentView, form: Form, status_code: int = 200
) -> Response:
    return page(
        request,
        "shipments/refuse.html",
        status_code=status_code,
        shipment=shipment,
        form=form,
        reasons=reasons_for(session, Kind.DELIVERY),
        today=clock.today(),
    )
