"""What an empty shelf cut off is made up before demand is learnt: else every stockout would make it look less."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lmis.forecast.features import Sweep
from lmis.forecast.panel import Panel, build_panel


def panel(*months: tuple[float, float, float]) -> Panel:
    """One series from January on. months: dispensed, closing, days out."""
    rows = [
        {"facility": 1, "item": 1, "period": f"2026-{at:02d}", "dispensed": used, "closing": left, "days_out": out}
        for at, (used, left, out) in enumerate(months, 1)
    ]
    return build_panel(pd.DataFrame(rows), f"2026-{len(months):02d}")


def test_a_month_with_stock_on_most_days_is_made_up():
    january = panel((20, 0, 11)).towards("demand")

    assert january.issued[0, 0] == pytest.approx(20 * 31 / 20)
    assert january.known("demand").all()
    assert january.values["closing"][0, 0] == 0


def test_a_month_with_stock_on_few_days_stays_cut_short():
    january = panel((20, 0, 16)).towards("demand")

    assert january.issued[0, 0] == 20
    assert january.cut_short.all()


def test_what_was_issued_is_not_made_up():
    january = panel((20, 0, 11)).towards("issued")

    assert january.issued[0, 0] == 20


def test_days_that_were_not_recorded_make_nothing_up():
    january = panel((20, 0, np.nan)).towards("demand")

    assert january.issued[0, 0] == 20
    assert january.cut_short.all()


def test_a_made_up_month_is_not_corrected_twice_in_the_average():
    year = panel((20, 0, 11), (10, 5, 0), (8, 0, 20))
    before, made_up = (list(Sweep(its, "demand", pd.Index([1])))[-1].amc[0] for its in (year, year.towards("demand")))

    assert made_up == pytest.approx(before)


def test_looking_back_keeps_what_is_made_up():
    year = panel((20, 0, 11), (10, 5, 0)).towards("demand")

    assert year.through(year.first).made_up.tolist() == [[True]]
