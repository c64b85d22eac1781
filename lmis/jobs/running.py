"""One run of a job: taken, kept while it goes on, and told of afterwards, whatever comes of it."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from secrets import token_hex

from sqlalchemy import Engine

from lmis import clock
from lmis.config import settings
from lmis.db import Busy, transaction
from lmis.errors import LmisError
from lmis.jobs import leases
from lmis.jobs.runs import Done, begin, finish
from lmis.jobs.schedule import CLEAN, FAILED, Job, due_on

logger = logging.getLogger(__name__)

TRIES = 10  # to write down a run; each waits for the database's writer
Clock = Callable[[], datetime]
Work = Callable[[Engine, date, Clock], Done | Mapping[str, int]]


def new_holder() -> str:
    """A name of its own for this process: the machine, the process, and what tells it from an older one."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}:{token_hex(2)}"


def run(
    engine: Engine,
    job: Job,
    work: Work,
    *,
    holder: str,
    now: Clock = clock.now,
    again: bool = False,
    lasts: timedelta = leases.LASTS,
) -> Done | None:
    """Run a job for its latest due day. None when that is done, or another runs it.

    again: even when the day's work is done. Whatever the work raises becomes a run that failed.
    """
    begun_at = now()
    day = due_on(job, begun_at)
    with transaction(engine) as session:
        if not begin(session, job, day, holder=holder, now=begun_at, again=again, lasts=lasts):
            return None
    with leases.kept(engine, job.id, holder, now, lasts):
        done = _worked(engine, job, work, day, now)
        _keep(engine, job, day, done, holder, now)
    quiet = logging.INFO if job.is_daily else logging.DEBUG
    logger.log(quiet if done.outcome == CLEAN else logging.ERROR, "%s for %s: %s", job.id, day, done.outcome)
    return done


def _keep(engine: Engine, job: Job, day: date, done: Done, holder: str, now: Clock, tries: int = TRIES) -> None:
    """Write down what came of a run, however long somebody else writes to the database."""
    try:
        with transaction(engine) as session:
            if not finish(session, job, day, done, holder=holder, now=now()):
                logger.warning("%s for %s: another worker has taken it over", job.id, day)
    except Busy:
        if tries == 1:
            raise
        _keep(engine, job, day, done, holder, now, tries - 1)


def _worked(engine: Engine, job: Job, work: Work, day: date, now: Clock) -> Done:
    try:
        done = work(engine, day, now)
    except LmisError as refusal:
        logger.warning("%s for %s failed: %s", job.id, day, refusal)
        return Done(detail=refusal.message.translate(settings().language), outcome=FAILED)
    except Exception as error:
        logger.exception("%s for %s failed", job.id, day)
        return Done(detail=f"{type(error).__name__}: {error}", outcome=FAILED)
    return done if isinstance(done, Done) else Done(done)
