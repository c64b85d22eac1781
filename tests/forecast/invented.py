"""Invented monthly histories: seasonal, intermittent and growing use, empty shelves, missing reports."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lmis.forecast.panel import month_name, month_number

MEASURES = ["opening", "received", "dispensed", "adjusted", "closing", "days_out", "ordered"]


def history(
    facilities: int = 14, items: int = 5, months: int = 38, first: str = "2023-01", seed: int = 7
) -> pd.DataFrame:
    """Facilities of every size that dispense and are filled up to three months of what they dispensed."""
    rng, rows = np.random.default_rng(seed), []
    for facility in range(facilities):
        for item in range(items):
            rows += _series(rng, f"F{facility:02d}", f"I{item}", months, month_number(first))
    return pd.DataFrame(rows, columns=["facility", "item", "period", *MEASURES])


def _series(rng: np.random.Generator, facility: str, item: str, months: int, first: int) -> list[tuple[object, ...]]:
    size, swing, chance = rng.lognormal(2.5, 0.8), rng.uniform(0.2, 0.7), rng.choice([0.5, 0.9, 1.0])
    growth, phase = rng.uniform(-0.02, 0.03), 2 * np.pi * int(item[1:]) / 5
    rows, stock, ordered = [], float(round(2 * size)), 0.0
    for month in range(months):
        season = 1 + swing * np.sin(2 * np.pi * (first + month) / 12 + phase)
        wanted = rng.poisson(size * season * np.exp(growth * month) / chance) if rng.random() < chance else 0
        received = ordered if rng.random() < 0.85 else 0.0
        given = min(float(wanted), stock + received)
        opening, stock = stock, stock + received - given
        days_out = round(30 * (1 - given / wanted)) if wanted > given else 0
        ordered = float(max(0, round(2.8 * size * np.exp(growth * month) - stock)))
        if rng.random() > 0.06:  # else the report is missing
            name = month_name(first + month)
            rows.append((facility, item, name, opening, received, given, 0.0, stock, days_out, ordered))
    return rows


def series(
    facility: str,
    dispensed: list[float],
    *,
    last: str = "2026-02",
    closing: float = 10,
    item: str = "I1",
    **given: object,
) -> pd.DataFrame:
    """One series whose last month is `last`."""
    end, count = month_number(last), len(dispensed)
    periods = [month_name(end - count + 1 + at) for at in range(count)]
    known = {"opening": closing, "received": dispensed, "dispensed": dispensed, "adjusted": 0.0, "closing": closing}
    return pd.DataFrame(
        {"facility": facility, "item": "I1", "period": periods, **known, "days_out": np.nan, "ordered": np.nan}
    )


def changed_after(history: pd.DataFrame, cutoff: str, seed: int = 1) -> pd.DataFrame:
    """Every figure after the cutoff is another one."""
    changed, after = history.copy(), (history["period"] > cutoff).to_numpy()
    rng = np.random.default_rng(seed)
    for name in MEASURES:
        changed[name] = changed[name].astype(float)
        changed.loc[after, name] = rng.integers(0, 10**6, after.sum()).astype(float)
    return changed


def added_after(history: pd.DataFrame, cutoff: str) -> pd.DataFrame:
    """New series, and new months of the old ones, after the cutoff."""
    after = history[history["period"] > cutoff]
    later = after.assign(period=[f"{int(period[:4]) + 5}{period[4:]}" for period in after["period"]])
    return pd.concat([after.assign(facility="NEW", dispensed=9e8), later, history], ignore_index=True)
