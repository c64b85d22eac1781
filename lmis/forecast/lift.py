"""What campaign months did to use before, and so will do again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lmis.forecast.panel import Array, Panel

DOUBT = 5.0  # months in which a campaign did nothing, put in beside those seen


class Lift:
    """Adds up, month by month, what was dispensed in campaigns beside the level just before."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.item = panel, pd.factorize(panel.keys["item"])[0]
        self.used, self.level, self.months = (np.zeros(self.item.max(initial=-1) + 1) for _ in range(3))

    def take(self, month: int, level: Array) -> None:
        """Add the month of this number; level: (N,) of the series before it."""
        place = month - self.panel.first
        there = self.panel.flagged[:, place] & self.panel.reported[:, place]
        for total, value in ((self.used, self.panel.issued[:, place]), (self.level, level), (self.months, there)):
            total += np.bincount(self.item, np.where(there, value, 0.0), len(total))

    def ratio(self) -> Array:
        """(N,) how many times its level a series' campaign month dispenses: by item, drawn to all items, they to 1."""
        months = self.months.sum()
        usual = self.level.sum() / months if months else 1.0
        overall = (self.used.sum() + DOUBT * usual) / (self.level.sum() + DOUBT * usual)
        each = self.level / np.where(self.months > 0, self.months, np.nan)
        of_item = (self.used + DOUBT * each * overall) / (self.level + DOUBT * each)
        return np.asarray(np.where(np.isfinite(of_item), of_item, overall)[self.item])
