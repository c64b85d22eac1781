"""Monthly forecasts of many series at once: mean, median and calibrated quantiles, and the method that made them.

`forecast` does all of it for one cutoff. `fit` trains once; what it returns predicts from that cutoff and later ones.
Nothing after the cutoff is seen: rows that are later are dropped before anything else, and features look back alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmis.forecast.features import Sweep
from lmis.forecast.learners import LEVEL, Effort, taught
from lmis.forecast.panel import Array, Target, build_panel
from lmis.forecast.predicting import BACK, Learners, Outcome, Predicting
from lmis.forecast.training import FAR, NEAR, Calendar, Harvest, rows_to_learn

__all__ = ["LEVEL", "Effort", "Fitted", "Forecasts", "fit", "forecast"]

ALL = Effort()
Tell = Callable[[float], None]


def _silent(_share: float) -> None:
    return None


@dataclass(frozen=True)
class Forecasts:
    """Of N series, H months from the cutoff on; base units a month, float32.

    keys: facility, item; means, model: (N, H), the model's own means NaN without; quantiles: (N, H, levels); amc,
    statistical: (N,) for every month; method, reason: (N,) codes of lmis.forecast.reasons; backtest: (N, 3) frame of
    mean absolute errors. Where method is "none" there is no forecast, and its figures are NaN.
    """

    cutoff: str
    keys: pd.DataFrame
    means: Array
    quantiles: Array
    model: Array
    amc: Array
    statistical: Array
    method: Array
    reason: Array
    backtest: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """One row per series and month that has a forecast: unique_id, cutoff, ds, y_hat (median), y_mean, q0.05 …"""
        has = self.method != "none"
        n, horizon = int(has.sum()), self.means.shape[1]
        names = self.keys["facility"].astype(str) + "_" + self.keys["item"].astype(str)
        start = pd.Period(self.cutoff, "M")
        quantiles = self.quantiles[has].reshape(-1, len(LEVEL))
        frame = pd.DataFrame({"unique_id": np.repeat(names.to_numpy()[has], horizon)})
        frame["cutoff"] = f"{start}-01"
        frame["ds"] = np.tile([f"{start + ahead}-01" for ahead in range(1, horizon + 1)], n)
        frame["y_hat"] = quantiles[:, len(LEVEL) // 2]
        frame["y_mean"] = self.means[has].reshape(-1)
        return pd.concat([frame, pd.DataFrame(quantiles, columns=[f"q{level:g}" for level in LEVEL])], axis=1)


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
        panel = build_panel(history, cutoff, places, flagged)
        with np.errstate(all="ignore"), ThreadPoolExecutor(self.threads) as workers:
            made = Predicting(panel, self.target, self.items, self.calendar, self.learners, workers)
            means, quantiles = made.model(horizon or self.horizon)
            out = made.outcome(means, quantiles, choose)
            made.newcomers(out, places)
            made.campaigns(out, flagged)
            made.mended(out)
        return _expected(made, out, means, cutoff, places)


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
    tell: Tell = _silent,
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
    tell: Tell = _silent,
) -> Fitted:
    """Learn from what was known at the cutoff; see `forecast`."""
    panel, threads = build_panel(history, cutoff, flagged=flagged), threads or os.cpu_count() or 1
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


def _expected(made: Predicting, out: Outcome, model: Array, cutoff: str, places: pd.DataFrame | None) -> Forecasts:
    """The forecasts of the series that are expected: of `places`, or without it of all that have a history."""
    keys, ids = made.panel.keys, ["facility", "item"]
    wanted = np.ones(len(keys), bool)
    if places is not None:
        wanted = pd.MultiIndex.from_frame(keys[ids]).isin(pd.MultiIndex.from_frame(places[ids]))
    return Forecasts(
        cutoff=cutoff,
        keys=keys[wanted].reset_index(drop=True),
        means=out.means[wanted],
        quantiles=out.quantiles[wanted],
        model=model[wanted],
        amc=made.now.amc[wanted].astype(np.float32),
        statistical=made.now.statistical[wanted].astype(np.float32),
        method=out.method[wanted],
        reason=out.reason[wanted],
        backtest=made.errors[wanted].reset_index(drop=True),
    )
