"""When jobs are due, what is made up for, and which of them failed or are late: on any day of the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.config import Settings
from lmis.i18n import VIETNAM
from lmis.jobs.models import JobRun
from lmis.jobs.schedule import (
    CLEAN,
    DIFFERENCES,
    FAILED,
    PAUSE,
    TRIES,
    Daily,
    Job,
    Often,
    Runs,
    all_jobs,
    due_on,
    last_due_on,
    may_begin,
    missed_days,
    next_due_at,
    troubles,
)
from lmis.worker.scheduler import trigger
from lmis.worker.works import WORKS

NIGHTLY = Job("nightly", "Nightly", "", Daily(time(2)))
BY_DAY = Job("by-day", "By day", "", Often(15, 7, 19))
ALWAYS = Job("always", "Always", "", Often(1))
MOMENTS = st.integers(0, 7 * 366 * 86_400).map(lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(0, seconds))
WHENS = st.one_of(
    st.builds(Daily, st.builds(time, st.integers(0, 23), st.integers(0, 59))),
    st.builds(Often, st.integers(1, 60), st.integers(0, 11), st.integers(12, 24)),
)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment on the wall clock in Vietnam."""
    return datetime(year, month, day, hour, minute, tzinfo=VIETNAM)


def a_run(
    on: date, finished_at: datetime | None = None, outcome: str | None = CLEAN, detail: str | None = None, runs: int = 1
) -> JobRun:
    begun = finished_at or at(on.year, on.month, on.day, 2)
    return JobRun(
        job="any", due_on=on, started_at=begun, finished_at=finished_at, outcome=outcome, detail=detail, runs=runs
    )


class TestTheHours:
    @pytest.mark.parametrize(
        ("now", "day"),
        [
            (datetime(2026, 11, 19, 18, 59, tzinfo=UTC), date(2026, 11, 19)),  # 01:59 on the 20th in Vietnam
            (datetime(2026, 11, 19, 19, 0, tzinfo=UTC), date(2026, 11, 20)),
            (datetime(2026, 11, 20, 16, 59, tzinfo=UTC), date(2026, 11, 20)),
            (datetime(2026, 11, 20, 17, 0, tzinfo=UTC), date(2026, 11, 20)),  # midnight in Vietnam, not yet two
            (at(2026, 12, 1, 1, 0), date(2026, 11, 30)),
            (at(2028, 2, 29, 2, 0), date(2028, 2, 29)),
            (at(2028, 3, 1, 1, 59), date(2028, 2, 29)),
            (at(2027, 3, 1, 1, 59), date(2027, 2, 28)),
            (at(2027, 2, 6, 2, 0), date(2027, 2, 6)),  # the first day of Tết: jobs know no holidays
        ],
    )
    def test_a_day_is_due_when_its_hour_has_struck_in_vietnam(self, now, day):
        assert last_due_on(time(2), now) == due_on(NIGHTLY, now) == day

    @pytest.mark.parametrize(
        ("after", "due"),
        [
            (at(2026, 11, 20, 6, 59), at(2026, 11, 20, 7, 0)),
            (at(2026, 11, 20, 7, 0), at(2026, 11, 20, 7, 15)),
            (at(2026, 11, 20, 18, 45), at(2026, 11, 21, 7, 0)),
            (at(2026, 11, 20, 23, 50), at(2026, 11, 21, 7, 0)),
            (at(2028, 2, 28, 19, 0), at(2028, 2, 29, 7, 0)),
        ],
    )
    def test_what_runs_by_day_begins_again_in_the_morning(self, after, due):
        assert next_due_at(BY_DAY.when, after) == due

    @given(WHENS, MOMENTS)
    def test_the_page_and_the_scheduler_agree_on_the_next_run(self, when, now):
        expected = trigger(when).get_next_fire_time(None, now + timedelta(microseconds=1))

        assert next_due_at(when, now) == expected

    @given(WHENS, MOMENTS)
    def test_the_next_run_is_ahead_and_within_a_day(self, when, now):
        assert timedelta(0) < next_due_at(when, now) - now <= timedelta(days=1)

    def test_each_job_has_its_work_and_digests_come_after_the_alerts_they_tell_of(self):
        ids = [job.id for job in all_jobs(Settings())]

        assert set(ids) == set(WORKS)
        assert ids[:5] == ["prove-ledger", "make-forecast", "clean-up", "evaluate-alerts", "escalate-alerts"]
        assert ids[5:7] == ["build-digests", "build-summaries"]


