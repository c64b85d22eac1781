"""The command that fills a database to try the program on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import Engine

from lmis import clock
from lmis.accounts.rights import ROLE_NAMES
from lmis.config import settings
from lmis.db import make_engine, reader
from lmis.demo.filling import Filled, fill
from lmis.demo.network import BOARD, Size
from lmis.demo.people import PASSWORD, PEOPLE
from lmis.i18n import N_
from lmis.network.service import facility_by_code
from lmis.terminal import refusing, say

SEED = 2026


def demo(
    size: Annotated[
        Literal["district", "city"] | None,
        typer.Option(
            help="How much: one district alone, or all of the city's collaborators. "
            "Without it, the whole city with the collaborators of one district."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed on the same day gives the same data.")] = SEED,
    logins: Annotated[bool, typer.Option("--logins", help="Fill nothing; only say who may sign in.")] = False,
) -> None:
    """Fill an empty database with Hà Nội's network and 24 months of invented history, to try the program on."""
    engine = make_engine(settings().database_url)
    with refusing():
        if not logins:
            _tell_filled(_fill_with_bar(engine, size or "default", seed))
        with reader(engine) as session:
            places = {person.facility: facility_by_code(session, person.facility).name for person in PEOPLE}
    engine.dispose()
    _tell_logins(places)


def _fill_with_bar(engine: Engine, size: Size, seed: int) -> Filled:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(say(N_("Filling the demo")), total=1.0)
        return fill(
            engine,
            size=size,
            seed=seed,
            today=clock.today(),
            now=clock.now(),
            tell=lambda done: progress.update(task, completed=done),
        )


def _tell_filled(filled: Filled) -> None:
    counts = {"facilities": filled.facilities, "documents": filled.documents}
    said = N_("%(facilities)s facilities, %(documents)s documents, %(first)s to %(last)s.")
    typer.echo(say(said, **counts, first=filled.first, last=filled.last))


def _tell_logins(places: Mapping[str, str]) -> None:
    """Who may sign in, and how to go on."""
    console = Console()
    logins = Table(say(N_("User name")), say(N_("Role")), say(N_("Facility")))
    for person in PEOPLE:
        logins.add_row(person.username, say(ROLE_NAMES[person.role]), f"{places[person.facility]} ({person.facility})")
    console.print(logins)
    console.print(say(N_("The password of all of them: %(password)s"), password=PASSWORD))
    console.print(say(N_("Serve the pages with “lmis serve”; the report of the whole city is:")))
    console.print(f"lmis report stock --facility {BOARD} --period {clock.today():%Y-%m}", highlight=False)
