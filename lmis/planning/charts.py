"""The picture of a supply plan, as places that the template draws. Pure; x and y count from the top left corner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lmis.calendar import Month
from lmis.planning.numbers import month_text
from lmis.planning.supply_plan import PlanMonth

WIDTH, HEIGHT = 760, 280
LEFT, RIGHT, TOP, BOTTOM = 72, 84, 16, 44
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the picture at a number of units, or a month under it."""

    at: float
    value: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happens in a month: goods expire, are missing or arrive."""

    x: float
    y: float
    units: int
    month: str


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
    minimum_at: float
    maximum_at: float
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

    def marks(name: str) -> list[Mark]:
        """Where a figure of the months is more than nothing."""
        each = zip(across, plan, named, strict=True)
        return [
            Mark(round(x, 1), down(it.closing), units, text) for x, it, text in each if (units := getattr(it, name))
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
        minimum_at=down(plan[-1].minimum),
        maximum_at=down(plan[-1].maximum),
    )


def nice_top(highest: int) -> int:
    """The end of an axis: the least 4, 8 or 20 × 10ⁿ … that is no less than `highest`, so that quarters are whole."""
    power = 1
    while True:
        for step in STEPS:
            if 4 * step * power >= highest:
                return 4 * step * power
        power *= 10
