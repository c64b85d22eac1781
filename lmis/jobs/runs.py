"""Runs of jobs: each due day is run once, by one worker, and what came of it is kept."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from lmis.i18n import VIETNAM
from lmis.jobs.models import JobRun

CLEAN = "clean"
DIFFERENCES = "differences"
FAILED = "failed"
LEASE = timedelta(hours=3)  # a run that is older and has no outcome died with its worker


def last_due_on(at: time, now: datetime) -> date:
    """The latest day on which the wall clock in Vietnam has passed `at`."""
    local = now.astimezone(VIETNAM)
    return local.date() if local.time() >= at else local.date() - timedelta(days=1)


def claim(session: Session, job: str, due_on: date, now: datetime) -> bool:
    """Take a job's run for a day. False when it is done, or another worker is at it."""
    if session.get(JobRun, (job, due_on)) is None and _first(session, job, due_on, now):
        return True
    dead = and_(col(JobRun.outcome).is_(None), col(JobRun.started_at) < now - LEASE)
    taken = session.connection().execute(
        update(JobRun)
        .where(col(JobRun.job) == job, col(JobRun.due_on) == due_on)
        .where(or_(dead, col(JobRun.outcome) == FAILED))
        .values(started_at=now, finished_at=None, outcome=None, detail=None)
    )
    return taken.rowcount == 1


def _first(session: Session, job: str, due_on: date, now: datetime) -> bool:
    try:
        with session.begin_nested():
            session.connection().execute(insert(JobRun).values(job=job, due_on=due_on, started_at=now))
    except IntegrityError:  # another worker was faster
        return False
    return True


def finish(session: Session, job: str, due_on: date, now: datetime, outcome: str, detail: str | None) -> None:
    """Keep what came of a run that was claimed."""
    session.connection().execute(
        update(JobRun)
        .where(col(JobRun.job) == job, col(JobRun.due_on) == due_on)
        .values(finished_at=now, outcome=outcome, detail=detail)
    )


def latest_run(session: Session, job: str) -> JobRun | None:
    """The run of the latest day; None when there never was one."""
    query = select(JobRun).where(col(JobRun.job) == job).order_by(col(JobRun.due_on).desc()).limit(1)
    return session.scalars(query).first()
