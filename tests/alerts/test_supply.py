"""Whether an item runs short or lies in excess: a station holds 1 to 3 months, below 0.5 is an emergency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.alerts.ahead import Average
from lmis.alerts.findings import Act, Rule, Severity
from lmis.alerts.sentences import reason
from lmis.alerts.supply import monthly_use, next_delivery, run_out, shown_use, supply, surplus
from tests.alerts.shelves import DAY, a_held, a_policy_of, a_shelf, certain, doubtful
from tests.factories import TODAY

SURE = {"ahead": certain(60, 62, 62, 62), "amc": "60"}  # two a day in November, December, January


def rule(**about: object) -> Rule | None:
    found = supply(a_shelf(**about), TODAY)  # type: ignore[arg-type]
    return found.rule if found else None


def said(**about: object) -> str:
    found = supply(a_shelf(**about), TODAY) or surplus(a_shelf(**about), TODAY)  # type: ignore[arg-type]
    assert found
    return reason(found.rule, found.facts).translate("en")


@pytest.mark.parametrize(
    ("usable", "expected"),
    [
        (0, Rule.OUT),
        (15, Rule.RUN_OUT),  # eight days at two a day are 16
        (16, Rule.EMERGENCY),  # 16 / 60 = 0.27 months, less than 0.5
        (29, Rule.EMERGENCY),
        (31, Rule.BELOW),  # 31 / 62 is half a month: as good as either average or forecast has it
        (59, Rule.BELOW),
        (62, None),
        (200, None),
    ],
)
def test_of_one_shelf_the_worst_is_told_alone(usable, expected):
    assert rule(usable=usable, **SURE) is expected


def test_an_empty_shelf_tells_since_when_and_what_is_needed():
    shelf = a_shelf(out_since=TODAY - 3 * DAY, **SURE)
    found = supply(shelf, TODAY)

    assert found.facts == {"days": 4, "coming": 0, "coming_on": None, "monthly": 60}
    assert (found.how_severe, found.does, found.due_on) == (Severity.URGENT, Act.ORDER, TODAY - 3 * DAY)
    assert found.units == 60  # to the minimum of a month


def test_the_day_on_which_the_last_unit_went_counts():
    assert "for 1 days" in said(out_since=TODAY, **SURE)


def test_of_what_is_on_the_way_only_the_rest_lacks():
    found = supply(a_shelf(out_since=TODAY, coming=40, coming_on=TODAY + DAY, **SURE), TODAY)

    assert (found.units, found.does) == (20, Act.ORDER)


def test_where_enough_was_sent_one_sees_that_it_comes():
    found = supply(a_shelf(out_since=TODAY, coming=90, coming_on=TODAY + DAY, **SURE), TODAY)

    assert (found.rule, found.units, found.does) == (Rule.OUT, 0, Act.LOOK)
    assert "90 are on the way" in reason(found.rule, found.facts).translate("en")


@pytest.mark.parametrize(
    "use", [{}, {"amc": "0"}, {"amc": "0", "ahead": certain(0, 0, 0)}, {"ahead": Average(Decimal(0))}]
)
def test_what_nobody_uses_is_not_missed(use):
    assert rule(usable=0, out_since=TODAY, **use) is None


def test_what_the_facility_may_not_hold_is_not_missed():
    assert rule(usable=0, out_since=TODAY, capable=False, **SURE) is None


def test_what_is_used_less_than_once_a_month_is_less_urgent():
    found = supply(a_shelf(out_since=TODAY, amc="0.4", ahead=Average(Decimal("0.4"))), TODAY)

    assert (found.how_severe, found.facts["monthly"]) == (Severity.WARNING, Decimal("0.4"))


def test_stock_on_the_way_counts_to_the_limits():
    about = {"coming": 30, "coming_on": TODAY + DAY} | SURE

    assert rule(usable=40, **about) is None  # 70 / 60
    assert said(usable=20, **about) == "20 usable and 30 on the way last 0.8 months, less than the minimum of 1.0."


def test_what_only_the_average_or_only_the_forecast_sees_is_no_shortage():
    assert rule(usable=30, amc="60", ahead=certain(10, 10, 10)) is None  # one good day made the average
    assert rule(usable=30, amc="10", ahead=certain(62, 62, 62)) is None  # it lasts until more comes, by both
    assert rule(usable=30, amc="62", ahead=certain(62, 62, 62)) is Rule.EMERGENCY


def test_without_consumption_of_late_the_forecast_tells_what_is_used():
    assert monthly_use(a_shelf(usable=5, ahead=certain(60, 62, 62)), TODAY) == pytest.approx(Decimal(61), abs=1)
    assert rule(usable=20, ahead=certain(60, 62, 62)) is Rule.EMERGENCY


class TestNextDelivery:
    def test_what_is_ordered_today_takes_the_lead_time(self):
        assert next_delivery(a_shelf(), TODAY) == date(2026, 11, 28)  # 0.25 months are 8 days

    @pytest.mark.parametrize(
        ("received_on", "expected"),
        [(date(2026, 11, 19), date(2026, 12, 4)), (date(2026, 11, 1), date(2026, 11, 28))],
    )  # fmt: skip
    def test_nothing_comes_before_the_review_period_is_over(self, received_on, expected):
        assert next_delivery(a_shelf(received_on=received_on), TODAY) == expected  # 0.5 months are 15 days

    def test_it_goes_over_the_end_of_february(self):
        leap = date(2028, 2, 25)

        assert next_delivery(a_shelf(), leap) == date(2028, 3, 4)  # through 29 February
        assert next_delivery(a_shelf(), date(2027, 2, 25)) == date(2027, 3, 5)


class TestRunningOut:
    """From 20 to 28 November are 8 of 30 days: of 60 a month, 16 are expected."""

    def test_the_chance_is_that_of_the_forecast(self):
        found = run_out(a_shelf(usable=16, ahead=doubtful(60, 62)), TODAY)

        assert (found.chance, found.next_on) == (pytest.approx(0.5), date(2026, 11, 28))

    def test_doubt_shrinks_with_the_root_of_the_span(self):
        # at level 0.7 a month is 72, 12 above its mean: in 8/30 of it √(8/30) · 12 = 6.2 above 16
        found = run_out(a_shelf(usable=22, ahead=doubtful(60, 62)), TODAY)

        assert found.chance == pytest.approx(0.306, abs=0.002)
        assert run_out(a_shelf(usable=23, ahead=doubtful(60, 62)), TODAY) is None

    def test_from_which_chance_one_is_warned_is_policy(self):
        bold = a_policy_of(run_out_risk="0.6")

        assert run_out(a_shelf(usable=16, ahead=doubtful(60, 62), policy=bold), TODAY) is None

    def test_it_tells_the_day(self):
        assert said(usable=10, ahead=certain(60, 62), amc="60") == (
            "10 usable, and about 60 a month are expected to be used: likely to run out about 25/11/2026, before the "
            "next delivery about 28/11/2026 (chance 99 %)."
        )

    def test_what_likely_lasts_and_may_not_says_so(self):
        assert (
            "that lasts until about 30/11/2026, but may be used up before the next delivery about 28/11/2026 (chance"
            in said(usable=20, ahead=doubtful(60, 62), amc="60")
        )

    def test_the_shelf_has_to_last_until_what_was_sent_arrives(self):
        about = {"usable": 6, "coming": 200, "coming_on": TODAY + 5 * DAY, "amc": "60", "ahead": certain(60, 62)}

        assert "before the next delivery about 25/11/2026" in said(**about)
        assert run_out(a_shelf(**about | {"usable": 12}), TODAY) is None

    def test_what_was_sent_helps_until_the_one_after(self):
        received = {"received_on": TODAY, "usable": 12, "amc": "60", "ahead": certain(60, 62)}  # next on 5 December

        with_little = run_out(a_shelf(**received, coming=10, coming_on=TODAY + 4 * DAY), TODAY)
        assert (with_little.units, with_little.next_on, with_little.on) == (22, date(2026, 12, 5), date(2026, 11, 30))
        assert run_out(a_shelf(**received, coming=30, coming_on=TODAY + 4 * DAY), TODAY) is None

    def test_what_was_likely_given_out_and_not_written_down_is_gone(self):
        # nothing since 31 October: 19 days of two are gone, 16 more go until the 28th
        about = {"amc": "60", "ahead": certain(60, 62)}

        assert run_out(a_shelf(usable=51, **about), TODAY) is None
        assert run_out(a_shelf(usable=51, **about, recorded_on=TODAY - DAY), TODAY) is None
        assert said(usable=51, **about, recorded_on=date(2026, 10, 31)) == (
            "51 usable by the book, where nothing given out is written since 31/10/2026; at about 60 a month they are "
            "likely used up about 26/11/2026, before the next delivery about 28/11/2026 (chance 99 %)."
        )
        assert run_out(a_shelf(usable=20, **about, recorded_on=date(2026, 10, 31)), TODAY).on == TODAY

    def test_what_came_lately_was_not_given_out_before_it_came(self):
        # a month's need came two days ago: most of it is still there, however long nothing was written down
        shelf = a_shelf(usable=72, amc="60", ahead=certain(60, 62), received_on=TODAY - 2 * DAY)
        unwritten = replace(shelf, recorded_on=date(2026, 10, 8))

        assert run_out(unwritten, TODAY) == run_out(replace(shelf, recorded_on=TODAY - 2 * DAY), TODAY)
        assert run_out(replace(unwritten, received_on=None), TODAY).on == TODAY

    def test_what_expires_before_more_comes_is_no_help(self):
        # on 25 November eight of the ten a week would still be there: the shelf is empty from the day after
        lots = (a_held(18, date(2026, 11, 25)),)
        found = run_out(a_shelf(*lots, ahead=certain(30, 31)), TODAY)

        assert (found.chance, found.on, found.expiring) == (1.0, date(2026, 11, 26), 18)
        assert run_out(a_shelf(a_held(18, date(2026, 11, 28)), ahead=certain(30, 31)), TODAY) is None

    def test_after_a_lots_last_day_the_others_have_to_last_alone(self):
        # from 26 to 28 November two are expected: one is too few, three are enough
        early = a_held(18, date(2026, 11, 25))

        assert run_out(a_shelf(early, a_held(1, lot=2), ahead=certain(30, 31)), TODAY).on == date(2026, 11, 27)
        assert run_out(a_shelf(early, a_held(3, lot=2), ahead=certain(30, 31)), TODAY) is None

    def test_it_says_that_stock_expires(self):
        shelf = a_shelf(a_held(18, date(2026, 11, 25)), amc="30", ahead=certain(30, 31))
        found = supply(shelf, TODAY)

        assert reason(found.rule, found.facts).translate("en") == (
            "18 usable, of which 18 expire by 25/11/2026, and about 30 a month are expected to be used: likely to run "
            "out about 26/11/2026, before the next delivery about 28/11/2026 (chance 99 %)."
        )

    def test_more_before_tet_is_in_the_forecasts_months(self):
        before = date(2027, 1, 28)  # eight days before they stock up and close
        quiet, tet = certain(60, 60, 60, first=202701), certain(180, 60, 60, first=202701)
        shelf = {"usable": 25, "amc": "60"}

        assert run_out(a_shelf(**shelf, ahead=quiet), before) is None
        assert run_out(a_shelf(**shelf, ahead=tet), before).on == date(2027, 2, 1)  # 4 · 5.8 are 23, then 2.1 a day

    @given(units=st.integers(1, 300), mean=st.floats(0.5, 200), spread=st.floats(0, 1.1))
    def test_it_is_told_just_where_the_chance_reaches_the_limit(self, units, mean, spread):
        ahead = doubtful(mean, mean, spread=spread)
        chance = ahead.chance_of_more(units, TODAY, date(2026, 11, 28))

        assert bool(run_out(a_shelf(usable=units, ahead=ahead), TODAY)) == (chance >= 0.3)


class TestSurplus:
    def test_it_tells_what_lies_above_the_maximum(self):
        assert said(usable=300, **SURE).endswith(
            "last 5.0 months, more than the maximum of 3.0: 120 too many."
        )  # − 3 · 60

    @pytest.mark.parametrize(("usable", "told"), [(180, False), (210, False), (211, True)])
    def test_what_is_used_up_before_it_could_be_moved_is_none(self, usable, told):
        assert bool(surplus(a_shelf(usable=usable, **SURE), TODAY)) == told  # 3.5 · 60 are 210

    def test_less_than_a_pack_is_none(self):
        assert surplus(a_shelf(usable=300, pack=144, **SURE), TODAY) is None

    def test_what_is_hardly_used_has_no_months(self):
        assert surplus(a_shelf(usable=30, amc="0.5", ahead=Average(Decimal("0.5"))), TODAY) is None

    def test_what_nobody_knows_the_use_of_is_none(self):
        assert surplus(a_shelf(usable=30), TODAY) is None


@given(
    usable=st.integers(0, 500),
    coming=st.integers(0, 100),
    amc=st.one_of(st.none(), st.integers(0, 200).map(str)),
    mean=st.one_of(st.none(), st.floats(0, 200)),
    spread=st.floats(0, 1),
)
def test_no_shelf_is_short_and_too_full(usable, coming, amc, mean, spread):
    ahead = None if mean is None else doubtful(mean, mean, mean, spread=spread)
    shelf = a_shelf(usable=usable, coming=coming, coming_on=TODAY + DAY if coming else None, amc=amc, ahead=ahead)
    short, full = supply(shelf, TODAY), surplus(shelf, TODAY)

    assert not (short and full)
    for found in filter(None, (short, full)):
        assert found.units >= 0
        assert "%(" not in reason(found.rule, found.facts).translate("en")


@pytest.mark.parametrize(("use", "shown"), [("0.02", "0.1"), ("0.44", "0.4"), ("9.96", "10.0"), ("10.4", "10")])
def test_little_use_is_told_in_tenths(use, shown):
    assert str(shown_use(Decimal(use))) == shown
