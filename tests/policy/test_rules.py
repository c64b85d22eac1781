"""Which of the values that were set is in force."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest

from lmis.policy.rules import DAYS, NAMES, Policy, Row, Source, Target, Where, resolve, usable_maximum

COMMUNE, DISTRICT, BOARD = 3, 2, 1
CONDOM, PILL = 11, 12
SINCE = date(2026, 1, 1)
SITES = {  # the defaults that are settings of the site
    "service_level": Decimal("0.9"),
    "near_expiry_days": Decimal(60),
    "unconfirmed_days": Decimal(9),
}


def said(at: int | None = None, *, level: str | None = None, item: int | None = None, **values: str) -> Row:
    """Values set at a facility, for a level, or for those of the level under the facility."""
    where = Where.LEVEL if at is None else Where.FACILITY
    source = Source(where, at, "" if at is None else f"Facility {at}", level, item is not None, SINCE)
    return Row(source, item, {name: Decimal(value) for name, value in values.items()})


def policy(*rows: Row, item: int | None = CONDOM, method: str | None = "condom", rank: int = 3) -> Policy:
    """Of a commune station under a district under a board, unless its rank says otherwise."""
    chain, level = {1: ((BOARD,), "board"), 2: ((DISTRICT, BOARD), "district")}.get(
        rank, ((COMMUNE, DISTRICT, BOARD), "commune")
    )
    return resolve(Target(chain, level, rank, item, method), rows, SITES)


@pytest.mark.parametrize(
    ("rank", "lead", "review", "safety", "minimum", "maximum", "emergency"),
    [
        (1, "0.5", "1", "0.5", "2", "6", "1"),  # 0.5 + 1 + 0.5 = 2
        (2, "0.5", "1", "0.5", "2", "6", "1"),
        (3, "0.25", "0.5", "0.25", "1", "3", "0.5"),  # 0.25 + 0.5 + 0.25 = 1
        (5, "0.25", "0.5", "0.25", "1", "3", "0.5"),
    ],
)
def test_where_nothing_is_set_the_program_has_values(rank, lead, review, safety, minimum, maximum, emergency):
    found = policy(rank=rank)

    held = (found.lead_time, found.review_period, found.safety_stock, found.minimum, found.maximum)
    assert held == tuple(map(Decimal, (lead, review, safety, minimum, maximum)))
    assert found.emergency_point == Decimal(emergency)
    assert {name: found.sources[name].where for name in NAMES} == dict.fromkeys(NAMES, Where.DEFAULT) | {
        "minimum": Where.SUM
    }


@pytest.mark.parametrize(
    ("method", "months"),
    [("pill", 60), ("condom", 48), ("injectable", 60), ("iud", 84), ("implant", 60), ("something new", None)],
)
def test_goods_keep_as_long_as_their_method_does_by_default(method, months):
    assert policy(method=method).shelf_life == months


# The most telling first: each goes before all that follow it.
ORDER = [
    said(COMMUNE, item=CONDOM, level="commune", maximum="2.1"),
    said(COMMUNE, item=CONDOM, maximum="2.2"),
    said(DISTRICT, item=CONDOM, level="commune", maximum="2.3"),
    said(DISTRICT, item=CONDOM, maximum="2.4"),
    said(BOARD, item=CONDOM, maximum="2.5"),
    said(COMMUNE, maximum="2.6"),
    said(DISTRICT, level="commune", maximum="2.7"),
    said(DISTRICT, maximum="2.8"),
    said(BOARD, maximum="2.9"),
    said(level="commune", item=CONDOM, maximum="2.91"),
    said(level="commune", maximum="2.92"),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_what_tells_most_of_the_place_and_the_item_is_in_force(first):
    found = policy(*reversed(ORDER[first:]))

    assert found.maximum == ORDER[first].values["maximum"]
    assert found.sources["maximum"] == ORDER[first].source


def test_the_order_in_which_values_were_set_makes_no_difference():
    rows = [ORDER[1], ORDER[5], ORDER[7], ORDER[9]]

    assert {policy(*its).maximum for its in permutations(rows)} == {Decimal("2.2")}


@pytest.mark.parametrize(
    "elsewhere",
    [
        said(99, maximum="2"),
        said(level="district", maximum="2"),
        said(DISTRICT, level="district", maximum="2"),
        said(COMMUNE, item=PILL, maximum="2"),
        said(level="commune", item=PILL, maximum="2"),
    ],
)
def test_what_is_said_of_other_places_levels_and_items_does_not_hold_here(elsewhere):
    assert policy(elsewhere).maximum == 3


def test_what_is_said_of_one_item_does_not_hold_for_an_item_that_is_not_named():
    assert policy(said(COMMUNE, item=CONDOM, maximum="2"), item=None, method=None).maximum == 3


def test_each_value_is_inherited_on_its_own():
    found = policy(
        said(COMMUNE, item=CONDOM, maximum="2.5"),
        said(DISTRICT, lead_time="0.75", maximum="4"),
        said(level="commune", safety_stock="0.5"),
    )

    assert (found.maximum, found.lead_time, found.safety_stock, found.review_period) == (
        Decimal("2.5"),
        Decimal("0.75"),
        Decimal("0.5"),
        Decimal("0.5"),
    )
    assert [found.sources[name].facility_id for name in ("maximum", "lead_time", "safety_stock")] == [3, 2, None]


def test_the_service_level_is_the_sites_until_it_is_set_for_a_place_or_an_item():
    inherited = policy(said(COMMUNE, item=PILL, service_level="0.6"), said(BOARD, maximum="4"))
    put = policy(said(BOARD, service_level="0.8"), said(COMMUNE, item=CONDOM, service_level="0.925"))

    assert (inherited.service_level, inherited.sources["service_level"].where) == (
        SITES["service_level"],
        Where.DEFAULT,
    )
    assert (put.service_level, put.sources["service_level"].item) == (Decimal("0.925"), True)


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_where_nothing_is_set_one_is_warned_alike_at_every_level(rank):
    found = policy(rank=rank)

    assert (found.run_out_risk, found.loss_share) == (Decimal("0.2"), Decimal("0.05"))
    assert {name: getattr(found, name) for name in DAYS} == {
        "near_expiry_days": 60,
        "unconfirmed_days": 9,
        "waiting_days": 5,
        "count_grace_days": 14,
        "quiet_days": 45,
        "escalation_days": 3,
    }
    assert {type(getattr(found, name)) for name in DAYS} == {int}


def test_when_one_is_warned_is_inherited_as_what_is_held_is():
    found = policy(
        said(COMMUNE, item=CONDOM, near_expiry_days="180"),
        said(COMMUNE, item=PILL, quiet_days="20"),
        said(DISTRICT, near_expiry_days="30", run_out_risk="0.1"),
        said(level="commune", run_out_risk="0.5", waiting_days="10"),
    )

    assert (found.near_expiry_days, found.run_out_risk, found.waiting_days, found.quiet_days) == (
        180,
        Decimal("0.1"),
        10,
        45,
    )
    told = [found.sources[name] for name in ("near_expiry_days", "run_out_risk", "waiting_days", "quiet_days")]
    assert [(it.where, it.facility_id, it.item) for it in told] == [
        (Where.FACILITY, COMMUNE, True),
        (Where.FACILITY, DISTRICT, False),
        (Where.LEVEL, None, False),
        (Where.DEFAULT, None, False),
    ]


def test_the_minimum_is_the_sum_of_its_parts_until_it_is_set():
    summed = policy(said(COMMUNE, lead_time="1"))  # 1 + 0.5 + 0.25
    put = policy(said(COMMUNE, lead_time="1"), said(level="commune", minimum="1.5"))

    assert (summed.minimum, summed.sources["minimum"].where) == (Decimal("1.75"), Where.SUM)
    assert (put.minimum, put.sources["minimum"].where) == (Decimal("1.5"), Where.LEVEL)


def test_no_more_is_held_than_can_be_used_before_it_expires():
    found = policy(said(COMMUNE, maximum="6"), said(BOARD, item=CONDOM, shelf_life="4"))

    assert (found.maximum, found.wanted_maximum, found.capped) == (4, 6, True)
    assert not policy(said(COMMUNE, maximum="6"), said(BOARD, item=CONDOM, shelf_life="6")).capped


@pytest.mark.parametrize(
    ("maximum", "shelf_life", "usable"), [("6", "4", 4), ("6", "6", 6), ("3", "60", 3), ("6", None, 6)]
)
def test_the_shelf_life_caps_the_maximum(maximum, shelf_life, usable):
    assert usable_maximum(Decimal(maximum), None if shelf_life is None else Decimal(shelf_life)) == usable
