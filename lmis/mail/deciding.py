"""What people decide about e-mails that did not arrive, and about addresses."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from lmis.mail.queries import UNSETTLED
from lmis.sql import Sql, stored

_AGAIN = """
UPDATE mail SET state = 'queued', due_at = :now, tries = 0, fault = NULL, claimed_at = NULL,
    settled_at = NULL, settled_by = NULL
WHERE message IS NOT NULL AND
"""
_CAME_BACK = """
UPDATE mail SET state = 'bounced', settled_at = :now, settled_by = :user_id WHERE state = 'sent' AND id = :id
"""
_LEAVE = f"UPDATE mail SET settled_at = :now, settled_by = :user_id WHERE {UNSETTLED}"  # noqa: S608


def send_again(session: Session, mail_id: int, *, now: datetime) -> bool:
    """Let an e-mail that was not sent or came back be sent after all. False: it was neither, or its text is gone."""
    again = f"{_AGAIN} state IN ('dead', 'bounced') AND id = :id"
    return Sql(session).execute(again, id=mail_id, now=stored(now)) == 1


def send_all_again(session: Session, *, now: datetime) -> int:
    """The same for all that wait for a decision, but those whose address came back. How many."""
    return Sql(session).execute(f"{_AGAIN} {UNSETTLED} AND state = 'dead'", now=stored(now))


def leave(session: Session, mail_id: int, user_id: int, *, now: datetime) -> bool:
    """Leave an e-mail unsent; who decided so is kept. False: nobody was asked about it any more."""
    return Sql(session).execute(f"{_LEAVE} AND id = :id", id=mail_id, user_id=user_id, now=stored(now)) == 1


def leave_all(session: Session, user_id: int, *, now: datetime) -> int:
    """The same for all that wait for a decision. How many."""
    return Sql(session).execute(_LEAVE, user_id=user_id, now=stored(now))


def came_back(session: Session, mail_id: int, user_id: int, *, now: datetime) -> bool:
    """Note that an e-mail which was sent came back: nothing is sent to its address any more. False: it was not sent."""
    sql = Sql(session)
    noted = (
        "UPDATE mail SET state = 'bounced', settled_at = :now, settled_by = :user_id WHERE state = 'sent' AND id = :id"
    )
    if sql.execute(noted, id=mail_id, user_id=user_id, now=stored(now)) != 1:
        return False
    sql.execute(
        "UPDATE user_account SET email_bounced_at = :now"
        " WHERE EXISTS (SELECT 1 FROM mail WHERE mail.id = :id AND user_id = user_account.id AND address = email)",
        id=mail_id,
        now=stored(now),
    )
    return True


def works_again(session: Session, user_id: int) -> None:
    """Send to a person's address again, which had come back."""
    Sql(session).execute("UPDATE user_account SET email_bounced_at = NULL WHERE id = :id", id=user_id)
