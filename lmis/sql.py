"""Statements at the speed of the driver, written once for SQLite and PostgreSQL.

The posting path is many small statements; through the ORM each costs ten to thirty times what the driver takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlmodel import Session


class Sql:
    """Runs statements with `:name` parameters inside a session's transaction.

    `:name*` stands for a list: `id IN (:ids*)`. Days and UUIDs go in as they are; `as_day` and `as_hex` read them.
    """

    def __init__(self, session: Session) -> None:
        session.flush()
        connection = session.connection()
        self.sqlite = connection.dialect.name == "sqlite"
        self._connection = connection.connection
        self._cursor = self._connection.cursor()

    def rows(self, statement: str, **params: Any) -> list[tuple[Any, ...]]:
        self._cursor.execute(_written_for(statement, self.sqlite), self._ready(params))
        return list(self._cursor.fetchall())

    def stream(self, statement: str, **params: Any) -> Iterator[tuple[Any, ...]]:
        """Rows one after the other, on a cursor of their own, so that other statements can run between them."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(_written_for(statement, self.sqlite), self._ready(params))
            while rows := cursor.fetchmany(2_000):
                yield from rows

    def execute(self, statement: str, **params: Any) -> int:
        """Run a statement; the number of rows it changed."""
        self._cursor.execute(_written_for(statement, self.sqlite), self._ready(params))
        return int(self._cursor.rowcount)

    def insert(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement with `?` parameters once for each row."""
        if rows:
            self._cursor.executemany(statement if self.sqlite else statement.replace("?", "%s"), rows)

    def _ready(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self.sqlite:
            return params
        return {name: _for_sqlite(value) for name, value in params.items()}


def _for_sqlite(value: Any) -> Any:
    match value:
        case [int(), *_]:
            return f"[{','.join(map(str, value))}]"  # ids, by far the most: json.dumps takes five times as long
        case list():
            return json.dumps([_for_sqlite(each) for each in value])
        case date():
            return value.isoformat()
        case UUID():
            return value.hex
        case _:
            return value


@cache
def _written_for(statement: str, sqlite: bool) -> str:
    if sqlite:
        return re.sub(r":(\w+)\*", r"SELECT value FROM json_each(:\1)", statement)
    listed = re.sub(r"IN \(:(\w+)\*\)", r"= ANY(%(\1)s)", statement.replace("%", "%%"))
    return re.sub(r"(?<!:):(\w+)", r"%(\1)s", listed)


def as_hex(value: Any) -> str:
    """The 32 digits of a UUID as either database gives it."""
    return value.hex if isinstance(value, UUID) else value


def stored(moment: datetime) -> str:
    """A moment as both databases take it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def as_moment(value: datetime | str) -> datetime:
    """A moment as either database gives it."""
    read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def as_day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def as_day_or_none(value: Any) -> date | None:
    return None if value is None else as_day(value)
