"""The jobs as people see them: what each does, how its last run went, when it is next, and what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from lmis.config import settings
from lmis.errors import NotFound
from lmis.i18n import N_, VIETNAM, Message
from lmis.jobs import leases
from lmis.jobs.models import JobRequest, JobRun, Worker
from lmis.jobs.runs import counts_of, history, latest_runs
from lmis.jobs.schedule import (
    CLEAN,
    DIFFERENCES,
    FAILED,
    Daily,
    Job,
    Often,
    Trouble,
    all_jobs,
    next_due_at,
    one_line,
    troubles,
)
from lmis.jobs.workers import asked, first_start, is_alive, workers

RUNNING, BROKEN_OFF = "running", "broken off"
STATES = {
    CLEAN: N_("done"),
    DIFFERENCES: N_("found differences"),
    FAILED: N_("failed"),
    RUNNING: N_("running now"),
    BROKEN_OFF: N_("broken off: its worker ended"),
}
LATE = N_("late by %(hours)s hours, not done since %(on)s")
NO_WORKER = N_("No worker has ever been seen: nothing runs by the clock. Start “lmis worker”, or serve --with-worker.")
WORKER_GONE = N_("No worker has been seen since %(at)s: nothing runs by the clock. Start “lmis worker” again.")
NOTHING = timedelta(0)
EVERY_DAY = N_("every day at %(at)s")
ALL_DAY = N_("every %(minutes)s minutes, day and night")
ALL_DAY_EACH = N_("every minute, day and night")
BY_DAY = N_("every %(minutes)s minutes from %(since)s to %(until)s")
SHOWN_FOR = timedelta(days=1)  # a worker that is gone
SECONDS = N_("%(seconds)s s")
MINUTES = N_("%(minutes)s min %(seconds)s s")
COUNTS: Mapping[str, str] = {
    "missed_days": N_("days missed before: %(count)s"),
    "failures": N_("failures: %(count)s"),
    "differences": N_("differences: %(count)s"),
    "forecasts": N_("forecasts: %(count)s"),
    "sessions": N_("sign-ins that are over: %(count)s"),
    "sign_in_failures": N_("failed sign-ins: %(count)s"),
    "workers": N_("old workers: %(count)s"),
    "requests": N_("old requests: %(count)s"),
    "runs": N_("old runs: %(count)s"),
    "mail_texts": N_("texts of old e-mails: %(count)s"),
    "found": N_("found: %(count)s"),
    "opened": N_("opened: %(count)s"),
    "reopened": N_("opened again: %(count)s"),
    "raised": N_("more severe: %(count)s"),
    "eased": N_("less severe: %(count)s"),
    "changed": N_("become something else: %(count)s"),
    "unsnoozed": N_("brought back after a rest: %(count)s"),
    "resolved": N_("resolved: %(count)s"),
    "moves": N_("proposed transfers: %(count)s"),
    "unplanned": N_("without a plan of transfers, as its solver is not installed: %(count)s"),
    "facilities": N_("facilities looked at: %(count)s"),
    "escalated": N_("told to the level above: %(count)s"),
    "mails": N_("e-mails written: %(count)s"),
    "unheard": N_("alerts that nobody with an e-mail address sees: %(count)s"),
    "weekly": N_("weekly summaries: %(count)s"),
    "monthly": N_("monthly summaries: %(count)s"),
    "sent": N_("sent: %(count)s"),
    "later": N_("put off: %(count)s"),
    "dead": N_("given up: %(count)s"),
    "bounced": N_("refused for their address: %(count)s"),
    "unreachable": N_("times the mail server could not be reached: %(count)s"),
}


class UnknownJob(NotFound):
    msgid = N_("There is no job “%(job)s”. The jobs are %(known)s.")


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with what came of it. lasted: None while it goes on; counts: in words."""

    run: JobRun
    state: str
    lasted: Message | None
    counts: Sequence[Message]

    @property
    def said(self) -> str:
        """The message id of its state."""
        return STATES[self.state]

    @property
    def fault(self) -> str:
        """The first line of what went wrong."""
        return one_line(self.run.detail) if self.state in (FAILED, DIFFERENCES) else ""


