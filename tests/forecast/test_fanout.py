"""Forecasts handed out part by part are the same wherever they are computed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from lmis.db import reader, transaction
from lmis.forecast.fanout import ALONE, UnknownEngine, forecast_parts, parts_of
from lmis.forecast.making import forecaster, made, read
from lmis.forecast.methods import Effort, Forecasts
from lmis.forecast.runs import make_run
from tests.factories import NOW, TODAY, a_facility, id_of
from tests.forecast.ledger import AS_OF, a_city, months_to, used

PARTS = {facility: 1 + facility // 100 for facility in range(100, 300)}
ABOUT = {"cutoff": "2026-10", "horizon": 4, "target": "demand", "seed": 3, "threads": 1}
LIGHT = Effort(rounds=10, trees=5, rows=2_000, least=100)


def a_history(facilities: int = 12, months: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = []
    for facility in [*range(100, 100 + facilities), *range(200, 200 + facilities)]:
        stock = 500
        for month in range(months):
            year, of_year = divmod(2024 * 12 + 4 + month, 12)
            given = int(rng.poisson(5 + facility % 10))
            period = f"{year}-{of_year + 1:02d}"
            rows.append((facility, 1, period, stock, given, given, 0, stock, 0, np.nan))
    names = ["facility", "item", "period", "opening", "received", "dispensed", "adjusted", "closing", "days_out"]
    return pd.DataFrame(rows, columns=[*names, "ordered"])


def expected(history: pd.DataFrame, *more: int) -> pd.DataFrame:
    keys = history[["facility", "item"]].drop_duplicates()
    keys = pd.concat([keys, pd.DataFrame({"facility": more, "item": 1})], ignore_index=True)
    return keys.assign(parent=keys["facility"] // 100, level="commune", population=np.nan, method="condom")


NONE_FLAGGED = pd.DataFrame(columns=["facility", "item", "period"])


def alike(one: Forecasts, other: Forecasts) -> None:
    pd.testing.assert_frame_equal(one.keys, other.keys)
    pd.testing.assert_frame_equal(one.backtest, other.backtest)
    for name in ("means", "quantiles", "model", "amc", "statistical", "method", "reason"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.fixture
def cluster() -> Iterator[object]:
    """A Dask client of a cluster on this machine, with two workers; nothing of it is reachable from elsewhere."""
    distributed = pytest.importorskip("distributed")
    about = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    about |= {"protocol": "tcp://", "host": "127.0.0.1"}
    with distributed.LocalCluster(**about) as its, distributed.Client(its) as client:
        yield client


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    return a_history()


@pytest.fixture(scope="module")
def alone(history: pd.DataFrame) -> Forecasts:
    """The forecasts of two parts, one after the other, of which both have learnt something."""
    return handed_out(history, ALONE)


def handed_out(history: pd.DataFrame, engine: object, **about: object) -> Forecasts:
    shared = {"part_of": PARTS, "places": expected(history), "flagged": NONE_FLAGGED, "effort": LIGHT}
    return forecast_parts(history, **ABOUT, **(shared | about), engine=engine)  # type: ignore[arg-type]


def test_a_cluster_gives_the_same_numbers_as_one_machine(history: pd.DataFrame, alone: Forecasts, cluster: object):
    assert np.isfinite(alone.model).all()  # models were learnt

    alike(handed_out(history, cluster), alone)


def test_an_engine_in_name_gives_the_same_numbers_too(history: pd.DataFrame, alone: Forecasts):
    alike(handed_out(history, "pandas"), alone)


def test_an_engine_that_is_not_there_is_named(history: pd.DataFrame):
    with pytest.raises(UnknownEngine, match=r"fugue\[abacus\]"):
        handed_out(history, "abacus")


def test_a_part_is_what_it_is_by_itself(history: pd.DataFrame, alone: Forecasts):
    first = history[history["facility"] < 200]

    its = handed_out(first, ALONE)

    count = len(its.keys)
    np.testing.assert_array_equal(its.means, alone.means[:count])
    np.testing.assert_array_equal(its.quantiles, alone.quantiles[:count])


def test_the_order_of_rows_changes_nothing(history: pd.DataFrame, alone: Forecasts):
    alike(handed_out(history.sample(frac=1, random_state=1), ALONE), alone)


def test_a_part_without_any_history_has_its_reasons(history: pd.DataFrame):
    only = history[history["facility"] < 200]

    found = handed_out(only, ALONE, places=expected(only, 250))

    last = found.keys.index[-1]
    assert (found.keys["facility"][last], found.method[last], found.reason[last]) == (250, "none", "no_report")


def test_progress_is_told_part_by_part(history: pd.DataFrame):
    told: list[float] = []

    handed_out(history, ALONE, tell=told.append)

    assert told == [0.5, 1.0]


def test_a_part_is_what_stands_right_under_the_top():
    assert parts_of({1: None, 2: 1, 3: 2, 4: 3, 5: 1, 6: None}) == {1: 1, 2: 2, 3: 2, 4: 2, 5: 5, 6: 6}


def test_a_run_is_handed_out_by_districts(engine: Engine):
    tree, _, lot = a_city(engine)
    with transaction(engine) as session:
        other = a_facility(session, level="district", parent=tree.board)
        for _ in range(2):
            place = a_facility(session, parent=other)
            used(session, place, lot, dict.fromkeys(months_to(AS_OF, 15), 30))
    with reader(engine) as session:
        reading = read(session, AS_OF)

    one = made(reading, forecaster(reading, 3, 0, 1, ALONE), 3, 3, lambda _: None)

    assert {row[0] for row in one} >= {id_of(tree.board), id_of(tree.district), id_of(other)}
    assert make_run(engine, AS_OF, today=TODAY, now=NOW, threads=1, horizon=3, fan_out=ALONE).series.total() == len(one)
