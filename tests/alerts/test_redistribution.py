"""What is moved between the facilities under one parent: small cases, with the arithmetic beside them.

One unit is used a day unless said otherwise; the minimum is then 61 units, the maximum 122, and what is sent may be
used from the eighth day on.
"""

from __future__ import annotations

import sys

import pytest

from lmis.alerts.redistribution import NoSolver, propose
from tests.alerts.redistributing import DISTRICT, a_held, a_policy_of, a_shelf, after, moves, planned
from tests.factories import TODAY

GIVER, TAKER, THIRD = 1, 2, 3
FULL = a_held(122, None, lot=99)  # a shelf with neither need nor room
NEAR = {GIVER: (21.00, 105.80), TAKER: (21.01, 105.80), THIRD: (21.30, 105.80)}


class TestWhatIsGiven:
    def test_what_would_expire_goes_where_it_is_used_in_time(self):
        # 100 days leave 200 of 300 unused; the other uses 93 from the eighth day on, and lacks 61
        (it,) = planned(a_shelf(GIVER, a_held(300, 100)), a_shelf(TAKER))

        assert (it.parent_id, it.from_id, it.to_id, it.lot.number) == (DISTRICT, GIVER, TAKER, "L1")
        assert (it.quantity, it.saves, it.fills) == (93, 93, 61)

    def test_what_is_above_the_maximum_fills_shortages_only(self):
        # 178 above 122, but the other lacks no more than 61, and nothing expires
        (it,) = planned(a_shelf(GIVER, a_held(300, None)), a_shelf(TAKER))

        assert (it.quantity, it.saves, it.fills) == (61, 0, 61)

    def test_what_is_used_in_time_and_within_the_maximum_stays(self):
        assert planned(a_shelf(GIVER, a_held(122, 150)), a_shelf(TAKER)) == []

    def test_the_giver_keeps_its_minimum_even_of_what_would_expire(self):
        # 60 of 90 will expire in 30 days, but 61 must stay on the shelf
        assert moves(planned(a_shelf(GIVER, a_held(90, 30)), a_shelf(TAKER, daily=10))) == [(GIVER, TAKER, 1, 29)]

    def test_the_giver_keeps_what_it_needs_until_the_next_delivery_where_that_is_more(self):
        # its minimum is 15 days of use, but a delivery comes after two and a half months: 76 days
        slow = a_policy_of(minimum="0.5", maximum="4", lead_time="0.5", review_period="2")
        plan = planned(a_shelf(GIVER, a_held(90, 30), policy=slow), a_shelf(TAKER, daily=10))

        assert moves(plan) == [(GIVER, TAKER, 1, 14)]

    def test_the_lot_that_would_expire_is_given_and_not_the_one_that_lasts(self):
        # 30 of the first are used; 70 would expire, the second is all used within 122 days
        giver = a_shelf(GIVER, a_held(100, 30, lot=1), a_held(80, None, lot=2))

        assert moves(planned(giver, a_shelf(TAKER, daily=5))) == [(GIVER, TAKER, 1, 70)]

    def test_a_later_lot_goes_where_an_earlier_one_leaves_it_no_time(self):
        # 60 days use up the first, and 30 more use 30 of the second
        giver = a_shelf(GIVER, a_held(60, 60, lot=1), a_held(80, 90, lot=2))

        (it,) = planned(giver, a_shelf(TAKER))

        assert (it.quantity, it.saves) == (50, 50)

    def test_what_one_uses_is_not_known_so_nothing_is_taken_from_it(self):
        assert planned(a_shelf(GIVER, a_held(300, 10), daily=None), a_shelf(TAKER)) == []

    def test_who_uses_nothing_gives_all_that_expires(self):
        assert moves(planned(a_shelf(GIVER, a_held(40, 200), daily=0), a_shelf(TAKER))) == [(GIVER, TAKER, 1, 40)]

    def test_what_expires_in_more_than_a_year_is_not_said_to_be_wasted(self):
        # from 366 days on nobody knows; with one day less, 80 of 446 are left
        policy = a_policy_of(minimum="2", maximum="24", lead_time="0.5", review_period="1")
        year, more = (a_shelf(GIVER, a_held(446, days), policy=policy) for days in (366, 367))

        assert sum(it.saves for it in planned(year, a_shelf(TAKER))) == 80
        assert planned(more, a_shelf(TAKER)) == []

    def test_the_channel_is_kept(self):
        giver = a_shelf(GIVER, a_held(200, 40, channel="social_marketing"))
        (it,) = planned(giver, a_shelf(TAKER, daily=2))

        assert it.lot.channel == "social_marketing"


