"""Names sort and are found as Vietnamese readers expect; numbers, money and dates are written as they write them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from lmis import i18n
from lmis.i18n import Message, day, decimal, moment, money, nfc, number, search_key, show, sort_key

LETTERS = list("aăâbcdđeêghiklmnoôơpqrstuưvxy")


def sorted_names(names: list[str]) -> list[str]:
    """The names in order, given in the opposite one."""
    backwards = names[::-1]
    backwards.sort(key=sort_key)
    return backwards


def test_letters_sort_in_the_order_of_the_alphabet():
    assert sorted_names(LETTERS) == LETTERS


@pytest.mark.parametrize(
    "names",
    [
        ["ba", "bà", "bả", "bã", "bá", "bạ", "ban", "bản"],  # no tone, huyền, hỏi, ngã, sắc, nặng
        ["Trung Hòa", "Trung Hoà Bắc", "Trúng Hoa Nam", "Trung Tự"],  # a tone counts only between equal letters
        ["Dịch Vọng", "Dương Nội", "Đa Tốn", "Đông Anh", "Đống Đa"],
        ["Phường 1", "Phường 2", "Phường 10", "Phường 11", "Phường A"],
        ["Lê", "Lệ", "Liên", "Lý Thái Tổ"],
        ["ha noi", "Hà Nội", "Hà Nội 2", "Hải Phòng"],
    ],
)
def test_names_sort_as_in_a_vietnamese_list(names):
    assert sorted_names(names) == names


def test_a_name_sorts_alike_in_both_unicode_forms():
    name = "Trạm Y tế phường Trúc Bạch"

    assert sort_key(unicodedata.normalize("NFD", name)) == sort_key(unicodedata.normalize("NFC", name))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("trung", "Trúng"),
        ("trung", "Trung"),
        ("dong da", "Đống Đa"),
        ("DUONG", "Đường"),
        ("bao cao", "Bao cao su"),
        ("uong bi", "Uông Bí"),
        ("Đống  đa", "ĐỐNG ĐA"),
    ],
)
def test_search_finds_names_without_tones_and_without_crossing_the_d(typed, name):
    assert search_key(typed) in search_key(name)


def test_search_finds_decomposed_names():
    assert search_key(unicodedata.normalize("NFD", "Đống Đa")) == "dong da"


def test_text_is_stored_composed_and_with_single_blanks():
    assert nfc("  Tra\u0323m\u00a0 Y  tế\n") == "Trạm Y tế"


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (1234567, "1.234.567", "1,234,567"),
        (-1200, "−1.200", "−1,200"),
        (2**31, "2.147.483.648", "2,147,483,648"),
    ],
)
def test_whole_numbers_are_grouped(value, vietnamese, english):
    assert (number(value, "vi"), number(value, "en")) == (vietnamese, english)


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (Decimal("4.06"), "4,1", "4.1"),
        (Decimal("0.25"), "0,3", "0.3"),
        (Decimal("1234.5"), "1.234,5", "1,234.5"),
        (Decimal("-0.45"), "−0,5", "−0.5"),
        (Decimal("-0.04"), "0,0", "0.0"),
        (Decimal(3), "3,0", "3.0"),
    ],
)
def test_fractions_round_half_up_to_one_place(value, vietnamese, english):
    assert (decimal(value, "vi"), decimal(value, "en")) == (vietnamese, english)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("0.25"), "0,25"),
        (Decimal("0.50"), "0,5"),
        (Decimal(3), "3,0"),
        (Decimal("4.0647"), "4,1"),
        (Decimal(1) / 3, "0,3"),
    ],
)
def test_hundredths_are_shown_where_a_figure_has_just_these(value, shown):
    assert show(value, "vi") == shown


def test_money_is_in_whole_dong_and_never_breaks_from_its_sign():
    assert money(1234567, "vi") == "1.234.567\N{NO-BREAK SPACE}₫"


def test_days_are_written_day_first():
    assert day(date(2026, 1, 9)) == "09/01/2026"


def test_a_stored_moment_is_shown_as_the_clock_in_vietnam_shows_it():
    assert moment(datetime(2026, 12, 31, 20, 5, tzinfo=UTC)) == "01/01/2027 03:05"


def test_a_message_fills_its_values_in_the_readers_way(monkeypatch):
    translations = {"On %(on)s %(left)s are left.": "Ngày %(on)s còn %(left)s."}
    monkeypatch.setattr(i18n, "catalogue", lambda language: translations if language == "vi" else {})
    message = Message("On %(on)s %(left)s are left.", {"on": date(2026, 11, 2), "left": 1200})

    assert message.translate("vi") == "Ngày 02/11/2026 còn 1.200."
    assert message.translate("en") == "On 02/11/2026 1,200 are left."


def test_a_message_inside_a_message_is_translated_too(monkeypatch):
    translations = {"%(kind)s refused.": "Từ chối %(kind)s.", "receipt": "phiếu nhập"}
    monkeypatch.setattr(i18n, "catalogue", lambda _language: translations)

    assert show(Message("%(kind)s refused.", {"kind": Message("receipt")}), "vi") == "Từ chối phiếu nhập."


def test_a_message_without_values_may_speak_of_a_percentage():
    assert Message("Up to 100%%.").translate("en") == "Up to 100%."
