"""Measures of consumption. Pure; quantities in base units, time in months or calendar days."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple


class MonthOfUse(NamedTuple):
    """One reported month. dispensed: base units given to clients; days_out: days with none on hand."""

    dispensed: int
    days: int
    days_out: int


def adjusted_consumption(month: MonthOfUse) -> Decimal | None:
    """What would have been dispensed had stock been there every day: dispensed × days / (days − days out).

    None for a month out of stock throughout: it says nothing of demand. Goods that came and went within the day leave
    no day that ended with stock; what was dispensed then stands as it is.
    Source: WHO, Operational guide on fixed-dose combinations (2002), annex 5.
    """
    days_in = month.days - month.days_out
    if days_in <= 0:
        return Decimal(month.dispensed) if month.dispensed else None
    return Decimal(month.dispensed) * month.days / days_in


def average_monthly_consumption(months: Iterable[MonthOfUse]) -> Decimal | None:
    """Average monthly consumption (AMC), corrected for stockout: the mean of the months' adjusted consumption.

    months: those that were reported, a missing report being missing and never zero; months out of stock throughout
    are left out. Returns base units per month, unrounded; None when no month is left.
    """
    known = [adjusted for month in months if (adjusted := adjusted_consumption(month)) is not None]
    return sum(known, Decimal(0)) / len(known) if known else None


def months_of_stock(on_hand: int, amc: Decimal | None) -> Decimal | None:
    """Months that `on_hand` lasts at `amc`; None when nothing is consumed."""
    return on_hand / amc if amc else None
