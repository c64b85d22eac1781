"""The forecast commands, and the nightly job that makes the month's forecast."""

from __future__ import annotations

import typer

forecast_app = typer.Typer(help="Forecast demand, and look at how good forecasts were.", no_args_is_help=True)
