"""The year in Hà Nội as a store sees it: closed days, Tết, campaigns. Pure."""

from __future__ import annotations

from datetime import date, timedelta

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
TET_FACTORS = ((-21, -3, 1.3), (6, 20, 0.6), (21, 41, 0.9))  # from, to (days), people's demand
SPRING, AUTUMN = (3, 4, 5), (8, 9, 10)  # the months a district chooses its two campaigns from
CAMPAIGN_CLINICAL, CAMPAIGN_OTHER = 1.7, 1.15
SUMMER, SUMMER_CONDOMS = (5, 6, 7, 8), 1.08


def is_open(day: date) -> bool:
    """Whether health centres and stations work on a day."""
    if day.weekday() >= 5 or (day.month, day.day) in HOLIDAYS:
        return False
    first, last = TET_CLOSED
    return not first <= days_from_tet(day) <= last


def days_from_tet(day: date) -> int:
    """Days since this year's Tết, negative before it; a year the table does not know has none near."""
    tet = TET.get(day.year)
    return (day - date(day.year, *tet)).days if tet else 365


def next_open(day: date) -> date:
    while not is_open(day):
        day += timedelta(days=1)
    return day


def last_open(day: date) -> date:
    while not is_open(day):
        day -= timedelta(days=1)
    return day


def tet_factor(day: date) -> float:
    """Stocking up before Tết, and few clients after it."""
    away = days_from_tet(day)
    return next((factor for first, last, factor in TET_FACTORS if first <= away <= last), 1.0)


def demand_factor(day: date, *, condom: bool, clinical: bool, campaign: bool) -> float:
    """What a day's season makes of ordinary demand. campaign: the district holds one this month."""
    factor = tet_factor(day)
    if campaign:
        factor *= CAMPAIGN_CLINICAL if clinical else CAMPAIGN_OTHER
    if condom and day.month in SUMMER:
        factor *= SUMMER_CONDOMS
    return factor
