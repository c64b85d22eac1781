"""Issuing to a lower facility, dispensing to clients, and transferring to a peer: the shelf, then its lots."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.accounts.scope import Place
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError
from lmis.forms import BrokenForm, Form, Posted, new_form
from lmis.i18n import N_, Name
from lmis.network.models import Facility, Level
from lmis.network.service import children
from lmis.pages import page
from lmis.reading import read_quantity
from lmis.stock.documents import USABLE, Document, Kind, Line
from lmis.stock.entry import (
    HANDED_OVER,
    is_shipped,
    preset_handover,
    read_counterparty,
    read_header,
    read_lot_id,
    read_units,
    record,
    today_text,
)
from lmis.stock.fefo import InsufficientStock, pick_fefo
from lmis.stock.picking import Pick
from lmis.stock.prefill import chosen_first, to_give
from lmis.stock.queries import ShelfLot
from lmis.stock.refusals import MayNotHold, NoLines
from lmis.stock.shelves import Shelf, blocked, items_of_lots, may_hold, shelves

router = APIRouter()


class NotOnShelf(LmisError):
    status_code = 409
    msgid = N_("Something you chose is no longer on the shelf. Look at what is there now and choose again.")


class TooFewUsable(LmisError):
    status_code = 409
    msgid = N_(
        "Only %(usable)s usable units of %(item)s are on hand; you asked for %(requested)s. Enter %(usable)s or less."
    )


class NothingUsable(LmisError):
    status_code = 409
    msgid = N_("No usable unit of %(item)s is on hand: what is there has expired or is in quarantine.")


@dataclass(frozen=True, slots=True)
class LotChoice:
    """A lot as the second step shows it. blocked: why it cannot be chosen, else None."""

    lot: ShelfLot
    key: str
    proposed: int
    blocked: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """An item and channel asked for, with its lots.

    left: when so much is taken; None where the shelf no longer has it. months_left: how long that lasts, if known.
    """

    shelf: Shelf
    requested: int
    lots: list[LotChoice]
    left: int | None
    months_left: Decimal | None


@router.get("/f/{code}/issue")
@router.get("/f/{code}/dispense")
@router.get("/f/{code}/transfer")
def shelf_form(request: Request, place: CurrentPlace, user: Poster, session: Reader) -> Response:  # noqa: ARG001
    """The shelf; to, item, lot, channel and quantity of the address fill it in, see lmis.stock.prefill."""
    said, today = request.query_params.multi_items(), clock.today()
    choices = _counterparties(session, place, _kind(request)) if said else []
    form = new_form(
        occurred_on=today_text(), **to_give(said, shelves(session, place.id) if said else [], choices, today)
    )
    return _shelf_page(request, session, place, form)


@router.post("/f/{code}/issue")
@router.post("/f/{code}/dispense")
@router.post("/f/{code}/transfer")
def give(request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction) -> Response:
    """step "lots" shows the lots proposed, "pick" lists them for the store, "check" shows what was chosen again,
    "post" posts it, anything else goes back to the shelf.
    """
    form = Form(data)
    document = read_header(form, _kind(request), place)
    if document.kind in (Kind.ISSUE, Kind.TRANSFER):
        to = read_counterparty(form, _counterparties(session, place, document.kind))
        document = replace(document, counterparty_id=to, shipped=is_shipped(form))
    match form["step"]:
        case "post":
            return _post_lots(request, session, place, user, form, document)
        case "pick" if not form.errors:
            return _picking_list(request, session, place, form, document)
        case "check" if not form.errors:
            return _lots_again(request, session, place, form, document, status_code=200)
        case "lots":
            return _propose(request, session, place, form, document)
        case _:
            form.errors.clear()
            return _shelf_page(request, session, place, form)


def _kind(request: Request) -> Kind:
    return Kind(request.url.path.rsplit("/", 1)[1])


def _counterparties(session: Session, place: Place, kind: str) -> list[Facility]:
    """Who the goods may go to: those directly under an issuer, the others of the same parent for a transfer."""
    today = clock.today()
    if kind == Kind.ISSUE:
        found = children(session, place.id, today)
    elif kind == Kind.TRANSFER and place.parent:
        found = [it for it in children(session, id_of(place.parent), today) if it.id != place.id]
    else:
        found = []
    return [it for it in found if it.closed_on is None or it.closed_on > today]


def _shelf_page(request: Request, session: Session, place: Place, form: Form, status_code: int = 200) -> Response:
    kind = _kind(request)
    today = clock.today()
    its = sorted(shelves(session, place.id), key=lambda it: f"quantity-{it.key}" not in form.typed)  # chosen ones first
    return page(
        request,
        "stock/shelf.html",
        status_code=status_code,
        form=form,
        kind=kind,
        shelves=[(it, it.usable(today)) for it in its],
        first=[lot for it in its for lot in it.lots if lot.lot_id in chosen_first(form["first"], lot.channel)],
        use=request.app.state.consumption(session, place.id, today),
        counterparties=_counterparties(session, place, kind),
        today=today,
    )


def _propose(request: Request, session: Session, place: Place, form: Form, document: Document) -> Response:
    by_key = {it.key: it for it in shelves(session, place.id)}
    wanted: dict[str, int] = {}
    for key, _ in form.named("quantity-"):
        if key not in by_key:
            form.refuse("", NotOnShelf())
        elif units := read_units(form, key, by_key[key].item.pack_size):
            wanted[key] = units
    if not wanted and not form.errors:
        form.refuse("", NoLines())
    _refuse_barred(form, session, _receiver(session, place, form, document.kind), [by_key[key] for key in wanted])
    use = request.app.state.consumption(session, place.id, clock.today())
    choices = [
        _choice(form, it, wanted[it.key], document.occurred_on, use) for it in by_key.values() if it.key in wanted
    ]
    if form.errors:
        return _shelf_page(request, session, place, form, status_code=422)
    return _lots_page(request, session, place, form, document.occurred_on, [it for it in choices if it])


def _refuse_barred(form: Form, session: Session, to: Facility | None, wanted: list[Shelf]) -> None:
    """Say before the lots are chosen what the ledger would refuse after."""
    for it in wanted:
        if to and not may_hold(session, to, it.item):
            name = Name(it.item.name_vi, it.item.name_en)
            form.refuse(f"quantity-{it.key}", MayNotHold(facility=to.name, item=name))


def _choice(form: Form, shelf: Shelf, requested: int, on: date, use: dict[tuple[int, str], Decimal]) -> Choice | None:
    """The lots proposed for a shelf; too little on it is noted in the form."""
    try:
        first = chosen_first(form["first"], shelf.channel.code)
        picks = {pick.lot_id: pick.quantity for pick in pick_fefo(shelf.fit(), requested, on, first)}
    except InsufficientStock as error:
        usable = error.message.params["usable"]
        refusal = TooFewUsable if usable else NothingUsable
        name = Name(shelf.item.name_vi, shelf.item.name_en)
        form.refuse(f"quantity-{shelf.key}", refusal(item=name, usable=usable, requested=requested))
        return None
    lots = [_lot_choice(lot, picks, on) for lot in shelf.lots]
    return _choice_of(shelf, requested, lots, on, use)


def _choice_of(
    shelf: Shelf, requested: int, lots: list[LotChoice], on: date, use: dict[tuple[int, str], Decimal]
) -> Choice:
    left = shelf.usable(on) - requested
    if left < 0:
        return Choice(shelf, requested, lots, None, None)
    amc = use.get((id_of(shelf.item), shelf.channel.code))
    return Choice(shelf, requested, lots, left, Decimal(left) / amc if amc else None)


def _lot_choice(lot: ShelfLot, picks: dict[int, int], on: date) -> LotChoice:
    why = blocked(lot, on)
    return LotChoice(lot, f"{lot.lot_id}-{lot.channel}", 0 if why else picks.get(lot.lot_id, 0), why)


def _lots_page(
    request: Request,
    session: Session,
    place: Place,
    form: Form,
    on: date,
    choices: list[Choice],
    status_code: int = 200,
) -> Response:
    kind = _kind(request)
    to = _receiver(session, place, form, kind)
    if to:
        _preset_handover(session, form, to)
    return page(
        request,
        "stock/lots.html",
        status_code=status_code,
        form=form,
        kind=kind,
        choices=choices,
        occurred_on=on,
        to=to,
        shelf_fields=[name for name in form.typed if name.startswith(("quantity-", "unit-"))],
    )


def _preset_handover(session: Session, form: Form, to: Facility) -> None:
    """As everywhere, but a level that holds nothing clinical (collaborators, pharmacies) fetches its goods itself."""
    if "handover" not in form and not session.get_one(Level, to.level_code).capabilities:
        form.typed["handover"] = HANDED_OVER
    preset_handover(session, form, to)


def _receiver(session: Session, place: Place, form: Form, kind: str) -> Facility | None:
    return next((it for it in _counterparties(session, place, kind) if str(it.id) == form["counterparty"]), None)


def _picking_list(request: Request, session: Session, place: Place, form: Form, document: Document) -> Response:
    """What was chosen, to be taken from the shelf; nothing is posted yet."""
    lines = _read_lots(session, form)
    if not lines and not form.errors:
        form.refuse("", NoLines())
    if form.errors:
        return _lots_again(request, session, place, form, document)
    return page(
        request,
        "stock/picking.html",
        picks=[
            Pick(shelf.item, shelf.channel, lot.number, lot.expires_on, lines[key].quantity)
            for shelf in shelves(session, place.id)
            for lot in shelf.lots
            if (key := f"{lot.lot_id}-{lot.channel}") in lines and lot.status == USABLE
        ],
        number="",
        sender=place.facility,
        receiver=_receiver(session, place, form, document.kind),
        occurred_on=document.occurred_on,
        reference=document.reference,
        note=document.note,
        back=f"{place.path}/{document.kind}",
        form=form,
        names=[name for name in form.typed if name != "step"],
    )


def _post_lots(
    request: Request, session: Session, place: Place, user: Poster, form: Form, document: Document
) -> Response:
    lines = _read_lots(session, form)
    if not lines and not form.errors:
        form.refuse("", NoLines())
    if not form.errors and (answer := record(session, form, user, document, lines, ("lot",))):
        return answer
    return _lots_again(request, session, place, form, document)


def _read_lots(session: Session, form: Form) -> dict[str, Line]:
    """The lots typed in the second step. The posting, not this, says whether they can be taken."""
    keys = [key for key, _ in form.named("lot-")]
    lots = {key: read_lot_id(key.partition("-")[0]) for key in keys}
    item_of = items_of_lots(session, lots.values())
    if not item_of.keys() >= set(lots.values()):
        raise BrokenForm
    lines = {}
    for key, lot_id in lots.items():
        units = form.read(f"lot-{key}", lambda text: read_quantity(text, allow_zero=True))
        if units:
            lines[key] = Line(item_of[lot_id], lot_id, key.partition("-")[2], units, USABLE)
    return lines


def _lots_again(
    request: Request, session: Session, place: Place, form: Form, document: Document, status_code: int = 422
) -> Response:
    """The second step with its errors and what was typed; the first step when the shelf no longer has it."""
    by_key = {it.key: it for it in shelves(session, place.id)}
    use = request.app.state.consumption(session, place.id, clock.today())
    errors = dict(form.errors)
    choices = []
    for key, _ in form.named("quantity-"):
        units = read_units(form, key, by_key[key].item.pack_size) if key in by_key else None
        if units is None:
            form.refuse("", NotOnShelf())
            return _shelf_page(request, session, place, form, status_code=409)
        choices.append(_unfilled(by_key[key], units, document.occurred_on, use))
    form.errors = errors
    return _lots_page(request, session, place, form, document.occurred_on, choices, status_code=status_code)


def _unfilled(shelf: Shelf, requested: int, on: date, use: dict[tuple[int, str], Decimal]) -> Choice:
    return _choice_of(shelf, requested, [_lot_choice(lot, {}, on) for lot in shelf.lots], on, use)
