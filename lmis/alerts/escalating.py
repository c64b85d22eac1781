"""Alerts that nobody acknowledges are told to the level above, then to the next, up to the top."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from lmis.alerts.findings import Severity
from lmis.alerts.keeping import LOCK
from lmis.i18n import VIETNAM
from lmis.policy.service import Finder, Spot, methods_of, rows_in_force, spots_of
from lmis.sql import Sql, as_moment, stored

LOWEST = Severity.WARNING  # a notice is for those who are there
WAITING = """
    SELECT a.id, a.facility_id, a.item_id, a.escalated_to, a.opened_at, a.escalated_at, (
        SELECT MAX(e.at) FROM alert_event e
        WHERE e.alert_id = a.id AND e.what IN ('acknowledged', 'unsnoozed', 'taken_back'))
    FROM alert a WHERE a.state = 'open' AND a.state <> 'resolved' AND a.severity >= :lowest ORDER BY a.id"""
ESCALATE = "UPDATE alert SET escalated_to = ?, escalated_at = ? WHERE id = ?"
EVENT = """
    INSERT INTO alert_event (alert_id, at, what, rule, severity, facility_id)
    SELECT id, escalated_at, 'escalated', rule, severity, escalated_to FROM alert WHERE id IN (:ids*) ORDER BY id"""


class Waiting(NamedTuple):
    """An open alert. told_on: the day since which those who are told of it have let it be."""

    id: int
    facility_id: int
    item_id: int | None
    escalated_to: int | None
    told_on: date


def escalate(session: Session, *, today: date, now: datetime) -> dict[str, int]:
    """Tell the next level above of every warning that has been left open for as many days as the policy grants.

    Run again for the same day it finds nothing more: each step up begins the days anew, as does whatever somebody did.
    """
    sql = Sql(session)
    if not sql.sqlite:
        sql.execute(LOCK)
    waiting = [_waiting(*row) for row in sql.rows(WAITING, lowest=int(LOWEST))]
    old = [it for it in waiting if it.told_on < today]
    spots = spots_of(session, {it.facility_id for it in old}, today)
    days = _days(session, old, spots, today)
    above = {it.id: up for it in old if (up := next_above(spots[it.facility_id].chain, it.escalated_to))}
    due = [it for it in old if it.id in above and (today - it.told_on).days >= days[it.facility_id, it.item_id]]
    sql.insert(ESCALATE, [(above[it.id], stored(now), it.id) for it in due])
    if due:
        sql.execute(EVENT, ids=[it.id for it in due])
    return {"escalated": len(due)}


def _waiting(id_: int, facility_id: int, item_id: int | None, up: int | None, *moments: object) -> Waiting:
    last = max(as_moment(it) for it in moments if isinstance(it, str | datetime))
    return Waiting(id_, facility_id, item_id, up, last.astimezone(VIETNAM).date())


def _days(
    session: Session, alerts: Iterable[Waiting], spots: dict[int, Spot], today: date
) -> dict[tuple[int, int | None], int]:
    """The days that the policy in force grants, by facility and item."""
    pairs = {(it.facility_id, it.item_id) for it in alerts}
    methods = methods_of(session, {item_id for _, item_id in pairs if item_id is not None})
    finder = Finder(rows_in_force(session, spots.values(), today))
    return {
        (at, item_id): finder.of(spots[at], item_id, None if item_id is None else methods[item_id]).escalation_days
        for at, item_id in pairs
    }


def next_above(chain: Sequence[int], told: int | None) -> int | None:
    """Who is told next, of a facility and those above it, the nearest first; None when the top has been told.

    Where whoever was told no longer stands above, it begins anew.
    """
    reached = chain.index(told) if told in chain else 0
    return chain[reached + 1] if reached + 1 < len(chain) else None
