"""The rules that forecasts are put together by: simple methods, choice, calibration, neighbours, campaigns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.calendar import month_at
from lmis.forecast.choice import FEW, Backtest, Moves, Spread, chosen, lognormal
from lmis.forecast.features import Simple, Sweep, adjusted_consumption, clipped
from lmis.forecast.learners import LEVEL, along
from lmis.forecast.lift import Lift
from lmis.forecast.measures import MonthOfUse
from lmis.forecast.measures import adjusted_consumption as by_the_rule
from lmis.forecast.newcomers import like_neighbours
from lmis.forecast.panel import build_panel, month_name, month_number
from lmis.forecast.training import rows_to_learn
from tests.forecast.invented import history, series


def test_months_have_numbers_that_follow_each_other():
    assert month_number("2027-01") - month_number("2026-12") == 1
    assert month_name(month_number("2026-02")) == "2026-02"
    assert month_at(month_number("2026-12")) == 202612


def test_the_last_of_two_rows_for_a_month_counts():
    twice = pd.concat([series("A", [1.0, 2.0]), series("A", [7.0])])

    assert build_panel(twice, "2026-02").values["dispensed"].tolist() == [[1.0, 7.0]]


def test_a_month_is_cut_short_when_nothing_was_left_or_days_were_without_stock():
    past = series("A", [1.0, 2.0, 3.0]).assign(closing=[0, 5, 5], days_out=[np.nan, 3, 0])
    panel = build_panel(past, "2026-02")

    assert panel.cut_short.tolist() == [[True, True, False]]
    assert panel.known("demand").tolist() == [[False, False, True]]
    assert panel.known("issued").tolist() == [[True, True, True]]


@given(dispensed=st.integers(0, 5000), days_out=st.integers(0, 31))
def test_consumption_is_corrected_for_days_out_as_the_rule_says(dispensed, days_out):
    expected = by_the_rule(MonthOfUse(dispensed, 31, days_out))
    found = adjusted_consumption(np.array([float(dispensed)]), np.array([float(days_out)]), 31)[0]

    assert np.isnan(found) if expected is None else found == pytest.approx(float(expected))


def test_amc_is_the_mean_of_the_last_three_reported_months_corrected_for_days_out():
    past = series("A", [90.0, 10.0, 20.0, 14.0]).assign(days_out=[0, 0, 0, 14])
    *_, known = Sweep(build_panel(past, "2026-02"), "demand", pd.Index(["I1"]))

    assert known.amc == pytest.approx([(10 + 20 + 14 * 28 / 14) / 3])


def test_the_statistical_median_stands_where_use_is_steady_and_ignores_missing_months():
    simple = Simple(2)
    for month in range(8):
        simple.push(np.array([6.0, 99.0]), np.array([month != 5, False]))

    assert simple.median()[0] == pytest.approx(6)
    assert np.isnan(simple.median()[1])


def test_one_month_a_thousand_times_the_rest_is_taken_for_five_times_the_second_largest():
    assert clipped(np.array([[10.0, 10_000.0, 12.0]])).tolist() == [[10, 60, 12]]
    assert clipped(np.array([[0.0, 30.0, 0.0]])).tolist() == [[0, 30, 0]]


def test_only_origins_whose_month_ahead_is_known_are_learnt_from():
    past = series("A", [1.0] * 6).drop(index=4)
    rows = rows_to_learn(build_panel(past, "2026-02"), "issued", (1,), 100, 0)

    assert [month_name(month) for month in rows.month] == ["2025-11", "2025-12", "2026-02"]


def backtest(
    actual: list[float], points: list[tuple[float, float, float]], quantiles: np.ndarray | None = None
) -> Backtest:
    n = len(actual)
    spread = np.full((n, len(LEVEL)), np.nan) if quantiles is None else quantiles
    return Backtest(np.zeros(n, int), np.array(actual), np.full(n, 10.0), np.ones(n), np.array(points), spread)


def test_errors_are_means_over_the_scored_months_of_each_series():
    errors, scored = backtest([10, 12], [(9, 11, 13), (12, 13, 13)]).errors(2)

    assert scored.tolist() == [2, 0]
    assert errors.loc[0].tolist() == [0.5, 1.0, 2.0]
    assert errors.loc[1].isna().all()


@pytest.mark.parametrize(
    ("errors", "months", "taken"),
    [
        ((9.0, 9.0, 10.0), 15, 2),  # a little better is not enough
        ((1.0, 9.0, 20.0), 15, 0),
        ((9.0, 1.0, 20.0), 15, 1),
        ((1.0, 1.0, 20.0), 5, 2),  # nor is better over few months
        ((np.nan, np.nan, np.nan), 0, 2),
    ],
)
def test_a_simpler_method_is_taken_only_where_it_did_clearly_better(errors, months, taken):
    frame = pd.DataFrame([errors], columns=["amc", "statistical", "model"])

    assert chosen(frame, np.array([months]), np.array([10.0])).tolist() == [taken]


def uniform(n: int, high: float) -> np.ndarray:
    return np.tile(LEVEL * high, (n, 1))


def test_quantiles_that_were_right_are_not_moved():
    actual = list(np.random.default_rng(0).uniform(0, 100, 4000))
    moves = Moves.of(backtest(actual, [(0, 0, 0)] * 4000, uniform(4000, 100)))

    assert moves(uniform(1, 100)) == pytest.approx(uniform(1, 100))


@pytest.mark.parametrize("high", [60, 160])
def test_quantiles_that_were_too_narrow_or_too_wide_are_moved_towards_what_came(high):
    actual = list(np.random.default_rng(0).uniform(0, 100, 4000))
    moved = Moves.of(backtest(actual, [(0, 0, 0)] * 4000, uniform(4000, high)))(uniform(1, high))[0]
    off = np.abs(moved - LEVEL * 100)

    assert (np.diff(moved) >= 0).all()
    assert off.sum() < 0.5 * np.abs(uniform(1, high)[0] - LEVEL * 100).sum()


def test_too_little_moves_nothing():
    assert np.array_equal(Moves.of(backtest([1.0], [(0, 0, 0)], uniform(1, 5))).places, LEVEL)


def test_a_simple_method_spreads_as_its_errors_did_and_lognormal_without_any():
    actual = np.random.default_rng(0).normal(50, 5, FEW * 3)
    spread = Spread(np.full(len(actual), 50.0), backtest(list(actual), [(0, 0, 0)] * len(actual)))
    point, level, busy = np.array([50.0]), np.array([10.0]), np.array([1.0])
    quantiles, means = spread.about(point, level, busy)
    nothing = Spread(np.empty(0), backtest([], np.empty((0, 3))))

    assert quantiles[0, [0, 9, 18]] == pytest.approx([41.8, 50, 58.2], abs=1)
    assert means[0] == pytest.approx(50, abs=1)
    assert np.array_equal(
        nothing.about(np.array([50.0]), np.array([10.0]), np.array([1.0]))[0], lognormal(np.array([50.0]))
    )


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=6).map(sorted), st.floats(0, 1))
def test_values_along_a_line_stay_between_its_ends(values, at):
    places = np.linspace(0, 1, len(values))
    found = along(places, np.array([values]), np.array([at]))[0, 0]

    assert values[0] - 1e-6 <= found <= values[-1] + 1e-6


PLACES = pd.DataFrame(
    [
        ("A", "pill", "D1", "station", 100.0, "pill"),
        ("B", "pill", "D1", "station", 300.0, "pill"),
        ("C", "pill", "D1", "station", 200.0, "pill"),  # new, its population known
        ("E", "pill", "D1", "station", np.nan, "pill"),  # new, its population not known
        ("F", "pill", "D2", "station", np.nan, "pill"),  # nobody under the same parent
        ("G", "new pill", "D3", "clinic", np.nan, "pill"),  # a new item of a known method at another level
        ("H", "new pill", "D3", "station", np.nan, "pill"),  # the same, at the level of those known
        ("I", "implant", "D1", "station", np.nan, "implant"),  # nothing is comparable
    ],
    columns=["facility", "item", "parent", "level", "population", "method"],
)


def neighbours() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    known = np.array([True, True] + [False] * 6)
    means = np.where(known, [10.0, 30, 0, 0, 0, 0, 0, 0], np.nan)[:, None].astype(np.float32)
    quantiles = np.repeat(means[..., None], len(LEVEL), 2)
    return like_neighbours(PLACES, ~known, known, means, quantiles)


def test_a_newcomer_is_like_its_neighbours_by_population_where_it_is_known():
    means, quantiles, _ = neighbours()

    assert means[2, 0] == pytest.approx(20)  # 0.1 a head
    assert quantiles[2, 0] == pytest.approx(np.full(len(LEVEL), 20))


def test_a_newcomer_of_unknown_population_is_the_mixture_of_its_neighbours():
    means, quantiles, _ = neighbours()

    assert means[3, 0] == pytest.approx(20)
    assert quantiles[3, 0, [0, -1]] == pytest.approx([10, 30])


def test_neighbours_are_sought_under_the_parent_then_at_the_level_then_of_the_method():
    _, _, found = neighbours()

    assert found.tolist() == [False, False, True, True, True, False, True, False]


def test_what_a_campaign_does_is_drawn_to_nothing_where_little_was_seen():
    past = pd.concat([series(f"F{at}", [10.0] * 11 + [30.0]) for at in range(40)])
    flagged = pd.DataFrame({"facility": [f"F{at}" for at in range(40)], "item": "I1", "period": "2026-02"})

    def ratio(flags: pd.DataFrame) -> float:
        panel = build_panel(past, "2026-02", flagged=flags)
        lift = Lift(panel)
        lift.take(panel.last, np.full(40, 10.0))
        return float(lift.ratio()[0])

    assert ratio(flagged.iloc[:0]) == 1
    assert 1.2 < ratio(flagged.iloc[:1]) < 1.7
    assert 2.6 < ratio(flagged) < 3


def test_a_flagged_month_is_neither_level_nor_learnt_from():
    past = history(facilities=2, items=1, months=12)
    flagged = past[past["period"] == "2023-12"][["facility", "item", "period"]]
    panel = build_panel(past, "2023-12", flagged=flagged)

    assert not panel.usual[:, -1].any()
    assert panel.reported[:, -1].sum() == len(flagged) > 0
    assert rows_to_learn(panel, "issued", (1, 2, 3), 1000, 0).month.max() < month_number("2023-12")
