"""What values that were just set do at every facility they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, or_, select

from lmis.catalog.models import Item
from lmis.i18n import N_, Message, Name
from lmis.network.models import Facility
from lmis.network.service import subtree_ids
from lmis.policy.models import StockPolicy
from lmis.policy.refusals import Nonsense
from lmis.policy.rules import NAMES, Policy
from lmis.policy.scopes import Change, Scope, rows_of
from lmis.policy.sense import nonsense
from lmis.policy.service import Finder, methods_of, rows_in_force, spots_of

ITEM_AT = N_("%(facility)s, %(item)s")

ItemPolicies = list[tuple[int, Policy]]


def in_force(session: Session, scope: Scope, on: date) -> dict[int, ItemPolicies]:
    """The policies of a day of every facility that values of the scope are for, of the scope's item or of all.

    Facilities to which the same applies share one list.
    """
    spots = spots_of(session, _facilities(session, scope, on), on)
    finder = Finder(rows_in_force(session, spots.values(), on))
    every = [scope.item_id] if scope.item_id else session.exec(select(Item.id)).all()
    methods = methods_of(session, [it for it in every if it is not None])
    return {facility_id: finder.of_items(spot, methods) for facility_id, spot in spots.items()}


def _facilities(session: Session, scope: Scope, on: date) -> list[int]:
    closed = col(Facility.closed_on)
    open_ = select(Facility.id).where(or_(closed.is_(None), closed > on))
    if scope.level_code is not None:
        open_ = open_.where(Facility.level_code == scope.level_code)
    ids = [it for it in session.exec(open_) if it is not None]
    if scope.facility_id is None:
        return ids
    under = set(subtree_ids(session, scope.facility_id, on))
    return [it for it in ids if it in under]


def values_in_force(session: Session, scope: Scope, on: date) -> dict[int, list[tuple[Decimal | int | None, ...]]]:
    """The values alone, by facility: to tell whether a change makes any difference there."""
    seen: dict[int, list[tuple[Decimal | int | None, ...]]] = {}
    values = {}
    for facility_id, its in in_force(session, scope, on).items():
        if id(its) not in seen:
            seen[id(its)] = [tuple(getattr(policy, name) for name in NAMES) for _, policy in its]
        values[facility_id] = seen[id(its)]
    return values


def all_nonsense(session: Session, change: Change) -> Iterator[Nonsense]:
    """What would not go together on any day the change holds: the same fault once, with the first place that has it."""
    told: set[str] = set()
    for on in _days(session, change):
        for facility_id, item_id, policy in _each_once(in_force(session, change.scope, on)):
            for fault in nonsense(policy, change.values):
                if str(fault.message) not in told:
                    told.add(str(fault.message))
                    yield fault.at(_named(session, facility_id, item_id))


def _each_once(in_force: Mapping[int, ItemPolicies]) -> Iterator[tuple[int, int, Policy]]:
    seen: set[int] = set()
    for facility_id, its in in_force.items():
        for item_id, policy in its:
            if id(policy) not in seen:
                seen.add(id(policy))
                yield facility_id, item_id, policy


def _named(session: Session, facility_id: int, item_id: int) -> Message:
    item = session.get_one(Item, item_id)
    facility = session.get_one(Facility, facility_id)
    return Message(ITEM_AT, {"facility": facility.name, "item": Name(item.name_vi, item.name_en)})


def _days(session: Session, change: Change) -> list[date]:
    """The first day of the change, and those while it holds on which anything else begins or ends."""
    own = session.exec(rows_of(change.scope).where(StockPolicy.uuid == change.uuid)).one()
    begun, ended = col(StockPolicy.valid_from), col(StockPolicy.valid_to)
    later = {*session.exec(select(begun).where(begun > own.valid_from).distinct())}
    later |= {it for it in session.exec(select(ended).where(ended > own.valid_from).distinct()) if it is not None}
    return [own.valid_from, *sorted(on for on in later if own.valid_to is None or on < own.valid_to)]
