"""What the rules of the ledger need to know, as it is read before them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from lmis.i18n import Name
from lmis.stock.journal import Entry

Shelf = tuple[int, int, str]  # facility, item, channel
NEVER = (date.min, date.min)


@dataclass(frozen=True, slots=True)
class Place:
    """What the rules need to know of a facility."""

    id: int
    name: str
    rank: int
    capabilities: frozenset[str]
    closed_on: date | None = None
    closed_through: date | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """What the rules need to know of an item. channels: those it moves in."""

    id: int
    name: Name
    capability: str | None
    channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class LotFacts:
    id: int
    item_id: int
    number: str
    expires_on: date | None
    recalled_on: date | None = None


@dataclass(slots=True)
class Balance:
    """One lot on one shelf. steps: what this batch has changed, by day.

    days: all changes by day, those from before the batch too; None until something is dated in the past.
    """

    on_hand: int = 0
    received_on: date = date.max
    last_on: date = date.min
    settled_on: date | None = None
    settled_id: int | None = None
    steps: dict[date, int] = field(default_factory=dict)
    days: dict[date, int] | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """A posted document that a reversal undoes. shipment: the hex of the UUID of the shipment it belongs to."""

    id: int
    kind: str
    occurred_on: date
    facility_id: int
    counterparty_id: int | None
    entries: Sequence[Entry]
    shipment: str | None = None
