"""`lmis import`: files of a network, a catalogue, a history or movements into the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import func, select
from sqlmodel import Session

from lmis import clock
from lmis.config import settings
from lmis.db import transaction
from lmis.errors import LmisError, Refused
from lmis.i18n import N_, Message
from lmis.interop import catalog, history, movements, network
from lmis.interop.results import ImportReport, ImportResult, ReportUnwritable, import_report
from lmis.interop.results import Progress as Told
from lmis.interop.tabular import Row, read_table
from lmis.terminal import prepared_engine, refusing

import_app = typer.Typer(
    help="Import files (CSV, CSV.gz or XLSX). A file is imported whole or, when anything in it is refused, not at "
    "all; importing it again changes nothing.",
    no_args_is_help=True,
)
IMPORTS = 0x1C0DE5  # names the lock among PostgreSQL's advisory locks
Importer = Callable[[Session, Iterator[Row], ImportReport, Told], ImportResult]
File = Annotated[Path, typer.Argument(help="The file to import: CSV, CSV.gz or XLSX.", show_default=False)]
ReportPath = Annotated[
    Path | None,
    typer.Option(
        "--report",
        help="Where to write the list of findings. By default it stands in the working directory, named after "
        "the file with .import-report.csv at its end.",
        show_default=False,
    ),
]


@import_app.command("network")
def import_network(file: File, report: ReportPath = None) -> None:
    """Import facilities, their levels and the facilities that supply them.

    The columns are code, name, level, parent, latitude and longitude, and optionally capabilities, unit_code and
    valid_from. Parents may come after their children.
    """
    _run(file, report, network.import_network, network.REQUIRED, network.OPTIONAL)


@import_app.command("catalog")
def import_catalog(file: File, report: ReportPath = None) -> None:
    """Import items.

    The columns are code, name_vi, name_en, method, unit and pack_size, and optionally channels and cyp.
    """
    _run(file, report, catalog.import_catalog, catalog.REQUIRED, catalog.OPTIONAL)


@import_app.command("history")
def import_history(file: File, report: ReportPath = None) -> None:
    """Import monthly figures of another system; each month becomes movements.

    The columns are facility, item, period, opening, received, dispensed, adjusted, closing, days_out and ordered.
    Figures that contradict each other are imported with an adjustment that says so, or left out; the list of
    findings names every such row.
    """

    def importer(session: Session, rows: Iterator[Row], found: ImportReport, told: Told) -> ImportResult:
        return history.HistoryImport(session, found, told, today=clock.today(), now=clock.now()).run(rows)

    _run(file, report, importer, history.REQUIRED)


@import_app.command("movements")
def import_movements(file: File, report: ReportPath = None) -> None:
    """Import single movements, one in each row, in the file's order.

    The columns are id, kind, occurred_on, facility, counterparty, item, lot, expires_on, channel, quantity, reason
    and reference. The kinds are opening, receipt, issue, dispense, transfer, loss, found, return, adjustment and
    count. A return without a counterparty goes to the
    facility above, at the top to the supplier.
    """

    def importer(session: Session, rows: Iterator[Row], found: ImportReport, told: Told) -> ImportResult:
        today, now = clock.today(), clock.now()
        return movements.MovementsImport(session, found, told, today=today, now=now).run(rows)

    _run(file, report, importer, movements.REQUIRED)


def _run(
    file: Path,
    report: Path | None,
    importer: Importer,
    required: Sequence[str],
    optional: Sequence[str] = (),
) -> None:
    """Import a file in one transaction, and say what came of it. A refusal ends the program with status 1."""
    place = report or Path(f"{Path(file.name.removesuffix('.gz')).stem}.import-report.csv")
    with refusing(partial(_refusal_line, file, place)), prepared_engine() as engine:
        rows = read_table(file, required, optional)
        if file.exists() and place.exists() and place.samefile(file):
            raise ReportUnwritable(path=str(place))
        with import_report(place, settings().language) as found, _bar() as told, transaction(engine) as session:
            wait_for_other_imports(session)
            result = importer(session, rows, found, told)
    _say(result, place)


def wait_for_other_imports(session: Session) -> None:
    """Imports lock one facility after another; two at once could wait for each other in a circle."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(select(func.pg_advisory_xact_lock(IMPORTS)))


@contextmanager
def _bar() -> Iterator[Told]:
    """A progress bar on the error stream, seen only on a terminal."""
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    hidden = not console.is_terminal
    bar = Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=hidden)
    with bar as progress:
        task = progress.add_task("", total=None)

        def told(done: int, total: int) -> None:
            if done % 100 == 0 or done == total:
                progress.update(task, completed=done, total=total or None)

        yield told


def _refusal_line(file: Path, report: Path, refusal: LmisError) -> str:
    """One line that says where and what, and how many more there are."""
    language = settings().language
    first = refusal.refusals[0] if isinstance(refusal, Refused) else refusal
    mark = "," if hasattr(first, "line") else ":"
    line = f"{file.name}{mark} {first.message.translate(language)}"
    more = len(refusal.refusals) - 1 if isinstance(refusal, Refused) else 0
    if more:
        params = {"more": more, "report": str(report)}
        line += " " + Message(N_("(and %(more)s more, see %(report)s)"), params).translate(language)
    return line


def _say(result: ImportResult, report: Path) -> None:
    """The counts on the screen, those of nothing left out."""
    language = settings().language
    counts = (
        (N_("Added: %(count)s"), result.added),
        (N_("Changed: %(count)s"), result.changed),
        (N_("Documents posted: %(count)s"), result.posted),
        (N_("Already there: %(count)s"), result.already),
    )
    typer.echo(Message(N_("Rows read: %(count)s"), {"count": result.rows}).translate(language))
    for msgid, count in counts:
        if count:
            typer.echo(Message(msgid, {"count": count}).translate(language))
    for finding, count in sorted(result.findings.items()):
        typer.echo(f"  {finding}: {Message('%(count)s', {'count': count}).translate(language)}")
    if result.findings:
        found = Message(N_("Every row concerned is listed in %(report)s."), {"report": str(report)})
        typer.echo(found.translate(language))
