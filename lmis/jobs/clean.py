"""Dropping what is over, so that nothing grows for ever."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col

from lmis.accounts.models import SignInFailure, UserSession
from lmis.db import Table
from lmis.jobs.models import JobRequest, JobRun, Worker
from lmis.mail import outbox

RUNS_KEPT = timedelta(days=400)
WORKERS_KEPT = timedelta(days=30)
FAILURES_KEPT = timedelta(days=1)  # they slow down guessing for some minutes only
REQUESTS_KEPT = timedelta(days=7)


def clean(session: Session, *, today: date, now: datetime) -> dict[str, int]:
    """Drop what is over; how many of what."""
    return {
        "sessions": _drop(session, UserSession, col(UserSession.expires_at) <= now),
        "sign_in_failures": _drop(session, SignInFailure, col(SignInFailure.failed_at) <= now - FAILURES_KEPT),
        "workers": _drop(session, Worker, col(Worker.seen_at) <= now - WORKERS_KEPT),
        "requests": _drop(session, JobRequest, col(JobRequest.asked_at) <= now - REQUESTS_KEPT),
        "runs": _drop(session, JobRun, col(JobRun.due_on) < today - RUNS_KEPT),
        "mail_texts": outbox.clean(session, now=now),
    }


def _drop(session: Session, table: type[Table], over: ColumnElement[bool]) -> int:
    return int(session.connection().execute(delete(table).where(over)).rowcount)
