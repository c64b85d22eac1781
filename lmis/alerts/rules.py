"""When stock calls for attention. Pure; the limits are those of the stock policy."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from lmis.policy.rules import Policy

TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")


class Status(StrEnum):
    OUT = "out"
    EMERGENCY = "emergency"
    BELOW = "below"
    ENOUGH = "enough"
    OVER = "over"
    UNKNOWN = "unknown"  # stock is there, but nothing has been consumed to measure it by


def status(usable: int, months_of_stock: Decimal | None, limits: Policy) -> Status:
    """How `usable` base units stand, which last `months_of_stock` (None: no consumption known).

    Below the emergency point one orders at once, below the minimum one orders, above the maximum it is too much.
    """
    if not usable:
        return Status.OUT
    if months_of_stock is None:
        return Status.UNKNOWN
    if months_of_stock < limits.emergency_point:
        return Status.EMERGENCY
    if months_of_stock < limits.minimum:
        return Status.BELOW
    return Status.OVER if months_of_stock > limits.maximum else Status.ENOUGH


def months_to_show(months: Decimal, limits: Policy) -> Decimal:
    """Months of stock in one place, or in two where one would put them on the other side of a limit: 0.96, not 1.0."""
    for step, rounding in ((TENTH, ROUND_HALF_UP), (HUNDREDTH, ROUND_HALF_UP), (HUNDREDTH, ROUND_FLOOR)):
        rounded = months.quantize(step, rounding)
        if status(1, rounded, limits) == status(1, months, limits):
            return rounded
    return months.quantize(HUNDREDTH, ROUND_CEILING)


def is_near_expiry(expires_on: date | None, today: date, days: int) -> bool:
    """Whether a lot may still be used, but for no more than `days` days after today."""
    return expires_on is not None and today <= expires_on <= today + timedelta(days=days)
