"""Makes a history file that looks like a country's monthly reports, with every defect such reports have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from random import Random

from lmis.calendar import month_code

DEFECTS = (
    "opening_gap",
    "imbalance",
    "negative",
    "more_than_there_was",
    "missing_month",
    "days_out",
    "outlier",
    "duplicate",
    "conflict",
)
AT = 9  # the month of a series that its defect is put into
MONTHS = [year * 100 + month for year in (2024, 2025) for month in range(1, 13)]


@dataclass(frozen=True)
class Figures:
    """One row of a history file."""

    facility: str
    item: str
    period: str
    opening: int
    received: int
    dispensed: int
    adjusted: int
    closing: int
    days_out: int | str = ""
    ordered: int | str = ""

    def cells(self) -> tuple[str, ...]:
        return tuple(str(value) for value in astuple(self))


def sound_series(facility: str, item: str, random: Random, first: int = 0) -> list[Figures]:
    """24 months that agree with themselves and each other."""
    rows: list[Figures] = []
    held = random.choice([0, 40, 120])
    for month in MONTHS[first:]:
        received = random.choice([0, 0, 60, 90])
        adjusted = random.choice([0, 0, 0, 5, -3]) if held > 10 else 0
        dispensed = min(random.randint(8, 30), held + received + min(adjusted, 0))
        closing = held + received + adjusted - dispensed
        days_out = 31 if closing + dispensed == 0 and month_code(month).endswith("01") else 0
        rows.append(
            Figures(facility, item, month_code(month), held, received, dispensed, adjusted, closing, days_out, 60)
        )
        held = closing
    return rows


def with_defect(rows: list[Figures], defect: str) -> list[Figures]:
    """The same series with one defect in its tenth month; the months after continue from what it left."""
    row, before, after = rows[AT], rows[:AT], rows[AT + 1 :]
    match defect:
        case "opening_gap":
            return [*before, *_shifted([row, *after], 7)]
        case "imbalance":
            return [*before, replace(row, closing=row.closing + 3), *_shifted(after, 3)]
        case "negative":
            return [*before, replace(row, received=-4), *after]
        case "more_than_there_was":
            excess = row.opening + row.received + row.adjusted + 5
            return [*before, replace(row, dispensed=excess), *after]
        case "missing_month":
            return [*before, *after]
        case "days_out":
            return [*before, replace(row, days_out=32), *after]
        case "outlier":
            return [*before, replace(row, received=row.received + 900, dispensed=row.dispensed + 900), *after]
        case "duplicate":
            return [*before, row, row, *after]
        case "conflict":
            return [*before, row, replace(row, received=row.received + 1, closing=row.closing + 1), *after]
        case _:
            return rows


def _shifted(rows: list[Figures], by: int) -> list[Figures]:
    return [replace(row, opening=row.opening + by, closing=row.closing + by) for row in rows]


def history(facilities: list[str], items: list[str], seed: int = 1) -> Iterator[Figures]:
    """Sound series of every item at every facility, in no order but the months'."""
    random = Random(seed)
    for facility in facilities:
        for item in items:
            yield from sound_series(facility, item, random, first=random.randint(0, 6))
