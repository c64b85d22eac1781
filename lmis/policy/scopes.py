"""What values can be set for, and what is set and in force just there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from lmis.network.models import Level
from lmis.policy.models import StockPolicy
from lmis.policy.rules import NAMES, Policy, Row
from lmis.policy.service import Finder, Spot, methods_of, rows_in_force, spots_of


@dataclass(frozen=True, slots=True)
class Scope:
    """What values are set for; see StockPolicy."""

    facility_id: int | None
    level_code: str | None
    item_id: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """Values to hold from a day on; those left out are inherited. uuid: made with the form."""

    uuid: UUID
    scope: Scope
    valid_from: date
    values: Mapping[str, Decimal]


def policy_at(session: Session, scope: Scope, on: date, *, inherited: bool = False) -> Policy:
    """What is in force on a day where values are set; with no item, for whatever item is not named.

    inherited: what would be in force if nothing were set for just this scope.
    """
    spot = _spot(session, scope, on)
    rows = rows_in_force(session, [spot], on)
    if inherited:
        rows = [row for row in rows if _scope_of(row) != scope]
    method = methods_of(session, [scope.item_id])[scope.item_id] if scope.item_id else None
    return Finder(rows).of(spot, scope.item_id, method)


def _spot(session: Session, scope: Scope, on: date) -> Spot:
    """The facility itself; for a level, a facility of the level as it would stand just there."""
    own = None if scope.facility_id is None else spots_of(session, [scope.facility_id], on)[scope.facility_id]
    if own and scope.level_code is None:
        return own
    level = session.get_one(Level, scope.level_code)
    return Spot(own.chain if own else (), level.code, level.rank)


def _scope_of(row: Row) -> Scope:
    return Scope(row.source.facility_id, row.source.level, row.item_id)


def own_row(session: Session, scope: Scope, on: date) -> StockPolicy | None:
    """The row set for just this that is in force on a day."""
    ended = col(StockPolicy.valid_to)
    held = rows_of(scope).where(col(StockPolicy.valid_from) <= on, or_(ended.is_(None), ended > on))
    return session.exec(held).first()


def own_values(row: StockPolicy | None) -> dict[str, Decimal]:
    """The values that a row sets."""
    set_ = {name: getattr(row, name) for name in NAMES} if row else {}
    return {name: Decimal(value) for name, value in set_.items() if value is not None}


def rows_of(scope: Scope) -> SelectOfScalar[StockPolicy]:
    """Every row that was ever set for just this."""
    same: list[ColumnElement[bool]] = [
        col(StockPolicy.facility_id).is_not_distinct_from(scope.facility_id),
        col(StockPolicy.level_code).is_not_distinct_from(scope.level_code),
        col(StockPolicy.item_id).is_not_distinct_from(scope.item_id),
    ]
    return select(StockPolicy).where(*same)
