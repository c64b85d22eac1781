"""What of its shipments waits at a facility, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from lmis.accounts.scope import place_of
from lmis.db import id_of
from lmis.shipments.delivering import all_arrived
from lmis.shipments.lists import shipments_of, waiting
from lmis.shipments.queries import on_the_way
from lmis.shipments.worklist import work
from lmis.stock.documents import Kind
from tests.factories import TODAY, a_facility, a_line, a_policy, a_user
from tests.shipments.acts import Run, a_run, a_shipment

TELLS = {
    "shipments to confirm": "incoming",
    "shipments with differences to settle": "settle",
    "shipments that should have been confirmed by now": "overdue",
    "shipments sent long ago that nobody has confirmed": "unheard",
}


def told(run: Run, at: str, role: str = "storekeeper") -> dict[str, int]:
    facility = getattr(run, at)
    user = a_user(run.session, facility, role=role)
    found = work(run.session, place_of(run.session, user, facility.code, TODAY), TODAY)
    return {TELLS[it.what]: it.count for it in found}


@pytest.fixture
def run(session: Session) -> Run:
    return a_run(session, on=TODAY - timedelta(days=7))


def test_what_is_on_its_way_is_to_be_confirmed(run: Run):
    assert told(run, "receiver") == {"incoming": 1}
    assert told(run, "sender") == {}


def test_what_nobody_confirms_for_longer_than_a_week_is_asked_about_at_both_ends(session: Session):
    run = a_run(session, on=TODAY - timedelta(days=8))

    assert told(run, "receiver") == {"overdue": 1}
    assert told(run, "sender") == {"unheard": 1}


def test_the_receivers_policy_says_how_long_a_shipment_may_go_unconfirmed(run: Run):
    a_policy(run.session, run.sender, level="board", unconfirmed_days="30")
    assert told(run, "sender") == {}

    a_policy(run.session, run.receiver, unconfirmed_days="6")
    assert told(run, "receiver") == {"overdue": 1}
    assert told(run, "sender") == {"unheard": 1}
    rows = shipments_of(run.session, id_of(run.receiver), TODAY, 50)
    assert (rows.late_after, [it.late for it in rows.incoming]) == (6, [True])


def test_what_is_sent_to_several_is_late_at_each_by_its_own_policy(run: Run):
    other = a_facility(run.session, parent=run.sender)
    a_shipment(run.session, run.sender, other, a_line(run.june, 10), on=TODAY - timedelta(days=3))
    a_policy(run.session, other, unconfirmed_days="2")

    assert told(run, "sender") == {"unheard": 1}
    rows = shipments_of(run.session, id_of(run.sender), TODAY, 50)
    assert [(it.days, it.late_after, it.late) for it in rows.outgoing] == [(7, 7, False), (3, 2, True)]
    assert rows.late_after is None


def test_differences_wait_for_the_sender_alone(run: Run):
    run.confirm(run.counted(run.june, 90, short=10), run.counted(run.march, 40))

    assert told(run, "sender") == {"settle": 1}
    assert told(run, "receiver") == {}


def test_what_came_beside_the_paper_waits_for_the_sender_too(run: Run):
    run.confirm(*all_arrived(run.view), extras=[run.beside("L", 1)])

    assert told(run, "sender") == {"settle": 1}


def test_a_rest_on_its_way_is_confirmed_though_something_differs(run: Run):
    run.confirm(run.counted(run.june, 80, short=10))

    assert told(run, "receiver") == {"incoming": 1}
    assert told(run, "sender") == {"settle": 1}


def test_what_is_over_waits_for_nobody(run: Run):
    run.confirm(run.counted(run.june, 90, short=10), run.counted(run.march, 40))
    run.settle((0, "lost", 10))

    assert (told(run, "sender"), told(run, "receiver")) == ({}, {})
    for end in (run.sender, run.receiver):
        found = shipments_of(run.session, id_of(end), TODAY, 50)
        assert [it.uuid for it in found.finished] == [run.uuid]


def test_who_may_only_look_is_not_told_to_act(run: Run):
    viewer = a_user(run.session, run.receiver, role="viewer")

    found = work(run.session, place_of(run.session, viewer, run.receiver.code, TODAY), TODAY)

    assert [it.verb for it in found] == ["See them"]


def test_only_so_many_finished_ones_are_listed_the_latest(run: Run):
    run.call_back()
    later = a_shipment(run.session, run.sender, run.receiver, a_line(run.june, 1))
    Run(run.session, run.sender, run.receiver, run.item, run.june, run.march, later).call_back()

    assert [it.uuid for it in shipments_of(run.session, id_of(run.sender), TODAY, 1).finished] == [later]


def test_a_return_waits_above(run: Run):
    run.confirm(*all_arrived(run.view))
    back = a_line(run.june, 5)
    uuid = a_shipment(run.session, run.receiver, run.sender, back, kind=Kind.RETURN, stocked=False)

    assert len(waiting(run.session, id_of(run.sender)).incoming) == 1
    assert [it.uuid for it in shipments_of(run.session, id_of(run.sender), TODAY, 50).incoming] == [uuid]


def test_what_comes_is_told_by_item_and_channel_without_what_was_reported_missing(run: Run):
    run.confirm(run.counted(run.june, 60, short=10))

    coming = on_the_way(run.session, [id_of(run.receiver), id_of(run.sender)], TODAY)

    assert coming == {(id_of(run.receiver), id_of(run.item), "free"): 30 + 40}


@pytest.mark.parametrize("spoilt", [{"recalled_on": TODAY}, {"expires_on": TODAY - timedelta(days=1)}])
def test_nobody_counts_on_what_cannot_be_used_when_it_comes(run: Run, spoilt: dict[str, date]):
    for name, day in spoilt.items():
        setattr(run.june, name, day)
    run.session.flush()

    assert sum(on_the_way(run.session, [id_of(run.receiver)], TODAY).values()) == 40
