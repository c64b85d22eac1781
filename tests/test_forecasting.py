"""The command that makes a month's forecast, and the nightly job that does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from freezegun import freeze_time
from sqlalchemy import Engine
from sqlmodel import select
from typer.testing import CliRunner, Result

from lmis import tables
from lmis.cli import app
from lmis.config import settings
from lmis.db import make_engine, reader
from lmis.forecast.loading import loaded
from lmis.forecast.models import ForecastRun
from lmis.forecasting import make_forecast
from lmis.jobs.models import JobRun
from lmis.jobs.running import run as run_job
from lmis.jobs.schedule import CLEAN, FAILED
from lmis.jobs.view import job_by_id
from lmis.worker.works import WORKS
from tests.forecast.ledger import a_city

assert tables.ALL_TABLES  # models are made before time is frozen
assert loaded("making")  # and so is what forecasts are made with
ROOT = Path(__file__).parents[1]
THE_20TH = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
WITHOUT_LIGHTGBM = """
import sys
sys.modules["lightgbm"] = None
from lmis.config import settings
from lmis.db import make_engine
from lmis.jobs.running import run
from lmis.jobs.view import job_by_id
from lmis.worker.works import WORKS
engine = make_engine(settings().database_url)
print(run(engine, job_by_id("make-forecast"), WORKS["make-forecast"], holder="test").outcome)
"""


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LMIS_LANGUAGE", "en")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def database(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database that commands work on, with a small city in it, on the 20th of November 2026."""
    monkeypatch.setenv("LMIS_DATABASE_URL", sqlite_url)
    settings.cache_clear()
    engine = make_engine(sqlite_url)
    a_city(engine)
    with freeze_time(THE_20TH):
        yield engine
    engine.dispose()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["forecast", "run", *arguments])


def months(engine: Engine) -> list[int]:
    with reader(engine) as session:
        return sorted(session.exec(select(ForecastRun.as_of)))


def job_run(engine: Engine) -> JobRun:
    with reader(engine) as session:
        return session.exec(select(JobRun).where(JobRun.job == "make-forecast")).one()


class TestTheCommand:
    def test_it_makes_the_forecast_of_the_last_complete_month(self, database: Engine):
        result = run()

        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("The forecast from 2026-10 is made: 5 series in ")
        assert "Statistical median 3, Sum of those below 2" in result.stdout
        assert months(database) == [202610]

    def test_or_of_the_month_it_is_given(self, database: Engine):
        assert run("--as-of", "2026-08", "--horizon", "3").exit_code == 0

        with reader(database) as session:
            made = session.exec(select(ForecastRun)).one()
        assert (made.as_of, made.horizon) == (202608, 3)

    def test_and_of_the_months_before_it_if_they_are_wanted_too(self, database: Engine):
        assert run("--horizon", "2", "--back", "2").exit_code == 0

        assert months(database) == [202608, 202609, 202610]

    @pytest.mark.usefixtures("database")
    def test_one_that_is_there_is_not_made_again(self):
        run("--horizon", "2")

        again = run()

        assert again.exit_code == 0
        assert "The forecast from 2026-10 is there already, with 5 series; nothing was changed." in again.stdout

    @pytest.mark.parametrize(
        ("month", "said"),
        [
            ("2026-11", "2026-11 is not over. A forecast can be made from it when it is; the latest is 2026-10."),
            ("2019-01", "The ledger knows nothing of 2019-01 or before"),
        ],
    )
    def test_a_month_it_cannot_be_made_from_is_one_clear_line(self, database: Engine, month: str, said: str):
        result = run("--as-of", month)

        assert result.exit_code == 1
        assert said in result.stderr
        assert months(database) == []

    @pytest.mark.parametrize("month", ["2026-Q3", "October", "2026-13"])
    def test_what_is_no_month_is_refused(self, month: str):
        result = run("--as-of", month)

        assert result.exit_code == 2
        assert "--as-of" in result.stderr


class TestTheNightlyJob:
    def test_it_makes_the_last_months_forecast_once(self, database: Engine):
        first, second = make_forecast(database), make_forecast(database)

        assert [(done.outcome, done.counts) for done in (first, second)] == [
            (CLEAN, {"forecasts": 5}),
            (CLEAN, {"forecasts": 0}),
        ]
        assert (first.detail or "").startswith("The forecast from 2026-10 is made: 5 series")
        assert second.detail == "The forecast from 2026-10 is there already, with 5 series; nothing was changed."

    def test_it_is_one_of_the_workers_jobs(self, database: Engine):
        done = run_job(database, job_by_id("make-forecast"), WORKS["make-forecast"], holder="test")

        assert done is not None
        assert done.outcome == job_run(database).outcome == CLEAN
        assert job_run(database).due_on == date(2026, 11, 20)
        assert 202610 in months(database)

    def test_the_first_time_it_also_makes_that_of_the_month_before_to_judge_by(self, database: Engine):
        make_forecast(database)

        assert months(database) == [202609, 202610]

        with freeze_time(datetime(2026, 12, 6, 3, 0, tzinfo=UTC)):
            make_forecast(database)

        assert months(database) == [202609, 202610, 202611]

    @pytest.mark.parametrize(("day", "month"), [(5, 202609), (6, 202610)])
    def test_it_waits_until_the_months_reports_are_due(self, database: Engine, day: int, month: int):
        with freeze_time(datetime(2026, 11, day, 3, 0, tzinfo=UTC)):
            make_forecast(database)

        assert max(months(database)) == month

    def test_an_empty_ledger_is_no_fault(self, sqlite_engine: Engine):
        done = make_forecast(sqlite_engine)

        assert done.outcome == CLEAN
        assert (
            done.detail == "The ledger is empty, so nothing can be forecast. Record or import what was dispensed first."
        )

    def test_without_what_forecasts_are_made_with_it_fails_and_says_what_to_install(self, database: Engine):
        about = {**os.environ, "LMIS_DATABASE_URL": database.url.render_as_string()}

        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_LIGHTGBM], env=about, cwd=ROOT, capture_output=True, text=True
        )

        assert done.stdout.strip() == FAILED, done.stderr
        assert "lightgbm" in (job_run(database).detail or "")
        assert "pip install 'lmis[forecast]'" in (job_run(database).detail or "")
        assert months(database) == []
