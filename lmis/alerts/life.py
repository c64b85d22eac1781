"""What people do about alerts: acknowledge one or many, let them rest until a day, and take that back.

An alert is acted on as somebody saw it: what was resolved or got worse meanwhile is refused, the same sent twice
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlmodel import Session

from lmis.alerts.keeping import ACKNOWLEDGED, OPEN, RESOLVED
from lmis.errors import LmisError, NotFound
from lmis.i18n import N_
from lmis.network.service import subtree_ids
from lmis.sql import Sql, as_day_or_none, as_moment, stored

LONGEST = timedelta(days=90)  # that an alert may rest
LOCK = "LOCK TABLE alert IN ROW EXCLUSIVE MODE"  # before its rows: waits for an evaluation instead of meeting it
STANDING = """
    SELECT a.id, a.facility_id, a.state, a.raised_at, a.resolved_at, a.acknowledged_at, a.acknowledged_by, u.name,
        a.note, a.snoozed_until
    FROM alert a LEFT JOIN user_account u ON u.id = a.acknowledged_by WHERE a.id IN (:ids*)"""
LOCKED = f"{STANDING} ORDER BY a.id FOR UPDATE OF a"
ACKNOWLEDGE = """
    UPDATE alert SET state = 'acknowledged', acknowledged_at = :now, acknowledged_by = :user, note = :note,
        snoozed_until = :until WHERE id IN (:ids*)"""
TAKE_BACK = """
    UPDATE alert SET state = 'open', acknowledged_at = NULL, acknowledged_by = NULL, note = NULL, snoozed_until = NULL
    WHERE id IN (:ids*)"""
EVENT = """
    INSERT INTO alert_event (alert_id, at, what, rule, severity, by_user, note)
    SELECT id, CAST(:now AS {moment}), CAST(:what AS VARCHAR(12)), rule, severity, CAST(:user AS INTEGER),
        CAST(:note AS VARCHAR)
    FROM alert WHERE id IN (:ids*) ORDER BY id"""


class UnknownAlert(NotFound):
    msgid = N_("There is no such alert, or you may not see it.")


class AlertResolved(LmisError):
    status_code = 409
    msgid = N_("This alert was resolved on %(at)s: what it told of is no longer so. There is nothing left to do.")


class AlertChanged(LmisError):
    status_code = 409
    msgid = N_("This alert was raised again on %(at)s, after you opened the page. Read what it says now, then decide.")


class AlreadyAcknowledged(LmisError):
    status_code = 409
    msgid = N_("%(name)s acknowledged this alert on %(at)s. Look at the note first; you may still change it.")


class WrongRest(LmisError):
    status_code = 422
    msgid = N_("An alert may rest from tomorrow on, until %(last)s at the latest. Choose a day in between.")


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says of an alert. until: the day from which it is told of again; None: not before it gets worse."""

    note: str | None = None
    until: date | None = None


class By(NamedTuple):
    """Who acts on alerts, at a facility whose alerts and those of all under it they see, and when."""

    user_id: int
    root_id: int
    today: date
    now: datetime


class Standing(NamedTuple):
    """How an alert stands while somebody acts on it."""

    id: int
    facility_id: int
    state: str
    raised_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: int | None
    name: str | None
    word: Word

    @property
    def version(self) -> str:
        return version(self.raised_at, self.acknowledged_at)


def version(raised_at: datetime, acknowledged_at: datetime | None) -> str:
    """What tells whether an alert is still as somebody saw it."""
    return stored(max(raised_at, acknowledged_at or raised_at))


def acknowledge(session: Session, seen: Mapping[int, str], word: Word, by: By) -> dict[str, int]:
    """Acknowledge alerts; how many were acknowledged, and how many resolved or changed meanwhile.

    seen: the version of each alert as the reader had it. Those that are not there, or not below, are left out.
    Raises WrongRest.
    """
    check_rest(word.until, by.today)
    sql = Sql(session)
    found = _standing(session, sql, seen, by)
    fates: dict[str, list[int]] = {"acknowledged": [], "resolved": [], "changed": []}
    for it in found:
        if fate := _fate(it, seen[it.id], word, by.user_id):
            fates[fate].append(it.id)
    _say(sql, ACKNOWLEDGE, "acknowledged", fates["acknowledged"], word, by)
    return {name: len(ids) for name, ids in fates.items()}


