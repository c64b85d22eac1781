"""Counting how often the same row stands in a file, in a temporary table, so that its length takes no memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from lmis.sql import Sql

TABLE = ("import_seen", "content CHAR(32) PRIMARY KEY, times INTEGER NOT NULL")
SEEN = "SELECT content, times FROM import_seen WHERE content IN (:contents*)"
KEEP = """INSERT INTO import_seen VALUES (?, ?)
ON CONFLICT (content) DO UPDATE SET times = excluded.times"""


class Occurrences:
    """Counts contents within a `with temporary_table(sql, *TABLE)`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

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