class TestWhoReceives:
    def test_the_shelf_that_is_lower_is_filled_first(self):
        # 40 too many; empty shelves first, up to a quarter of their minimum each, then to the half
        plan = planned(a_shelf(GIVER, a_held(162, None)), a_shelf(TAKER, a_held(30, None, lot=2)), a_shelf(THIRD))

        assert moves(plan) == [(GIVER, THIRD, 1, 40)]

    def test_two_empty_shelves_share_what_there_is(self):
        # 30 too many: each gets to a quarter of its minimum, 15
        plan = planned(a_shelf(GIVER, a_held(152, None)), a_shelf(TAKER), a_shelf(THIRD))

        assert moves(plan) == [(GIVER, TAKER, 1, 15), (GIVER, THIRD, 1, 15)]

    def test_a_shortage_comes_before_what_would_expire(self):
        # one giver would waste 50 that the receiver could take, but not use so early as to fill its shortage first
        waste = a_shelf(GIVER, a_held(111, 61, lot=1))
        surplus = a_shelf(THIRD, a_held(162, None, lot=2))
        plan = planned(waste, surplus, a_shelf(TAKER))

        assert sum(it.fills for it in plan) == 61
        assert sum(it.saves for it in plan) == 50

    def test_what_is_on_the_way_is_counted_as_there(self):
        assert planned(a_shelf(GIVER, a_held(300, None)), a_shelf(TAKER, coming=61)) == []

    def test_what_will_expire_on_a_shelf_does_not_cover_its_minimum(self):
        # 50 units of which 10 days use 10: 51 are lacking; to the maximum there is room for 72
        taker = a_shelf(TAKER, a_held(50, 10, lot=2))

        assert moves(planned(a_shelf(GIVER, a_held(300, None)), taker)) == [(GIVER, TAKER, 1, 51)]

    def test_no_shelf_goes_above_its_maximum(self):
        shelves = [a_shelf(GIVER, a_held(1_000, 300)), a_shelf(TAKER, a_held(100, None, lot=2))]

        assert after(shelves, planned(*shelves))[TAKER] == 122

    def test_its_own_lots_that_expire_earlier_leave_less_time(self):
        # of 100 days the first 7 pass on the way and the next 63 use its own 70: 30 remain
        taker = a_shelf(TAKER, a_held(70, 90, lot=2))

        assert moves(planned(a_shelf(GIVER, a_held(300, 100)), taker)) == [(GIVER, TAKER, 1, 30)]

    def test_its_own_lots_that_expire_later_are_not_made_to_expire(self):
        # its own 70 need 63 of the days from the eighth to the 80th: 10 remain
        taker = a_shelf(TAKER, a_held(70, 80, lot=2))

        assert moves(planned(a_shelf(GIVER, a_held(300, 60)), taker)) == [(GIVER, TAKER, 1, 10)]

    def test_what_has_less_than_four_weeks_left_is_not_sent(self):
        assert planned(a_shelf(GIVER, a_held(300, 28)), a_shelf(TAKER)) == []
        assert moves(planned(a_shelf(GIVER, a_held(300, 29)), a_shelf(TAKER))) == [(GIVER, TAKER, 1, 22)]

    def test_who_may_not_hold_it_gets_none(self):
        assert planned(a_shelf(GIVER, a_held(300, 100)), a_shelf(TAKER, capable=False)) == []

    def test_who_gives_what_expires_gets_fresh_for_what_it_lacks(self):
        # of 90, 30 are used before they expire: 31 are lacking, and 29 are above the minimum
        plan = planned(a_shelf(GIVER, a_held(90, 30)), a_shelf(TAKER, a_held(300, None, lot=2)), a_shelf(THIRD))

        assert moves(plan) == [(GIVER, THIRD, 1, 23), (TAKER, GIVER, 2, 31), (TAKER, THIRD, 2, 38)]

    def test_who_gives_gets_no_more_than_it_lacks(self):
        # of 80, 30 are used before they expire: 31 are lacking, though there is room for 42 and 100 others expire
        plan = planned(a_shelf(GIVER, a_held(80, 30)), a_shelf(TAKER, a_held(300, 200, lot=2)))

        assert moves(plan) == [(TAKER, GIVER, 2, 31)]


