"""The workers there are, and what people ask them to run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from lmis.jobs.models import JobRequest, Worker
from lmis.sql import Sql, stored

SEEN_FOR = timedelta(minutes=2)  # a worker that was not seen for longer is gone
BEAT = """
    INSERT INTO worker (holder, started_at, seen_at) VALUES (:holder, :started_at, :now)
    ON CONFLICT (holder) DO UPDATE SET seen_at = excluded.seen_at"""
ASK = "INSERT INTO job_request (job, asked_by, asked_at) VALUES (:job, :by, :now) ON CONFLICT (job) DO NOTHING"


def beat(session: Session, holder: str, started_at: datetime, now: datetime) -> None:
    """Note that a worker is alive."""
    Sql(session).execute(BEAT, holder=holder, started_at=stored(started_at), now=stored(now))


def workers(session: Session) -> list[Worker]:
    """All that are known, the one seen last first."""
    return list(session.exec(select(Worker).order_by(col(Worker.seen_at).desc(), Worker.holder)))


def is_alive(worker: Worker, now: datetime) -> bool:
    """Whether it was seen just now; not when it was seen in a future that the clock was set back from."""
    return now - SEEN_FOR <= worker.seen_at <= now + SEEN_FOR


def first_start(known: Sequence[Worker]) -> datetime | None:
    return min((it.started_at for it in known), default=None)


def ask(session: Session, job: str, user_id: int | None, now: datetime) -> None:
    """Ask that a job be run now; asking twice before it has begun is asking once."""
    Sql(session).execute(ASK, job=job, by=user_id, now=stored(now))


def asked(session: Session) -> dict[str, JobRequest]:
    """What is asked for and has not begun, by job."""
    return {it.job: it for it in session.exec(select(JobRequest))}
