"""One requisition: its page, every step that is taken of it, and what lies under a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, CurrentUser
from lmis.accounts.scope import Place
from lmis.config import settings
from lmis.db import Reader, Transaction
from lmis.errors import LmisError, NotFound
from lmis.forms import BrokenForm, Form, Posted
from lmis.pages import page
from lmis.requisitions import service
from lmis.requisitions.approval import Short, approve, available, shares_of, shortages
from lmis.requisitions.entry import (
    APPROVED,
    REQUESTED,
    note,
    read_approved,
    read_key,
    read_version,
    read_why,
    read_writing,
    typed_otherwise,
)
from lmis.requisitions.queries import PaperView, items_to_add, paper_view, parts_of
from lmis.requisitions.refusals import Key
from lmis.requisitions.release import release
from lmis.requisitions.routes_papers import actor_of
from lmis.requisitions.states import ACT_NAMES, KIND_NAMES, STATUS_NAMES, Act, Actor, Status, open_acts
from lmis.stock.shelves import channels

router = APIRouter()
ADD, RENEW = "add", "renew"
Word = Annotated[str, Query(max_length=20)]


@router.get("/f/{code}/requisitions/{uuid}")
def show(
    request: Request, place: CurrentPlace, user: CurrentUser, session: Reader, uuid: UUID, done: Word = ""
) -> Response:
    return _page(request, session, place, actor_of(user, place), uuid, Form(), done=done if done in ACT_NAMES else "")


@router.post("/f/{code}/requisitions/{uuid}")
def step(
    request: Request, data: Posted, place: CurrentPlace, user: CurrentUser, session: Transaction, uuid: UUID
) -> Response:
    form, actor = Form(data), actor_of(user, place)
    paper_view(session, place.id, uuid, lines=False)
    take = STEPS.get(form["act"])
    if take is None:
        raise BrokenForm
    try:
        with session.begin_nested():
            take(session, form, uuid, actor)
    except LmisError as error:
        note(form, error)
        return _page(request, session, place, actor, uuid, form, error.status_code)
    if form.errors:
        return _page(request, session, place, actor, uuid, form, 422)
    done = Act.SAVE if form["act"] in (ADD, RENEW) else form["act"]
    return RedirectResponse(f"{place.path}/requisitions/{uuid}?done={done}", 303)


def _save(session: Session, form: Form, uuid: UUID, actor: Actor) -> None:
    writing = read_writing(form)
    if not form.errors:
        service.save(session, uuid, writing, actor=actor, now=clock.now())


def _add(session: Session, form: Form, uuid: UUID, actor: Actor) -> None:
    writing = read_writing(form)
    key = read_key(f"{form['add_item'] or 0}-{form['add_channel'] or '-'}")
    if not form.errors:
        service.add_line(session, uuid, writing, key, actor=actor, today=clock.today(), now=clock.now())


def _renew(session: Session, form: Form, uuid: UUID, actor: Actor) -> None:
    writing = read_writing(form)
    if not form.errors:
        service.renew(session, uuid, writing, actor=actor, today=clock.today(), now=clock.now())


def _submit(session: Session, form: Form, uuid: UUID, actor: Actor) -> None:
    writing = read_writing(form)
    if not form.errors:
        service.submit(session, uuid, writing, actor=actor, today=clock.today(), now=clock.now())


def _authorise(session: Session, form: Form, uuid: UUID, actor: Actor) -> None:
    service.authorise(session, uuid, read_version(form["version"]), actor=actor, now=clock.now())


def _approve(session: Session, form: Form, uuid: UUID, actor: Actor) -> None:
    approved = read_approved(form)
    if not form.errors:
        approve(session, uuid, read_version(form["version"]), approved, actor=actor, now=clock.now())


def _release(session: Session, form: Form, uuid: UUID, actor: Actor) -> None:
    versions = {uuid: read_version(form["version"])}
    release(session, versions, actor=actor, today=clock.today(), now=clock.now())


def _reject(session: Session, form: Form, uuid: UUID, actor: Actor) -> None:
    why = read_why(form)
    if not form.errors:
        service.reject(session, uuid, read_version(form["version"]), why, actor=actor, now=clock.now())


def _skip(session: Session, form: Form, uuid: UUID, actor: Actor) -> None:
    why = read_why(form)
    if not form.errors:
        service.skip(session, uuid, read_version(form["version"]), why, actor=actor, now=clock.now())


STEPS: Mapping[str, Callable[[Session, Form, UUID, Actor], None]] = {
    Act.SAVE: _save,
    ADD: _add,
    RENEW: _renew,
    Act.SUBMIT: _submit,
    Act.AUTHORISE: _authorise,
    Act.APPROVE: _approve,
    Act.RELEASE: _release,
    Act.REJECT: _reject,
    Act.SKIP: _skip,
}


def _page(
    request: Request,
    session: Session,
    place: Place,
    actor: Actor,
    uuid: UUID,
    form: Form,
    status_code: int = 200,
    done: str = "",
) -> Response:
    """The paper with what may be done to it; `form`: what was typed and refused."""
    paper = paper_view(session, place.id, uuid)
    acts = open_acts(paper.standing, actor, own_approval=settings().own_approval)
    write, approving = Act.SAVE in acts, Act.APPROVE in acts
    stale = "version" in form and form["version"] != str(paper.version)
    prefix = APPROVED if form["act"] == Act.APPROVE else REQUESTED
    return page(
        request,
        "requisitions/paper.html",
        status_code=status_code,
        paper=paper,
        form=form,
        done=done,
        acts=acts,
        status_names=STATUS_NAMES,
        act_names=ACT_NAMES,
        kind_names=KIND_NAMES,
        channels={it.code: it for it in channels(session)},
        others=typed_otherwise(form, prefix, paper.lines) if stale else [],
        items=items_to_add(session) if write else [],
        unfilled=any(it.unfilled for it in paper.lines),
        on_order=any(it.on_order for it in paper.lines),
        approved=paper.standing.status in (Status.APPROVED, Status.RELEASED),
        **_supply(session, paper, place, approving),
    )


def _supply(session: Session, paper: PaperView, place: Place, approving: bool) -> dict[str, object]:
    """What the supplier decides by: what may still be promised, and the fair share of what is short."""
    if not approving:
        return {"there": {}, "shares": {}, "proposed": {}}
    today = clock.today()
    anew = [paper.id] if paper.standing.status == Status.APPROVED else []
    short: Mapping[Key, Short] = shortages(session, place.id, today, anew, None if anew else Status.AUTHORISED)
    shares = shares_of(short, paper.id)
    proposed = {it.key: shares.get(it.key, it.requested if it.approved is None else it.approved) for it in paper.lines}
    return {"there": available(session, place.id, today, anew), "shares": shares, "proposed": proposed}


@router.get("/f/{code}/requisitions/{uuid}/lines/{item:path}/{channel}")
def show_parts(request: Request, place: CurrentPlace, session: Reader, uuid: UUID, item: str, channel: str) -> Response:
    paper = paper_view(session, place.id, uuid)
    line = next((it for it in paper.lines if (it.code, it.channel) == (item, channel)), None)
    if line is None:
        raise NotFound
    return page(
        request,
        "requisitions/under.html",
        paper=paper,
        line=line,
        channel=next(it for it in channels(session) if it.code == channel),
        under=parts_of(session, paper.id, line.key),
        status_names=STATUS_NAMES,
    )
