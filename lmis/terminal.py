"""What the commands share: a refusal is one clear line and exit status 1."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import typer
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from lmis.config import settings
from lmis.db import NoDatabase, make_engine
from lmis.errors import LmisError, Refused
from lmis.exports import WRITERS, Cell
from lmis.i18n import N_, Message
from lmis.schema import ready


class NoBytesOnTerminal(LmisError):
    status_code = 422
    msgid = N_("An XLSX file does not go to the screen. Send it to a file with “--output report.xlsx”.")


class Unwritable(LmisError):
    status_code = 422
    msgid = N_("%(path)s cannot be written (%(why)s). Name another place.")


def say(msgid: str, **params: object) -> str:
    return Message(msgid, params).translate(settings().language)


def one_line(refusal: LmisError) -> str:
    """The refusal, and how many more came with it."""
    first = refusal.refusals[0] if isinstance(refusal, Refused) else refusal
    line = first.message.translate(settings().language)
    more = len(refusal.refusals) - 1 if isinstance(refusal, Refused) else 0
    return f"{line} {say(N_('(and %(more)s more)'), more=more)}" if more else line


@contextmanager
def refusing(tell: Callable[[LmisError], str] = one_line) -> Iterator[None]:
    """End the program with status 1 and one line on the error stream when something is refused."""
    try:
        yield
    except LmisError as refusal:
        typer.echo(tell(refusal), err=True)
        raise typer.Exit(1) from None
    except ValidationError as error:
        for fault in error.errors():
            typer.echo(f"LMIS_{fault['loc'][0]}".upper() + f": {fault['msg']}", err=True)
        raise typer.Exit(1) from None
    except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
        why = str(getattr(error, "orig", error)).splitlines()[0]
        typer.echo(NoDatabase(why=why).message.translate(settings().language), err=True)
        raise typer.Exit(1) from None


@contextmanager
def prepared_engine() -> Iterator[Engine]:
    """The engine of the configured database, once it is sure to have this version's schema."""
    engine = make_engine(settings().database_url)
    try:
        ready(engine)
        yield engine
    finally:
        engine.dispose()


def put_out(columns: Sequence[str], rows: Sequence[Sequence[Cell]], format_: str, output: Path | None) -> None:
    """Write a table in a format of exports.WRITERS to a file, or to the standard output."""
    if format_ == "xlsx" and output is None and sys.stdout.isatty():
        raise NoBytesOnTerminal
    content = WRITERS[format_](columns, rows)
    if output is not None:
        try:
            output.write_bytes(content)
        except OSError as error:
            raise Unwritable(path=str(output), why=error.strerror) from None
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
