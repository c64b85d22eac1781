"""Counting: the long table, saved as often as one likes, and the sheet to count on paper."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, CurrentUser, Poster
from lmis.accounts.rights import may_post
from lmis.accounts.scope import Place
from lmis.catalog.service import items
from lmis.counts.drafts import add_lot, save_draft
from lmis.counts.entry import about, note_clashes, read_found, read_said, read_version
from lmis.counts.models import StockCount
from lmis.counts.queries import CountLine, count_by_uuid, entries_since, lines_of, names_of
from lmis.counts.refusals import CountIsOver
from lmis.counts.rules import State
from lmis.db import Reader, Transaction, id_of
from lmis.errors import Forbidden, LmisError
from lmis.forms import Form, Posted
from lmis.pages import page
from lmis.reading import MOST
from lmis.stock.refusals import ChannelNotAllowed
from lmis.stock.shelves import channels

router = APIRouter()
DONE = {State.POSTED: "record", State.CANCELLED: "record", State.WAITING: "review", State.CLOSED: "review"}


@router.get("/f/{code}/counts/{uuid}")
def count_form(
    request: Request, place: CurrentPlace, user: CurrentUser, session: Reader, uuid: UUID, saved: str = ""
) -> Response:
    """The page where a count stands now: counting, else what follows. saved: the version before a save."""
    count = count_by_uuid(session, place.id, uuid)
    if where := DONE.get(State(count.state)):
        return RedirectResponse(f"{place.path}/counts/{uuid}/{where}", 303)
    if not may_post(user.role):
        raise Forbidden
    before = int(saved) if saved.isdecimal() and len(saved) < 10 else None
    others = entries_since(session, count, MOST if before is None else before, but=user.id)
    return _page(request, session, count, Form(), saved=before is not None, others=others)


@router.post("/f/{code}/counts/{uuid}")
def save(
    request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction, uuid: UUID
) -> Response:
    count = count_by_uuid(session, place.id, uuid, lock=True)
    form = Form(data)
    version, said = read_version(form), read_said(form)
    try:
        clashes = save_draft(session, count, said, version=version, user_id=id_of(user), now=clock.now())
    except CountIsOver as error:
        form.refuse("", error)
        return _page(request, session, count, form, status_code=error.status_code, typed=True)
    note_clashes(form, clashes)
    _add_found(session, form, count, user)
    if form.errors:
        return _page(request, session, count, form, status_code=409 if clashes else 422, saved=True)
    return RedirectResponse(_next(place, count, form, version), 303)


def _add_found(session: Session, form: Form, count: StockCount, user: Poster) -> None:
    found = read_found(form, session)
    if found is None:
        return
    try:
        add_lot(session, count, found, user_id=id_of(user), now=clock.now())
    except LmisError as error:
        form.refuse("found-channel" if isinstance(error, ChannelNotAllowed) else "found-lot", error)


def _next(place: Place, count: StockCount, form: Form, version: int) -> str:
    path = f"{place.path}/counts/{count.uuid}"
    return f"{path}/review" if form["act"] == "review" else f"{path}?saved={version}"


def _page(
    request: Request,
    session: Session,
    count: StockCount,
    form: Form,
    *,
    status_code: int = 200,
    typed: bool = False,
    saved: bool = False,
    others: object = None,
) -> Response:
    """typed: whether all that was typed is shown again, not only what was refused."""
    lines = lines_of(session, count)
    return page(
        request,
        "counts/entry.html",
        status_code=status_code,
        form=form,
        about=about(form, lines),
        count=count,
        groups=by_item(lines),
        lines=len(lines),
        counted=sum(line.is_counted for line in lines),
        typed=typed,
        saved=saved,
        others=others or {},
        names=names_of(session, [count.started_by, count.saved_by, count.decided_by]),
        items=items(session),
        channels=channels(session),
        today=clock.today(),
    )


def by_item(lines: list[CountLine]) -> list[list[CountLine]]:
    """The lines in their order, those of an item together."""
    return [list(its) for _, its in groupby(lines, key=lambda line: line.item.id)]


@router.get("/f/{code}/counts/{uuid}/sheet")
def sheet(request: Request, place: CurrentPlace, session: Reader, uuid: UUID) -> Response:
    """An empty sheet to count on paper; the book stands on it unless the count is blind."""
    count = count_by_uuid(session, place.id, uuid)
    lines = lines_of(session, count)
    return page(
        request,
        "counts/sheet.html",
        count=count,
        groups=by_item(lines),
        names=names_of(session, [count.started_by]),
    )
