"""Destroying stock: the lots and the paper's words, a page to check them, then the record to be signed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, Poster
from lmis.accounts.models import User
from lmis.accounts.scope import Place
from lmis.db import Reader, Transaction
from lmis.errors import LmisError, Refused
from lmis.forms import Form, Posted, new_form
from lmis.i18n import N_
from lmis.pages import page
from lmis.reading import read_day, read_text
from lmis.recalls.disposal import Record, disposal_of, dispose, reasons_to_destroy, recent_disposals, rows
from lmis.recalls.service import recall_by_uuid
from lmis.stock.documents import RECALLED, Document, Kind, Line
from lmis.stock.entry import note_refusals, read_header, read_lot_lines, today_text
from lmis.stock.papers import papers
from lmis.stock.refusals import NoLines
from lmis.stock.routes_give import NotOnShelf

router = APIRouter()
FIELDS = ("quantity", "reason")


class TooFewOnShelf(LmisError):
    status_code = 409
    msgid = N_("Only %(on_hand)s units of this lot are on hand; you entered %(requested)s. Enter %(on_hand)s or less.")


@router.get("/f/{code}/disposal")
def disposal_form(
    request: Request,
    place: CurrentPlace,
    user: Poster,  # noqa: ARG001
    session: Reader,
    recall: UUID | None = None,
) -> Response:
    """With `recall`, all that is here of its lot is entered."""
    form = new_form(occurred_on=today_text(), place=place.facility.name)
    if recall:
        lot_id = recall_by_uuid(session, recall).lot_id
        its = [it for it in rows(session, place.id, clock.today()) if it.lot.lot_id == lot_id and it.why == RECALLED]
        form.typed |= {f"quantity-{it.key}": str(it.lot.on_hand) for it in its}
    return _page(request, session, place, form)


@router.post("/f/{code}/disposal")
def destroy(request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction) -> Response:
    """step "check" shows what will be destroyed, "post" does it, anything else goes back to the form."""
    form = Form(data)
    document = read_header(form, Kind.DISPOSAL, place)
    record = _read_record(form)
    lines = read_lot_lines(session, form, {reason.code for reason in reasons_to_destroy(session)})
    if not lines and not form.errors:
        form.refuse("", NoLines())
    if form["step"] == "change":
        form.errors.clear()
        return _page(request, session, place, form)
    if form["step"] == "post" and not form.errors:
        _post(session, form, user, document, lines, record)
        if not form.errors:
            return RedirectResponse(f"{place.path}/disposal/{document.uuid}?posted=1", 303)
    if form.errors:
        return _page(request, session, place, form, status_code=422)
    return _check_page(request, session, place, form, lines)


def _read_record(form: Form) -> Record:
    return Record(
        method=form.read("method", read_text) or "",
        place=form.read("place", read_text) or "",
        members=form.read("members", lambda text: read_text(text, most=500)) or "",
        decision=form.read("decision", read_text, required=False),
    )


def _post(session: Session, form: Form, user: User, document: Document, lines: dict[str, Line], record: Record) -> None:
    try:
        with session.begin_nested():
            whole = replace(document, lines=list(lines.values()))
            dispose(session, whole, record, today=clock.today(), now=clock.now(), user_id=user.id)
    except Refused as refused:
        note_refusals(form, refused, list(lines), FIELDS)


def _check_page(request: Request, session: Session, place: Place, form: Form, lines: dict[str, Line]) -> Response:
    """What will be destroyed and what is left then; too much goes back to the form."""
    chosen = [(row, lines[row.key]) for row in rows(session, place.id, clock.today()) if row.key in lines]
    if len(chosen) < len(lines):
        form.refuse("", NotOnShelf())
    for row, line in chosen:
        if line.quantity > row.lot.on_hand:
            form.refuse(f"quantity-{row.key}", TooFewOnShelf(on_hand=row.lot.on_hand, requested=line.quantity))
    if form.errors:
        return _page(request, session, place, form, status_code=422)
    names = {reason.code: reason for reason in reasons_to_destroy(session)}
    return page(
        request,
        "recalls/disposal_check.html",
        form=form,
        chosen=[(row, line, row.lot.on_hand - line.quantity, names[line.reason or ""]) for row, line in chosen],
        line_fields=[name for name in form.typed if name.startswith(("quantity-", "reason-"))],
        occurred_on=read_day(form["occurred_on"]),
    )


@router.get("/f/{code}/disposal/{uuid}")
def show_disposal(request: Request, place: CurrentPlace, session: Reader, uuid: UUID, posted: bool = False) -> Response:
    return page(request, "recalls/disposal_record.html", it=disposal_of(session, uuid, place.id), posted=posted)


def _page(request: Request, session: Session, place: Place, form: Form, status_code: int = 200) -> Response:
    return page(
        request,
        "recalls/disposal.html",
        status_code=status_code,
        form=form,
        rows=rows(session, place.id, clock.today()),
        reasons=reasons_to_destroy(session),
        today=clock.today(),
        latest=papers(session, recent_disposals(session, place.id)),
    )
