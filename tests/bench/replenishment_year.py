"""A year of the demo city's stations, ordered for by AMC and by the forecast: what each serves, holds and lets expire.

Both policies meet the same clients, the same late and missed deliveries and the same lots. They are compared as they
are by default, and on equal terms: how much stock each needs to serve 95 % of the clients, when the maximum of the one
and the safety of the other are scaled. The centre always has enough: what a shortage there does is not their doing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from rich.progress import Progress

from lmis.calendar import month_code, month_of
from lmis.demo.network import Size
from lmis.forecast.methods import Effort, Fitted, fit
from tests.bench.figures import Figure
from tests.bench.year_book import Book
from tests.bench.year_life import DEFAULTS, Outcome, live
from tests.bench.year_policies import Ahead, ByAmc, ByForecast
from tests.bench.year_world import World, build

SEED = 2026
MONTHS = 12  # forecast one by one
HORIZON = 2  # months: the span of lead time and review period is shorter than one, but may end in the next
OF_MAXIMUM = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # factors
OF_SAFETY = (0.75, 1.25, 1.5, 2.0, 2.5)
SERVED = 0.95
Tell = Callable[[], None]


class Nightly:
    """The forecast as the nightly job makes it of what the book says on each first of a month; trained once."""

    def __init__(self, seed: int, tell: Tell, effort: Effort = Effort()) -> None:  # noqa: B008
        self.seed, self.tell, self.effort = seed, tell, effort
        self.fitted: Fitted | None = None
        self.made: dict[date, Ahead] = {}

    def __call__(self, book: Book, today: date) -> Ahead:
        history, cutoff = book.frame(), month_code(month_of(today - timedelta(1)))
        if self.fitted is None:
            self.fitted = fit(history, cutoff, HORIZON, "demand", seed=self.seed, calendar="vn", effort=self.effort)
        made = self.fitted.predict(history, cutoff)
        its = pd.MultiIndex.from_frame(made.keys).get_indexer(pd.MultiIndex.from_arrays([book.station, book.good]))
        means, quantiles = (np.nan_to_num(figures[its].astype(float)) for figures in (made.means, made.quantiles))
        self.made[today] = Ahead(month_of(today), means, quantiles)
        self.tell()
        return self.made[today]

    def again(self, _book: Book, today: date) -> Ahead:
        """What was forecast in the year by default: another safety changes what is ordered, not what is expected."""
        return self.made[today]


def measure(progress: Progress, *, size: Size = "default", seed: int = SEED) -> list[Figure]:
    task = progress.add_task("a year of replenishment", total=1 + len(OF_MAXIMUM) + MONTHS + len(OF_SAFETY))
    world = build(seed, size)
    amc, forecast = years_of(world, seed, lambda: progress.advance(task))
    return [*_by_default(amc, forecast[0]), *_on_equal_terms(amc, forecast)]


def years_of(world: World, seed: int, tell: Tell, effort: Effort = Effort()) -> tuple[list[Outcome], list[Outcome]]:  # noqa: B008
    """The years by AMC and by the forecast: each first as it is by default, then scaled."""
    nightly = Nightly(seed, tell, effort)
    policies = [ByAmc(factor) for factor in (1.0, *OF_MAXIMUM)]
    scaled = [ByForecast(nightly.again, factor) for factor in OF_SAFETY]
    amc = [_lived(world, policy, tell) for policy in policies]
    return amc, [live(world, ByForecast(nightly)), *(_lived(world, policy, tell) for policy in scaled)]


def _lived(world: World, policy: ByAmc | ByForecast, tell: Tell) -> Outcome:
    tell()
    return live(world, policy)


def _by_default(amc: Sequence[Outcome], year: Outcome) -> list[Figure]:
    """Both policies as they are; the forecast, which holds less, is held against AMC with no more stock than it has."""
    usual, served, out = amc[0], _with_as_much(amc, year, "fill_rate"), _with_as_much(amc, year, "stockout_days")
    return [
        Figure("a year by AMC: clients served", 100 * usual.fill_rate, "%", 100 * SERVED, "more"),
        Figure("a year by AMC: days out of stock, an item and month", usual.stockout_days, "days", 1.5, "less"),
        Figure("a year by AMC: expired, of what was given", 100 * usual.expired_share, "%", 2, "less"),
        Figure("a year by AMC: average stock", usual.months_of_stock, "months", float(DEFAULTS["maximum"]), "less"),
        Figure("a year by forecast: clients served", 100 * year.fill_rate, "%", 100 * served, "more"),
        Figure("a year by forecast: days out of stock, an item and month", year.stockout_days, "days", out, "less"),
        Figure(
            "a year by forecast: expired, of what was given",
            100 * year.expired_share,
            "%",
            100 * usual.expired_share,
            "less",
        ),
        Figure("a year by forecast: average stock", year.months_of_stock, "months", usual.months_of_stock, "less"),
    ]


def _with_as_much(years: Sequence[Outcome], other: Outcome, name: str) -> float:
    """What years of one policy come to with the stock of the other, between them on a straight line."""
    held, reached = np.array(sorted((year.months_of_stock, getattr(year, name)) for year in years)).T
    return float(np.interp(other.months_of_stock, held, reached))


def _on_equal_terms(amc: Sequence[Outcome], forecast: Sequence[Outcome]) -> list[Figure]:
    by_amc, by_forecast = stock_to_serve(SERVED, amc), stock_to_serve(SERVED, forecast)
    return [
        Figure("stock to serve 95 % of clients, by AMC", by_amc, "months", float(DEFAULTS["maximum"]), "less"),
        Figure("stock to serve 95 % of clients, by forecast", by_forecast, "months", by_amc, "less"),
        Figure("stock to serve 95 % of clients, forecast / AMC", by_forecast / by_amc, "ratio", 1, "less"),
    ]


def stock_to_serve(share: float, years: Sequence[Outcome]) -> float:
    """Months of stock that serve a share of the clients, between years on a straight line; NaN beyond them."""
    served, months = np.array(sorted((year.fill_rate, year.months_of_stock) for year in years)).T
    return float(np.interp(share, served, months, left=np.nan, right=np.nan))
