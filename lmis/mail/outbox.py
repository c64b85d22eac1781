"""The outbox: e-mails are written into the database in the transaction of their cause, and sent afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlmodel import Session

from lmis.accounts.models import User
from lmis.config import settings
from lmis.db import id_of
from lmis.mail.message import Attachment, Letter, Sender, message_id, write
from lmis.sql import Sql, stored

__all__ = ["Attachment", "Post", "clean", "queue", "queue_many", "reachable"]

AT_ONCE = 200  # e-mails held in memory together
_INSERT = """
INSERT INTO mail (key, message_id, kind, user_id, address, subject, message, created_at, due_at, state, tries)
VALUES (:key, :message_id, :kind, :user_id, :address, :subject, :message, :now, :due_at, 'queued', 0)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Post:
    """An e-mail to be queued; the arguments of `queue`."""

    key: str
    kind: str
    user: User
    subject: str
    text: str
    html: str
    due_at: datetime
    attachments: Sequence[Attachment] = ()


def reachable(user: User) -> bool:
    """Whether an e-mail to this person can arrive: they are active, and their address has not bounced."""
    return user.active and bool(user.email) and user.email_bounced_at is None


def sender() -> Sender:
    return Sender(settings().mail_from, settings().address)


def queue(
    session: Session,
    *,
    key: str,
    kind: str,
    user: User,
    subject: str,
    text: str,
    html: str,
    attachments: Sequence[Attachment] = (),
    due_at: datetime,
    now: datetime,
) -> bool:
    """Write an e-mail to one person into the outbox, in the caller's transaction.

    key: of its cause and the person (at most 160 characters); kind: digest, urgent, weekly, monthly or test;
    due_at: not to be sent before, a day ahead at most. False: the key is there already, or nothing reaches the person.
    """
    return queue_many(session, [Post(key, kind, user, subject, text, html, due_at, attachments)], now=now) == 1


def queue_many(session: Session, posts: Iterable[Post], *, now: datetime) -> int:
    """Write many e-mails into the outbox, as `queue` does. How many are new."""
    waiting = iter(posts)
    new = 0
    while some := list(islice(waiting, AT_ONCE)):
        sql = Sql(session)
        known = {key for (key,) in sql.rows("SELECT key FROM mail WHERE key IN (:keys*)", keys=[it.key for it in some])}
        for post in some:
            if post.key not in known and reachable(post.user):
                new += sql.execute(_INSERT, **_row(post, now))
    return new


def _row(post: Post, now: datetime) -> dict[str, object]:
    address = post.user.email or ""
    language = post.user.language or settings().language
    letter = Letter(post.key, post.user.name, address, language, post.subject, post.text, post.html, post.attachments)
    return {
        "key": post.key,
        "message_id": message_id(post.key, sender()),
        "kind": post.kind,
        "user_id": id_of(post.user),
        "address": address,
        "subject": post.subject,
        "message": write(letter, sender(), now),
        "now": stored(now),
        "due_at": stored(post.due_at),
    }


def clean(session: Session, *, now: datetime) -> int:
    """Drop the text of e-mails long sent, and of those somebody has settled. How many; what is unsent keeps its own."""
    return Sql(session).execute(
        "UPDATE mail SET message = NULL WHERE message IS NOT NULL AND state <> 'queued'"
        " AND (CASE WHEN state = 'sent' THEN sent_at ELSE settled_at END) < :before",
        before=stored(now - timedelta(days=settings().mail_keep_days)),
    )
