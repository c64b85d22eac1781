"""Alerts that nobody sees to are told to the level above, day after day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import Session, col, select

from lmis.alerts import life
from lmis.alerts.escalating import escalate, next_above
from lmis.alerts.findings import Finding, Rule, Severity, Topic
from lmis.alerts.keeping import keep
from lmis.alerts.models import Alert, AlertEvent
from lmis.network.models import Facility
from tests.alerts.making import FACTS, an_alert
from tests.factories import NOW, TODAY, Tree, a_policy, a_tree, a_user, an_item, id_of


class Days:
    """The days after NOW, on which alerts are escalated."""

    def __init__(self, session: Session) -> None:
        self.session, self.tree = session, a_tree(session)
        self.item = an_item(session)

    def after(self, days: int) -> int:
        """Escalate on the morning so many days after TODAY; how many were."""
        found = escalate(self.session, today=TODAY + timedelta(days=days), now=NOW + timedelta(days=days))
        return found["escalated"]

    def told(self, alert: Alert) -> int | None:
        self.session.expire_all()
        return self.session.get_one(Alert, alert.id).escalated_to

    def acknowledge(self, alert: Alert, days: int) -> None:
        self.session.expire_all()
        it = self.session.get_one(Alert, alert.id)
        life.acknowledge_one(
            self.session,
            it.id or 0,
            life.version(it.raised_at, it.acknowledged_at),
            life.Word("Biết rồi", TODAY + timedelta(days=days + 5)),
            life.By(
                id_of(a_user(self.session, self.tree.district, role="manager")),
                id_of(self.tree.board),
                TODAY + timedelta(days=days),
                NOW + timedelta(days=days),
            ),
        )

    def evaluate(self, days: int, *findings: Finding) -> None:
        on = {"today": TODAY + timedelta(days=days), "now": NOW + timedelta(days=days)}
        keep(self.session, findings, topics=[Topic.SUPPLY], facility_ids=None, **on)  # type: ignore[arg-type]

    def out(self) -> Finding:
        return Finding(Rule.OUT, id_of(self.tree.commune), FACTS[Rule.OUT], id_of(self.item))


@pytest.fixture
def days(session: Session) -> Days:
    return Days(session)


def test_level_by_level_up_to_the_top(days: Days, session: Session):
    tree: Tree = days.tree
    alert = an_alert(session, tree.commune, days.item)

    assert [days.after(2), days.told(alert)] == [0, None]
    assert [days.after(3), days.told(alert)] == [1, tree.district.id]
    assert [days.after(5), days.told(alert)] == [0, tree.district.id]
    assert [days.after(6), days.told(alert)] == [1, tree.board.id]
    assert [days.after(30), days.told(alert)] == [0, tree.board.id]
    events = session.exec(select(AlertEvent).where(AlertEvent.what == "escalated").order_by(col(AlertEvent.id)))
    assert [it.facility_id for it in events] == [tree.district.id, tree.board.id]


def test_the_same_day_again_changes_nothing(days: Days, session: Session):
    an_alert(session, days.tree.commune, days.item)

    assert [days.after(3), days.after(3), days.after(3)] == [1, 0, 0]


def test_days_that_a_stopped_worker_catches_up_on_make_one_step(days: Days, session: Session):
    an_alert(session, days.tree.commune, days.item)
    now = NOW + timedelta(days=9)

    found = [escalate(session, today=TODAY + timedelta(days=it), now=now)["escalated"] for it in range(1, 10)]

    assert sum(found) == 1


def test_a_notice_stays_with_those_who_are_there(days: Days, session: Session):
    an_alert(session, days.tree.commune, days.item, rule=Rule.BELOW)

    assert days.after(60) == 0


def test_nobody_stands_over_the_top(days: Days, session: Session):
    an_alert(session, days.tree.board, days.item)

    assert days.after(60) == 0


def test_the_days_are_those_of_the_policy_in_force_there(days: Days, session: Session):
    a_policy(session, days.tree.commune, escalation_days="10")
    slow = an_alert(session, days.tree.commune, days.item)
    quick = an_alert(session, days.tree.district, rule=Rule.LOSS, facts={})

    assert days.after(3) == 1
    assert (days.told(slow), days.told(quick)) == (None, days.tree.board.id)
    assert days.after(10) == 1
    assert days.told(slow) == days.tree.district.id


def test_what_was_acknowledged_above_is_seen_to(days: Days, session: Session):
    alert = an_alert(session, days.tree.commune, days.item)
    days.after(3)
    days.acknowledge(alert, 4)

    assert days.after(60) == 0
    assert days.told(alert) == days.tree.district.id


def test_once_its_rest_is_over_the_days_begin_anew(days: Days, session: Session):
    days.evaluate(0, days.out())
    alert = session.exec(select(Alert)).one()
    days.acknowledge(alert, 1)  # until day 6
    days.evaluate(6, days.out())

    assert [days.after(6), days.after(8)] == [0, 0]
    assert [days.after(9), days.told(alert)] == [1, days.tree.district.id]


def test_what_comes_back_begins_below_again(days: Days, session: Session):
    days.evaluate(0, days.out())
    alert = session.exec(select(Alert)).one()
    days.after(3)
    days.after(6)
    days.evaluate(7)
    days.evaluate(8, days.out())

    assert days.told(alert) is None
    assert [days.after(9), days.told(alert)] == [0, None]
    assert [days.after(11), days.told(alert)] == [1, days.tree.district.id]


def test_days_are_those_of_the_calendar_in_vietnam(days: Days, session: Session):
    late = NOW.replace(hour=16, minute=59)  # one minute to midnight of TODAY
    an_alert(session, days.tree.commune, days.item, at=late)
    an_alert(session, days.tree.collaborator, days.item, at=late + timedelta(minutes=1))

    assert [days.after(3), days.after(4)] == [1, 1]


def test_a_severity_that_rises_does_not_begin_the_days_anew(days: Days, session: Session):
    an_alert(session, days.tree.commune, days.item, raised_at=NOW + timedelta(days=2))

    assert days.after(3) == 1


def test_whoever_no_longer_stands_above_is_passed_over(days: Days, session: Session):
    elsewhere: Facility = days.tree.collaborator
    alert = an_alert(session, days.tree.commune, days.item, escalated_to=elsewhere.id, escalated_at=NOW)

    assert days.after(3) == 1
    assert days.told(alert) == days.tree.district.id


@pytest.mark.parametrize(
    ("told", "expected"), [(None, 2), (2, 3), (3, None), (9, 2)], ids=["first", "second", "top", "moved"]
)
def test_the_way_up(told, expected):
    assert next_above([1, 2, 3], told) == expected
    assert next_above([1], None) is None


def test_severities_from_warning_on_are_escalated(days: Days, session: Session):
    alert = an_alert(session, days.tree.commune, days.item, severity=int(Severity.WARNING), due_on=date(2026, 12, 1))

    assert [days.after(3), days.told(alert)] == [1, days.tree.district.id]
