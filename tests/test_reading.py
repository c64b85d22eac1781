"""Reading what people type."""

from __future__ import annotations

from datetime import date

import pytest

from lmis import reading
from lmis.reading import read_day, read_quantity, read_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("007", 7),
        ("1.234", 1234),
        ("1,234", 1234),
        ("1 234 567", 1_234_567),
        ("1\N{NO-BREAK SPACE}234", 1234),
        ("12.0", 12),
        ("1.234,0", 1234),
        (" 2.147.483.647 ", 2_147_483_647),
    ],
)
def test_it_reads_whole_numbers_however_thousands_are_grouped(text: str, value: int) -> None:
    assert read_quantity(text) == value


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", reading.Missing),
        ("0", reading.ZeroQuantity),
        ("-5", reading.HasASign),
        ("+5", reading.HasASign),
        ("1,5", reading.FractionalQuantity),
        ("0.500", reading.FractionalQuantity),
        ("1.23.456", reading.WrongGrouping),
        ("1234,000", reading.WrongGrouping),
        ("1.234,567", reading.WrongGrouping),
        ("2147483648", reading.HugeQuantity),
        ("9" * 5000, reading.HugeQuantity),
        ("٣", reading.ForeignDigits),
        ("१२", reading.ForeignDigits),
        ("½", reading.ForeignDigits),
        ("1e5", reading.NotANumber),
        ("mười", reading.NotANumber),
        ("-", reading.NotANumber),
    ],
)
def test_each_fault_of_a_quantity_has_its_own_message(text: str, fault: type[reading.Unreadable]) -> None:
    with pytest.raises(fault):
        read_quantity(text)


def test_zero_and_signs_are_read_where_they_are_allowed() -> None:
    assert read_quantity("0", allow_zero=True) == 0
    assert read_quantity("−1.200", signed=True) == -1200


@pytest.mark.parametrize("text", ["2026-11-05", "05/11/2026", "5/11/2026", " 5/11/2026 "])
def test_it_reads_a_day_as_a_form_or_a_person_writes_it(text: str) -> None:
    assert read_day(text) == date(2026, 11, 5)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", reading.Missing),
        ("31/02/2026", reading.ImpossibleDay),
        ("2026-13-01", reading.ImpossibleDay),
        ("5/11/26", reading.NotADay),
        ("hôm nay", reading.NotADay),
    ],
)
def test_each_fault_of_a_day_has_its_own_message(text: str, fault: type[reading.Unreadable]) -> None:
    with pytest.raises(fault):
        read_day(text)


def test_words_are_kept_in_one_form() -> None:
    assert read_text("  Tru\u0301c   Ba\u0323ch ") == "Trúc Bạch"


def test_words_may_be_neither_missing_nor_too_long_nor_hold_control_characters() -> None:
    with pytest.raises(reading.Missing):
        read_text("  ")
    with pytest.raises(reading.TooLong):
        read_text("a" * 201)
    with pytest.raises(reading.StrangeCharacter):
        read_text("a\x00b")
    assert read_text("", required=False) == ""
