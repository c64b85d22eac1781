"""The forecasts of a real country's districts, where its history lies beside the checkout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmis.calendar import add_months, month_code
from lmis.forecast.methods import Effort, forecast
from lmis.forecast.panel import Array
from lmis.forecast.tree import correlation, errors_of, summed_quantiles, sums

DATA = Path(__file__).parents[3] / "shared" / "data"
CUTOFF, HORIZON = 201809, 3
SERIES = ["facility", "item"]
LIGHT = Effort(rounds=30, trees=10, rows=8_000)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real history does not lie beside this checkout")


def seen_in_full(history: pd.DataFrame, keys: pd.DataFrame, months: list[str]) -> Array:
    """(N, months) what was dispensed where no empty shelf cut it short; NaN = not known."""
    full = history[(history["closing"] > 0) & ~(history["days_out"] > 0)]
    table = full.pivot_table(index=SERIES, columns="period", values="dispensed", aggfunc="last")
    return np.asarray(table.reindex(pd.MultiIndex.from_frame(keys[SERIES])).reindex(columns=months), dtype=float)


def test_the_90_percent_interval_of_district_sums_covers_85_to_95_percent():
    history = pd.read_csv(DATA / "ci_history.csv.gz")
    network = pd.read_csv(DATA / "ci_network.csv").set_index("code")["parent"]
    found = forecast(history, month_code(CUTOFF), HORIZON, "demand", threads=1, effort=LIGHT)
    district = found.keys["facility"].map(network)
    group, _ = pd.MultiIndex.from_arrays([district, found.keys["item"]]).factorize()
    past = sorted(history.loc[history["period"] <= month_code(CUTOFF), "period"].unique())
    together = correlation(errors_of(seen_in_full(history, found.keys, past)), group)
    ahead = [month_code(add_months(CUTOFF, step + 1)) for step in range(HORIZON)]
    actual = seen_in_full(history, found.keys, ahead)

    inside = []
    for month in range(HORIZON):
        known = np.isfinite(actual[:, month]) & (found.method != "none")
        place = np.arange(known.sum()) + group.max() + 1
        added = sums(
            place, np.zeros(len(place), dtype=int), dict(zip(place.tolist(), group[known].tolist(), strict=True))
        )
        of_district = (added.keys[:, 0] <= group.max()) & (added.of(np.ones(len(place))) > 1)
        means, quantiles = (figures[known, month : month + 1] for figures in (found.means, found.quantiles))
        ranges = summed_quantiles(added, means, quantiles, together)[of_district, 0]
        came = added.of(actual[known, month])[of_district]
        inside += ((came >= ranges[:, 0] - 1e-6) & (came <= ranges[:, -1] + 1e-6)).tolist()

    assert len(inside) > 200
    assert 0.85 <= np.mean(inside) <= 0.95
