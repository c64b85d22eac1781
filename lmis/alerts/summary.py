"""What a weekly or monthly summary says of a facility and all under it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from lmis.alerts.digest import Line, PlaceBar
from lmis.alerts.findings import Rule, Severity
from lmis.network.tree import above

LONGEST = 5  # alerts named that are open for longest
DAY = timedelta(days=1)


class Happening(NamedTuple):
    """Something that became of an alert in the span. lasted: since it was opened, where it resolved; else None."""

    rule: str
    facility_id: int
    lasted: timedelta | None


class Open(NamedTuple):
    """An alert that stands, and since when."""

    line: Line
    opened_at: datetime


@dataclass(slots=True)
class Figures:
    """One place's figures, all under it with it. places: those directly under it, and itself, by severity.

    silent: how many places have recorded nothing for long, of `facilities`.
    """

    open: Counter[int] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    lasted: list[timedelta] = field(default_factory=list)
    by_place: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    oldest: list[Open] = field(default_factory=list)
    silent: int = 0
    facilities: int = 0

    @property
    def table(self) -> list[tuple[str, int, int, int]]:
        """By rule: open now, opened and settled in the span; those with most open first."""
        told = set(self.rules) | set(self.opened) | set(self.settled)
        rows = [(rule, self.rules[rule], self.opened[rule], self.settled[rule]) for rule in Rule if rule in told]
        return sorted(rows, key=lambda row: -row[1])

    @property
    def median_days(self) -> Decimal | None:
        """How long it took to settle an alert, in the middle case; None when none was."""
        return Decimal(str(round(median(it / DAY for it in self.lasted), 1))) if self.lasted else None

    @property
    def longest(self) -> list[Open]:
        """The alerts that have been open for longest, notices aside."""
        grave = [it for it in self.oldest if it.line.severity > Severity.NOTICE]
        return sorted(grave, key=lambda it: (it.opened_at, it.line.id))[:LONGEST]

    @property
    def places(self) -> list[PlaceBar]:
        """The places with anything open, the worst off first."""
        bars = [PlaceBar(place, _down(counts)) for place, counts in self.by_place.items()]
        return sorted(bars, key=lambda it: (*(-count for count in it.counts), it.facility_id))


def _down(counts: Mapping[int, int]) -> tuple[int, int, int]:
    return counts[Severity.URGENT], counts[Severity.WARNING], counts[Severity.NOTICE]


def figures(
    wanted: Iterable[int],
    parents: Mapping[int, int],
    facilities: Iterable[int],
    standing: Sequence[Open],
    happened: Sequence[Happening],
) -> dict[int, Figures]:
    """The figures of each wanted place. parents: who stands over whom; facilities: all there are."""
    made = {place: Figures() for place in wanted}
    ways: dict[int, list[tuple[Figures, int]]] = {}

    def way(facility: int) -> list[tuple[Figures, int]]:
        """The wanted places that a facility counts for, each with the one directly under it that it lies in."""
        if facility not in ways:
            chain = above(parents, facility)
            ways[facility] = [(made[at], chain[max(n - 1, 0)]) for n, at in enumerate(chain) if at in made]
        return ways[facility]

    for facility in facilities:
        for its, _ in way(facility):
            its.facilities += 1
    for each in standing:
        for its, under in way(each.line.facility_id):
            _stand(its, under, each)
    for it in happened:
        for its, _ in way(it.facility_id):
            _happen(its, it)
    return made


def _stand(its: Figures, under: int, each: Open) -> None:
    line = each.line
    its.open[line.severity] += 1
    its.rules[line.rule] += 1
    its.by_place[under][line.severity] += 1
    its.oldest.append(each)
    its.silent += line.rule == Rule.SILENT


def _happen(its: Figures, it: Happening) -> None:
    if it.lasted is None:
        its.opened[it.rule] += 1
    else:
        its.settled[it.rule] += 1
        its.lasted.append(it.lasted)
