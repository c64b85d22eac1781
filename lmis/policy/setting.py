"""Setting values of the stock policy: who may, what is refused, what it would do, and the rows it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlmodel import Session, col, or_, select

from lmis.accounts.models import User
from lmis.accounts.rights import may_administer, may_approve
from lmis.accounts.scope import sees
from lmis.errors import Forbidden, LmisError, NotFound, Refused
from lmis.network.models import Facility, Level
from lmis.network.service import parent_of
from lmis.policy.effect import all_nonsense, values_in_force
from lmis.policy.models import StockPolicy
from lmis.policy.refusals import LevelsAreNotYours, NoValues, SameValues, StartsInThePast, ValuesClash
from lmis.policy.rules import DAYS, Policy
from lmis.policy.scopes import Change, Scope, own_row, own_values, policy_at, rows_of
from lmis.policy.sense import impossible, of_many_items

MOST_REFUSALS = 10


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do: to the values where it is made, and at how many of the facilities it is for."""

    before: Policy
    after: Policy
    touched: int
    facilities: int


def may_set_levels(session: Session, user: User, today: date) -> bool:
    """Whether someone may set values for a whole level: an administrator over whom nobody stands."""
    return may_administer(user.role, parent_of(session, user.facility_id, today))


def set_policy(session: Session, change: Change, *, user: User, today: date, now: datetime) -> None:
    """Let values hold from a day on; what held until then ends the day before. A change made already stays as it is.

    Raises Forbidden or NotFound for who may not, and Refused with everything that is wrong, or where other values were
    set with the same form; nothing is changed then.
    """
    _check_rights(session, user, change.scope, today)
    _lock(session, change.scope)
    if known := session.exec(select(StockPolicy).where(StockPolicy.uuid == change.uuid)).first():
        if not _is_same(known, change):
            raise Refused([ValuesClash()])
        return
    if faults := list(_faults(session, change, today)):
        raise Refused(faults)
    with session.begin_nested():
        _write(session, change, user, now)
        if mixed_up := list(islice(all_nonsense(session, change), MOST_REFUSALS)):
            raise Refused(mixed_up)


def _is_same(row: StockPolicy, change: Change) -> bool:
    scope = Scope(row.facility_id, row.level_code, row.item_id)
    return (scope, row.valid_from, own_values(row)) == (change.scope, change.valid_from, change.values)


def preview(session: Session, change: Change, *, user: User, today: date, now: datetime) -> Preview:
    """What `set_policy` would do. Raises what that raises; nothing is changed."""
    scope, on = change.scope, change.valid_from
    before, touched_before = policy_at(session, scope, on), values_in_force(session, scope, on)
    savepoint = session.begin_nested()
    try:
        set_policy(session, change, user=user, today=today, now=now)
        after, touched_after = policy_at(session, scope, on), values_in_force(session, scope, on)
    finally:
        savepoint.rollback()
    touched = sum(values != touched_before[facility_id] for facility_id, values in touched_after.items())
    return Preview(before, after, touched, len(touched_after))


def _check_rights(session: Session, user: User, scope: Scope, today: date) -> None:
    if not may_approve(user.role):
        raise Forbidden
    if scope.facility_id is None and not may_set_levels(session, user, today):
        raise LevelsAreNotYours
    if scope.facility_id is not None and not sees(session, user, scope.facility_id, today):
        raise NotFound


def _lock(session: Session, scope: Scope) -> None:
    """One change of a place or level at a time, so that no two rows hold at once."""
    if scope.facility_id is None:
        session.exec(select(Level).where(Level.code == scope.level_code).with_for_update()).one()
    else:
        session.exec(select(Facility).where(Facility.id == scope.facility_id).with_for_update()).one()


def _faults(session: Session, change: Change, today: date) -> Iterator[LmisError]:
    """What is wrong with the change by itself."""
    if change.valid_from < today:
        yield StartsInThePast(valid_from=change.valid_from, today=today)
    yield from impossible(change.values)
    if change.scope.item_id is not None:
        yield from of_many_items(change.values)
    if change.values == own_values(own_row(session, change.scope, change.valid_from)):
        yield SameValues() if change.values else NoValues()


def _write(session: Session, change: Change, user: User, now: datetime) -> None:
    """Insert the row, end the one it follows, and let it end where a later one begins."""
    scope = change.scope
    values: dict[str, Any] = {name: int(it) if name in DAYS else it for name, it in change.values.items()}
    until = _next_beginning(session, change)
    if held := own_row(session, scope, change.valid_from):
        held.valid_to = change.valid_from
        session.add(held)
    session.add(
        StockPolicy(
            uuid=change.uuid,
            facility_id=scope.facility_id,
            level_code=scope.level_code,
            item_id=scope.item_id,
            valid_from=change.valid_from,
            valid_to=until,
            set_by=user.id,
            set_at=now,
            **values,
        )
    )
    session.flush()


def _next_beginning(session: Session, change: Change) -> date | None:
    begun, ended = col(StockPolicy.valid_from), col(StockPolicy.valid_to)
    later = rows_of(change.scope).where(begun > change.valid_from, or_(ended.is_(None), ended > begun))
    return min((row.valid_from for row in session.exec(later)), default=None)
