"""Alerts about the program's own work: a job that failed or is late, a ledger that does not add up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sqlmodel import Session

from lmis.alerts.findings import Fact, Finding, Rule, Topic
from lmis.alerts.keeping import keep
from lmis.config import settings
from lmis.i18n import VIETNAM
from lmis.jobs.runs import counts_of, latest_runs
from lmis.jobs.schedule import DIFFERENCES, Runs, Trouble, all_jobs, troubles
from lmis.jobs.workers import first_start, workers
from lmis.sql import Sql

TOP = """
    SELECT facility.id FROM facility JOIN level ON level.code = facility.level_code
    WHERE NOT EXISTS (
        SELECT 1 FROM facility_parent AS edge WHERE edge.facility_id = facility.id
        AND edge.valid_from <= :on AND (edge.valid_to IS NULL OR edge.valid_to > :on))
    ORDER BY EXISTS (SELECT 1 FROM facility_parent AS edge WHERE edge.parent_id = facility.id) DESC, level.rank,
        facility.id LIMIT 1"""


def note_jobs(session: Session, *, now: datetime) -> dict[str, int]:
    """Open alerts for the jobs that failed or are late and for a ledger with differences, and resolve what is over.

    They stand at the facility at the top; where there is no facility yet, there is nobody to tell.
    """
    today = now.astimezone(VIETNAM).date()
    top = Sql(session).rows(TOP, on=today)
    if not top:
        return {}
    found = list(_findings(session, top[0][0], today, now))
    return keep(session, found, topics=(Topic.JOB, Topic.LEDGER), facility_ids=None, today=today, now=now)


def _findings(session: Session, top: int, today: date, now: datetime) -> Iterator[Finding]:
    runs = latest_runs(session, today)
    for trouble in troubles(all_jobs(settings()), runs, first_start(workers(session)), now):
        yield _of_job(trouble, top)
    if proof := _differences(runs.get("prove-ledger")):
        on, count = proof
        yield Finding(Rule.LEDGER, top, {"on": on, "count": count}, subject="ledger")


def _of_job(it: Trouble, top: int) -> Finding:
    facts: dict[str, Fact] = {"job": it.job.name, "on": it.on, "fault": it.fault, "late": it.late}
    return Finding(Rule.JOB, top, facts, subject=it.job.id)


def _differences(runs: Runs | None) -> tuple[date, int] | None:
    """The day and number of the differences that the latest proof found."""
    proof = runs.done if runs else None
    if proof is None or proof.outcome != DIFFERENCES:
        return None
    return proof.due_on, counts_of(proof).get("differences", 0)
