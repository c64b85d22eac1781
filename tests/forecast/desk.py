"""A site whose forecasts have something to show on every page."""

from __future__ import annotations

from datetime import datetime

from lmis.i18n import VIETNAM
from tests.factories import a_forecast
from tests.forecast.test_outlook import says
from tests.web import Site


def forecast_pages(site: Site) -> list[str]:
    """The addresses of the pages of forecasts, where last month was forecast and overridden too."""
    board, item = site.tree.board, site.condom
    for as_of in (202609, 202610):
        for at, mean in ((board, 900.0), (site.tree.district, 500.0), (site.tree.commune, 90.0)):
            site.add(a_forecast, at, item, means=[mean] * 24, as_of=as_of)
    for month in (202610, 202612):
        site.add(says, board, item, 950, month=month, when=datetime(2026, 9, 20, tzinfo=VIETNAM))
    paths = ("forecast", "forecast?show=stock", "forecast/accuracy", "campaigns", f"items/{item.code}/forecast")
    return [f"/f/{board.code}/{path}" for path in paths]
