"""The commands about jobs: for a terminal, and for a monitor that looks at the exit status."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from freezegun import freeze_time
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from lmis import tables
from lmis.cli import app
from lmis.config import settings
from lmis.db import make_engine, transaction
from lmis.jobs.runs import Done, begin, finish
from lmis.jobs.schedule import DIFFERENCES, FAILED, all_jobs, due_on
from lmis.jobs.workers import beat
from lmis.worker import works
from tests.factories import NOW

assert tables.ALL_TABLES  # models are made before time is frozen
JOBS = {job.id: job for job in all_jobs(settings())}


@pytest.fixture(autouse=True)
def database(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database that commands work on, at ten in the morning, in English."""
    monkeypatch.setenv("LMIS_LANGUAGE", "en")
    monkeypatch.setenv("LMIS_DATABASE_URL", sqlite_url)
    settings.cache_clear()
    engine = make_engine(sqlite_url)
    with freeze_time(NOW):
        yield engine
    engine.dispose()
    settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["jobs", *arguments])


def did(engine: Engine, job: str, done: Done | None = None, ago: timedelta = timedelta(0)) -> None:
    then = NOW - ago
    with transaction(engine) as session:
        begin(session, JOBS[job], due_on(JOBS[job], then), holder="a", now=then)
        finish(session, JOBS[job], due_on(JOBS[job], then), done or Done(), holder="a", now=then)


class TestList:
    def test_it_shows_every_job_and_that_nothing_runs_by_the_clock(self):
        result = run("list", "--format", "json")

        assert result.exit_code == 0
        listed = json.loads(result.stdout)
        assert [it["job"] for it in listed] == list(JOBS)
        assert listed[0] == {
            "job": "prove-ledger",
            "what": "Proof of the ledger",
            "last_run": None,
            "outcome": None,
            "trouble": None,
            "counts": None,
            "next_run": "2026-11-21 02:00",
        }
        assert "No worker has ever been seen" in result.stderr

    def test_it_ends_well_when_all_is_done(self, database):
        with transaction(database) as session:
            beat(session, "a", NOW, NOW)
        for job in JOBS:
            did(database, job, Done({"opened": 3, "resolved": 1}))
        result = run("list")

        assert (result.exit_code, result.stderr) == (0, "")
        assert "opened=3" in result.stdout

    def test_its_status_is_1_when_a_job_failed(self, database):
        did(database, "clean-up", Done(detail="the disk is full", outcome=FAILED))
        result = run("list", "--format", "csv")

        assert result.exit_code == 1
        assert "clean-up,Clean-up,2026-11-20 10:00,failed,the disk is full,failures=1,2026-11-21 04:00" in result.stdout

    def test_its_status_is_1_when_a_job_is_late(self, database):
        did(database, "build-digests", ago=timedelta(days=1))
        result = run("list", "--format", "csv")

        assert result.exit_code == 1
        assert "late by 4 hours, not done since 20/11/2026" in result.stdout


class TestRun:
    def test_it_runs_the_job_here_and_keeps_the_record(self):
        result = run("run", "clean-up")

        assert result.exit_code == 0, result.output
        assert result.stdout == "clean-up: clean\n"
        (kept,) = json.loads(run("history", "--format", "json").stdout)
        assert (kept["job"], kept["day"], kept["outcome"], kept["runs"]) == ("clean-up", "2026-11-20", "clean", 1)

    def test_it_runs_again_what_is_done(self, database):
        did(database, "clean-up")

        assert run("run", "clean-up").exit_code == 0
        assert json.loads(run("history", "--format", "json").stdout)[0]["runs"] == 2

    def test_its_status_is_1_when_the_job_fails_and_the_fault_is_said(self, monkeypatch):
        def fail(*_: object) -> Done:
            raise OSError("the disk is full")

        monkeypatch.setattr(works, "WORKS", {**works.WORKS, "clean-up": fail})
        result = run("run", "clean-up")

        assert (result.exit_code, result.stdout) == (1, "clean-up: failed\n")
        assert "OSError: the disk is full" in result.stderr

    def test_differences_are_named_and_no_success(self, monkeypatch):
        found = Done({"differences": 1}, "one differs", DIFFERENCES)
        monkeypatch.setattr(works, "WORKS", {**works.WORKS, "prove-ledger": lambda *_: found})
        result = run("run", "prove-ledger")

        assert (result.exit_code, result.stdout) == (1, "prove-ledger: differences differences=1\n")
        assert result.stderr == "one differs\n"

    def test_what_a_worker_is_at_is_refused(self, database):
        with transaction(database) as session:
            begin(session, JOBS["clean-up"], NOW.date(), holder="a", now=NOW)
        result = run("run", "clean-up")

        assert result.exit_code == 1
        assert "“clean-up” is being run by a worker right now" in result.stderr

    @pytest.mark.parametrize("arguments", [("run", "nothing"), ("history", "--job", "nothing")])
    def test_an_unknown_job_is_refused_with_the_names_there_are(self, arguments):
        result = run(*arguments)

        assert result.exit_code == 1
        assert "There is no job “nothing”. The jobs are prove-ledger, make-forecast," in result.stderr


class TestHistory:
    def test_it_is_of_a_job_and_as_many_days_as_asked_for(self, database):
        for days in (0, 1, 5):
            did(database, "clean-up", ago=timedelta(days=days))
        did(database, "prove-ledger")

        def days(*arguments: str) -> list[str]:
            return [it["day"] for it in json.loads(run("history", *arguments, "--format", "json").stdout)]

        assert days("--job", "clean-up") == ["2026-11-20", "2026-11-19", "2026-11-15"]
        assert days("--job", "clean-up", "--days", "1") == ["2026-11-20", "2026-11-19"]
        assert len(days()) == 4
