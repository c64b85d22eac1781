"""Setting values: what is kept, who may, and what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from lmis.accounts.models import User
from lmis.db import transaction
from lmis.errors import Forbidden, LmisError, NotFound, Refused
from lmis.network.models import Facility
from lmis.policy.models import StockPolicy
from lmis.policy.refusals import (
    EmergencyAboveMinimum,
    LevelsAreNotYours,
    MinimumAboveMaximum,
    NotOfOneItem,
    NotPositive,
    NoValues,
    PartsAboveMaximum,
    SameValues,
    StartsInThePast,
    ValuesClash,
)
from lmis.policy.scopes import Change, Scope, policy_at
from lmis.policy.service import policies
from lmis.policy.setting import preview, set_policy
from tests.factories import NOW, TODAY, Tree, a_facility, a_policy, a_tree, a_user, an_item, id_of

LATER = TODAY + timedelta(days=30)


def a_change(
    at: Facility | None = None,
    *,
    level: str | None = None,
    item: int | None = None,
    since: date = TODAY,
    uuid: UUID | None = None,
    **values: str,
) -> Change:
    scope = Scope(id_of(at) if at else None, level, item)
    return Change(uuid or uuid4(), scope, since, {name: Decimal(value) for name, value in values.items()})


def put(session: Session, change: Change, user: User | None = None) -> None:
    set_policy(session, change, user=user or a_user(session, _root(session), role="admin"), today=TODAY, now=NOW)


def _root(session: Session) -> Facility:
    return session.exec(select(Facility).where(Facility.level_code == "board")).one()


def refused(session: Session, change: Change) -> list[LmisError]:
    with pytest.raises(Refused) as refusal:
        put(session, change)
    return refusal.value.refusals


def spans(session: Session) -> list[tuple[date, date | None, Decimal | None]]:
    """First day, end and maximum of every row, in the order they were set."""
    rows = session.exec(select(StockPolicy).order_by(StockPolicy.id))
    return [(it.valid_from, it.valid_to, it.maximum) for it in rows]


@pytest.fixture
def tree(session) -> Tree:
    return a_tree(session)


@pytest.fixture
def item(session) -> int:
    return id_of(an_item(session, "Bao cao su"))


def test_values_hold_from_their_day_and_those_before_are_kept(session, tree, item):
    put(session, a_change(tree.commune, maximum="4"))
    put(session, a_change(tree.commune, since=LATER, maximum="5"))

    assert spans(session) == [(TODAY, LATER, 4), (LATER, None, 5)]
    days = (TODAY, LATER - timedelta(days=1), LATER)
    assert [policies(session, [id_of(tree.commune)], [item], on)[id_of(tree.commune), item].maximum for on in days] == [
        4,
        4,
        5,
    ]


def test_who_set_a_value_and_when_is_kept(session, tree):
    manager = a_user(session, tree.district, role="manager")
    put(session, a_change(tree.commune, maximum="4"), manager)

    row = session.exec(select(StockPolicy)).one()
    assert (row.set_by, row.set_at) == (manager.id, NOW)


def test_what_is_set_twice_a_day_holds_as_it_was_set_last(session, tree):
    put(session, a_change(tree.commune, maximum="4"))
    put(session, a_change(tree.commune, maximum="5"))

    assert spans(session) == [(TODAY, TODAY, 4), (TODAY, None, 5)]
    assert policy_at(session, Scope(id_of(tree.commune), None, None), TODAY).maximum == 5


def test_a_value_set_before_a_later_one_ends_where_that_begins(session, tree):
    put(session, a_change(tree.commune, since=LATER, maximum="5"))
    put(session, a_change(tree.commune, maximum="4"))

    assert spans(session) == [(LATER, None, 5), (TODAY, LATER, 4)]


def test_values_of_one_item_do_not_end_those_of_all(session, tree, item):
    put(session, a_change(tree.commune, maximum="4"))
    put(session, a_change(tree.commune, item=item, maximum="5"))
    put(session, a_change(tree.district, level="commune", maximum="5"))

    assert [until for _, until, _ in spans(session)] == [None, None, None]


def test_with_nothing_filled_in_everything_is_inherited_again(session, tree):
    put(session, a_change(tree.commune, maximum="4"))
    put(session, a_change(tree.commune, since=LATER))

    assert spans(session) == [(TODAY, LATER, 4), (LATER, None, None)]
    assert policy_at(session, Scope(id_of(tree.commune), None, None), LATER).maximum == 3


def test_a_second_submit_changes_nothing(session, tree):
    change = a_change(tree.commune, maximum="4")
    put(session, change)
    put(session, change)

    assert len(spans(session)) == 1


@pytest.mark.parametrize("other", [{"maximum": "6"}, {"minimum": "2"}, {"since": LATER}, {"level": "commune"}])
def test_a_form_sent_again_with_other_values_is_refused(session, tree, other):
    uuid = uuid4()
    put(session, a_change(tree.district, uuid=uuid, maximum="5"))

    faults = refused(session, a_change(tree.district, uuid=uuid, **{"maximum": "5", **other}))

    assert [type(it) for it in faults] == [ValuesClash]
    assert len(session.exec(select(StockPolicy)).all()) == 1


def test_two_who_set_the_same_at_once_leave_one_in_force(engine):
    with transaction(engine) as session:
        tree = a_tree(session)
        user = a_user(session, tree.board, role="admin")

    def set_it(months: int) -> None:
        with transaction(engine) as session:
            put(session, a_change(tree.commune, maximum=str(months)), user)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(set_it, (4, 5, 6, 7)))

    with transaction(engine) as session:
        assert sorted(until is None for _, until, _ in spans(session)) == [False, False, False, True]


@pytest.mark.parametrize("role", ["storekeeper", "viewer"])
def test_only_those_who_approve_may_set_values(session, tree, role):
    with pytest.raises(Forbidden):
        put(session, a_change(tree.commune, maximum="4"), a_user(session, tree.board, role=role))


@pytest.mark.parametrize("role", ["admin", "manager"])
def test_nobody_sets_values_outside_their_part_of_the_tree(session, tree, role):
    user = a_user(session, tree.district, role=role)

    put(session, a_change(tree.district, maximum="4"), user)
    put(session, a_change(tree.commune, maximum="4"), user)
    for elsewhere in (tree.board, a_facility(session, parent=tree.board)):
        with pytest.raises(NotFound):
            put(session, a_change(elsewhere, maximum="4"), user)


def test_only_the_administrator_at_the_top_sets_values_for_a_level(session, tree):
    change = a_change(level="commune", maximum="4")
    for at, role in ((tree.board, "manager"), (tree.district, "admin")):
        with pytest.raises(LevelsAreNotYours):
            put(session, change, a_user(session, at, role=role))

    put(session, change, a_user(session, tree.board, role="admin"))
    assert policy_at(session, Scope(id_of(tree.commune), None, None), TODAY).maximum == 4


def test_values_cannot_begin_on_a_past_day(session, tree):
    faults = refused(session, a_change(tree.commune, since=TODAY - timedelta(days=1), maximum="0"))

    assert [type(it) for it in faults] == [StartsInThePast, NotPositive]
    assert spans(session) == []


def test_a_change_that_changes_nothing_is_refused(session, tree):
    assert [type(it) for it in refused(session, a_change(tree.commune))] == [NoValues]

    put(session, a_change(tree.commune, maximum="4"))
    assert [type(it) for it in refused(session, a_change(tree.commune, maximum="4"))] == [SameValues]


def test_all_that_does_not_go_together_is_told_and_nothing_is_kept(session, tree, item):
    faults = refused(session, a_change(tree.commune, minimum="4", emergency_point="5", lead_time="3"))

    assert {type(it) for it in faults} == {EmergencyAboveMinimum, MinimumAboveMaximum, PartsAboveMaximum}
    assert str(faults[0]) == (
        "Trạm Y tế phường Trúc Bạch, Bao cao su: the emergency point of 5.0 months would be above the minimum of 4.0. "
        "Lower it, or raise the minimum."
    )
    assert spans(session) == []


def test_values_must_go_together_at_every_place_they_reach(session, tree, item):
    put(session, a_change(tree.commune, maximum="1.5"))

    faults = refused(session, a_change(tree.district, minimum="2"))

    assert [(type(it), it.field) for it in faults] == [(MinimumAboveMaximum, "minimum")]
    assert "Trạm Y tế phường Trúc Bạch" in str(faults[0])


def test_values_must_go_together_with_those_that_begin_later(session, tree, item):
    put(session, a_change(tree.commune, since=LATER, maximum="1.5"))

    faults = refused(session, a_change(tree.district, minimum="2"))
    assert [type(it) for it in faults] == [MinimumAboveMaximum]

    put(session, a_change(tree.district, since=LATER, minimum="1.25"))
    put(session, a_change(tree.district, minimum="2"))  # which ends before the lower maximum begins


def test_a_preview_tells_what_would_change_and_changes_nothing(session, tree, item):
    a_policy(session, a_facility(session, parent=tree.district), maximum="2.5")
    change = a_change(tree.district, level="commune", maximum="4")

    seen = preview(session, change, user=a_user(session, tree.board, role="admin"), today=TODAY, now=NOW)

    assert (seen.before.maximum, seen.after.maximum, seen.touched, seen.facilities) == (3, 4, 1, 2)
    assert len(spans(session)) == 1


def test_when_one_is_warned_is_kept_as_it_was_set(session, tree):
    change = a_change(tree.commune, run_out_risk="0.125", near_expiry_days="180", count_grace_days="0")
    put(session, change)
    put(session, change)  # the same form again is no clash

    row = session.exec(select(StockPolicy)).one()
    assert (row.run_out_risk, row.near_expiry_days, row.count_grace_days) == (Decimal("0.125"), 180, 0)
    found = policy_at(session, Scope(id_of(tree.commune), None, None), TODAY)
    assert (found.run_out_risk, found.near_expiry_days, found.count_grace_days) == (Decimal("0.125"), 180, 0)


def test_what_is_of_papers_is_set_for_all_items_alone(session, tree, item):
    faults = refused(session, a_change(tree.commune, item=item, waiting_days="3", near_expiry_days="180"))
    assert [(type(it), it.field) for it in faults] == [(NotOfOneItem, "waiting_days")]

    put(session, a_change(tree.commune, item=item, near_expiry_days="180"))
    put(session, a_change(tree.commune, waiting_days="3"))


def test_a_preview_counts_the_facilities_at_which_one_is_warned_otherwise(session, tree, item):
    a_policy(session, a_facility(session, parent=tree.district), near_expiry_days="60")
    change = a_change(tree.district, level="commune", near_expiry_days="120")

    seen = preview(session, change, user=a_user(session, tree.board, role="admin"), today=TODAY, now=NOW)

    assert (seen.before.near_expiry_days, seen.after.near_expiry_days) == (90, 120)
    assert (seen.touched, seen.facilities) == (1, 2)


def test_a_preview_is_refused_as_the_change_would_be(session, tree, item):
    with pytest.raises(Refused):
        preview(
            session,
            a_change(tree.commune, minimum="4"),
            user=a_user(session, tree.board, role="admin"),
            today=TODAY,
            now=NOW,
        )


def test_what_would_be_inherited_leaves_out_what_is_set_just_here(session, tree, item):
    put(session, a_change(tree.district, maximum="4"))
    put(session, a_change(tree.commune, maximum="5"))
    put(session, a_change(tree.commune, item=item, maximum="4.5"))

    commune = id_of(tree.commune)
    assert policy_at(session, Scope(commune, None, item), TODAY).maximum == Decimal("4.5")
    assert policy_at(session, Scope(commune, None, item), TODAY, inherited=True).maximum == 5
    assert policy_at(session, Scope(commune, None, None), TODAY, inherited=True).maximum == 4
