"""The `lmis` command."""

from __future__ import annotations

import os
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from lmis import clock
from lmis.accounts.rights import Role
from lmis.config import settings
from lmis.db import id_of, make_engine, reader, transaction
from lmis.demo.command import demo
from lmis.exports import Format
from lmis.forecasting import forecast_app
from lmis.i18n import N_
from lmis.interop.commands import import_app
from lmis.terminal import prepared_engine, put_out, refusing, say
from lmis.worker.commands import jobs_app, worker

app = typer.Typer(
    name="lmis",
    help="Keep contraceptives on the shelf: stock ledgers from the city board down to commune stations and "
    "collaborators. The database is named by LMIS_DATABASE_URL; without it, a SQLite file in the working directory.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
report_app = typer.Typer(help="Print reports.", no_args_is_help=True)
stock_app = typer.Typer(help="Look into the stock ledger.", no_args_is_help=True)
user_app = typer.Typer(help="Manage the people who may sign in.", no_args_is_help=True)
app.add_typer(forecast_app, name="forecast")
app.add_typer(import_app, name="import")
app.add_typer(jobs_app, name="jobs")
app.add_typer(report_app, name="report")
app.add_typer(stock_app, name="stock")
app.add_typer(user_app, name="user")
app.command("demo")(demo)
app.command("worker")(worker)


def a_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is not a day; write it as 2026-10-31.") from None


FacilityCode = Annotated[str, typer.Option("--facility", help="The code of the facility.", show_default=False)]
OutputFormat = Annotated[Format, typer.Option("--format", help="How the table is written.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", help="The file to write to; without it, the standard output.", show_default=False),
]
Username = Annotated[str, typer.Option(help="What they sign in with.", show_default=False)]
NewPassword = Annotated[
    str,
    typer.Option(
        prompt=True,
        hide_input=True,
        confirmation_prompt=True,
        envvar="LMIS_NEW_PASSWORD",
        help="Asked for when not given, and better so: a command line can be read by others.",
        show_default=False,
    ),
]
By = Literal["facility", "total"]
CARD_COLUMNS = ("occurred_on", "document", "kind", "counterparty", "lot", "quantity", "balance")


@app.command()
def init() -> None:
    """Make the database, or bring an older one to this version, with the reference data it begins with."""
    from lmis.schema import prepare

    with refusing():
        engine = make_engine(settings().database_url)
        prepare(engine)
        typer.echo(say(N_("The database is ready: %(url)s"), url=engine.url.render_as_string()))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="How many processes answer.", min=1)] = 1,
    with_worker: Annotated[bool, typer.Option("--with-worker", help="Run the jobs too, in a process beside.")] = False,
) -> None:
    """Serve the web pages. Put a server that speaks https in front of it before others can reach it."""
    import uvicorn

    from lmis.worker.embedded import worker_beside

    with refusing(), prepared_engine():
        typer.echo(say(N_("Serving on %(address)s – stop with Ctrl+C."), address=f"http://{host}:{port}"))
    trusted = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
    options = {"host": host, "port": port, "workers": workers, "log_level": "warning"}
    with worker_beside() if with_worker else nullcontext():
        uvicorn.run("lmis.app:configured_app", factory=True, forwarded_allow_ips=trusted, **options)  # type: ignore[arg-type]


@app.command()
def verify() -> None:
    """Recompute every balance from the ledger's lines, and name every difference. The exit status is 1 on one."""
    from lmis.stock.verify import verify as prove

    waiting = Console(stderr=True).status("")
    with refusing(), prepared_engine() as engine, reader(engine) as session, waiting as status:
        found = prove(session, status.update)
    for difference in found:
        typer.echo(difference.message.translate(settings().language), err=True)
    if found:
        raise typer.Exit(1)
    typer.echo(say(N_("The ledger is proved: everything kept agrees with its lines.")))


@app.command()
def close(
    facility: FacilityCode,
    through: Annotated[
        date, typer.Option(parser=a_day, help="The last closed day, as 2026-10-31.", show_default=False)
    ],
    below: Annotated[bool, typer.Option(help="Close everything under the facility too.")] = False,
) -> None:
    """Close the books of a facility: nothing can be dated on or before the day any more."""
    from lmis.stock.closing import close_books

    with refusing(), prepared_engine() as engine, transaction(engine) as session:
        closed = close_books(session, facility, through, below=below, today=clock.today())
    typer.echo(say(N_("Closed through %(day)s: %(count)s facilities."), day=through, count=closed))


@report_app.command("stock")
def report_stock(
    facility: FacilityCode,
    period: Annotated[str, typer.Option(help="A month (2026-10), quarter (2026-Q3), half-year (2026-H1) or year.")],
    by: Annotated[By, typer.Option(help="One row for each facility, or the total.")] = "facility",
    format_: OutputFormat = "table",
    output: Output = None,
) -> None:
    """Print the receipt-issue-balance report of a facility and all under it."""
    from lmis.calendar import parse_period
    from lmis.network.service import facility_by_code
    from lmis.reports.download import COLUMNS, cells
    from lmis.reports.stock_report import stock_report

    with refusing(), prepared_engine() as engine, reader(engine) as session:
        root = id_of(facility_by_code(session, facility))
        report = stock_report(session, root, parse_period(period), today=clock.today(), rows=by == "facility")
        rows = report.rows if by == "facility" else report.totals
        put_out(COLUMNS, [cells(row) for row in rows], format_, output)


