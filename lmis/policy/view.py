"""The words for values of a stock policy and where they come from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from lmis.i18n import N_, Message, Name
from lmis.policy.rules import DAYS, MONTHS, NAMES, OF_PLACES, TO_HOLD, Policy, Source, Where

LABELS = {
    "lead_time": N_("Lead time"),
    "review_period": N_("Review period"),
    "safety_stock": N_("Safety stock"),
    "minimum": N_("Minimum"),
    "maximum": N_("Maximum"),
    "emergency_point": N_("Emergency point"),
    "shelf_life": N_("Shelf life on arrival"),
    "service_level": N_("Service level"),
    "run_out_risk": N_("Risk of running out"),
    "loss_share": N_("Large loss"),
    "near_expiry_days": N_("Near expiry"),
    "unconfirmed_days": N_("Shipment not confirmed"),
    "waiting_days": N_("Requisition waiting"),
    "count_grace_days": N_("Count overdue"),
    "quiet_days": N_("Nothing recorded for long"),
    "escalation_days": N_("Alert not attended to"),
}
HINTS = {
    "lead_time": N_("From sending an order until its goods are on the shelf."),
    "review_period": N_("From one regular order to the next."),
    "safety_stock": N_("For late deliveries and months of more use than usual."),
    "minimum": N_("Below it, one orders. Left empty, it is lead time + review period + safety stock."),
    "maximum": N_("An order fills up to it. Never more than can be used before it expires."),
    "emergency_point": N_("Below it, one orders at once."),
    "shelf_life": N_("How long goods may still be used when they arrive."),
    "service_level": N_("How sure one wants to be that stock lasts, where orders are made by the forecast."),
    "run_out_risk": N_("Warned when stock is at least this likely to run out before the next delivery."),
    "loss_share": N_("Warned when a document takes at least this share of an item’s stock, and a pack, off the book."),
    "near_expiry_days": N_("A lot that has no more days than this before it expires is near expiry."),
    "unconfirmed_days": N_("A shipment that nobody has confirmed for more days than this is late."),
    "waiting_days": N_("Warned when a requisition has waited for its next step for more days than this."),
    "count_grace_days": N_("Warned when a count is overdue by more days than this."),
    "quiet_days": N_("Warned when nothing is recorded for more days than this where something should be."),
    "escalation_days": N_("A warning that nobody has attended to for this many days is told to the level above too."),
}
UNITS = dict.fromkeys(NAMES, "%") | dict.fromkeys(MONTHS, N_("months")) | dict.fromkeys(DAYS, N_("days"))
PARTS = (N_("How much to hold"), N_("When to be warned"))
DEFAULT = N_("default")
SUM = N_("sum of the three")
HERE = N_("set here")
OF_LEVEL = N_("level %(level)s")
PERCENT = N_("%(percent)s %%")
ONE_DAY = N_("1 day")
MORE_DAYS = N_("%(days)s days")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value in force. where: who set it, None for what is not known; here: set at this very facility.

    item: set for this item alone; capped_from: the maximum that was set, where the shelf life allows less.
    """

    name: str
    value: Decimal | int | None
    where: object
    here: bool
    item: bool
    since: date | None
    capped_from: Decimal | None

    @property
    def said(self) -> object:
        """The value as it is shown."""
        return None if self.value is None else said(self.name, self.value)

    @property
    def told(self) -> object:
        """What a reader is told of it: two that are the same in this are alike."""
        return self.value, self.where, self.item


def cells(policy: Policy, facility_id: int, levels: Mapping[str, Name]) -> list[Cell]:
    """The values in the order of NAMES, as the people of a facility see them; levels: their names by code."""
    return [_cell(policy, name, facility_id, levels) for name in NAMES]


def settable(cells: Sequence[Cell], item: object) -> list[Cell]:
    """The values that can be set for an item; None: for all."""
    return [it for it in cells if item is None or it.name not in OF_PLACES]


def parts(of_names: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """What is in the order of NAMES, as pages part it: how much to hold, and when to be warned."""
    return of_names[: len(TO_HOLD)], of_names[len(TO_HOLD) :]


def told_apart(
    general: Sequence[Cell], of_items: Iterable[tuple[T, Sequence[Cell]]]
) -> list[tuple[T | None, Sequence[Cell]]]:
    """The values for whatever item is not named, then those of the items that differ from them."""
    return [(None, general), *((item, its) for item, its in of_items if its != general)]


def said(name: str, value: Decimal | int) -> object:
    """A value as it is shown: months as they are, a share in percent, days with their unit."""
    if name in MONTHS:
        return value
    if name in DAYS:
        return Message(ONE_DAY) if value == 1 else Message(MORE_DAYS, {"days": int(value)})
    percent = value * 100
    return Message(PERCENT, {"percent": int(percent) if percent == int(percent) else percent})


def typed(name: str, value: Decimal) -> str:
    """A value as one types it: 1,5 months, 95 percent, 30 days."""
    return f"{(value if name in (*MONTHS, *DAYS) else value * 100).normalize():f}".replace(".", ",")


def _cell(policy: Policy, name: str, facility_id: int, levels: Mapping[str, Name]) -> Cell:
    source = policy.sources.get(name)
    return Cell(
        name=name,
        value=getattr(policy, name),
        where=_where(source, facility_id, levels) if source else None,
        here=source is not None and source.facility_id == facility_id,
        item=source is not None and source.item,
        since=source.since if source else None,
        capped_from=policy.wanted_maximum if name == "maximum" and policy.capped else None,
    )


def _where(source: Source, facility_id: int, levels: Mapping[str, Name]) -> object:
    if source.where is Where.FACILITY:
        return Message(HERE) if source.facility_id == facility_id else source.facility
    if source.where is Where.LEVEL and source.level:
        return Message(OF_LEVEL, {"level": levels[source.level]})
    return Message(SUM if source.where is Where.SUM else DEFAULT)
