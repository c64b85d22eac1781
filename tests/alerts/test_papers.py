"""Papers and people that are waited for, each told once its days are over."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from lmis.alerts.findings import Act, Rule, Severity
from lmis.alerts.papers import Asked, Habit, Sent, Taken, count_due, large_loss, silent, unconfirmed, waiting
from lmis.alerts.sentences import reason
from tests.alerts.shelves import STATION, a_policy_of
from tests.factories import TODAY

SHIPMENT = Sent("uuid", "PX-2026-00007", "Trung tâm Y tế Ba Đình", 5, TODAY, 20_000)
REQUISITION = Asked(
    "uuid", "DT-2026-00003", "regular", "submitted", 5, "Trạm Y tế Trúc Bạch", 2, TODAY, authoriser=True
)
LOSS = Taken("uuid", "HH-2026-00001", "loss", 5, 7, TODAY, units=144, before=2_880, dong=108_000, pack_size=144)
PLACE = Habit(5, TODAY, recorded=180, stocked_on=date(2025, 1, 1))  # a document a day


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


class TestShipments:
    @pytest.mark.parametrize(("days", "told"), [(0, False), (7, False), (8, True), (100, True)])
    def test_one_is_asked_about_after_more_than_a_week(self, days, told):
        assert bool(unconfirmed(SHIPMENT._replace(sent_on=ago(days)), STATION, TODAY)) == told

    def test_how_long_is_policy(self):
        assert unconfirmed(SHIPMENT._replace(sent_on=ago(3)), a_policy_of(unconfirmed_days=2), TODAY)

    def test_the_receiver_is_told_to_confirm_it(self):
        found = unconfirmed(SHIPMENT._replace(sent_on=ago(9)), STATION, TODAY)

        assert (found.facility_id, found.subject, found.does, found.units) == (5, "uuid", Act.CONFIRM, 20_000)
        assert reason(found.rule, found.facts).translate("en") == (
            "Shipment PX-2026-00007 from Trung tâm Y tế Ba Đình was sent on 11/11/2026, 9 days ago; nobody has "
            "confirmed 20,000."
        )


class TestRequisitions:
    @pytest.mark.parametrize(
        ("status", "authoriser", "at"),
        [
            ("initiated", True, 5),
            ("rejected", True, 5),
            ("submitted", True, 5),
            ("submitted", False, 2),
            ("authorised", True, 2),
            ("approved", True, 2),
        ],
    )
    def test_it_waits_where_somebody_has_to_act(self, status, authoriser, at):
        found = waiting(REQUISITION._replace(status=status, authoriser=authoriser, since_on=ago(6)), STATION, TODAY)

        assert (found.facility_id, found.subject, found.does) == (at, "uuid", Act.DECIDE)

    @pytest.mark.parametrize(("days", "told"), [(5, False), (6, True)])
    def test_it_waits_longer_than_five_days(self, days, told):
        assert bool(waiting(REQUISITION._replace(since_on=ago(days)), STATION, TODAY)) == told

    def test_one_made_in_an_emergency_is_a_warning(self):
        old = REQUISITION._replace(since_on=ago(6))

        assert waiting(old, STATION, TODAY).how_severe is Severity.NOTICE
        assert waiting(old._replace(kind="emergency"), STATION, TODAY).how_severe is Severity.WARNING

    def test_it_tells_whose_it_is_and_how_it_stands(self):
        found = waiting(REQUISITION._replace(since_on=ago(6)), STATION, TODAY)

        assert reason(found.rule, found.facts).translate("en") == (
            "Requisition DT-2026-00003 of Trạm Y tế Trúc Bạch is submitted since 14/11/2026, for 6 days."
        )


class TestCounts:
    @pytest.mark.parametrize(("days", "told"), [(0, False), (14, False), (15, True)])
    def test_a_count_may_be_two_weeks_late(self, days, told):
        assert bool(count_due(5, [ago(days)], STATION, TODAY)) == told

    def test_a_facility_is_told_once_of_all_its_items(self):
        found = count_due(5, [ago(15), ago(3), ago(40), TODAY + timedelta(days=9)], STATION, TODAY)

        assert (found.item_id, found.units, found.due_on) == (None, 2, ago(40))
        assert reason(found.rule, found.facts).translate("en") == (
            "2 items should have been counted by now, the first by 11/10/2026, 40 days ago."
        )

    def test_of_one_item_it_speaks_as_of_one(self):
        found = count_due(5, [ago(15)], STATION, TODAY)

        assert (
            reason(found.rule, found.facts)
            .translate("en")
            .startswith("One item should have been counted by 05/11/2026")
        )

    def test_nothing_on_the_shelf_is_never_due(self):
        assert count_due(5, [], STATION, TODAY) is None


class TestLosses:
    @pytest.mark.parametrize(
        ("units", "before", "told"),
        [(144, 2_880, True), (144, 2_881, False), (143, 200, False), (144, 144, True), (500, 0, False)],
    )
    def test_five_percent_of_the_stock_and_a_pack_at_least(self, units, before, told):
        assert bool(large_loss(LOSS._replace(units=units, before=before), STATION)) == told

    def test_the_share_is_policy(self):
        assert large_loss(LOSS._replace(before=14_400), a_policy_of(loss_share="0.01"))

    def test_it_is_counted_but_what_a_count_found(self):
        assert large_loss(LOSS, STATION).does is Act.COUNT
        assert large_loss(LOSS._replace(kind="count"), STATION).does is Act.LOOK

    def test_it_tells_what_and_how_much_of_it(self):
        found = large_loss(LOSS, STATION)

        assert (found.item_id, found.subject, found.units, found.dong) == (7, "uuid", 144, 108_000)
        assert reason(found.rule, found.facts).translate("en") == (
            "Document HH-2026-00001 of 20/11/2026 takes 144 off the book, 5 % of what was there."
        )


class TestSilence:
    @pytest.mark.parametrize(("days", "told"), [(45, False), (46, True), (400, True)])
    def test_a_busy_place_may_be_silent_for_45_days(self, days, told):
        assert bool(silent(PLACE._replace(last_on=ago(days)), STATION, TODAY)) == told

    def test_how_long_is_policy(self):
        assert silent(PLACE._replace(last_on=ago(15)), a_policy_of(quiet_days=14), TODAY)

    @pytest.mark.parametrize(("days", "told"), [(46, False), (89, False), (90, True)])
    def test_who_records_once_a_month_may_be_silent_for_longer(self, days, told):
        monthly = PLACE._replace(recorded=6, last_on=ago(days))  # in 180 days: three should have come in 90

        assert bool(silent(monthly, STATION, TODAY)) == told

    def test_who_never_recorded_anything_is_told_since_goods_are_there(self):
        new = PLACE._replace(last_on=None, recorded=0, stocked_on=ago(46))
        found = silent(new, STATION, TODAY)

        assert (found.rule, found.facts, found.does) == (Rule.SILENT, {"last_on": None, "days": 46}, Act.RECORD)
        assert reason(found.rule, found.facts).translate("en") == "Nothing has ever been recorded here."
        assert silent(new._replace(stocked_on=ago(45)), STATION, TODAY) is None


def test_the_share_of_a_loss_is_rounded_to_percents():
    assert large_loss(LOSS._replace(units=200, before=2_999), STATION).facts["percent"] == 7
    assert Decimal("0.05") == STATION.loss_share
