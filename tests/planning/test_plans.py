"""The supply plan as it is read: all stock below and on the way, the forecast, planned shipments, policies, prices."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from sqlmodel import Session

from lmis.catalog.models import Item
from lmis.errors import LmisError
from lmis.planning.download import COLUMNS, table
from lmis.planning.planned import Wanted, plan_shipment, standing, take_back
from lmis.planning.plans import ItemPlan, supply_plan, total
from lmis.planning.refusals import ExpiresBeforeItComes, MonthOutsidePlan, NoSuchShipment, ShipmentClash
from lmis.stock.documents import Kind
from lmis.stock.posting import post
from tests.factories import (
    NOW,
    TODAY,
    Tree,
    a_document,
    a_forecast,
    a_line,
    a_lot,
    a_policy,
    a_price,
    a_tree,
    a_user,
    an_item,
    id_of,
)

NEXT_YEAR = date(2027, 12, 31)


@pytest.fixture
def tree(session: Session) -> Tree:
    return a_tree(session)


@pytest.fixture
def condom(session: Session) -> Item:
    return an_item(session, "Bao cao su", code="BCS", pack_size=100)


def received(session: Session, at: object, item: Item, quantity: int, expires_on: date | None = NEXT_YEAR) -> object:
    lot = a_lot(session, item, expires_on=expires_on)
    post(session, [a_document(at, a_line(lot, quantity))], today=TODAY, now=NOW)  # type: ignore[arg-type]
    return lot


def the_plan(session: Session, tree: Tree) -> ItemPlan:
    (found,) = supply_plan(session, id_of(tree.board), TODAY).items
    return found


def wanted(tree: Tree, item: Item, month: int = 202703, quantity: int = 500, expires: int | None = None) -> Wanted:
    return Wanted(uuid4(), id_of(tree.board), id_of(item), month, quantity, expires, None)


def enter(session: Session, shipment: Wanted) -> None:
    user = a_user(session, role="manager")
    plan_shipment(session, shipment, user=user, first=202611, months=24, now=NOW)


class TestStock:
    def test_it_is_all_that_can_be_given_out_at_the_facility_and_under_it(self, session, tree, condom):
        for at, quantity in ((tree.board, 500), (tree.district, 200), (tree.collaborator, 30)):
            received(session, at, condom, quantity)

        assert the_plan(session, tree).stock == 730
        assert supply_plan(session, id_of(tree.commune), TODAY).items[0].stock == 30

    def test_goods_on_the_way_below_count_once(self, session, tree, condom):
        lot = received(session, tree.board, condom, 500)
        sent = a_document(tree.board, a_line(lot, 120), kind=Kind.ISSUE, to=tree.district, shipped=True)
        post(session, [sent], today=TODAY, now=NOW)

        assert the_plan(session, tree).stock == 500
        assert supply_plan(session, id_of(tree.district), TODAY).items[0].stock == 120

    def test_what_is_quarantined_or_expired_does_not_count(self, session, tree, condom):
        lot = received(session, tree.board, condom, 500)
        out = a_document(tree.board, a_line(lot, 100, reason="damaged"), kind=Kind.QUARANTINE)
        post(session, [out], today=TODAY, now=NOW)
        received(session, tree.board, condom, 70, expires_on=date(2026, 11, 19))

        assert the_plan(session, tree).stock == 400

    def test_lots_expire_in_the_month_of_their_day(self, session, tree, condom):
        received(session, tree.board, condom, 70, expires_on=date(2027, 1, 15))
        received(session, tree.district, condom, 30, expires_on=None)

        expired = {month: it.expired for month, it in the_plan(session, tree).rows if it.expired}
        assert expired == {202701: 70}


class TestThePlan:
    def test_demand_is_the_forecast_of_the_facility_and_repeats_beyond_it(self, session, tree, condom):
        a_forecast(session, tree.board, condom, means=[30.0 + ahead for ahead in range(12)])

        rows = the_plan(session, tree).rows
        assert rows[0] == (202611, rows[0][1])
        assert [it.demand for _, it in rows[:3]] == [11, 31, 32]  # eleven of November's thirty days are left
        assert [it.demand for _, it in rows[12:15]] == [30, 31, 32]
        assert [the_plan(session, tree).is_forecast(ahead) for ahead in (0, 11, 12, 23)] == [True, True, False, False]

    def test_orders_keep_stock_between_the_policys_limits_in_whole_packs(self, session, tree, condom):
        a_policy(session, tree.board, minimum="3", maximum="8", lead_time="2")
        a_forecast(session, tree.board, condom)
        received(session, tree.board, condom, 700)

        found = the_plan(session, tree)
        first = found.plan.orders[0]
        assert (found.month(first.month), found.month(first.arrival.month)) == (202701, 202703)
        assert first.arrival.quantity == 500  # 263 would be there; up to 800
        for _, month in found.rows[2:]:
            assert month.minimum <= month.closing <= month.maximum

    def test_what_is_planned_to_come_is_counted_and_what_was_taken_back_is_not(self, session, tree, condom):
        enter(session, wanted(tree, condom))
        enter(session, wanted(tree, condom, 202704))
        take_back(session, id_of(tree.board), standing(session, id_of(tree.board))[1].id, now=NOW)

        assert {month: it.planned for month, it in the_plan(session, tree).rows if it.planned} == {202703: 500}

    def test_planned_goods_expire_when_they_say_or_when_their_shelf_life_ends(self, session, tree, condom):
        a_policy(session, tree.board, shelf_life="4", maximum="4", minimum="1")
        enter(session, wanted(tree, condom, 202701, 10))
        enter(session, wanted(tree, condom, 202701, 20, expires=202702))

        expired = {month: it.expired for month, it in the_plan(session, tree).rows if it.expired}
        assert expired == {202705: 10, 202702: 20}

    def test_money_is_the_latest_price_in_force_and_none_without_one(self, session, tree, condom):
        a_forecast(session, tree.board, condom)
        assert total(supply_plan(session, id_of(tree.board), TODAY).orders) == 0

        a_price(session, condom, 700, since=date(2020, 1, 1))
        a_price(session, condom, 900, since=date(2026, 1, 1), channel="socialised")
        a_price(session, condom, 9_999, since=date(2027, 1, 1))

        plan = supply_plan(session, id_of(tree.board), TODAY)
        assert total(plan.orders) == 900 * sum(it.quantity for it in plan.orders)

    def test_without_a_forecast_there_is_stock_and_no_order(self, session, tree, condom):
        received(session, tree.board, condom, 500)

        plan = supply_plan(session, id_of(tree.board), TODAY)
        assert (plan.forecast_as_of, plan.orders) == (None, [])
        assert [(it.month, it.quantity) for it in plan.expiries] == [(202712, 500)]

    def test_its_table_has_a_row_for_every_item_and_month_that_adds_up(self, session, tree, condom):
        a_forecast(session, tree.board, condom)
        received(session, tree.board, condom, 700)

        rows = [dict(zip(COLUMNS, row, strict=True)) for row in table(supply_plan(session, id_of(tree.board), TODAY))]
        assert len(rows) == 24
        for row in rows:
            came = row["opening"] + row["planned"] + row["proposed"]
            assert came - row["given_out"] - row["expired"] == row["closing"]


class TestPlannedShipments:
    def test_a_second_click_plans_nothing_twice(self, session, tree, condom):
        shipment = wanted(tree, condom)
        enter(session, shipment)
        enter(session, shipment)

        assert len(standing(session, id_of(tree.board))) == 1
        with pytest.raises(ShipmentClash):
            enter(session, shipment._replace(quantity=1))

    @pytest.mark.parametrize(
        ("month", "expires", "refusal"),
        [(202610, None, MonthOutsidePlan), (202811, None, MonthOutsidePlan), (202703, 202702, ExpiresBeforeItComes)],
    )
    def test_months_that_make_no_sense_are_refused(
        self, session, tree, condom, month: int, expires: int | None, refusal: type[LmisError]
    ):
        with pytest.raises(refusal):
            enter(session, wanted(tree, condom, month, expires=expires))

    def test_nobody_takes_back_what_is_planned_elsewhere(self, session, tree, condom):
        enter(session, wanted(tree, condom))
        (shipment,) = standing(session, id_of(tree.board))

        with pytest.raises(NoSuchShipment):
            take_back(session, id_of(tree.district), shipment.id, now=NOW)
        for _ in range(2):
            take_back(session, id_of(tree.board), shipment.id, now=NOW)
        assert standing(session, id_of(tree.board)) == []
