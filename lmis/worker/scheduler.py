"""The worker: runs each job when it is due, makes up what was missed, and says that it is alive.

APScheduler tells when; what is to be done is read from the database each time, so that several workers, a clock set
back and a worker that was stopped for days all come to the same: each job done once for its day, in the schedule's
order. Daily jobs share one thread, so that a later one waits for an earlier; the others have threads of their own, so
that a long forecast does not hold up mail.
"""

from __future__ import annotations

import logging
import signal
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec

import psycopg
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from lmis import clock
from lmis.db import Busy, reader, transaction
from lmis.i18n import VIETNAM
from lmis.jobs import leases, workers
from lmis.jobs.models import JobRun
from lmis.jobs.running import Clock, Work, new_holder
from lmis.jobs.schedule import Daily, Job, Often, due_on, may_begin
from lmis.worker.performing import note, perform

logger = logging.getLogger(__name__)

GRACE_SECONDS = 6 * 60 * 60  # a machine asleep at the hour still runs the job when it wakes
BEAT_SECONDS = 15
LOOK = "*/10"  # the seconds of the minute at which is looked for what was missed, failed, or is asked for
CHECK = "*/10"  # the minutes of the hour at which is looked for jobs that are late
DAILY, OFTEN = "daily", "often"
P = ParamSpec("P")


def surviving(step: Callable[P, None]) -> Callable[P, None]:
    """A step that a database which cannot be reached only puts off: the next one tries again."""

    @wraps(step)
    def done(*args: P.args, **more: P.kwargs) -> None:
        try:
            step(*args, **more)
        except (Busy, SQLAlchemyError, psycopg.Error, sqlite3.Error) as error:
            logger.warning("the database cannot be reached: %s", error)

    return done


class Worker:
    """One worker of a database. jobs: in the order in which those that are due together run; works: by job id."""

    def __init__(
        self,
        engine: Engine,
        jobs: Sequence[Job],
        works: Mapping[str, Work],
        *,
        now: Clock = clock.now,
        lasts: timedelta = leases.LASTS,
    ) -> None:
        self.engine, self.jobs, self.works, self.now, self.lasts = engine, jobs, works, now, lasts
        self.holder, self.started_at = new_holder(), now()
        self.stopping = threading.Event()
        often = sum(not job.is_daily for job in jobs)
        pools = {DAILY: ThreadPoolExecutor(1), OFTEN: ThreadPoolExecutor(often + 2)}
        options = {"coalesce": True, "misfire_grace_time": GRACE_SECONDS, "max_instances": 1}
        self.scheduler = BackgroundScheduler(executors=pools, job_defaults=options, timezone=VIETNAM)
        self._plan()

    def _plan(self) -> None:
        """Every job at its hours, and at once for what was missed."""
        for job in self.jobs:
            what, about = (self.look, DAILY) if job.is_daily else (self.run, job)
            self.scheduler.add_job(what, trigger(job.when), (about,), id=job.id, executor=_lane(job))
        at_once = self.now()
        for lane in (DAILY, OFTEN):
            every = CronTrigger(second=LOOK, timezone=VIETNAM)
            self.scheduler.add_job(self.look, every, (lane,), id=f"look-{lane}", executor=lane, next_run_time=at_once)
        check = CronTrigger(minute=CHECK, timezone=VIETNAM)
        self.scheduler.add_job(note, check, (self.engine, self.now), id="check-jobs", executor=OFTEN)

    def work(self) -> None:
        """Run until told to stop; what has begun is finished first."""
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, lambda *_: self.stopping.set())
        self.beat()
        note(self.engine, self.now)
        self.scheduler.start()
        before = self.now()
        while not self.stopping.wait(BEAT_SECONDS):
            before = self.mind_the_clock(before)
            self.beat()
        self.scheduler.shutdown()

    @surviving
    def beat(self) -> None:
        """Say that the worker is alive."""
        with transaction(self.engine) as session:
            workers.beat(session, self.holder, self.started_at, self.now())

    def mind_the_clock(self, before: datetime) -> datetime:
        """Reckon all hours anew when the clock was set back: APScheduler would wait until it is as late again."""
        now = self.now()
        if now < before:
            logger.warning("the clock was set back from %s to %s", before, now)
            for job in self.scheduler.get_jobs():
                job.reschedule(job.trigger)
        return now

    @surviving
    def look(self, lane: str) -> None:
        """Run what is due and was not done, and what is asked for, in the schedule's order."""
        for job in self.jobs:
            if _lane(job) == lane and not self.stopping.is_set():
                waits = self.run_if_due(job)
                if waits and job.is_daily:  # and so do all after it
                    break

    def run_if_due(self, job: Job) -> bool:
        """Run a daily job that was not done for its latest day, and any that is asked for. True when it has to wait."""
        now = self.now()
        with reader(self.engine) as session:
            asked = job.id in workers.asked(session)
            done = not job.is_daily or not may_begin(session.get(JobRun, (job.id, due_on(job, now))), now)
            busy = leases.held(session, now).keys() & self._first_wait_for(job)
        wanted = asked or not done
        if wanted and not busy:
            self.run(job, again=asked)
        return wanted and bool(busy)

    def _first_wait_for(self, job: Job) -> set[str]:
        """Whatever must not be going on, here or at another worker, when the job begins."""
        if not job.is_daily:
            return {job.id}
        return {it.id for it in self.jobs[: self.jobs.index(job) + 1] if it.is_daily}

    @surviving
    def run(self, job: Job, *, again: bool = False) -> None:
        if not self.stopping.is_set():
            work = self.works[job.id]
            perform(self.engine, job, work, holder=self.holder, now=self.now, again=again, lasts=self.lasts)


def _lane(job: Job) -> str:
    return DAILY if job.is_daily else OFTEN


def trigger(when: Daily | Often) -> CronTrigger:
    """When APScheduler begins a job."""
    if isinstance(when, Daily):
        return CronTrigger(hour=when.at.hour, minute=when.at.minute, second=when.at.second, timezone=VIETNAM)
    minutes = ",".join(map(str, range(0, 60, when.minutes)))
    return CronTrigger(hour=f"{when.since}-{when.until - 1}", minute=minutes, timezone=VIETNAM)
