"""Spans of days without usable stock of an item at a facility. Pure.

A day counts by its end: the day the last unit leaves is a stockout day, the day stock comes back is not. Each lot is
carried forward from its last movement until it expires, so the span that will begin after the last usable lot's expiry
is known beforehand. Days before the item's first movement at the facility are not counted: nothing is known of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter

DAY = timedelta(days=1)
Step = tuple[date, int, int]  # day, lot id, change of the usable stock


@dataclass(frozen=True, slots=True)
class Span:
    """Out of stock from started_on until the day before ended_on; date.max: it lasts."""

    started_on: date
    ended_on: date = date.max


def usable_until(lots: Mapping[int, int], expiries: Mapping[int, date | None], on: date) -> date | None:
    """The last day that what is on the shelf on `on` can be used; None when nothing can be used even then."""
    ends = (expiries[lot] or date.max for lot, quantity in lots.items() if quantity > 0)
    return max((end for end in ends if end >= on), default=None)


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
    for on, changes in groupby(steps, key=itemgetter(0)):
        for _, lot, change in changes:
            lots[lot] = lots.get(lot, 0) + change
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
