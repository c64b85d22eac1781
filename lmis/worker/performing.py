"""Running a job, and telling people when it failed or is late."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import Engine

from lmis import clock
from lmis.alerts.jobs_watch import note_jobs
from lmis.alerts.urgent import queue_urgent
from lmis.db import transaction
from lmis.jobs import leases
from lmis.jobs.running import Clock, Work, run
from lmis.jobs.runs import Done
from lmis.jobs.schedule import FAILED, Job

logger = logging.getLogger(__name__)


def perform(
    engine: Engine,
    job: Job,
    work: Work,
    *,
    holder: str,
    now: Clock = clock.now,
    again: bool = False,
    lasts: timedelta = leases.LASTS,
) -> Done | None:
    """Run a job and open or resolve the alerts about it. None when it is done, or another runs it."""
    done = run(engine, job, work, holder=holder, now=now, again=again, lasts=lasts)
    if done and (job.is_daily or done.outcome == FAILED):
        note(engine, now)
    return done


def note(engine: Engine, now: Clock = clock.now) -> None:
    """Open alerts for jobs that failed or are late, with the urgent e-mails about them, and resolve what is over."""
    try:
        with transaction(engine) as session:
            note_jobs(session, now=now())
            queue_urgent(session, now=now())
    except Exception:  # the jobs themselves must go on; the next check tries again
        logger.exception("what is known of the jobs could not be told")
