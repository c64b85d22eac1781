"""Forecasts of many series: nothing later is seen, the same comes out again, every series has one or a reason."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from lmis.forecast.backtest import backtest, origins_of
from lmis.forecast.learners import LEVEL
from lmis.forecast.methods import Effort, Forecasts, fit, forecast
from lmis.forecast.panel import Target
from lmis.forecast.reasons import METHODS, REASONS
from tests.forecast.invented import added_after, changed_after, history, series

LITTLE = Effort(rounds=12, trees=5)
HISTORY = history()
CUTOFF = "2025-08"
TARGETS: tuple[Target, ...] = ("issued", "demand")


def made(
    past: pd.DataFrame, target: Target = "demand", *, cutoff: str = CUTOFF, horizon: int = 6, **about
) -> Forecasts:
    return forecast(past, cutoff, horizon, target, **{"threads": 1, "effort": LITTLE, **about})


def same(one: Forecasts, other: Forecasts) -> None:
    """All that two forecasts say is the same, to the last bit."""
    for field in fields(Forecasts):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, pd.DataFrame):
            pd.testing.assert_frame_equal(left, right, check_exact=True)
        else:
            np.testing.assert_array_equal(left, right, err_msg=field.name)


@pytest.fixture(scope="module", params=TARGETS)
def as_it_was(request: pytest.FixtureRequest) -> tuple[Forecasts, Target]:
    found = made(HISTORY[HISTORY["period"] <= CUTOFF], request.param, flagged=FLAGGED)
    return found, request.param


FLAGGED = pd.DataFrame(
    [("F01", "I1", "2025-03"), ("F02", "I1", "2024-03"), ("F01", "I1", "2025-10")],
    columns=["facility", "item", "period"],
)


@pytest.mark.parametrize("later", [changed_after, added_after], ids=["changed", "added"])
def test_no_method_sees_anything_after_the_cutoff(as_it_was, later):
    expected, target = as_it_was

    same(made(later(HISTORY, CUTOFF), target, flagged=FLAGGED), expected)


def test_what_was_before_the_cutoff_does_matter(as_it_was):
    expected, target = as_it_was
    past = HISTORY[HISTORY["period"] <= CUTOFF]
    more = past.assign(dispensed=np.where(past["period"] == CUTOFF, past["dispensed"] * 3, past["dispensed"]))

    assert np.mean(made(more, target, flagged=FLAGGED).means != expected.means) > 0.5


def test_neither_the_order_of_rows_nor_threads_change_a_figure():
    few = HISTORY[HISTORY["facility"] < "F06"]

    same(made(few.sample(frac=1, random_state=3), threads=3), made(few))


def test_another_seed_gives_other_figures_and_the_same_one_the_same():
    few = HISTORY[HISTORY["facility"] < "F04"]
    first = made(few, horizon=3)

    same(made(few, horizon=3), first)
    assert not np.array_equal(made(few, horizon=3, seed=1).means, first.means)


def test_quantiles_rise_and_nothing_is_negative(as_it_was):
    expected, _ = as_it_was

    assert expected.quantiles.shape == (len(expected.keys), 6, len(LEVEL))
    assert (np.diff(expected.quantiles, axis=2) >= 0).all()
    assert (expected.quantiles >= 0).all()
    assert (expected.means >= 0).all()


def test_a_longer_horizon_keeps_the_first_months():
    few = HISTORY[HISTORY["facility"] < "F04"]
    near, far = made(few, horizon=3), made(few, horizon=24)

    np.testing.assert_array_equal(far.means[:, :3], near.means)
    assert np.isfinite(far.means).all()


def test_what_was_learnt_once_forecasts_from_later_cutoffs():
    learnt = fit(HISTORY, CUTOFF, 3, "demand", threads=1, effort=LITTLE)

    same(learnt.predict(HISTORY, CUTOFF), made(HISTORY, horizon=3))
    later = learnt.predict(HISTORY, "2025-10")
    assert later.cutoff == "2025-10"
    same(learnt.predict(changed_after(HISTORY, "2025-10"), "2025-10"), later)


def test_the_chosen_method_does_not_lose_to_amc():
    origins = origins_of(HISTORY, 1, 3)
    for target in TARGETS:
        found = backtest(HISTORY, origins, 3, target, threads=1, effort=Effort(rounds=50, trees=15))
        by = {score.method: score for score in found.scores}

        assert origins == ["2025-11"]
        assert by["chosen"].mase < 0.95 * by["amc"].mase
        assert by["chosen"].scrps < 0.95 * by["amc"].scrps
        assert 0.8 < by["chosen"].coverage < 0.97
        assert abs(by["chosen"].bias) < 0.2


def test_the_frame_has_a_row_for_each_month_and_series():
    found = made(HISTORY[HISTORY["facility"] < "F04"], horizon=2)
    frame = found.frame()

    assert list(frame.columns) == ["unique_id", "cutoff", "ds", "y_hat", "y_mean", *(f"q{level:g}" for level in LEVEL)]
    assert len(frame) == 2 * len(found.keys)
    assert frame.loc[0, ["unique_id", "cutoff", "ds"]].tolist() == ["F00_I0", "2025-08-01", "2025-09-01"]
    assert (frame["y_hat"] == frame["q0.5"]).all()


@pytest.mark.parametrize("cutoff", ["2022-12", "2023-01", "2023-04", "2023-09"])
def test_a_cutoff_at_the_very_beginning_is_no_fault(cutoff):
    few = HISTORY[HISTORY["facility"] < "F03"]
    expected = few[["facility", "item"]].drop_duplicates()
    found = made(few, cutoff=cutoff, places=expected, horizon=2)

    assert len(found.keys) == len(expected)
    assert set(found.reason) <= set(REASONS)
    assert (found.method == "none").all() == (cutoff == "2022-12")
    assert np.isfinite(found.means[found.method != "none"]).all()


def test_a_cutoff_before_all_data_gives_no_series_without_expected_ones():
    found = made(HISTORY, cutoff="2015-06")

    assert len(found.keys) == 0
    assert found.frame().empty


def odd() -> pd.DataFrame:
    """One series of each kind of trouble."""
    return pd.concat(
        [
            series("one month", [5.0]),
            series("two months", [5.0, 7.0]),
            series("all zero", [0.0] * 24),
            series("gaps", [9.0] * 24).iloc[::3],
            series("spike", [10.0] * 12 + [10_000.0] + [10.0] * 11),
            series("last spike", [10.0] * 23 + [10_000.0]),
            series("ended", [6.0] * 10, last="2024-12"),
            series("given up", [6.0] * 12 + [0.0] * 13),
            series("always out", [0.0] * 24, closing=0),
            series("out since", [8.0] * 12 + [0.0] * 12).assign(closing=[10] * 12 + [0] * 12),
            series("out of late", [8.0] * 12 + [0.0] * 12, closing=0),
            series("not known", [np.nan] * 24),
            series("negative", [-3.0] * 24),
            series("infinite", [3.0] * 23 + [np.inf]),
            series("steady", [10.0] * 24),
        ],
        ignore_index=True,
    )


EXPECTED_REASONS = {
    "one month": "short_history",
    "two months": "short_history",
    "all zero": "never_dispensed",
    "given up": "discontinued",
    "always out": "always_out",
    "out since": "out_since",
    "not known": "new_facility",
    "negative": "never_dispensed",
}


@pytest.mark.parametrize("company", [True, False], ids=["among others", "alone"])
@pytest.mark.parametrize("target", TARGETS)
def test_every_odd_series_gets_a_forecast_or_a_reason(target, company):
    past = pd.concat([HISTORY, odd()], ignore_index=True) if company else odd()
    found = made(past, target, cutoff="2026-02", horizon=2)
    is_odd = ~found.keys["facility"].str.fullmatch(r"F\d\d")
    at = {facility: row for row, facility in found.keys.loc[is_odd, "facility"].items()}

    assert len(at) == 15
    assert set(found.method) <= set(METHODS)
    assert set(found.reason) <= set(REASONS)
    assert np.isfinite(found.means).all()
    assert np.isfinite(found.quantiles).all()
    for facility, reason in EXPECTED_REASONS.items():
        if company and not (target == "issued" and "out" in facility):
            assert found.reason[at[facility]] == reason, facility
    assert found.means[at["given up"]].max() == 0
    assert found.means[at["all zero"]].max() == 0
    assert target == "issued" or found.means[at["out since"]].min() > 3
    assert found.quantiles[at["spike"], :, -1].max() < 200
    assert found.means[at["last spike"]].max() < 100
    assert 5 < found.quantiles[at["steady"], 0, 9] < 15


def test_an_infinite_or_huge_figure_harms_no_other_series():
    past = HISTORY[HISTORY["facility"] < "F06"]
    clean = made(past, horizon=1)
    spoilt = made(pd.concat([past, series("X", [3.0] * 20 + [1e300, -np.inf, 1e8], last=CUTOFF)]), horizon=1)
    others = (spoilt.keys["facility"] != "X").to_numpy()

    assert 0.8 < spoilt.means[others].sum() / clean.means.sum() < 1.25
    assert spoilt.means[~others].max() < 100


@pytest.mark.parametrize("months", [1, 3, 6, 12])
def test_two_items_swapped_do_not_send_a_forecast_beyond_all_that_was_seen(months):
    quiet = [series(f"Q{place:02d}", [5.0] * 24) for place in range(14)]
    swapped = series("swapped", [5.0] * (24 - months) + [1000.0] * months)
    found = made(pd.concat([*quiet, swapped]), cutoff="2026-02", horizon=12, effort=Effort())
    here = (found.keys["facility"] == "swapped").to_numpy()

    assert found.means[here].max() <= 3000
    assert found.means[~here].max() < 50
    assert (found.means >= found.quantiles[..., 0]).all()


def test_a_campaign_month_to_come_is_lifted_by_what_past_ones_did():
    few = HISTORY[HISTORY["facility"] < "F06"]
    keys = few[["facility", "item"]].drop_duplicates()
    past = few.assign(dispensed=np.where(few["period"] == "2025-03", few["dispensed"] * 4, few["dispensed"]))
    before, both = (
        pd.concat([keys.assign(period=month) for month in months]) for months in (["2025-03"], ["2025-03", "2025-10"])
    )
    usual, lifted = made(past, flagged=before), made(past, flagged=both)

    assert (lifted.means[:, 1] / usual.means[:, 1])[usual.means[:, 1] > 1].min() > 2
    np.testing.assert_array_equal(lifted.means[:, [0, 2, 3]], usual.means[:, [0, 2, 3]])
    assert usual.means.sum() < 1.15 * made(few, flagged=before).means.sum()  # the past campaign raised no level


def test_the_days_of_tet_count_where_the_calendar_is_vietnams():
    past = HISTORY[HISTORY["facility"] < "F05"]

    assert not np.array_equal(made(past, calendar="vn", horizon=3).means, made(past, horizon=3).means)