def _fate(it: Standing, seen: str, word: Word, user_id: int) -> str | None:
    """None: the same was sent before."""
    if it.state == RESOLVED:
        return "resolved"
    if it.state == ACKNOWLEDGED and (it.acknowledged_by, it.word) == (user_id, word):
        return None
    return "acknowledged" if it.version == seen else "changed"


def acknowledge_one(session: Session, alert_id: int, seen: str, word: Word, by: By) -> None:
    """Acknowledge one alert. Raises UnknownAlert, WrongRest, AlertResolved, AlertChanged or AlreadyAcknowledged."""
    check_rest(word.until, by.today)
    sql = Sql(session)
    it = _one(session, sql, alert_id, by)
    match _fate(it, seen, word, by.user_id):
        case "acknowledged":
            _say(sql, ACKNOWLEDGE, "acknowledged", [it.id], word, by)
        case None:
            return
        case _:
            raise _refusal(it)


def take_back(session: Session, alert_id: int, seen: str, by: By) -> None:
    """Open an acknowledged alert again; one that is open stays so. Raises UnknownAlert, AlertResolved, AlertChanged."""
    sql = Sql(session)
    it = _one(session, sql, alert_id, by)
    if it.state == RESOLVED:
        raise _refusal(it)
    if it.state == OPEN:
        return
    if it.version != seen:
        raise _refusal(it)
    _say(sql, TAKE_BACK, "taken_back", [it.id], Word(), by)


def check_rest(until: date | None, today: date) -> None:
    """Raises WrongRest for a day that is not ahead, or too far."""
    if until is not None and not today < until <= today + LONGEST:
        raise WrongRest(last=today + LONGEST)


def _refusal(it: Standing) -> LmisError:
    if it.state == RESOLVED:
        return AlertResolved(at=it.resolved_at)
    if it.state == ACKNOWLEDGED:
        return AlreadyAcknowledged(name=it.name, at=it.acknowledged_at)
    return AlertChanged(at=it.raised_at)


def _one(session: Session, sql: Sql, alert_id: int, by: By) -> Standing:
    for it in _standing(session, sql, [alert_id], by):
        return it
    raise UnknownAlert


def _standing(session: Session, sql: Sql, ids: Iterable[int], by: By) -> list[Standing]:
    """The alerts that who acts sees, held until the transaction ends."""
    if not sql.sqlite:
        sql.execute(LOCK)
    wanted = sorted(set(ids))
    rows = sql.rows(STANDING if sql.sqlite else LOCKED, ids=wanted) if wanted else []
    below = set(subtree_ids(session, by.root_id, by.today))
    return [_read(*row) for row in rows if row[1] in below]


def _read(id_: int, facility_id: int, state: str, *rest: Any) -> Standing:
    raised_at, resolved_at, acknowledged_at, user_id, name, note, until = rest
    return Standing(
        id_,
        facility_id,
        state,
        as_moment(raised_at),
        None if resolved_at is None else as_moment(resolved_at),
        None if acknowledged_at is None else as_moment(acknowledged_at),
        user_id,
        name,
        Word(note, as_day_or_none(until)),
    )


def _say(sql: Sql, statement: str, what: str, ids: list[int], word: Word, by: By) -> None:
    if not ids:
        return
    at = stored(by.now)
    sql.execute(statement, now=at, user=by.user_id, note=word.note, until=word.until, ids=ids)
    moment = "TEXT" if sql.sqlite else "TIMESTAMPTZ"
    sql.execute(EVENT.format(moment=moment), now=at, what=what, user=by.user_id, note=word.note, ids=ids)
