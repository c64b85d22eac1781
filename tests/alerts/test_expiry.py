"""What becomes of lots: used first expired first against what is expected, near their expiry, expired, recalled."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmis.alerts.ahead import Average
from lmis.alerts.expiry import Recall, expiry, recalled, unused, whole_lots
from lmis.alerts.findings import Act, Rule, Severity
from lmis.alerts.picture import Ahead, HeldLot
from lmis.alerts.sentences import reason
from tests.alerts.shelves import DAY, a_held, a_policy_of, a_shelf, certain
from tests.factories import TODAY

TWO_A_DAY = certain(60, 62, 62, 56, 62, 60, 62, 60, 62, 62, 60, 62)  # from November on
YEAR_END, JANUARY = date(2026, 12, 31), date(2027, 1, 31)
NEW_YEAR = 42  # days from TODAY through YEAR_END: 84 units


def left(*lots: HeldLot, ahead: Ahead = TWO_A_DAY) -> list[int]:
    return [it.units for it in unused(lots, ahead, TODAY)]


def found(*lots: HeldLot, on: date = TODAY, **about: object) -> list[tuple[Rule, int, int]]:
    about = {"ahead": TWO_A_DAY, "amc": "60"} | about
    return [(it.rule, it.lot_id or 0, it.units) for it in expiry(a_shelf(*lots, **about), on)]  # type: ignore[arg-type]


class TestUnused:
    """First expired first, at two a day: 84 are used through the year's end, 146 through January."""

    @pytest.mark.parametrize(("units", "rest"), [(84, 0), (85, 1), (100, 16)])
    def test_one_lot_is_used_until_its_last_day(self, units, rest):
        assert left(a_held(units, YEAR_END)) == [rest]

    def test_a_lot_gets_what_those_before_it_leave(self):
        assert left(a_held(50, YEAR_END), a_held(100, JANUARY, lot=2)) == [0, 4]  # 50 + 96 are 146

    def test_what_the_first_cannot_use_up_is_not_used_later(self):
        assert left(a_held(100, YEAR_END), a_held(62, JANUARY, lot=2)) == [16, 0]  # January's 62 are free for it

    def test_two_lots_of_one_day_share_it(self):
        assert left(a_held(60, YEAR_END), a_held(60, YEAR_END, lot=2)) == [0, 36]

    def test_one_that_never_expires_is_never_left(self):
        assert left(a_held(60, YEAR_END), a_held(9_999, lot=2)) == [0]

    def test_a_lot_in_two_channels_is_one_told_at_the_dearer_price(self):
        free, sold = a_held(60, YEAR_END), a_held(40, YEAR_END, channel="social_marketing", price=750)
        (it,) = unused([free, sold], TWO_A_DAY, TODAY)

        assert (it.units, it.dong, it.lot.channel) == (16, 12_000, "social_marketing")
        assert [lot.on_hand for lot in whole_lots([sold, free])] == [100]

    @settings(deadline=None)
    @given(
        lots=st.lists(st.tuples(st.integers(0, 80), st.integers(0, 150)), max_size=5),
        means=st.lists(st.floats(0, 90), min_size=3, max_size=6),
    )
    def test_it_is_what_living_through_every_day_leaves(self, lots, means):
        ahead = certain(*means)
        dated = [TODAY + timedelta(days=days) for days, _ in sorted(lots)]
        held = [a_held(units, day, lot=n) for n, (day, (_, units)) in enumerate(zip(dated, sorted(lots), strict=True))]

        rest = lived_through(held, ahead)
        for it in unused(held, ahead, TODAY):
            assert it.units == pytest.approx(rest[it.lot.lot_id], abs=1.0)
            assert it.units <= rest[it.lot.lot_id] + 1e-5


def lived_through(lots: list[HeldLot], ahead: Ahead) -> dict[int, float]:
    """Each day's use is taken from the lot that expires first and may still be used that day."""
    rest = {lot.lot_id: float(lot.on_hand) for lot in lots}
    for after in range(100):
        day = TODAY + timedelta(days=after)
        wanted = ahead.expected(day, day + DAY)
        for lot in lots:
            if lot.expires_on and lot.expires_on >= day:
                taken = min(wanted, rest[lot.lot_id])
                rest[lot.lot_id] -= taken
                wanted -= taken
    return rest


