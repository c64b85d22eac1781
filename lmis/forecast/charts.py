"""The pictures of a forecast, as coordinates that templates draw. Pure; base units by months."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import NamedTuple

from lmis.calendar import Month, add_months
from lmis.forecast.need import LEVELS

TOP, BOTTOM, LEFT = 10, 24, 52  # room above, below for the months, and left for the units
LINE = 15  # between two labels, one above the other
WORDS = 62  # room a month's name needs
STEPS = (1, 2, 3, 6, 12)  # every how many months one is named
LOW, QUARTER, MIDDLE, THREE_QUARTERS, HIGH = (LEVELS.index(level) for level in (0.05, 0.25, 0.5, 0.75, 0.95))


class Box(NamedTuple):
    """A rectangle, from its top left."""

    x: float
    y: float
    width: float
    height: float


class Tick(NamedTuple):
    """A place along an axis and what stands there."""

    at: float
    value: int


class Label(NamedTuple):
    """A word beside the end of a line. name: which, for the template to say in the reader's language."""

    y: float
    name: str


class Past(NamedTuple):
    """What a picture shows of a month that is over. used None: not known; out: some days had an empty shelf."""

    month: Month
    used: int | None
    out: bool
    closing: int | None = None
    received: int | None = None
    ordered: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """How large a picture is, and how much room its right side keeps for words; all in its own units."""

    width: int
    height: int
    right: int
    past: int  # most months shown before the forecast
    ahead: int


WIDE = Frame(960, 300, 84, 36, 24)
NARROW = Frame(360, 240, 84, 9, 6)


@dataclass(frozen=True, slots=True)
class Axes:
    """Where months and units stand in a picture."""

    frame: Frame
    first: Month
    count: int
    most: float

    @property
    def slot(self) -> float:
        """The width of a month."""
        return (self.frame.width - LEFT - self.frame.right) / self.count

    @property
    def left(self) -> int:
        """Where the units stand, right-aligned."""
        return LEFT - 6

    @property
    def beside(self) -> float:
        """Where words beside the ends of lines begin."""
        return self.right + 6

    @property
    def words(self) -> float:
        """The line that the months stand on."""
        return self.frame.height - 6

    @property
    def floor(self) -> float:
        return self.frame.height - BOTTOM

    @property
    def right(self) -> float:
        return self.frame.width - self.frame.right

    def x(self, position: float) -> float:
        return round(LEFT + position * self.slot, 1)

    def y(self, units: float) -> float:
        return round(self.floor - (self.floor - TOP) * min(units, self.most) / self.most, 1)

    @property
    def months(self) -> list[Tick]:
        """The months that are named, by the middle of their place."""
        every = next((step for step in STEPS if step * self.slot >= WORDS), STEPS[-1])
        months = [add_months(self.first, ahead) for ahead in range(self.count)]
        return [Tick(self.x(at + 0.5), month) for at, month in enumerate(months) if (month % 100 - 1) % every == 0]

    @property
    def units(self) -> list[Tick]:
        step = tick_step(self.most)
        return [Tick(self.y(value), value) for value in range(0, floor(self.most) + 1, step)]


@dataclass(frozen=True, slots=True)
class Fan:
    """Use month by month, and the forecast with what may come above and below it."""

    axes: Axes
    bars: list[Box]
    out: list[Box]
    missing: list[float]
    wide_band: str
    narrow_band: str
    mean: str
    median: str
    said: list[tuple[float, float]]
    now: float
    labels: list[Label]


@dataclass(frozen=True, slots=True)
class Stock:
    """What was on hand at each month's end, beside what came, what was ordered and the limits."""

    axes: Axes
    received: list[Box]
    ordered: list[tuple[float, float]]
    lines: list[str]
    minimum: float | None
    maximum: float | None
    labels: list[Label]


