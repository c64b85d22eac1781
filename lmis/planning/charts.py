"""The picture of a supply plan, as places that the template draws. Pure; x and y count from the top left corner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lmis.calendar import Month, month_text
from lmis.planning.supply_plan import PlanMonth

WIDTH, HEIGHT = 800, 280
LEFT, RIGHT, TOP, BOTTOM = 72, 128, 24, 44
LINE = 16  # between two labels, one under the other
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the picture at a number of units, or a month under it."""

    at: float
    value: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happens in a month: goods expire, are missing or arrive. anchor: of the number beside it."""

    x: float
    y: float
    units: int
    month: str
    anchor: str


@dataclass(frozen=True, slots=True)
class StockChart:
    """band: between minimum and maximum; line: stock at the months' ends; without: were nothing ordered."""

    band: str
    line: str
    without: str
    ticks: Sequence[Tick]
    months: Sequence[Tick]
    expired: Sequence[Mark]
    short: Sequence[Mark]
    arrivals: Sequence[Mark]
    labels: Mapping[str, float]  # where the names of lines and limits stand, at the right
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def stock_chart(months: Sequence[Month], plan: Sequence[PlanMonth], without: Sequence[PlanMonth]) -> StockChart:
    """Stock month by month between its limits; at least one month."""
    top = nice_top(max(1, *(max(it.closing, it.maximum, bare.closing) for it, bare in zip(plan, without, strict=True))))
    across = [LEFT + (WIDTH - LEFT - RIGHT) * at / max(1, len(plan) - 1) for at in range(len(plan))]

    def down(units: int) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - units / top), 1)

    def drawn(values: Iterable[int]) -> list[str]:
        return [f"{x:.1f},{down(value)}" for x, value in zip(across, values, strict=True)]

    upper, lower = drawn(it.maximum for it in plan), drawn(it.minimum for it in plan)
    named = [month_text(month) for month in months]

    ends = {"maximum": plan[-1].maximum, "minimum": plan[-1].minimum, "stock": plan[-1].closing}
    if [it.closing for it in without] != [it.closing for it in plan]:
        ends["without"] = without[-1].closing

    def marks(name: str) -> list[Mark]:
        """Where a figure of the months is more than nothing."""
        anchor = {named[0]: "start", named[-1]: "end"}
        return [
            Mark(round(x, 1), down(it.closing), units, text, anchor.get(text, "middle"))
            for x, it, text in zip(across, plan, named, strict=True)
            if (units := getattr(it, name))
        ]

    return StockChart(
        band=" ".join([*upper, *reversed(lower)]),
        line=" ".join(drawn(it.closing for it in plan)),
        without=" ".join(drawn(it.closing for it in without)),
        ticks=[Tick(down(top * part // 4), top * part // 4) for part in range(5)],
        months=[Tick(round(x, 1), month, text) for x, month, text in zip(across, months, named, strict=True)][::3],
        expired=marks("expired"),
        short=marks("shortage"),
        arrivals=marks("arrivals"),
        labels=apart({name: down(units) for name, units in ends.items()}, HEIGHT - BOTTOM),
    )


def nice_top(highest: int) -> int:
    """The end of an axis: the least 4, 8 or 20 × 10ⁿ … that is no less than `highest`, so that quarters are whole."""
    power = 1
    while True:
        for step in STEPS:
            if 4 * step * power >= highest:
                return 4 * step * power
        power *= 10


def apart(labels: Mapping[str, float], lowest: float) -> dict[str, float]:
    """Labels moved so far down, and where they would end too low up again, that none stands upon another."""
    placed: dict[str, float] = {}
    free = float(TOP)
    for name in sorted(labels, key=lambda it: labels[it]):
        placed[name] = max(labels[name], free)
        free = placed[name] + LINE
    limit = lowest
    for name in reversed(placed):
        placed[name] = min(placed[name], limit)
        limit = placed[name] - LINE
    return placed