class TestWhatIsTold:
    def test_of_what_will_not_be_used_how_much_and_what_it_is_worth(self):
        (it,) = expiry(a_shelf(a_held(100, YEAR_END, price=5_000), ahead=TWO_A_DAY, amc="60"), TODAY)

        assert (it.rule, it.units, it.dong, it.due_on, it.does) == (Rule.WASTE, 16, 80_000, YEAR_END, Act.ISSUE_FIRST)
        assert reason(it.rule, it.facts).translate("en") == (
            "Lot L1: 100 usable, about 61 a month are expected to be used, first what expires first; 16 (80,000 đồng) "
            "will be left when it expires on 31/12/2026."
        )

    @pytest.mark.parametrize(
        ("units", "price", "pack", "severity"),
        [(100, 0, 1, 2), (100, 0, 16, 2), (100, 0, 17, 1), (100, 12_500, 144, 2), (100, 12_499, 144, 1)],
    )
    def test_part_of_a_pack_that_is_worth_little_is_a_notice(self, units, price, pack, severity):
        (it,) = expiry(a_shelf(a_held(units, YEAR_END, price=price), ahead=TWO_A_DAY, amc="60", pack=pack), TODAY)

        assert (it.rule, it.how_severe) == (Rule.WASTE, severity)

    def test_far_from_its_expiry_less_than_a_pack_is_not_told(self):
        may = date(2027, 5, 31)  # 193 days: 386 units

        assert found(a_held(450, may), pack=64) == [(Rule.WASTE, 1, 64)]
        assert found(a_held(450, may), pack=65) == []

    def test_what_forecasts_are_off_by_is_not_told(self):
        assert found(a_held(88, YEAR_END)) == [(Rule.NEAR_EXPIRY, 1, 88)]  # 4 of 88 are less than 5 %
        assert found(a_held(89, YEAR_END)) == [(Rule.WASTE, 1, 5)]

    def test_more_than_a_year_ahead_nobody_knows(self):
        assert found(a_held(9_999, TODAY + timedelta(days=366))) == []
        assert found(a_held(9_999, TODAY + timedelta(days=365))) == [(Rule.WASTE, 1, 9_999 - 732)]

    def test_what_is_not_used_at_all_will_all_be_left(self):
        assert found(a_held(9, JANUARY), ahead=Average(Decimal(0)), amc="0") == [(Rule.WASTE, 1, 9)]

    def test_where_no_use_was_ever_known_only_the_dates_are(self):
        lots = (a_held(9, JANUARY), a_held(999, date(2027, 6, 30), lot=2))

        assert found(*lots, ahead=None, amc=None) == [(Rule.NEAR_EXPIRY, 1, 9)]

    @pytest.mark.parametrize(
        ("expires_on", "expected"),
        [
            (TODAY - DAY, None),
            (TODAY, 0),  # its last day of use
            (TODAY + DAY, 1),
            (TODAY + 89 * DAY, 89),
            (TODAY + 90 * DAY, 90),
            (TODAY + 91 * DAY, None),
            (None, None),
        ],
    )
    def test_a_lot_is_near_its_expiry_on_any_day_of_the_window(self, expires_on, expected):
        shelf = a_shelf(a_held(1, expires_on), ahead=TWO_A_DAY, amc="60")
        days = [it.facts["days"] for it in expiry(shelf, TODAY) if it.rule is Rule.NEAR_EXPIRY]

        assert days == ([] if expected is None else [expected])

    def test_the_window_is_policy(self):
        assert found(a_held(1, TODAY + 40 * DAY), policy=a_policy_of(near_expiry_days=30)) == []

    @pytest.mark.parametrize("stopped", [0, 1, 9, 80])
    def test_a_worker_that_stood_still_makes_up_for_it(self, stopped):
        lot = a_held(1, TODAY + 90 * DAY)  # enters the window on TODAY

        assert found(lot, on=TODAY - DAY) == []
        assert found(lot, on=TODAY + timedelta(days=stopped)) == [(Rule.NEAR_EXPIRY, 1, 1)]

    def test_a_window_of_ninety_days_goes_over_29_february(self):
        lot = a_held(1, date(2028, 3, 31))

        assert found(lot, on=date(2028, 1, 1)) == [(Rule.NEAR_EXPIRY, 1, 1)]  # 31 + 29 + 30 days
        assert found(lot, on=date(2027, 12, 31)) == []

    def test_what_expired_is_told_with_what_it_was_worth(self):
        (it,) = expiry(a_shelf(expired=[a_held(40, TODAY - DAY, price=750)]), TODAY)

        assert (it.rule, it.units, it.dong, it.does) == (Rule.EXPIRED, 40, 30_000, Act.WRITE_OFF)
        assert it.act_facts == {"channel": "free"}

    def test_each_lot_is_told_once(self):
        lots = (a_held(100, YEAR_END), a_held(100, YEAR_END, channel="social_marketing"), a_held(9, JANUARY, lot=2))

        assert [it[1] for it in found(*lots, expired=[a_held(3, TODAY - DAY, lot=3)])] == [3, 1, 2]


class TestRecalled:
    RECALL = Recall("5f0c", "QTH-2026-00001", date(2026, 11, 2), home_id=1)

    def test_what_is_still_here_is_urgent(self):
        (it,) = recalled(a_shelf(recalled=[a_held(24)]), {1: self.RECALL})

        assert (it.rule, it.how_severe, it.units, it.subject) == (Rule.RECALLED, Severity.URGENT, 24, "5f0c")
        assert reason(it.rule, it.facts).translate("en") == (
            "Lot L1 was recalled on 02/11/2026 (QTH-2026-00001); 24 are still here."
        )

    def test_where_it_goes_back_to_it_may_lie(self):
        assert list(recalled(a_shelf(recalled=[a_held(24)]), {1: self.RECALL._replace(home_id=5)})) == []
