"""How much of each item the people of a place need in a year. Pure; shares are 0 … 1, units are base units.

Units of an item a year = women of reproductive age × prevalence of modern methods × the method's share of all users ×
the item's share of the method's users × units that a user needs in a year. The last is 1 / CYP: for a method that
lasts several years it is what is needed a year on the average, one IUD of 4.6 couple-years being 0.217 a year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

ROUNDING_STEP = Decimal("0.001")  # a tenth of a percent: what shares written with one decimal may add up to beside 1
NONE, ALL = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Statement:
    """The people of a place in a year, and what they use.

    prevalence: users of a modern method among the women; target: the plan's; methods: each method's share of all
    users; other: the share of those whose method is no goods, as sterilisation; brands: each item's share of the
    users of its method.
    """

    women: int
    prevalence: Decimal
    target: Decimal | None
    methods: Mapping[str, Decimal]
    brands: Mapping[int, Decimal]
    other: Decimal = NONE

    def at(self, prevalence: Decimal) -> Statement:
        """The same people, were another share of them to use a modern method."""
        return replace(self, prevalence=prevalence)

    @property
    def users(self) -> Decimal:
        return self.women * self.prevalence


@dataclass(frozen=True, slots=True)
class Need:
    """Of an item in a year. users: couples protected by it all year, which is also its couple-years of protection."""

    users: Decimal
    units: Decimal


def units_per_user_year(factors: Mapping[date, Decimal], year: int) -> Decimal | None:
    """Base units that one user needs in a year, from the CYP of one unit by the first day it holds.

    A factor that begins within the year counts for the days it holds; before the first one, the first holds. None
    without any factor by the year's end.
    """
    first, end = date(year, 1, 1), date(year + 1, 1, 1)
    begun = sorted((max(on, first), on) for on in factors if on < end)
    if not begun:
        return None
    starts = [first, *(since for since, _ in begun[1:]), end]
    days = [(until - since).days for since, until in pairwise(starts)]
    units = sum((length / factors[on] for length, (_, on) in zip(days, begun, strict=True)), NONE)
    return units / (end - first).days


def needs(statement: Statement, method_of: Mapping[int, str], per_user: Mapping[int, Decimal]) -> dict[int, Need]:
    """What each item with a share is needed for in a year.

    method_of: of every item; per_user: units that a user of the item needs in a year. Items without a factor, whose
    need nobody can tell, are left out.
    """
    found = {}
    for item, share in statement.brands.items():
        users = statement.users * statement.methods.get(method_of[item], NONE) * share
        if item in per_user:
            found[item] = Need(users, users * per_user[item])
    return found


@dataclass(slots=True)
class _Sums:
    """Of several places: users in all, with other methods, and by method and item."""

    users: Decimal = NONE
    other: Decimal = NONE
    method: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    item: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def added(statements: Sequence[Statement], method_of: Mapping[int, str]) -> Statement:
    """The people of several places as of one: every share weighed by those it is a share of.

    There is a target where all of them have one. At least one statement.
    """
    sums = _Sums()
    for it in statements:
        sums.users += it.users
        sums.other += it.users * it.other
        for method, share in it.methods.items():
            sums.method[method] += it.users * share
        for item, share in it.brands.items():
            sums.item[item] += it.users * it.methods.get(method_of[item], NONE) * share
    women = sum(it.women for it in statements)
    return Statement(
        women=women,
        prevalence=_part(sums.users, women),
        target=_target(statements, women),
        methods={method: _part(users, sums.users) for method, users in sums.method.items()},
        brands={item: _part(users, sums.method[method_of[item]]) for item, users in sums.item.items()},
        other=_part(sums.other, sums.users),
    )


def _part(part: Decimal, whole: Decimal | int) -> Decimal:
    return part / whole if whole else NONE


def _target(statements: Iterable[Statement], women: int) -> Decimal | None:
    total = NONE
    for it in statements:
        if it.target is None:
            return None
        total += it.women * it.target
    return _part(total, women)


def missing(shares: Iterable[Decimal]) -> Decimal:
    """What shares lack to be a whole: 0 within a rounding step, negative where they are more than a whole."""
    lacking = ALL - sum(shares, NONE)
    return NONE if abs(lacking) <= ROUNDING_STEP else lacking
