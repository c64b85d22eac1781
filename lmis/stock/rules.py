"""What a document and its lines may be, whatever is on the shelves. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from lmis.stock import refusals
from lmis.stock.documents import (
    NEEDS_COUNTERPARTY,
    NEEDS_REASON,
    NEEDS_USABLE,
    RECALLED,
    STATES_ZERO,
    STOCK,
    USABLE,
    Document,
    Kind,
    Line,
)
from lmis.stock.facts import Goods, LotFacts, Place
from lmis.stock.fefo import is_expired
from lmis.stock.journal import Entry
from lmis.stock.refusals import LineRefused

MAX_QUANTITY = 2**31 - 1
MOVES_BETWEEN = NEEDS_COUNTERPARTY | {Kind.RETURN}
BRINGS_IN = frozenset({Kind.OPENING, Kind.RECEIPT, Kind.ISSUE, Kind.TRANSFER})

Numbered = tuple[int | None, Entry]  # an entry and the line of the document it comes from


def place_faults(place: Place, on: date, *, period: bool) -> list[LineRefused]:
    """Why nothing may be dated `on` at a facility. period: closed months count, as something moves on its shelves."""
    if period and place.closed_through is not None and on <= place.closed_through:
        return [refusals.ClosedPeriod(facility=place.name, closed_through=place.closed_through, occurred_on=on)]
    if place.closed_on is not None and on >= place.closed_on:
        return [refusals.FacilityClosed(facility=place.name, closed_on=place.closed_on)]
    return []


def counterparty_faults(
    document: Document, places: Mapping[int, Place], above: Callable[[int, date], Iterable[int]]
) -> list[LineRefused]:
    """Whether the goods may go where they are sent. above: the facilities above one on a day."""
    own, other = document.facility_id, document.counterparty_id
    if document.kind not in MOVES_BETWEEN or other is None:
        return [refusals.NeedsCounterparty()] if document.kind in NEEDS_COUNTERPARTY else []
    names = {"facility": places[own].name, "counterparty": places[other].name}
    if own == other:
        return [refusals.SameFacility(facility=names["facility"])]
    on = document.occurred_on
    over_own, over_other = above(own, on), above(other, on)
    if document.kind == Kind.ISSUE:
        lower = own in over_other or places[other].rank > places[own].rank
        return [] if lower and other not in over_own else [refusals.NotBelow(**names)]
    if document.kind == Kind.RETURN:
        return [] if other in over_own else [refusals.NotAbove(**names)]
    return [refusals.NotAPeer(**names)] if other in over_own or own in over_other else []


def line_faults(document: Document, line: Line, goods: Goods, lot: LotFacts, holder: Place) -> list[LineRefused]:
    """What is wrong with a line. holder: the facility whose shelf it brings the goods to."""
    faults: list[LineRefused] = []
    if not _quantity_fits(document.kind, line.quantity):
        faults.append(refusals.BadQuantity(quantity=line.quantity))
    if document.kind in NEEDS_REASON and not line.reason:
        faults.append(refusals.NeedsReason())
    if line.channel not in goods.channels:
        faults.append(refusals.ChannelNotAllowed(item=goods.name, channel=line.channel))
    if lot.item_id != line.item_id:
        faults.append(refusals.WrongLot(item=goods.name))
    if document.kind in NEEDS_USABLE:
        faults += _not_to_be_used(document, line, goods, lot)
    barred = goods.capability and goods.capability not in holder.capabilities
    if document.kind in BRINGS_IN and barred:
        faults.append(refusals.MayNotHold(facility=holder.name, item=goods.name))
    return faults


def _not_to_be_used(document: Document, line: Line, goods: Goods, lot: LotFacts) -> Iterator[LineRefused]:
    if lot.recalled_on:
        yield recalled(lot, goods)
    elif line.status != USABLE:
        yield refusals.NotUsable(lot=lot.number, item=goods.name)
    if is_expired(lot.expires_on, document.occurred_on):
        yield refusals.ExpiredLot(lot=lot.number, item=goods.name, expires_on=lot.expires_on)


def recall_faults(
    entries: Sequence[Numbered], lots: Mapping[int, LotFacts], goods: Mapping[int, Goods], index: int
) -> Iterator[LineRefused]:
    """A recalled lot comes to no shelf but as recalled, and no other lot does, by whatever document."""
    for line, entry in entries:
        lot = lots[entry.lot_id]
        if entry.account == STOCK and entry.quantity > 0 and (entry.status == RECALLED) != bool(lot.recalled_on):
            yield (recalled if lot.recalled_on else _not_recalled)(lot, goods[lot.item_id]).at(index, line)


def _not_recalled(lot: LotFacts, goods: Goods) -> LineRefused:
    return refusals.NotRecalled(lot=lot.number or "—", item=goods.name)


def recalled(lot: LotFacts, goods: Goods) -> LineRefused:
    return refusals.RecalledLot(lot=lot.number or "—", item=goods.name, recalled_on=lot.recalled_on)


def _quantity_fits(kind: str, quantity: int) -> bool:
    if kind in STATES_ZERO:
        return 0 <= quantity <= MAX_QUANTITY
    if kind == Kind.ADJUSTMENT:
        return quantity != 0 and abs(quantity) <= MAX_QUANTITY
    return 0 < quantity <= MAX_QUANTITY
