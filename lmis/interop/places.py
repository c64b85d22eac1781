"""Facilities and items by their codes, and who stands over a facility, held in memory while a file is read."""

from __future__ import annotations

from datetime import date

from lmis.errors import LmisError
from lmis.i18n import N_, nfc
from lmis.interop.cells import Cells
from lmis.network.tree import Edge
from lmis.reading import Missing
from lmis.sql import Sql, as_day, as_day_or_none


class UnknownCode(LmisError):
    status_code = 422
    msgid = N_("No record has the code “%(code)s”. Check it, or import the network and the catalogue first.")


class Codes:
    """The ids of facilities and items by code."""

    def __init__(self, sql: Sql) -> None:
        self.facilities: dict[str, int] = {code: id_ for id_, code in sql.rows("SELECT id, code FROM facility")}
        self.items: dict[str, int] = {code: id_ for id_, code in sql.rows("SELECT id, code FROM item")}

    def facility(self, cells: Cells, column: str) -> int:
        """The id of the facility in a cell; 0 with a fault noted when there is none."""
        return _known(cells, column, self.facilities)

    def item(self, cells: Cells, column: str) -> int:
        """The id of the item in a cell; 0 with a fault noted when there is none."""
        return _known(cells, column, self.items)


def _known(cells: Cells, column: str, ids: dict[str, int]) -> int:
    code = cells.raw(column)
    id_ = ids.get(code) or ids.get(nfc(code))
    if id_ is None:
        cells.refuse(column, UnknownCode(code=code[:64]) if code else Missing())
    return id_ or 0


class Parents:
    """Who stands over each facility; read when first asked for."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._edges: dict[int, list[tuple[int, Edge]]] | None = None

    def of(self, facility: int, on: date) -> int | None:
        if self._edges is None:
            self._edges = self._read()
        return next((parent for parent, edge in self._edges.get(facility, ()) if edge.holds(on)), None)

    def _read(self) -> dict[int, list[tuple[int, Edge]]]:
        edges: dict[int, list[tuple[int, Edge]]] = {}
        rows = self._sql.rows("SELECT facility_id, parent_id, valid_from, valid_to FROM facility_parent")
        for child, parent, valid_from, valid_to in rows:
            edge = Edge(str(parent), as_day(valid_from), as_day_or_none(valid_to))
            edges.setdefault(child, []).append((parent, edge))
        return edges
