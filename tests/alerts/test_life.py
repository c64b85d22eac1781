"""Acknowledging alerts, letting them rest, and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from lmis.accounts.models import User
from lmis.alerts import life
from lmis.alerts.findings import Finding, Rule, Severity, Topic
from lmis.alerts.keeping import keep
from lmis.alerts.life import Word
from lmis.alerts.models import Alert, AlertEvent
from lmis.db import transaction
from tests.alerts.making import FACTS, an_alert
from tests.factories import NOW, TODAY, Tree, a_tree, a_user, an_item, id_of

LATER = NOW + timedelta(hours=2)
CALLED = Word("Đã gọi huyện")


class Desk:
    """An alert of a commune, and people who see it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.tree: Tree = a_tree(session)
        self.item = an_item(session)
        self.user, self.other = a_user(session, self.tree.commune), a_user(session, self.tree.district)
        self.alert = an_alert(session, self.tree.commune, self.item)
        self.id = self.alert.id or 0

    def now(self, id_: int | None = None) -> Alert:
        self.session.expire_all()
        return self.session.get_one(Alert, id_ or self.id)

    def version(self, id_: int | None = None) -> str:
        it = self.now(id_)
        return life.version(it.raised_at, it.acknowledged_at)

    def acknowledge(self, word: Word = CALLED, *, seen: str | None = None, by: User | None = None) -> None:
        life.acknowledge_one(
            self.session,
            self.id,
            seen or self.version(),
            word,
            life.By(id_of(by or self.user), id_of(self.tree.commune), TODAY, LATER),
        )

    def take_back(self, seen: str | None = None) -> None:
        life.take_back(
            self.session,
            self.id,
            seen or self.version(),
            life.By(id_of(self.user), id_of(self.tree.commune), TODAY, LATER),
        )

    def evaluate(self, *findings: Finding, today: date = TODAY) -> None:
        keep(
            self.session,
            findings,
            topics=[Topic.SUPPLY],
            facility_ids=None,
            today=today,
            now=LATER + timedelta(hours=1),
        )

    def found(self, severity: Severity = Severity.URGENT) -> Finding:
        rule = Rule.OUT
        return Finding(rule, id_of(self.tree.commune), FACTS[rule], id_of(self.item), severity=severity)

    def events(self) -> list[str]:
        found = select(AlertEvent.what).where(AlertEvent.alert_id == self.id).order_by(col(AlertEvent.id))
        return list(self.session.exec(found))


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk(session)


def test_an_acknowledgement_tells_by_whom_when_why_and_until_when(desk: Desk):
    desk.acknowledge(Word("Hàng đang về", TODAY + timedelta(days=7)))

    alert = desk.now()
    assert (alert.state, alert.acknowledged_by, alert.acknowledged_at) == ("acknowledged", desk.user.id, LATER)
    assert (alert.note, alert.snoozed_until) == ("Hàng đang về", TODAY + timedelta(days=7))
    last = desk.session.exec(select(AlertEvent).order_by(col(AlertEvent.id).desc())).first()
    assert last is not None
    assert (last.what, last.by_user, last.note, last.at) == ("acknowledged", desk.user.id, "Hàng đang về", LATER)


def test_the_same_sent_twice_is_told_once(desk: Desk):
    seen = desk.version()
    desk.acknowledge(seen=seen)
    desk.acknowledge(seen=seen)

    assert desk.events() == ["opened", "acknowledged"]


def test_who_comes_second_learns_who_was_first(desk: Desk):
    seen = desk.version()
    desk.acknowledge(seen=seen)

    with pytest.raises(life.AlreadyAcknowledged) as refused:
        desk.acknowledge(Word("Tôi lo việc này"), seen=seen, by=desk.other)
    assert desk.user.name in str(refused.value)
    assert desk.now().note == "Đã gọi huyện"


def test_who_has_seen_an_acknowledgement_may_say_something_else(desk: Desk):
    desk.acknowledge()
    desk.acknowledge(Word("Hàng về thứ Sáu"), by=desk.other)

    assert (desk.now().note, desk.now().acknowledged_by) == ("Hàng về thứ Sáu", desk.other.id)
    assert desk.events() == ["opened", "acknowledged", "acknowledged"]


def test_what_was_resolved_meanwhile_is_not_acknowledged_and_it_is_said(desk: Desk):
    seen = desk.version()
    desk.evaluate()

    with pytest.raises(life.AlertResolved, match="no longer so"):
        desk.acknowledge(seen=seen)
    with pytest.raises(life.AlertResolved):
        desk.take_back(seen)
    assert desk.events() == ["opened", "resolved"]


def test_what_came_back_meanwhile_is_read_before_it_is_acknowledged(desk: Desk):
    seen = desk.version()
    desk.evaluate()
    desk.evaluate(desk.found())

    with pytest.raises(life.AlertChanged, match="Read what it says now"):
        desk.acknowledge(seen=seen)
    assert desk.now().state == "open"


