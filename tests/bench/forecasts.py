"""The night's forecast of the demo city, beside bare statsforecast on its series; and one origin of a small site."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from rich.progress import Progress
from sqlalchemy import Engine

from lmis import clock
from lmis.calendar import add_months, month_code, month_of
from lmis.db import make_engine, reader
from lmis.demo.filling import fill
from tests.bench.figures import Figure

SAMPLE, SMALL_SITE = 300, 1_100  # series
SEASON = 12
CORES = os.cpu_count() or 1
Tell = Callable[[float], None]


def measure(folder: Path, progress: Progress) -> list[Figure]:
    engine = _filled(folder / "night.sqlite3", progress)
    seconds, megabytes = _night(engine, progress)
    history, places = _read(engine)
    engine.dispose()
    bare, alone = _bare(history, progress), _origin(history, places, progress)
    count = history[["facility", "item"]].drop_duplicates().shape[0]
    return [
        Figure(f"forecast of the demo city in the night job, {count:,} series", seconds, "s", 900, "less"),
        Figure("the same, most memory", megabytes, "MB", 4096, "less"),
        Figure(
            f"the same / bare statsforecast AutoETS, reckoned from {SAMPLE} of its series", seconds / bare, "× time",
            2, "less",
        ),
        Figure(f"one origin of {SMALL_SITE:,} series, 3 months ahead", alone, "s", 60, "less"),
    ]  # fmt: skip


def _filled(path: Path, progress: Progress) -> Engine:
    engine, task = make_engine(f"sqlite:///{path}"), progress.add_task("the whole city", total=1.0)

    def tell(done: float) -> None:
        progress.update(task, completed=done)

    fill(engine, size="city", seed=1, today=clock.today(), now=clock.now(), tell=tell)
    progress.remove_task(task)
    return engine


def _night(engine: Engine, progress: Progress) -> tuple[float, float]:
    """Seconds and MB of the job in a process of its own, which tells its progress line by line."""
    engine.dispose()
    task = progress.add_task("its forecast", total=1.0)
    command = [sys.executable, "-m", "tests.bench.forecasts", str(engine.url)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [0.0]
        for line in process.stdout:
            said = [float(figure) for figure in line.split()]
            progress.update(task, completed=said[0])
    assert process.returncode == 0
    progress.remove_task(task)
    _, seconds, megabytes = said
    return seconds, megabytes


def _last_month() -> int:
    return add_months(month_of(clock.today()), -1)


def _read(engine: Engine) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The series that the night job forecasts, and what the methods are told of them."""
    from lmis.forecast.making import prepared, read

    with reader(engine) as session:
        task = prepared(read(session, _last_month()), 3)
    return task.pooled.frame(), task.places


def _some(history: pd.DataFrame, count: int) -> pd.DataFrame:
    """The history of so many series, drawn at random."""
    keys = history[["facility", "item"]].drop_duplicates().sample(count, random_state=1)
    return history.merge(keys, on=["facility", "item"])


def _origin(history: pd.DataFrame, places: pd.DataFrame, progress: Progress) -> float:
    from lmis.forecast.methods import forecast

    some = _some(history, SMALL_SITE)
    known = places.merge(some[["facility", "item"]].drop_duplicates(), on=["facility", "item"])
    task = progress.add_task("one origin", total=1.0)
    cutoff, start = month_code(_last_month()), perf_counter()
    forecast(some, cutoff, 3, "demand", places=known, tell=lambda done: progress.update(task, completed=done))
    progress.remove_task(task)
    return perf_counter() - start


def _bare(history: pd.DataFrame, progress: Progress) -> float:
    """Seconds that AutoETS would take for all series on all cores, from a sample."""
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS

    some = _some(history, SAMPLE)
    period = pd.PeriodIndex(some["period"], freq="M")
    table = pd.DataFrame(
        {
            "unique_id": some["facility"].astype(str) + "_" + some["item"].astype(str),
            "ds": np.asarray(period.year * 12 + period.month, dtype=int),
            "y": some["dispensed"].to_numpy(float),
        }
    )
    task = progress.add_task("bare AutoETS", total=None)
    models: Any = StatsForecast(models=[AutoETS(season_length=SEASON)], freq=1, n_jobs=CORES)
    models.forecast(df=table[table["unique_id"] == table["unique_id"].iloc[0]], h=SEASON)  # what only once takes time
    start = perf_counter()
    models.forecast(df=table, h=SEASON)
    taken = perf_counter() - start
    progress.remove_task(task)
    return taken * history[["facility", "item"]].drop_duplicates().shape[0] / SAMPLE


def night(url: str) -> None:
    """The job itself, its progress on the standard output, and at the end its seconds and most memory."""
    from lmis.forecast.runs import make_run

    engine, start = make_engine(url), perf_counter()
    made = make_run(
        engine, _last_month(), today=clock.today(), now=clock.now(), tell=lambda done: print(done, flush=True)
    )
    assert made.new
    print(1.0, perf_counter() - start, getrusage(RUSAGE_SELF).ru_maxrss / 1024, flush=True)


if __name__ == "__main__":
    night(sys.argv[1])
