"""What there is goes to whoever would be out first: the fewest months of stock are raised as high as can be."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmis.requisitions.fair_share import Claim, fair_share


def claim(position: int, amc: str | None, wanted: int) -> Claim:
    return Claim(position, None if amc is None else Decimal(amc), wanted)


@pytest.mark.parametrize(
    ("available", "claims", "shares"),
    [
        # enough for all: 30 + 20 ≤ 50
        (50, [(0, "10", 30), (0, "10", 20)], [30, 20]),
        # nothing to share
        (0, [(0, "10", 30), (0, "10", 20)], [0, 0]),
        # empty shelves, in proportion to use: 40 × 30/40 and 40 × 10/40, one month each
        (40, [(0, "30", 90), (0, "10", 30)], [30, 10]),
        # (5 + 35) / 10 = (30 + 10) / 10 = 4 months: who has less gets more
        (45, [(5, "10", 60), (30, "10", 60)], [35, 10]),
        # the first has 8 months already, more than 20 units bring the other: (0 + 20) / 10 = 2
        (20, [(80, "10", 60), (0, "10", 60)], [0, 20]),
        # the second wants 5 and no more; what it leaves goes to the first: 50 − 5
        (50, [(0, "10", 60), (0, "10", 5)], [45, 5]),
        # without consumption 12 wanted are a month's use: 12 / 12 = 36 / 36 = 1 month
        (48, [(0, None, 12), (0, "36", 108)], [12, 36]),
        # the same where it is zero
        (24, [(0, "0", 12), (0, "36", 108)], [6, 18]),
        # 10 / 3 = 3⅓ each: the first named gets the one left over
        (10, [(0, "10", 20), (0, "10", 20), (0, "10", 20)], [4, 3, 3]),
        # a station using one in five months: without it 0 months, and the hospital 11 / 12 or 10 / 12
        (11, [(0, "12", 24), (0, "0.2", 2)], [10, 1]),
        # who wants nothing gets nothing
        (3, [(0, "10", 0), (0, "10", 5)], [0, 3]),
        (5, [], []),
    ],
)
def test_what_there_is_is_shared(available: int, claims: list[tuple[int, str | None, int]], shares: list[int]):
    assert fair_share(available, [claim(*it) for it in claims]) == shares


amounts = st.decimals(min_value="0.01", max_value=50, places=2)
claims = st.builds(Claim, st.integers(0, 60), st.none() | st.just(Decimal(0)) | amounts, st.integers(0, 60))
several = st.lists(claims, max_size=8)
available = st.integers(0, 300)
patient = settings(deadline=None)  # a busy machine is no fault


def months(claim: Claim, share: int) -> Fraction:
    return Fraction(claim.position + share) / claim.use


def one_by_one(available: int, claims: list[Claim]) -> list[int]:
    """The rule as it is told: one unit after the other to whoever has the fewest months and wants more."""
    shares = [0] * len(claims)
    for _ in range(min(available, sum(it.wanted for it in claims))):
        waiting = [number for number, it in enumerate(claims) if shares[number] < it.wanted]
        order = {
            n: (months(claims[n], shares[n]), -claims[n].use, -claims[n].wanted, claims[n].position, n) for n in waiting
        }
        shares[min(waiting, key=order.__getitem__)] += 1
    return shares


@patient
@given(available, several)
def test_nobody_gets_more_than_wanted_and_all_that_can_be_given_is(available: int, claims: list[Claim]):
    shares = fair_share(available, claims)

    assert all(0 <= share <= it.wanted for share, it in zip(shares, claims, strict=True))
    assert sum(shares) == min(available, sum(it.wanted for it in claims))


@patient
@given(available, several)
def test_it_is_as_if_units_were_given_one_by_one(available: int, claims: list[Claim]):
    assert fair_share(available, claims) == one_by_one(available, claims)


@patient
@given(available, several)
def test_no_unit_would_raise_the_minimum_elsewhere(available: int, claims: list[Claim]):
    asking = [it for it in claims if it.wanted]
    shares = fair_share(available, asking)
    lowest = min((months(it, share) for it, share in zip(asking, shares, strict=True)), default=Fraction(0))

    for giver, taker in permutations(range(len(asking)), 2):
        if shares[giver] and shares[taker] < asking[taker].wanted:
            moved = [*shares]
            moved[giver] -= 1
            moved[taker] += 1
            assert min(months(it, share) for it, share in zip(asking, moved, strict=True)) <= lowest


@patient
@given(available, several, st.randoms())
def test_the_order_of_the_claims_makes_no_difference(available: int, claims: list[Claim], chance):
    shuffled = [*claims]
    chance.shuffle(shuffled)

    assert told(available, claims) == told(available, shuffled)


def told(available: int, claims: list[Claim]) -> list[tuple[object, ...]]:
    """What each claim gets, by what tells claims apart: no consumption known and none at all are alike."""
    shares = fair_share(available, claims)
    return sorted((it.position, it.amc or 0, it.wanted, share) for it, share in zip(claims, shares, strict=True))


@patient
@given(available, several)
def test_more_to_share_leaves_nobody_with_less(available: int, claims: list[Claim]):
    fewer, more = fair_share(available, claims), fair_share(available + 1, claims)

    assert all(share <= then for share, then in zip(fewer, more, strict=True))


def test_a_district_of_hundreds_is_shared_out_whole():
    many = [Claim(number % 97, Decimal(1 + number % 31) / 3, 1_000) for number in range(600)]

    assert sum(fair_share(123_456, many)) == 123_456