def tick_step(most: float) -> int:
    """A round step of 1, 2 or 5 and zeros that makes at most five parts of 0 … most; whole units."""
    raw = max(most / 5, 1)
    power = int(10 ** floor(log10(raw)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)


def rounded_up(most: float) -> float:
    """The least multiple of its own step that holds `most`."""
    step = tick_step(most)
    return float(max(step, ceil(most / step) * step))


def points(coordinates: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in coordinates)


def apart(labels: Iterable[Label], least: float, most: float) -> list[Label]:
    """Labels moved down, and then up, until no two lie over each other; in the order of their places."""
    placed: list[Label] = []
    for label in sorted(labels):
        above = placed[-1].y + LINE if placed else least
        placed.append(Label(max(label.y, above), label.name))
    limit = most
    for at in range(len(placed) - 1, -1, -1):
        placed[at] = Label(round(min(placed[at].y, limit), 1), placed[at].name)
        limit = placed[at].y - LINE
    return placed


def fan(
    past: Sequence[Past],
    first: Month,
    means: Sequence[float],
    quantiles: Sequence[Sequence[float]],
    said: Mapping[Month, float],
    frame: Frame,
) -> Fan:
    """The picture of what was used and what will be.

    past: in order, without gaps, the last just before `first`, the first month that is forecast; quantiles: by month,
    at LEVELS; said: what people put in the place of a month's mean.
    """
    shown, means, quantiles = past[-frame.past :], means[: frame.ahead], quantiles[: frame.ahead]
    highest = max([it.used or 0 for it in shown] + [its[HIGH] for its in quantiles] + list(means), default=0)
    count = len(shown) + len(means)
    axes = Axes(frame, add_months(first, -len(shown)), max(count, 1), rounded_up(highest))
    at = len(shown)
    ends = {
        name: quantiles[-1][level] for name, level in (("low", LOW), ("median", MIDDLE), ("high", HIGH)) if quantiles
    }
    ends |= {"mean": means[-1]} if means else {}
    return Fan(
        axes=axes,
        bars=[_bar(axes, place, it.used) for place, it in enumerate(shown) if it.used],
        out=[_shade(axes, place) for place, it in enumerate(shown) if it.out],
        missing=[axes.x(place + 0.5) for place, it in enumerate(shown) if it.used is None],
        wide_band=_band(axes, at, quantiles, LOW, HIGH),
        narrow_band=_band(axes, at, quantiles, QUARTER, THREE_QUARTERS),
        mean=points(_along(axes, at, means)),
        median=points(_along(axes, at, [its[MIDDLE] for its in quantiles])),
        said=[
            (axes.x(at + ahead + 0.5), axes.y(said[month]))
            for ahead in range(len(means))
            if (month := add_months(first, ahead)) in said
        ],
        now=axes.x(at),
        labels=apart([Label(axes.y(value) + 4, name) for name, value in ends.items()], TOP + 4, axes.floor),
    )


def _bar(axes: Axes, place: int, units: int) -> Box:
    top = axes.y(units)
    return Box(axes.x(place + 0.15), top, round(axes.slot * 0.7, 1), round(axes.floor - top, 1))


def _shade(axes: Axes, place: int) -> Box:
    return Box(axes.x(place), TOP, round(axes.slot, 1), axes.floor - TOP)


def _along(axes: Axes, start: int, values: Sequence[float]) -> list[tuple[float, float]]:
    return [(axes.x(start + ahead + 0.5), axes.y(value)) for ahead, value in enumerate(values)]


def _band(axes: Axes, start: int, quantiles: Sequence[Sequence[float]], low: int, high: int) -> str:
    up = _along(axes, start, [its[high] for its in quantiles])
    down = _along(axes, start, [its[low] for its in quantiles])
    return points([*up, *reversed(down)])


def stock(
    past: Sequence[Past], first: Month, minimum: float | None, maximum: float | None, frame: Frame, ahead: int
) -> Stock:
    """The picture of stock, on the same months as the fan. minimum, maximum: base units; None where not known."""
    shown, ahead = past[-frame.past :], min(ahead, frame.ahead)
    seen = [figure or 0 for it in shown for figure in (it.closing, it.received, it.ordered)]
    highest = max([*seen, minimum or 0, maximum or 0], default=0)
    axes = Axes(frame, add_months(first, -len(shown)), max(len(shown) + ahead, 1), rounded_up(highest))
    limits = {"minimum": minimum, "maximum": maximum}
    return Stock(
        axes=axes,
        received=[_bar(axes, place, it.received) for place, it in enumerate(shown) if it.received],
        ordered=[(axes.x(place + 0.5), axes.y(it.ordered)) for place, it in enumerate(shown) if it.ordered],
        lines=[points(run) for run in _runs(axes, shown)],
        minimum=None if minimum is None else axes.y(minimum),
        maximum=None if maximum is None else axes.y(maximum),
        labels=apart([Label(axes.y(at) + 4, it) for it, at in limits.items() if at is not None], TOP + 4, axes.floor),
    )


def _runs(axes: Axes, past: Sequence[Past]) -> list[list[tuple[float, float]]]:
    """The month-end balances, a new line after each month of which none is known."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place, it in enumerate(past):
        if it.closing is None:
            runs.append([])
        else:
            runs[-1].append((axes.x(place + 0.9), axes.y(it.closing)))
    return [run for run in runs if run]
