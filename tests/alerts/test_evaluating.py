"""Looking at everything by night and at what moved by day: what becomes of alerts, on either database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from freezegun import freeze_time
from sqlalchemy import Engine
from sqlmodel import Session, select

from lmis import clock
from lmis.alerts import evaluating
from lmis.alerts.findings import Act, Finding, Rule, Severity, Topic, from_json
from lmis.alerts.keeping import keep
from lmis.alerts.models import Alert, TransferProposal
from lmis.alerts.redistribution import NoSolver
from lmis.db import transaction
from lmis.recalls.service import Order, recall_lot
from lmis.requisitions.models import Requisition, RequisitionStep
from lmis.stock.documents import Document, Kind
from lmis.stock.posting import post
from tests.alerts.shelves import DAY
from tests.alerts.world import FAR, World, alerts, at_six, by_day, night, story
from tests.factories import (
    NOW,
    TODAY,
    a_document,
    a_facility,
    a_forecast,
    a_line,
    a_lot,
    a_policy,
    a_price,
    a_user,
    add,
    an_item,
    id_of,
)

SUPPLY = (Rule.OUT, Rule.RUN_OUT, Rule.EMERGENCY, Rule.BELOW)


@pytest.fixture
def world(engine: Engine) -> World:
    """A station that gives out 30 a month, of which 60 are left."""
    with transaction(engine) as session:
        world = World.of(session)
        world.use(world.tree.commune, monthly=30, left=60)
        return world


def move(engine: Engine, world: World, kind: Kind, units: int, *, on: date = TODAY, **more: object) -> None:
    """What is recorded at the station on a day."""
    with transaction(engine) as session:
        World(session, world.tree, world.item, world.lot, on).move(kind, world.tree.commune, units, **more)


class TestLife:
    def test_a_shelf_goes_from_enough_to_out_and_back_as_one_alert(self, engine: Engine, world: World):
        assert night(engine) == {}
        move(engine, world, Kind.DISPENSE, 35)
        assert night(engine, TODAY + DAY) == {"found": 1, "opened": 1}  # 25 of 30 a month
        move(engine, world, Kind.DISPENSE, 25, on=TODAY + 2 * DAY)
        assert night(engine, TODAY + 3 * DAY) == {"found": 1, "raised": 1}
        move(engine, world, Kind.RECEIPT, 90, on=TODAY + 4 * DAY)
        assert night(engine, TODAY + 5 * DAY) == {"resolved": 1}
        move(engine, world, Kind.DISPENSE, 90, on=TODAY + 6 * DAY)
        assert night(engine, TODAY + 7 * DAY) == {"found": 1, "reopened": 1}

        (alert,) = alerts(engine)
        assert (alert.times, alert.rule, alert.severity, alert.state) == (2, "out", Severity.URGENT, "open")
        assert story(engine, alert) == [
            ("opened", "below"),
            ("raised", "out"),
            ("resolved", "out"),
            ("reopened", "out"),
        ]

    def test_a_second_evaluation_of_the_day_changes_nothing(self, engine: Engine, world: World):
        move(engine, world, Kind.DISPENSE, 35)
        with transaction(engine) as session:
            lot = a_lot(session, world.item, "B2", TODAY + 20 * DAY)
            World(session, world.tree, world.item, lot).move(Kind.RECEIPT, world.tree.district, 500)
        night(engine)
        was = [it.model_dump(exclude={"seen_at"}) for it in alerts(engine)]

        assert night(engine) == {"found": len(was)} | moves(engine)
        assert [it.model_dump(exclude={"seen_at"}) for it in alerts(engine)] == was
        assert was

    def test_nine_days_without_a_worker_are_made_up_in_one_night(self, engine: Engine, world: World):
        with transaction(engine) as session:
            lot = a_lot(session, world.item, "NEAR", TODAY + 91 * DAY)  # in the window from tomorrow on
            World(session, world.tree, world.item, lot).move(Kind.RECEIPT, world.tree.commune, 5)
        night(engine)
        assert alerts(engine, Rule.NEAR_EXPIRY) == []

        night(engine, TODAY + 9 * DAY)
        (near,) = alerts(engine, Rule.NEAR_EXPIRY)
        assert from_json(near.facts)["days"] == 82

    def test_a_lot_is_feared_for_then_expired_then_written_off_as_one_alert(self, engine: Engine, world: World):
        last = TODAY + 20 * DAY
        with transaction(engine) as session:
            lot = a_lot(session, world.item, "WASTE", last)
            a_price(session, world.item, 750)
            World(session, world.tree, world.item, lot).move(
                Kind.RECEIPT, world.tree.commune, 100, channel="social_marketing"
            )
        for day in (TODAY, last, last + DAY):
            night(engine, day)
        (alert,) = alerts(engine, Rule.EXPIRED)
        assert (alert.units, alert.dong, alert.lot_id) == (100, 75_000, id_of(lot))

        with transaction(engine) as session:
            World(session, world.tree, world.item, lot, last + DAY).move(
                Kind.LOSS, world.tree.commune, 100, channel="social_marketing", reason="expired"
            )
        night(engine, last + DAY)
        assert story(engine, alert) == [("opened", "waste"), ("raised", "expired"), ("resolved", "expired")]
        assert alerts(engine, Rule.LOSS) == []  # it was known to come

    def test_a_closed_facilitys_alerts_are_resolved(self, engine: Engine, world: World):
        move(engine, world, Kind.DISPENSE, 60)
        night(engine)
        with transaction(engine) as session:
            session.merge(world.tree.commune).closed_on = TODAY + DAY

        assert night(engine, TODAY + DAY) == {"resolved": 1}

    def test_alerts_about_the_programs_own_work_are_left_alone(self, engine: Engine, world: World):
        job = Finding(Rule.JOB, id_of(world.tree.board), {"job": "x"}, subject="x")
        with transaction(engine) as session:
            keep(session, [job], topics={Topic.JOB}, facility_ids=None, today=TODAY, now=NOW)

        assert night(engine) == {}
        assert [it.state for it in alerts(engine)] == ["open"]

    def test_a_day_ends_at_midnight_in_vietnam(self, engine: Engine, world: World):
        with transaction(engine) as session:
            lot = a_lot(session, world.item, "LAST", TODAY)
            World(session, world.tree, world.item, lot).move(Kind.RECEIPT, world.tree.commune, 5)
        rules = {}
        for moment in ("2026-11-20 16:59:59", "2026-11-20 17:00:00"):  # of UTC
            with freeze_time(moment):
                evaluating.evaluate(engine, today=clock.today(), now=clock.now())
                rules[moment] = [it.rule for it in alerts(engine, Rule.WASTE, Rule.EXPIRED)]

        assert list(rules.values()) == [["waste"], ["expired"]]


def moves(engine: Engine) -> dict[str, int]:
    with transaction(engine) as session:
        count = len(session.exec(select(TransferProposal)).all())
    return {"moves": count} if count else {}


class TestRedistribution:
    def over_and_out(self, engine: Engine, world: World) -> None:
        """The station is out of what its neighbour has ten months of."""
        move(engine, world, Kind.DISPENSE, 60)
        with transaction(engine) as session:
            other = a_facility(session, parent=world.tree.district)
            World(session, world.tree, world.item, world.lot).use(other, monthly=30, left=300)

    def test_both_sides_are_told_of_the_transfer(self, engine: Engine, world: World):
        pytest.importorskip("scipy")
        self.over_and_out(engine, world)

        assert night(engine)["moves"] == 1
        out, over = (alerts(engine, rule)[0] for rule in (Rule.OUT, Rule.OVER))
        assert out.action == over.action == Act.REDISTRIBUTE
        assert from_json(out.action_facts)["to"] == world.tree.commune.code

    def test_two_workers_at_once_keep_one_plan(self, engine: Engine, world: World):
        pytest.importorskip("scipy")
        self.over_and_out(engine, world)
        with ThreadPoolExecutor(3) as pool:
            made = list(
                pool.map(lambda hours: evaluating.evaluate(engine, today=TODAY, now=NOW + hours * DAY), range(3))
            )

        assert [it["moves"] for it in made] == [1, 1, 1]
        assert sorted(it["opened"] for it in made) == [0, 0, 2]
        assert moves(engine) == {"moves": 1}

    def test_a_look_by_day_keeps_what_was_proposed(self, engine: Engine, world: World):
        pytest.importorskip("scipy")
        self.over_and_out(engine, world)
        night(engine)

        move(engine, world, Kind.RECEIPT, 1, now=at_six(TODAY) + timedelta(hours=3))
        by_day(engine, at_six(TODAY) + timedelta(hours=4))
        (alert,) = alerts(engine, *SUPPLY)
        assert (alert.rule, alert.action) == (Rule.RUN_OUT, Act.REDISTRIBUTE)

    def test_without_a_solver_all_else_is_evaluated(self, engine: Engine, world: World, monkeypatch):
        def none(*_: object) -> None:
            raise NoSolver

        monkeypatch.setattr("lmis.alerts.redistribution_kept.propose", none)
        self.over_and_out(engine, world)

        assert night(engine) == {"found": 2, "opened": 2, "unplanned": 1}
        assert {it.action for it in alerts(engine)} == {Act.ORDER, Act.LOOK}


class TestByDay:
    MORNING = at_six(TODAY)

    def at(self, hours: float) -> datetime:
        return self.MORNING + timedelta(hours=hours)

    def test_only_where_something_was_recorded_is_looked_at(self, engine: Engine, world: World):
        with transaction(engine) as session:
            other = a_facility(session, parent=world.tree.district)
            World(session, world.tree, world.item, world.lot).use(other, monthly=30, left=0)
        night(engine)
        move(engine, world, Kind.DISPENSE, 60, now=self.at(3))

        assert by_day(engine, self.at(4)) == {"found": 1, "opened": 1, "facilities": 1}
        out, low = sorted(alerts(engine), key=lambda it: it.seen_at)
        assert (out.facility_id, low.facility_id) == (id_of(other), id_of(world.tree.commune))
        assert (out.state, out.seen_at, low.seen_at) == ("open", self.MORNING, self.at(4))

    def test_both_ends_of_a_transfer_are_looked_at(self, engine: Engine, world: World):
        night(engine)
        with transaction(engine) as session:
            end = World(session, world.tree, world.item, world.lot)
            end.move(Kind.ISSUE, world.tree.commune, 55, to=world.tree.collaborator, now=self.at(3))

        assert by_day(engine, self.at(4))["facilities"] == 2

    def test_what_is_seen_once_is_not_looked_at_again(self, engine: Engine, world: World):
        night(engine)
        move(engine, world, Kind.DISPENSE, 60, now=self.at(3))
        by_day(engine, self.at(4))

        assert by_day(engine, self.at(5)) == {}

    def test_what_was_recorded_before_a_look_and_kept_after_it_is_not_missed(self, engine: Engine, world: World):
        with transaction(engine) as session:
            other = a_facility(session, parent=world.tree.district)
            World(session, world.tree, world.item, world.lot).use(other, monthly=30, left=0)
        night(engine)
        move(engine, world, Kind.DISPENSE, 60, now=self.MORNING - timedelta(minutes=9))

        assert by_day(engine, self.at(0.25))["opened"] == 1

    def test_goods_that_came_resolve_at_once(self, engine: Engine, world: World):
        move(engine, world, Kind.DISPENSE, 60)
        night(engine)
        move(engine, world, Kind.RECEIPT, 90, now=self.at(3))

        assert by_day(engine, self.at(4)) == {"facilities": 1, "resolved": 1}

    def test_a_clock_set_back_misses_nothing(self, engine: Engine, world: World):
        with transaction(engine) as session:
            other = a_facility(session, parent=world.tree.district)
            World(session, world.tree, world.item, world.lot).use(other, monthly=30, left=0)
        night(engine, TODAY)  # at six, by a clock that is then set back to three
        move(engine, world, Kind.DISPENSE, 60, now=self.at(-2.9))

        assert by_day(engine, self.at(-2.75))["opened"] == 1
        assert by_day(engine, self.at(-2.5)).get("opened") is None

    def test_before_the_first_night_the_last_day_is_looked_at(self, engine: Engine, world: World):
        move(engine, world, Kind.DISPENSE, 60, now=self.at(-12))

        assert by_day(engine, self.at(4))["opened"] == 1

    def test_a_closed_facilitys_alerts_are_resolved_by_day_too(self, engine: Engine, world: World):
        move(engine, world, Kind.DISPENSE, 60, now=self.at(-1))
        night(engine)
        move(engine, world, Kind.RECEIPT, 1, now=self.at(1))
        with transaction(engine) as session:
            session.merge(world.tree.commune).closed_on = TODAY

        assert by_day(engine, self.at(4)) == {"facilities": 1, "resolved": 1}


class TestPapers:
    def test_a_shipment_nobody_confirms_waits_at_the_receiver(self, engine: Engine, world: World):
        with transaction(engine) as session:
            district = World(session, world.tree, world.item, world.lot)
            district.move(Kind.RECEIPT, world.tree.district, 100, on=TODAY - 9 * DAY)
            about = {"to": world.tree.commune, "shipped": True, "on": TODAY - 8 * DAY}
            sent = district.move(Kind.ISSUE, world.tree.district, 100, **about)
        night(engine)
        (alert,) = alerts(engine, Rule.UNCONFIRMED)
        assert (alert.facility_id, UUID(alert.subject), alert.units) == (id_of(world.tree.commune), sent.uuid, 100)

        with transaction(engine) as session:
            station = World(session, world.tree, world.item, world.lot)
            station.move(Kind.DELIVERY, world.tree.commune, 100, shipment=sent.uuid)
        night(engine, TODAY + DAY)
        assert [it.state for it in alerts(engine, Rule.UNCONFIRMED)] == ["resolved"]

    @pytest.mark.parametrize("manned", [True, False])
    def test_a_requisition_waits_where_somebody_may_act(self, engine: Engine, world: World, manned: bool):
        with transaction(engine) as session:
            asking = a_user(session, world.tree.commune, role="manager")
            if manned:
                a_user(session, world.tree.commune, role="manager")
            uuid = asked(session, world, by=id_of(asking), at=NOW - 6 * DAY)
        night(engine)

        (alert,) = alerts(engine, Rule.WAITING)
        at = world.tree.commune if manned else world.tree.district  # nobody authorises what they submitted themselves
        assert (alert.facility_id, UUID(alert.subject)) == (id_of(at), uuid)

    def test_it_waits_since_a_day_in_vietnam(self, engine: Engine, world: World):
        with transaction(engine) as session:
            evening = datetime(2026, 11, 14, 17, 30, tzinfo=UTC)  # half past midnight on the 15th in Vietnam
            asked(session, world, by=id_of(a_user(session, world.tree.commune)), at=evening)
        night(engine)  # five days
        assert alerts(engine, Rule.WAITING) == []

        night(engine, TODAY + DAY)
        assert from_json(alerts(engine, Rule.WAITING)[0].facts)["since_on"] == date(2026, 11, 15)

    def test_an_item_long_not_counted_is_told_where_somebody_counts(self, engine: Engine, world: World):
        night(engine)
        assert alerts(engine, Rule.COUNT_DUE) == []
        with transaction(engine) as session:
            a_user(session, world.tree.commune)
        night(engine)

        (alert,) = alerts(engine, Rule.COUNT_DUE)
        assert from_json(alert.facts) == {"items": 1, "due_on": date(2026, 8, 28), "days": 84}  # it came on 28 July
        move(engine, world, Kind.COUNT, 60)
        night(engine, TODAY + DAY)
        assert [it.state for it in alerts(engine, Rule.COUNT_DUE)] == ["resolved"]

    def test_a_large_loss_is_told_until_the_item_is_counted(self, engine: Engine, world: World):
        move(engine, world, Kind.LOSS, 6, reason="damaged")
        night(engine)
        (alert,) = alerts(engine, Rule.LOSS)
        facts = from_json(alert.facts)
        assert (facts["units"], facts["percent"], facts["number"]) == (6, 10, "HH-2026-00001")

        move(engine, world, Kind.COUNT, 54, on=TODAY + DAY)
        night(engine, TODAY + DAY)
        assert [it.state for it in alerts(engine, Rule.LOSS)] == ["resolved"]

    def test_what_moved_since_a_loss_does_not_change_its_share(self, engine: Engine, world: World):
        move(engine, world, Kind.LOSS, 3, on=TODAY - 2 * DAY, reason="damaged")  # 5 % of 60
        move(engine, world, Kind.DISPENSE, 40)
        move(engine, world, Kind.LOSS, 2, on=TODAY - DAY, reason="stolen")  # 2 of 57
        night(engine)

        assert [from_json(it.facts)["percent"] for it in alerts(engine, Rule.LOSS)] == [5]

    @pytest.mark.parametrize(("counted", "found"), [((65, 5), []), ((55, 15), []), ((50, 5), [15])])
    def test_a_count_loses_what_lacks_over_all_lots(self, engine: Engine, world: World, counted, found):
        move(engine, world, Kind.RECEIPT, 5)
        with transaction(engine) as session:
            other = a_lot(session, world.item, "B2", FAR)
            place = World(session, world.tree, world.item, other)
            place.move(Kind.RECEIPT, world.tree.commune, 5)
            lines = [a_line(lot, units) for lot, units in zip((world.lot, other), counted, strict=True)]
            document = a_document(world.tree.commune, *lines, kind=Kind.COUNT)
            post(session, [document], today=TODAY, now=NOW)
        night(engine)

        assert [it.units for it in alerts(engine, Rule.LOSS)] == found

    def test_a_loss_that_was_taken_back_is_none(self, engine: Engine, world: World):
        with transaction(engine) as session:
            station = World(session, world.tree, world.item, world.lot)
            lost = station.move(Kind.LOSS, world.tree.commune, 30, reason="damaged")
            undone = Document(uuid4(), Kind.REVERSAL, TODAY, id_of(world.tree.commune), (), reverses=lost.uuid)
            post(session, [undone], today=TODAY, now=NOW)
        night(engine)

        assert alerts(engine, Rule.LOSS) == []

    def test_after_thirty_days_a_loss_is_past(self, engine: Engine, world: World):
        move(engine, world, Kind.LOSS, 6, reason="damaged")
        night(engine, TODAY + 29 * DAY)
        assert [it.state for it in alerts(engine, Rule.LOSS)] == ["open"]
        night(engine, TODAY + 30 * DAY)

        assert [it.state for it in alerts(engine, Rule.LOSS)] == ["resolved"]

    def test_a_place_that_fell_silent_is_told_until_it_records_again(self, engine: Engine, world: World):
        for days in range(1, 6):
            move(engine, world, Kind.DISPENSE, 1, on=TODAY - days * DAY)
        day = TODAY + 80 * DAY  # 9 documents in 180 days: four should have come in these 81
        night(engine, day)
        (alert,) = alerts(engine, Rule.SILENT)
        assert from_json(alert.facts) == {"last_on": TODAY - DAY, "days": 81}

        move(engine, world, Kind.DISPENSE, 1, on=day)
        night(engine, day)
        assert [it.state for it in alerts(engine, Rule.SILENT)] == ["resolved"]

    def test_a_place_with_nothing_left_is_not_silent(self, engine: Engine, world: World):
        move(engine, world, Kind.DISPENSE, 60)
        night(engine, TODAY + 200 * DAY)

        assert alerts(engine, Rule.SILENT) == []

    def test_a_recalled_lot_is_told_but_where_it_goes_back_to(self, engine: Engine, world: World):
        with transaction(engine) as session:
            station = World(session, world.tree, world.item, world.lot)
            station.move(Kind.RECEIPT, world.tree.board, 500)
            order = Order(uuid4(), id_of(world.lot), id_of(world.tree.board), "Lỗi bao bì")
            recall = recall_lot(session, order, today=TODAY, now=NOW)
        night(engine)

        (alert,) = alerts(engine, Rule.RECALLED)
        assert (alert.facility_id, alert.units, UUID(alert.subject)) == (id_of(world.tree.commune), 60, recall.uuid)
        assert id_of(world.tree.commune) in {it.facility_id for it in alerts(engine, Rule.OUT)}  # nothing else is left


def asked(session: Session, world: World, *, by: int, at: datetime) -> UUID:
    """A requisition of the station, submitted by somebody at a moment."""
    about = {"period": 202610, "year": 2026, "number": 1, "status": "submitted", "version": 2}
    ends = {"facility_id": id_of(world.tree.commune), "supplier_id": id_of(world.tree.district)}
    made = add(session, Requisition(uuid=uuid4(), kind="regular", **ends, **about))
    for version, act in enumerate(("initiate", "submit"), start=1):
        add(session, RequisitionStep(requisition_id=made.id, version=version, act=act, at=at, user_id=by))
    return made.uuid


def test_thresholds_are_those_of_the_place(engine: Engine, world: World):
    with transaction(engine) as session:
        a_policy(session, world.tree.commune, near_expiry_days="10", loss_share="0.5")
        lot = a_lot(session, world.item, "NEAR", TODAY + 20 * DAY)
        World(session, world.tree, world.item, lot).move(Kind.RECEIPT, world.tree.commune, 1)
        a_forecast(session, world.tree.commune, world.item, means=[30.0] * 12)
        assert session.exec(select(Alert)).all() == []
    move(engine, world, Kind.LOSS, 20, reason="damaged")
    night(engine)

    assert alerts(engine, Rule.NEAR_EXPIRY, Rule.LOSS) == []


def test_items_that_a_network_has_not_got_yet_are_no_fault(engine: Engine):
    with transaction(engine) as session:
        a_facility(session)
        an_item(session)

    assert night(engine) == {}
