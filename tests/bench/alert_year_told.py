"""What the alerts of a year told in time, late, or for nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from statistics import fmean, median
from typing import NamedTuple

from sqlmodel import Session

from lmis.alerts.findings import Rule, Topic
from lmis.forecast.need import DAYS_A_MONTH
from lmis.i18n import VIETNAM
from lmis.policy.service import policies
from lmis.sql import Sql, as_day, as_moment
from tests.bench.figures import Figure

SETTLING = timedelta(30)  # what begins in the first days could not be announced before them
LONG = timedelta(3)  # a stockout that has to be announced lasts longer
SPANS = """
    SELECT facility_id, item_id, started_on, ended_on FROM stockout WHERE started_on >= :first AND started_on < :end"""
# What of a lot was still there when its last day was over.
LEFT = """
    SELECT l.facility_id, l.lot_id, lot.expires_on FROM stock_movement_line l JOIN lot ON lot.id = l.lot_id
    WHERE l.account = 'stock' AND l.occurred_on <= lot.expires_on AND lot.expires_on >= :first
        AND lot.expires_on < :end
    GROUP BY l.facility_id, l.lot_id, lot.expires_on HAVING SUM(l.quantity) > 0"""
EVENTS = """
    SELECT a.id, a.topic, a.facility_id, COALESCE(a.item_id, 0), COALESCE(a.lot_id, 0), e.at, e.what, e.rule
    FROM alert_event e JOIN alert a ON a.id = e.alert_id WHERE a.topic IN ('supply', 'expiry') ORDER BY a.id, e.id"""
CAME = """
    SELECT facility_id, item_id, occurred_on FROM stock_movement_line
    WHERE account = 'stock' AND measure = 'received' AND quantity > 0 AND occurred_on >= :first"""
MAILS = """
    SELECT m.user_id, m.kind, COUNT(*) FROM mail m JOIN user_account u ON u.id = m.user_id
        JOIN facility f ON f.id = u.facility_id
    WHERE f.level_code = 'district' AND u.role = 'manager' GROUP BY m.user_id, m.kind"""


class Episode(NamedTuple):
    """An alert from its opening until it was resolved; None: it lasts. rules: the day each rule first held in it."""

    topic: str
    facility: int
    item: int
    lot: int
    opened_on: date
    resolved_on: date | None
    rules: Mapping[str, date]

    def holds(self, day: date) -> bool:
        return self.opened_on <= day and (self.resolved_on is None or self.resolved_on >= day)


@dataclass(frozen=True, slots=True)
class Told:
    """Of what had to be announced, the days ahead of each that was and how many were not; of what was announced, how
    much was for nothing; e-mails a week to each district manager.
    """

    stockouts: Sequence[int]
    stockouts_missed: int
    expiries: Sequence[int]
    expiries_missed: int
    wastes: Sequence[int]
    warnings: int
    false: int
    mails: Sequence[float]

    def figures(self) -> list[Figure]:
        supply, expiry = len(self.stockouts), len(self.expiries)
        return [
            Figure("stockouts of more than 3 days", supply + self.stockouts_missed, "stockouts", 1, "more"),
            Figure("of these announced", _percent(supply, self.stockouts_missed), "%", 99, "more"),
            Figure("announced ahead, median", median(self.stockouts or [0]), "days", 0, "more"),
            Figure(
                "told before their first day",
                _percent(sum(map(bool, self.stockouts)), self.stockouts.count(0)),
                "%",
                45,
                "more",
            ),
            Figure("announced ahead, worst", min(self.stockouts, default=0), "days", 0, "more"),
            Figure("lots that expired unused", expiry + self.expiries_missed, "lots", 1, "more"),
            Figure("of these announced ", _percent(expiry, self.expiries_missed), "%", 100, "more"),
            Figure("announced ahead, median ", median(self.expiries or [0]), "days", 30, "more"),
            Figure("announced ahead, worst ", min(self.expiries, default=0), "days", 0, "more"),
            Figure("foreseen as not used before expiry", 100 * len(self.wastes) / max(expiry, 1), "%", 50, "more"),
            Figure("warnings of running out", self.warnings, "alerts", 1, "more"),
            Figure("of these false", 100 * self.false / max(self.warnings, 1), "%", 25, "less"),
            Figure("e-mails to a district manager, mean", fmean(self.mails or [0]), "a week", 12, "less"),
            Figure("e-mails to a district manager, most", max(self.mails, default=0), "a week", 14, "less"),
        ]


def _percent(reached: int, missed: int) -> float:
    return 100 * reached / max(reached + missed, 1)


def told(session: Session, year: date, end: date) -> Told:
    """What was told in the year that begins with `year`, until the day before `end`."""
    episodes = list(_episodes(session))
    supply = _by_place(it for it in episodes if it.topic == Topic.SUPPLY)
    expiry = _by_place(it for it in episodes if it.topic == Topic.EXPIRY)
    first = year + SETTLING
    out = [_ahead(supply, facility, item, on) for facility, item, on in _long_stockouts(session, first, end)]
    left = [(facility, lot, as_day(on)) for facility, lot, on in Sql(session).rows(LEFT, first=first, end=end)]
    unused = [_ahead(expiry, facility, lot, on) for facility, lot, on in left]
    foreseen = [_ahead(expiry, *it, rule=Rule.WASTE) for it in left]
    warnings = [it for its in supply.values() for it in its if Rule.RUN_OUT in it.rules and it.opened_on >= first]
    return Told(
        *_split(out),
        *_split(unused),
        wastes=_split(foreseen)[0],
        warnings=len(warnings),
        false=_false(session, warnings, end),
        mails=_mails(session, (end - year).days / 7),
    )


def _split(ahead: Iterable[int | None]) -> tuple[list[int], int]:
    found = list(ahead)
    return [it for it in found if it is not None], sum(it is None for it in found)


def _episodes(session: Session) -> Iterator[Episode]:
    for key, events in groupby(Sql(session).rows(EVENTS), key=lambda row: row[:5]):
        opened: date | None = None
        rules: dict[str, date] = {}
        for *_, at, what, rule in events:
            on = as_moment(at).astimezone(VIETNAM).date()
            if what in ("opened", "reopened"):
                opened, rules = on, {}
            rules.setdefault(rule, on)
            if what == "resolved" and opened:
                yield Episode(*key[1:], opened, on, rules)
                opened = None
        if opened:
            yield Episode(*key[1:], opened, None, rules)


def _by_place(episodes: Iterable[Episode]) -> Mapping[tuple[int, int], list[Episode]]:
    found = defaultdict(list)
    for it in episodes:
        found[it.facility, it.item if it.topic == Topic.SUPPLY else it.lot].append(it)
    return found


def _ahead(
    by_place: Mapping[tuple[int, int], list[Episode]], facility: int, what: int, on: date, rule: str | None = None
) -> int | None:
    """How many days before `on` an alert that holds on that day was opened, or a rule first held in it."""
    days = (it.rules.get(rule) if rule else it.opened_on for it in by_place.get((facility, what), ()) if it.holds(on))
    return max(((on - day).days for day in days if day and day <= on), default=None)


def _long_stockouts(session: Session, first: date, end: date) -> Iterator[tuple[int, int, date]]:
    for facility, item, started, ended in Sql(session).rows(SPANS, first=first, end=end):
        if min(as_day(ended), end) - as_day(started) > LONG:
            yield facility, item, as_day(started)


def _false(session: Session, warnings: Sequence[Episode], end: date) -> int:
    """How many causes went by themselves: within the lead time, without goods that came and without a stockout."""
    came = {(row[0], row[1], as_day(row[2])) for row in Sql(session).rows(CAME, first=date.min)}
    facilities, items = {it.facility for it in warnings}, {it.item for it in warnings}
    lead = policies(session, facilities, items, end) if warnings else {}
    return sum(_is_false(it, came, float(lead[it.facility, it.item].lead_time) * DAYS_A_MONTH) for it in warnings)


def _is_false(it: Episode, came: set[tuple[int, int, date]], lead_days: float) -> bool:
    if it.resolved_on is None or Rule.OUT in it.rules or (it.resolved_on - it.opened_on).days > lead_days:
        return False
    days = range((it.resolved_on - it.opened_on).days + 1)
    return not any((it.facility, it.item, it.opened_on + timedelta(after)) in came for after in days)


def _mails(session: Session, weeks: float) -> list[float]:
    by_user: dict[int, int] = defaultdict(int)
    for user, _, count in Sql(session).rows(MAILS):
        by_user[user] += count
    return [count / weeks for count in by_user.values()]
