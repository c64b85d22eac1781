"""A year ordered by the forecast, on one district, with little effort."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lmis.forecast.learners import Effort
from tests.bench.replenishment_year import MONTHS, OF_MAXIMUM, OF_SAFETY, Nightly, stock_to_serve, years_of
from tests.bench.year_book import Rates
from tests.bench.year_life import live
from tests.bench.year_policies import ByForecast
from tests.bench.year_world import World, build

LITTLE = Effort(rounds=3, trees=2, rows=2_000)


@pytest.fixture(scope="module")
def world() -> World:
    return build(7, "district")


def test_both_policies_live_every_year_that_is_compared(world):
    steps = []

    amc, forecast = years_of(world, 7, lambda: steps.append(1), LITTLE)

    assert len(steps) == 1 + len(OF_MAXIMUM) + MONTHS + len(OF_SAFETY)
    for year in [*amc, *forecast]:
        assert (year.opening + year.received == year.served + year.expired + year.closing).all()
        assert year.world is world
    assert sorted(year.fill_rate for year in forecast[1:]) == [year.fill_rate for year in forecast[1:]]


def test_the_forecast_of_a_month_knows_nothing_of_it(world):
    autumn = replace(world, days=world.days[:92], asked=world.asked[:92])
    asked = autumn.asked.copy()
    asked[31:] = 0  # from November on nobody asks for anything

    october, november, december = _made(autumn)
    same_october, same_november, other_december = _made(replace(autumn, asked=asked))

    assert np.array_equal(october, same_october)
    assert np.array_equal(november, same_november)
    assert not np.array_equal(december, other_december)


def _made(world: World) -> list[Rates]:
    nightly = Nightly(7, lambda: None, LITTLE)
    live(world, ByForecast(nightly))
    return [ahead.means for _, ahead in sorted(nightly.made.items())]


def test_stock_for_a_service_is_read_between_years():
    years = [SimpleNamespace(fill_rate=0.98, months_of_stock=3.0), SimpleNamespace(fill_rate=0.94, months_of_stock=1.0)]

    assert stock_to_serve(0.95, years) == pytest.approx(1.5)
    assert np.isnan(stock_to_serve(0.99, years))