@dataclass(frozen=True, slots=True)
class JobView:
    job: Job
    last: RunView | None
    next_at: datetime
    trouble: Trouble | None
    asked: JobRequest | None

    @property
    def late(self) -> Message | None:
        it = self.trouble
        return Message(LATE, {"hours": it.late, "on": it.on}) if it and it.late else None


def job_by_id(id_: str) -> Job:
    """Raises UnknownJob."""
    jobs = all_jobs(settings())
    found = next((job for job in jobs if job.id == id_), None)
    if found is None:
        raise UnknownJob(job=id_, known=", ".join(job.id for job in jobs))
    return found


def job_views(session: Session, now: datetime) -> list[JobView]:
    """All jobs in their order."""
    jobs = all_jobs(settings())
    runs = latest_runs(session, now.astimezone(VIETNAM).date())
    wrong = {it.job.id: it for it in troubles(jobs, runs, first_start(workers(session)), now)}
    held, wanted = leases.held(session, now), asked(session)
    last = {job: run_view(its.latest, held) for job, its in runs.items() if its.latest}
    return [JobView(it, last.get(it.id), next_due_at(it.when, now), wrong.get(it.id), wanted.get(it.id)) for it in jobs]


def run_views(session: Session, job: Job, since: date, now: datetime) -> list[RunView]:
    """The runs of a job since a day, the latest first."""
    held = leases.held(session, now)
    return [run_view(run, held) for run in history(session, since, job.id)]


def run_view(run: JobRun, held: Collection[str]) -> RunView:
    """held: the jobs that are running."""
    state = run.outcome or (RUNNING if run.job in held else BROKEN_OFF)
    lasted = run.finished_at - run.started_at if run.finished_at else None
    counts = [counted(name, count) for name, count in counts_of(run).items()]
    return RunView(run, state, said_of(lasted) if lasted is not None and lasted >= NOTHING else None, counts)


def counted(name: str, count: int) -> Message:
    """A count in words; one that has none is told by its name."""
    return Message(COUNTS.get(name, f"{name.replace('_', ' ')}: %(count)s"), {"count": count})


def said_of(lasted: timedelta) -> Message:
    """How long something took: 41 s, 2 min 5 s."""
    minutes, seconds = divmod(round(lasted.total_seconds()), 60)
    return (
        Message(MINUTES, {"minutes": minutes, "seconds": seconds})
        if minutes
        else Message(SECONDS, {"seconds": seconds})
    )


def nobody_works(known: Sequence[Worker], now: datetime) -> Message | None:
    """That no worker is alive, and since when; None when one is. known: the one seen last first."""
    if any(is_alive(it, now) for it in known):
        return None
    return Message(WORKER_GONE, {"at": known[0].seen_at}) if known else Message(NO_WORKER)


def shown_workers(known: Sequence[Worker], now: datetime) -> list[tuple[Worker, bool]]:
    """The workers of the last day, or the last there was, with whether each is alive."""
    return [(it, is_alive(it, now)) for it in known if it is known[0] or it.seen_at > now - SHOWN_FOR]


def when_said(when: Daily | Often) -> Message:
    """At which hours a job runs."""
    if isinstance(when, Daily):
        return Message(EVERY_DAY, {"at": f"{when.at:%H:%M}"})
    if (when.since, when.until) == (0, 24):
        return Message(ALL_DAY_EACH if when.minutes == 1 else ALL_DAY, {"minutes": when.minutes})
    hours = {"since": f"{when.since}:00", "until": f"{when.until}:00"}
    return Message(BY_DAY, {"minutes": when.minutes, **hours})
