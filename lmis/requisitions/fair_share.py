"""Sharing out what there is when it does not suffice for all who ask. Pure; quantities in base units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from heapq import heapify, heappop, heapreplace
from math import ceil


@dataclass(frozen=True, slots=True)
class Claim:
    """What one facility asks for.

    position: on hand and on the way to it; amc: its average monthly consumption, None where none is known;
    wanted: the most it is to get.
    """

    position: int
    amc: Decimal | None
    wanted: int

    @property
    def use(self) -> Fraction:
        """Base units a month. One without any consumption is taken to use in a month what it asks for."""
        return Fraction(self.amc or self.wanted)


def fair_share(available: int, claims: Sequence[Claim]) -> list[int]:
    """What each claim gets of `available` units, so that the fewest months of stock are as many as they can be.

    It is as if one unit after the other went to whoever, with what they have and got, has stock for the fewest months
    and still wants more; among equals to the larger consumption, then the larger want, the lesser stock, the first
    named. So what rounding leaves goes where it is missed most: by the largest remainder a hospital would get for its
    half day the unit that keeps a station in stock for months. Nobody gets more than `wanted`, and
    min(available, all that is wanted) is given.
    """
    if available >= sum(claim.wanted for claim in claims):
        return [claim.wanted for claim in claims]
    asking = [number for number, claim in enumerate(claims) if claim.wanted]
    shares = [0] * len(claims)
    if available <= 0 or not asking:
        return shares
    level = _water_level(available, [claims[number] for number in asking])
    for number in asking:
        shares[number] = _units_below(level, claims[number])
    _take_back(sum(shares) - available, claims, shares)
    return shares


def _water_level(available: int, claims: Sequence[Claim]) -> Fraction:
    """The months of stock all could be raised to if units could be divided; `available` is less than is wanted."""
    bends = [(claim.position / claim.use, claim.use) for claim in claims]
    bends += [((claim.position + claim.wanted) / claim.use, -claim.use) for claim in claims]
    given, rising, at = Fraction(0), Fraction(0), Fraction(0)
    for level, change in sorted(bends):
        more = rising * (level - at)
        if given + more >= available:
            break
        given, rising, at = given + more, rising + change, level
    return at + (available - given) / rising


def _units_below(level: Fraction, claim: Claim) -> int:
    """How many units the claim is given while its months of stock are below `level`."""
    return min(claim.wanted, max(0, ceil(level * claim.use - claim.position)))


def _take_back(count: int, claims: Sequence[Claim], shares: list[int]) -> None:
    """Take away the `count` units that were given last."""

    def last_given(number: int) -> tuple[Fraction, Fraction, int, int, int]:
        claim = claims[number]
        before = Fraction(claim.position + shares[number] - 1) / claim.use
        return -before, claim.use, claim.wanted, -claim.position, -number

    heap = [last_given(number) for number, share in enumerate(shares) if share]
    heapify(heap)
    for _ in range(count):
        number = -heap[0][-1]
        shares[number] -= 1
        if shares[number]:
            heapreplace(heap, last_given(number))
        else:
            heappop(heap)
