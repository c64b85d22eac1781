"""Monthly forecasts of many series at once: mean, median and calibrated quantiles, and the method that made them.

`forecast` does all of it for one cutoff. `fit` trains once; what it returns predicts from that cutoff and later ones.
Nothing after the cutoff is seen: rows that are later are dropped before anything else, and features look back alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmis.forecast.features import Sweep
from lmis.forecast.learners import LEVEL, Effort, taught
from lmis.forecast.outcome import Forecasts
from lmis.forecast.panel import Target, build_panel
from lmis.forecast.predicting import BACK, Learners, Predicting
from lmis.forecast.training import FAR, NEAR, Calendar, Harvest, rows_to_learn

__all__ = ["ALL", "LEVEL", "Effort", "Fitted", "Forecasts", "Tell", "fit", "forecast", "silent"]

ALL = Effort()
Tell = Callable[[float], None]


def silent(_share: float) -> None:
    return None


@dataclass(frozen=True)
class Fitted:
    """What was learnt from what was known at a cutoff; items: those it knows, by their codes."""

    target: Target
    horizon: int
    items: pd.Index
    calendar: Calendar | None
    threads: int
    learners: Learners

    def predict(
        self,
        history: pd.DataFrame,
        cutoff: str,
        horizon: int | None = None,
        *,
        places: pd.DataFrame | None = None,
        flagged: pd.DataFrame | None = None,
        choose: bool = True,
    ) -> Forecasts:
        """Forecast from a cutoff, the one of learning or a later one, without learning anew. See `forecast`."""
        with self.predicting(history, cutoff, places, flagged) as made:
            return made.forecasts(horizon or self.horizon, choose)

    @contextmanager
    def predicting(
        self, history: pd.DataFrame, cutoff: str, places: pd.DataFrame | None, flagged: pd.DataFrame | None
    ) -> Iterator[Predicting]:
        panel = build_panel(history, cutoff, places, flagged).towards(self.target)
        about = (self.target, self.items, self.calendar, self.learners)
        with np.errstate(all="ignore"), ThreadPoolExecutor(self.threads) as workers:
            yield Predicting(panel, places, flagged, *about, workers)


def forecast(
    history: pd.DataFrame,
    cutoff: str,
    horizon: int,
    target: Target,
    *,
    seed: int = 0,
    threads: int | None = None,
    places: pd.DataFrame | None = None,
    flagged: pd.DataFrame | None = None,
    calendar: Calendar | None = None,
    choose: bool = True,
    effort: Effort = ALL,
    tell: Tell = silent,
) -> Forecasts:
    """Forecast every series from one cutoff.

    history: facility, item, period ("2026-10"), opening, received, dispensed, adjusted, closing, days_out, ordered; a
    missing row is a missing month. target: "issued", what reported months will dispense; "demand", what they would
    with stock on the shelf. places: facility, item, parent, level, population, method of the series that are expected,
    with or without history. flagged: facility, item, period of campaigns, past and future. choose: let a simpler
    method stand where it did clearly better. tell: called with the share done, 0 … 1.
    """
    fitted = fit(
        history, cutoff, horizon, target,
        seed=seed, threads=threads, flagged=flagged, calendar=calendar, effort=effort,
        tell=lambda done: tell(0.9 * done),
    )  # fmt: skip
    made = fitted.predict(history, cutoff, places=places, flagged=flagged, choose=choose)
    tell(1.0)
    return made


def fit(
    history: pd.DataFrame,
    cutoff: str,
    horizon: int,
    target: Target,
    *,
    seed: int = 0,
    threads: int | None = None,
    flagged: pd.DataFrame | None = None,
    calendar: Calendar | None = None,
    effort: Effort = ALL,
    tell: Tell = silent,
) -> Fitted:
    """Learn from what was known at the cutoff; see `forecast`."""
    panel, threads = build_panel(history, cutoff, flagged=flagged).towards(target), threads or os.cpu_count() or 1
    items = pd.Index(panel.keys["item"].unique()).sort_values()
    spans = (NEAR, FAR if horizon >= FAR[0] else ())
    near, far = (Harvest(panel, rows_to_learn(panel, target, span, effort.rows, seed), calendar) for span in spans)
    for month, known in enumerate(Sweep(panel, target, items), panel.first):
        near.take(month, known)
        far.take(month, known)
    lessons = (near.lessons(), far.lessons(), near.lessons(panel.last - BACK))
    with ThreadPoolExecutor(threads) as workers:
        learners = Learners(*taught(lessons, effort, seed, workers, tell))
    return Fitted(target, horizon, items, calendar, threads, learners)
