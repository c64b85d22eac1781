"""The scheduler process: what is done by night, each job once a day however many workers run."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time

from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Engine

from lmis import clock
from lmis.config import settings
from lmis.db import reader, transaction
from lmis.forecasting import make_forecast
from lmis.i18n import VIETNAM
from lmis.jobs.runs import CLEAN, DIFFERENCES, FAILED, claim, finish, last_due_on
from lmis.stock.verify import verify

logger = logging.getLogger(__name__)

GRACE_SECONDS = 6 * 60 * 60  # a machine asleep at the hour still runs the job when it wakes
DETAILS = 100  # differences kept of one run; `lmis verify` names them all

Outcome = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Job:
    """Work to be done every day.

    at: the hour on the wall clock in Vietnam; work: gives the outcome and what to remember of it.
    """

    id: str
    at: time
    work: Callable[[Engine], Outcome]


def prove_ledger(engine: Engine) -> Outcome:
    """Recompute every balance and total from the ledger's lines."""
    with reader(engine) as session:
        found = [difference.message.translate(settings().language) for difference in verify(session)]
    return (DIFFERENCES, "\n".join(found[:DETAILS])) if found else (CLEAN, None)


JOBS = (Job("prove-ledger", time(2), prove_ledger), Job("make-forecast", time(3), make_forecast))


def run_due(engine: Engine, job: Job, now: Callable[[], datetime] = clock.now) -> str | None:
    """Run a job for its last due day. Returns the outcome; None when that day is done or being done."""
    due_on = last_due_on(job.at, now())
    with transaction(engine) as session:
        if not claim(session, job.id, due_on, now()):
            return None
    try:
        outcome, detail = job.work(engine)
    except Exception as error:
        logger.exception("%s for %s failed", job.id, due_on)
        outcome, detail = FAILED, f"{type(error).__name__}: {error}"
    with transaction(engine) as session:
        finish(session, job.id, due_on, now(), outcome, detail)
    logger.log(logging.INFO if outcome == CLEAN else logging.ERROR, "%s for %s: %s", job.id, due_on, outcome)
    return outcome


def schedule(scheduler: BaseScheduler, engine: Engine, jobs: tuple[Job, ...] = JOBS) -> None:
    """Every job at its hour, and at once, for the night that a stopped worker missed."""
    for job in jobs:
        trigger = CronTrigger(hour=job.at.hour, minute=job.at.minute, timezone=VIETNAM)
        scheduler.add_job(run_due, trigger, (engine, job), id=job.id, coalesce=True, misfire_grace_time=GRACE_SECONDS)
        scheduler.add_job(run_due, args=(engine, job), id=f"{job.id}-missed", misfire_grace_time=GRACE_SECONDS)


def work(engine: Engine) -> None:
    """Run until told to stop; a job that has begun is finished first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    scheduler = BlockingScheduler(timezone=VIETNAM)
    schedule(scheduler, engine)
    scheduler.start()
