"""Temporary tables, so that what a file holds takes little memory however long it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lmis.errors import LmisError
from lmis.sql import Sql


@contextmanager
def temporary_table(sql: Sql, name: str, columns: str) -> Iterator[None]:
    """The table, from the beginning of the `with` to its end; a transaction rolled back drops it too."""
    sql.execute(f"CREATE TEMPORARY TABLE {name} ({columns})")
    try:
        yield
    except LmisError:  # any other fault is the database's, which then takes no more statements
        sql.execute(f"DROP TABLE {name}")
        raise
    sql.execute(f"DROP TABLE {name}")
