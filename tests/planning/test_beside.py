"""The need beside the use of the same months, and a scenario, as both databases give them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session

from lmis.catalog.models import Item
from lmis.catalog.service import items
from lmis.planning.basis import basis_of, per_user
from lmis.planning.beside import Beside, Comparison, comparison, same_months
from lmis.planning.demography import Statement
from lmis.planning.what_if import Outcome, Wish, what_if
from lmis.stock.documents import Kind
from lmis.stock.posting import post
from tests.factories import NOW, TODAY, a_document, a_forecast, a_line, a_lot, a_run, a_tree, an_item, id_of
from tests.planning.world import a_factor, an_entry, stated

NEXT_YEAR = date(2027, 12, 31)


class World:
    """A district of 100 women, 60 of whom use condoms of two brands; the commune gave 300 of the first a month."""

    def __init__(self, session: Session) -> None:
        self.session, self.tree = session, a_tree(session)
        self.free, self.sold = (an_item(session, name, method="condom") for name in ("A", "B"))
        for item in (self.free, self.sold):
            a_factor(session, item, "0.0083333333")
        shares = {id_of(self.free): "0.75", id_of(self.sold): "0.25"}
        stated(session, an_entry(self.tree.district, {"condom": "1"}, shares, women=100))

    def give_out(self, lot_of: int = 1_000, each: int = 300) -> None:
        lot = a_lot(self.session, self.free, expires_on=NEXT_YEAR)
        came = a_document(self.tree.commune, a_line(lot, lot_of), on=date(2026, 8, 31))
        given = [
            a_document(self.tree.commune, a_line(lot, each), kind=Kind.DISPENSE, on=date(2026, month, 15))
            for month in (9, 10)
        ]
        post(self.session, [came, *given], today=TODAY, now=NOW)

    def forecast(self, item: Item, mean: float, months: int = 12) -> None:
        a_forecast(self.session, self.tree.district, item, means=[mean] * months)

    @property
    def statement(self) -> Statement | None:
        method_of = {id_of(it): it.method_code for it in items(self.session)}
        return basis_of(self.session, id_of(self.tree.district), 2026, TODAY, method_of).statement

    def compare(self, year: int = 2026) -> Comparison:
        known = {"items": items(self.session), "per_user": per_user(self.session, year)}
        return comparison(self.session, id_of(self.tree.district), year, TODAY, statement=self.statement, **known)

    def row(self, item: Item) -> Beside:
        return next(it for it in self.compare().rows if it.item == item)

    def scenario(self, wish: Wish) -> Outcome:
        known = {"items": items(self.session), "per_user": per_user(self.session, 2026)}
        return what_if(self.session, id_of(self.tree.district), wish, TODAY, statement=self.statement, **known)


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def test_the_months_that_are_over_and_those_that_are_forecast_make_the_year():
    forecast = {202611, 202612, 202701}

    assert same_months(2026, TODAY, 202609, forecast) == same_months(2026, TODAY, 202609, {*forecast, 202610})
    assert same_months(2026, TODAY, 202609, forecast).past == [202609, 202610]
    assert same_months(2026, TODAY, 202609, forecast).ahead == [202611, 202612]
    assert same_months(2027, TODAY, 202609, forecast).count == 1
    assert same_months(2025, TODAY, None, forecast).count == 0


class TestBeside:
    def test_what_was_given_out_below_and_is_forecast_stands_beside_the_need(self, world: World):
        world.give_out()
        world.forecast(world.free, 400)

        same = world.compare().same
        row = world.row(world.free)
        assert (list(same.past), list(same.ahead)) == ([202608, 202609, 202610], [202611, 202612])
        assert (row.dispensed, row.forecast) == (600, 800)
        assert row.need is not None
        assert round(row.need.units) == 100 * 60 * 120 * 3 // 400  # a year
        assert row.expected == row.need.units * 5 / 12
        assert row.gap == 1_400 - row.expected

    def test_the_months_of_a_forecast_that_reaches_two_years_all_count(self, world: World):
        """The top is forecast further than what is under it."""
        a_run(world.session, horizon=12)
        world.forecast(world.free, 100.0, months=24)

        assert len(world.compare(2028).same.ahead) == 10

    def test_couple_years_of_need_and_use_are_added_up(self, world: World):
        world.give_out()

        found = world.compare()
        assert found.needed_cyp == 60 * found.same.share
        assert round(found.cyp, 3) == 5  # 600 condoms

    def test_facilities_that_were_out_are_counted(self, world: World):
        world.give_out(lot_of=600)

        assert world.row(world.free).meaning.params == {"facilities": 1}

    def test_what_nobody_is_stated_to_use_says_so(self, world: World):
        other = an_item(world.session, "C", method="pill")
        a_factor(world.session, other, "0.0666666667")
        world.forecast(other, 50)

        assert "nobody is stated to use it" in str(world.row(other).meaning)

    def test_without_a_factor_the_need_cannot_be_told(self, world: World):
        other = an_item(world.session, "C", method="pill")
        world.forecast(other, 50)

        assert (world.row(other).need, world.row(other).cyp) == (None, None)
        assert "No CYP factor" in str(world.row(other).meaning)


class TestScenario:
    def changed(self, world: World, item: Item, wish: Wish) -> tuple[int | None, int | None]:
        row = next(it for it in world.scenario(wish).rows if it.item == item)
        return row.before.order, row.after.order

    @pytest.fixture(autouse=True)
    def forecasts(self, world: World) -> None:
        world.forecast(world.free, 400)
        world.forecast(world.sold, 100)

    def test_nothing_changed_changes_nothing(self, world: World):
        assert all(it.before == it.after for it in world.scenario(Wish()).rows)

    def test_stock_at_the_facility_alone_lowers_its_order(self, world: World):
        before, _ = self.changed(world, world.free, Wish())
        world.give_out()  # at the commune
        lot = a_lot(world.session, world.free, expires_on=NEXT_YEAR)
        post(world.session, [a_document(world.tree.district, a_line(lot, 150))], today=TODAY, now=NOW)

        assert before is not None
        assert self.changed(world, world.free, Wish())[0] == before - 150

    def test_more_users_need_more_and_their_order_grows_alike(self, world: World):
        before, after = self.changed(world, world.free, Wish(prevalence=Decimal("0.9")))

        assert before is not None
        assert after == pytest.approx(before * 1.5, abs=1)

    def test_an_item_that_cannot_be_had_sends_its_users_to_the_other_brand(self, world: World):
        outcome = world.scenario(Wish(closed=id_of(world.free), months=3))

        assert outcome.closure is not None
        assert round(outcome.closure.unserved or 0) == pytest.approx(1_200, abs=30)  # nothing is in stock
        before, after = self.changed(world, world.sold, Wish(closed=id_of(world.free), months=3))
        assert before is not None
        assert after == pytest.approx(before + 600, abs=20)  # 400 a month, over a month and a half

    def test_stock_below_bridges_what_cannot_be_had(self, world: World):
        world.give_out(lot_of=9_000)

        outcome = world.scenario(Wish(closed=id_of(world.free), months=3))
        assert outcome.closure is not None
        assert outcome.closure.unserved == 0
        assert not any(it.takes_over for it in outcome.rows)

    def test_a_forecast_that_does_not_reach_so_far_leaves_the_order_open(self, world: World):
        outcome = world.scenario(Wish(closed=id_of(world.free), months=20))

        row = next(it for it in outcome.rows if it.item == world.free)
        assert (row.after.order, row.more) == (None, None)
        assert outcome.closure is not None
        assert outcome.closure.unserved is None
