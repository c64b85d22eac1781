"""From what was dispensed to what is ordered: worked cases, each with its arithmetic beside the expected figure.

The figures were worked out by hand. Months are [dispensed, days, days out].
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.forecast.measures import (
    MonthOfUse,
    adjusted_consumption,
    average_monthly_consumption,
    maximum_level,
    order_quantity,
    rounded_to_packs,
)
from lmis.policy.rules import usable_maximum

ADJUSTED = [
    # dispensed, days, days out, expected, its arithmetic
    (120, 31, 0, "120", "in stock all the month: 120 × 31 / 31"),
    (120, 31, 10, "1240/7", "120 × 31 / (31 − 10) = 3720 / 21 = 177,142857…"),
    (120, 30, 10, "180", "120 × 30 / (30 − 10) = 3600 / 20"),
    (120, 31, 1, "124", "120 × 31 / (31 − 1) = 3720 / 30"),
    (7, 31, 30, "217", "one day in stock: 7 × 31 / (31 − 30)"),
    (56, 28, 14, "112", "February: 56 × 28 / (28 − 14) = 1568 / 14"),
    (56, 29, 14, "1624/15", "February with its leap day: 56 × 29 / (29 − 14) = 1624 / 15 = 108,266…"),
    (90, 30, 15, "180", "half the month out: 90 × 30 / 15"),
    (0, 31, 12, "0", "nobody asked while there was stock: 0 × 31 / 19"),
    (0, 31, 0, "0", "nothing dispensed, in stock all the month: a true zero"),
    (0, 31, 31, None, "out throughout: says nothing of demand, and is no zero"),
    (24, 31, 31, "24", "came and went within the day, each day ended empty: as it stands"),
    (0, 28, 28, None, "out all February: left out"),
    (1, 30, 1, "30/29", "1 × 30 / 29 = 1,034482…"),
]

AVERAGE = [
    # months, expected, its arithmetic
    ([(100, 31, 0)], "100", "one month: 100 / 1"),
    ([(100, 31, 0), (140, 30, 0)], "120", "two months: (100 + 140) / 2"),
    ([(100, 31, 0), (140, 30, 0), (150, 31, 0)], "130", "three months: (100 + 140 + 150) / 3"),
    ([(100, 31, 0), (100, 30, 0), (200, 31, 0)], "400/3", "400 / 3 = 133,333…, not rounded"),
    ([(120, 31, 10), (100, 30, 0)], "970/7", "(120 × 31 / 21 + 100) / 2 = (1240/7 + 700/7) / 2 = 138,571…"),
    ([(90, 30, 0), (0, 31, 31), (60, 30, 0)], "75", "August out throughout is left out: (90 + 60) / 2, not / 3"),
    ([(90, 30, 0), (60, 31, 0)], "75", "the third month's report is missing: (90 + 60) / 2, not / 3"),
    ([(90, 30, 0), (0, 31, 0), (60, 30, 0)], "50", "a month without demand counts: (90 + 0 + 60) / 3"),
    ([(90, 30, 0), (0, 31, 16), (60, 30, 0)], "50", "out for half a month that nobody asked in: (90 + 0 + 60) / 3"),
    ([(0, 31, 0), (0, 30, 0), (0, 31, 0)], "0", "0 / 3: known to be nothing"),
    ([(0, 31, 31), (0, 30, 30), (0, 31, 31)], None, "never in stock: not known"),
    ([], None, "no report at all: not known"),
    ([(45, 31, 0), (45, 28, 14), (45, 31, 0)], "60", "(45 + 45 × 28 / 14 + 45) / 3 = (45 + 90 + 45) / 3"),
    ([(45, 31, 0), (45, 29, 14), (45, 31, 0)], "59", "leap year: (45 + 45 × 29 / 15 + 45) / 3 = (45 + 87 + 45) / 3"),
    ([(300, 31, 0), (0, 30, 30)], "300", "an emergency delivery on the 30th was not dispensed: 300 / 1"),
    (
        [(30, 30, 15), (60, 30, 20), (90, 30, 25)],
        "260",
        "(30 × 30/15 + 60 × 30/10 + 90 × 30/5) / 3 = (60 + 180 + 540) / 3",
    ),
]

ORDERS = [
    # AMC, maximum, shelf life (months); on hand, in transit, unfilled; expected; its arithmetic
    ("120", "3", "48", 100, 0, 0, 260, "120 × 3 = 360; 360 − 100"),
    ("120", "3", "48", 100, 60, 0, 200, "360 − 100 − 60 on the way"),
    ("120", "3", "48", 100, 60, 25, 225, "360 − 100 − 60 + 25 still owed below"),
    ("120", "3", "48", 360, 0, 0, 0, "at the maximum: 360 − 360"),
    ("120", "3", "48", 361, 0, 0, 0, "above the maximum: 360 − 361 = −1, never less than none"),
    ("120", "3", "48", 0, 400, 0, 0, "on the way alone is above the maximum: 360 − 400 = −40"),
    ("120", "3", "48", 0, 400, 50, 10, "what is owed is ordered all the same: 360 − 400 + 50"),
    ("120", "3", "48", 0, 0, 0, 360, "out of stock: all of 360"),
    ("120", "3", "48", 48, 0, 0, 312, "emergency: 48 / 120 = 0,4 month, and still up to the maximum: 360 − 48"),
    ("120", "3", "48", 48, 312, 0, 0, "an emergency order on the way is not ordered again: 360 − 48 − 312"),
    ("120", "0.5", "48", 48, 0, 0, 12, "half a month: 120 × 0,5 = 60; 60 − 48"),
    ("120", "6", "4", 100, 0, 0, 380, "may be used for 4 months only: 120 × min(6; 4) = 480; 480 − 100"),
    ("120", "6", "2.5", 100, 0, 0, 200, "120 × min(6; 2,5) = 300; 300 − 100"),
    ("120", "6", "6", 100, 0, 0, 620, "the shelf life is the maximum: 120 × 6 = 720; 720 − 100"),
    ("120", "6", None, 100, 0, 0, 620, "no shelf life is known, so none caps: 720 − 100"),
    ("0", "3", "48", 0, 0, 0, 0, "nothing is used: 0 × 3 − 0"),
    ("0", "3", "48", 0, 0, 15, 15, "nothing is used, 15 are owed: 0 + 15"),
    ("177.1428571428571428571428571", "3", "48", 0, 0, 0, 532, "1240/7 × 3 = 531,43: a part of a unit is one more"),
    ("33.33333333333333333333333333", "3", "48", 0, 0, 0, 100, "100/3 × 3 = 100, whatever dividing left over"),
    ("66.66666666666666666666666667", "3", "48", 0, 0, 0, 200, "200/3 × 3 = 200, and not 201 for what dividing added"),
    ("0.3333333333333333333333333333", "3", "60", 0, 0, 0, 1, "one implant in three months: 1/3 × 3 = 1"),
    ("0.2", "1.25", "84", 0, 0, 0, 1, "0,2 × 1,25 = 0,25: one IUD, as less cannot be held"),
]

PACKS = [
    # order, pack, threshold; expected; its arithmetic
    (260, 144, "0.5", 288, "260 = 1 × 144 + 116; 116 > 0,5 × 144 = 72: 2 packs"),
    (216, 144, "0.5", 216, "216 = 1 × 144 + 72; 72 is not more than 0,5 × 144 = 72: it stays"),
    (217, 144, "0.5", 288, "217 = 1 × 144 + 73; 73 > 72: 2 packs"),
    (288, 144, "0.5", 288, "just 2 packs"),
    (145, 144, "0", 288, "threshold 0: one unit more is a pack more"),
    (287, 144, "1", 287, "threshold 1: 143 of 144 is not more than a pack"),
    (1, 144, "0.5", 1, "1 is not more than 72: one piece, not a box of them"),
    (73, 144, "0.5", 144, "73 > 72: the first pack, too"),
    (72, 144, "1", 72, "72 is not more than 144: it stays"),
    (0, 144, "0", 0, "no need is no pack"),
    (260, 1, "0.5", 260, "single units: nothing to round"),
    (13, 10, "0.3", 13, "13 = 1 × 10 + 3; 3 is not more than 0,3 × 10 = 3: it stays"),
    (14, 10, "0.3", 20, "14 = 1 × 10 + 4; 4 > 3: 2 packs"),
]


def figure(expected: str | None) -> Fraction | None:
    return None if expected is None else round(Fraction(expected), 9)


def found(result: Decimal | None) -> Fraction | None:
    return None if result is None else round(Fraction(result), 9)


@pytest.mark.parametrize(("dispensed", "days", "out", "expected", "arithmetic"), ADJUSTED)
def test_consumption_is_corrected_for_stockout(dispensed, days, out, expected, arithmetic):
    assert found(adjusted_consumption(MonthOfUse(dispensed, days, out))) == figure(expected), arithmetic


@pytest.mark.parametrize(("months", "expected", "arithmetic"), AVERAGE)
def test_consumption_is_averaged_over_the_months_that_say_something(months, expected, arithmetic):
    assert found(average_monthly_consumption(MonthOfUse(*it) for it in months)) == figure(expected), arithmetic


@pytest.mark.parametrize(
    ("amc", "maximum", "shelf_life", "on_hand", "in_transit", "unfilled", "expected", "arithmetic"), ORDERS
)
def test_an_order_fills_up_to_the_maximum(
    amc, maximum, shelf_life, on_hand, in_transit, unfilled, expected, arithmetic
):
    months = usable_maximum(Decimal(maximum), None if shelf_life is None else Decimal(shelf_life))
    level = maximum_level(Decimal(amc), months)

    assert order_quantity(level, on_hand, in_transit, unfilled) == expected, arithmetic


@pytest.mark.parametrize(("quantity", "pack", "threshold", "expected", "arithmetic"), PACKS)
def test_an_order_is_rounded_to_packs(quantity, pack, threshold, expected, arithmetic):
    assert rounded_to_packs(quantity, pack, Decimal(threshold)) == expected, arithmetic


units = st.integers(0, 10_000)
shares = st.decimals(0, 1, places=2)
packs = st.integers(1, 500)
months_of_use = st.builds(
    lambda days, share, dispensed: MonthOfUse(dispensed, days, days * share // 100),
    st.integers(28, 31),
    st.integers(0, 100),
    units,
)


@given(units, units, units, units)
def test_an_order_brings_the_stock_to_the_maximum_and_never_beyond_it(level, on_hand, in_transit, unfilled):
    order = order_quantity(level, on_hand, in_transit, unfilled)
    position = on_hand + in_transit + order - unfilled

    assert order >= 0
    assert position >= level
    assert position == level or order == 0


@given(units, units, units, units, units)
def test_more_in_hand_never_orders_more_and_more_owed_never_less(level, on_hand, in_transit, unfilled, more):
    order = order_quantity(level, on_hand, in_transit, unfilled)

    assert order_quantity(level, on_hand + more, in_transit, unfilled) <= order
    assert order_quantity(level, on_hand, in_transit + more, unfilled) <= order
    assert order_quantity(level, on_hand, in_transit, unfilled + more) >= order
    assert order_quantity(level + more, on_hand, in_transit, unfilled) >= order


@given(st.decimals(0, 10_000, places=6), st.decimals(0, 60, places=2))
def test_the_maximum_level_is_the_least_that_lasts_as_long(amc, months):
    level = maximum_level(amc, months)
    exact = Fraction(amc) * Fraction(months)

    assert exact - Fraction(1, 1_000_000) <= level < exact + 1


@given(units, packs, shares)
def test_the_need_is_always_met_and_only_the_last_pack_is_rounded_up(quantity, pack, threshold):
    rounded = rounded_to_packs(quantity, pack, threshold)

    assert rounded == quantity or rounded % pack == 0
    assert 0 <= rounded - quantity < pack
    assert rounded - quantity <= (1 - threshold) * pack


@given(units, packs, shares, shares)
def test_a_higher_threshold_never_orders_more(quantity, pack, one, other):
    low, high = sorted((one, other))

    assert rounded_to_packs(quantity, pack, high) <= rounded_to_packs(quantity, pack, low)


@given(units, units, packs, shares)
def test_a_larger_need_never_gets_fewer_packs(quantity, more, pack, threshold):
    assert rounded_to_packs(quantity, pack, threshold) <= rounded_to_packs(quantity + more, pack, threshold)


@given(st.lists(months_of_use, max_size=6))
def test_amc_lies_among_its_months_none_of_which_is_corrected_downwards(months):
    amc = average_monthly_consumption(months)
    said = [(it.dispensed, adjusted_consumption(it)) for it in months]
    known = [adjusted for _, adjusted in said if adjusted is not None]

    assert all(adjusted >= dispensed for dispensed, adjusted in said if adjusted is not None)
    assert (amc is None) == (not known)
    assert amc is None or min(known) - Decimal("1e-9") <= amc <= max(known) + Decimal("1e-9")
