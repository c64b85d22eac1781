"""Measures of consumption, and what to order by them. Pure; base units, and months or calendar days."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

MILLIONTH = Decimal("0.000001")  # of a base unit: what dividing leaves over is not a need


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


def maximum_level(amc: Decimal, months: Decimal) -> int:
    """Base units that last `months` at `amc`: AMC × months, a part of a unit counting as one.

    Where no AMC is known there is no level: what to order is then for people to say.
    """
    return int((amc * months).quantize(MILLIONTH).to_integral_value(ROUND_CEILING))


def order_quantity(maximum_level: int, on_hand: int, in_transit: int, unfilled: int) -> int:
    """Base units to order: max(0, maximum level − on hand − in transit + unfilled).

    on_hand: usable; in_transit: on the way to this facility; unfilled: owed by it to those it supplies.
    """
    return max(0, maximum_level - on_hand - in_transit + unfilled)


def rounded_to_packs(quantity: int, pack_size: int, threshold: Decimal) -> int:
    """`quantity` base units, rounded up to whole packs past a threshold.

    threshold: share of a pack, 0 … 1. What goes beyond whole packs is made up to one more when it exceeds this share;
    else it stays as it is, in base units: a store that needs three cycles is not sent a hundred to let them expire,
    and none is left short for the sake of a box.
    """
    packs, part = divmod(quantity, pack_size)
    return (packs + 1) * pack_size if part > threshold * pack_size else quantity