class TestWhatIsRunAgain:
    NOW = at(2026, 11, 20, 10)

    @pytest.mark.parametrize("outcome", [CLEAN, DIFFERENCES])
    def test_not_what_is_done(self, outcome):
        assert not may_begin(a_run(self.NOW.date(), self.NOW, outcome), self.NOW)

    def test_what_has_not_run_and_what_died_with_its_worker(self):
        assert may_begin(None, self.NOW)
        assert may_begin(a_run(self.NOW.date(), None, None), self.NOW)

    def test_what_failed_after_a_pause(self):
        failed = a_run(self.NOW.date(), self.NOW, FAILED)

        assert not may_begin(failed, self.NOW + PAUSE - timedelta(seconds=1))
        assert may_begin(failed, self.NOW + PAUSE)

    def test_what_failed_in_a_future_that_the_clock_was_set_back_from(self):
        assert may_begin(a_run(self.NOW.date(), self.NOW + timedelta(days=300), FAILED), self.NOW)

    @pytest.mark.parametrize("outcome", [FAILED, None])
    def test_but_not_for_ever_on_one_day(self, outcome):
        assert not may_begin(a_run(self.NOW.date(), self.NOW - 2 * PAUSE, outcome, runs=TRIES), self.NOW)

    @pytest.mark.parametrize(
        ("on", "before", "missed"),
        [
            (date(2026, 11, 20), None, 0),
            (date(2026, 11, 20), date(2026, 11, 19), 0),
            (date(2026, 11, 20), date(2026, 11, 10), 9),
            (date(2028, 3, 1), date(2028, 2, 28), 1),  # the 29th
            (date(2026, 11, 20), date(2027, 11, 20), 0),  # the clock was set back
        ],
    )
    def test_the_days_left_out_are_counted(self, on, before, missed):
        assert missed_days(on, before) == missed


class TestTrouble:
    STARTED = at(2026, 11, 20, 10)

    def found(self, job: Job, now: datetime, runs: Runs | None = None, started: datetime | None = STARTED):
        return [(it.on, it.fault, it.late) for it in troubles([job], {job.id: runs} if runs else {}, started, now)]

    def done(self, on: date, finished_at: datetime | None = None) -> Runs:
        run = a_run(on, finished_at)
        return Runs(run, run)

    def test_none_before_there_ever_was_a_worker(self):
        assert self.found(NIGHTLY, self.STARTED, started=None) == []

    def test_a_new_workers_jobs_are_late_only_when_it_does_not_run_them(self):
        assert self.found(NIGHTLY, self.STARTED) == []
        assert self.found(NIGHTLY, self.STARTED + timedelta(hours=3)) == [(date(2026, 11, 20), "", 3)]

    def test_a_daily_job_is_late_once_its_hour_is_past_by_more_than_is_tolerated(self):
        runs = self.done(date(2026, 11, 19))

        assert self.found(NIGHTLY, at(2026, 11, 20, 1, 59), runs) == []
        assert self.found(NIGHTLY, at(2026, 11, 20, 3, 0), runs) == []
        assert self.found(NIGHTLY, at(2026, 11, 20, 3, 1), runs) == [(date(2026, 11, 20), "", 1)]

    def test_lateness_counts_from_the_first_day_left_out(self):
        assert self.found(NIGHTLY, at(2026, 3, 1, 10), self.done(date(2026, 2, 19))) == [
            (date(2026, 2, 20), "", 9 * 24 + 8)
        ]

    def test_a_job_that_runs_by_day_is_not_late_at_night(self):
        runs = self.done(date(2026, 11, 20), at(2026, 11, 20, 18, 46))

        assert self.found(BY_DAY, at(2026, 11, 21, 6, 59), runs) == []
        assert self.found(BY_DAY, at(2026, 11, 21, 8, 1), runs) == [(date(2026, 11, 21), "", 1)]

    def test_a_job_that_runs_all_the_time_is_late_an_hour_after_it_last_did(self):
        runs = self.done(date(2026, 11, 20), at(2026, 11, 20, 10))

        assert self.found(ALWAYS, at(2026, 11, 20, 11), runs) == []
        assert self.found(ALWAYS, at(2026, 11, 20, 15), runs) == [(date(2026, 11, 20), "", 4)]

    def test_what_was_done_in_a_future_that_the_clock_was_set_back_from_counts_from_now(self):
        assert self.found(ALWAYS, at(2026, 11, 20, 11), self.done(date(2026, 11, 20), at(2027, 11, 20))) == []

    def test_a_job_that_failed_tells_its_fault_in_one_line(self):
        failed = Runs(a_run(date(2026, 11, 20), self.STARTED, FAILED, "the disk is full\nand more"), None)

        assert self.found(NIGHTLY, self.STARTED, failed) == [(date(2026, 11, 20), "the disk is full", 0)]
