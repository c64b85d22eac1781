"""The record of a count (biên bản kiểm kê), as form 05-VT lays it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlmodel import Session

from lmis.catalog.service import price_on
from lmis.counts.models import StockCount
from lmis.counts.queries import CountLine, lines_of
from lmis.db import id_of


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A counted line. price: whole đồng of a base unit on the day of the count, None where the channel has none."""

    line: CountLine
    price: int | None

    @property
    def book(self) -> int:
        return self.line.figures.expected

    @property
    def counted(self) -> int:
        return self.line.figures.counted or 0

    @property
    def surplus(self) -> int:
        return max(0, self.line.figures.difference or 0)

    @property
    def shortage(self) -> int:
        return max(0, -(self.line.figures.difference or 0))

    def amount(self, units: int) -> int | None:
        return None if self.price is None else self.price * units


@dataclass(frozen=True, slots=True)
class Totals:
    """Whole đồng of the priced lines."""

    book: int
    counted: int
    surplus: int
    shortage: int


def record_lines(session: Session, count: StockCount) -> list[RecordLine]:
    """The lines that were counted, in the order of lists."""

    @cache
    def price(item_id: int, channel: str) -> int | None:
        return price_on(session, item_id, channel, count.frozen_on)

    return [
        RecordLine(line, price(id_of(line.item), line.channel.code) if line.channel.priced else None)
        for line in lines_of(session, count)
        if line.is_counted
    ]


def totals(lines: Sequence[RecordLine]) -> Totals | None:
    """None when no line has a price."""
    priced = [(it.price, it) for it in lines if it.price is not None]
    if not priced:
        return None
    return Totals(
        book=sum(price * it.book for price, it in priced),
        counted=sum(price * it.counted for price, it in priced),
        surplus=sum(price * it.surplus for price, it in priced),
        shortage=sum(price * it.shortage for price, it in priced),
    )
