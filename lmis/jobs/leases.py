"""Who may run a job now: a lease in the database, renewed while the job goes on, so that what died sets it free."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, select

from lmis.db import Busy, transaction
from lmis.jobs.models import JobLease
from lmis.sql import Sql, stored

logger = logging.getLogger(__name__)

LASTS = timedelta(minutes=2)
SKEW = timedelta(minutes=1)  # what the clocks of two machines may differ by
BEATS = 4  # renewals before a lease would run out
TAKE = """
    INSERT INTO job_lease (job, holder, until) VALUES (:job, :holder, :until)
    ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE job_lease.until < :now OR job_lease.until > :furthest"""
RENEW = "UPDATE job_lease SET until = :until WHERE job = :job AND holder = :holder"
RELEASE = "DELETE FROM job_lease WHERE job = :job AND holder = :holder"


def take(session: Session, job: str, holder: str, now: datetime, lasts: timedelta = LASTS) -> bool:
    """Take a job that nobody holds. A lease that reaches further than one can was taken before the clock was set back.

    holder: one for each process, however often it runs.
    """
    furthest = stored(now + max(lasts, LASTS) + SKEW)
    about = {"job": job, "holder": holder, "until": stored(now + lasts)}
    return Sql(session).execute(TAKE, now=stored(now), furthest=furthest, **about) == 1


def renew(session: Session, job: str, holder: str, now: datetime, lasts: timedelta = LASTS) -> bool:
    """False when another has taken the job over."""
    return Sql(session).execute(RENEW, job=job, holder=holder, until=stored(now + lasts)) == 1


def release(session: Session, job: str, holder: str) -> None:
    Sql(session).execute(RELEASE, job=job, holder=holder)


def held(session: Session, now: datetime) -> dict[str, JobLease]:
    """The leases in force, by job."""
    leases = session.exec(select(JobLease))
    return {it.job: it for it in leases if now <= it.until <= now + LASTS + SKEW}


@contextmanager
def kept(
    engine: Engine, job: str, holder: str, now: Callable[[], datetime], lasts: timedelta = LASTS
) -> Iterator[None]:
    """Renew a lease from another thread for as long as the block goes on."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(lasts.total_seconds() / BEATS):
            try:
                with transaction(engine) as session:
                    renew(session, job, holder, now(), lasts)
            except (Busy, SQLAlchemyError) as error:  # the next beat may come through in time
                logger.warning("%s: its lease could not be renewed: %s", job, error)

    thread = threading.Thread(target=beat, name=f"lease of {job}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
