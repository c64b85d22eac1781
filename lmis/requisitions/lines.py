"""The lines of a requisition as its page shows them, with why each order is proposed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from sqlmodel import Session

from lmis.forecast.findings import units
from lmis.i18n import N_, Message
from lmis.requisitions.proposal import AMC, FORECAST, MISSING, SHORT, Basis
from lmis.requisitions.refusals import Key
from lmis.sql import Sql

LINES = """
    SELECT l.item_id, l.channel, i.code, i.name_vi, i.name_en, i.unit, i.pack_size,
        l.opening, l.received, l.issued, l.dispensed, l.adjusted, l.lost, l.closing, l.days_out, l.on_hand,
        l.in_transit, l.on_order, l.unfilled, l.maximum_level, l.proposed, l.requested, l.reason, l.approved,
        l.released, l.basis, l.forecast_level, l.by_amc, l.by_forecast,
        l.amc, l.maximum_months, l.span_months, l.expected, l.safety
    FROM requisition_line l JOIN item i ON i.id = l.item_id JOIN method m ON m.code = i.method_code
        JOIN channel c ON c.code = l.channel
    WHERE l.requisition_id = :id
    ORDER BY m.position, i.name_sort, i.code, c.position, c.code"""
DECIMALS = 29  # the first column above that is one; all after it are
SAID: dict[Basis, str] = {
    FORECAST: N_(
        "Forecast: %(expected)s in %(months)s months + %(safety)s in reserve; "
        "by average monthly consumption it would be %(by_amc)s."
    ),
    AMC: N_(
        "By average monthly consumption; by the forecast (%(expected)s in %(months)s months + %(safety)s in reserve) "
        "it would be %(by_forecast)s."
    ),
    MISSING: N_("No forecast yet: by average monthly consumption."),
    SHORT: N_("The forecast does not reach far enough: by average monthly consumption."),
}


class LineView(NamedTuple):
    """A line as the paper shows it; see RequisitionLine."""

    item_id: int
    channel: str
    code: str
    name_vi: str
    name_en: str
    unit: str
    pack_size: int
    opening: int
    received: int
    issued: int
    dispensed: int
    adjusted: int
    lost: int
    closing: int
    days_out: int
    on_hand: int
    in_transit: int
    on_order: int
    unfilled: int
    maximum_level: int | None
    proposed: int
    requested: int
    reason: str | None
    approved: int | None
    released: int | None
    basis: Basis | None
    forecast_level: int | None
    by_amc: int | None
    by_forecast: int | None
    amc: Decimal | None
    maximum_months: Decimal | None
    span_months: Decimal | None
    expected: Decimal | None
    safety: Decimal | None

    @property
    def key(self) -> Key:
        return (self.item_id, self.channel)

    @property
    def field(self) -> str:
        """What tells the line apart in a form."""
        return f"{self.item_id}-{self.channel}"

    def packs(self, units: int) -> tuple[int, int] | None:
        """Whole packs, and the base units beside them; None where no pack is full or the item comes singly."""
        return divmod(units, self.pack_size) if units >= self.pack_size > 1 else None

    @property
    def by_the_forecast(self) -> bool:
        """Whether its proposal is made by the forecast."""
        return self.basis == FORECAST

    @property
    def capped(self) -> bool:
        """Whether less is proposed by the forecast than would be needed, as the rest would expire."""
        return self.forecast_level is not None and self.forecast_level < (self.expected or 0) + (self.safety or 0)

    @property
    def because(self) -> Message | None:
        """Why so much is proposed; None where there is nothing to tell apart."""
        if self.basis is None:
            return None
        if self.expected is None or self.safety is None:
            return None if self.basis == AMC else Message(SAID[self.basis])
        need = {"expected": units(float(self.expected)), "safety": units(float(self.safety))}
        orders = {"by_amc": self.by_amc, "by_forecast": self.by_forecast}
        return Message(SAID[self.basis], {"months": self.span_months, **need, **orders})


def lines_of(session: Session, requisition_id: int) -> list[LineView]:
    """The lines of a requisition in the order of lists."""
    return [_line(row) for row in Sql(session).rows(LINES, id=requisition_id)]


def _line(row: tuple[Any, ...]) -> LineView:
    decimals = (None if value is None else Decimal(str(value)) for value in row[DECIMALS:])
    return LineView(*row[:DECIMALS], *decimals)
