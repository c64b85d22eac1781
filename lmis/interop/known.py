"""What the ledger already holds of a facility's series: where a file continues it, repeats it or contradicts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from lmis.calendar import month_code
from lmis.errors import LmisError
from lmis.i18n import N_
from lmis.interop.monthly import PARTS, Month, Planned, carry, document_id, plan_series
from lmis.interop.results import Faults
from lmis.reading import CellRefused
from lmis.sql import Sql, as_hex

MOVED = "SELECT DISTINCT item_id FROM stock_on_hand WHERE facility_id = :facility"
REPORTED = "SELECT item_id, month, days_out, ordered FROM reported_month WHERE facility_id = :facility"
BEFORE = """SELECT COUNT(*), COALESCE(SUM(quantity), 0) FROM stock_movement_line
WHERE account = 'stock' AND facility_id = :facility AND item_id = :item AND channel = 'free' AND occurred_on < :day
AND movement_id NOT IN (SELECT id FROM stock_movement WHERE uuid = :own_opening)"""
THERE = "SELECT uuid FROM stock_movement WHERE uuid IN (:uuids*)"
INSERT_REPORTED = """INSERT INTO reported_month (facility_id, item_id, month, days_out, ordered)
VALUES (?, ?, ?, ?, ?)"""


class MonthChanged(LmisError):
    status_code = 409
    msgid = N_("%(period)s was imported before with other figures; correct the ledger by a reversal instead.")


class LaterMonthThere(LmisError):
    status_code = 409
    msgid = N_("%(period)s comes before %(later)s, which was imported already; earlier months must come first.")


class KnownSeries:
    """The series of one facility, as far as they are in the database."""

    def __init__(self, sql: Sql, facility: int) -> None:
        self._sql = sql
        self._facility = facility
        self._moved = {row[0] for row in sql.rows(MOVED, facility=facility)}
        self._reported: dict[int, dict[int, tuple[int | None, int | None]]] = {}
        for item, month, days_out, ordered in sql.rows(REPORTED, facility=facility):
            self._reported.setdefault(item, {})[month] = (days_out, ordered)

    def plan(self, facility: str, item: str, rows: Iterable[Month], faults: Faults) -> list[Planned]:
        """What becomes of the rows of one item, by month.

        The balance to continue from is the ledger's where the file's own rows begin or go past what is known.
        """
        plan = list(plan_series(rows))
        previous: int | None = None
        was_known = False
        for planned in plan:
            if not planned.kept:
                continue
            known = self._has(planned.row)
            first = False
            if previous is None or (was_known and not known):
                previous, first = self._before(facility, item, planned.row)
            if not known:
                self._refuse_earlier(planned.row, faults)
            previous, was_known = carry(planned, previous, first=first), known
        return plan

    def check(self, facility: str, items: Mapping[int, str], plan: Sequence[Planned], faults: Faults) -> None:
        """Refuse rows of months that were imported before with other figures."""
        known = [planned for planned in plan if planned.kept and self._has(planned.row)]
        possible = {
            (it.row.item_id, it.row.month, name): document_id(facility, items[it.row.item_id], it.row, name)
            for it in known
            for name in PARTS
        }
        there = self._there(possible.values())
        for it in known:
            row = it.row
            before = {name for name in PARTS if possible[row.item_id, row.month, name].hex in there}
            said = (row.days_out, row.ordered)
            if before != {part.name for part in it.parts} or self._reported[row.item_id][row.month] != said:
                faults.add(CellRefused(row.line, "period", MonthChanged(period=row.period)))

    def add_months(self, plan: Iterable[Planned]) -> int:
        """Keep what only the reports know. Returns how many of the rows were there before."""
        rows = [planned.row for planned in plan if planned.kept]
        new = [row for row in rows if not self._has(row)]
        columns = [(row.facility_id, row.item_id, row.month, row.days_out, row.ordered) for row in new]
        self._sql.insert(INSERT_REPORTED, columns)
        return len(rows) - len(new)

    def _has(self, row: Month) -> bool:
        return row.month in self._reported.get(row.item_id, ())

    def _before(self, facility: str, item: str, row: Month) -> tuple[int, bool]:
        """What is held at the end of the day before a month, and whether nothing at all is known before it."""
        earlier = any(month < row.month for month in self._reported.get(row.item_id, ()))
        if row.item_id not in self._moved:
            return 0, not earlier
        own = document_id(facility, item, row, "opening")
        lines, quantity = self._sql.rows(
            BEFORE, facility=self._facility, item=row.item_id, day=row.first, own_opening=own
        )[0]
        return int(quantity), not (lines or earlier)

    def _refuse_earlier(self, row: Month, faults: Faults) -> None:
        later = max(self._reported.get(row.item_id, {0: None}))
        if later > row.month:
            cause = LaterMonthThere(period=row.period, later=month_code(later))
            faults.add(CellRefused(row.line, "period", cause))

    def _there(self, uuids: Iterable[UUID]) -> set[str]:
        wanted = list(uuids)
        return {as_hex(row[0]) for row in self._sql.rows(THERE, uuids=wanted)} if wanted else set()