@stock_app.command("card")
def stock_card(
    facility: FacilityCode,
    item: Annotated[str, typer.Option(help="The code of the item.", show_default=False)],
    since: Annotated[date | None, typer.Option(parser=a_day, help="The first day.", show_default=False)] = None,
    until: Annotated[date | None, typer.Option(parser=a_day, help="The last day.", show_default=False)] = None,
    format_: OutputFormat = "table",
    output: Output = None,
) -> None:
    """Print the stock card of an item at a facility: one line for each lot moved, with the item's balance."""
    from lmis.catalog.service import item_by_code
    from lmis.network.service import facility_by_code
    from lmis.stock.queries import stock_card as read_card

    with refusing(), prepared_engine() as engine, reader(engine) as session:
        place, goods = id_of(facility_by_code(session, facility)), id_of(item_by_code(session, item))
        lines = read_card(session, place, goods, since, until)
    rows = [
        (c.occurred_on, c.document, c.kind, c.counterparty_code or c.counterparty, c.lot, c.quantity, c.balance)
        for c in lines
    ]
    with refusing():
        put_out(CARD_COLUMNS, rows, format_, output)


@user_app.command("add")
def user_add(
    username: Username,
    facility: FacilityCode,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    name: Annotated[str, typer.Option(help="Their name as documents show it.")] = "",
    email: Annotated[str, typer.Option(help="Where alerts are sent; without one, nothing is.")] = "",
    password: NewPassword = "",
) -> None:
    """Let a person sign in. They see their facility and everything under it."""
    from lmis.accounts.service import add_user
    from lmis.network.service import facility_by_code

    with refusing(), prepared_engine() as engine, transaction(engine) as session:
        place = id_of(facility_by_code(session, facility))
        add_user(session, username=username, name=name, password=password, role=role, facility_id=place, email=email)
    typer.echo(
        say(
            N_("%(username)s may sign in as %(role)s of %(facility)s."), username=username, role=role, facility=facility
        )
    )


@user_app.command("password")
def user_password(username: Username, password: NewPassword = "") -> None:
    """Give a person a new password. Whoever is signed in with the old one is signed out."""
    from lmis.accounts.service import set_password

    with refusing(), prepared_engine() as engine, transaction(engine) as session:
        set_password(session, username, password)
    typer.echo(say(N_("%(username)s has a new password."), username=username))


@user_app.command("email")
def user_email(
    username: Username,
    email: Annotated[str, typer.Option(help="The new address; empty for none.", show_default=False)],
) -> None:
    """Give a person another e-mail address. One that had bounced is tried again."""
    from lmis.accounts.service import known_user, set_email

    with refusing(), prepared_engine() as engine, transaction(engine) as session:
        user = known_user(session, username)
        set_email(session, user, email)
        to = user.email
    if to:
        typer.echo(say(N_("E-mails to %(username)s go to %(address)s."), username=username, address=to))
    else:
        typer.echo(say(N_("%(username)s has no e-mail address now, and gets no e-mails."), username=username))


@user_app.command("disable")
def user_disable(username: Username) -> None:
    """Let a person sign in no more, from this moment. What they recorded stays."""
    _set_active(username, active=False)
    typer.echo(say(N_("%(username)s may not sign in any more."), username=username))


@user_app.command("enable")
def user_enable(username: Username) -> None:
    """Let a person who was disabled sign in again."""
    _set_active(username, active=True)
    typer.echo(say(N_("%(username)s may sign in again."), username=username))


def _set_active(username: str, *, active: bool) -> None:
    from lmis.accounts.service import set_active

    with refusing(), prepared_engine() as engine, transaction(engine) as session:
        set_active(session, username, active)


@stock_app.command("lot-expiry")
def lot_expiry(
    item: Annotated[str, typer.Option(help="The code of the item.", show_default=False)],
    lot: Annotated[str, typer.Option(help="The number on the label.", show_default=False)],
    expires_on: Annotated[date, typer.Option(parser=a_day, help="The right date.", show_default=False)],
) -> None:
    """Put the expiry date of a lot right, wherever it lies. The documents stay as they are."""
    from lmis.catalog.service import item_by_code
    from lmis.stock.lots import correct_expiry

    with refusing(), prepared_engine() as engine, transaction(engine) as session:
        count = correct_expiry(session, id_of(item_by_code(session, item)), lot, expires_on)
    said = N_("Lot %(lot)s expires on %(expires_on)s; %(count)s facilities have had it.")
    typer.echo(say(said, lot=lot, expires_on=expires_on, count=count))
