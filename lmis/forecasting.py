"""The forecast commands, and the nightly job that makes the month's forecast."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy import Engine

from lmis import clock
from lmis.alerts.runs import CLEAN
from lmis.calendar import Month, add_months, month_code, month_of, parse_period
from lmis.config import settings
from lmis.errors import LmisError
from lmis.forecast.reasons import METHODS
from lmis.i18n import N_, Message
from lmis.terminal import prepared_engine, refusing, say

if TYPE_CHECKING:
    from lmis.forecast.runs import Made, Tell

forecast_app = typer.Typer(help="Forecast demand, and look at how good forecasts were.", no_args_is_help=True)


def a_month(text: str) -> Month:
    """2026-10 as 202610. Raises BadParameter."""
    try:
        period = parse_period(text)
    except LmisError as error:
        raise typer.BadParameter(error.message.translate(settings().language)) from None
    if period.months != [month_of(period.first)]:
        raise typer.BadParameter(say(N_("%(text)s is not a month; write it as 2026-10."), text=text))
    return month_of(period.first)


def last_complete_month() -> Month:
    return add_months(month_of(clock.today()), -1)


@contextmanager
def bar(label: str) -> Iterator[Tell]:
    """A progress bar on the error stream; it is told the share done, 0 … 1."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=1.0)
        yield lambda done: progress.update(task, completed=done)


@forecast_app.command("run")
def run(
    as_of: Annotated[
        Month | None,
        typer.Option(
            parser=a_month,
            metavar="MONTH",
            help="The last month it sees, as 2026-10; without it, the last complete one.",
            show_default=False,
        ),
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(help="Months ahead; without it 12, and 24 for the plan of the top.", show_default=False),
    ] = None,
    engine: Annotated[
        Literal["dask", "ray", "spark"] | None,
        typer.Option(help="Hand each part of the tree to this engine; without it, one model for all, on this machine."),
    ] = None,
) -> None:
    """Make the forecast of a month for every facility and item. One that was made is never made again."""
    from lmis.forecast.runs import make_run

    month = as_of or last_complete_month()
    about = {"today": clock.today(), "now": clock.now(), "horizon": horizon, "fan_out": engine}
    with refusing(), prepared_engine() as database, bar(say(N_("Forecasting"))) as tell:
        made = make_run(database, month, tell=tell, **about)  # type: ignore[arg-type]
    typer.echo(told(made).translate(settings().language))


def told(made: Made) -> Message:
    """What came of making a forecast, in one line."""
    series = sum(made.series.values())
    if not made.new:
        said = N_("The forecast from %(month)s is there already, with %(series)s series; nothing was changed.")
        return Message(said, {"month": month_code(made.as_of), "series": series})
    methods = ", ".join(f"{say(METHODS[method])} {count}" for method, count in made.series.most_common())
    said = N_("The forecast from %(month)s is made: %(series)s series in %(seconds)s s (%(methods)s).")
    about = {"month": month_code(made.as_of), "series": series, "seconds": round(made.seconds), "methods": methods}
    return Message(said, about)


def make_forecast(engine: Engine) -> tuple[str, str | None]:
    """The nightly job: the forecast of the last complete month, unless it is there. Outcome and what to remember.

    Raises what make_run raises; an empty ledger is no fault.
    """
    from lmis.forecast.runs import NoHistory, NoHistoryAtAll, make_run

    try:
        made = make_run(engine, last_complete_month(), today=clock.today(), now=clock.now())
    except (NoHistory, NoHistoryAtAll) as nothing:
        return CLEAN, nothing.message.translate(settings().language)
    return CLEAN, told(made).translate(settings().language)
