"""The rules of a supply plan: nothing gets lost, first expired first out, and orders in time."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lmis.planning.supply_plan import NEVER, Arrival, Lot, Plan, Terms, plan

TERMS = Terms(Decimal(2), Decimal(6), Decimal("0.5"), soonest=1, shelf_life=48, pack_size=1)
NO_ORDERS = replace(TERMS, soonest=99)
STEADY = [10] * 36

lots = st.lists(st.builds(Lot, st.one_of(st.integers(0, 40), st.just(NEVER)), st.integers(0, 500)), max_size=5)
arrivals = st.lists(
    st.integers(0, 23).flatmap(
        lambda month: st.builds(Arrival, st.just(month), st.integers(month, month + 40), st.integers(1, 300))
    ),
    max_size=5,
)
demands = st.lists(st.integers(0, 60), min_size=36, max_size=36)
tenths = st.integers(0, 80).map(lambda tenth: Decimal(tenth) / 10)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    least, more = draw(tenths), draw(tenths)
    shelf_life = draw(st.one_of(st.none(), st.integers(1, 40)))
    most = least + more if shelf_life is None else min(least + more, Decimal(shelf_life))
    return Terms(least, most, draw(tenths), draw(st.integers(0, 6)), shelf_life, draw(st.sampled_from([1, 7, 25, 144])))


class TestEveryMonth:
    @given(lots, arrivals, demands, terms())
    def test_what_is_there_and_comes_is_given_out_expires_or_stays(self, lots, arrivals, demands, terms):
        made = plan(lots, arrivals, demands, terms)

        for months in (made.months, made.without):
            opening = sum(lot.quantity for lot in lots)
            for at, month in enumerate(months):
                assert month.opening == opening
                assert month.opening + month.arrivals - month.met - month.expired == month.closing
                assert month.demand == demands[at]
                assert month.planned == sum(it.quantity for it in arrivals if it.month == at)
                assert min(month.met, month.shortage, month.expired, month.closing) >= 0
                opening = month.closing

    @given(lots, arrivals, demands, terms())
    def test_demand_is_unmet_only_where_nothing_is_left(self, lots, arrivals, demands, terms):
        for month in plan(lots, arrivals, demands, terms).months:
            assert not month.shortage or not month.closing

    @given(lots, demands)
    def test_stock_that_never_expires_is_never_lost(self, lots, demands):
        kept = [replace(lot, expires=NEVER) for lot in lots]

        assert sum(it.expired for it in plan(kept, [], demands, NO_ORDERS).months) == 0


def test_what_expires_first_is_given_out_first():
    made = plan([Lot(5, 10), Lot(1, 15)], [], STEADY, NO_ORDERS)

    assert [it.expired for it in made.months[:3]] == [0, 0, 0]
    assert [it.closing for it in made.months[:3]] == [15, 5, 0]


def test_what_is_left_expires_at_the_end_of_its_month():
    made = plan([Lot(1, 50), Lot(9, 10)], [], STEADY, NO_ORDERS)

    assert [it.expired for it in made.months[:3]] == [0, 30, 0]
    assert [it.closing for it in made.months[:4]] == [50, 10, 0, 0]
    assert [it.shortage for it in made.months[2:4]] == [0, 10]


def test_goods_that_come_in_a_month_serve_that_month():
    made = plan([], [Arrival(1, 20, 12)], STEADY, NO_ORDERS)

    assert [(it.planned, it.met, it.shortage) for it in made.months[:3]] == [(0, 0, 10), (12, 10, 0), (0, 2, 8)]


class TestOrders:
    def test_one_is_proposed_before_stock_falls_below_the_minimum_and_fills_up_to_the_maximum(self):
        made = plan([Lot(NEVER, 45)], [], STEADY, TERMS)

        assert [it.closing for it in made.months[:4]] == [35, 25, 60, 50]
        assert (made.orders[0].month, made.orders[0].arrival.month, made.orders[0].arrival.quantity) == (1, 2, 45)

    def test_it_is_placed_the_lead_time_before_it_comes_but_not_in_the_past(self):
        slow = replace(TERMS, lead=Decimal("3.5"), soonest=4)

        assert [it.month for it in plan([Lot(NEVER, 95)], [], STEADY, slow).orders][:2] == [3, 8]
        assert plan([], [], STEADY, slow).orders[0].month == 0

    def test_what_no_order_can_reach_any_more_is_a_shortage(self):
        made = plan([Lot(NEVER, 5)], [], STEADY, replace(TERMS, lead=Decimal(2), soonest=2))

        assert [it.shortage for it in made.months[:3]] == [5, 10, 0]
        assert made.without[2].shortage == 10

    def test_what_is_planned_to_come_is_not_ordered_again(self):
        made = plan([Lot(NEVER, 45)], [Arrival(2, NEVER, 100)], STEADY, TERMS)

        assert made.orders[0].arrival.month > 10

    def test_it_is_whole_packs_that_stay_within_the_maximum(self):
        made = plan([Lot(NEVER, 45)], [], STEADY, replace(TERMS, pack_size=20))

        assert made.orders[0].arrival.quantity == 40

    def test_it_is_one_pack_more_where_fewer_would_not_reach_the_minimum(self):
        made = plan([Lot(NEVER, 45)], [], STEADY, replace(TERMS, pack_size=144))

        assert made.orders[0].arrival.quantity == 144

    def test_it_is_no_more_than_can_be_used_before_it_expires(self):
        short = replace(TERMS, shelf_life=3)  # a maximum of six months, of goods that keep for three
        made = plan([Lot(NEVER, 15)], [], STEADY, short)

        assert made.orders[0].limited
        assert made.orders[0].arrival.quantity == 40  # this month's and those of the three that follow
        assert sum(it.expired for it in made.months) == 0

    def test_what_is_missing_is_ordered_though_goods_to_come_expire_with_it_unused(self):
        """540 are missing now; of the 500 that come later and expire in the same month, most are used by nobody."""
        later, demands = Arrival(4, 13, 500), [0, 600] + [1] * 34
        made = plan([Lot(1, 60)], [later], demands, replace(TERMS, shelf_life=12))

        assert [it.shortage for it in made.without[:2]] == [0, 540]
        assert (made.orders[0].arrival.month, made.months[1].shortage) == (1, 0)

    def test_nothing_is_ordered_of_what_nobody_asks_for(self):
        assert plan([], [], [0] * 36, TERMS).orders == []

    @given(demands, terms())
    def test_nothing_that_is_ordered_expires(self, demands, terms):
        assert sum(it.expired for it in plan([], [], demands, terms).months) == 0

    @given(lots, arrivals, demands, terms())
    def test_no_order_is_made_that_leaves_more_unmet(self, lots, arrivals, demands, terms):
        made = plan(lots, arrivals, demands, terms)

        assert sum(it.shortage for it in made.months) <= sum(it.shortage for it in made.without)

    @given(lots, arrivals, demands, terms())
    def test_stock_is_below_the_minimum_only_before_an_order_can_come_or_where_more_would_expire(
        self, lots, arrivals, demands, terms
    ):
        made = plan(lots, arrivals, demands, replace(terms, shelf_life=None))

        for month in made.months[terms.soonest :]:
            assert month.closing >= month.minimum

    @given(lots, arrivals, demands, terms())
    def test_an_order_exceeds_the_maximum_by_less_than_a_pack(self, lots, arrivals, demands, terms):
        made = plan(lots, arrivals, demands, terms)

        for order in made.orders:
            month = made.months[order.arrival.month]
            assert month.closing < month.maximum + terms.pack_size or month.closing <= month.planned + month.opening
            assert order.arrival.quantity % terms.pack_size == 0


class TestMonthsOfStock:
    def closing(self, quantity: int, demand: list[int]) -> Plan:
        return plan([Lot(NEVER, quantity)], [], demand, NO_ORDERS)

    def test_they_are_how_long_stock_lasts_at_what_is_to_come(self):
        demand = [10, 10, 20, 40, *[10] * 32]

        assert self.closing(45, demand).months[0].months == Decimal("2.125")

    def test_they_go_on_beyond_the_months_that_are_known(self):
        assert self.closing(1_000, STEADY).months[0].months == 99

    def test_there_are_none_where_nothing_is_asked_for(self):
        assert self.closing(50, [10, *[0] * 35]).months[0].months is None

    def test_limits_are_what_lasts_so_long(self):
        month = self.closing(50, [10, 10, 20, 40, *[10] * 32]).months[0]

        assert (month.minimum, month.maximum) == (30, 100)
