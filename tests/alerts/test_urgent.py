"""Mail about what cannot wait: at once, but seldom, and not by night."""

from __future__ import annotations

from datetime import datetime

import pytest
from freezegun import freeze_time

from lmis import clock
from lmis.alerts.findings import Rule, Severity
from lmis.alerts.keeping import ACKNOWLEDGED
from lmis.alerts.preferences import Wants
from lmis.alerts.urgent import queue_urgent
from lmis.config import settings
from lmis.db import transaction
from tests.alerts.mailing import digests_at, in_vietnam, mails_to, someone, words
from tests.alerts.making import an_alert
from tests.factories import a_tree, an_item


class Office:
    """A district with one manager."""

    def __init__(self, engine):
        self.engine = engine
        with transaction(engine) as session:
            self.tree = a_tree(session)
            self.manager = someone(session, self.tree.district)

    def person(self, **more):
        with transaction(self.engine) as session:
            return someone(session, self.tree.district, **more)

    def alert(self, moment: str, item: str = "Bao cao su", rule: Rule = Rule.OUT, place=None, **more):
        with transaction(self.engine) as session:
            at = in_vietnam(moment)
            return an_alert(session, place or self.tree.district, an_item(session, item), rule=rule, at=at, **more)

    def look(self, moment: str) -> int:
        """As the watch over stock does."""
        with freeze_time(in_vietnam(moment)), transaction(self.engine) as session:
            return queue_urgent(session, now=clock.now())

    def mails(self, user=None):
        return mails_to(self.engine, user or self.manager, "urgent")


@pytest.fixture
def office(sqlite_engine):
    return Office(sqlite_engine)


def test_what_is_urgent_is_written_about_at_once(engine):
    office = Office(engine)
    office.alert("2026-11-22 10:01", item="Que cấy 3 năm")

    assert office.look("2026-11-22 10:15") == 1
    (mail,) = office.mails()
    assert mail.subject == f"Urgent: Que cấy 3 năm – Out of stock, {office.tree.district.name}"
    assert mail.due_at == in_vietnam("2026-11-22 10:15")
    assert "This cannot wait" in words(mail)
    assert "Write an emergency requisition" in words(mail)
    assert office.look("2026-11-22 16:00") == 0


def test_several_are_told_in_one_mail(office):
    for item in ("Que cấy", "Bao cao su", "Thuốc tiêm"):
        office.alert("2026-11-22 10:01", item=item)
    office.look("2026-11-22 10:15")

    (mail,) = office.mails()
    assert mail.subject == f"3 urgent – {office.tree.district.name}, 22/11/2026 10:15"


@pytest.mark.parametrize(
    "more", [{"rule": Rule.BELOW}, {"state": ACKNOWLEDGED}, {"severity": Severity.WARNING}], ids=str
)
def test_what_can_wait_or_is_seen_to_is_not(office, more):
    office.alert("2026-11-22 10:01", **more)

    assert office.look("2026-11-22 10:15") == 0


@pytest.mark.parametrize(
    "wants", [Wants(at_once=False), Wants(muted=frozenset({Rule.OUT}))], ids=["not at once", "not of this"]
)
def test_nobody_is_written_to_who_does_not_want_it(office, wants):
    user = office.person(wants=wants)
    office.alert("2026-11-22 10:01")

    assert office.look("2026-11-22 10:15") == 1
    assert office.mails(user) == []


def test_what_the_daily_mail_told_is_not_told_again(office):
    office.alert("2026-11-22 05:01")
    digests_at(office.engine, "2026-11-22 06:00")

    assert office.look("2026-11-22 07:00") == 0


def test_soon_after_one_the_next_waits_and_then_tells_of_all(office):
    office.alert("2026-11-22 08:00", item="Que cấy")
    office.look("2026-11-22 08:15")
    office.alert("2026-11-22 09:00", item="Bao cao su")
    assert office.look("2026-11-22 09:15") == 0
    office.alert("2026-11-22 11:00", item="Thuốc tiêm")
    assert office.look("2026-11-22 12:00") == 0

    assert office.look("2026-11-22 12:15") == 1
    told = words(office.mails()[1])
    assert [it in told for it in ("Que cấy", "Bao cao su", "Thuốc tiêm")] == [False, True, True]


def test_what_was_held_back_until_night_is_in_the_daily_mail(office):
    office.alert("2026-11-22 17:30", item="Que cấy")
    office.look("2026-11-22 18:00")
    office.alert("2026-11-22 18:10", item="Bao cao su")
    assert office.look("2026-11-22 18:45") == 0

    digests_at(office.engine, "2026-11-23 06:00")
    told = words(mails_to(office.engine, office.manager, "digest")[0])
    assert "Bao cao su – Out of stock [New]" in told
    assert "Que cấy – Out of stock None" in told
    assert office.look("2026-11-23 07:00") == 0


@pytest.mark.parametrize(
    ("at", "mails"), [("20:59", 1), ("21:00", 0), ("23:59", 0), ("00:00", 0), ("05:59", 0), ("06:00", 1)]
)
def test_nobody_is_written_to_by_night(office, at, mails):
    office.alert("2026-11-21 20:30")

    assert office.look(f"2026-11-22 {at}") == mails


def test_looking_again_at_the_same_writes_nothing_more(office):
    office.alert("2026-11-22 10:01")
    office.look("2026-11-22 10:15")
    with transaction(office.engine) as session:
        assert queue_urgent(session, now=in_vietnam("2026-11-22 10:15")) == 0


def test_a_clock_set_back_keeps_the_pause_and_loses_nothing(office):
    office.alert("2026-11-22 10:01", item="Que cấy")
    office.look("2026-11-22 10:15")
    office.alert("2026-11-22 09:10", item="Bao cao su")  # the clock was put back by an hour and a bit
    assert office.look("2026-11-22 09:15") == 0

    digests_at(office.engine, "2026-11-23 06:00")
    assert "Bao cao su" in words(mails_to(office.engine, office.manager, "digest")[0])


def test_without_a_pause_each_look_may_write(office, monkeypatch):
    monkeypatch.setattr(settings(), "urgent_hours", 0)
    for minute in ("15", "30"):
        office.alert(f"2026-11-22 10:{int(minute) - 1}", item=f"Que cấy {minute}")
        assert office.look(f"2026-11-22 10:{minute}") == 1

    assert "at most one such mail" not in words(office.mails()[1])


def test_where_nobody_is_the_one_above_is_written_to(office):
    office.alert("2026-11-22 10:01", place=office.tree.collaborator)
    office.look("2026-11-22 10:15")

    (mail,) = office.mails()
    assert mail.subject.endswith(f"{office.tree.collaborator.name}, {office.tree.commune.name}")


def test_the_key_is_of_the_person_and_the_newest_alert(office):
    office.alert("2026-11-22 10:01")
    office.look("2026-11-22 10:15")

    raised_at = datetime.fromisoformat("2026-11-22T03:01:00+00:00")
    assert office.mails()[0].key == f"urgent:{office.manager.id}:{raised_at.isoformat()}"
