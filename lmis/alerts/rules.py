"""When stock calls for attention. Pure. The thresholds are this program's defaults, not an official rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    OUT = "out"
    EMERGENCY = "emergency"
    BELOW = "below"
    ENOUGH = "enough"
    OVER = "over"
    UNKNOWN = "unknown"  # stock is there, but nothing has been consumed to measure it by


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Months of stock: below `emergency` order at once, below `minimum` order, above `maximum` it is too much."""

    emergency: Decimal
    minimum: Decimal
    maximum: Decimal


DEFAULT_THRESHOLDS = (  # from this rank of level down
    (0, Thresholds(Decimal("1"), Decimal("2"), Decimal("6"))),
    (3, Thresholds(Decimal("0.5"), Decimal("1"), Decimal("3"))),
)


def thresholds_for(rank: int) -> Thresholds:
    """The default thresholds of a level: stations and below hold less than the stores above them."""
    return [limits for least, limits in DEFAULT_THRESHOLDS if rank >= least][-1]


def status(usable: int, months_of_stock: Decimal | None, limits: Thresholds) -> Status:
    """How `usable` base units stand, which last `months_of_stock` (None: no consumption known)."""
    if not usable:
        return Status.OUT
    if months_of_stock is None:
        return Status.UNKNOWN
    if months_of_stock < limits.emergency:
        return Status.EMERGENCY
    if months_of_stock < limits.minimum:
        return Status.BELOW
    return Status.OVER if months_of_stock > limits.maximum else Status.ENOUGH


def is_near_expiry(expires_on: date | None, today: date, days: int) -> bool:
    """Whether a lot may still be used, but for no more than `days` days after today."""
    return expires_on is not None and today <= expires_on <= today + timedelta(days=days)
