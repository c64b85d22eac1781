"""How likely more is used than there is: what stock has to cover, turned round."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.forecast.need import LEVELS, Part, chance_of_more, need, shares_until

EVEN = tuple(100 * (0.5 + level) for level in LEVELS)  # 55 … 145 about a mean of 100


def test_in_one_month_it_is_the_forecasts_own_level():
    assert [chance_of_more(units, [Part(1.0, 100, EVEN)]) for units in (55, 80, 100, 102.5, 145)] == pytest.approx(
        [0.95, 0.7, 0.5, 0.475, 0.05]
    )


def test_the_doubts_of_two_months_make_up_for_each_other():
    # at level 0.8 each month is 30 above its mean: together √(30² + 30²) = 42.4
    assert chance_of_more(200 + 42.43, [Part(1.0, 100, EVEN)] * 2) == pytest.approx(0.2, abs=1e-3)


def test_half_a_month_has_more_doubt_than_half_of_it():
    assert chance_of_more(50 + 30 * 0.5**0.5, [Part(0.5, 100, EVEN)]) == pytest.approx(0.2)


def test_beyond_the_levels_it_falls_with_the_square_of_the_distance():
    month = [Part(1.0, 100, EVEN)]

    assert chance_of_more(190, month) == pytest.approx(0.05 / 4)  # 90 above the mean, where 45 is the last level
    assert chance_of_more(10, month) == pytest.approx(1 - 0.05 / 4)
    assert chance_of_more(10_000, month) < 1e-4


def test_where_most_months_use_nothing_an_empty_shelf_is_used_up_as_often_as_some_do():
    rare = (0.0,) * 14 + (1.0,) * 5  # at levels 0.75 and above

    assert chance_of_more(0, [Part(1.0, 0.3, rare)]) == pytest.approx(0.3)
    assert chance_of_more(2, [Part(1.0, 0.3, rare)]) < 0.05


def test_without_spread_it_is_yes_or_no():
    month = [Part(1.0, 100, (100.0,) * len(LEVELS))]

    assert [chance_of_more(units, month) for units in (99, 100, 101)] == [1, 0, 0]


@given(
    means=st.lists(st.floats(0, 300), min_size=2, max_size=2),
    widths=st.lists(st.floats(0.01, 0.9), min_size=2, max_size=2),
    level=st.integers(10, 18),
)
def test_what_is_needed_for_a_service_level_is_used_up_as_often_as_that_leaves(means, widths, level):
    start, months = date(2026, 11, 10), 1.0
    each = [[mean * (1 + width * (2 * it - 1)) for it in LEVELS] for mean, width in zip(means, widths, strict=True)]
    covered = need(means, each, 202611, start=start, months=months, service_level=LEVELS[level])
    parts = [
        Part(share, means[month - 202611], each[month - 202611])
        for month, share in shares_until(start, date(2026, 12, 10))
    ]

    if covered.expected > 0.1:
        chance = chance_of_more(covered.expected + covered.safety, parts)
        assert chance == pytest.approx(1 - LEVELS[level], abs=1e-6)


@pytest.mark.parametrize(
    ("start", "end", "shares"),
    [
        (date(2028, 2, 15), date(2028, 3, 1), [(202802, 15 / 29)]),
        (date(2026, 12, 31), date(2027, 1, 2), [(202612, 1 / 31), (202701, 1 / 31)]),
    ],
)
def test_a_span_is_cut_at_the_ends_of_months(start, end, shares):
    assert shares_until(start, end) == shares
