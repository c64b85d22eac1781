"""The worker runs each job once a day, makes up a missed night, and survives a job that fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep

from apscheduler.schedulers.background import BackgroundScheduler
from freezegun import freeze_time
from sqlalchemy import Engine
from sqlmodel import select

from lmis.db import make_engine, reader, transaction
from lmis.i18n import VIETNAM
from lmis.jobs.models import JobRun
from lmis.jobs.runs import CLEAN, DIFFERENCES, FAILED
from lmis.stock.posting import post
from lmis.worker import GRACE_SECONDS, JOBS, Job, Outcome, prove_ledger, run_due, schedule
from tests.factories import NOW, TODAY, a_document, a_facility, a_line, a_lot

BEFORE_TWO = datetime(2026, 11, 19, 18, 59, 59, tzinfo=UTC)  # 01:59:59 on the 20th in Vietnam
AFTER_TWO = datetime(2026, 11, 19, 19, 30, tzinfo=UTC)


def a_job(work: Callable[[Engine], Outcome] = lambda _engine: (CLEAN, None)) -> Job:
    return Job("test", time(2), work)


def runs(engine: Engine, job: str = "test") -> dict[date, str | None]:
    """The outcome by due day."""
    with reader(engine) as session:
        kept = session.exec(select(JobRun).where(JobRun.job == job))
        return {run.due_on: run.outcome for run in kept}


def wait_for(happened: Callable[[], bool], seconds: float = 20) -> None:
    deadline = monotonic() + seconds
    while not happened():
        assert monotonic() < deadline, "nothing happened in time"
        sleep(0.02)


def test_a_second_run_on_the_same_day_does_nothing(engine):
    assert run_due(engine, a_job(), lambda: AFTER_TWO) == CLEAN
    assert run_due(engine, a_job(), lambda: AFTER_TWO) is None
    assert runs(engine) == {date(2026, 11, 20): CLEAN}


def test_before_the_hour_it_is_last_nights_run_that_is_made_up(engine):
    assert run_due(engine, a_job(), lambda: BEFORE_TWO) == CLEAN
    assert runs(engine) == {date(2026, 11, 19): CLEAN}


def test_a_job_that_fails_is_kept_as_failed_and_tried_again(engine):
    faults = iter([OSError("the disk is full")])

    def work(_engine: Engine) -> Outcome:
        for fault in faults:
            raise fault
        return CLEAN, None

    assert run_due(engine, a_job(work), lambda: AFTER_TWO) == FAILED
    assert run_due(engine, a_job(work), lambda: AFTER_TWO) == CLEAN


def test_two_workers_at_once_run_a_job_once(engine):
    done = []

    def work(_engine: Engine) -> Outcome:
        done.append(1)
        sleep(0.1)
        return CLEAN, None

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: run_due(engine, a_job(work), lambda: AFTER_TWO), range(4)))

    assert sorted(outcomes, key=str) == [None, None, None, CLEAN]
    assert done == [1]


def test_every_job_is_kept_from_piling_up_and_may_be_hours_late(sqlite_engine):
    scheduler = BackgroundScheduler(timezone=VIETNAM)
    schedule(scheduler, sqlite_engine)
    scheduler.start(paused=True)
    nightly = {job.id: job for job in scheduler.get_jobs()}

    assert set(nightly) == {"prove-ledger", "prove-ledger-missed", "make-forecast", "make-forecast-missed"}
    assert all(job.coalesce and job.misfire_grace_time == GRACE_SECONDS for job in nightly.values())
    assert all(job.max_instances == 1 for job in nightly.values())
    scheduler.shutdown()


def test_the_scheduler_makes_up_the_missed_night_and_runs_the_next_at_its_hour(sqlite_engine):
    scheduler = BackgroundScheduler(timezone=VIETNAM)
    with freeze_time(BEFORE_TWO, tick=True) as clock:
        schedule(scheduler, sqlite_engine, (a_job(),))
        clock.move_to(BEFORE_TWO - timedelta(seconds=2))  # freezing time looks at every module, which takes its own
        scheduler.start()
        wait_for(lambda: list(runs(sqlite_engine).values()) == [CLEAN, CLEAN])
    scheduler.shutdown()

    assert set(runs(sqlite_engine)) == {date(2026, 11, 19), date(2026, 11, 20)}


def test_the_ledger_is_proved(engine):
    with transaction(engine) as session:
        lot, facility = a_lot(session), a_facility(session)
        post(session, [a_document(facility, a_line(lot, 12))], today=TODAY, now=NOW)

    assert prove_ledger(engine) == (CLEAN, None)


def test_a_difference_is_found_and_said(engine):
    with transaction(engine) as session:
        lot, facility = a_lot(session), a_facility(session)
        post(session, [a_document(facility, a_line(lot, 12))], today=TODAY, now=NOW)
        session.connection().exec_driver_sql("UPDATE stock_on_hand SET on_hand = 11")

    assert run_due(engine, JOBS[0], lambda: AFTER_TWO) == DIFFERENCES
    with reader(engine) as session:
        assert "11" in session.exec(select(JobRun)).one().detail


def test_the_worker_runs_until_it_is_told_to_stop(sqlite_url):
    environment = {**os.environ, "LMIS_DATABASE_URL": sqlite_url}
    command = [sys.executable, "-m", "lmis", "worker"]
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2])
    engine = make_engine(sqlite_url)
    try:
        wait_for(lambda: CLEAN in runs(engine, "prove-ledger").values(), seconds=60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        engine.dispose()
