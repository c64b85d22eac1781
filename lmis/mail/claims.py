"""Rows of the outbox taken for sending, each by one sender, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from lmis.i18n import N_
from lmis.mail.answers import Fate
from lmis.mail.message import readdressed
from lmis.sql import Sql, stored

CLAIM_LASTS = timedelta(minutes=15)  # longer than handing over one e-mail can take; clocks may differ by as much
FURTHEST_DUE = timedelta(days=3)  # nothing is queued that far ahead: a clock was wrong
BACK_OFF = tuple(timedelta(minutes=it) for it in (1, 5, 15, 60, 240, 240, 240, 240, 240, 240))  # about 25 hours

STOPPED = N_("The worker was stopped while it sent this; whether it arrived is not known.")
STOPPED_TWICE = N_("The worker was stopped twice while it sent this; it may have arrived. Ask before sending again.")
DISABLED = N_("This person may not sign in any more.")
NO_ADDRESS = N_("This person has no e-mail address any more.")
NO_TEXT = N_("The text of this e-mail is not kept any more.")
ADDRESS_BOUNCED = N_("E-mails to this address came back before.")

_FREE = "(claimed_at IS NULL OR claimed_at < :expired OR claimed_at > :ahead)"
_DUE = f"""
SELECT id FROM mail WHERE state = 'queued' AND due_at <= :now AND {_FREE}
ORDER BY CASE WHEN kind IN ('urgent', 'test') THEN 0 ELSE 1 END, due_at, id LIMIT :most
"""  # noqa: S608
_CLAIM = f"""
UPDATE mail SET claimed_at = :now, claimed_by = :holder, tries = tries + 1,
    fault = CASE WHEN claimed_at IS NULL THEN fault WHEN fault = :once THEN :twice ELSE :once END
WHERE id = :id AND state = 'queued' AND due_at <= :now AND {_FREE}
"""  # noqa: S608
_READDRESS = "UPDATE mail SET address = :address, message = :message WHERE id = :id"
_OF_MINE = "UPDATE mail SET claimed_at = NULL,"
_STILL_MINE = "id = :id AND state = 'queued' AND claimed_by = :holder AND claimed_at = :at"
_READ = """
SELECT mail.key, mail.address, mail.message, mail.tries, mail.fault, mail.user_id,
    user_account.name, user_account.email, user_account.active, user_account.email_bounced_at
