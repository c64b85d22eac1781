"""From what is expected to what is ordered: worked cases, each with its arithmetic beside the expected figure.

The figures were worked out by hand. AMC in base units a month; forecasts are (months, expected, safety).
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.policy.rules import Row, Source, Target, Where, resolve
from lmis.policy.service import site_defaults
from lmis.requisitions.proposal import (
    AMC,
    FORECAST,
    MISSING,
    SHORT,
    Ahead,
    Stock,
    Terms,
    forecast_level,
    propose,
    shares,
)


def terms(order_by: str = FORECAST, *, emergency: bool = False, pack: int = 1, **values: str) -> Terms:
    """Of a station that holds up to 3 months, its emergency point at half a month, unless it says otherwise."""
    set_ = {name: Decimal(value) for name, value in values.items()}
    row = Row(Source(Where.FACILITY, 1), None, set_)
    policy = resolve(Target((1,), "commune", 3, None, None), [row], site_defaults())
    return Terms(policy, order_by, emergency, pack, Decimal("0.5"))


def forecast(months: str, expected: str, safety: str) -> Ahead:
    return Ahead(Decimal(months), Decimal(expected), Decimal(safety))


LEVELS = [
    # forecast, shelf life; expected; its arithmetic
    (("1.5", "42", "9"), "48", 51, "42 + 9"),
    (("1.5", "42", "9"), None, 51, "no shelf life is known, so none caps"),
    (("1.5", "42.001", "9"), "48", 52, "42,001 + 9 = 51,001: a part of a unit is one more"),
    (("1.5", "42", "9"), "1.75", 49, "42 / 1,5 = 28 a month are used; 28 × 1,75 = 49 before they expire"),
    (("1.5", "42", "9"), "1", 28, "28 × 1: less than is expected until the next order"),
    (("3", "100", "0"), "2", 67, "100 / 3 × 2 = 66,67"),
    (("3", "100", "50"), "4.5", 150, "100 / 3 × 4,5 = 150, whatever dividing left over"),
    (("0.75", "0.2", "0.9"), "60", 2, "0,2 + 0,9 = 1,1"),
    (("0.75", "0.2", "0"), "60", 1, "0,2: one, as less cannot be held"),
    (("0.75", "0", "0"), "60", 0, "nothing is expected"),
    (("0.75", "0", "3"), "60", 0, "a reserve of what nobody uses would expire: 0 / 0,75 × 60"),
    (("0", "1", "2"), "60", 3, "an order every day covers the day: 1 + 2"),
]

ORDERS = [
    # AMC, forecast; on hand, coming, unfilled; by AMC, by the forecast; its arithmetic
    ("30", ("1.5", "42", "9"), (20, 0, 0), 70, 31, "30 × 3 = 90; 90 − 20. 42 + 9 = 51; 51 − 20"),
    ("30", ("1.5", "42", "9"), (20, 15, 0), 55, 16, "15 are on the way: 90 − 20 − 15; 51 − 20 − 15"),
    ("30", ("1.5", "42", "9"), (20, 15, 8), 63, 24, "8 are asked for from below: 55 + 8; 16 + 8"),
    ("30", ("1.5", "42", "9"), (60, 0, 0), 30, 0, "90 − 60; above 51: 51 − 60 = −9, never less than none"),
    ("10", ("1.5", "42", "9"), (0, 0, 0), 30, 51, "use will rise: 10 × 3; 42 + 9"),
    (None, ("1.5", "42", "9"), (0, 0, 0), 0, 51, "no use is known yet, so AMC proposes none; 42 + 9"),
    (None, ("1.5", "42", "9"), (0, 0, 4), 4, 55, "no use is known yet, 4 are asked for: 0 + 4; 51 + 4"),
    ("0", ("1.5", "0", "0"), (0, 0, 0), 0, 0, "nothing is used or expected"),
]

EMERGENCIES = [
    # AMC, forecast; on hand; by AMC, by the forecast; its arithmetic. The emergency point is half a month.
    ("30", ("1.5", "42", "9"), 14, 76, 0, "14 < 30 × 0,5 = 15: 90 − 14. 42 / 1,5 = 28; 14 is not below 28 × 0,5 = 14"),
    ("30", ("1.5", "42", "9"), 13, 77, 38, "13 < 15: 90 − 13. 13 < 14: 51 − 13"),
    ("30", ("1.5", "42", "9"), 15, 0, 0, "15 is not below 15, nor below 14"),
    ("20", ("1.5", "42", "9"), 12, 0, 39, "12 is not below 20 × 0,5 = 10. 12 < 14: 51 − 12"),
    (None, ("1.5", "42", "9"), 0, 0, 51, "no use is known, so AMC knows of no emergency. 0 < 14: 51"),
    ("30", ("1.5", "0", "0"), 0, 90, 0, "0 < 15: 90. Nothing is expected: 0 is not below 0"),
]

PACKS = [
    # forecast; on hand; pack; expected; its arithmetic
    (("1.5", "42", "9"), 20, 12, 36, "31 = 2 × 12 + 7; 7 > 0,5 × 12 = 6: 3 packs"),
    (("1.5", "42", "9"), 21, 12, 30, "30 = 2 × 12 + 6; 6 is not more than 6: it stays"),
]


@pytest.mark.parametrize(("ahead", "shelf_life", "level", "arithmetic"), LEVELS)
def test_stock_is_filled_up_to_what_is_expected_and_a_reserve(ahead, shelf_life, level, arithmetic):
    assert forecast_level(forecast(*ahead), None if shelf_life is None else Decimal(shelf_life)) == level, arithmetic


@pytest.mark.parametrize(("amc", "ahead", "stock", "by_amc", "by_forecast", "arithmetic"), ORDERS)
def test_both_orders_are_reckoned(amc, ahead, stock, by_amc, by_forecast, arithmetic):
    found = propose(amc and Decimal(amc), forecast(*ahead), Stock(*stock), terms())

    assert (found.by_amc, found.by_forecast) == (by_amc, by_forecast), arithmetic


@pytest.mark.parametrize(("amc", "ahead", "on_hand", "by_amc", "by_forecast", "arithmetic"), EMERGENCIES)
def test_in_an_emergency_each_is_measured_by_the_use_it_knows(amc, ahead, on_hand, by_amc, by_forecast, arithmetic):
    found = propose(amc and Decimal(amc), forecast(*ahead), Stock(on_hand, 0, 0), terms(emergency=True))

    assert (found.by_amc, found.by_forecast) == (by_amc, by_forecast), arithmetic


@pytest.mark.parametrize(("ahead", "on_hand", "pack", "order", "arithmetic"), PACKS)
def test_the_forecasts_order_comes_in_packs_too(ahead, on_hand, pack, order, arithmetic):
    assert propose(None, forecast(*ahead), Stock(on_hand, 0, 0), terms(pack=pack)).by_forecast == order, arithmetic


@pytest.mark.parametrize(
    ("order_by", "ahead", "proposed", "basis"),
    [
        (AMC, forecast("1.5", "42", "9"), 90, AMC),
        (FORECAST, forecast("1.5", "42", "9"), 51, FORECAST),
        (AMC, MISSING, 90, AMC),
        (AMC, SHORT, 90, AMC),
        (FORECAST, MISSING, 90, MISSING),
        (FORECAST, SHORT, 90, SHORT),
    ],
)
def test_what_the_site_orders_by_is_proposed_and_amc_where_there_is_no_forecast(order_by, ahead, proposed, basis):
    found = propose(Decimal(30), ahead, Stock(0, 0, 0), terms(order_by))

    assert (found.proposed, found.basis) == (proposed, basis)
    assert found.by_amc == 90


def test_what_an_order_was_made_from_is_kept():
    found = propose(Decimal(30), forecast("1.5", "42", "9"), Stock(20, 0, 0), terms(maximum="4"))

    assert (found.maximum_months, found.maximum_level) == (4, 120)
    assert (found.span_months, found.expected, found.safety, found.forecast_level) == (Decimal("1.5"), 42, 9, 51)


@given(
    st.builds(
        Ahead,
        st.decimals("0.01", 24, places=2),
        st.decimals(0, 100_000, places=3),
        st.decimals(0, 100_000, places=3),
    ),
    st.builds(Stock, *[st.integers(0, 200_000)] * 3),
    st.decimals("0.1", 120, places=1),
)
def test_an_order_never_fills_above_what_is_used_before_it_expires(ahead, stock, shelf_life):
    order = propose(None, ahead, stock, terms(shelf_life=str(shelf_life))).by_forecast

    assert order is not None
    assert order >= 0
    usable = ahead.monthly * shelf_life + stock.unfilled
    assert order == 0 or stock.on_hand + stock.coming + order < usable + 1


SHARES = [
    # AMC, use in the last year; expected, by channel; its arithmetic
    ({"free": "60", "market": "20"}, {}, {"free": "0.75", "market": "0.25"}, "60 / 80 and 20 / 80"),
    ({"free": "60"}, {"market": 100}, {"free": "1", "market": "0"}, "what is used now alone counts: 60 / 60"),
    ({"free": "0"}, {"free": 30, "market": 90}, {"free": "0.25", "market": "0.75"}, "none of AMC: 30 / 120"),
    ({}, {"market": 90}, {"free": "0", "market": "1"}, "no AMC: 90 / 90"),
    ({}, {}, {"free": "0.5", "market": "0.5"}, "nothing is known: 1 / 2"),
    ({"free": "-3", "market": "6"}, {}, {"free": "0", "market": "1"}, "more taken back than dispensed is no use"),
]


@pytest.mark.parametrize(("amc", "used", "expected", "arithmetic"), SHARES)
def test_a_forecast_is_divided_as_the_channels_use_the_item(amc, used, expected, arithmetic):
    found = shares(
        [(1, "free"), (1, "market")],
        {(1, channel): Decimal(use) for channel, use in amc.items()},
        {(1, channel): use for channel, use in used.items()},
    )

    assert found == {(1, channel): Decimal(share) for channel, share in expected.items()}, arithmetic


def test_each_item_is_divided_on_its_own():
    found = shares([(1, "free"), (1, "market"), (2, "market")], {(1, "free"): Decimal(5)}, {(2, "free"): 3})

    assert found == {(1, "free"): 1, (1, "market"): 0, (2, "market"): 1}


@given(st.dictionaries(st.sampled_from("abcdef"), st.decimals(0, 10**9, places=3), min_size=1))
def test_the_shares_of_an_item_are_a_whole(amc):
    found = shares([(1, channel) for channel in amc], {(1, channel): use for channel, use in amc.items()})

    assert round(sum(found.values()), 20) == 1
