"""How alerts went over a span of days: how many were opened and resolved, and how long that took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import NamedTuple, TypeVar

from sqlmodel import Session

from lmis.alerts.findings import Rule
from lmis.i18n import N_, VIETNAM, Message
from lmis.network.models import Facility
from lmis.network.service import children
from lmis.sql import Sql, as_moment, stored

# Everything under :root on a day, each with the one directly under :root that it belongs to; :root itself with itself.
BRANCHES = """WITH RECURSIVE under(id, branch) AS (
    SELECT CAST(:root AS INTEGER), CAST(:root AS INTEGER)
    UNION
    SELECT edge.facility_id, CASE WHEN edge.parent_id = :root THEN edge.facility_id ELSE under.branch END
    FROM facility_parent AS edge JOIN under ON edge.parent_id = under.id
    WHERE edge.valid_from <= :on AND (edge.valid_to IS NULL OR edge.valid_to > :on)
), places AS MATERIALIZED (SELECT id, branch FROM under)"""
OPENED = f"""{BRANCHES}
    SELECT e.rule, a.facility_id, places.branch, COUNT(*),
        SUM(CASE WHEN a.state <> 'resolved' AND e.at >= a.opened_at THEN 1 ELSE 0 END)
    FROM alert_event e JOIN alert a ON a.id = e.alert_id JOIN places ON places.id = a.facility_id
    WHERE e.at >= :since AND e.at < :until AND e.what IN ('opened', 'reopened')
    GROUP BY e.rule, a.facility_id, places.branch"""  # noqa: S608
RESOLVED = f"""{BRANCHES}
    SELECT e.rule, a.facility_id, places.branch, e.at, (
        SELECT MAX(o.at) FROM alert_event o
        WHERE o.alert_id = e.alert_id AND o.id < e.id AND o.what IN ('opened', 'reopened'))
    FROM alert_event e JOIN alert a ON a.id = e.alert_id JOIN places ON places.id = a.facility_id
    WHERE e.at >= :since AND e.at < :until AND e.what = 'resolved'"""  # noqa: S608
K = TypeVar("K")
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
DAYS, HOURS, AN_HOUR_OR_LESS = N_("%(days)s days"), N_("%(hours)s hours"), N_("an hour or less")
COLUMNS = (
    "facility",
    "facility_name",
    "rule",
    "opened",
    "resolved",
    "median_hours_to_resolve",
    "longest_hours_to_resolve",
    "still_open",
)


class Key(NamedTuple):
    """What alerts are counted by. branch: the reader's facility, or the one directly under it over the alert's."""

    rule: str
    facility_id: int
    branch: int


@dataclass(slots=True)
class Tally:
    """Alerts counted. still_open: of those opened in the span; took: how long each that was resolved had stood."""

    opened: int = 0
    still_open: int = 0
    took: list[timedelta] = field(default_factory=list)

    @property
    def resolved(self) -> int:
        return len(self.took)

    @property
    def median(self) -> timedelta | None:
        return timedelta(seconds=median(it.total_seconds() for it in self.took)) if self.took else None

    @property
    def longest(self) -> timedelta | None:
        return max(self.took, default=None)

    def add(self, other: Tally) -> None:
        self.opened += other.opened
        self.still_open += other.still_open
        self.took += other.took


@dataclass(frozen=True, slots=True)
class Report:
    """Alerts at and under a facility over a span of days."""

    tallies: dict[Key, Tally]

    def by_rule(self) -> list[tuple[str, Tally]]:
        """In the order of the rules."""
        sums = _summed((key.rule, its) for key, its in self.tallies.items())
        return [(rule, sums[rule]) for rule in Rule if rule in sums]

    def by_branch(self) -> dict[int, Tally]:
        return _summed((key.branch, its) for key, its in self.tallies.items())

    def whole(self) -> Tally:
        return _summed((0, its) for its in self.tallies.values()).get(0, Tally())


def report(session: Session, root_id: int, first: date, last: date, today: date) -> Report:
    """What was opened and resolved from `first` through `last`, days of Vietnam, where the tree stands today."""
    sql, tallies = Sql(session), dict[Key, Tally]()
    span = {"since": _begin(first), "until": _begin(last + A_DAY), "root": root_id, "on": today}
    for *key, opened, still_open in sql.rows(OPENED, **span):
        tallies[Key(*key)] = Tally(int(opened), int(still_open))
    for *key, resolved_at, opened_at in sql.rows(RESOLVED, **span):
        its = tallies.setdefault(Key(*key), Tally())
        its.took.append(as_moment(resolved_at) - as_moment(opened_at or resolved_at))
    return Report(tallies)


def _begin(day: date) -> str:
    return stored(datetime.combine(day, time(), VIETNAM))


def _summed(tallies: Iterable[tuple[K, Tally]]) -> dict[K, Tally]:
    sums: dict[K, Tally] = {}
    for key, its in tallies:
        sums.setdefault(key, Tally()).add(its)
    return sums


def branches(session: Session, root: Facility, its: Report, today: date) -> list[tuple[Facility, Tally]]:
    """The facility itself, then those directly under it by name, each with all under it; where there was anything."""
    sums = its.by_branch()
    every = [root, *children(session, int(root.id or 0), today)]
    return [(it, sums[it.id]) for it in every if it.id in sums]


def lasted(span: timedelta | None) -> Message | None:
    """How long an alert stood, in days or hours."""
    if span is None:
        return None
    if span < 1.5 * AN_HOUR:
        return Message(AN_HOUR_OR_LESS)
    if span < 2 * A_DAY:
        return Message(HOURS, {"hours": round(span / AN_HOUR)})
    return Message(DAYS, {"days": round(span / A_DAY)})


def table(session: Session, its: Report) -> list[tuple[str | int | None, ...]]:
    """The report as a file has it, a line for each facility and rule; see COLUMNS."""
    ids = sorted({key.facility_id for key in its.tallies})
    places = {
        row[0]: row[1:] for row in Sql(session).rows("SELECT id, code, name FROM facility WHERE id IN (:ids*)", ids=ids)
    }
    rows = ((*places[key.facility_id], key.rule, tally) for key, tally in its.tallies.items())
    return [
        (code, name, rule, it.opened, it.resolved, _hours(it.median), _hours(it.longest), it.still_open)
        for code, name, rule, it in sorted(rows, key=lambda row: row[:3])
    ]


def _hours(span: timedelta | None) -> int | None:
    return None if span is None else round(span / AN_HOUR)
