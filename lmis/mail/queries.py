"""The outbox as those who look after the site see it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlmodel import Session

from lmis.i18n import N_, VIETNAM
from lmis.sql import Sql, as_moment, stored

LISTED = 50  # on one page
MOST_PEOPLE = 500
OVERDUE = timedelta(hours=1)  # the worker sends every minute
UNSETTLED = "state IN ('dead', 'bounced') AND settled_at IS NULL"
_BOUNCED = "active AND email_bounced_at IS NOT NULL"
_WITHOUT = "active AND (email IS NULL OR email = '')"
_ROWS = """
SELECT mail.id, mail.kind, whose.name, mail.address, mail.subject, mail.state, mail.created_at, mail.due_at,
    mail.sent_at, mail.tries, mail.fault, mail.settled_at, settler.name
FROM mail LEFT JOIN user_account AS whose ON whose.id = mail.user_id
    LEFT JOIN user_account AS settler ON settler.id = mail.settled_by
"""
_PEOPLE = """
SELECT user_account.id, user_account.name, username, role, email, email_bounced_at, facility.name, facility.code
FROM user_account JOIN facility ON facility.id = facility_id
"""
_BY_FACILITY = "ORDER BY facility.name_sort, facility.code, username LIMIT :most"
KIND_NAMES: Mapping[str, str] = {
    "digest": N_("daily digest"),
    "urgent": N_("urgent alert"),
    "weekly": N_("weekly summary"),
    "monthly": N_("monthly summary"),
    "test": N_("test e-mail"),
}
STATE_NAMES: Mapping[str, str] = {
    "queued": N_("waiting"),
    "sent": N_("sent"),
    "dead": N_("not sent"),
    "bounced": N_("came back"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An e-mail in a list. name: of the person it is to; settled_by: the name of who left it unsent."""

    id: int
    kind: str
    name: str | None
    address: str
    subject: str
    state: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    tries: int
    fault: str | None
    settled_at: datetime | None
    settled_by: str | None

    @property
    def waits_for_people(self) -> bool:
        """Whether somebody has to decide what becomes of it."""
        return self.state in ("dead", "bounced") and self.settled_at is None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many e-mails wait (and of these, for how many that is too long), were sent today, and wait for people."""

    queued: int
    overdue: int
    sent_today: int
    for_people: int
    bounced: int
    without_address: int


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    username: str
    role: str
    email: str | None
    bounced_at: datetime | None
    facility: str
    facility_code: str


def overdue(session: Session, now: datetime) -> int:
    """How many e-mails wait longer than they should."""
    return _count(session, "mail WHERE state = 'queued' AND due_at < :since", since=stored(now - OVERDUE))


def held_up(session: Session) -> int:
    """How many e-mails wait because none can be handed over: one was tried, and put back as if it had not been."""
    tried = "EXISTS (SELECT 1 FROM mail WHERE state = 'queued' AND tries = 0 AND fault IS NOT NULL)"
    return _count(session, f"mail WHERE state = 'queued' AND {tried}")


def for_people(session: Session) -> int:
    """How many e-mails wait for somebody to decide what becomes of them."""
    return _count(session, f"mail WHERE {UNSETTLED}")


def tally(session: Session, now: datetime) -> Tally:
    midnight = datetime.combine(now.astimezone(VIETNAM).date(), time(0), VIETNAM)
    return Tally(
        queued=_count(session, "mail WHERE state = 'queued'"),
        overdue=overdue(session, now),
        sent_today=_count(session, "mail WHERE sent_at >= :midnight", midnight=stored(midnight)),
        for_people=for_people(session),
        bounced=_count(session, f"user_account WHERE {_BOUNCED}"),
        without_address=_count(session, f"user_account WHERE {_WITHOUT}"),
    )


def _count(session: Session, what: str, **params: object) -> int:
    return int(Sql(session).rows(f"SELECT COUNT(*) FROM {what}", **params)[0][0])  # noqa: S608


def rows(session: Session, *, state: str, kind: str, sought: str, part: int) -> list[Row]:
    """The e-mails of a state and kind (all, where empty), the latest first; one more than LISTED when there are more.

    sought: part of an address; part: the page, from 1.
    """
    where = [f"mail.{name} = :{name}" for name, value in (("state", state), ("kind", kind)) if value]
    if sought:
        where.append("LOWER(mail.address) LIKE :sought ESCAPE '!'")
    return _rows(
        session,
        f"{' AND '.join(where) or '1 = 1'} ORDER BY mail.id DESC LIMIT {LISTED + 1} OFFSET :skipped",
        state=state,
        kind=kind,
        sought=f"%{_plain(sought)}%",
        skipped=(part - 1) * LISTED,
    )


def _plain(sought: str) -> str:
    """Text to look for with LIKE in which no sign means anything else."""
    return re.sub("([!%_])", r"!\1", sought.lower())


def worklist(session: Session) -> list[Row]:
    """What waits for people, the oldest first; one more than LISTED when there are more."""
    return _rows(session, f"mail.{UNSETTLED} ORDER BY mail.id LIMIT {LISTED + 1}")


def row(session: Session, mail_id: int) -> Row | None:
    return next(iter(_rows(session, "mail.id = :id", id=mail_id)), None)


def _rows(session: Session, where: str, **params: object) -> list[Row]:
    return [Row(*_told(found, 6, 7, 8, 11)) for found in Sql(session).rows(f"{_ROWS} WHERE {where}", **params)]


def _told(found: Sequence[Any], *moments: int) -> Iterator[Any]:
    """The values of a row; moments: which of them are."""
    for place, value in enumerate(found):
        yield as_moment(value) if place in moments and value is not None else value


def bounced_people(session: Session) -> list[Person]:
    """Whose address does not work, by facility; at most MOST_PEOPLE."""
    return _people(session, _BOUNCED)


def people_without_address(session: Session) -> list[Person]:
    """Who gets no e-mails for want of an address, by facility; at most MOST_PEOPLE."""
    return _people(session, _WITHOUT)


def _people(session: Session, where: str) -> list[Person]:
    found = Sql(session).rows(f"{_PEOPLE} WHERE {where} {_BY_FACILITY}", most=MOST_PEOPLE)
    return [Person(*_told(it, 5)) for it in found]
