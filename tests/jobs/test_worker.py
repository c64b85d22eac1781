"""The worker does each day's work once and in order, makes up what was missed, and does what it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic, sleep

import pytest
from freezegun import freeze_time
from sqlalchemy import Engine

from lmis import tables
from lmis.db import reader, transaction
from lmis.errors import NotFound
from lmis.jobs import leases
from lmis.jobs.models import JobRun
from lmis.jobs.running import Work
from lmis.jobs.runs import Done, begin, counts_of, finish, history
from lmis.jobs.schedule import CLEAN, DIFFERENCES, FAILED, PAUSE, Daily, Job, Often
from lmis.jobs.workers import ask, asked, workers
from lmis.stock.posting import post
from lmis.worker.scheduler import DAILY, GRACE_SECONDS, OFTEN, Worker
from lmis.worker.works import prove_ledger
from tests.factories import NOW, TODAY, a_document, a_facility, a_line, a_lot

assert tables.ALL_TABLES  # models are made before time is frozen
DAY = timedelta(days=1)
JOBS = tuple(Job(f"job-{hour}", f"Job {hour}", "", Daily(time(hour))) for hour in (2, 3, 5, 6))
WATCH = Job("watch", "Watch", "", Often(15, 7, 19))
BEFORE_TWO = datetime(2026, 11, 19, 18, 59, 59, tzinfo=UTC)  # 01:59:59 on the 20th in Vietnam


class Bench:
    """A worker whose jobs only write down that they ran, on a clock that stands until it is moved."""

    def __init__(self, engine: Engine, jobs: Sequence[Job] = JOBS, **works: Work) -> None:
        self.now = NOW
        self.ran: list[tuple[str, date]] = []
        self.engine = engine
        self.worker = Worker(
            engine, jobs, {job.id: works.get(job.id, self.noting(job.id)) for job in jobs}, now=lambda: self.now
        )

    def noting(self, job: str) -> Work:
        def work(_engine: Engine, today: date, _now: object) -> Done:
            self.ran.append((job, today))
            return Done({"worked": 1})

        return work

    def look(self, lane: str = DAILY) -> list[str]:
        """What a look at the lane runs."""
        before = len(self.ran)
        self.worker.look(lane)
        return [job for job, _ in self.ran[before:]]

    def rows(self, job: str) -> list[JobRun]:
        with reader(self.engine) as session:
            return history(session, date.min, job)


@pytest.fixture
def bench(engine: Engine) -> Bench:
    return Bench(engine)


def wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    deadline = monotonic() + seconds
    while not happened():
        assert monotonic() < deadline, "nothing happened in time"
        sleep(0.02)


class TestDailyJobs:
    def test_each_is_done_once_for_its_day_in_the_schedules_order(self, bench):
        assert bench.look() == ["job-2", "job-3", "job-5", "job-6"]
        assert bench.look() == []
        assert {day for _, day in bench.ran} == {TODAY}

    def test_what_is_not_due_yet_today_is_made_up_for_yesterday(self, bench):
        bench.now = datetime(2026, 11, 19, 21, 0, tzinfo=UTC)  # four in the morning of the 20th
        bench.look()

        assert [day.day for _, day in bench.ran] == [20, 20, 19, 19]
        bench.now += timedelta(hours=2)
        assert bench.look() == ["job-5", "job-6"]

    @pytest.mark.parametrize("last", [date(2026, 2, 26), date(2028, 2, 20), date(2027, 2, 1)], ids=str)
    def test_after_nine_days_the_latest_is_made_up_for_and_the_rest_remembered(self, bench, last):
        """Over the end of a month, over the 29th of February, over Tết."""
        bench.now = datetime.combine(last, time(3), UTC)
        bench.look()
        bench.now += 10 * DAY

        assert bench.look() == ["job-2", "job-3", "job-5", "job-6"]
        assert {day for _, day in bench.ran[4:]} == {last + 10 * DAY}
        assert {run.counts for job in JOBS for run in bench.rows(job.id)[:1]} == {'{"missed_days": 9, "worked": 1}'}

    def test_after_the_clock_was_set_back_no_day_is_done_again(self, bench):
        bench.look()
        bench.now -= timedelta(hours=30)
        bench.look()
        bench.now += timedelta(hours=30)

        assert bench.look() == []
        assert len(bench.ran) == len(set(bench.ran)) == 8

    def test_one_that_fails_does_not_hold_up_the_next_and_is_tried_again_after_a_pause(self, engine):
        def fail(*_: object) -> Done:
            bench.ran.append(("job-3", TODAY))
            raise OSError("the disk is full") if len(bench.ran) < 5 else NotFound

        bench = Bench(engine, **{"job-3": fail})
        assert bench.look() == ["job-2", "job-3", "job-5", "job-6"]
        assert bench.rows("job-3")[0].detail == "OSError: the disk is full"
        assert bench.look() == []
        bench.now += PAUSE
        assert bench.look() == ["job-3"]

        run = bench.rows("job-3")[0]
        assert (run.outcome, run.runs, counts_of(run)) == (FAILED, 2, {"failures": 2})
        assert run.detail.startswith("Trang hoặc chứng từ này không có"), "a refusal is told in the site's language"

    def test_one_waits_for_an_earlier_one_that_another_worker_runs(self, bench):
        with transaction(bench.engine) as session:
            begin(session, JOBS[1], TODAY, holder="another", now=NOW)

        assert bench.look() == ["job-2"]
        with transaction(bench.engine) as session:
            finish(session, JOBS[1], TODAY, Done(), holder="another", now=NOW)
        assert bench.look() == ["job-5", "job-6"]

    def test_one_whose_worker_died_is_taken_over_when_its_lease_is_up(self, bench):
        with transaction(bench.engine) as session:
            begin(session, JOBS[0], TODAY, holder="another", now=NOW)

        assert bench.look() == []
        bench.now += leases.LASTS + timedelta(seconds=1)
        assert bench.look() == ["job-2", "job-3", "job-5", "job-6"]

    def test_those_of_one_hour_keep_the_schedules_order(self, sqlite_engine):
        jobs = tuple(Job(id_, id_, "", Daily(time(2))) for id_ in ("z", "m", "a"))
        bench = Bench(sqlite_engine, jobs)
        with freeze_time(BEFORE_TWO + timedelta(seconds=1)):
            worker = Worker(sqlite_engine, jobs, bench.worker.works)
            for id_ in ("a", "z"):  # as APScheduler calls them
                planned = worker.scheduler.get_job(id_)
                planned.func(*planned.args)

        assert [job for job, _ in bench.ran] == ["z", "m", "a"]

    def test_a_database_that_cannot_be_reached_puts_everything_off(self, sqlite_engine, caplog):
        bench = Bench(sqlite_engine)
        with transaction(sqlite_engine) as session:
            session.connection().exec_driver_sql("ALTER TABLE job_lease RENAME TO away")
        assert bench.look() == []
        with transaction(sqlite_engine) as session:
            session.connection().exec_driver_sql("ALTER TABLE away RENAME TO job_lease")

        assert "the database cannot be reached" in caplog.text
        assert bench.look() == [job.id for job in JOBS]

    def test_a_worker_that_is_told_to_stop_begins_nothing_more(self, engine):
        bench = Bench(engine, **{"job-3": lambda *_: bench.worker.stopping.set() or Done()})

        assert bench.look() == ["job-2"]
        assert bench.rows("job-3")[0].outcome == CLEAN


class TestRequests:
    def test_a_job_is_run_again_when_someone_asks_for_it(self, bench):
        bench.look()
        with transaction(bench.engine) as session:
            ask(session, "job-3", None, NOW)

        assert bench.look() == ["job-3"]
        assert bench.look() == []
        assert bench.rows("job-3")[0].runs == 2

    def test_one_that_goes_on_is_run_again_when_it_has_ended(self, bench):
        bench.look()
        with transaction(bench.engine) as session:
            ask(session, "job-3", None, NOW)
            leases.take(session, "job-3", "another", NOW)
        assert bench.look() == []
        with reader(bench.engine) as session:
            assert set(asked(session)) == {"job-3"}

        with transaction(bench.engine) as session:
            leases.release(session, "job-3", "another")
        assert bench.look() == ["job-3"]

    def test_a_job_that_runs_by_day_runs_at_night_only_when_asked(self, engine):
        bench = Bench(engine, (*JOBS, WATCH))
        assert bench.look(OFTEN) == []
        with transaction(engine) as session:
            ask(session, "watch", None, NOW)

        assert bench.look() == [job.id for job in JOBS], "it is not the daily jobs' to run"
        assert bench.look(OFTEN) == ["watch"]


class TestTheScheduler:
    def test_every_job_has_its_id_is_kept_from_piling_up_and_may_be_hours_late(self, sqlite_engine):
        scheduler = Bench(sqlite_engine, (*JOBS, WATCH)).worker.scheduler
        scheduler.start(paused=True)
        planned = {job.id: job for job in scheduler.get_jobs()}
        scheduler.shutdown()

        assert set(planned) == {*(job.id for job in JOBS), "watch", "look-daily", "look-often", "check-jobs"}
        assert all(job.coalesce and job.misfire_grace_time == GRACE_SECONDS for job in planned.values())
        assert all(job.max_instances == 1 for job in planned.values())

    def test_it_makes_up_the_missed_night_and_runs_the_next_at_its_hour(self, sqlite_engine):
        bench = Bench(sqlite_engine, JOBS[:1])
        with freeze_time(BEFORE_TWO, tick=True) as clock:
            worker = Worker(sqlite_engine, JOBS[:1], bench.worker.works)
            clock.move_to(BEFORE_TWO - timedelta(seconds=2))  # freezing time looks at every module, which takes its own
            worker.scheduler.start()
            wait_for(lambda: len(bench.rows("job-2")) == 2 and bench.rows("job-2")[0].outcome == CLEAN)
        worker.scheduler.shutdown()

        assert bench.ran == [("job-2", date(2026, 11, 19)), ("job-2", date(2026, 11, 20))]

    def test_when_the_clock_is_set_back_ten_years_nothing_waits_for_them(self, sqlite_engine):
        with freeze_time(NOW + 3653 * DAY) as clock:
            worker = Worker(sqlite_engine, (*JOBS, WATCH), {})
            before = worker.now()
            worker.scheduler.start(paused=True)
            clock.move_to(NOW)
            assert worker.mind_the_clock(before) == NOW
            hours = {job.id: job.next_run_time for job in worker.scheduler.get_jobs()}
            worker.scheduler.shutdown()

        assert all(NOW <= at <= NOW + DAY for at in hours.values()), hours

    def test_it_says_that_it_is_alive(self, bench):
        bench.worker.beat()
        bench.now += timedelta(minutes=1)
        bench.worker.beat()

        with reader(bench.engine) as session:
            (seen,) = workers(session)
        assert (seen.holder, seen.started_at, seen.seen_at) == (bench.worker.holder, NOW, bench.now)


class TestTheProof:
    def test_the_ledger_is_proved(self, engine):
        with transaction(engine) as session:
            lot, facility = a_lot(session), a_facility(session)
            post(session, [a_document(facility, a_line(lot, 12))], today=TODAY, now=NOW)

        assert prove_ledger(engine, TODAY, lambda: NOW) == Done()

    def test_a_difference_is_found_and_said(self, engine):
        with transaction(engine) as session:
            lot, facility = a_lot(session), a_facility(session)
            post(session, [a_document(facility, a_line(lot, 12))], today=TODAY, now=NOW)
            session.connection().exec_driver_sql("UPDATE stock_on_hand SET on_hand = 11")

        proof = prove_ledger(engine, TODAY, lambda: NOW)
        assert (proof.outcome, proof.counts) == (DIFFERENCES, {"differences": 1})
        assert "11" in (proof.detail or "")