FROM mail LEFT JOIN user_account ON user_account.id = mail.user_id WHERE mail.id = :id
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An e-mail that this sender alone sends now.

    address: the person's of this moment; message: to that address; tries: with this one.
    obstacle: why it is not to be sent after all; for_people: whether somebody should look at it then.
    """

    id: int
    key: str
    user_id: int | None
    address: str
    message: bytes
    tries: int
    holder: str
    at: datetime
    obstacle: str | None = None
    for_people: bool = False


def due(session: Session, now: datetime, most: int) -> list[int]:
    """Ids of e-mails to be sent now, the urgent ones first."""
    return [mail_id for (mail_id,) in Sql(session).rows(_DUE, now=stored(now), most=most, **_bounds(now))]


def _bounds(now: datetime) -> dict[str, str]:
    return {"expired": stored(now - CLAIM_LASTS), "ahead": stored(now + CLAIM_LASTS)}


def mend(session: Session, now: datetime) -> int:
    """Let e-mails be due now that a clock gone wrong had put off beyond what is ever asked for. How many."""
    return Sql(session).execute(
        "UPDATE mail SET due_at = :now WHERE state = 'queued' AND due_at > :furthest",
        now=stored(now),
        furthest=stored(now + FURTHEST_DUE),
    )


def claim(session: Session, mail_id: int, holder: str, now: datetime) -> Claimed | None:
    """Take an e-mail for sending, so that two senders never send it both. None: it is not to be had."""
    sql = Sql(session)
    words = {"once": STOPPED, "twice": STOPPED_TWICE}
    if sql.execute(_CLAIM, id=mail_id, holder=holder, now=stored(now), **words, **_bounds(now)) != 1:
        return None
    key, address, message, tries, fault, user_id, name, email, active, bounced_at = sql.rows(_READ, id=mail_id)[0]
    obstacle = _obstacle(user_id, email, active, bounced_at, message)
    if obstacle is None and user_id is not None and email != address:
        address, message = email, readdressed(bytes(message), name, email)
        sql.execute(_READDRESS, id=mail_id, address=address, message=message)
    stopped_twice = obstacle is None and fault == STOPPED_TWICE
    return Claimed(
        id=mail_id,
        key=key,
        user_id=user_id,
        address=address,
        message=bytes(message or b""),
        tries=tries,
        holder=holder,
        at=now,
        obstacle=STOPPED_TWICE if stopped_twice else obstacle,
        for_people=stopped_twice,
    )


def _obstacle(
    user_id: int | None, email: str | None, active: object, bounced_at: object, message: bytes | None
) -> str | None:
    """Why an e-mail is not to be sent, as things are now."""
    if message is None:
        return NO_TEXT
    if user_id is None:
        return None
    if not active:
        return DISABLED
    if not email:
        return NO_ADDRESS
    return ADDRESS_BOUNCED if bounced_at else None


def finish(session: Session, mail: Claimed, fate: Fate, fault: str | None, now: datetime) -> Fate:
    """Keep what came of a claimed e-mail, and tell what became of it in the end."""
    match fate:
        case Fate.SENT:
            _sent(session, mail, now)
        case Fate.LATER if mail.tries <= len(BACK_OFF):
            _leave(session, mail, fault, now + BACK_OFF[mail.tries - 1], mail.tries)
        case Fate.DOWN:
            _leave(session, mail, fault, None, mail.tries - 1)
        case Fate.BOUNCED:
            _bury(session, mail, "bounced", fault, None)
            mark_bounced(session, mail, now)
        case _:
            _bury(session, mail, "dead", fault, None)
            return Fate.DEAD
    return fate


def drop(session: Session, mail: Claimed, now: datetime) -> Fate:
    """Do not send a claimed e-mail, for its obstacle; settled at once where there is nothing for anybody to do."""
    _bury(session, mail, "dead", mail.obstacle, None if mail.for_people else now)
    return Fate.DEAD


def _sent(session: Session, mail: Claimed, now: datetime) -> None:
    """Whoever may have claimed it since: it has gone."""
    Sql(session).execute(
        "UPDATE mail SET state = 'sent', sent_at = :now, fault = NULL WHERE id = :id AND state = 'queued'",
        id=mail.id,
        now=stored(now),
    )


def _leave(session: Session, mail: Claimed, fault: str | None, due_at: datetime | None, tries: int) -> None:
    """Put it back. That it may have arrived once is not forgotten over what the server says now."""
    Sql(session).execute(
        f"{_OF_MINE} tries = :tries, due_at = COALESCE(:due_at, due_at),"
        f" fault = CASE WHEN fault = :once THEN fault ELSE :fault END WHERE {_STILL_MINE}",
        fault=fault,
        once=STOPPED,
        tries=tries,
        due_at=stored(due_at) if due_at else None,
        **_mine(mail),
    )


def _bury(session: Session, mail: Claimed, state: str, fault: str | None, settled_at: datetime | None) -> None:
    Sql(session).execute(
        f"{_OF_MINE} state = :state, fault = :fault, settled_at = :settled_at WHERE {_STILL_MINE}",
        state=state,
        fault=fault,
        settled_at=stored(settled_at) if settled_at else None,
        **_mine(mail),
    )


def _mine(mail: Claimed) -> dict[str, object]:
    return {"id": mail.id, "holder": mail.holder, "at": stored(mail.at)}


def mark_bounced(session: Session, mail: Claimed, now: datetime) -> None:
    """Send nothing to the address any more, if it still is the person's."""
    Sql(session).execute(
        "UPDATE user_account SET email_bounced_at = :now WHERE id = :id AND email = :address",
        id=mail.user_id,
        address=mail.address,
        now=stored(now),
    )
