"""The forecast commands, and the nightly job that makes the month's forecast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import Engine

from lmis import clock
from lmis.calendar import Month, add_months, month_code, month_of, months_between, parse_period
from lmis.config import settings
from lmis.db import reader
from lmis.errors import LmisError
from lmis.forecast.loading import loaded
from lmis.forecast.reasons import METHODS
from lmis.i18n import N_, Message
from lmis.jobs.runs import Done
from lmis.terminal import Unwritable, prepared_engine, refusing, say

if TYPE_CHECKING:
    from lmis.forecast.backtest import Results, Score
    from lmis.forecast.runs import Made, Tell

Target = Annotated[
    Literal["issued", "demand"],
    typer.Option(help="What reported months dispense, or what they would with stock on the shelf."),
]
Seed = Annotated[int, typer.Option(help="The same seed and history give the same forecasts.")]
Threads = Annotated[
    int | None,
    typer.Option(help="Threads to work on; without it, one for each core. They change no figure.", min=1),
]
MOST_AHEAD = 24

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


def last_reported_month() -> Month:
    """The last month that is over and whose reports had to be there."""
    due = clock.today().day >= settings().forecast_day
    return last_complete_month() if due else add_months(last_complete_month(), -1)


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
    back: Annotated[
        int,
        typer.Option(help="How many months before it get theirs too, so that there is something to judge by.", min=0),
    ] = 0,
    engine: Annotated[
        Literal["dask", "ray", "spark"] | None,
        typer.Option(help="Hand each part of the tree to this engine; without it, one model for all, on this machine."),
    ] = None,
) -> None:
    """Make the forecast of a month for every facility and item. One that was made is never made again."""
    from lmis.forecast.runs import make_run

    last = as_of or last_complete_month()
    today, now = clock.today(), clock.now()
    with refusing(), prepared_engine() as database:
        for month in months_between(add_months(last, -back), last):
            with bar(f"{say(N_('Forecasting'))} {month_code(month)}") as tell:
                made = make_run(database, month, today=today, now=now, horizon=horizon, fan_out=engine, tell=tell)
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


def make_forecast(engine: Engine) -> Done:
    """The nightly job: the forecast of the last month whose reports are due, unless it is there.

    The first time also that of the month before, so that there is something to judge by from the beginning.
    Raises what make_run raises; an empty ledger is no fault.
    """
    from lmis.forecast.outlook import run_in_force

    with reader(engine) as session:
        first_time = run_in_force(session, clock.today()) is None
    done = _forecast_of(engine, last_reported_month())
    if first_time and done.counts:
        _forecast_of(engine, add_months(last_reported_month(), -1))
    return done


def _forecast_of(engine: Engine, month: Month) -> Done:
    from lmis.forecast.runs import NoHistory, NoHistoryAtAll, make_run

    try:
        made = make_run(engine, month, today=clock.today(), now=clock.now())
    except (NoHistory, NoHistoryAtAll) as nothing:
        return Done(detail=nothing.message.translate(settings().language))
    series = sum(made.series.values()) if made.new else 0
    return Done({"forecasts": series}, told(made).translate(settings().language))


def some_months(text: str) -> list[str]:
    """2018-06,2018-07 as a list of them, each once. Raises BadParameter."""
    months = {month_code(a_month(part.strip())) for part in text.split(",") if part.strip()}
    if not months:
        raise typer.BadParameter(say(N_("Name at least one month, as 2026-10.")))
    return sorted(months)


HistoryFile = typer.Option(
    "--history",
    help="CSV or CSV.gz: facility, item, period (2026-10), dispensed and, where known, opening, received, adjusted, "
    "closing, days_out, ordered. A missing row is a missing month.",
    show_default=False,
)


@forecast_app.command("file")
def of_file(
    history: Annotated[Path, HistoryFile],
    cutoffs: Annotated[
        list[str],
        typer.Option(
            parser=some_months, metavar="MONTHS", help="Last months seen: 2018-06,2018-07.", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option(help="The file to write: CSV, or CSV.gz.", show_default=False)],
    horizon: Annotated[int, typer.Option(help="Months ahead.", min=1, max=MOST_AHEAD)] = 3,
    target: Target = "demand",
    seed: Seed = 0,
    threads: Threads = None,
) -> None:
    """Forecast the series of a file, without a database; each cutoff sees nothing after it.

    Writes unique_id (facility_item), cutoff, ds, y_hat (the median), y_mean and q0.05 … q0.95.
    """
    months = _flat(cutoffs)
    with refusing():
        files, methods = loaded("files"), loaded("methods")
        past = files.read_history(history)
        files.check_cutoffs(history, past, months)
        _tell(files.noticed(past))
        made = []
        with bar(say(N_("Forecasting"))) as tell:
            for done, cutoff in enumerate(months):

                def told_of(share: float, done: int = done) -> None:
                    tell((done + share) / len(months))

                made.append(methods.forecast(past, cutoff, horizon, target, seed=seed, threads=threads, tell=told_of))
        _write(out, made)
    for one in made:
        typer.echo(_said_of(one), err=True)


def _flat(cutoffs: Sequence[Any]) -> list[str]:
    """Typer gives a list of what each option was parsed into."""
    return sorted({month for one in cutoffs for month in ([one] if isinstance(one, str) else one)})


def _write(out: Path, made: Sequence[Any]) -> None:
    try:
        loaded("files").write_forecasts(out, [one.frame() for one in made])
    except OSError as error:
        raise Unwritable(path=str(out), why=error.strerror) from None


def _said_of(made: Any) -> str:
    without = int((made.method == "none").sum())
    said = N_("%(cutoff)s: %(series)s series forecast, %(without)s without a forecast.")
    return say(said, cutoff=made.cutoff, series=len(made.method) - without, without=without)


@forecast_app.command("backtest")
def backtest(
    history: Annotated[Path | None, HistoryFile] = None,
    origins: Annotated[int, typer.Option(help="How many cutoffs, the latest that are over.", min=1)] = 3,
    horizon: Annotated[int, typer.Option(help="Months ahead.", min=1, max=MOST_AHEAD)] = 3,
    target: Target = "demand",
    seed: Seed = 0,
    threads: Threads = None,
) -> None:
    """Show how good each method's forecasts would have been, from months that are past by now.

    Of the database's history, or of a file's. MASE: the median's mean absolute error beside the mean change over a
    year; sCRPS: the same for the whole distribution; 90 %: the share of months in the 90 % interval; bias: of the mean.
    """
    with refusing():
        scoring = loaded("backtest")
        past, about = _of_file(history) if history else _of_database(horizon)
        months = scoring.origins_of(past, origins, horizon)
        with bar(say(N_("Backtest"))) as tell:
            results = scoring.backtest(past, months, horizon, target, seed=seed, threads=threads, tell=tell, **about)
    _show(results)


def _of_file(path: Path) -> tuple[Any, dict[str, Any]]:
    files = loaded("files")
    past = files.read_history(path)
    files.check_rows(path, past)
    _tell(files.noticed(past))
    return past, {}


def _tell(messages: Sequence[Message]) -> None:
    for message in messages:
        typer.echo(message.translate(settings().language), err=True)


def _of_database(horizon: int) -> tuple[Any, dict[str, Any]]:
    """The history of the series that the nightly job forecasts, and what it knows of them."""
    from lmis.forecast.places import begins_in
    from lmis.forecast.runs import NoHistoryAtAll

    making = loaded("making")
    with prepared_engine() as engine, reader(engine) as session:
        if begins_in(session) is None:
            raise NoHistoryAtAll
        task = making.prepared(making.read(session, last_complete_month()), horizon)
    return task.pooled.frame(), {"places": task.places, "flagged": task.flagged, "calendar": "vn"}


def _show(results: Results) -> None:
    table = Table(say(N_("Method")), title=_title(results))
    for heading in ("MASE", "sCRPS", "90 %", say(N_("Bias"))):
        table.add_column(heading, justify="right")
    for score in results.scores:
        table.add_row(
            _name(score), f"{score.mase:.3f}", f"{score.scrps:.3f}", f"{score.coverage:.1%}", f"{score.bias:+.1%}"
        )
    Console().print(table)


def _title(results: Results) -> str:
    said = N_("%(first)s to %(last)s: %(months)s months scored, %(seconds)s s an origin")
    first, last = results.origins[0], results.origins[-1]
    return say(said, first=first, last=last, months=results.months, seconds=round(results.seconds))


def _name(score: Score) -> str:
    return say(METHODS.get(score.method, N_("Chosen for each series")))
