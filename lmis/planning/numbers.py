"""Percentages, years and months as people type and read them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from lmis.calendar import Month
from lmis.i18n import nfc
from lmis.planning.refusals import (
    MoreThanAll,
    NegativePercentage,
    NotADuration,
    NotAMonth,
    NotAPercentage,
    NotAYear,
    PercentageTooFine,
)
from lmis.reading import YEARS, ForeignDigits, Missing

BACK, AHEAD = 15, 15  # years for which figures may be entered
MOST_MONTHS = 24  # that something may be simulated to last
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d+))?\s?%?", re.ASCII)
_MONTH = re.compile(r"(\d{1,2})[/.-](\d{4})|(\d{4})-(\d{1,2})", re.ASCII)


def read_percent(text: str) -> Decimal:
    """A share 0 … 1 from a percentage as 67,5 or 67.5, with its sign or without; three decimal places at most.

    Raises Missing, ForeignDigits, NegativePercentage, NotAPercentage, PercentageTooFine or MoreThanAll.
    """
    typed = _typed(text)
    if typed[0] in "-\N{MINUS SIGN}\N{EN DASH}" and any(char.isdigit() for char in typed):
        raise NegativePercentage(text=typed[:40])
    found = _PERCENT.fullmatch(typed)
    if found is None:
        raise NotAPercentage(text=typed[:40])
    fraction = (found[2] or "").rstrip("0")
    if len(fraction) > 3:
        raise PercentageTooFine(text=typed[:40])
    share = Decimal(f"{found[1]}.{fraction or 0}") / 100
    if share > 1:
        raise MoreThanAll(text=typed[:40])
    return share


def read_year(today: date) -> Callable[[str], int]:
    """A reader of years near today's. It raises Missing, ForeignDigits or NotAYear."""

    def read(text: str) -> int:
        typed = _typed(text)
        first, last = today.year - BACK, today.year + AHEAD
        if not re.fullmatch(r"\d{4}", typed, re.ASCII) or not first <= int(typed) <= last:
            raise NotAYear(text=typed[:40], first=str(first), last=str(last))
        return int(typed)

    return read


def read_month(text: str) -> Month:
    """03/2027 or 2027-03 as 202703. Raises Missing, ForeignDigits or NotAMonth."""
    typed = _typed(text)
    found = _MONTH.fullmatch(typed)
    if found is None:
        raise NotAMonth(text=typed[:40])
    month, year = (int(found[1]), int(found[2])) if found[1] else (int(found[4]), int(found[3]))
    if not 1 <= month <= 12 or year not in YEARS:
        raise NotAMonth(text=typed[:40])
    return year * 100 + month


def read_duration(text: str) -> int:
    """Whole months. Raises Missing, ForeignDigits or NotADuration."""
    typed = _typed(text)
    if not re.fullmatch(r"\d{1,2}", typed, re.ASCII) or not 1 <= int(typed) <= MOST_MONTHS:
        raise NotADuration(text=typed[:40], most=MOST_MONTHS)
    return int(typed)


def _typed(text: str) -> str:
    typed = nfc(text)
    if not typed:
        raise Missing
    if any(not char.isascii() and char.isnumeric() for char in typed):
        raise ForeignDigits(text=typed[:40])
    return typed


def in_percent(share: Decimal) -> Decimal:
    """A share as percent, in three places at most: 0.675 is 67.5."""
    return round(share * 100, 3)


def as_typed(share: Decimal | None, language: str = "vi") -> str:
    """A share as people type it; '' for none."""
    if share is None:
        return ""
    text = f"{in_percent(share):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",") if language == "vi" else text
