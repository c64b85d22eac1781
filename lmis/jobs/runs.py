"""Runs of jobs: a daily job is done once for each day, by one worker, and what came of it is kept.

A job that runs many times a day has one row for the day, which tells of its latest run and counts them all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import func, tuple_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from lmis.jobs import leases
from lmis.jobs.models import JobRequest, JobRun
from lmis.jobs.schedule import CLEAN, DIFFERENCES, FAILED, Job, Runs, may_begin, missed_days

DONE = (CLEAN, DIFFERENCES)
FAILURES, MISSED = "failures", "missed_days"


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a run. counts: how many of what; detail: what to remember of it, or the fault."""

    counts: Mapping[str, int] = field(default_factory=dict)
    detail: str | None = None
    outcome: str = CLEAN


def begin(
    session: Session,
    job: Job,
    due_on: date,
    *,
    holder: str,
    now: datetime,
    again: bool = False,
    lasts: timedelta = leases.LASTS,
) -> bool:
    """Take a job and note that its run for a day has begun. False when another runs it, or there is nothing to do.

    again: even when the day's work is done. Whoever had asked for a run gets this one.
    """
    if not leases.take(session, job.id, holder, now, lasts):
        return False
    run = session.get(JobRun, (job.id, due_on), populate_existing=True)
    if job.is_daily and not again and not may_begin(run, now):
        leases.release(session, job.id, holder)
        return False
    if request := session.get(JobRequest, job.id):
        session.delete(request)
    if run is None:
        run = JobRun(job=job.id, due_on=due_on, started_at=now, holder=holder, counts=_missed(session, job, due_on))
    else:
        run.started_at, run.holder, run.runs = now, holder, run.runs + 1
        if job.is_daily:
            run.finished_at = run.outcome = run.detail = None
    session.add(run)
    session.flush()
    return True


def _missed(session: Session, job: Job, due_on: date) -> str | None:
    before = session.exec(
        select(func.max(JobRun.due_on)).where(JobRun.job == job.id, col(JobRun.due_on) < due_on)
    ).one()
    missed = missed_days(due_on, before) if job.is_daily else 0
    return json.dumps({MISSED: missed}) if missed else None


def finish(session: Session, job: Job, due_on: date, done: Done, *, holder: str, now: datetime) -> bool:
    """Keep what came of a run that was begun, and let the job go. False when another has taken it over meanwhile."""
    leases.release(session, job.id, holder)
    run = session.get(JobRun, (job.id, due_on), populate_existing=True, with_for_update=True)
    if run is None or run.holder != holder:
        return False
    counts = dict(done.counts) | ({FAILURES: 1} if done.outcome == FAILED else {})
    run.finished_at, run.outcome, run.detail = now, done.outcome, done.detail
    run.counts = _added(counts_of(run) if not job.is_daily else _of_the_day(run), counts)
    session.add(run)
    session.flush()
    return True


def counts_of(run: JobRun) -> dict[str, int]:
    """How many of what: in the latest run of a daily job, in all runs of the day of one that runs often."""
    counts: dict[str, int] = json.loads(run.counts or "{}")
    return counts


def _of_the_day(run: JobRun) -> dict[str, int]:
    """What stays when a daily job is run again."""
    return {name: count for name, count in counts_of(run).items() if name in (FAILURES, MISSED)}


def _added(kept: Mapping[str, int], counts: Mapping[str, int]) -> str | None:
    total = Counter(kept)
    total.update({name: int(count) for name, count in counts.items()})
    some = {name: count for name, count in total.items() if count}
    return json.dumps(some) if some else None


def latest_runs(session: Session, today: date) -> dict[str, Runs]:
    """The latest runs of each job, none of them for a day after today: there the clock was set back."""
    newest = _newest(session, col(JobRun.due_on) <= today)
    done = _newest(session, col(JobRun.due_on) <= today, col(JobRun.outcome).in_(DONE))
    return {job: Runs(run, done.get(job)) for job, run in newest.items()}


def _newest(session: Session, *such: ColumnElement[bool]) -> dict[str, JobRun]:
    """The run of the latest day among such runs, by job."""
    latest = select(JobRun.job, func.max(JobRun.due_on)).where(*such).group_by(JobRun.job)
    runs = session.exec(select(JobRun).where(tuple_(col(JobRun.job), col(JobRun.due_on)).in_(latest)))
    return {run.job: run for run in runs}


def history(session: Session, since: date, job: str | None = None) -> list[JobRun]:
    """The runs since a day, the latest first."""
    found = select(JobRun).where(col(JobRun.due_on) >= since)
    if job is not None:
        found = found.where(JobRun.job == job)
    return list(session.exec(found.order_by(col(JobRun.due_on).desc(), col(JobRun.started_at).desc())))
