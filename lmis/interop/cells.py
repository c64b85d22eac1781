"""Reading the cells of a row: a fault says which row and column, and the next cell is read all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lmis.errors import LmisError
from lmis.interop.results import Faults
from lmis.interop.tabular import NumberStyle, Row
from lmis.reading import CellRefused, read_quantity, read_text

Value = TypeVar("Value")


class Cells:
    """The cells of one row after another; `sound` tells whether the present row is free of faults."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._style = NumberStyle()
        self._row = Row(0, {})
        self.sound = True

    def take(self, row: Row) -> None:
        self._row, self.sound = row, True

    @property
    def line(self) -> int:
        return self._row.line

    def has(self, column: str) -> bool:
        """Whether the file has the column at all."""
        return column in self._row.cells

    def raw(self, column: str) -> str:
        return self._row.cells.get(column, "")

    def refuse(self, column: str, cause: LmisError) -> None:
        self.sound = False
        self._faults.add(CellRefused(self._row.line, column, cause))

    def read(self, column: str, reader: Callable[[str], Value], default: Value) -> Value:
        """What `reader` makes of the cell; `default` with a fault noted when it refuses."""
        try:
            return reader(self.raw(column))
        except LmisError as cause:
            self.refuse(column, cause)
            return default

    def text(self, column: str, *, required: bool = True, most: int = 200) -> str:
        return self.read(column, lambda cell: read_text(cell, required=required, most=most), "")

    def quantity(self, column: str, *, allow_zero: bool = False, signed: bool = False) -> int:
        text = self.raw(column)
        if text.isascii() and text.isdigit() and len(text) < 10 and (allow_zero or int(text)):
            return int(text)  # nearly every cell
        return self.read(column, lambda cell: self._number(cell, allow_zero, signed), 0)

    def quantity_or_none(self, column: str, *, signed: bool = False) -> int | None:
        return self.quantity(column, allow_zero=True, signed=signed) if self.raw(column) else None

    def _number(self, cell: str, allow_zero: bool, signed: bool) -> int:
        value = read_quantity(cell, allow_zero=allow_zero, signed=signed)
        self._style.check(self._row.line, cell)
        return value
