"""How good forecasts would have been: the methods beside each other, from cutoffs that are past by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd

from lmis.errors import LmisError
from lmis.forecast.choice import METHODS
from lmis.forecast.features import mean
from lmis.forecast.learners import LEVEL
from lmis.forecast.methods import ALL, Effort, Forecasts, Tell, fit, silent
from lmis.forecast.panel import Array, Panel, Target, build_panel, month_name, month_number
from lmis.forecast.training import Calendar
from lmis.i18n import N_

YEAR = 12
ENOUGH = 18  # reports by the cutoff; shorter series have no scale to speak of
CHOSEN = "chosen"


class NothingToScore(LmisError):
    status_code = 422
    msgid = N_(
        "Nothing can be scored: no series has %(enough)s reports, and use in the last year of them, before a month "
        "that is over and known. Ask for fewer months ahead, or come back with a longer history."
    )


@dataclass(frozen=True)
class Score:
    """Of one method over all origins; see `scored`."""

    method: str
    mase: float
    scrps: float
    coverage: float
    bias: float


@dataclass(frozen=True)
class Results:
    """scores: by method; origins, months: how many cutoffs and single months were scored; seconds: an origin took."""

    scores: list[Score]
    origins: list[str]
    months: int
    seconds: float


def origins_of(history: pd.DataFrame, count: int, horizon: int) -> list[str]:
    """The latest `count` cutoffs whose months ahead are all over, oldest first."""
    first, last = (month_number(month) for month in (history["period"].min(), history["period"].max()))
    return [month_name(at) for at in range(max(last - horizon - count + 1, first), last - horizon + 1)]


def backtest(
    history: pd.DataFrame,
    origins: Sequence[str],
    horizon: int,
    target: Target,
    *,
    seed: int = 0,
    threads: int | None = None,
    places: pd.DataFrame | None = None,
    flagged: pd.DataFrame | None = None,
    calendar: Calendar | None = None,
    effort: Effort = ALL,
    tell: Tell = silent,
) -> Results:
    """Forecast from every origin, by each method alone and by the one chosen for each series, and score them all.

    Raises NothingToScore.
    """
    start, parts = perf_counter(), []
    whole = build_panel(history, history["period"].max())
    for done, origin in enumerate(origins):
        fitted = fit(
            history, origin, horizon, target, seed=seed, threads=threads, flagged=flagged, calendar=calendar,
            effort=effort, tell=_share(tell, done, len(origins)),
        )  # fmt: skip
        with fitted.predicting(history, origin, places, flagged) as made:
            alone = {method: made.forecasts(horizon, method) for method in METHODS}
            parts.append(_judged(whole, target, {**alone, CHOSEN: made.forecasts(horizon, True)}))
        tell((done + 1) / len(origins))
    every = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"method": []})
    count = int((every["method"] == CHOSEN).sum())
    if not count:
        raise NothingToScore(enough=ENOUGH)
    return Results(scored(every), list(origins), count, (perf_counter() - start) / max(len(origins), 1))


def _share(tell: Tell, done: int, count: int) -> Tell:
    """Tells of the learning for one origin as a part of all."""
    return lambda share: tell((done + 0.9 * share) / count)


def _judged(whole: Panel, target: Target, by_method: dict[str, Forecasts]) -> pd.DataFrame:
    """One row per method and known month of the series that have history enough to be judged by."""
    parts = []
    for method, made in by_method.items():
        origin = month_number(made.cutoff)
        rows = whole.row_of(made.keys)
        scale = _scale(whole, origin)[rows]
        actual, known = _coming(whole, target, rows, origin, made.means.shape[1])
        series, ahead = np.nonzero(known & (scale > 0)[:, None] & np.isfinite(made.means))
        quantiles, y = made.quantiles[series, ahead], actual[series, ahead]
        parts.append(
            pd.DataFrame(
                {
                    "method": method, "origin": made.cutoff, "series": series, "scale": scale[series], "actual": y,
                    "mean": made.means[series, ahead], "missed": np.abs(quantiles[:, len(LEVEL) // 2] - y),
                    "crps": crps(y, quantiles),
                    "inside": (y >= quantiles[:, 0] - 1e-6) & (y <= quantiles[:, -1] + 1e-6),
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _scale(whole: Panel, origin: int) -> Array:
    """(N,) mean change over a year up to an origin; NaN for series that are not judged."""
    seen = whole.through(origin)
    used = seen.issued.astype(float)
    if used.shape[1] <= YEAR:
        return np.full(len(used), np.nan)
    active = (seen.reported.sum(1) >= ENOUGH) & (np.nan_to_num(used[:, -YEAR:]) > 0).any(1) & seen.reported[:, -1]
    return np.where(active, mean(np.abs(used[:, YEAR:] - used[:, :-YEAR])), np.nan)


def _coming(whole: Panel, target: Target, rows: Array, origin: int, horizon: int) -> tuple[Array, Array]:
    """(N, H) what came after an origin, and whether it is known."""
    start = origin - whole.first + 1
    actual, known = (matrix[rows, start : start + horizon] for matrix in (whole.issued, whole.known(target)))
    lacking = ((0, 0), (0, horizon - actual.shape[1]))
    return np.pad(actual, lacking), np.pad(known, lacking)


def crps(actual: Array, quantiles: Array) -> Array:
    """Twice the mean pinball loss over the levels, each standing for the levels about it."""
    off = actual[:, None] - quantiles
    pinball = np.maximum(LEVEL * off, (LEVEL - 1) * off)
    width = np.diff(np.r_[0, (LEVEL[1:] + LEVEL[:-1]) / 2, 1])
    return np.asarray(2 * (pinball * width).sum(1))


def scored(every: pd.DataFrame) -> list[Score]:
    """By method: MASE (mean absolute error of the median beside the change over a year) and sCRPS, averaged over series
    and origins; the share of months in the 90 % interval; and how far the sum of the means lies off what came."""
    every = every.assign(mase=every["missed"] / every["scale"], scrps=every["crps"] / every["scale"])
    found = []
    for method in (*METHODS, CHOSEN):
        its = every[every["method"] == method]
        each = its.groupby(["origin", "series"])[["mase", "scrps"]].mean().mean()
        bias = its["mean"].sum() / its["actual"].sum() - 1
        found.append(Score(method, each["mase"], each["scrps"], its["inside"].mean(), bias))
    return found
