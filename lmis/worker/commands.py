"""`lmis worker` and `lmis jobs`: running what is done by the clock, and looking at it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from lmis import clock
from lmis.config import settings
from lmis.db import reader
from lmis.errors import LmisError
from lmis.exports import Format
from lmis.i18n import N_, VIETNAM
from lmis.jobs.models import JobRun
from lmis.jobs.runs import counts_of, history
from lmis.jobs.schedule import CLEAN, all_jobs, one_line
from lmis.jobs.view import JobView, job_by_id, job_views, nobody_works
from lmis.jobs.workers import workers
from lmis.terminal import prepared_engine, put_out, refusing, say

JOB_COLUMNS = ("job", "what", "last_run", "outcome", "trouble", "counts", "next_run")
RUN_COLUMNS = ("job", "day", "started", "finished", "runs", "outcome", "counts", "detail", "worker")

jobs_app = typer.Typer(help="Look at what is done by the clock, and run it now.", no_args_is_help=True)
OutputFormat = Annotated[Format, typer.Option("--format", help="How the table is written.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", help="The file to write to; without it, the standard output.", show_default=False),
]


class JobHeld(LmisError):
    status_code = 409
    msgid = N_("“%(job)s” is being run by a worker right now. “lmis jobs list” shows when it is done.")


def worker(
    while_input_open: Annotated[
        bool, typer.Option("--while-input-open", help="Stop when the standard input closes.", hidden=True)
    ] = False,
) -> None:
    """Run the jobs at their hours until stopped. Two workers on one database do each job once."""
    from lmis.worker.embedded import stop_with_input
    from lmis.worker.scheduler import Worker
    from lmis.worker.works import WORKS

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # what it skips is looked for again
    with refusing(), prepared_engine() as engine:
        if while_input_open:
            stop_with_input()
        Worker(engine, all_jobs(settings()), WORKS).work()


@jobs_app.command("list")
def list_jobs(format_: OutputFormat = "table", output: Output = None) -> None:
    """Show every job with its last and next run. The exit status is 1 when one is late or failed."""
    now = clock.now()
    with refusing(), prepared_engine() as engine, reader(engine) as session:
        listed, known = job_views(session, now), workers(session)
        put_out(JOB_COLUMNS, [_job(it) for it in listed], format_, output)
    if gone := nobody_works(known, now):
        typer.echo(gone.translate(settings().language), err=True)
    if any(it.trouble for it in listed):
        raise typer.Exit(1)


@jobs_app.command("run")
def run_job(name: Annotated[str, typer.Argument(help="The job, as “lmis jobs list” names it.")]) -> None:
    """Run a job now, in this process, whether it is done for the day or not. The exit status is 1 when it fails."""
    from lmis.jobs.running import new_holder
    from lmis.worker.performing import perform
    from lmis.worker.works import WORKS

    with refusing(), prepared_engine() as engine:
        job = job_by_id(name)
        done = perform(engine, job, WORKS[job.id], holder=new_holder(), again=True)
        if done is None:
            raise JobHeld(job=job.id)
    said = N_("%(job)s: %(outcome)s %(counts)s")
    typer.echo(say(said, job=job.id, outcome=done.outcome, counts=_counts(done.counts) or "").rstrip())
    if done.detail:
        typer.echo(done.detail, err=done.outcome != CLEAN)
    if done.outcome != CLEAN:
        raise typer.Exit(1)


@jobs_app.command("history")
def show_history(
    job: Annotated[str | None, typer.Option(help="Only of this job.", show_default=False)] = None,
    days: Annotated[int, typer.Option(help="How many days back.", min=1)] = 30,
    format_: OutputFormat = "table",
    output: Output = None,
) -> None:
    """Show what the jobs have done, the latest day first."""
    with refusing(), prepared_engine() as engine, reader(engine) as session:
        id_ = job_by_id(job).id if job else None
        found = history(session, clock.today() - timedelta(days=days), id_)
        put_out(RUN_COLUMNS, [_run(it) for it in found], format_, output)


def _job(it: JobView) -> tuple[str | None, ...]:
    run = it.last.run if it.last else None
    trouble = it.late.translate(settings().language) if it.late else it.trouble.fault if it.trouble else None
    begun, state = (_moment(run.started_at), it.last.state) if run and it.last else (None, None)
    counts = _counts(counts_of(run)) if run else None
    return it.job.id, say(it.job.name), begun, state, trouble, counts, _moment(it.next_at)


def _run(it: JobRun) -> tuple[str | int | None, ...]:
    counts, detail = _counts(counts_of(it)), one_line(it.detail) or None
    begun, ended = _moment(it.started_at), _moment(it.finished_at)
    return it.job, it.due_on.isoformat(), begun, ended, it.runs, it.outcome, counts, detail, it.holder


def _moment(at: datetime | None) -> str | None:
    """On the wall clock in Vietnam: 2026-11-20 05:00."""
    return at.astimezone(VIETNAM).replace(tzinfo=None).isoformat(" ", "minutes") if at else None


def _counts(counts: Mapping[str, int]) -> str | None:
    return " ".join(f"{name}={count}" for name, count in counts.items() if count) or None
