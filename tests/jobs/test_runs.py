"""A day's run is taken by one worker, and taken again only when it failed or died."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from lmis.jobs.runs import CLEAN, DIFFERENCES, FAILED, LEASE, claim, finish, last_due_on, latest_run
from tests.factories import NOW, TODAY

JOB = "prove-ledger"
TWO = time(2)


def test_a_day_is_taken_once(session):
    assert claim(session, JOB, TODAY, NOW)
    assert not claim(session, JOB, TODAY, NOW + timedelta(hours=1))


def test_another_day_or_job_is_another_run(session):
    assert claim(session, JOB, TODAY, NOW)
    assert claim(session, JOB, TODAY + timedelta(days=1), NOW)
    assert claim(session, "another", TODAY, NOW)


@pytest.mark.parametrize("outcome", [CLEAN, DIFFERENCES])
def test_what_is_done_is_not_done_again(session, outcome):
    claim(session, JOB, TODAY, NOW)
    finish(session, JOB, TODAY, NOW, outcome, None)

    assert not claim(session, JOB, TODAY, NOW + 2 * LEASE)


def test_what_failed_is_tried_again(session):
    claim(session, JOB, TODAY, NOW)
    finish(session, JOB, TODAY, NOW, FAILED, "the disk is full")

    assert claim(session, JOB, TODAY, NOW)
    assert not claim(session, JOB, TODAY, NOW)


def test_a_run_whose_worker_died_is_taken_over_when_its_lease_is_up(session):
    claim(session, JOB, TODAY, NOW)

    assert not claim(session, JOB, TODAY, NOW + LEASE)
    assert claim(session, JOB, TODAY, NOW + LEASE + timedelta(seconds=1))


def test_the_latest_run_is_the_one_of_the_latest_day(session):
    assert latest_run(session, JOB) is None
    for days, outcome in ((0, CLEAN), (1, DIFFERENCES)):
        claim(session, JOB, TODAY + timedelta(days=days), NOW)
        finish(session, JOB, TODAY + timedelta(days=days), NOW, outcome, "one balance differs")

    run = latest_run(session, JOB)
    assert (run.outcome, run.detail, run.finished_at) == (DIFFERENCES, "one balance differs", NOW)


@pytest.mark.parametrize(
    ("now", "due_on"),
    [
        (datetime(2026, 11, 19, 18, 59, tzinfo=UTC), date(2026, 11, 19)),  # 01:59 on the 20th in Vietnam
        (datetime(2026, 11, 19, 19, 0, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 16, 59, tzinfo=UTC), date(2026, 11, 20)),
    ],
)
def test_a_day_is_due_when_its_hour_has_struck_in_vietnam(now, due_on):
    assert last_due_on(TWO, now) == due_on
