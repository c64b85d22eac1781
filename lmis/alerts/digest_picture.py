"""The picture of a digest: bars with their numbers, which place is worst off or what comes true first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise
from typing import Literal

from lmis.alerts.digest import Digest, Line, PlaceBar
from lmis.alerts.findings import Rule, Severity, Topic
from lmis.alerts.sentences import RULE_NAMES, SEVERITY_NAMES, SHAPES
from lmis.alerts.standpoint import Standpoint
from lmis.alerts.views import AlertView
from lmis.i18n import Message, Name

SHADES: Mapping[int, str] = {Severity.URGENT: "u", Severity.WARNING: "w", Severity.NOTICE: "n"}  # classes of mail.css
DOWN = tuple(sorted(Severity, reverse=True))
BARS = 8
ENOUGH_PLACES = 3  # from as many on, which place is worse off says more than which item
WIDTH = 100
TEXT_WIDTH = 20  # characters of the longest bar in the text


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: its shade, its length on screen and in text, and the number it stands for."""

    shade: str
    shape: str
    name: str
    width: int
    text_width: int
    figure: int


@dataclass(frozen=True, slots=True)
class Bar:
    """days: until it comes true, where that is what the bar tells."""

    label: Name | Message | str
    where: str | None
    parts: Sequence[Part]
    days: int | None = None

    @property
    def rest(self) -> int:
        """What is left of the width."""
        return WIDTH - sum(part.width for part in self.parts)


@dataclass(frozen=True, slots=True)
class Picture:
    """kind: alerts by place, or days until something comes true. more: how many places it does not show."""

    kind: Literal["places", "days"]
    bars: Sequence[Bar]
    more: int = 0


def picture(made: Digest, views: Mapping[int, AlertView], here: Standpoint, today: date) -> Picture | None:
    """Which places are worst off, where there are several; else how soon what is named comes true."""
    if len(made.places) >= ENOUGH_PLACES:
        return places_picture(made.places, here)
    lines = _soonest([line for section in made.sections for line in section.named if line.id in views], today)
    days = [_days(line, today) for line in lines]
    if len(lines) < 2 or not any(days):
        return None
    wide, narrow = (shares([[day] for day in days], width) for width in (WIDTH, TEXT_WIDTH))
    each = zip(lines, days, wide, narrow, strict=True)
    bars = [_days_bar(line, views[line.id], day, (on[0], off[0]), here) for line, day, on, off in each]
    return Picture("days", bars)


def places_picture(places: Sequence[PlaceBar], here: Standpoint) -> Picture:
    """Places, the worst off first, with their alerts by severity."""
    shown = places[:BARS]
    wide, narrow = (shares([it.counts for it in shown], width) for width in (WIDTH, TEXT_WIDTH))
    bars = [
        Bar(
            here.names[it.facility_id].name,
            None,
            [_part(*its) for its in zip(DOWN, it.counts, *lengths, strict=True) if its[1]],
        )
        for it, *lengths in zip(shown, wide, narrow, strict=True)
    ]
    return Picture("places", bars, len(places) - len(shown))


def _part(severity: int, figure: int, width: int, text_width: int) -> Part:
    return Part(SHADES[severity], SHAPES[severity], SEVERITY_NAMES[severity], width, text_width, figure)


def _soonest(lines: Iterable[Line], today: date) -> list[Line]:
    """Those that have a day, or have run out, the soonest first."""
    dated = [line for line in lines if line.rule == Rule.OUT or (line.due_on and line.due_on >= today)]
    return sorted(dated, key=lambda line: (_days(line, today), -line.severity, line.id))[:BARS]


def _days(line: Line, today: date) -> int:
    return 0 if line.rule == Rule.OUT or line.due_on is None else (line.due_on - today).days


def _days_bar(line: Line, view: AlertView, days: int, lengths: tuple[int, int], here: Standpoint) -> Bar:
    parts = [_part(line.severity, days, *lengths)] if days else []
    return Bar(_label(view), here.where(view.facility), parts, days)


def _label(view: AlertView) -> Name | Message:
    if view.topic == Topic.EXPIRY and view.item and view.lot:
        return Name(f"{view.item.vi} ({view.lot})", f"{view.item.en} ({view.lot})")
    return view.item or Message(RULE_NAMES[view.rule])


def shares(figures: Sequence[Sequence[int]], width: int) -> list[list[int]]:
    """The lengths of bars made of parts, the longest `width`; what is more than nothing is always seen."""
    longest = max((sum(parts) for parts in figures), default=0) or 1
    return [_fitted(_lengths(parts, width / longest), width) for parts in figures]


def _lengths(parts: Sequence[int], scale: float) -> list[int]:
    """From one end of a part to the next, so that what is rounded away from one is not from all."""
    ends = [0, *(round(end * scale) for end in accumulate(parts))]
    return [max(end - start, 1) if part else 0 for part, (start, end) in zip(parts, pairwise(ends), strict=True)]


def _fitted(lengths: list[int], width: int) -> list[int]:
    """The same with the longest cut by what is too much."""
    too_much = max(sum(lengths) - width, 0)
    widest = max(lengths)
    at = lengths.index(widest)
    return [*lengths[:at], widest - too_much, *lengths[at + 1 :]]
