"""Lists of alerts: which of a facility, of all under it or told to it, the worst and the nearest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session

from lmis.alerts.findings import Severity
from lmis.alerts.keeping import ACKNOWLEDGED, OPEN, RESOLVED
from lmis.i18n import VIETNAM
from lmis.network.service import subtree_ids
from lmis.sql import Sql, stored

LISTED = 25  # on one page
RECENT = timedelta(days=30)  # what was resolved before is in the report
OWN, BELOW, TOLD = "own", "below", "told"  # of the facility itself, of all under it too, escalated to it
WORST_FIRST = "a.severity DESC, CASE WHEN a.due_on IS NULL THEN 1 ELSE 0 END, a.due_on, a.dong DESC, a.units DESC, a.id"
LATEST_FIRST = "a.resolved_at DESC, a.id"
WHERE = {
    OWN: "a.facility_id = :root",
    BELOW: "a.facility_id IN (:places*)",
    TOLD: "a.escalated_to = :root AND a.facility_id IN (:places*)",
}
STATES = (OPEN, ACKNOWLEDGED, RESOLVED)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which alerts are listed. severity None and rule "": all."""

    side: str = OWN
    state: str = OPEN
    severity: int | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a list, as ids in order. counts: of all that the list holds, by severity."""

    ids: list[int]
    counts: Mapping[int, int]
    part: int
    parts: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def find(session: Session, root_id: int, choice: Choice, part: int, today: date) -> Found:
    """A page of the alerts of a choice; a page that there is not is the nearest one."""
    sql, where = Sql(session), _where(choice)
    places = [] if choice.side == OWN else subtree_ids(session, root_id, today)
    since = stored(datetime.combine(today - RECENT, time(), VIETNAM))
    given = {"root": root_id, "places": places, "state": choice.state, "rule": choice.rule, "since": since}
    rows = sql.rows(f"SELECT a.severity, COUNT(*) FROM alert a WHERE {where} GROUP BY a.severity", **given)  # noqa: S608
    counts = {int(severity): int(count) for severity, count in rows}
    shown = counts.get(choice.severity, 0) if choice.severity else sum(counts.values())
    parts = max(1, -(-shown // LISTED))
    part = min(max(part, 1), parts)
    only = " AND a.severity = :severity" if choice.severity else ""
    order = LATEST_FIRST if choice.state == RESOLVED else WORST_FIRST
    found = f"SELECT a.id FROM alert a WHERE {where}{only} ORDER BY {order} LIMIT {LISTED} OFFSET :skipped"  # noqa: S608
    ids = [row[0] for row in sql.rows(found, **given, severity=choice.severity, skipped=(part - 1) * LISTED)]
    return Found(ids, counts, part, parts)


def _where(choice: Choice) -> str:
    """The condition, said so that an index answers it."""
    standing = "a.resolved_at >= :since" if choice.state == RESOLVED else "a.state <> 'resolved'"
    rule = " AND a.rule = :rule" if choice.rule else ""
    return f"{WHERE[choice.side]} AND {standing} AND a.state = :state{rule}"


def open_here(session: Session, facility_id: int) -> Mapping[int, int]:
    """How many open alerts a facility has itself, by severity."""
    rows = Sql(session).rows(
        """SELECT severity, COUNT(*) FROM alert
        WHERE facility_id = :at AND state <> 'resolved' AND state = 'open' GROUP BY severity""",
        at=facility_id,
    )
    return {Severity(severity): int(count) for severity, count in rows}


def told_here(session: Session, facility_id: int) -> int:
    """How many open alerts were escalated to a facility."""
    rows = Sql(session).rows(
        "SELECT COUNT(*) FROM alert WHERE escalated_to = :at AND state <> 'resolved' AND state = 'open'",
        at=facility_id,
    )
    return int(rows[0][0])
