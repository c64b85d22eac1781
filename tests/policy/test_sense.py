"""Months as they are typed, and values that do not go together."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lmis.errors import LmisError
from lmis.policy.refusals import (
    EmergencyAboveMinimum,
    MinimumAboveMaximum,
    MinimumAboveShelfLife,
    NotMonths,
    PartsAboveMaximum,
    TooFine,
    TooManyMonths,
)
from lmis.policy.rules import Row, Source, Target, Where, resolve
from lmis.policy.sense import nonsense, not_positive, read_months
from lmis.reading import Missing, TooLong


@pytest.mark.parametrize(
    ("typed", "months"),
    [
        ("2", "2"),
        ("1,5", "1.5"),
        ("1.5", "1.5"),
        ("0,25", "0.25"),
        (" 0 ", "0"),
        ("120", "120"),
        ("1,50", "1.5"),
        ("2,", "2"),
    ],
)
def test_months_are_read_as_people_write_them(typed, months):
    assert read_months(typed) == Decimal(months)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("", Missing),
        ("hai", NotMonths),
        ("-1", NotMonths),
        ("1e2", NotMonths),
        ("1,2,3", NotMonths),
        (".", NotMonths),
        ("２", NotMonths),
        ("NaN", NotMonths),
        ("0,125", TooFine),
        ("120,01", TooManyMonths),
        ("9" * 12, TooManyMonths),
        ("9" * 400, TooLong),
        ("1." + "0" * 30_000, TooLong),
    ],
)
def test_what_is_not_months_is_refused(typed: str, refusal: type[LmisError]):
    with pytest.raises(refusal):
        read_months(typed)


def faults(typed=("minimum",), **values: str):
    """Of a station with these values, as (refusal, its field)."""
    row = Row(Source(Where.FACILITY, 1), None, {name: Decimal(value) for name, value in values.items()})
    policy = resolve(Target((1,), "commune", 3, None, "condom"), [row])
    return [(type(it), it.field) for it in nonsense(policy, typed)]


@pytest.mark.parametrize(
    ("values", "typed", "expected"),
    [
        ({}, (), []),
        ({"emergency_point": "1"}, ("emergency_point",), []),  # the minimum is 1
        ({"emergency_point": "1.01"}, ("emergency_point",), [(EmergencyAboveMinimum, "emergency_point")]),
        ({"minimum": "0.4"}, ("minimum",), [(EmergencyAboveMinimum, "minimum")]),
        ({"lead_time": "0", "review_period": "0"}, ("lead_time",), [(EmergencyAboveMinimum, "lead_time")]),
        ({"minimum": "3"}, ("minimum",), []),
        ({"minimum": "3.01"}, ("minimum",), [(MinimumAboveMaximum, "minimum")]),
        ({"maximum": "1"}, ("maximum",), []),  # 0.25 + 0.5 + 0.25
        ({"maximum": "0.9"}, ("maximum",), [(PartsAboveMaximum, "maximum")]),
        ({"lead_time": "2.26"}, ("lead_time",), [(PartsAboveMaximum, "lead_time")]),  # 2.26 + 0.5 + 0.25 = 3.01
        ({"shelf_life": "1"}, ("shelf_life",), []),
        ({"shelf_life": "0.9"}, ("shelf_life",), [(MinimumAboveShelfLife, "shelf_life")]),
        (
            {"maximum": "0.8", "minimum": "0.9", "emergency_point": "1"},
            ("maximum",),
            [(EmergencyAboveMinimum, ""), (PartsAboveMaximum, "maximum"), (MinimumAboveMaximum, "maximum")],
        ),
    ],
)
def test_values_that_do_not_go_together_are_all_told(values, typed, expected):
    assert faults(typed, **values) == expected


def test_a_maximum_or_shelf_life_of_nothing_is_refused():
    zero = Decimal(0)

    assert [it.field for it in not_positive(dict.fromkeys(("minimum", "maximum", "shelf_life"), zero))] == [
        "maximum",
        "shelf_life",
    ]
