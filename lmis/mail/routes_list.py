"""What waits, what was sent, what could not be; and the addresses that e-mails go to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Administrator
from lmis.accounts.models import User
from lmis.config import settings
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError
from lmis.forms import Form, Posted, new_form
from lmis.mail.deciding import leave_all, send_all_again, works_again
from lmis.mail.queries import (
    KIND_NAMES,
    LISTED,
    MOST_PEOPLE,
    STATE_NAMES,
    bounced_people,
    people_without_address,
    rows,
    tally,
    worklist,
)
from lmis.mail.routes_show import MailId
from lmis.mail.transport import way
from lmis.mail.trial import queue_plain_trial
from lmis.pages import page

router = APIRouter()
Word = Annotated[str, Query(max_length=254)]
DONE = ("test", "again", "left", "works", "came-back")


@router.get("/mail")
def mail(request: Request, user: Administrator, session: Reader, done: Word = "") -> Response:
    return _overview(request, session, user, new_form(), done)


def _overview(
    request: Request, session: Session, user: User, form: Form, done: str = "", status_code: int = 200
) -> Response:
    waiting = worklist(session)
    return page(
        request,
        "mail/mail.html",
        status_code=status_code,
        form=form,
        tally=tally(session, clock.now()),
        waiting=waiting[:LISTED],
        more=len(waiting) > LISTED,
        way=way(settings()),
        mine=user.email,
        kinds=KIND_NAMES,
        states=STATE_NAMES,
        done=done if done in DONE else "",
    )


@router.post("/mail/test")
def try_it(request: Request, data: Posted, user: Administrator, session: Transaction) -> Response:
    form = Form(data)
    try:
        queue_plain_trial(session, user, form.uuid(), now=clock.now())
    except LmisError as error:
        form.refuse("", error)
        return _overview(request, session, user, form, status_code=error.status_code)
    return RedirectResponse("/mail?done=test", 303)


@router.get("/mail/all")
def all_mails(
    request: Request,
    _user: Administrator,
    session: Reader,
    state: Word = "",
    kind: Word = "",
    q: Word = "",
    part: int = 1,
) -> Response:
    state, kind = (it if it in known else "" for it, known in ((state, STATE_NAMES), (kind, KIND_NAMES)))
    part = min(max(part, 1), 100_000)
    found = rows(session, state=state, kind=kind, sought=q.strip(), part=part)
    return page(
        request,
        "mail/all.html",
        rows=found[:LISTED],
        more=len(found) > LISTED,
        state=state,
        kind=kind,
        q=q,
        part=part,
        kinds=KIND_NAMES,
        states=STATE_NAMES,
    )


@router.get("/mail/addresses")
def addresses(request: Request, _user: Administrator, session: Reader, done: Word = "") -> Response:
    return page(
        request,
        "mail/addresses.html",
        bounced=bounced_people(session),
        without=people_without_address(session),
        tally=tally(session, clock.now()),
        most=MOST_PEOPLE,
        done=done if done in DONE else "",
    )


@router.post("/mail/addresses/{user_id:int}/works")
def works(user_id: MailId, _user: Administrator, session: Transaction) -> Response:
    works_again(session, user_id)
    return RedirectResponse("/mail/addresses?done=works", 303)


@router.post("/mail/again")
def again(_user: Administrator, session: Transaction) -> Response:
    send_all_again(session, now=clock.now())
    return RedirectResponse("/mail?done=again", 303)


@router.post("/mail/leave")
def leave(user: Administrator, session: Transaction) -> Response:
    leave_all(session, id_of(user), now=clock.now())
    return RedirectResponse("/mail?done=left", 303)
