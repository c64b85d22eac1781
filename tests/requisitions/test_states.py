"""Which step may follow which, and by whom."""

from __future__ import annotations

import pytest

from lmis.errors import Forbidden
from lmis.requisitions.states import (
    EMERGENCY,
    REGULAR,
    Act,
    Actor,
    DoneByTheMaker,
    DoneByTheSupplier,
    OutOfOrder,
    OwnApproval,
    Standing,
    Status,
    check,
    open_acts,
)

MAKER, SUPPLIER, STRANGER = 1, 2, 3
WRITER, MANAGER, OTHER = 10, 11, 12
NEXT = {
    (Status.INITIATED, Act.SAVE): Status.INITIATED,
    (Status.INITIATED, Act.SUBMIT): Status.SUBMITTED,
    (Status.INITIATED, Act.SKIP): Status.SKIPPED,
    (Status.REJECTED, Act.SKIP): Status.SKIPPED,
    (Status.REJECTED, Act.SAVE): Status.REJECTED,
    (Status.REJECTED, Act.SUBMIT): Status.SUBMITTED,
    (Status.SUBMITTED, Act.AUTHORISE): Status.AUTHORISED,
    (Status.SUBMITTED, Act.REJECT): Status.REJECTED,
    (Status.AUTHORISED, Act.APPROVE): Status.APPROVED,
    (Status.AUTHORISED, Act.REJECT): Status.REJECTED,
    (Status.APPROVED, Act.APPROVE): Status.APPROVED,
    (Status.APPROVED, Act.REJECT): Status.REJECTED,
    (Status.APPROVED, Act.RELEASE): Status.RELEASED,
}
ALL = [(status, act) for status in Status for act in Act]


def standing(status: str, kind: str = REGULAR) -> Standing:
    return Standing("DT-2026-00001", kind, status, MAKER, "Trạm", SUPPLIER, "Trung tâm", WRITER)


def manager(at: int, user: int = MANAGER) -> Actor:
    return Actor(user, at, may_post=True, may_approve=True)


def storekeeper(at: int) -> Actor:
    return Actor(WRITER, at, may_post=True, may_approve=False)


def viewer(at: int) -> Actor:
    return Actor(OTHER, at, may_post=False, may_approve=False)


def may(status: str, act: str, actor: Actor, own_approval: bool = False) -> bool:
    return act in open_acts(standing(status), actor, own_approval=own_approval)


@pytest.mark.parametrize(("status", "act"), ALL)
def test_a_step_is_in_the_table_or_out_of_order(status, act):
    managers = (manager(MAKER), manager(SUPPLIER))

    if (status, act) in NEXT:
        led = {check(standing(status), act, it, own_approval=False).to for it in managers if may(status, act, it)}
        assert led == {NEXT[status, act]}
    else:
        for it in managers:
            with pytest.raises(OutOfOrder):
                check(standing(status), act, it, own_approval=True)


@pytest.mark.parametrize(("status", "act"), NEXT)
def test_nobody_who_only_reads_and_no_stranger_takes_a_step(status, act):
    assert not any(may(status, act, viewer(at)) for at in (MAKER, SUPPLIER))
    assert not may(status, act, manager(STRANGER))


@pytest.mark.parametrize("act", [Act.SAVE, Act.SUBMIT, Act.SKIP])
def test_only_the_maker_writes_and_hands_up(act):
    assert may(Status.INITIATED, act, storekeeper(MAKER))
    with pytest.raises(DoneByTheMaker):
        check(standing(Status.INITIATED), act, manager(SUPPLIER), own_approval=True)


@pytest.mark.parametrize(
    ("status", "act"),
    [(Status.AUTHORISED, Act.APPROVE), (Status.AUTHORISED, Act.REJECT), (Status.APPROVED, Act.RELEASE)],
)
def test_only_the_supplier_approves_sends_back_what_is_authorised_and_releases(status, act):
    with pytest.raises(DoneByTheSupplier):
        check(standing(status), act, manager(MAKER), own_approval=True)


@pytest.mark.parametrize("at", [MAKER, SUPPLIER])
def test_a_manager_at_the_maker_or_above_authorises(at):
    assert may(Status.SUBMITTED, Act.AUTHORISE, manager(at))
    with pytest.raises(Forbidden):
        check(standing(Status.SUBMITTED), Act.AUTHORISE, storekeeper(at), own_approval=True)


def test_a_storekeeper_of_the_supplier_releases_but_does_not_approve():
    assert may(Status.APPROVED, Act.RELEASE, storekeeper(SUPPLIER))
    assert not may(Status.AUTHORISED, Act.APPROVE, storekeeper(SUPPLIER))


@pytest.mark.parametrize(
    ("status", "act", "at"), [(Status.SUBMITTED, Act.AUTHORISE, MAKER), (Status.AUTHORISED, Act.APPROVE, SUPPLIER)]
)
def test_who_submitted_neither_authorises_nor_approves_unless_the_site_lets_them(status, act, at):
    same = manager(at, WRITER)

    with pytest.raises(OwnApproval):
        check(standing(status), act, same, own_approval=False)
    assert may(status, act, same, own_approval=True)
    assert may(status, act, manager(at, OTHER))


@pytest.mark.parametrize("status", [Status.INITIATED, Status.REJECTED])
@pytest.mark.parametrize("kind", [REGULAR, EMERGENCY])
def test_what_is_being_written_or_was_sent_back_can_be_given_up(status, kind):
    assert check(standing(status, kind), Act.SKIP, storekeeper(MAKER), own_approval=False).to == Status.SKIPPED


@pytest.mark.parametrize("act", [Act.REJECT, Act.SKIP])
def test_sending_back_and_skipping_need_a_reason(act):
    rules = [check(standing(status), act, manager(at), own_approval=False)
             for status in Status for at in (MAKER, SUPPLIER) if may(status, act, manager(at))]  # fmt: skip

    assert rules
    assert all(rule.why for rule in rules)
