"""The page of a document, the list of a facility's documents, and undoing one."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, CurrentUser, Poster
from lmis.accounts.models import User
from lmis.accounts.rights import may_approve, may_post
from lmis.accounts.scope import place_of, sees
from lmis.config import settings
from lmis.db import Reader, Transaction, id_of
from lmis.errors import Refused
from lmis.forms import Form, Posted, new_form
from lmis.network.models import Facility
from lmis.pages import page
from lmis.reading import read_text
from lmis.stock.documents import RULES, Kind
from lmis.stock.papers import left_on_shelf, papers, parties, priced_lines, total_amount
from lmis.stock.queries import DocumentView, UnknownMovement, document_view, number_of, recent_documents
from lmis.stock.refusals import CountForApprovers, OfAShipment, OtherFacilitysDocument
from lmis.stock.service import reverse_document

router = APIRouter()
LISTED = 100
AGAIN: dict[str, str] = {  # where one more of the kind is recorded
    Kind.RECEIPT: "receive",
    Kind.ISSUE: "issue",
    Kind.DISPENSE: "dispense",
    Kind.TRANSFER: "transfer",
    Kind.RETURN: "return",
    Kind.LOSS: "write-off",
}


@router.get("/f/{code}/documents")
def documents(request: Request, place: CurrentPlace, session: Reader) -> Response:
    rows = papers(session, recent_documents(session, place.id, LISTED))
    return page(request, "stock/documents.html", rows=rows, most=LISTED)


@router.get("/documents/{uuid}")
def show_document(request: Request, user: CurrentUser, session: Reader, uuid: UUID, posted: bool = False) -> Response:
    document = _seen(session, user, uuid)
    own = sees(session, user, id_of(document.facility), clock.today())  # a receiver is not told the sender's stock
    return _page(
        request,
        session,
        user,
        "stock/document.html",
        document,
        posted=posted and own,
        left=left_on_shelf(session, document) if posted and own else [],
        again=AGAIN.get(document.kind),
    )


@router.get("/documents/{uuid}/reverse")
def reversal_form(request: Request, user: Poster, session: Reader, uuid: UUID) -> Response:
    return _page(request, session, user, "stock/reverse.html", _own(session, user, uuid), form=new_form())


@router.post("/documents/{uuid}/reverse")
def reverse(request: Request, data: Posted, user: Poster, session: Transaction, uuid: UUID) -> Response:
    document = _own(session, user, uuid)
    form = Form(data)
    note = form.read("note", _read_note)
    if note and _reversed(session, form, user, document, note):
        return RedirectResponse(f"/documents/{form.uuid()}?posted=1", 303)
    return _page(request, session, user, "stock/reverse.html", document, status_code=422, form=form)


def _read_note(text: str) -> str:
    return read_text(text, most=500)


def _reversed(session: Session, form: Form, user: User, document: DocumentView, note: str) -> bool:
    try:
        reverse_document(
            session,
            uuid=form.uuid(),
            reverses=document.uuid,
            note=note,
            today=clock.today(),
            now=clock.now(),
            user_id=user.id,
        )
    except Refused as refused:
        for refusal in refused.refusals:
            form.refuse("", refusal)
        return False
    return True


def _seen(session: Session, user: User, uuid: UUID) -> DocumentView:
    """Raises UnknownMovement unless one of its parties is in the user's scope."""
    document = document_view(session, uuid)
    if not any(sees(session, user, id_of(it), clock.today()) for it in parties(session, document)):
        raise UnknownMovement
    return document


def _own(session: Session, user: User, uuid: UUID) -> DocumentView:
    """The document, when the user may reverse it.

    Raises OtherFacilitysDocument when they only received by it, OfAShipment when it is put right elsewhere, and
    CountForApprovers.
    """
    document = _seen(session, user, uuid)
    if not sees(session, user, id_of(document.facility), clock.today()):
        raise OtherFacilitysDocument
    if document.shipment:
        raise OfAShipment
    if not _may_undo(user, document):
        raise CountForApprovers
    return document


def _may_undo(user: User, document: DocumentView) -> bool:
    """A count far off its book was looked at by a second person, who is asked before it is undone, too."""
    return may_post(user.role) and (document.kind != Kind.COUNT or may_approve(user.role) or settings().own_approval)


def _acting_for(session: Session, user: User, document: DocumentView) -> Facility:
    """The party as which the user reads a document: who made it; of what followed a shipment their own facility."""
    seen = [it for it in parties(session, document) if sees(session, user, id_of(it), clock.today())]
    followed = document.shipment is not None and document.shipment.uuid != document.uuid
    return next((it for it in seen if followed and it.id == user.facility_id), seen[0])


def _page(
    request: Request,
    session: Session,
    user: User,
    template: str,
    document: DocumentView,
    *,
    status_code: int = 200,
    **context: object,
) -> Response:
    lines = priced_lines(session, document)
    mine = sees(session, user, id_of(document.facility), clock.today())
    request.state.place = place_of(session, user, _acting_for(session, user, document).code, clock.today())
    done = document.reversed_by is not None or document.kind == Kind.REVERSAL
    return page(
        request,
        template,
        status_code=status_code,
        document=document,
        name=RULES[document.kind].name,
        lines=lines,
        total=total_amount(lines),
        reverses=document.reverses and (document.reverses.uuid, number_of(document.reverses)),
        reversed_by=document.reversed_by and (document.reversed_by.uuid, number_of(document.reversed_by)),
        shipment=document.shipment and (document.shipment.uuid, number_of(document.shipment)),
        may_reverse=mine and _may_undo(user, document) and not done and not document.shipment,
        **context,
    )
