"""What a digest says: which alerts it names, and which it only counts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from lmis.alerts.findings import Rule, Severity
from lmis.alerts.preferences import Wants

# default: how many alerts of a section are named
NAMED: Mapping[int, int] = {Severity.URGENT: 12, Severity.WARNING: 8, Severity.NOTICE: 5}
HAPPENED = frozenset({Rule.OUT, Rule.EXPIRED, Rule.RECALLED, Rule.LEDGER, Rule.JOB})  # not to come, but so already
CHORES = frozenset({Rule.OVER, Rule.COUNT_DUE, Rule.SILENT})  # nobody goes without because of them


class Line(NamedTuple):
    """An alert that is not resolved, as far as it decides what a digest says.

    told_of: somebody has seen to it, so it is only counted.
    """

    id: int
    rule: str
    severity: int
    facility_id: int
    raised_at: datetime
    due_on: date | None
    units: int
    dong: int
    seen_to: bool
    escalated_to: int | None

    def is_new(self, since: datetime | None) -> bool:
        """Whether it came up, or got worse, after a moment; without one everything is new, so nothing is said of it."""
        return since is not None and self.raised_at > since


@dataclass(frozen=True, slots=True)
class Section:
    """The alerts of a severity. named: those that are told in full; rest: how many more there are, by rule."""

    severity: int
    count: int
    new: int
    named: Sequence[Line]
    rest: Sequence[tuple[str, int]]

    @property
    def unnamed(self) -> int:
        return self.count - len(self.named)

    def shorter(self) -> Section:
        """The same with half as many named."""
        kept = len(self.named) // 2
        rest = Counter(dict(self.rest)) + Counter(line.rule for line in self.named[kept:])
        return replace(self, named=self.named[:kept], rest=rest.most_common())


@dataclass(frozen=True, slots=True)
class PlaceBar:
    """How many alerts a place has: urgent ones, warnings, notices."""

    facility_id: int
    counts: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Digest:
    """What one person is told.

    seen_to: alerts that somebody acknowledged; gone: that resolved since the last mail; below: the facilities whose
    alerts came here because nobody there can be told, those with the most first; escalated: how many of the alerts
    came up here because nobody below saw to them. places: those directly under the reader's own, with all that lies
    under each, and its own, the worst off first.
    """

    sections: Sequence[Section]
    seen_to: int
    gone: int
    below: Sequence[int]
    escalated: frozenset[int]
    places: Sequence[PlaceBar]

    @property
    def named(self) -> list[int]:
        """The alerts that are told in full."""
        return [line.id for section in self.sections for line in section.named]

    def shorter(self) -> Digest:
        """The same with fewer alerts named."""
        return replace(self, sections=[section.shorter() for section in self.sections])

    def count(self, severity: int) -> int:
        return next((section.count for section in self.sections if section.severity == severity), 0)


def digest(
    lines: Iterable[Line],
    gone: int,
    *,
    at: int,
    heard: Callable[[int], int | None],
    under: Callable[[int], int],
    wants: Wants,
    since: datetime | None,
    most: Mapping[int, int] = NAMED,
) -> Digest:
    """What somebody who belongs to the facility `at` is told of the alerts that come to it.

    heard: where the alerts of a facility are heard; under: the place directly under `at` that one lies in; since: of
    the last mail; most: how many alerts are named, by severity.
    """
    wanted = [line for line in lines if wants.tells(line.rule, line.severity)]
    open_ = [line for line in wanted if not line.seen_to]
    strayed = Counter(line.facility_id for line in open_ if line.facility_id != at and heard(line.facility_id) == at)
    escalated = frozenset(line.id for line in open_ if line.facility_id != at and heard(line.facility_id) != at)
    return Digest(
        sections=[it for severity in sorted(Severity, reverse=True) if (it := _section(severity, open_, since, most))],
        seen_to=len(wanted) - len(open_),
        gone=gone,
        below=[place for place, _ in strayed.most_common()],
        escalated=escalated,
        places=_places(open_, under),
    )


def _section(severity: int, lines: Sequence[Line], since: datetime | None, most: Mapping[int, int]) -> Section | None:
    its = [line for line in lines if line.severity == severity]
    if not its:
        return None
    new = {line.id for line in its if line.is_new(since)}
    ordered = sorted(its, key=lambda line: (line.id not in new, *weight(line)))
    named = ordered[: most[severity]]
    rest = Counter(line.rule for line in ordered[most[severity] :])
    return Section(severity, len(its), len(new), named, rest.most_common())


def weight(line: Line) -> tuple[bool, date, int, int, int]:
    """By which what matters most comes first: the soonest, then what is worth most; chores come last."""
    when = date.min if line.rule in HAPPENED else line.due_on or date.max
    return (line.rule in CHORES, when, -line.dong, -line.units, line.id)


def _places(lines: Iterable[Line], under: Callable[[int], int]) -> list[PlaceBar]:
    counts = Counter((under(line.facility_id), line.severity) for line in lines)
    of = {place: _by_severity(counts, place) for place, _ in counts}
    worst = sorted(of, key=lambda place: (*(-count for count in of[place]), place))
    return [PlaceBar(place, of[place]) for place in worst]


def _by_severity(counts: Mapping[tuple[int, int], int], place: int) -> tuple[int, int, int]:
    urgent, warning, notice = (counts.get((place, severity), 0) for severity in sorted(Severity, reverse=True))
    return urgent, warning, notice
