"""From learners and a panel to forecasts: backtest, choice, calibration, neighbours, campaigns."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmis.forecast.choice import METHODS, Backtest, Moves, Spread, chosen, lognormal, with_ends
from lmis.forecast.features import Known, Sweep, clipped
from lmis.forecast.learners import AT_ONCE, LEVEL, Learner
from lmis.forecast.lift import Lift
from lmis.forecast.newcomers import like_neighbours
from lmis.forecast.outcome import Forecasts, Outcome
from lmis.forecast.panel import Array, Panel, Target, flags, month_name
from lmis.forecast.training import NEAR, Calendar, Rows, design, targets

BACK = 6  # months before the cutoff at which the model of the rolling backtest stops seeing
SHORT = 3  # reports; with fewer the statistical median is safer
SOME = 0.1  # of the level: what a figure and a median are compared with where they are near zero
FARTHEST = 4.0  # times that a distribution is moved by
RUNAWAY = 3.0  # times the largest month of the last twelve reported
BETTER = ("amc_better", "statistical_better", "model_best")  # by METHODS


@dataclass(frozen=True)
class Learners:
    """Of the first months ahead and of later ones, and of the rolling backtest; None: too little to learn from."""

    near: Learner | None
    far: Learner | None
    early: Learner | None

    def reaching(self, ahead: int) -> Learner | None:
        return self.near if ahead <= NEAR[-1] or self.far is None else self.far


class Predicting:
    """One prediction: what is known at the panel's end, and what the rolling backtest says of the months before."""

    def __init__(
        self,
        panel: Panel,
        places: pd.DataFrame | None,
        flagged: pd.DataFrame | None,
        target: Target,
        items: pd.Index,
        calendar: Calendar | None,
        learners: Learners,
        workers: Executor,
    ) -> None:
        self.panel, self.target, self.calendar = panel, target, calendar
        self.learners, self.workers = learners, workers
        self.places, self.flagged = places, flagged
        self.sweep, self.lift = Sweep(panel, target, items), Lift(panel)
        self.known: dict[int, Known] = {}
        self._read()
        self.now = self.known[panel.last]
        self.points = np.stack([self.now.amc, self.now.statistical], 1)
        self.backtest = self._rolled()
        self.errors, self.scored = self.backtest.errors(len(panel.keys))

    def _read(self) -> None:
        level = np.zeros(len(self.panel.keys))
        for month, known in enumerate(self.sweep, self.panel.first):
            self.lift.take(month, level)
            level = known.level
            if month >= self.panel.last - BACK:
                self.known[month] = known

    def _rolled(self) -> Backtest:
        """Every known month since the backtest's model stopped seeing, forecast from each month before it."""
        known = self.panel.known(self.target) & (np.cumsum(self.panel.reported, 1) > 1)
        parts = [self._scored(origin, ahead, known) for origin in sorted(self.known) for ahead in NEAR
                 if origin + ahead <= self.panel.last]  # fmt: skip
        if not parts:
            none = np.empty(0)
            return Backtest(none.astype(int), none, none, none, np.empty((0, 3)), np.empty((0, len(LEVEL))))
        return Backtest(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def _scored(self, origin: int, ahead: int, known: Array) -> tuple[Array, ...]:
        place = origin + ahead - self.panel.first
        series = np.flatnonzero(known[:, place])
        at = self.known[origin]
        level = at.level[series]
        quantiles, _ = self._predicted(self.learners.early, at, origin, ahead, series)
        points = np.stack([at.amc[series], at.statistical[series], quantiles[:, len(LEVEL) // 2]], 1)
        return series, targets(self.panel)[series, place], level, at.busy[series], points, quantiles

    def _predicted(
        self, learner: Learner | None, at: Known, origin: int, ahead: int, series: Array
    ) -> tuple[Array, Array]:
        """Quantiles (R, levels) and means (R,) of series from an origin, base units; NaN without a learner."""
        if learner is None or not len(series):
            return np.full((len(series), len(LEVEL)), np.nan, np.float32), np.full(len(series), np.nan, np.float32)
        rows = Rows(np.full(len(series), origin), series, np.full(len(series), ahead))
        x = design(self.panel, at, rows, self.calendar)
        pieces = [x[start : start + AT_ONCE] for start in range(0, len(x), AT_ONCE)]
        quantiles, means = zip(*self.workers.map(learner.predict, pieces), strict=True)
        level = at.level[series].astype(np.float32)
        return np.concatenate(quantiles) * level[:, None], np.concatenate(means) * level

    def _model(self, horizon: int) -> tuple[Array, Array]:
        """The global model's own means (N, H) and quantiles (N, H, levels), calibrated; NaN where it has not learnt."""
        every, moves = np.arange(len(self.panel.keys)), Moves.of(self.backtest)
        means = np.empty((len(every), horizon), np.float32)
        quantiles = np.empty((len(every), horizon, len(LEVEL)), np.float32)
        for ahead in range(1, horizon + 1):
            learner = self.learners.reaching(ahead)
            q, means[:, ahead - 1] = self._predicted(learner, self.now, self.panel.last, ahead, every)
            quantiles[:, ahead - 1] = moves(q)
        return self._within(means, quantiles)

    def _within(self, means: Array, quantiles: Array) -> tuple[Array, Array]:
        """The same with no month beyond what the last year makes believable, and no mean beyond its quantiles.

        What was learnt of a series that grew two hundredfold must not be multiplied once more.
        """
        seen = np.concatenate([clipped(self.sweep.used.values), clipped(self.sweep.freely.values)], 1)
        most = RUNAWAY * np.maximum(np.nan_to_num(seen).max(1), self.now.level)[:, None].astype(np.float32)
        quantiles = np.minimum(quantiles, most[..., None])
        top = with_ends(quantiles.reshape(-1, len(LEVEL)))[:, -1].reshape(means.shape)
        top = np.maximum(top, self.now.level[:, None])  # use is rare where nearly all quantiles are none
        return np.clip(means, quantiles[..., 0], np.minimum(top, most)).astype(np.float32), quantiles

    def forecasts(self, horizon: int, choose: bool | str) -> Forecasts:
        """The forecasts of the series that are expected: of `places`, or without it of all that have a history.

        choose: whether a simpler method may stand where it did clearly better; or the name of the one for all.
        """
        means, quantiles = self._model(horizon)
        out = self._by_method(means, quantiles, choose)
        self._newcomers(out)
        self._campaigns(out)
        self._mended(out)
        wanted = self._expected()
        return Forecasts(
            cutoff=month_name(self.panel.last),
            keys=self.panel.keys[wanted].reset_index(drop=True),
            means=out.means[wanted],
            quantiles=out.quantiles[wanted],
            model=means[wanted],
            amc=self.now.amc[wanted].astype(np.float32),
            statistical=self.now.statistical[wanted].astype(np.float32),
            method=out.method[wanted],
            reason=out.reason[wanted],
            backtest=self.errors[wanted].reset_index(drop=True),
        )

    def _expected(self) -> Array:
        wanted = np.ones(len(self.panel.keys), bool)
        if self.places is not None:
            wanted[:] = False
            wanted[self.panel.row_of(self.places)] = True
        return wanted

    def _by_method(self, means: Array, quantiles: Array, choose: bool | str) -> Outcome:
        """What is forecast of every series that has reports, by the method that is its."""
        out = Outcome(*means.shape)
        out.means[:], out.quantiles[:] = means, quantiles
        reports = self.panel.reported.sum(1)
        place = np.full(len(reports), METHODS.index(choose if isinstance(choose, str) else "model"))
        if choose is True:
            place = chosen(self.errors, self.scored, self.now.level)
        for at, method in enumerate(METHODS):
            out.put((reports > 0) & (place == at), method, BETTER[at])
        for at in (0, 1):
            (self._recentred if choose is True else self._simple)(out, at, (reports > 0) & (place == at))
        self._statistical(out, (reports > 0) & (reports < SHORT), "short_history")
        if self.learners.near is None:
            self._statistical(out, reports > 0, "no_training")
        own = self.sweep.free_reports >= SHORT
        self._statistical(out, self._always_out() & own, "out_since")
        out.means, out.quantiles = self._within(out.means, out.quantiles)
        self._given_up(out)
        return out

    def _recentred(self, out: Outcome, at: int, where: Array) -> None:
        """The model's distribution, its median brought to the figure of the simple method that did better."""
        point, median = self.points[where, at], out.quantiles[where, :, len(LEVEL) // 2].mean(1)
        some = SOME * self.now.level[where]
        factor = np.clip((point + some) / (median + some), 1 / FARTHEST, FARTHEST)
        out.means[where] *= factor[:, None]
        out.quantiles[where] *= factor[:, None, None]

    def _statistical(self, out: Outcome, where: Array, reason: str) -> None:
        out.put(where, "statistical", reason)
        self._simple(out, METHODS.index("statistical"), where)

    def _simple(self, out: Outcome, at: int, where: Array) -> None:
        """A simple method by itself: its figure, and what came about it lately."""
        spread = Spread(self.backtest.points[:, at], self.backtest)
        quantiles, means = spread.about(self.points[where, at], self.now.level[where], self.now.busy[where])
        out.means[where], out.quantiles[where] = means[:, None], quantiles[:, None]

    def _given_up(self, out: Outcome) -> None:
        """Nothing dispensed in twelve reports, nor in twelve months with stock: nothing will be, most likely."""
        none = (self.sweep.used.values == 0).all(1) & (self.sweep.freely.values == 0).all(1)
        ever = np.nan_to_num(self.panel.issued).sum(1) > 0
        out.means[none] = 0
        out.quantiles[none] = np.nan_to_num(out.quantiles[none])
        out.put(none & ever, out_method(self.learners), "discontinued")
        out.put(none & ~ever, out_method(self.learners), "never_dispensed")

    def _always_out(self) -> Array:
        """(N,) twelve reports in a row with the shelf empty and nothing dispensed: they say nothing of demand."""
        empty = (self.sweep.shortages.values == 1).all(1) & (self.sweep.used.values == 0).all(1)
        return empty if self.target == "demand" else np.zeros(len(empty), bool)

    def _newcomers(self, out: Outcome) -> None:
        """Fill in those without any use of their own to go by."""
        reports = self.panel.reported.sum(1)
        out_throughout = self._always_out() & (self.sweep.free_reports < SHORT)
        new = (reports == 0) | out_throughout
        about = self.panel.keys if self.places is None else self.panel.keys.merge(
            self.places.drop_duplicates(["facility", "item"]), "left", ["facility", "item"]
        )  # fmt: skip
        out.means, out.quantiles, found = like_neighbours(about, new, (reports > 0) & ~new, out.means, out.quantiles)
        facility = self.sweep.facility
        elsewhere = np.bincount(facility, reports > 0)[facility] > 0
        out.put(new & found & elsewhere, "newcomer", "new_item")
        out.put(new & found & ~elsewhere, "newcomer", "new_facility")
        out.put(out_throughout & found, "newcomer", "always_out")

    def _campaigns(self, out: Outcome) -> None:
        """Lift the months of campaigns to come by what past ones did."""
        keys = pd.MultiIndex.from_frame(self.panel.keys)
        ahead = flags(keys, self.panel.last + 1, out.means.shape[1], self.flagged)
        factor = np.where(ahead, self.lift.ratio()[:, None], 1).astype(np.float32)
        out.means *= factor
        out.quantiles *= factor[..., None]

    def _mended(self, out: Outcome) -> None:
        """A series that came out without a figure falls back on the statistical median, or says that it failed."""
        bad = (out.method != "none") & ~(np.isfinite(out.means).all(1) & np.isfinite(out.quantiles).all((1, 2)))
        point = self.now.statistical[bad]
        out.means[bad], out.quantiles[bad] = point[:, None], lognormal(point)[:, None]
        out.put(bad, "statistical", "no_training")
        out.put(bad & ~np.isfinite(out.means).all(1), "none", "failed")
        none = out.method == "none"
        out.means[none], out.quantiles[none] = np.nan, np.nan
        np.maximum(out.means, 0, out=out.means)
        np.maximum(out.quantiles, 0, out=out.quantiles)
        out.quantiles.sort(axis=2)


def out_method(learners: Learners) -> str:
    return "model" if learners.near else "statistical"
