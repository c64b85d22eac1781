"""The simulated year keeps its books, and treats both policies alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.calendar import days_in, month_of
from lmis.config import settings
from lmis.forecast.measures import MonthOfUse, average_monthly_consumption, maximum_level, rounded_to_packs
from lmis.forecast.need import LEVELS, need
from tests.bench.year_book import Book, Page, average_consumption
from tests.bench.year_life import Outcome, Shelves, in_packs, live
from tests.bench.year_policies import Ahead, ByAmc, ByForecast, needs, up_to
from tests.bench.year_world import NEVER, World, build

TODAY = date(2026, 10, 16)


@pytest.fixture(scope="module")
def world() -> World:
    return build(7, "district")


@pytest.fixture(scope="module")
def by_amc(world: World) -> Outcome:
    return live(world, ByAmc())


def as_last_year(book: Book, today: date) -> Ahead:
    """Of every month the mean of the last twelve, which varies as counts do."""
    mean = np.mean([page.dispensed for page in book.pages[-12:]], axis=0)
    above = np.linspace(-1, 2, len(LEVELS)) * np.sqrt(mean)[:, None]
    quantiles = np.maximum(0, mean[:, None] + above)
    return Ahead(month_of(today), np.stack([mean, mean], axis=1), np.stack([quantiles, quantiles], axis=1))


@pytest.fixture(scope="module")
def by_forecast(world: World) -> Outcome:
    return live(world, ByForecast(as_last_year))


def test_the_history_is_the_demos_own_month_after_month(world):
    pages = world.book.pages

    assert [page.month for page in (pages[0], pages[-1])] == [202410, 202609]
    assert all((one.closing == next_.opening).all() for one, next_ in pairwise(pages))
    assert (world.stock.sum(axis=1) == pages[-1].closing).mean() > 0.95  # the rest expired that night
    assert 0 < np.mean([page.days_out for page in pages]) < 5


@pytest.mark.parametrize("policy", ["by_amc", "by_forecast"])
def test_stock_is_conserved(policy, request):
    year = request.getfixturevalue(policy)

    assert (year.opening + year.received == year.served + year.expired + year.closing).all()
    assert min(its.min() for its in (year.received, year.served, year.expired, year.closing)) >= 0


def test_both_policies_meet_the_same_demand(by_amc, by_forecast):
    assert by_amc.world is by_forecast.world
    assert (by_amc.asked == by_forecast.asked).all()
    assert (by_amc.opening == by_forecast.opening).all()


def test_nobody_is_given_more_than_was_asked_for(by_amc):
    assert (by_amc.served <= by_amc.asked).all()
    assert 0.9 < by_amc.fill_rate < 1


def test_holding_more_serves_more(world, by_amc):
    lean = live(world, ByAmc(0.3))

    assert lean.fill_rate < by_amc.fill_rate
    assert lean.months_of_stock < by_amc.months_of_stock
    assert lean.stockout_days > by_amc.stockout_days


def test_the_same_seed_gives_the_same_year(world, by_amc):
    again = live(build(7, "district"), ByAmc())

    assert (again.stock_days == by_amc.stock_days).all()


def test_what_people_ask_for_is_what_the_demo_expects(world):
    last_year = sum(page.dispensed @ world.worth for page in world.book.pages[-12:])

    assert world.asked.sum(axis=0) @ world.worth == pytest.approx(last_year, rel=0.15)  # more: none is turned away


def test_a_policy_sees_no_more_than_the_months_before(world):
    seen: list[tuple[date, int]] = []

    class Looks(ByAmc):
        def learn(self, book: Book, today: date) -> None:
            seen.append((today, book.pages[-1].month))
            super().learn(book, today)

    live(world, Looks())

    assert [month for _, month in seen] == [202609, 202610, 202611, 202612, *range(202701, 202709)]


def test_what_never_comes_is_ordered_again(world):
    nothing_came = live(replace(world, late=np.full_like(world.late, NEVER)), ByAmc())
    all_came = live(replace(world, late=np.zeros_like(world.late)), ByAmc())

    assert nothing_came.received.sum() == 0
    assert all_came.fill_rate > 0.97


def test_the_lot_that_expires_first_is_given_first():
    shelves = Shelves(np.array([[5, 5]]), np.array([[TODAY.toordinal(), TODAY.toordinal() + 99]]))

    assert shelves.take(np.array([7])).tolist() == [7]
    assert shelves.stock.tolist() == [[0, 3]]


def test_a_lot_is_good_through_its_last_day():
    shelves = Shelves(np.array([[5, 5]]), np.array([[TODAY.toordinal() - 1, TODAY.toordinal()]]))

    assert shelves.throw_away(TODAY).tolist() == [5]
    assert shelves.stock.tolist() == [[0, 5]]
    assert shelves.on_hand.tolist() == [5]


months = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 28)), min_size=1, max_size=4)


@given(months)
def test_average_consumption_is_the_programs_own(its):
    nothing = np.zeros(1, dtype=np.int64)
    pages = [
        Page(202602 + at, nothing, nothing, np.array([used]), nothing, np.array([out]))
        for at, (used, out) in enumerate(its)
    ]
    told = average_monthly_consumption(
        MonthOfUse(used, days_in(202602 + at), out) for at, (used, out) in enumerate(its)
    )

    amc = average_consumption(pages)[0]

    assert np.isnan(amc) if told is None else amc == pytest.approx(float(told))


@given(st.integers(0, 10_000), st.integers(1, 200))
def test_packs_are_rounded_as_the_program_rounds_them(quantity, pack):
    expected = rounded_to_packs(quantity, pack, settings().pack_threshold)

    assert in_packs(np.array([quantity]), np.array([pack])).tolist() == [expected]


@given(st.integers(0, 10_000), st.sampled_from([Decimal(1) / 3, Decimal("0.5"), Decimal(1)]), st.sampled_from([1, 3]))
def test_a_part_of_a_unit_counts_as_one(used, share, months_held):
    amc = used * share

    assert up_to(np.array([float(amc) * months_held])).tolist() == [maximum_level(amc, Decimal(months_held))]


@given(
    st.lists(st.floats(0, 100), min_size=2, max_size=2),
    st.dates(date(2026, 10, 1), date(2026, 10, 31)),
    st.sampled_from([0.5, 0.9, 0.95]),
)
def test_a_need_is_the_programs_own(means, start, level):
    quantiles = [[mean * (0.5 + at / 10) for at in range(len(LEVELS))] for mean in means]
    told = need(means, quantiles, 202610, start=start, months=0.75, service_level=level)

    expected, safety = needs(Ahead(202610, np.array([means]), np.array([quantiles])), start, 0.75, level)

    assert told is not None
    assert (expected[0], safety[0]) == pytest.approx(told)
