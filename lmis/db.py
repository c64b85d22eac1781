"""The database: naming of constraints, engines, and the sessions that requests, commands and jobs work in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import psycopg
from fastapi import Depends, Request
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, MetaData, create_engine, event, make_url, types
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlmodel import Session, SQLModel

from lmis.errors import LmisError
from lmis.i18n import N_

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BigId = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself on SQLite


class Busy(LmisError):
    status_code = 503
    msgid = N_("Someone else was writing the same stock at the same moment; nothing was kept. Do it again.")


class NoDatabase(LmisError):
    status_code = 503
    msgid = N_("The database of LMIS_DATABASE_URL cannot be used: %(why)s")


class UnsupportedDatabase(LmisError):
    status_code = 503
    msgid = N_("LMIS_DATABASE_URL names no database that can be used: begin it with sqlite:/// or postgresql://.")


class Table(SQLModel):
    """The base of every table."""

    metadata = metadata


class UtcDateTime(types.TypeDecorator[datetime]):
    """A moment in UTC; refuses a time without a zone, and gives one back with it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def id_of(row: Any) -> int:
    """The id of a row that the database has."""
    return int(row.id)


def make_engine(url: str) -> Engine:
    """An engine on SQLite (one writer, durable) or PostgreSQL (times in UTC).

    Raises UnsupportedDatabase, or NoDatabase for an address that cannot be read.
    """
    if not url.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
        raise UnsupportedDatabase
    try:
        address = make_url(url.replace("postgresql://", "postgresql+psycopg://", 1))
    except (ArgumentError, ValueError) as error:
        raise NoDatabase(why=str(error)) from None
    if address.get_backend_name() == "postgresql":
        zone = {"options": "-c timezone=UTC"}
        return create_engine(address, connect_args=zone, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(address, connect_args={"timeout": 30}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the begin event below decides, not the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that writes: commits on return, rolls back on raise. SQLite's one writer is taken at once.

    Raises Busy, with nothing kept, when others wrote the same rows at the same moment.
    """
    writer = engine.execution_options(begin="BEGIN IMMEDIATE")
    try:
        with Session(writer, expire_on_commit=False) as session, session.begin():
            yield session
    except (DBAPIError, psycopg.Error, sqlite3.Error) as error:
        if _is_busy(getattr(error, "orig", error)):
            raise Busy from error
        raise


def _is_busy(error: BaseException | None) -> bool:
    """Whether two that wrote at once stood in each other's way."""
    if isinstance(error, sqlite3.OperationalError):
        return "locked" in str(error)
    return isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure)


@contextmanager
def reader(engine: Engine) -> Iterator[Session]:
    """A session that only reads, all of it as it stood at one moment."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine) as session:
        yield session


def _request_transaction(request: Request) -> Iterator[Session]:
    with transaction(request.app.state.engine) as session:
        yield session


def _request_reader(request: Request) -> Iterator[Session]:
    with reader(request.app.state.engine) as session:
        yield session


Transaction = Annotated[Session, Depends(_request_transaction, scope="function")]
Reader = Annotated[Session, Depends(_request_reader, scope="function")]
