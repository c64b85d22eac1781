"""Counting how often the same row stands in a file, in a temporary table, so that its length takes no memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from types import TracebackType
from typing import Self

from lmis.errors import LmisError
from lmis.sql import Sql

CREATE = "CREATE TEMPORARY TABLE import_seen (content CHAR(32) PRIMARY KEY, times INTEGER NOT NULL)"
SEEN = "SELECT content, times FROM import_seen WHERE content IN (:contents*)"
KEEP = """INSERT INTO import_seen VALUES (?, ?)
ON CONFLICT (content) DO UPDATE SET times = excluded.times"""


class Occurrences:
    """Counts contents, from the beginning of the `with` to its end."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def __enter__(self) -> Self:
        self._sql.execute(CREATE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or issubclass(kind, LmisError):  # a database that failed takes no more statements
            self._sql.execute("DROP TABLE import_seen")

    def count(self, contents: Sequence[str]) -> list[int]:
        """How often each content has come now, itself included: 1 the first time."""
        keys = [blake2b(content.encode(), digest_size=16).hexdigest() for content in contents]
        if not keys:
            return []
        times = Counter(dict(self._sql.rows(SEEN, contents=sorted(set(keys)))))
        numbers: list[int] = []
        for key in keys:
            times[key] += 1
            numbers.append(times[key])
        self._sql.insert(KEEP, [(key, times[key]) for key in set(keys)])
        return numbers
