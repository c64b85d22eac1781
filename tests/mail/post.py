"""E-mails to queue, and what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, select

from lmis.accounts.models import User
from lmis.db import reader, transaction
from lmis.mail.models import Mail
from lmis.mail.outbox import queue
from tests.factories import NOW, a_facility, a_user, add


def a_reader(session: Session, address: str | None = None, **more) -> User:
    """Someone with an e-mail address, their own when none is named."""
    facility = more.pop("facility", None) or a_facility(session)
    user = a_user(session, facility, **more)
    user.email = address if address is not None else f"{user.username}@example.org"
    return add(session, user)


def put(session: Session, user: User, key: str | None = None, now: datetime = NOW, **more) -> bool:
    """Queue a small e-mail, due at once unless `more` says otherwise."""
    usual = {
        "key": key or f"digest:{now.date()}:{user.id}",
        "kind": "digest",
        "subject": "Tồn kho sáng nay",
        "text": "Chào bạn.\n",
        "html": "<p>Chào bạn.</p>\n",
        "due_at": now,
    }
    return queue(session, user=user, now=now, **(usual | more))


def put_many(engine: Engine, count: int, now: datetime = NOW) -> list[str]:
    """One e-mail to each of so many people; their addresses."""
    with transaction(engine) as session:
        facility = a_facility(session)
        people = [a_reader(session, facility=facility) for _ in range(count)]
        assert all(put(session, it, now=now) for it in people)
        return [it.email or "" for it in people]


def mails(engine: Engine) -> list[Mail]:
    with reader(engine) as session:
        return list(session.exec(select(Mail).order_by(Mail.id)))
