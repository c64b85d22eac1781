"""Months and percentages as they are typed, and values that do not go together."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lmis.errors import LmisError
from lmis.policy.refusals import (
    EmergencyAboveMinimum,
    MinimumAboveMaximum,
    MinimumAboveShelfLife,
    NotDays,
    NotMonths,
    NotPercent,
    NotPositive,
    PartsAboveMaximum,
    TooFine,
    TooFineAPercent,
    TooManyDays,
    TooManyMonths,
    UnusualLossShare,
    UnusualRisk,
    UnusualServiceLevel,
)
from lmis.policy.rules import Row, Source, Target, Where, resolve
from lmis.policy.sense import impossible, nonsense, read_days, read_months, read_percent, reader_of
from lmis.policy.service import site_defaults
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


@pytest.mark.parametrize(
    ("typed", "share"),
    [
        ("95", "0.95"),
        ("92,5", "0.925"),
        ("92.5", "0.925"),
        (" 95 % ", "0.95"),
        ("95%", "0.95"),
        ("0", "0"),
        ("100", "1"),
    ],
)
def test_a_percentage_is_read_as_people_write_it(typed, share):
    assert read_percent(typed) == Decimal(share)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("", Missing),
        ("%", Missing),
        ("chín", NotPercent),
        ("-95", NotPercent),
        ("95%%", NotPercent),
        ("9,5,0", NotPercent),
        ("92,55", TooFineAPercent),
        ("0,95", TooFineAPercent),
        ("9" * 13, TooLong),
    ],
)
def test_what_is_no_percentage_is_refused(typed: str, refusal: type[LmisError]):
    with pytest.raises(refusal):
        read_percent(typed)


@pytest.mark.parametrize(
    ("level", "fits"), [("0.499", False), ("0.5", True), ("0.95", True), ("0.951", False), ("0", False), ("95", False)]
)
def test_a_service_level_is_one_that_forecasts_say_something_of(level, fits):
    faults = impossible({"service_level": Decimal(level)})

    assert [(type(it), it.field) for it in faults] == ([] if fits else [(UnusualServiceLevel, "service_level")])


@pytest.mark.parametrize(
    ("name", "share", "fits"),
    [
        ("run_out_risk", "0.049", False),
        ("run_out_risk", "0.05", True),
        ("run_out_risk", "0.95", True),
        ("run_out_risk", "0.951", False),
        ("loss_share", "0.009", False),
        ("loss_share", "0.01", True),
        ("loss_share", "1", True),
        ("loss_share", "1.001", False),
    ],
)
def test_a_share_at_which_one_is_warned_must_tell_something_apart(name, share, fits):
    refusal = {"run_out_risk": UnusualRisk, "loss_share": UnusualLossShare}[name]

    assert [(type(it), it.field) for it in impossible({name: Decimal(share)})] == ([] if fits else [(refusal, name)])


@pytest.mark.parametrize(("typed", "days"), [("0", 0), ("30", 30), (" 007 ", 7), ("365", 365)])
def test_days_are_read_whole(typed, days):
    assert read_days(typed) == days


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("", Missing),
        ("ba", NotDays),
        ("-3", NotDays),
        ("1,5", NotDays),
        ("7.0", NotDays),
        ("2/3", NotDays),
        ("１", NotDays),
        ("366", TooManyDays),
        ("9" * 12, TooManyDays),
        ("9" * 13, TooLong),
    ],
)
def test_what_is_no_number_of_days_is_refused(typed: str, refusal: type[LmisError]):
    with pytest.raises(refusal):
        read_days(typed)


def test_each_value_is_read_in_its_own_unit():
    assert [reader_of(name) for name in ("maximum", "service_level", "loss_share", "quiet_days")] == [
        read_months,
        read_percent,
        read_percent,
        read_days,
    ]


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("near_expiry_days", False),
        ("waiting_days", False),
        ("quiet_days", False),
        ("escalation_days", False),
        ("unconfirmed_days", True),
        ("count_grace_days", True),
    ],
)
def test_no_days_at_all_are_refused_where_everything_would_be_told(name, fits):
    assert [(type(it), it.field) for it in impossible({name: Decimal(0)})] == ([] if fits else [(NotPositive, name)])


def faults(typed=("minimum",), **values: str):
    """Of a station with these values, as (refusal, its field)."""
    row = Row(Source(Where.FACILITY, 1), None, {name: Decimal(value) for name, value in values.items()})
    policy = resolve(Target((1,), "commune", 3, None, "condom"), [row], site_defaults())
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

    faults = impossible(dict.fromkeys(("minimum", "maximum", "shelf_life"), zero))

    assert [(type(it), it.field) for it in faults] == [(NotPositive, "maximum"), (NotPositive, "shelf_life")]