class TestTheWay:
    def test_what_two_can_take_goes_to_the_nearer(self):
        plan = planned(a_shelf(GIVER, a_held(300, None)), a_shelf(TAKER), a_shelf(THIRD, FULL), places=NEAR)
        far = planned(a_shelf(THIRD, a_held(300, None)), a_shelf(GIVER, a_held(300, None)), a_shelf(TAKER), places=NEAR)

        assert moves(plan) == [(GIVER, TAKER, 1, 61)]
        assert moves(far) == [(GIVER, TAKER, 1, 61)]

    def test_one_large_move_is_better_than_two_small_ones(self):
        givers = [a_shelf(GIVER, a_held(152, None)), a_shelf(THIRD, a_held(200, None, lot=2))]

        assert moves(planned(*givers, a_shelf(TAKER))) == [(THIRD, TAKER, 2, 61)]

    def test_what_is_less_than_a_pack_and_a_months_use_stays(self):
        # 10 too many; a month's use is 31, a pack 12: one short of either
        giver = a_shelf(GIVER, a_held(132, None))

        assert planned(giver, a_shelf(TAKER, pack=12)) == []
        assert moves(planned(giver, a_shelf(TAKER, pack=10))) == [(GIVER, TAKER, 1, 10)]

    def test_where_a_month_uses_less_than_a_pack_that_is_enough(self):
        # 0.1 a day: a month's use is 4, the minimum 7
        assert moves(planned(a_shelf(GIVER, a_held(200, None)), a_shelf(TAKER, daily=0.1, pack=144))) == [
            (GIVER, TAKER, 1, 7)
        ]

    def test_where_two_small_moves_are_left_out_one_may_still_be_worth_it(self):
        # each giver could spare 10, a pack is 10, a month 31: the two together bring 20
        givers = [a_shelf(GIVER, a_held(132, None)), a_shelf(THIRD, a_held(131, None, lot=2))]

        assert moves(planned(*givers, a_shelf(TAKER, pack=10))) == [(GIVER, TAKER, 1, 10)]


class TestThePlan:
    def test_nothing_goes_from_one_parent_to_another(self):
        shelves = [a_shelf(GIVER, a_held(300, 100)), a_shelf(TAKER)]

        assert planned(*shelves, parents={GIVER: 90, TAKER: 91}) == []
        assert planned(*shelves, parents={GIVER: 90}) == []

    def test_every_parent_and_item_is_planned_for_itself(self):
        shelves = [a_shelf(id_, *its, item=item) for id_, its in ((1, [a_held(300, None)]), (2, [])) for item in (7, 8)]
        shelves += [a_shelf(3, a_held(200, None)), a_shelf(4)]
        plan = planned(*shelves, parents={1: 90, 2: 90, 3: 91, 4: 91})

        assert [(it.parent_id, it.from_id, it.to_id, it.item_id, it.quantity) for it in plan] == [
            (90, 1, 2, 7, 61),
            (90, 1, 2, 8, 61),
            (91, 3, 4, 7, 61),
        ]

    def test_the_order_of_the_shelves_makes_no_difference(self):
        shelves = [a_shelf(id_, a_held(200 + id_, 150, lot=id_)) for id_ in range(1, 5)]
        shelves += [a_shelf(id_, a_held(id_, None, lot=id_)) for id_ in range(5, 12)]

        assert planned(*shelves) == planned(*reversed(shelves))

    def test_what_the_receiver_had_is_told(self):
        (it,) = planned(a_shelf(GIVER, a_held(300, 100)), a_shelf(TAKER, out_since=TODAY))

        assert (it.usable, it.out_since, it.lot.on_hand) == (0, TODAY, 300)

    def test_without_scipy_it_is_said_that_there_is_no_plan(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(sys.modules, "lmis.alerts.transport", None)
        shelves = [a_shelf(GIVER, a_held(300, 100)), a_shelf(TAKER)]

        with pytest.raises(NoSolver, match="SciPy"):
            propose(shelves, {GIVER: 90, TAKER: 90}, {}, TODAY)
