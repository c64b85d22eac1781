"""A small e-mail to oneself, to see whether e-mails arrive."""

from __future__ import annotations

from datetime import datetime
from html import escape
from uuid import UUID

from sqlmodel import Session

from lmis.accounts.models import User
from lmis.config import settings
from lmis.db import id_of
from lmis.errors import LmisError
from lmis.i18n import N_, Message
from lmis.mail.outbox import queue, reachable

SUBJECT = N_("Test e-mail from lmis")
TEXT = N_(
    "This is a test e-mail from %(site)s. %(name)s asked for it at %(at)s. "
    "Since you read it, e-mails arrive; nothing else needs doing."
)


class NoWorkingAddress(LmisError):
    status_code = 409
    msgid = N_("There is no address that an e-mail to you can be sent to. Write yours under “E-mails to me”.")


def queue_plain_trial(session: Session, user: User, uuid: UUID, *, now: datetime) -> bool:
    """Send someone a small e-mail now. uuid: of the form that asked, which sends one only. Raises NoWorkingAddress."""
    if not reachable(user):
        raise NoWorkingAddress
    language = user.language or settings().language
    text = Message(TEXT, {"site": settings().address, "name": user.name, "at": now}).translate(language)
    return queue(
        session,
        key=f"test:{id_of(user)}:{uuid}",
        kind="test",
        user=user,
        subject=Message(SUBJECT).translate(language),
        text=f"{text}\n",
        html=f'<!doctype html>\n<html lang="{language}"><body><p>{escape(text)}</p></body></html>\n',
        due_at=now,
        now=now,
    )
