"""What a shelf can spare and what it lacks: the two sides of moving stock between facilities. Pure; base units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from math import ceil, floor

from lmis.alerts.expiry import AHEAD
from lmis.alerts.picture import Ahead, HeldLot, Shelf
from lmis.forecast.need import DAYS_A_MONTH

TRAVEL_DAYS = 7  # until what is sent may be used
LEAST_DAYS = 28  # that a lot must have left to be sent at all: a cycle of pills
A_MONTH = Decimal(1)
EPSILON = 1e-6  # what a sum of floating numbers may be off


@dataclass(frozen=True, eq=False)
class Giver:
    """A shelf with something to spare.

    limits: by lot, how many of it and of those before it are used at the most until it expires; keeps: what stays on
    the shelf at least; uses: what it must still be able to use in time of what stays, at least.
    """

    shelf: Shelf
    limits: Sequence[float]
    keeps: int
    uses: int

    @property
    def spare(self) -> int:
        """The most it gives."""
        return self.shelf.usable - max(self.keeps, self.uses)

    def unused(self, given: Sequence[int] | None = None) -> int:
        """What will expire on the shelf once so many of each lot are given."""
        taken = given or [0] * len(self.limits)
        left = [lot.on_hand - units for lot, units in zip(self.shelf.lots, taken, strict=True)]
        return sum(left) - used_in_time(left, self.limits)


@dataclass(frozen=True, eq=False)
class Taker:
    """A shelf that could use more.

    covered, minimum: what it will be able to use in time with what is on the way, and what it should; room: to the
    maximum; least: what is worth a trip.
    """

    shelf: Shelf
    ahead: Ahead
    today: date
    covered: int
    minimum: int
    room: int
    least: int

    @property
    def lacks(self) -> int:
        return min(self.room, max(0, self.minimum - self.covered))

    def uses_of(self, expires_on: date | None) -> int:
        """How many units that expire by this day it can use in time, beside all that it uses of its own."""
        if expires_on is None:
            return self.room
        if expires_on < self.today + timedelta(days=LEAST_DAYS):
            return 0
        later = [day for day, units in self._own if units and day > expires_on]
        return max(0, min(self.room, *(self._free(day) for day in [expires_on, *later])))

    @cached_property
    def _arrives_on(self) -> date:
        return self.today + timedelta(days=TRAVEL_DAYS)

    @cached_property
    def _own(self) -> list[tuple[date, int]]:
        """Expiry and units of its own lots on the day the goods arrive; without those that never expire."""
        used = floor(self.ahead.expected(self.today, self._arrives_on) + EPSILON)
        left = []
        for lot in self.shelf.lots:
            taken = min(lot.on_hand, used)
            used -= taken
            if lot.expires_on:
                left.append((lot.expires_on, lot.on_hand - taken))
        return left

    def _free(self, day: date) -> int:
        """What is used from the goods' arrival until the end of a day, less what its own lots provide of that."""
        own = [(expires_on, units) for expires_on, units in self._own if expires_on <= day]
        provided = used_in_time([units for _, units in own], [self._used_by(expires_on) for expires_on, _ in own])
        return floor(self._used_by(day) + EPSILON) - provided

    def _used_by(self, day: date) -> float:
        end = day + timedelta(days=1)
        return self.ahead.expected(self._arrives_on, end) if end > self._arrives_on else 0.0


def used_in_time(lots: Iterable[int], limits: Iterable[float]) -> int:
    """How many units are used before they expire, the first to expire first. limits: as of Giver."""
    used = 0
    for units, limit in zip(lots, limits, strict=True):
        used = used + units if used + units <= limit else max(used, ceil(limit - EPSILON))
    return used


def giver(shelf: Shelf, today: date) -> Giver | None:
    """The shelf as one that gives; None when it has nothing to spare, or nobody knows what it uses."""
    usable, ahead = shelf.usable, shelf.ahead
    if ahead is None or not usable:
        return None
    keeps = ceil(_minimum(ahead, shelf, today) - EPSILON)
    limits, used = _own_use(ahead, shelf, today)
    uses = min(used, max(keeps, ceil(_need(ahead, shelf.policy.maximum, today) - EPSILON)))
    found = Giver(shelf, limits, keeps, uses)
    return found if found.spare > 0 else None


def taker(shelf: Shelf, today: date) -> Taker | None:
    """The shelf as one that could use more; None when it may not hold it, is full, or nobody knows what it uses.

    A pack is worth a trip, or a month's use where that is less.
    """
    ahead = shelf.ahead
    if ahead is None or not shelf.capable:
        return None
    maximum = floor(_need(ahead, shelf.policy.maximum, today) + EPSILON)
    room = maximum - shelf.usable - shelf.coming
    if room <= 0:
        return None
    _, used = _own_use(ahead, shelf, today)
    minimum = min(maximum, ceil(_minimum(ahead, shelf, today) - EPSILON))
    least = max(1, min(shelf.pack_size, ceil(_need(ahead, A_MONTH, today) - EPSILON)))
    return Taker(shelf, ahead, today, used + shelf.coming, minimum, room, least)


def _own_use(ahead: Ahead, shelf: Shelf, today: date) -> tuple[list[float], int]:
    """The limits of Giver, and how many of its units are used before they expire."""
    limits = [_limit(ahead, lot, today) for lot in shelf.lots]
    return limits, used_in_time([lot.on_hand for lot in shelf.lots], limits)


def _limit(ahead: Ahead, lot: HeldLot, today: date) -> float:
    """What expires later than anybody can tell is taken to be used."""
    if lot.expires_on is None or lot.expires_on > today + timedelta(days=AHEAD):
        return float("inf")
    return ceil(ahead.expected(today, lot.expires_on + timedelta(days=1)) - EPSILON)


def _minimum(ahead: Ahead, shelf: Shelf, today: date) -> float:
    """The minimum, or what is used until the next delivery has come where that is more."""
    policy = shelf.policy
    return _need(ahead, max(policy.minimum, policy.lead_time + policy.review_period), today)


def _need(ahead: Ahead, months: Decimal, today: date) -> float:
    days = max(1, round(float(months) * DAYS_A_MONTH))
    return ahead.expected(today, today + timedelta(days=days))
