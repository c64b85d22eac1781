"""The life of an alert: opened, reopened, raised, eased, taken up again after a rest, resolved by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from lmis.alerts.findings import Act, Finding, Rule, Severity, Topic, from_json
from lmis.alerts.keeping import keep
from lmis.alerts.models import Alert, AlertEvent
from lmis.db import transaction
from tests.factories import NOW, TODAY, a_facility, a_lot, a_user, an_item, id_of

DAY = timedelta(days=1)
SUPPLY = {Topic.SUPPLY, Topic.SURPLUS, Topic.EXPIRY}
NOTHING = dict.fromkeys(("found", "opened", "reopened", "raised", "eased", "unsnoozed", "changed", "resolved"), 0)


def below(session: Session, rule: Rule = Rule.BELOW, **facts: int) -> Finding:
    """What is found of a new item at a new facility."""
    return Finding(rule, id_of(a_facility(session)), facts or {"usable": 5}, item_id=id_of(an_item(session)))


def keep_all(session: Session, *found: Finding, on: date = TODAY, at: datetime = NOW, **more: object) -> dict[str, int]:
    asked = {"topics": SUPPLY, "facility_ids": None} | more
    return {what: many for what, many in keep(session, found, today=on, now=at, **asked).items() if many}


def the_alert(session: Session) -> Alert:
    session.expire_all()
    return session.exec(select(Alert)).one()


def history(session: Session) -> list[tuple[str, str, int]]:
    events = session.exec(select(AlertEvent).order_by(col(AlertEvent.id)))
    return [(it.what, it.rule, it.severity) for it in events]


def acknowledge(session: Session, until: date | None = None) -> None:
    """As a person does who has seen the alert."""
    alert = the_alert(session)
    alert.state, alert.acknowledged_at, alert.snoozed_until, alert.note = "acknowledged", NOW, until, "đã gọi điện"
    alert.acknowledged_by = id_of(a_user(session))
    session.add(alert)
    session.flush()


def test_what_is_found_is_opened_with_all_that_it_tells(session):
    lot = a_lot(session)
    place = id_of(a_facility(session))
    facts = {"lot": "A1", "expires_on": date(2027, 1, 31), "on_hand": 9}
    numbers = {"units": 4, "dong": 5_000_000_000, "due_on": date(2027, 1, 31)}
    waste = Finding(Rule.WASTE, place, facts, lot.item_id, lot.id, act=Act.REDISTRIBUTE, act_facts={"to": 7}, **numbers)

    assert keep_all(session, waste) == {"found": 1, "opened": 1}
    alert = the_alert(session)
    assert (alert.key, alert.topic, alert.rule) == (f"expiry:{place}:{lot.item_id}:{lot.id}:", "expiry", "waste")
    assert (alert.state, alert.times, alert.severity, alert.action) == ("open", 1, Severity.WARNING, "redistribute")
    assert (alert.units, alert.dong, alert.due_on) == (4, 5_000_000_000, date(2027, 1, 31))
    assert (from_json(alert.facts), from_json(alert.action_facts)) == (facts, {"to": 7})
    assert alert.opened_at == alert.raised_at == alert.seen_at == NOW
    assert history(session) == [("opened", "waste", 2)]


def test_the_same_found_again_changes_nothing_but_when_it_was_seen(session):
    found = below(session)
    keep_all(session, found)
    was = the_alert(session).model_dump()

    assert keep_all(session, found, at=NOW + DAY) == {"found": 1}
    assert the_alert(session).model_dump() == was | {"seen_at": NOW + DAY}
    assert len(history(session)) == 1


def test_what_it_tells_follows_what_is_found(session):
    found = below(session)
    keep_all(session, found)
    keep_all(session, replace(found, facts={"usable": 4}, units=3), at=NOW + DAY)

    alert = the_alert(session)
    assert (from_json(alert.facts), alert.units, alert.raised_at) == ({"usable": 4}, 3, NOW)
    assert len(history(session)) == 1


def test_what_is_found_no_more_is_resolved_by_itself(session):
    keep_all(session, below(session))

    assert keep_all(session, at=NOW + DAY) == {"resolved": 1}
    assert (the_alert(session).state, the_alert(session).resolved_at) == ("resolved", NOW + DAY)
    assert keep_all(session, at=NOW + 2 * DAY) == {}
    assert history(session) == [("opened", "below", 1), ("resolved", "below", 1)]


def test_what_comes_back_is_the_same_alert_and_nobody_has_seen_it_yet(session):
    found = below(session)
    keep_all(session, found)
    acknowledge(session)
    keep_all(session, at=NOW + DAY)

    assert keep_all(session, found, at=NOW + 2 * DAY) == {"found": 1, "reopened": 1}
    alert = the_alert(session)
    assert (alert.state, alert.times, alert.resolved_at) == ("open", 2, None)
    assert alert.opened_at == alert.raised_at == NOW + 2 * DAY
    assert (alert.acknowledged_by, alert.acknowledged_at, alert.note) == (None, None, None)
    assert [what for what, *_ in history(session)] == ["opened", "resolved", "reopened"]


def test_one_alert_goes_from_low_to_out_and_back(session):
    low = below(session)
    keep_all(session, low)

    assert keep_all(session, replace(low, rule=Rule.OUT), at=NOW + DAY) == {"found": 1, "raised": 1}
    assert (the_alert(session).rule, the_alert(session).raised_at) == ("out", NOW + DAY)
    assert keep_all(session, low, at=NOW + 2 * DAY) == {"found": 1, "eased": 1}
    assert (the_alert(session).severity, the_alert(session).raised_at) == (Severity.NOTICE, NOW + DAY)
    assert history(session) == [("opened", "below", 1), ("raised", "out", 3), ("eased", "below", 1)]


def test_one_that_got_worse_is_open_again_though_somebody_had_seen_it(session):
    low = below(session)
    keep_all(session, low)
    acknowledge(session, until=TODAY + 30 * DAY)
    keep_all(session, replace(low, rule=Rule.EMERGENCY), on=TODAY + DAY, at=NOW + DAY)

    alert = the_alert(session)
    assert (alert.state, alert.snoozed_until, alert.acknowledged_by) == ("open", None, None)


def test_one_that_eases_or_stays_is_left_to_who_has_seen_it(session):
    low = below(session, Rule.EMERGENCY)
    keep_all(session, low)
    acknowledge(session)
    keep_all(session, replace(low, rule=Rule.BELOW), at=NOW + DAY)
    keep_all(session, replace(low, rule=Rule.BELOW), at=NOW + 2 * DAY)

    assert the_alert(session).state == "acknowledged"
    assert the_alert(session).note == "đã gọi điện"


def test_what_becomes_something_else_of_the_same_weight_is_left_to_who_has_seen_it(session):
    low = below(session, Rule.EMERGENCY)
    keep_all(session, low)
    acknowledge(session)

    assert keep_all(session, replace(low, rule=Rule.RUN_OUT), at=NOW + DAY) == {"found": 1, "changed": 1}
    assert (the_alert(session).rule, the_alert(session).state) == ("run_out", "acknowledged")
    assert history(session) == [("opened", "emergency", 2), ("changed", "run_out", 2)]


def test_what_was_feared_and_has_come_true_is_told_though_it_is_no_more_severe(session):
    fear = below(session, Rule.WASTE)
    keep_all(session, fear)
    acknowledge(session)

    assert keep_all(session, replace(fear, rule=Rule.EXPIRED), at=NOW + DAY) == {"found": 1, "raised": 1}
    assert the_alert(session).state == "open"
    assert keep_all(session, replace(fear, rule=Rule.EXPIRED), at=NOW + 2 * DAY) == {"found": 1}


def test_a_rest_is_over_on_the_day_that_was_said(session):
    found = below(session)
    keep_all(session, found)
    acknowledge(session, until=TODAY + 5 * DAY)

    assert keep_all(session, found, on=TODAY + 4 * DAY, at=NOW + 4 * DAY) == {"found": 1}
    assert the_alert(session).state == "acknowledged"
    assert keep_all(session, found, on=TODAY + 5 * DAY, at=NOW + 5 * DAY) == {"found": 1, "unsnoozed": 1}
    assert (the_alert(session).state, the_alert(session).raised_at) == ("open", NOW + 5 * DAY)


def test_a_rest_that_was_over_while_the_worker_stood_still_is_over(session):
    found = below(session)
    keep_all(session, found)
    acknowledge(session, until=TODAY + 5 * DAY)

    assert keep_all(session, found, on=TODAY + 9 * DAY, at=NOW + 9 * DAY) == {"found": 1, "unsnoozed": 1}


def test_only_what_was_looked_at_is_resolved(session):
    here, there = below(session), below(session)
    keep_all(session, here, there)

    assert keep_all(session, facility_ids=[here.facility_id], at=NOW + DAY) == {"resolved": 1}
    assert keep_all(session, topics={Topic.SHIPMENT}, at=NOW + DAY) == {}
    assert [it.facility_id for it in session.exec(select(Alert).where(Alert.state == "open"))] == [there.facility_id]


def test_of_two_findings_about_the_same_the_worse_counts(session):
    low = below(session)

    assert keep_all(session, low, replace(low, rule=Rule.OUT), low) == {"found": 1, "opened": 1}
    assert the_alert(session).rule == "out"


def test_every_alert_is_counted_even_where_nothing_is(session):
    assert keep(session, [], topics=SUPPLY, facility_ids=None, today=TODAY, now=NOW) == NOTHING


def test_two_workers_at_once_open_one_alert_each_thing(engine: Engine):
    with transaction(engine) as session:
        found = [below(session) for _ in range(20)]

    def work(number: int) -> int:
        with transaction(engine) as own:
            return keep(own, found, topics=SUPPLY, facility_ids=None, today=TODAY, now=NOW + number * DAY)["opened"]

    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(work, range(4)))
    with transaction(engine) as session:
        assert sorted(opened) == [0, 0, 0, 20]
        assert len(session.exec(select(Alert)).all()) == len(history(session)) == 20
