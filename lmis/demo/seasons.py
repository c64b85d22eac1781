"""The year in Hà Nội as a store sees it: Tết, summer, campaigns. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from lmis.holidays import days_from_tet, is_open

TET_FACTORS = ((-21, -3, 1.3), (6, 20, 0.6), (21, 41, 0.9))  # from, to (days), people's demand
SPRING, AUTUMN = (3, 4, 5), (8, 9, 10)  # the months a district chooses its two campaigns from
CAMPAIGN_CLINICAL, CAMPAIGN_OTHER = 1.7, 1.15
SUMMER, SUMMER_CONDOMS = (5, 6, 7, 8), 1.08


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
