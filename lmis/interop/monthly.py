"""A series of monthly figures as documents of the ledger, and what is wrong with them. Pure.

A month's opening, receipt and additions are dated its first day, its dispensing and deductions its last, so that
no day ends below zero. Where the figures contradict each other or the month before, an adjustment of its own, with
a reason that says so, carries the difference: nothing is mended silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from statistics import median
from uuid import UUID, uuid5

from lmis.calendar import last_of, month_code, months_apart
from lmis.i18n import N_, Message
from lmis.interop.results import ADJUSTED, LEFT_OUT, LISTED, NOT_KEPT
from lmis.stock.documents import Kind
from lmis.stock.reference import ADJUSTED as IMPORT_ADJUSTED
from lmis.stock.reference import IMBALANCE, OPENING_GAP

NAMESPACE = UUID("7a2c1f64-93b0-5d0e-8f3b-5b1a0a6c2d47")  # of the ids of documents made from monthly figures
PARTS = ("opening", "opening_gap", "received", "adjusted", "imbalance", "dispensed")  # in a day's order
OUTLIER_TIMES = 10  # a figure this many times the series' median is listed
OUTLIER_FIGURES = 4  # positive figures a series needs to have a median worth the name
FIGURES = ("opening", "received", "dispensed", "closing")  # that cannot be negative


@dataclass(frozen=True, slots=True)
class Month:
    """One row: the figures of an item at a facility in a month (201610), in base units."""

    line: int
    facility_id: int
    item_id: int
    month: int
    opening: int
    received: int
    dispensed: int
    adjusted: int
    closing: int
    days_out: int | None
    ordered: int | None

    @property
    def first(self) -> date:
        return date(*divmod(self.month, 100), 1)

    @property
    def last(self) -> date:
        return last_of(self.month)

    @property
    def period(self) -> str:
        return month_code(self.month)


@dataclass(frozen=True, slots=True)
class Part:
    """One document to be: a line of `quantity`, signed only for an adjustment."""

    name: str
    kind: str
    on: date
    quantity: int
    reason: str | None = None

    @property
    def order(self) -> tuple[date, int]:
        return (self.on, PARTS.index(self.name))


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a row: a fixed word, what was done, and a sentence."""

    finding: str
    action: str
    column: str
    detail: Message


@dataclass(slots=True)
class Planned:
    """What becomes of a row. kept: False when it is left out, with its flaws saying why."""

    row: Month
    kept: bool = True
    parts: list[Part] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)


def document_id(facility: str, item: str, row: Month, part: str) -> UUID:
    """The id of a part's document, the same whenever the same month is imported."""
    return uuid5(NAMESPACE, f"{facility}|{item}|{row.period}|{part}")


def plan_series(rows: Iterable[Month]) -> Iterator[Planned]:
    """The rows of one facility and item, by month and line, with all flaws that the rows alone show."""
    ordered = list(rows)
    most = _most_likely(ordered)
    seen: Month | None = None
    for row in ordered:
        planned = Planned(row)
        if seen is not None and seen.month == row.month:
            _repeated(planned, seen)
        else:
            _missing_months(planned, seen)
            seen = row
            _negative(planned)
        if planned.kept:
            _unlikely(planned, most)
        yield planned


def carry(planned: Planned, previous: int, *, first: bool) -> int:
    """Give a kept row its documents. Returns its closing.

    previous: what the ledger holds at the end of the day before; first: nothing of the item moved earlier, so
    that the opening is an opening balance, if only of nothing, rather than a contradiction.
    """
    row = planned.row
    gap = row.opening - previous
    if first:
        planned.parts.append(Part("opening", Kind.OPENING, row.first - timedelta(days=1), gap))
    elif gap:
        planned.parts.append(_adjustment("opening_gap", row.first, gap, OPENING_GAP))
        detail = Message(
            N_("The month opens with %(opening)s; before it %(previous)s were held."),
            {"opening": row.opening, "previous": previous},
        )
        planned.flaws.append(Flaw("opening_gap", ADJUSTED, "opening", detail))
    if row.received:
        planned.parts.append(Part("received", Kind.RECEIPT, row.first, row.received))
    if row.adjusted:
        planned.parts.append(_adjustment("adjusted", _day(row, row.adjusted), row.adjusted, IMPORT_ADJUSTED))
    _balance(planned)
    if row.dispensed:
        planned.parts.append(Part("dispensed", Kind.DISPENSE, row.last, row.dispensed))
    return row.closing


