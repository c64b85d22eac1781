"""The days that Vietnam closes: the lunar new year, Tết, and the fixed public holidays. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from lmis.calendar import Month, first_of, last_of

# The first day of the lunar year in Vietnam: year: (month, day).
TET = {
    2000: (2, 5), 2001: (1, 24), 2002: (2, 12), 2003: (2, 1), 2004: (1, 22), 2005: (2, 9), 2006: (1, 29),
    2007: (2, 17), 2008: (2, 7), 2009: (1, 26), 2010: (2, 14), 2011: (2, 3), 2012: (1, 23), 2013: (2, 10),
    2014: (1, 31), 2015: (2, 19), 2016: (2, 8), 2017: (1, 28), 2018: (2, 16), 2019: (2, 5), 2020: (1, 25),
    2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6),
    2028: (1, 26), 2029: (2, 13), 2030: (2, 2), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19),
    2035: (2, 8), 2036: (1, 28), 2037: (2, 15), 2038: (2, 4), 2039: (1, 24), 2040: (2, 12),
}  # fmt: skip
HOLIDAYS = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})
TET_CLOSED = (-2, 5)  # days around the first, both closed
STOCKING_UP = (-21, -3)  # days before the first in which people fetch more than they need at once


def days_from_tet(day: date) -> int:
    """Days since this year's Tết, negative before it; a year the table does not know has none near."""
    tet = TET.get(day.year)
    return (day - date(day.year, *tet)).days if tet else 365


def is_open(day: date) -> bool:
    """Whether health centres and stations work on a day."""
    if day.weekday() >= 5 or (day.month, day.day) in HOLIDAYS:
        return False
    first, last = TET_CLOSED
    return not first <= days_from_tet(day) <= last


def days_open(month: Month) -> int:
    """The days of a month on which health centres and stations work."""
    return sum(map(is_open, _days(month)))


def days_stocking_up(month: Month) -> int:
    """The days of a month on which people stock up before Tết."""
    first, last = STOCKING_UP
    return sum(first <= days_from_tet(day) <= last for day in _days(month))


def _days(month: Month) -> list[date]:
    first, last = first_of(month), last_of(month)
    return [first + timedelta(days=after) for after in range((last - first).days + 1)]
