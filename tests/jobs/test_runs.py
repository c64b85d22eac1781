"""A day's work is done once, by one worker, again only when it failed or died, and what came of it is kept."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlmodel import Session, select

from lmis.jobs import leases
from lmis.jobs.models import JobRun
from lmis.jobs.runs import Done, begin, counts_of, finish, history, latest_runs
from lmis.jobs.schedule import CLEAN, DIFFERENCES, FAILED, PAUSE, TRIES, Daily, Job, Often
from lmis.jobs.workers import ask, asked
from tests.factories import NOW, TODAY

JOB = Job("prove-ledger", "Proof", "", Daily(time(2)))
MAIL = Job("send-mail", "Mail", "", Often(1))
DAY = timedelta(days=1)
AFTER = NOW + leases.LASTS + timedelta(seconds=1)


def did(session: Session, job: Job = JOB, on: date = TODAY, done: Done | None = None, **more) -> bool:
    """Whether a run could be begun; it is finished at once."""
    now = more.pop("now", NOW)
    begun = begin(session, job, on, holder="a", now=now, **more)
    return begun and finish(session, job, on, done or Done(), holder="a", now=now)


def row(session: Session) -> JobRun:
    return session.exec(select(JobRun)).one()


@pytest.mark.parametrize("outcome", [CLEAN, DIFFERENCES])
def test_what_is_done_is_not_done_again_that_day(session, outcome):
    assert did(session, done=Done(outcome=outcome))
    assert not did(session)
    assert leases.held(session, NOW) == {}
    assert did(session, on=TODAY + DAY)


def test_what_goes_on_is_begun_by_nobody_else(session):
    assert begin(session, JOB, TODAY, holder="a", now=NOW)
    assert not begin(session, JOB, TODAY, holder="b", now=NOW)
    assert not begin(session, JOB, TODAY, holder="b", now=NOW, again=True)


def test_what_failed_is_tried_again_a_few_times_with_pauses(session):
    failed = Done(detail="the disk is full", outcome=FAILED)
    moments = [NOW + number * PAUSE / 2 for number in range(20)]

    assert sum(did(session, done=failed, now=now) for now in moments) == TRIES
    assert (row(session).runs, counts_of(row(session))) == (TRIES, {"failures": TRIES})


def test_a_run_whose_worker_died_is_taken_over_when_its_lease_is_up(session):
    begin(session, JOB, TODAY, holder="a", now=NOW)

    assert not begin(session, JOB, TODAY, holder="b", now=NOW + leases.LASTS)
    assert begin(session, JOB, TODAY, holder="b", now=AFTER)
    assert not finish(session, JOB, TODAY, Done({"late": 1}), holder="a", now=AFTER), "it is no longer a's to finish"
    assert finish(session, JOB, TODAY, Done({"opened": 3}), holder="b", now=AFTER)
    assert (row(session).holder, row(session).runs, counts_of(row(session))) == ("b", 2, {"opened": 3})


def test_done_again_because_someone_asked_it_tells_of_the_latest_run(session):
    did(session, done=Done({"opened": 3, "found": 40}))

    assert did(session, done=Done({"opened": 0, "found": 41}), again=True)
    assert (row(session).runs, counts_of(row(session))) == (2, {"found": 41})


def test_that_it_failed_before_it_went_well_is_remembered(session):
    did(session, done=Done({"opened": 3}, outcome=FAILED))

    assert did(session, done=Done({"opened": 1}), now=NOW + PAUSE)
    assert counts_of(row(session)) == {"failures": 1, "opened": 1}


def test_whoever_begins_takes_the_request_away(session):
    ask(session, JOB.id, None, NOW)
    ask(session, JOB.id, None, AFTER)
    assert [it.asked_at for it in asked(session).values()] == [NOW]

    did(session)
    assert asked(session) == {}


def test_a_job_that_runs_all_day_has_one_row_that_tells_of_its_latest_run(session):
    for minute in range(3):
        now = NOW + timedelta(minutes=minute)
        assert did(session, MAIL, done=Done({"sent": 10 + minute}), now=now)
    assert begin(session, MAIL, TODAY, holder="a", now=NOW + timedelta(minutes=3))

    kept = row(session)
    assert (kept.runs, counts_of(kept), kept.outcome) == (4, {"sent": 33}, CLEAN)
    assert kept.finished_at == NOW + timedelta(minutes=2)


def test_the_days_that_were_missed_are_remembered(session):
    did(session, on=date(2026, 2, 26))
    did(session, on=date(2026, 3, 8), done=Done({"opened": 1}))

    assert counts_of(history(session, date(2026, 3, 1))[0]) == {"missed_days": 9, "opened": 1}


def test_the_latest_runs_are_those_of_the_latest_days_until_now(session):
    did(session, on=TODAY - DAY)
    did(session, done=Done(detail="the disk is full", outcome=FAILED))
    did(session, on=TODAY + 300 * DAY)  # before the clock was set back

    runs = latest_runs(session, TODAY)[JOB.id]
    assert (runs.latest.due_on, runs.done.due_on) == (TODAY, TODAY - DAY)


def test_history_is_the_latest_day_first_and_of_one_job_or_all(session):
    did(session, on=TODAY - DAY)
    did(session)
    did(session, MAIL)

    assert [(it.job, it.due_on) for it in history(session, TODAY - DAY, JOB.id)] == [
        (JOB.id, TODAY),
        (JOB.id, TODAY - DAY),
    ]
    assert len(history(session, TODAY)) == 2
