"""What would change: prevalence, methods, an item that cannot be had."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from lmis.forecast.outlook import Outlook
from lmis.planning.demography import Statement, needs
from lmis.planning.scenario import Closure, Known, Turn, changed, factors, level, taken_over, unserved
from lmis.policy.rules import Target, resolve
from lmis.policy.service import site_defaults

TODAY = date(2026, 12, 1)
HALF = Decimal("0.5")
POLICY = resolve(Target((1,), "district", 2, 1, "condom"), [], site_defaults())  # half a month, and one to the next
PEOPLE = Statement(1_000, HALF, None, {"condom": HALF, "pill": HALF}, {1: Decimal(1), 2: Decimal(1), 3: Decimal(0)})
METHOD_OF = {1: "condom", 2: "pill", 3: "pill"}
PER_USER = {1: Decimal(120), 2: Decimal(15), 3: Decimal(15)}


def outlook(mean: float, months: int = 12, top: float = 0.0) -> Outlook:
    quantiles = ((*[mean] * 18, mean + top),) * months
    return Outlook(202611, "model", "x", 1, None, None, {}, (), (mean,) * months, (mean,) * months, quantiles, {})


def known(mean: float = 100.0, available: int = 0, **more: float) -> Known:
    return Known(outlook(mean, **more), POLICY, available, 1)  # type: ignore[arg-type]


class TestFactors:
    def test_more_users_need_more_of_everything(self):
        after = changed(PEOPLE, Decimal("0.6"), {})

        assert factors(needs(PEOPLE, METHOD_OF, PER_USER), needs(after, METHOD_OF, PER_USER)) == {
            1: Decimal("1.2"),
            2: Decimal("1.2"),
        }

    def test_another_mix_moves_users_from_one_method_to_another(self):
        after = changed(PEOPLE, None, {"condom": Decimal("0.75"), "pill": Decimal("0.25")})

        by = factors(needs(PEOPLE, METHOD_OF, PER_USER), needs(after, METHOD_OF, PER_USER))
        assert by == {1: Decimal("1.5"), 2: Decimal("0.5")}


class TestOrders:
    def test_one_covers_lead_time_review_period_and_safety_less_what_is_there(self):
        made = level(known(available=40, top=30.0), TODAY, HALF)

        assert made.months == Decimal("1.5")
        assert [round(it or 0) for it in (made.expected, made.safety)] == [148, 37]  # 46 days
        assert made.order == 145

    def test_it_grows_with_the_forecast(self):
        before, after = (
            level(known(), TODAY, HALF, Turn(factor=factor)).order for factor in (Decimal(1), Decimal("1.2"))
        )

        assert (before, after) == (149, 179)

    def test_goods_that_come_later_have_to_last_longer(self):
        assert level(known(), TODAY, HALF, Turn(waits=3)).months == Decimal("4.5")
        assert level(known(), TODAY, HALF, Turn(waits=3)).order == 454

    def test_what_comes_on_top_counts_for_as_long_as_it_lasts(self):
        more = Turn(more=Decimal(10), lasting=1)

        assert level(known(), TODAY, HALF, more).order == 159

    def test_there_is_none_where_no_forecast_reaches_so_far(self):
        assert level(known(months=1), TODAY, HALF).order is None
        assert level(Known(None, POLICY, 0, 1), TODAY, HALF).order is None

    def test_what_nobody_used_before_is_needed_as_people_say(self):
        assert level(Known(None, POLICY, 0, 1), TODAY, HALF, Turn(more=Decimal(10), lasting=99)).order == 15

    def test_there_is_never_less_than_none(self):
        assert level(known(available=9_999), TODAY, HALF).order == 0


class TestClosure:
    def test_what_stock_does_not_last_for_is_missing(self):
        assert (
            round(unserved(outlook(100), TODAY, 3, 120, Decimal(1)) or 0) == 183
        )  # three whole months and a day of March
        assert unserved(outlook(100), TODAY, 3, 500, Decimal(1)) == 0
        assert unserved(outlook(100), TODAY, 3, 500, Decimal(2)) == pytest.approx(Decimal(106), abs=1)

    def test_what_is_missing_cannot_be_told_beyond_the_forecast(self):
        assert unserved(outlook(100), TODAY, 13, 0, Decimal(1)) is None
        assert unserved(None, TODAY, 3, 0, Decimal(1)) is None

    def test_its_users_change_over_to_the_other_items_couple_by_couple(self):
        closure = Closure(2, 3, Decimal(45))  # 15 cycles a month: a couple for a year

        assert taken_over(closure, {1: Decimal(1), 3: Decimal(3)}, PER_USER) == {1: Decimal(30), 3: Decimal("11.25")}

    def test_nobody_changes_over_where_there_is_nothing_else(self):
        assert taken_over(Closure(2, 3, Decimal(45)), {}, PER_USER) == {}
        assert taken_over(Closure(9, 3, Decimal(45)), {1: Decimal(1)}, PER_USER) == {}
        assert taken_over(Closure(2, 3, Decimal(0)), {1: Decimal(1)}, PER_USER) == {}
