"""The signed lines that a document becomes in the ledger. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from lmis.stock.documents import QUARANTINED, RECEIVED, RULES, STOCK, USABLE, Document, Kind, Line

STATUS_MOVED: dict[str, str] = {Kind.QUARANTINE: USABLE, Kind.RELEASE: QUARANTINED}  # the status that the goods leave
Key = tuple[int, int, int, str, str]  # facility, item, lot, channel, status


class Entry(NamedTuple):
    """A line as it stands in the ledger; `account` is stock or an outside account."""

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


def entries_of(document: Document, line: Line, at_end_of: Callable[[Key, date], int]) -> list[Entry]:
    """Both sides of a line; a count that finds what the book says has only its own.

    at_end_of: what was on a shelf at the end of a day, from which a count tells the difference.
    """
    rule = RULES[document.kind]
    status = STATUS_MOVED.get(document.kind, line.status)
    change, counted = line.quantity * rule.sign, None
    if document.kind == Kind.COUNT:
        counted = line.quantity
        key = (document.facility_id, line.item_id, line.lot_id, line.channel, status)
        change = counted - at_end_of(key, document.occurred_on)
    elif document.kind == Kind.ADJUSTMENT:
        change = line.quantity

    def entry(account: str, facility: int, measure: str | None, quantity: int, status: str) -> Entry:
        shown = counted if account == STOCK else None
        goods = (line.item_id, line.lot_id, line.channel, status)
        return Entry(account, facility, *goods, measure, quantity, shown, line.reason)

    own, other = document.facility_id, document.counterparty_id
    entries = [entry(STOCK, own, rule.measure, change, status)]
    if document.kind in STATUS_MOVED:
        entries.append(entry(STOCK, own, None, -change, QUARANTINED if status == USABLE else USABLE))
    elif other is not None:
        entries.append(entry(STOCK, other, RECEIVED, -change, status))
    elif change:
        entries.append(entry(rule.account or _account(document.kind, change), own, None, -change, status))
    return entries


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
