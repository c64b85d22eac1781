"""The documents of the ledger, as they are asked for, and the rules of what each kind does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from lmis.i18n import N_

USABLE = "usable"
QUARANTINED = "quarantined"
RECALLED = "recalled"
STOCK = "stock"
TRANSIT = "transit"  # what has left a sender and not reached a receiver


class Kind(StrEnum):
    OPENING = "opening"
    RECEIPT = "receipt"
    ISSUE = "issue"
    DISPENSE = "dispense"
    TRANSFER = "transfer"
    RETURN = "return"
    DELIVERY = "delivery"
    TRANSIT_LOSS = "transit_loss"
    SENT_BACK = "sent_back"
    LOSS = "loss"
    DISPOSAL = "disposal"
    FOUND = "found"
    ADJUSTMENT = "adjustment"
    COUNT = "count"
    QUARANTINE = "quarantine"
    RELEASE = "release"
    RECALL = "recall"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class KindRule:
    """What a kind of document does to the shelf of the facility that makes it.

    sign: +1 adds, -1 takes, 0 the line's own sign decides.
    account: the outside account on the other side; None: the counterparty facility's shelf.
    measure: the report's column at the maker.
    """

    name: str
    sign: int
    account: str | None
    measure: str | None


RULES: dict[str, KindRule] = {
    Kind.OPENING: KindRule(N_("Opening balance"), 1, "opening", "opening"),
    Kind.RECEIPT: KindRule(N_("Goods receipt"), 1, "supplier", "received"),
    Kind.ISSUE: KindRule(N_("Goods issue"), -1, None, "issued"),
    Kind.DISPENSE: KindRule(N_("Dispensing to clients"), -1, "clients", "dispensed"),
    Kind.TRANSFER: KindRule(N_("Transfer between stores"), -1, None, "issued"),
    Kind.RETURN: KindRule(N_("Return"), -1, None, "issued"),
    Kind.DELIVERY: KindRule(N_("Proof of delivery"), 1, TRANSIT, "received"),
    Kind.TRANSIT_LOSS: KindRule(N_("Loss in transit"), -1, "loss", None),
    Kind.SENT_BACK: KindRule(N_("Taken back from transit"), 1, TRANSIT, "received"),
    Kind.LOSS: KindRule(N_("Write-off"), -1, "loss", "lost"),
    Kind.DISPOSAL: KindRule(N_("Disposal"), -1, "loss", "lost"),
    Kind.FOUND: KindRule(N_("Found stock"), 1, "found", "adjusted"),
    Kind.ADJUSTMENT: KindRule(N_("Adjustment"), 0, None, "adjusted"),
    Kind.COUNT: KindRule(N_("Physical count"), 0, None, "adjusted"),
    Kind.QUARANTINE: KindRule(N_("Put in quarantine"), -1, STOCK, None),
    Kind.RELEASE: KindRule(N_("Release from quarantine"), -1, STOCK, None),
    Kind.RECALL: KindRule(N_("Block of a recalled lot"), -1, STOCK, None),
    Kind.REVERSAL: KindRule(N_("Reversal"), 0, None, None),
}
RECEIVED = "received"  # the column of what comes in from another facility
MAY_BE_SHIPPED = frozenset({Kind.ISSUE, Kind.TRANSFER, Kind.RETURN})
OF_A_SHIPMENT = frozenset({Kind.DELIVERY, Kind.TRANSIT_LOSS, Kind.SENT_BACK})
NEEDS_COUNTERPARTY = frozenset({Kind.ISSUE, Kind.TRANSFER})
NEEDS_USABLE = frozenset({Kind.ISSUE, Kind.DISPENSE, Kind.TRANSFER})
STATES_ZERO = frozenset({Kind.COUNT, Kind.OPENING})  # an empty shelf is worth writing down
NEEDS_REASON = frozenset({Kind.LOSS, Kind.DISPOSAL, Kind.TRANSIT_LOSS, Kind.FOUND, Kind.ADJUSTMENT})

# Papers that move no stock themselves, numbered like those that do.
REQUISITION = "requisition"
LOT_RECALL = "lot_recall"

# The letters a document's number begins with, as on the paper forms.
PREFIXES: dict[str, str] = {
    Kind.OPENING: "TD",
    Kind.RECEIPT: "PN",
    Kind.ISSUE: "PX",
    Kind.DISPENSE: "CP",
    Kind.TRANSFER: "DC",
    Kind.RETURN: "TL",
    Kind.DELIVERY: "GN",
    Kind.TRANSIT_LOSS: "MDD",
    Kind.SENT_BACK: "NL",
    Kind.LOSS: "HH",
    Kind.DISPOSAL: "TIH",
    Kind.FOUND: "TH",
    Kind.ADJUSTMENT: "DCH",
    Kind.COUNT: "KK",
    Kind.QUARANTINE: "BT",
    Kind.RELEASE: "GBT",
    Kind.RECALL: "THL",
    Kind.REVERSAL: "DAO",
    REQUISITION: "DT",
    LOT_RECALL: "QTH",
}


def document_number(kind: str, year: int, number: int) -> str:
    """The number people know a document by at the facility that made it: PX-2026-00012."""
    return f"{PREFIXES[kind]}-{year}-{number:05d}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line asked for, in base units.

    quantity: positive; signed for an adjustment; of a count or an opening what is there, which may be 0.
    """

    item_id: int
    lot_id: int
    channel: str
    quantity: int
    status: str = USABLE
    reason: str | None = None


@dataclass(frozen=True)
class Document:
    """One document to post. The same `uuid` and content posted again changes nothing.

    shipped: the goods of an issue, transfer or return are on the way until the receiver confirms; else they are handed
    over at once. shipment: the shipped document that a later one follows; with `shipped` it is left out.
    """

    uuid: UUID
    kind: str
    occurred_on: date
    facility_id: int
    lines: Sequence[Line]
    counterparty_id: int | None = None  # the other facility of an issue, transfer or return
    party: str | None = None  # a supplier or other party outside the network
    reference: str | None = None
    note: str | None = None
    reverses: UUID | None = None  # of a reversal: the document it undoes; its lines are then not given
    shipped: bool = False
    shipment: UUID | None = None

    @cached_property
    def digest(self) -> str:
        """32 hex digits of the content. A reversal's day is left out: it is the day of posting."""
        content = (
            self.kind,
            None if self.reverses else self.occurred_on.toordinal(),
            self.facility_id,
            self.counterparty_id,
            self.party,
            self.reference,
            self.note,
            self.reverses and self.reverses.hex,
            [(li.item_id, li.lot_id, li.channel, li.quantity, li.status, li.reason) for li in self.lines],
            *(["shipped"] if self.shipped else []),  # nothing where nothing is: digests are kept for good
            *([self.shipment.hex] if self.shipment else []),
        )
        return blake2b(repr(content).encode(), digest_size=16).hexdigest()


class Posted(NamedTuple):
    """What posting a document gave. created: False when it had been posted before."""

    id: int
    uuid: UUID
    kind: str
    year: int
    number: int
    created: bool
