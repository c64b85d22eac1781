from __future__ import annotations

from datetime import date
from decimal import Decimal

from lmis.pictures import balance_line, months_bar

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 11)


def test_the_maximum_stands_at_three_quarters_of_the_bar():
    bar = months_bar(Decimal(2), Decimal(1), Decimal(3))

    assert (bar.minimum, bar.reach, bar.maximum) == (25, 50, 75)


def test_a_bar_ends_where_the_picture_does():
    assert months_bar(Decimal(400), Decimal(1), Decimal(3)).reach == 100


def test_a_balance_holds_until_it_changes():
    line = balance_line([(FIRST, 10), (date(2026, 1, 6), 5)], FIRST, LAST)

    assert line == "0.0,0.0 50.0,0.0 50.0,15.0 100,15.0"


def test_nothing_is_drawn_for_nothing():
    assert balance_line([], FIRST, LAST) == ""


def test_a_balance_of_zero_lies_on_the_ground():
    assert balance_line([(FIRST, 0)], FIRST, FIRST) == "0.0,30.0 100,30.0"
