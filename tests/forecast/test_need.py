"""What stock has to cover, from a forecast by calendar months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.calendar import add_months, days_in
from lmis.forecast.need import LEVELS, Need, need, quantile, shares_of_months

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
SPANS = st.floats(0.05, 18)
UNITS = st.floats(0, 10_000)


def flat(mean: float, spread: float = 0.0, months: int = 12) -> tuple[list[float], list[list[float]]]:
    """The same mean each month, and quantiles that rise by `spread` from the lowest to the highest."""
    return [mean] * months, [[mean + spread * (level - 0.5) for level in LEVELS] for _ in range(months)]


class TestSharesOfMonths:
    def test_a_span_within_a_month_takes_a_part_of_it(self):
        assert shares_of_months(date(2026, 11, 11), 0.5) == [(202611, 15 / 30)]

    def test_a_span_over_a_months_end_takes_the_rest_of_it_and_a_part_of_the_next(self):
        assert shares_of_months(date(2026, 11, 21), 1) == [(202611, 10 / 30), (202612, 20 / 31)]

    def test_a_year_from_new_years_day_takes_twelve_whole_months(self):
        assert shares_of_months(date(2027, 1, 1), 12) == [(add_months(202701, ahead), 1) for ahead in range(12)]

    @given(DAYS, SPANS)
    def test_the_shares_add_up_to_the_days_of_the_span(self, start, months):
        shares = shares_of_months(start, months)

        days = sum(share * days_in(month) for month, share in shares)
        assert days == pytest.approx(max(1, round(months * 365.25 / 12)))
        assert all(0 < share <= 1 for _, share in shares)
        assert [month for month, _ in shares] == [add_months(shares[0][0], ahead) for ahead in range(len(shares))]


class TestQuantile:
    def test_levels_are_met_and_between_them_it_goes_straight(self):
        values = [float(number) for number in range(19)]

        assert quantile(values, 0.05) == 0
        assert quantile(values, 0.95) == pytest.approx(18)
        assert quantile(values, 0.525) == pytest.approx(9.5)

    @pytest.mark.parametrize(("level", "nearest"), [(0.0, 3.0), (0.01, 3.0), (0.99, 21.0), (1.0, 21.0)])
    def test_outside_it_is_the_nearest(self, level, nearest):
        assert quantile([3.0 + number for number in range(19)], level) == nearest

    @given(st.lists(UNITS, min_size=19, max_size=19).map(sorted), st.floats(0, 1), st.floats(0, 1))
    def test_a_higher_level_is_never_a_smaller_quantity(self, values, one, other):
        low, high = sorted((one, other))

        assert quantile(values, low) <= quantile(values, high) + 1e-9
        assert values[0] <= quantile(values, low) <= values[-1]


class TestNeed:
    def test_three_months_of_a_hundred_are_three_hundred(self):
        found = need(*flat(100.0), 202701, start=date(2027, 1, 1), months=3, service_level=0.95)

        assert found == Need(pytest.approx(300, abs=4), 0)  # three months are 91 days: 31 + 28 + 31 and one of April

    def test_the_safety_of_four_months_is_twice_that_of_one(self):
        """Errors of different months are independent: √4 × what one month needs."""
        means, quantiles = flat(100.0, spread=100.0)
        spans = {"start": date(2027, 7, 1), "service_level": 0.95}
        one = need(means, quantiles, 202707, months=31 * 12 / 365.25, **spans)
        four = need(means, quantiles, 202707, months=(31 + 31 + 30 + 31) * 12 / 365.25, **spans)

        assert one == Need(pytest.approx(100), pytest.approx(45))
        assert four == Need(pytest.approx(400), pytest.approx(90))

    def test_a_forecast_that_is_too_short_says_nothing(self):
        assert need(*flat(100.0, months=2), 202701, start=date(2027, 1, 15), months=2, service_level=0.9) is None

    def test_a_day_before_the_forecast_says_nothing(self):
        assert need(*flat(100.0), 202701, start=date(2026, 12, 31), months=1, service_level=0.9) is None

    def test_a_median_below_the_mean_takes_nothing_off(self):
        means, quantiles = [100.0] * 3, [[60.0] * 19] * 3

        found = need(means, quantiles, 202701, start=date(2027, 1, 1), months=1, service_level=0.5)

        assert found == Need(pytest.approx(100 * 30 / 31), 0)

    @given(DAYS, st.floats(0.1, 10), UNITS, UNITS, st.floats(0.5, 0.95), st.floats(0.5, 0.95))
    def test_a_higher_service_level_never_needs_less(self, start, months, mean, spread, one, other):
        first = start.year * 100 + start.month
        low, high = sorted((one, other))
        means, quantiles = flat(mean, spread, months=13)
        lower, higher = (
            need(means, quantiles, first, start=start, months=months, service_level=level) for level in (low, high)
        )

        assert lower is not None
        assert higher is not None
        assert lower.expected == higher.expected
        assert 0 <= lower.safety <= higher.safety + 1e-6

    @given(DAYS, st.floats(0.1, 5), st.floats(0.1, 5), st.lists(UNITS, min_size=13, max_size=13))
    def test_what_two_spans_expect_one_after_the_other_is_what_both_expect(self, start, one, other, means):
        first, days = start.year * 100 + start.month, [max(1, round(it * 365.25 / 12)) for it in (one, other)]
        spans = {"quantiles": [[mean] * 19 for mean in means], "service_level": 0.9}
        whole = need(means, first=first, start=start, months=sum(days) * 12 / 365.25, **spans)
        begun = need(means, first=first, start=start, months=days[0] * 12 / 365.25, **spans)
        ended = need(means, first=first, start=start + timedelta(days=days[0]), months=days[1] * 12 / 365.25, **spans)

        assert whole is not None
        assert begun is not None
        assert ended is not None
        assert whole.expected == pytest.approx(begun.expected + ended.expected)
