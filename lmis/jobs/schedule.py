"""When each job is due, in which order jobs run, and which of them failed or are late. Pure.

Hours are those of the wall clock in Vietnam, which has no summer time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from lmis.config import Settings
from lmis.i18n import N_, VIETNAM

if TYPE_CHECKING:
    from lmis.jobs.models import JobRun

CLEAN, DIFFERENCES, FAILED = "clean", "differences", "failed"
TRIES = 4  # of a daily job that fails
PAUSE = timedelta(minutes=30)  # between them
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONG_FAULT = 300  # characters of a fault that are told


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day, at this hour."""

    at: time


@dataclass(frozen=True, slots=True)
class Often:
    """At every so many minutes of the hour, from the hour `since` until before the hour `until`."""

    minutes: int
    since: int = 0
    until: int = 24


@dataclass(frozen=True, slots=True)
class Job:
    """What is done by the clock. name, does: message ids; it is late when it is not done so long after it was due."""

    id: str
    name: str
    does: str
    when: Daily | Often
    tolerance: timedelta = HOUR

    @property
    def is_daily(self) -> bool:
        return isinstance(self.when, Daily)


def all_jobs(settings: Settings) -> tuple[Job, ...]:
    """The jobs in the order in which those that are due together run: each builds on those before it."""
    return (
        Job("prove-ledger", *PROVE, Daily(settings.verify_at), 2 * HOUR),
        Job("make-forecast", *FORECAST, Daily(settings.forecast_at), 2 * HOUR),
        Job("clean-up", *CLEAN_UP, Daily(settings.clean_up_at)),
        Job("evaluate-alerts", *EVALUATE, Daily(settings.alerts_at)),
        Job("escalate-alerts", *ESCALATE, Daily(settings.escalate_at)),
        Job("build-digests", *DIGESTS, Daily(settings.digest_at)),
        Job("build-summaries", *SUMMARIES, Daily(settings.digest_at)),
        Job("watch-stock", *WATCH, Often(settings.watch_minutes, 7, 19)),
        Job("send-mail", *SEND, Often(1)),
    )


PROVE = N_("Proof of the ledger"), N_("Recomputes every balance and total from the ledger’s lines.")
FORECAST = N_("Monthly forecast"), N_("Makes the forecast of a month as soon as its reports are due.")
CLEAN_UP = N_("Clean-up"), N_("Drops what is over: old sign-ins, old runs of jobs, the text of e-mails sent long ago.")
EVALUATE = N_("Evaluation of alerts"), N_("Looks at all stock, papers and counts, and opens and resolves alerts.")
ESCALATE = N_("Escalation of alerts"), N_("Tells the level above of alerts that nobody has attended to.")
DIGESTS = N_("Daily e-mails"), N_("Writes each person’s e-mail of the day.")
SUMMARIES = N_("Weekly and monthly summaries"), N_("Writes the summaries for those who stand over others.")
WATCH = N_("Watch over stock"), N_("Looks by day at stock that moved, and tells at once of what is urgent.")
SEND = N_("Sending of e-mails"), N_("Sends the e-mails that are due.")


def last_due_on(at: time, now: datetime) -> date:
    """The latest day on which the wall clock in Vietnam has passed `at`."""
    local = now.astimezone(VIETNAM)
    return local.date() if local.time() >= at else local.date() - DAY


def due_on(job: Job, now: datetime) -> date:
    """The day that a run beginning now is for."""
    return last_due_on(job.when.at, now) if isinstance(job.when, Daily) else now.astimezone(VIETNAM).date()


def next_due_at(when: Daily | Often, after: datetime) -> datetime:
    """The first moment after another at which it is due."""
    local = after.astimezone(VIETNAM)
    if isinstance(when, Daily):
        at = datetime.combine(local.date(), when.at, VIETNAM)
        return at if at > local else at + DAY
    begun = local.replace(minute=0, second=0, microsecond=0)
    minute = next((it for it in range(0, 60, when.minutes) if it > local.minute), 60)
    return _within(when, begun + timedelta(minutes=minute))


def _within(when: Often, at: datetime) -> datetime:
    """The moment itself, or the next beginning of the hours in which the job runs."""
    if when.since <= at.hour < when.until:
        return at
    begins = at.replace(hour=when.since, minute=0)
    return begins if begins >= at else begins + DAY


@dataclass(frozen=True, slots=True)
class Runs:
    """A job's latest run, and the latest that was not in vain."""

    latest: JobRun | None = None
    done: JobRun | None = None


NO_RUNS = Runs()


def may_begin(run: JobRun | None, now: datetime) -> bool:
    """Whether a daily job that nobody is running is to be run for its day.

    run: that of the day. One without an outcome died with its worker; one that failed is tried again after a pause.
    """
    if run is None:
        return True
    if run.outcome not in (None, FAILED) or run.runs >= TRIES:
        return False
    return run.finished_at is None or not now - PAUSE < run.finished_at <= now


def missed_days(on: date, before: date | None) -> int:
    """How many days were left out between a daily job's run and the one before it."""
    return max(0, (on - before).days - 1) if before else 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A job that failed, or is late by so many whole hours; on: the first day that was not done."""

    job: Job
    on: date
    fault: str = ""
    late: int = 0


def troubles(
    jobs: Iterable[Job], runs: Mapping[str, Runs], first_worker_at: datetime | None, now: datetime
) -> Iterator[Trouble]:
    """The jobs that failed or are late. A job that was never run is due since there has been a worker to run it."""
    for job in jobs:
        its = runs.get(job.id, NO_RUNS)
        if its.latest is not None and its.latest.outcome == FAILED:
            yield Trouble(job, its.latest.due_on, fault=one_line(its.latest.detail))
        elif (since := _waits_since(job, its.done, first_worker_at, now)) and now > since + job.tolerance:
            yield Trouble(job, since.astimezone(VIETNAM).date(), late=max(1, int((now - since) / HOUR)))


def _waits_since(job: Job, done: JobRun | None, first_worker_at: datetime | None, now: datetime) -> datetime | None:
    """When a job was due for the first time since it was last done."""
    if done is None:
        return first_worker_at if job.is_daily or not first_worker_at else next_due_at(job.when, first_worker_at)
    if isinstance(job.when, Daily):
        return datetime.combine(done.due_on + DAY, job.when.at, VIETNAM)
    return next_due_at(job.when, min(done.finished_at or now, now))


def one_line(text: str | None) -> str:
    """A fault as it is told: its first line, and not too much of it."""
    lines = (text or "").strip().splitlines()
    return lines[0][:LONG_FAULT] if lines else ""
