"""The small pictures beside numbers, as numbers that the templates draw. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

WIDTH = 100
HEIGHT = 30


@dataclass(frozen=True, slots=True)
class MonthsBar:
    """Lengths from 0 to WIDTH: how far the bar reaches, and where the minimum and the maximum stand."""

    reach: int
    minimum: int
    maximum: int


def months_bar(months: Decimal, minimum: Decimal, maximum: Decimal) -> MonthsBar:
    """A bar of months of stock; the maximum stands at three quarters, and what is beyond the end is cut."""
    scale = WIDTH * Decimal("0.75") / maximum
    return MonthsBar(min(WIDTH, round(months * scale)), round(minimum * scale), round(maximum * scale))


def balance_line(points: Sequence[tuple[date, int]], first: date, last: date) -> str:
    """A balance over time as the points of an SVG polyline in a box of WIDTH × HEIGHT, zero at the bottom.

    points: the balance from each day on, in order. It steps: a balance holds until the next movement.
    """
    highest = max((balance for _, balance in points), default=0) or 1
    days = max((last - first).days, 1)
    drawn: list[str] = []
    level = None
    for on, balance in points:
        x = WIDTH * (on - first).days / days
        if level is not None:
            drawn.append(f"{x:.1f},{level}")
        level = f"{HEIGHT * (1 - balance / highest):.1f}"
        drawn.append(f"{x:.1f},{level}")
    if level is not None:
        drawn.append(f"{WIDTH},{level}")
    return " ".join(drawn)
