"""The clean-up drops what is over, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session, func, select

from lmis.accounts.models import SignInFailure, UserSession
from lmis.db import Table
from lmis.jobs.clean import clean
from lmis.jobs.models import JobRequest, JobRun, Worker
from tests.factories import NOW, TODAY, a_user, add, id_of

DAY = timedelta(days=1)


def test_what_is_over_goes_and_the_rest_stays(session: Session):
    user = id_of(a_user(session))
    for days in (1, 60, 500):
        then = NOW - days * DAY
        add(session, UserSession(token_digest=f"over {days}", user_id=user, expires_at=then))
        add(session, UserSession(token_digest=f"{days}", user_id=user, expires_at=NOW + days * DAY))
        add(session, SignInFailure(username="a", address="b", failed_at=then + timedelta(hours=1)))
        add(session, Worker(holder=f"{days}", started_at=then, seen_at=then))
        add(session, JobRun(job="send-mail", due_on=TODAY - days * DAY, started_at=then))
    add(session, JobRequest(job="gone", asked_at=NOW - 60 * DAY))
    add(session, JobRequest(job="send-mail", asked_at=NOW))

    assert clean(session, today=TODAY, now=NOW) == {
        "sessions": 3,
        "sign_in_failures": 2,
        "workers": 2,
        "requests": 1,
        "runs": 1,
        "mail_texts": 0,
    }
    left = {table: count(session, table) for table in (UserSession, SignInFailure, Worker, JobRun, JobRequest)}
    assert list(left.values()) == [3, 1, 1, 2, 1]


def count(session: Session, table: type[Table]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()
