"""Spans of days without usable stock of an item at a facility. Pure.

A day counts by its end: the day the last unit leaves is a stockout day, the day stock comes back is not. Each lot is
carried forward from its last movement until it expires, so the span that will begin after the last usable lot's expiry
is known beforehand. An item is first looked at from the first day of the month in which it came to the facility, or
from its opening balance, which says what was there before: of earlier days nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

DAY = timedelta(days=1)


class Step(NamedTuple):
    """A change of a lot's usable stock. opening: it is an opening balance."""

    on: date
    lot_id: int
    change: int
    opening: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Out of stock from started_on until the day before ended_on; date.max: it lasts."""

    started_on: date
    ended_on: date = date.max


def usable_until(lots: Mapping[int, int], expiries: Mapping[int, date | None], on: date) -> date | None:
    """The last day that what is on the shelf on `on` can be used; None when nothing can be used even then."""
    ends = (expiries[lot] or date.max for lot, quantity in lots.items() if quantity > 0)
    return max((end for end in ends if end >= on), default=None)


def looked_at_from(steps: Sequence[Step]) -> date | None:
    """The day from which an item that begins with `steps` is out of stock; None when it begins with stock."""
    first = steps[0].on
    opened = any(step.opening for step in steps if step.on == first)
    return None if opened or first.day == 1 else first.replace(day=1)


def whole_history(steps: Sequence[Step], expiries: Mapping[int, date | None]) -> list[Span]:
    """The spans of an item at a facility from its first step on. steps: all of them, in order of days."""
    return stockout_spans(steps, expiries, out_from=looked_at_from(steps)) if steps else []


def stockout_spans(
    steps: Iterable[Step],
    expiries: Mapping[int, date | None],
    lots: dict[int, int] | None = None,
    out_from: date | None = None,
) -> list[Span]:
    """The spans that `steps`, in order of days, lead to.

    lots: usable quantity by lot before the first step; it is changed to what it is after the last.
    out_from: the start of the span still open before the first step; it is the first to be returned if it lasts.
    """
    lots = {} if lots is None else lots
    spans: list[Span] = []
    for on, changes in groupby(steps, key=attrgetter("on")):
        for step in changes:
            lots[step.lot_id] = lots.get(step.lot_id, 0) + step.change
        until = usable_until(lots, expiries, on)
        if until is None:
            out_from = on if out_from is None else min(out_from, on)
            continue
        if out_from is not None and out_from < on:
            spans.append(Span(out_from, on))
        out_from = None if until == date.max else until + DAY
    return [*spans, Span(out_from)] if out_from else spans


def days_out(spans: Iterable[Span], first: date, last: date) -> int:
    """Stockout days from `first` through `last`."""
    return sum(max(0, (min(span.ended_on, last + DAY) - max(span.started_on, first)).days) for span in spans)
