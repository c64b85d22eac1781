"""The picture that the rules look at, as it is read from either database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from lmis.alerts.ahead import Average, Forecast
from lmis.catalog.models import CypFactor
from lmis.network.models import FacilityParent
from lmis.reports.stock_report import consumption
from lmis.stock.documents import Kind
from tests.alerts.shelves import DAY
from tests.alerts.world import FAR, World
from tests.factories import TODAY, a_facility, a_forecast, a_lot, a_policy, a_price, an_item, id_of, under
from tests.forecast.test_outlook import says

DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 1)


@pytest.fixture
def world(session: Session) -> World:
    return World.of(session)


class TestLots:
    def test_they_are_told_apart_by_what_they_are_good_for(self, world: World, session: Session):
        at, kind = world.tree.commune, Kind.RECEIPT
        lots = {
            n: a_lot(session, world.item, n, day) for n, day in {"OLD": TODAY - DAY, "LAST": TODAY, "NEW": FAR}.items()
        }
        for lot in lots.values():
            world.move(kind, at, 10, lot=lot, on=TODAY - 30 * DAY)
        world.move(Kind.QUARANTINE, at, 4, lot=lots["NEW"], reason="quality")
        shelf = world.shelf(at)

        assert [(it.number, it.on_hand) for it in shelf.lots] == [
            ("LAST", 10),
            ("NEW", 6),
        ]  # its last day is a day of use
        assert [(it.number, it.on_hand) for it in shelf.expired] == [("OLD", 10)]

    def test_a_recalled_lot_is_not_usable_wherever_it_lies(self, world: World, session: Session):
        world.move(Kind.RECEIPT, world.tree.commune, 10)
        world.lot.recalled_on = TODAY
        session.add(world.lot)
        shelf = world.shelf(world.tree.commune)

        assert (shelf.usable, [it.on_hand for it in shelf.recalled]) == (0, [10])

    def test_what_expires_first_stands_first_then_what_came_first(self, world: World, session: Session):
        at = world.tree.commune
        for number, expires_on, came in (("C", FAR, 3), ("B", FAR, 9), ("A", None, 9), ("D", TODAY + DAY, 1)):
            lot = a_lot(session, world.item, number, expires_on)
            world.move(Kind.RECEIPT, at, 1, lot=lot, on=TODAY - came * DAY)

        assert [it.number for it in world.shelf(at).lots] == ["D", "B", "C", "A"]

    def test_a_lot_has_the_price_of_its_channel_today(self, world: World, session: Session):
        a_price(session, world.item, 700, since=date(2026, 1, 1))
        a_price(session, world.item, 750, since=TODAY)
        a_price(session, world.item, 900, since=TODAY + DAY)
        for channel in ("free", "social_marketing"):
            world.move(Kind.RECEIPT, world.tree.commune, 5, channel=channel)

        assert {it.channel: it.price for it in world.shelf(world.tree.commune).lots} == {
            "free": 0,
            "social_marketing": 750,
        }


class TestUse:
    def test_a_facility_serves_itself_and_all_under_it(self, world: World):
        world.use(world.tree.commune, monthly=30, left=50)
        world.use(world.tree.collaborator, monthly=6, left=5)
        amc = {it.facility_id: it.amc for it in world.shelves().values()}

        assert amc[id_of(world.tree.commune)] == 36
        assert amc[id_of(world.tree.collaborator)] == 6
        for at in (world.tree.commune, world.tree.collaborator):
            of_home = consumption(world.session, id_of(at), TODAY)
            assert amc[id_of(at)] == of_home[id_of(world.item), "free"]

    def test_one_facility_alone_is_read_with_what_it_serves(self, world: World):
        world.use(world.tree.commune, monthly=30, left=50)
        world.use(world.tree.collaborator, monthly=6, left=5)
        world.move(Kind.RECEIPT, world.tree.board, 100)

        assert world.shelf(world.tree.board).amc == world.shelf(world.tree.commune).amc == 36
        assert len(world.shelves(world.tree.commune)) == 1

    def test_the_forecast_in_force_goes_before_the_average(self, world: World, session: Session):
        world.use(world.tree.commune, monthly=30, left=50)
        world.use(world.tree.collaborator, monthly=6, left=5)
        a_forecast(session, world.tree.commune, world.item, means=[30.0, 62.0] + [0.0] * 10)
        shelf = world.shelf(world.tree.commune)

        assert isinstance(shelf.ahead, Forecast)
        assert shelf.ahead.expected(DECEMBER, JANUARY) == 62
        assert shelf.amc == 36
        assert isinstance(world.shelf(world.tree.collaborator).ahead, Average)

    def test_a_series_that_could_not_be_forecast_is_reckoned_by_its_average(self, world: World, session: Session):
        world.use(world.tree.commune, monthly=30, left=50)
        a_forecast(session, world.tree.commune, world.item, means=[], method="none", reason="too_short")

        assert isinstance(world.shelf(world.tree.commune).ahead, Average)

    def test_what_a_planner_expects_counts_here_and_above(self, world: World, session: Session):
        for at in (world.tree.board, world.tree.district, world.tree.commune):
            world.move(Kind.RECEIPT, at, 500)
            a_forecast(session, at, world.item, means=[100.0] * 12)
        says(session, world.tree.commune, world.item, 400, month=202612)
        board, commune = (world.shelf(at).ahead for at in (world.tree.board, world.tree.commune))

        assert [it.expected(DECEMBER, JANUARY) for it in (board, commune)] == [400, 400]
        assert [it.expected(JANUARY, date(2027, 2, 1)) for it in (board, commune)] == [100, 100]
        # 55 … 145 about 100 become 400 ± 45 · √4, as who says four times as much does not say four times as unsure
        assert commune.chance_of_more(400 + 60, DECEMBER, JANUARY) == pytest.approx(0.2)

    def test_what_has_been_out_for_months_is_missed_by_what_it_used_before(self, world: World):
        at = world.tree.commune
        world.move(Kind.RECEIPT, at, 60, on=date(2026, 2, 28))
        for month in (3, 4):
            world.move(Kind.DISPENSE, at, 30, on=date(2026, month, 30))
        shelf = world.shelf(at)

        assert (shelf.out_since, shelf.usable) == (date(2026, 4, 30), 0)
        assert shelf.amc == pytest.approx(Decimal(30), abs=Decimal("1.1"))  # April was out on its last day

    def test_what_came_and_went_these_days_is_missed_too(self, world: World):
        at = world.tree.collaborator
        world.move(Kind.RECEIPT, at, 36, on=TODAY - 5 * DAY)
        world.move(Kind.DISPENSE, at, 36, on=TODAY - 2 * DAY)
        shelf = world.shelf(at)

        assert (shelf.ahead, shelf.amc) == (None, Decimal(18))  # of two months, the second not over

    def test_what_was_only_handed_down_is_missed_too(self, world: World):
        at = world.tree.commune
        world.move(Kind.RECEIPT, at, 5, on=date(2026, 8, 1))  # none dispensed in the months since
        world.move(Kind.ISSUE, at, 5, on=TODAY - 2 * DAY, to=world.tree.collaborator)

        assert world.shelf(at).amc == Decimal("2.5")

    def test_how_much_is_given_at_a_time_makes_an_average_less_sure(self, world: World, session: Session):
        session.add(
            CypFactor(item_id=world.item.id, valid_from=date(2021, 1, 1), cyp=Decimal("0.0083333333"), source="")
        )
        at, last_month = world.tree.commune, date(2026, 10, 20)
        world.move(Kind.RECEIPT, at, 200, on=date(2026, 8, 1))
        for after in range(3):
            world.move(Kind.DISPENSE, at, 12, on=last_month + after * DAY)

        assert world.shelf(at).ahead.lump == 12

    def test_without_any_history_nothing_is_expected(self, world: World):
        world.move(Kind.RECEIPT, world.tree.commune, 10)
        shelf = world.shelf(world.tree.commune)

        assert (shelf.amc, shelf.ahead) == (None, None)


class TestComing:
    def send(self, world: World, units: int, sent_on: date) -> None:
        world.move(Kind.RECEIPT, world.tree.district, units, on=sent_on)
        world.move(Kind.ISSUE, world.tree.district, units, on=sent_on, to=world.tree.commune, shipped=True)

    def test_it_is_expected_a_lead_time_after_it_was_sent(self, world: World):
        self.send(world, 30, TODAY - 3 * DAY)  # a quarter of a month: 8 days

        assert (world.shelf(world.tree.commune).coming, world.shelf(world.tree.commune).coming_on) == (
            30,
            TODAY + 5 * DAY,
        )

    def test_what_should_have_come_is_expected_tomorrow(self, world: World):
        self.send(world, 30, TODAY - 30 * DAY)
        self.send(world, 20, TODAY)

        assert (world.shelf(world.tree.commune).coming, world.shelf(world.tree.commune).coming_on) == (50, TODAY + DAY)

    def test_what_will_be_expired_does_not_count(self, world: World, session: Session):
        world.lot = a_lot(session, world.item, "SHORT", TODAY - DAY)
        self.send(world, 30, TODAY - 30 * DAY)

        assert world.shelves(world.tree.commune) == {}


class TestReceived:
    def test_the_last_delivery_within_a_review_period_is_known(self, world: World):
        for days in (40, 12, 10):
            world.move(Kind.RECEIPT, world.tree.commune, 5, on=TODAY - days * DAY)
        world.move(Kind.DISPENSE, world.tree.commune, 1, on=TODAY - 2 * DAY)

        assert world.shelf(world.tree.commune).received_on == TODAY - 10 * DAY

    def test_one_of_long_ago_is_not_looked_for(self, world: World):
        world.move(Kind.RECEIPT, world.tree.commune, 5, on=TODAY - 45 * DAY)  # as long as silence is let be

        assert world.shelf(world.tree.commune).received_on is None

    def test_how_far_one_looks_back_is_policy(self, world: World, session: Session):
        a_policy(session, world.tree.commune, review_period="2")
        world.move(Kind.RECEIPT, world.tree.commune, 5, on=TODAY - 50 * DAY)

        assert world.shelf(world.tree.commune).received_on == TODAY - 50 * DAY


class TestRecorded:
    def test_the_last_paper_of_any_item_tells_until_when_the_book_is_written(self, world: World, session: Session):
        other = an_item(session)
        world.move(Kind.RECEIPT, world.tree.commune, 50, on=TODAY - 40 * DAY)
        world.move(Kind.RECEIPT, world.tree.commune, 5, lot=a_lot(session, other), on=TODAY - DAY)
        world.move(Kind.DISPENSE, world.tree.commune, 1, on=TODAY - 20 * DAY)

        assert {it.recorded_on for it in world.shelves(world.tree.commune).values()} == {TODAY - 20 * DAY}

    def test_a_count_tells_what_is_there(self, world: World):
        world.move(Kind.RECEIPT, world.tree.commune, 50, on=TODAY - 40 * DAY)
        world.move(Kind.COUNT, world.tree.commune, 50, on=TODAY - 3 * DAY)

        assert world.shelf(world.tree.commune).recorded_on == TODAY - 3 * DAY

    def test_of_a_place_that_fell_silent_no_more_is_guessed_than_of_its_first_days(self, world: World):
        world.move(Kind.RECEIPT, world.tree.commune, 50, on=TODAY - 400 * DAY)
        world.move(Kind.DISPENSE, world.tree.commune, 1, on=TODAY - 300 * DAY)

        assert world.shelf(world.tree.commune).recorded_on == TODAY - 45 * DAY


class TestWhere:
    def test_a_closed_facility_is_not_looked_at_from_its_last_day_on(self, world: World, session: Session):
        world.move(Kind.RECEIPT, world.tree.commune, 5)
        world.tree.commune.closed_on = TODAY + DAY
        session.add(world.tree.commune)

        assert world.shelves(world.tree.commune)
        world.today = TODAY + DAY
        assert world.shelves(world.tree.commune) == {}

    def test_what_a_facility_may_not_hold_is_known(self, world: World, session: Session):
        iud = an_item(session, method="iud")
        lot = a_lot(session, iud)
        world.move(Kind.RECEIPT, world.tree.commune, 5, lot=lot)
        world.tree.commune.capabilities = "implant injectable"
        session.add(world.tree.commune)
        world.move(Kind.RECEIPT, world.tree.commune, 5)

        assert not world.shelf(world.tree.commune, iud).capable
        assert world.shelf(world.tree.commune).capable

    def test_a_policy_of_one_place_and_item_is_that_shelfs_alone(self, world: World, session: Session):
        other = a_facility(session, parent=world.tree.district)
        a_policy(session, world.tree.commune, item=id_of(world.item), near_expiry_days="45")
        for at in (world.tree.commune, other):
            world.move(Kind.RECEIPT, at, 5)

        assert world.shelf(world.tree.commune).policy.near_expiry_days == 45
        assert world.shelf(other).policy.near_expiry_days == 90

    def test_more_facilities_than_a_portion_are_all_read(self, world: World, session: Session, monkeypatch):
        monkeypatch.setattr("lmis.alerts.reading.PORTION", 2)
        monkeypatch.setattr("lmis.alerts.reading_use.PORTION", 2)
        world.use(world.tree.collaborator, monthly=6, left=5)
        stations = [a_facility(session, parent=world.tree.district) for _ in range(5)]
        for at in stations:
            world.use(at, monthly=10, left=5)
        world.move(Kind.RECEIPT, world.tree.district, 5)

        assert world.shelf(world.tree.district).amc == 56
        assert len(world.shelves()) == 7

    def test_who_changes_supplier_is_served_by_the_new_one(self, world: World, session: Session):
        other = a_facility(session, level="district", parent=world.tree.board)
        world.use(world.tree.commune, monthly=30, left=5)
        for at in (world.tree.district, other):
            world.move(Kind.RECEIPT, at, 5)
        edge = session.exec(select(FacilityParent).where(FacilityParent.facility_id == world.tree.commune.id)).one()
        edge.valid_to = TODAY + DAY
        under(session, world.tree.commune, other, TODAY + DAY)

        assert [world.shelf(it).amc for it in (world.tree.district, other)] == [30, None]
        world.today = TODAY + DAY
        assert [world.shelf(it).amc for it in (world.tree.district, other)] == [None, 30]
