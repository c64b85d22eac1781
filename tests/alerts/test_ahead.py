"""What is expected to be used, by days, from months."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from math import exp, lgamma, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.alerts.ahead import Average, Forecast, chance_of_count
from lmis.alerts.reading_use import lump
from tests.alerts.shelves import DAY, LEVELS, certain, doubtful
from tests.factories import TODAY

NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
MEANS = st.lists(st.floats(0, 500), min_size=1, max_size=14)
DAYS = st.integers(0, 700)


class TestExpected:
    def test_a_months_use_is_spread_over_its_days(self):
        ahead = certain(60, 93)

        assert ahead.expected(TODAY, DECEMBER) == 22  # 11 of 30 days
        assert ahead.expected(TODAY, date(2026, 12, 11)) == pytest.approx(22 + 30)

    def test_29_february_is_a_day_like_others(self):
        assert certain(58, first=202802).expected(date(2028, 2, 1), date(2028, 3, 1)) == 58
        assert certain(58, first=202802).expected(date(2028, 2, 29), date(2028, 3, 1)) == pytest.approx(2)

    def test_beyond_what_was_forecast_the_last_year_comes_again(self):
        ahead = certain(*range(10, 22))  # November 2026 … October 2027

        assert ahead.expected(date(2027, 11, 1), date(2027, 12, 1)) == pytest.approx(10)
        assert ahead.expected(date(2029, 10, 1), date(2029, 11, 1)) == pytest.approx(21)

    def test_a_short_forecast_comes_again_as_it_is(self):
        assert certain(10, 20).expected(JANUARY, date(2027, 3, 1)) == pytest.approx(30)

    def test_before_the_first_month_the_first_year_holds(self):
        ahead = certain(*range(10, 22))  # November 2026 … October 2027

        assert ahead.expected(date(2026, 10, 1), date(2026, 12, 1)) == pytest.approx(21 + 10)

    def test_an_average_is_the_same_every_day(self):
        assert Average(Decimal("30.4375")).expected(TODAY, TODAY + 10 * DAY) == pytest.approx(10)

    @given(means=MEANS, days=DAYS, more=DAYS)
    def test_spans_add_up(self, means, days, more):
        middle, end = TODAY + timedelta(days=days), TODAY + timedelta(days=days + more)
        for ahead in (certain(*means), Average(Decimal("7.5"))):
            whole = ahead.expected(TODAY, middle) + ahead.expected(middle, end)
            assert ahead.expected(TODAY, end) == pytest.approx(whole, abs=1e-6)


class TestUsedUp:
    @pytest.mark.parametrize(
        ("units", "on"),
        [(0, TODAY), (1, TODAY), (2, date(2026, 11, 21)), (21, date(2026, 11, 30)), (25, date(2026, 12, 2))],
    )
    def test_the_day_on_which_the_last_unit_is_used(self, units, on):
        assert certain(60, 93).used_up_on(units, TODAY) == on  # two a day, then three

    def test_months_without_use_are_gone_over(self):
        assert certain(60, 0, 31).used_up_on(23, TODAY) == date(2027, 1, 2)

    def test_what_is_not_used_lasts_as_far_as_one_sees(self):
        assert certain(0, 0).used_up_on(1, TODAY) is None
        assert certain(1, 1).used_up_on(61, TODAY) is None  # five years and a month
        assert Average(Decimal(0)).used_up_on(1, TODAY) is None
        assert Average(Decimal(1)).used_up_on(61, TODAY) is None

    def test_an_average_is_used_up_in_proportion(self):
        assert Average(Decimal("30.4375")).used_up_on(10, TODAY) == TODAY + 10 * DAY

    @given(means=MEANS, units=st.integers(1, 900))
    def test_it_is_the_first_day_by_whose_end_so_much_is_expected(self, means, units):
        ahead = certain(*means)
        on = ahead.used_up_on(units, TODAY)

        if on is not None:
            assert ahead.expected(TODAY, on + DAY) >= units - 1e-3
            assert ahead.expected(TODAY, on) <= units + 1e-3


class TestChance:
    def test_only_the_quantiles_of_the_months_in_the_span_are_asked_for(self):
        asked = []

        def quantiles(ahead: int) -> list[float]:
            asked.append(ahead)
            return [20.0 * it for it in LEVELS]

        Forecast(202611, (10.0,) * 12, quantiles).chance_of_more(3, TODAY, date(2026, 12, 3))
        assert asked == [0, 1]

    @given(units=st.floats(0, 400), less=st.floats(0, 100), days=st.integers(1, 90), spread=st.floats(0, 1.1))
    def test_more_stock_is_never_likelier_to_be_used_up(self, units, less, days, spread):
        end = TODAY + timedelta(days=days)
        for ahead in (doubtful(60, 93, 20, spread=spread), Average(Decimal(60)), Average(Decimal("0.3"))):
            chance = ahead.chance_of_more(units, TODAY, end)
            assert 0 <= chance <= ahead.chance_of_more(max(0.0, units - less), TODAY, end) <= 1

    @given(units=st.integers(0, 100), days=st.integers(1, 60))
    def test_more_time_never_makes_it_less_likely_by_average(self, units, days):
        ahead = Average(Decimal(40))
        end = TODAY + timedelta(days=days)

        if units > ahead.expected(TODAY, end + DAY):
            assert ahead.chance_of_more(units, TODAY, end) <= ahead.chance_of_more(units, TODAY, end + DAY)

    def test_an_average_is_as_unsure_as_counts_are_and_a_fifth_more(self):
        ahead, end = Average(Decimal("30.4375")), TODAY + 100 * DAY  # a hundred, give or take √(100 + 20²) = 22.4

        assert ahead.chance_of_more(100, TODAY, end) == pytest.approx(0.5, abs=0.02)
        assert ahead.chance_of_more(123, TODAY, end) == pytest.approx(0.159, abs=0.02)

    @given(mean=st.floats(0.01, 60), count=st.integers(0, 120))
    def test_counts_come_by_chance_as_poisson_says(self, mean, count):
        fewer = sum(exp(it * log(mean) - mean - lgamma(it + 1)) for it in range(count))

        assert chance_of_count(count, mean) == pytest.approx(1 - fewer, abs=0.01)

    def test_what_is_never_used_is_never_used_up(self):
        assert Average(Decimal(0)).chance_of_more(0, TODAY, TODAY + DAY) == 0
        assert certain(0).chance_of_more(0, TODAY, TODAY + DAY) == 0

    def test_without_doubt_it_is_yes_or_no(self):
        assert [certain(60).chance_of_more(it, TODAY, DECEMBER) for it in (21.9, 22.0, 22.1)] == [1, 0, 0]


def test_an_average_counts_clients():
    # in half a month 15 are expected: fifteen clients, or one and a half who take ten each
    by_ones, by_tens = Average(Decimal(30)), Average(Decimal(30), lump=10)
    span = (TODAY, TODAY + timedelta(days=15))

    assert by_ones.chance_of_more(20, *span) == pytest.approx(0.163, abs=0.005)  # twenty or more of 14.8
    assert by_tens.chance_of_more(20, *span) == pytest.approx(0.428, abs=0.005)  # two or more of 1.48
    assert by_tens.chance_of_more(11, *span) == by_tens.chance_of_more(20, *span)  # the second takes what is left
    assert by_tens.chance_of_more(10, *span) == pytest.approx(0.763, abs=0.005)  # the first is enough


@pytest.mark.parametrize(
    ("given", "cyp", "expected"),
    [(12, "0.0083333333", 12), (900, "0.0083333333", 30), (1, "4.6", 1), (7, None, 1), (0.5, "0.05", 1)],
)
def test_a_client_takes_what_is_given_at_a_time_for_three_months_at_most(given, cyp, expected):
    assert lump(given, None if cyp is None else Decimal(cyp)) == pytest.approx(expected)
