"""The alerts that stand, and who is told of which: read once for a whole round of mails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from sqlmodel import Session

from lmis.alerts.digest import Line
from lmis.alerts.digest_letters import Standing
from lmis.alerts.recipients import Recipients
from lmis.alerts.views import Spot
from lmis.jobs.runs import DONE
from lmis.sql import Sql, as_day_or_none, as_moment, stored

EVALUATION, DIGESTS = "evaluate-alerts", "build-digests"
LINES = """
    SELECT id, rule, severity, facility_id, raised_at, due_on, units, dong, state <> 'open', escalated_to FROM alert
    WHERE state <> 'resolved' AND severity >= :least"""
LINES_OF = f"{LINES} AND facility_id IN (:ids*)"
GONE = """
    SELECT rule, severity, facility_id, escalated_to, resolved_at FROM alert
    WHERE state = 'resolved' AND resolved_at > :since"""
LAST_MAILS = """
    SELECT u.id, (
        SELECT MAX(m.created_at) FROM mail m
        WHERE m.user_id = u.id AND m.kind IN (:kinds*) AND m.created_at <= :now)
    FROM user_account u WHERE u.id IN (:ids*)"""
LAST_RUN = """
    SELECT due_on, finished_at FROM job_run WHERE job = :job AND outcome IN (:done*) AND due_on <= :day
    ORDER BY due_on DESC LIMIT 1"""
KNOWN = "SELECT user_id FROM mail WHERE key IN (:keys*)"
SPOTS = "SELECT id, code, name FROM facility WHERE id IN (:ids*)"


class Gone(NamedTuple):
    """An alert that resolved."""

    rule: str
    severity: int
    facility_id: int
    escalated_to: int | None
    resolved_at: datetime


Row = TypeVar("Row", Line, Gone)


def standing_lines(session: Session, *, least: int = 1, facility_ids: Collection[int] | None = None) -> list[Line]:
    """Alerts that are not resolved, of a severity or worse. facility_ids: of these alone; None: everywhere."""
    if facility_ids is None:
        rows = Sql(session).rows(LINES, least=least)
    else:
        rows = Sql(session).rows(LINES_OF, least=least, ids=list(facility_ids))
    return [_line(*row) for row in rows]


def _line(id_: int, rule: str, severity: int, at: int, raised: Any, due: Any, *rest: Any) -> Line:
    units, dong, seen_to, up = rest
    return Line(id_, rule, severity, at, as_moment(raised), as_day_or_none(due), units, dong, bool(seen_to), up)


def gone_since(session: Session, since: datetime) -> list[Gone]:
    """Alerts that resolved after a moment."""
    rows = Sql(session).rows(GONE, since=stored(since))
    return [Gone(rule, severity, at, up, as_moment(resolved)) for rule, severity, at, up, resolved in rows]


def by_place(who: Recipients, rows: Iterable[Row]) -> dict[int, list[Row]]:
    """The same by the facilities whose people are told of them."""
    told: dict[int, list[Row]] = defaultdict(list)
    places: dict[tuple[int, int | None], list[int]] = {}
    for row in rows:
        where = (row.facility_id, row.escalated_to)
        if where not in places:
            places[where] = who.told_at(*where)
        for place in places[where]:
            told[place].append(row)
    return told


def last_mails(
    session: Session, user_ids: Sequence[int], kinds: Sequence[str], now: datetime
) -> dict[int, datetime | None]:
    """When the latest mail of some kinds was written to each person; what a clock set back has not reached is not."""
    rows = Sql(session).rows(LAST_MAILS, kinds=list(kinds), now=stored(now), ids=list(user_ids)) if user_ids else []
    return {user_id: None if at is None else as_moment(at) for user_id, at in rows}


def standing_of(session: Session, today: date) -> Standing:
    """When what the alerts say was last worked out for the whole network."""
    due_on, finished_at = _last_run(session, EVALUATION, today)
    return Standing(None if finished_at is None else as_moment(finished_at), due_on == today)


def digests_made_on(session: Session, before: date) -> date | None:
    """The latest day before another for which digests were made."""
    return _last_run(session, DIGESTS, date.fromordinal(before.toordinal() - 1))[0]


def _last_run(session: Session, job: str, day: date) -> tuple[date | None, Any]:
    rows = Sql(session).rows(LAST_RUN, job=job, done=list(DONE), day=day)
    return (as_day_or_none(rows[0][0]), rows[0][1]) if rows else (None, None)


def spots(session: Session, ids: Iterable[int]) -> Mapping[int, Spot]:
    """Facilities as mails name them, by id."""
    wanted = sorted(set(ids))
    return {row[0]: Spot(*row) for row in Sql(session).rows(SPOTS, ids=wanted)} if wanted else {}
