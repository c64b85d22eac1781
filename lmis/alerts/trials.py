"""A digest that someone asks for, to see how it looks and whether it arrives."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from lmis.accounts.models import User
from lmis.alerts.digests import KIND as DIGEST
from lmis.alerts.digests import digest_of
from lmis.db import id_of
from lmis.errors import LmisError
from lmis.i18n import N_
from lmis.mail.outbox import queue, reachable

KIND = "test"


class NoAddress(LmisError):
    status_code = 409
    msgid = N_("There is no address that e-mail can be sent to. Write yours, save it, and try again.")


def queue_trial(session: Session, user: User, uuid: UUID, *, today: date, now: datetime) -> bool:
    """Send someone their digest now. uuid: of the form that asked, which sends one only. Raises NoAddress."""
    if not reachable(user):
        raise NoAddress
    letter = digest_of(session, user, today=today, now=now, test=True)
    key = f"{KIND}:{DIGEST}:{id_of(user)}:{uuid}"
    return queue(session, key=key, kind=KIND, user=user, subject=letter.subject, text=letter.text, html=letter.html,
                 due_at=now, now=now)  # fmt: skip
