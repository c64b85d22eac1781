"""Months, and the periods reports are made for: a month, a quarter, half a year, a year. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from lmis.errors import LmisError
from lmis.i18n import N_

Month = int  # 202610: October 2026


class UnknownPeriod(LmisError):
    status_code = 422
    msgid = N_("“%(text)s” is not a period. Write a month as 2026-10, a quarter as 2026-Q3, a half-year as 2026-H1.")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months from `first` through `last`."""

    code: str
    first: date
    last: date

    @property
    def months(self) -> list[Month]:
        return list(months_between(month_of(self.first), month_of(self.last)))


def parse_period(text: str) -> Period:
    """2026-10, 2026-Q3, 2026-H1 or 2026. Raises UnknownPeriod."""
    found = re.fullmatch(r"(\d{4})(?:-(?:Q([1-4])|H([12])|(\d{2})))?", text.strip().upper(), re.ASCII)
    if found is None:
        raise UnknownPeriod(text=text)
    year, quarter, half, month = found.groups()
    if quarter:
        return _span(text, int(year), int(quarter) * 3 - 2, 3)
    if half:
        return _span(text, int(year), int(half) * 6 - 5, 6)
    return _span(text, int(year), int(month), 1) if month else _span(text, int(year), 1, 12)


def _span(text: str, year: int, month: int, length: int) -> Period:
    if not (1900 <= year < 2200 and 1 <= month <= 12):
        raise UnknownPeriod(text=text)
    end = month + length - 1
    return Period(text.strip().upper(), date(year, month, 1), date(year, end, monthrange(year, end)[1]))


def month_of(day: date) -> Month:
    return day.year * 100 + day.month


def month_code(month: Month) -> str:
    """202610 as 2026-10."""
    return f"{month // 100:04d}-{month % 100:02d}"


def month_text(month: Month) -> str:
    """202610 as people write it: 10/2026."""
    return f"{month % 100:02d}/{month // 100}"


def first_of(month: Month) -> date:
    return date(month // 100, month % 100, 1)


def last_of(month: Month) -> date:
    return date(month // 100, month % 100, days_in(month))


def days_in(month: Month) -> int:
    return monthrange(month // 100, month % 100)[1]


def add_months(month: Month, count: int) -> Month:
    return month_at(month_index(month) + count)


def months_apart(first: Month, last: Month) -> int:
    """How many months later `last` is; negative: earlier."""
    return month_index(last) - month_index(first)


def month_index(month: Month) -> int:
    """The months before it since the year 0, so that they can be counted with."""
    return month // 100 * 12 + month % 100 - 1


def month_at(index: int) -> Month:
    """The month of an index: what month_index makes of it."""
    return index // 12 * 100 + index % 12 + 1


def months_between(first: Month, last: Month) -> Iterator[Month]:
    while first <= last:
        yield first
        first = add_months(first, 1)


def complete_months(last: Month, count: int, today: date) -> list[Month]:
    """The latest `count` months up to `last` that were over before `today`, oldest first."""
    newest = min(last, add_months(month_of(today), -1))
    return [add_months(newest, -back) for back in reversed(range(count))]
