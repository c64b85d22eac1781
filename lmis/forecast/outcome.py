"""What a forecast says: of every series the method, and its figures by month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmis.forecast.learners import LEVEL
from lmis.forecast.panel import Array


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


class Outcome:
    """A forecast in the making: arrays of N series by H months, filled in step by step."""

    def __init__(self, series: int, horizon: int) -> None:
        self.means = np.full((series, horizon), np.nan, np.float32)
        self.quantiles = np.full((series, horizon, len(LEVEL)), np.nan, np.float32)
        self.method = np.full(series, "none", object)
        self.reason = np.full(series, "no_report", object)

    def put(self, where: Array, method: str, reason: str) -> None:
        self.method[where], self.reason[where] = method, reason