def test_taken_back_it_is_open_and_says_nothing_any_more(desk: Desk):
    desk.acknowledge(Word("Nhầm", TODAY + timedelta(days=3)))
    desk.take_back()
    desk.take_back()

    alert = desk.now()
    assert (alert.state, alert.acknowledged_by, alert.note, alert.snoozed_until) == ("open", None, None, None)
    assert desk.events() == ["opened", "acknowledged", "taken_back"]


def test_only_as_it_was_seen_is_an_acknowledgement_taken_back(desk: Desk):
    desk.acknowledge()
    seen = desk.version()
    life.acknowledge_one(
        desk.session,
        desk.id,
        seen,
        Word("Khác"),
        life.By(id_of(desk.other), id_of(desk.tree.district), TODAY, LATER + timedelta(minutes=1)),
    )

    with pytest.raises(life.AlreadyAcknowledged):
        desk.take_back(seen)
    assert desk.now().note == "Khác"


@pytest.mark.parametrize("days", [0, -1, 91])
def test_an_alert_rests_from_tomorrow_and_for_ninety_days_at_most(desk: Desk, days):
    with pytest.raises(life.WrongRest, match="18/02/2027"):
        desk.acknowledge(Word(None, TODAY + timedelta(days=days)))
    desk.acknowledge(Word(None, TODAY + timedelta(days=90)))
    assert desk.now().snoozed_until == TODAY + timedelta(days=90)


def test_one_that_rested_long_enough_is_told_of_again(desk: Desk):
    desk.acknowledge(Word(None, TODAY + timedelta(days=2)))
    desk.evaluate(desk.found(), today=TODAY + timedelta(days=1))
    assert desk.now().state == "acknowledged"

    desk.evaluate(desk.found(), today=TODAY + timedelta(days=2))
    assert desk.now().state == "open"


def test_alerts_elsewhere_are_not_there(desk: Desk):
    beside = an_alert(desk.session, desk.tree.district, rule=Rule.SILENT)

    with pytest.raises(life.UnknownAlert):
        life.acknowledge_one(
            desk.session,
            beside.id or 0,
            desk.version(beside.id),
            Word(),
            life.By(id_of(desk.user), id_of(desk.tree.commune), TODAY, LATER),
        )


def many(desk: Desk, seen: dict[int, str]) -> dict[str, int]:
    return life.acknowledge(
        desk.session,
        seen,
        Word("Cùng một chuyến hàng"),
        life.By(id_of(desk.user), id_of(desk.tree.commune), TODAY, LATER),
    )


def states(desk: Desk, ids: Sequence[int | None]) -> list[str]:
    return [desk.now(id_).state for id_ in ids]


def test_many_are_acknowledged_at_once_but_for_what_changed_meanwhile(desk: Desk):
    good = an_alert(desk.session, desk.tree.collaborator, rule=Rule.SILENT)
    gone = an_alert(desk.session, desk.tree.commune, rule=Rule.SILENT, state="resolved", resolved_at=NOW)
    beside = an_alert(desk.session, desk.tree.board, rule=Rule.SILENT)
    worse = an_alert(desk.session, desk.tree.commune, rule=Rule.COUNT_DUE)
    ids = [good.id, gone.id, beside.id, worse.id]
    seen = {id_ or 0: desk.version(id_) for id_ in ids}
    worse.raised_at = LATER
    desk.session.flush()

    assert many(desk, seen) == {"acknowledged": 1, "resolved": 1, "changed": 1}
    assert states(desk, ids) == ["acknowledged", "resolved", "open", "open"]


def test_many_sent_twice_are_told_once(desk: Desk):
    seen = {desk.id: desk.version()}

    assert many(desk, seen)["acknowledged"] == 1
    assert many(desk, seen) == {"acknowledged": 0, "resolved": 0, "changed": 0}
    assert desk.events() == ["opened", "acknowledged"]
    assert many(desk, {})["acknowledged"] == 0


def test_who_acknowledges_during_an_evaluation_waits_for_what_it_finds(engine: Engine):
    with transaction(engine) as session:
        desk = Desk(session)
        seen = desk.version()
        by = life.By(id_of(desk.user), id_of(desk.tree.commune), TODAY, LATER)

    def acknowledge() -> type[Exception] | None:
        try:
            with transaction(engine) as session:
                life.acknowledge_one(session, desk.id, seen, CALLED, by)
        except life.AlertResolved as refused:
            return type(refused)
        return None

    with ThreadPoolExecutor(1) as others:
        with transaction(engine) as session:
            keep(session, [], topics=[Topic.SUPPLY], facility_ids=None, today=TODAY, now=LATER)
            said = others.submit(acknowledge)
            with pytest.raises(TimeoutError):
                said.result(timeout=0.3)
        assert said.result(timeout=20) is life.AlertResolved
