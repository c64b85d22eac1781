"""Alerts through the days: what is found is brought together with what is known already.

What is found for the first time is opened, what comes back is the same alert opened again, and what is not found any
more is resolved by itself. One that got worse since somebody saw to it, or whose rest is over, is open again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from lmis.alerts.findings import COMES_TRUE, Finding, Topic, to_json
from lmis.sql import Sql, as_day_or_none, stored

OPEN, ACKNOWLEDGED, RESOLVED = "open", "acknowledged", "resolved"

LOCK = "LOCK TABLE alert IN SHARE ROW EXCLUSIVE MODE"
KEPT = """
    SELECT id, key, rule, severity, facts, units, dong, due_on, action, action_facts, state, snoozed_until FROM alert"""
STANDING = f"{KEPT} WHERE state <> 'resolved' AND topic IN (:topics*)"
STANDING_AT = f"{STANDING} AND facility_id IN (:facilities*)"
BY_KEY = f"{KEPT} WHERE key IN (:keys*)"
INSERT = """
    INSERT INTO alert (key, topic, rule, facility_id, item_id, lot_id, subject, severity, facts, units, dong, due_on,
        action, action_facts, state, opened_at, times, raised_at, seen_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, 1, ?, ?)"""
CHANGE = """
    UPDATE alert SET rule = ?, severity = ?, facts = ?, units = ?, dong = ?, due_on = ?, action = ?, action_facts = ?
    WHERE id = ?"""
SEE = "UPDATE alert SET seen_at = :now WHERE id IN (:ids*)"
UNSEEN = "acknowledged_at = NULL, acknowledged_by = NULL, snoozed_until = NULL, note = NULL"
TELL = f"UPDATE alert SET state = 'open', raised_at = :now, {UNSEEN} WHERE id IN (:ids*)"  # noqa: S608
REOPEN = f"""
    UPDATE alert SET state = 'open', opened_at = :now, times = times + 1, raised_at = :now, resolved_at = NULL,
        escalated_to = NULL, escalated_at = NULL, {UNSEEN} WHERE id IN (:ids*)"""  # noqa: S608
RESOLVE = "UPDATE alert SET state = 'resolved', resolved_at = :now WHERE id IN (:ids*)"
EVENT = """
    INSERT INTO alert_event (alert_id, at, what, rule, severity)
    SELECT id, COALESCE(resolved_at, seen_at), CAST(:what AS VARCHAR(12)), rule, severity FROM alert"""
EVENT_BY_KEY = f"{EVENT} WHERE key IN (:keys*) ORDER BY id"
EVENT_BY_ID = f"{EVENT} WHERE id IN (:ids*) ORDER BY id"

Told = tuple[str, int, str, int, int, str | None, str, str | None]  # what an alert says, as CHANGE writes it


class Kept(NamedTuple):
    """An alert as the database has it."""

    id: int
    key: str
    told: Told
    state: str
    snoozed_until: date | None

    @property
    def rule(self) -> str:
        return self.told[0]

    @property
    def severity(self) -> int:
        return self.told[1]


def hold_alerts(session: Session) -> None:
    """Wait for whoever writes alerts, and have others wait until the transaction ends. SQLite has its one writer."""
    sql = Sql(session)
    if not sql.sqlite:
        sql.execute(LOCK)


def keep(
    session: Session,
    findings: Iterable[Finding],
    *,
    topics: Collection[Topic],
    facility_ids: Collection[int] | None,
    today: date,
    now: datetime,
) -> dict[str, int]:
    """Bring the alerts of some topics up to what was found of them; how many were found, opened, resolved and so on.

    facility_ids: where was looked; None: everywhere. Alerts of the topics that stand there and were not found are
    resolved. Whoever keeps or acknowledges alerts meanwhile waits until the transaction ends.
    """
    hold_alerts(session)
    sql = Sql(session)
    found = _by_key(findings)
    kept = _kept(sql, found, topics, facility_ids)
    counts = {"found": len(found)}
    counts |= _open(sql, [it for key, it in found.items() if key not in kept], now)
    counts |= _carry_on(sql, [(kept[key], it) for key, it in found.items() if key in kept], today, now)
    gone = sorted(it.id for key, it in kept.items() if key not in found)
    return counts | {"resolved": _move(sql, RESOLVE, "resolved", gone, now)}


def _by_key(findings: Iterable[Finding]) -> dict[str, Finding]:
    """One finding for each key, the worst."""
    found: dict[str, Finding] = {}
    for it in findings:
        key = it.key
        if key not in found or it.how_severe > found[key].how_severe:
            found[key] = it
    return found


def _kept(
    sql: Sql, found: Collection[str], topics: Collection[Topic], facility_ids: Collection[int] | None
) -> dict[str, Kept]:
    """The alerts that stand where was looked, and all those that were found again."""
    about = {"topics": [str(it) for it in topics]}
    if facility_ids is None:
        rows = sql.rows(STANDING, **about)
    else:
        rows = sql.rows(STANDING_AT, **about, facilities=sorted(facility_ids))
    kept = {it.key: it for it in map(_read, rows)}
    again = [key for key in found if key not in kept]
    return kept | {it.key: it for it in map(_read, sql.rows(BY_KEY, keys=again))} if again else kept


def _read(row: Sequence[Any]) -> Kept:
    id_, key, rule, severity, facts, units, dong, due_on, action, action_facts, state, snoozed_until = row
    due = as_day_or_none(due_on)
    told = (rule, severity, facts, units, dong, due.isoformat() if due else None, action, action_facts)
    return Kept(id_, key, told, state, as_day_or_none(snoozed_until))


def _told(it: Finding) -> Told:
    due_on = it.due_on.isoformat() if it.due_on else None
    act_facts = to_json(it.act_facts) if it.act_facts else None
    return (str(it.rule), int(it.how_severe), to_json(it.facts), it.units, it.dong, due_on, str(it.does), act_facts)


def _open(sql: Sql, findings: Sequence[Finding], now: datetime) -> dict[str, int]:
    at = stored(now)
    rows = []
    for it in findings:
        rule, *told = _told(it)
        about = (it.key, str(it.topic), rule, it.facility_id, it.item_id, it.lot_id, it.subject)
        rows.append((*about, *told, at, at, at))
    sql.insert(INSERT, rows)
    if rows:
        sql.execute(EVENT_BY_KEY, what="opened", keys=[row[0] for row in rows])
    return {"opened": len(rows)}


def _carry_on(sql: Sql, pairs: Sequence[tuple[Kept, Finding]], today: date, now: datetime) -> dict[str, int]:
    """Write what is new of alerts that are found again."""
    fates: dict[str, list[int]] = {"reopened": [], "raised": [], "eased": [], "unsnoozed": [], "changed": []}
    changed = []
    for kept, finding in pairs:
        told = _told(finding)
        if told != kept.told:
            changed.append((*told, kept.id))
        if fate := _fate(kept, finding, today):
            fates[fate].append(kept.id)
    sql.insert(CHANGE, changed)
    if pairs:
        sql.execute(SEE, now=stored(now), ids=[kept.id for kept, _ in pairs])
    statements = {"reopened": REOPEN, "raised": TELL, "unsnoozed": TELL}
    return {what: _move(sql, statements.get(what), what, ids, now) for what, ids in fates.items()}


def _fate(kept: Kept, finding: Finding, today: date) -> str | None:
    """What happens to an alert that is found again; None: nothing but that its facts are today's.

    One that changed tells of something else by now, no better and no worse.
    """
    severity = finding.how_severe
    came_true = finding.rule in COMES_TRUE and finding.rule != kept.rule and severity == kept.severity
    if kept.state == RESOLVED:
        return "reopened"
    if severity > kept.severity or came_true:
        return "raised"
    if kept.state == ACKNOWLEDGED and kept.snoozed_until is not None and kept.snoozed_until <= today:
        return "unsnoozed"
    if severity < kept.severity:
        return "eased"
    return "changed" if finding.rule != kept.rule else None


def _move(sql: Sql, statement: str | None, what: str, ids: Sequence[int], now: datetime) -> int:
    """Write what happened to alerts; how many they are."""
    if ids and statement:
        sql.execute(statement, now=stored(now), ids=list(ids))
    if ids:
        sql.execute(EVENT_BY_ID, what=what, ids=list(ids))
    return len(ids)
