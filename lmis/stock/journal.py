"""The signed lines that a document becomes in the ledger. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from lmis.stock.documents import (
    OF_A_SHIPMENT,
    QUARANTINED,
    RECALLED,
    RECEIVED,
    RULES,
    STOCK,
    TRANSIT,
    USABLE,
    Document,
    Kind,
    Line,
)

STATUS_AFTER: dict[str, str] = {Kind.QUARANTINE: QUARANTINED, Kind.RELEASE: USABLE, Kind.RECALL: RECALLED}
Key = tuple[int, int, int, str, str]  # facility, item, lot, channel, status


class Entry(NamedTuple):
    """A line as it stands in the ledger; `account` is stock, transit or an outside account."""

    account: str
    facility_id: int
    item_id: int
    lot_id: int
    channel: str
    status: str
    measure: str | None
    quantity: int
    counted: int | None = None
    reason: str | None = None

    @property
    def key(self) -> Key:
        return (self.facility_id, self.item_id, self.lot_id, self.channel, self.status)


def entries_of(
    document: Document,
    line: Line,
    at_end_of: Callable[[Key, date], int],
    *,
    recalled: bool = False,
    sender_id: int | None = None,
) -> list[Entry]:
    """Both sides of a line; a count that finds what the book says has only its own.

    at_end_of: what was on a shelf at the end of a day, from which a count tells the difference.
    recalled: the lot is recalled, and lands as such wherever it arrives; when it is not, nothing lands so.
    sender_id: of the shipment it comes with.
    """
    rule = RULES[document.kind]
    kind, status = document.kind, _status_before(document.kind, line.status)
    change, counted = line.quantity * rule.sign, None
    if kind == Kind.COUNT:
        counted = line.quantity
        key = (document.facility_id, line.item_id, line.lot_id, line.channel, status)
        change = counted - at_end_of(key, document.occurred_on)
    elif kind == Kind.ADJUSTMENT:
        change = line.quantity

    def entry(account: str, facility: int, measure: str | None, quantity: int, status: str) -> Entry:
        shown = counted if account == STOCK else None
        goods = (line.item_id, line.lot_id, line.channel, status)
        return Entry(account, facility, *goods, measure, quantity, shown, line.reason)

    own, other = document.facility_id, document.counterparty_id
    arrives = RECALLED if recalled else USABLE if status == RECALLED else status
    if kind == Kind.TRANSIT_LOSS:
        return [entry(TRANSIT, own, None, change, status), entry("loss", own, None, -change, status)]
    if kind in OF_A_SHIPMENT:
        taken = entry(TRANSIT, sender_id or own, None, -change, status)
        return [entry(STOCK, own, rule.measure, change, arrives), taken]
    entries = [entry(STOCK, own, rule.measure, change, status)]
    if kind in STATUS_AFTER:
        entries.append(entry(STOCK, own, None, -change, STATUS_AFTER[kind]))
    elif document.shipped:
        entries.append(entry(TRANSIT, own, None, -change, status))
    elif other is not None:
        entries.append(entry(STOCK, other, RECEIVED, -change, arrives))
    elif change:
        entries.append(entry(rule.account or _account(kind, change), own, None, -change, status))
    return entries


def _status_before(kind: str, status: str) -> str:
    """The status that the goods of a line leave."""
    if kind == Kind.QUARANTINE:
        return USABLE
    if kind == Kind.RELEASE and status == USABLE:
        return QUARANTINED  # what is released was held, whatever the line says
    return status


def _account(kind: str, change: int) -> str:
    """The outside account of a kind whose rule leaves it open."""
    if kind == Kind.RETURN:
        return "supplier"
    return "loss" if change < 0 else "found"


def undone(entries: Sequence[Entry]) -> list[Entry]:
    """What takes the entries back."""
    return [entry._replace(quantity=-entry.quantity, counted=None) for entry in entries if entry.quantity]


class Applied(NamedTuple):
    """A document that the rules let through, with its entries."""

    id: int
    document: Document
    entries: Sequence[Entry]
