"""A measured figure and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, and the target it is held against."""

    name: str
    value: float
    unit: str
    target: float
    better: Literal["more", "less"]

    @property
    def reached(self) -> bool:
        return self.value >= self.target if self.better == "more" else self.value <= self.target


def show(figures: Sequence[Figure], path: Path) -> None:
    """Print the figures as a table, and write them as JSON."""
    table = Table("figure", "measured", "unit", "target", "reached")
    for figure in figures:
        sign = "≥" if figure.better == "more" else "≤"
        measured, target = (f"{number:,.3g}" if number < 100 else f"{number:,.0f}" for number in _pair(figure))
        table.add_row(figure.name, measured, figure.unit, f"{sign} {target}", "yes" if figure.reached else "NO")
    Console(width=130).print(table)
    rows = [{**asdict(figure), "reached": figure.reached} for figure in figures]
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _pair(figure: Figure) -> tuple[float, float]:
    return figure.value, figure.target


def percentile(times: Sequence[float], share: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
