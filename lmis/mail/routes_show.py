"""One e-mail as it was sent, and what becomes of one that did not arrive."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Administrator
from lmis.config import settings
from lmis.db import Reader, Transaction, id_of
from lmis.errors import NotFound
from lmis.guard import CONTENT_POLICY
from lmis.mail.deciding import came_back, leave, send_again
from lmis.mail.message import Opened, opened
from lmis.mail.models import Mail
from lmis.mail.queries import KIND_NAMES, STATE_NAMES, row
from lmis.mail.transport import file_name
from lmis.pages import page

router = APIRouter()
MailId = Annotated[int, Path(le=2**31 - 1)]
# An e-mail has its style in every tag, which no page here may; it may do nothing else, and its links open elsewhere.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@router.get("/mail/{mail_id:int}")
def show(request: Request, mail_id: MailId, _user: Administrator, session: Reader, done: str = "") -> Response:
    found, mail = row(session, mail_id), _mail(session, mail_id)
    answer = page(
        request,
        "mail/show.html",
        it=found,
        message_id=mail.message_id,
        opened=opened(mail.message) if mail.message else None,
        kept_days=settings().mail_keep_days,
        kinds=KIND_NAMES,
        states=STATE_NAMES,
        done=done,
    )
    answer.headers["Content-Security-Policy"] = f"{CONTENT_POLICY}; frame-src 'self'"
    return answer


@router.get("/mail/{mail_id:int}/html")
def html(mail_id: MailId, _user: Administrator, session: Reader) -> Response:
    """The HTML part, for a frame of the page above."""
    part = _opened(session, mail_id).html
    if part is None:
        raise NotFound
    elsewhere = '<base target="_blank">'
    shown = part.replace("<head>", f"<head>{elsewhere}", 1) if "<head>" in part else elsewhere + part
    return HTMLResponse(shown, headers={"Content-Security-Policy": MAIL_POLICY})


@router.get("/mail/{mail_id:int}/eml")
def whole(mail_id: MailId, _user: Administrator, session: Reader) -> Response:
    """The e-mail as a file that mail programs open."""
    mail = _mail(session, mail_id)
    if mail.message is None:
        raise NotFound
    return _download(mail.message, file_name(mail.key), "message/rfc822")


@router.get("/mail/{mail_id:int}/files/{number:int}")
def attachment(mail_id: MailId, number: MailId, _user: Administrator, session: Reader) -> Response:
    """number: from 0 on."""
    files = _opened(session, mail_id).attachments
    if number >= len(files):
        raise NotFound
    return _download(files[number].content, files[number].name, files[number].content_type)


def _download(content: bytes, name: str, content_type: str) -> Response:
    plain = re.sub("[^A-Za-z0-9._-]+", "-", name)
    headers = {"Content-Disposition": f'attachment; filename="{plain}"'}
    return Response(content, media_type=content_type, headers=headers)


@router.post("/mail/{mail_id:int}/{act}")
def decide(
    mail_id: MailId, act: Literal["again", "leave", "came-back"], user: Administrator, session: Transaction
) -> Response:
    """Done once, however often it is sent: what has been decided already stays as it is."""
    _mail(session, mail_id)
    match act:
        case "again":
            send_again(session, mail_id, now=clock.now())
        case "leave":
            leave(session, mail_id, id_of(user), now=clock.now())
        case "came-back":
            came_back(session, mail_id, id_of(user), now=clock.now())
    return RedirectResponse(f"/mail/{mail_id}?done={act}", 303)


def _mail(session: Session, mail_id: int) -> Mail:
    found = session.get(Mail, mail_id)
    if found is None:
        raise NotFound
    return found


def _opened(session: Session, mail_id: int) -> Opened:
    message = _mail(session, mail_id).message
    if message is None:
        raise NotFound
    return opened(message)
