"""Monthly figures held in a temporary table, so that a file of any length and order takes little memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from itertools import islice

from lmis.interop.monthly import Month
from lmis.sql import Sql

CHUNK = 5000
TABLE = (
    "import_history",
    """line BIGINT, facility_id INTEGER, item_id INTEGER, month INTEGER, opening BIGINT, received BIGINT,
    dispensed BIGINT, adjusted BIGINT, closing BIGINT, days_out BIGINT, ordered BIGINT""",
)
INDEX = "CREATE INDEX import_history_facility ON import_history (facility_id, item_id, month, line)"
FILL = "INSERT INTO import_history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
FACILITIES = "SELECT DISTINCT facility_id FROM import_history ORDER BY facility_id"
MONTHS = """SELECT line, facility_id, item_id, month, opening, received, dispensed, adjusted, closing, days_out,
    ordered FROM import_history WHERE facility_id = :facility ORDER BY item_id, month, line"""


class Staging:
    """The months of a file within a `with temporary_table(sql, *TABLE)`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def fill(self, months: Iterable[Month]) -> None:
        rows = map(astuple, months)
        while chunk := list(islice(rows, CHUNK)):
            self._sql.insert(FILL, chunk)
        self._sql.execute(INDEX)

    def facilities(self) -> list[int]:
        return [row[0] for row in self._sql.rows(FACILITIES)]

    def months(self, facility: int) -> list[Month]:
        """A facility's rows by item, month and line."""
        return [Month(*row) for row in self._sql.rows(MONTHS, facility=facility)]
