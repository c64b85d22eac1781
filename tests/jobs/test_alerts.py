"""A job that failed or is late, or a ledger that does not add up, becomes an alert and an e-mail to who can mend it."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from lmis.alerts.findings import from_json
from lmis.alerts.jobs_watch import note_jobs
from lmis.alerts.models import Alert
from lmis.alerts.sentences import reason
from lmis.config import settings
from lmis.db import reader, transaction
from lmis.i18n import VIETNAM
from lmis.jobs.runs import Done, begin, finish
from lmis.jobs.schedule import DIFFERENCES, FAILED, Job, all_jobs, due_on
from lmis.jobs.workers import beat
from lmis.mail.models import Mail
from lmis.worker.performing import note, perform
from tests.factories import NOW, a_facility, a_tree, a_user

HOUR = timedelta(hours=1)
JOBS = {job.id: job for job in all_jobs(settings())}


def alerts(session: Session) -> list[tuple[str, str, str]]:
    """Rule, subject and state of each, by subject, as the database has them."""
    session.expire_all()
    return [(it.rule, it.subject, it.state) for it in session.exec(select(Alert).order_by(Alert.subject))]


def did(session: Session, job: Job, now: datetime = NOW, done: Done | None = None) -> None:
    begin(session, job, due_on(job, now), holder="a", now=now, again=True)
    finish(session, job, due_on(job, now), done or Done(), holder="a", now=now)


def all_did(session: Session, now: datetime = NOW, *, but: str = "") -> None:
    for job in JOBS.values():
        if job.id != but:
            did(session, job, now)


def fail(*_: object) -> Done:
    raise OSError("the disk is full")


def test_a_job_that_fails_opens_an_alert_and_writes_to_the_administrator_and_success_resolves_it(engine: Engine):
    with transaction(engine) as session:
        tree = a_tree(session)
        person = a_user(session, tree.board, role="admin")
        person.email = "quan.tri@example.org"
        all_did(session)
    perform(engine, JOBS["clean-up"], fail, holder="a", now=lambda: NOW, again=True)

    with reader(engine) as session:
        assert alerts(session) == [("job", "clean-up", "open")]
        alert = session.exec(select(Alert)).one()
        assert alert.facility_id == tree.board.id
        said = reason(alert.rule, from_json(alert.facts)).translate("en")
        assert "“Clean-up” failed for 20/11/2026: OSError: the disk is full" in said
        assert [(it.kind, it.address) for it in session.exec(select(Mail))] == [("urgent", "quan.tri@example.org")]

    perform(engine, JOBS["clean-up"], lambda *_: Done(), holder="a", now=lambda: NOW + HOUR, again=True)
    with reader(engine) as session:
        assert alerts(session) == [("job", "clean-up", "resolved")]


def test_a_job_that_is_late_is_told_of_until_it_is_made_up_for(session: Session):
    a_tree(session)
    all_did(session)
    all_did(session, NOW + 24 * HOUR, but="build-digests")
    note_jobs(session, now=NOW + 24 * HOUR)

    assert alerts(session) == [("job", "build-digests", "open")]
    alert = session.exec(select(Alert)).one()
    assert "for 21/11/2026 is 4 hours late" in reason(alert.rule, from_json(alert.facts)).translate("en")
    did(session, JOBS["build-digests"], NOW + 24 * HOUR)
    note_jobs(session, now=NOW + 24 * HOUR)
    assert alerts(session) == [("job", "build-digests", "resolved")]


def test_nine_days_of_no_worker_are_told_of_when_one_starts(session: Session):
    a_tree(session)
    all_did(session)
    note_jobs(session, now=NOW + 9 * 24 * HOUR)

    assert alerts(session) == [("job", job, "open") for job in sorted(JOBS)]


def test_a_new_site_has_no_late_jobs_until_its_worker_does_not_run_them(session: Session):
    a_tree(session)
    note_jobs(session, now=NOW)
    beat(session, "a", NOW, NOW)
    note_jobs(session, now=NOW + HOUR)
    assert alerts(session) == []

    note_jobs(session, now=NOW + 3 * HOUR)
    assert len(alerts(session)) == len(JOBS)


def test_a_ledger_that_does_not_add_up_is_told_of_until_a_proof_is_clean(session: Session):
    a_tree(session)
    all_did(session)
    proof = JOBS["prove-ledger"]
    did(session, proof, done=Done({"differences": 3}, "three differ", DIFFERENCES))
    note_jobs(session, now=NOW)

    assert alerts(session) == [("ledger", "ledger", "open")]
    alert = session.exec(select(Alert)).one()
    assert "found 3 differences" in reason(alert.rule, from_json(alert.facts)).translate("en")
    did(session, proof)
    note_jobs(session, now=NOW)
    assert alerts(session) == [("ledger", "ledger", "resolved")]


def test_they_stand_at_the_top_of_the_tree_whatever_else_stands_alone(session: Session):
    a_facility(session, level="centre")
    tree = a_tree(session)
    a_facility(session, level="board")
    all_did(session)
    did(session, JOBS["clean-up"], done=Done(outcome=FAILED))
    note_jobs(session, now=NOW)

    assert session.exec(select(Alert.facility_id)).all() == [tree.board.id]


def test_without_a_facility_there_is_nobody_to_tell(session: Session):
    did(session, JOBS["clean-up"], done=Done(outcome=FAILED))

    assert note_jobs(session, now=NOW) == {}


@pytest.mark.parametrize("hour", [time(2), time(12)])
def test_the_check_writes_by_day_what_came_up_by_night(engine: Engine, hour: time):
    with transaction(engine) as session:
        person = a_user(session, a_tree(session).board, role="admin")
        person.email = "quan.tri@example.org"
        did(session, JOBS["clean-up"], done=Done(outcome=FAILED))
    note(engine, lambda: datetime.combine(NOW.date(), hour, VIETNAM))

    with reader(engine) as session:
        assert len(session.exec(select(Mail)).all()) == (0 if hour == time(2) else 1)