def _adjustment(name: str, on: date, quantity: int, reason: str) -> Part:
    return Part(name, Kind.ADJUSTMENT, on, quantity, reason)


def _day(row: Month, change: int) -> date:
    return row.first if change > 0 else row.last


def _balance(planned: Planned) -> None:
    row = planned.row
    sum_ = row.opening + row.received - row.dispensed + row.adjusted
    if row.closing == sum_:
        return
    planned.parts.append(_adjustment("imbalance", _day(row, row.closing - sum_), row.closing - sum_, IMBALANCE))
    detail = Message(
        N_("The month closes with %(closing)s; its figures give %(sum)s."),
        {"closing": row.closing, "sum": sum_},
    )
    planned.flaws.append(Flaw("imbalance", ADJUSTED, "closing", detail))


def _most_likely(rows: Sequence[Month]) -> float:
    """The largest dispensed figure that is not out of all proportion to the series."""
    figures = [row.dispensed for row in rows if row.dispensed > 0]
    return OUTLIER_TIMES * median(figures) if len(figures) >= OUTLIER_FIGURES else float("inf")


def _repeated(planned: Planned, other: Month) -> None:
    planned.kept = False
    if replace(planned.row, line=other.line) == other:
        said, word = N_("Row %(line)s says the same."), "duplicate"
    else:
        said, word = N_("Row %(line)s gives other figures for this month; they were taken."), "conflict"
    planned.flaws.append(Flaw(word, LEFT_OUT, "period", Message(said, {"line": str(other.line)})))


def _missing_months(planned: Planned, before: Month | None) -> None:
    if before is None:
        return
    gap = months_apart(before.month, planned.row.month) - 1
    if gap:
        detail = Message(N_("Months missing after %(period)s: %(count)s."), {"count": gap, "period": before.period})
        planned.flaws.append(Flaw("missing_month", LISTED, "period", detail))


def _negative(planned: Planned) -> None:
    for column in FIGURES:
        value = getattr(planned.row, column)
        if value < 0:
            planned.kept = False
            detail = Message(N_("%(value)s is negative; the row was not imported."), {"value": value})
            planned.flaws.append(Flaw("negative", LEFT_OUT, column, detail))


def _unlikely(planned: Planned, most: float) -> None:
    row = planned.row
    had = row.opening + row.received + row.adjusted
    if row.dispensed > had:
        detail = Message(
            N_("%(dispensed)s were dispensed; only %(had)s were there."),
            {"dispensed": row.dispensed, "had": had},
        )
        planned.flaws.append(Flaw("more_than_there_was", LISTED, "dispensed", detail))
    if row.dispensed > most:
        detail = Message(
            N_("%(dispensed)s is more than %(times)s times the median of the series."),
            {"dispensed": row.dispensed, "times": OUTLIER_TIMES},
        )
        planned.flaws.append(Flaw("outlier", LISTED, "dispensed", detail))
    _days_out(planned)


def _days_out(planned: Planned) -> None:
    row = planned.row
    days = row.last.day
    if row.days_out is not None and row.days_out > days:
        detail = Message(
            N_("%(days_out)s days out of stock do not fit into a month of %(days)s."),
            {"days_out": row.days_out, "days": days},
        )
        planned.flaws.append(Flaw("days_out", NOT_KEPT, "days_out", detail))
        planned.row = replace(row, days_out=None)
