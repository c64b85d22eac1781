"""What a document does to the shelves, and whether it may. Pure: it works on balances held in memory.

A `Ledger` holds the shelves that a batch of documents touches. Documents are applied in order; one that is refused
changes nothing, and all its refusals are given together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from lmis.errors import Refused
from lmis.stock import refusals
from lmis.stock.documents import (
    NEEDS_COUNTERPARTY,
    NEEDS_REASON,
    NEEDS_USABLE,
    QUARANTINED,
    RULES,
    STATES_ZERO,
    STOCK,
    USABLE,
    Document,
    Kind,
    Line,
)
from lmis.stock.facts import Balance, Goods, LotFacts, Original, Place, Shelf
from lmis.stock.fefo import is_expired
from lmis.stock.journal import Entry, Key, entries_of, undone
from lmis.stock.refusals import LineRefused

MAX_QUANTITY = 2**31 - 1
MOVES_BETWEEN = NEEDS_COUNTERPARTY | {Kind.RETURN}
BRINGS_IN = frozenset({Kind.OPENING, Kind.RECEIPT, Kind.ISSUE, Kind.TRANSFER})

Numbered = tuple[int | None, Entry]  # an entry and the line of the document it comes from


class Ledger:
    """The shelves a batch touches.

    series: the first and latest day each item moved, from before the batch; above: the facilities above one on a
    day; history: the changes of one shelf by day, from before the batch.
    """

    def __init__(
        self,
        *,
        today: date,
        places: Mapping[int, Place],
        goods: Mapping[int, Goods],
        lots: Mapping[int, LotFacts],
        balances: dict[Key, Balance],
        series: Mapping[Shelf, tuple[date, date]],
        above: Callable[[int, date], Iterable[int]],
        history: Callable[[Key], Mapping[date, int]],
    ) -> None:
        self.today = today
        self.places = places
        self.goods = goods
        self.lots = lots
        self.balances = balances
        self.originals: dict[str, Original] = {}
        self.reversed: set[int] = set()
        self._above = above
        self._history = history
        self.expiries = {lot.id: lot.expires_on for lot in lots.values()}
        self.series = series
        self._settled: dict[tuple[int, int], tuple[date, int]] = {}
        for key, balance in balances.items():
            self._settle(key, balance)
        self._last_of: dict[tuple[int, int], date] = {}
        for (facility, item, _), (_, day) in series.items():
            self._last_of[facility, item] = max(day, self._last_of.get((facility, item), date.min))

    def last_on_of(self, facility_id: int, item_id: int) -> date:
        """The latest day on which the item moved at the facility, before the batch."""
        return self._last_of.get((facility_id, item_id), date.min)

    def apply(self, document: Document, movement_id: int, index: int = 0) -> list[Entry]:
        """The entries of a document, now on the shelves.

        Raises Refused with every reason against it, each telling `index` and its line; the shelves stay as they were.
        """
        _refuse([fault.at(index) for fault in self._form_faults(document)])
        faults = [fault.at(index) for fault in self._document_faults(document)]
        entries: list[Numbered] = []
        if document.reverses is not None:
            entries = [(None, entry) for entry in undone(self.originals[document.reverses.hex].entries)]
        else:
            for number, line in enumerate(document.lines):
                found = [fault.at(index, number) for fault in self._line_faults(document, line)]
                faults += found
                entries += [] if found else [(number, entry) for entry in entries_of(document, line, self._at_end_of)]
        faults += self._balance_faults(document, entries, index)
        _refuse(faults)
        applied = [entry for _, entry in entries]
        self._put(document, applied, movement_id)
        return applied

    def _put(self, document: Document, entries: list[Entry], movement_id: int) -> None:
        on = document.occurred_on
        for entry in entries:
            if entry.account != STOCK:
                continue
            balance = self.balances.get(entry.key)
            if balance is None:
                balance = self.balances[entry.key] = Balance()
            balance.on_hand += entry.quantity
            balance.steps[on] = balance.steps.get(on, 0) + entry.quantity
            if balance.days is not None:
                balance.days[on] = balance.days.get(on, 0) + entry.quantity
            if on > balance.last_on:
                balance.last_on = on
            if on < balance.received_on and entry.quantity >= 0:
                balance.received_on = on
            if entry.counted is not None:
                balance.settled_on, balance.settled_id = on, movement_id
                self._settle(entry.key, balance)
        if document.reverses is not None:
            self.reversed.add(self.originals[document.reverses.hex].id)
        self.originals[document.uuid.hex] = Original(
            movement_id, document.kind, on, document.facility_id, document.counterparty_id, entries
        )

    def _settle(self, key: Key, balance: Balance) -> None:
        if balance.settled_on is not None and balance.settled_id is not None:
            known = self._settled.get((key[0], key[2]))
            if known is None or known < (balance.settled_on, balance.settled_id):
                self._settled[key[0], key[2]] = (balance.settled_on, balance.settled_id)

    # -- whether it may ------------------------------------------------------------------------------------------

    def _document_faults(self, document: Document) -> list[LineRefused]:
        late = document.occurred_on > self.today
        faults: list[LineRefused] = [refusals.FutureDate(occurred_on=document.occurred_on)] if late else []
        for place in self._places_of(document):
            faults += _place_faults(self.places[place], document.occurred_on)
        return faults + self._counterparty_faults(document)

    def _form_faults(self, document: Document) -> list[LineRefused]:
        """What is wrong with the document before any rule of the ledger is asked."""
        if document.kind == Kind.REVERSAL:
            return self._reversal_faults(document)
        if document.kind not in RULES:
            return [refusals.UnknownKind(kind=document.kind)]
        if not document.lines:
            return [refusals.NoLines()]
        if document.kind == Kind.COUNT:
            counted = {(line.lot_id, line.channel, line.status) for line in document.lines}
            return [refusals.CountedTwice()] if len(counted) < len(document.lines) else []
        return []

    def _places_of(self, document: Document) -> list[int]:
        if document.reverses is not None:
            return sorted({entry.facility_id for entry in self.originals[document.reverses.hex].entries})
        places = (document.facility_id, document.counterparty_id)
        return [place for place in places if place is not None]

    def _counterparty_faults(self, document: Document) -> list[LineRefused]:
        own, other = document.facility_id, document.counterparty_id
        if document.kind not in MOVES_BETWEEN or other is None:
            return [refusals.NeedsCounterparty()] if document.kind in NEEDS_COUNTERPARTY else []
        names = {"facility": self.places[own].name, "counterparty": self.places[other].name}
        if own == other:
            return [refusals.SameFacility(facility=names["facility"])]
        on = document.occurred_on
        over_own, over_other = self._above(own, on), self._above(other, on)
        if document.kind == Kind.ISSUE:
            lower = own in over_other or self.places[other].rank > self.places[own].rank
            return [] if lower and other not in over_own else [refusals.NotBelow(**names)]
        if document.kind == Kind.RETURN:
            return [] if other in over_own else [refusals.NotAbove(**names)]
        return [refusals.NotAPeer(**names)] if other in over_own or own in over_other else []

    def _line_faults(self, document: Document, line: Line) -> list[LineRefused]:
        goods, lot = self.goods[line.item_id], self.lots[line.lot_id]
        faults: list[LineRefused] = []
        if not _quantity_fits(document.kind, line.quantity):
            faults.append(refusals.BadQuantity(quantity=line.quantity))
        if document.kind in NEEDS_REASON and not line.reason:
            faults.append(refusals.NeedsReason())
        if line.channel not in goods.channels:
            faults.append(refusals.ChannelNotAllowed(item=goods.name, channel=line.channel))
        if lot.item_id != line.item_id:
            faults.append(refusals.WrongLot(item=goods.name))
        if document.kind in NEEDS_USABLE and line.status != USABLE:
            faults.append(refusals.NotUsable(lot=lot.number, item=goods.name))
        if document.kind in NEEDS_USABLE and is_expired(lot.expires_on, document.occurred_on):
            faults.append(refusals.ExpiredLot(lot=lot.number, item=goods.name, expires_on=lot.expires_on))
        if document.kind in BRINGS_IN:
            holder = self.places[document.counterparty_id or document.facility_id]
            if goods.capability and goods.capability not in holder.capabilities:
                faults.append(refusals.MayNotHold(facility=holder.name, item=goods.name))
        return faults

    def _reversal_faults(self, document: Document) -> list[LineRefused]:
        original = self.originals.get(document.reverses.hex) if document.reverses else None
        if original is None:
            return [refusals.UnknownDocument()]
        if original.facility_id != document.facility_id:
            return [refusals.OtherFacilitysDocument()]
        if original.kind == Kind.REVERSAL:
            return [refusals.ReversesReversal()]
        if original.id in self.reversed:
            return [refusals.AlreadyReversed()]
        if not any(entry.quantity for entry in original.entries):
            return [refusals.NothingToReverse()]
        faults: list[LineRefused] = []
        for place, lot_id in sorted({(e.facility_id, e.lot_id) for e in original.entries if e.account == STOCK}):
            settled = self._settled.get((place, lot_id))
            if settled and settled[0] >= original.occurred_on and settled[1] > original.id:
                lot = self.lots[lot_id]
                faults.append(
                    refusals.ReversalSettled(
                        lot=lot.number,
                        item=self.goods[lot.item_id].name,
                        facility=self.places[place].name,
                        counted_on=settled[0],
                    )
                )
        return faults

    # -- balances ------------------------------------------------------------------------------------------------

    def _balance_faults(self, document: Document, entries: Sequence[Numbered], index: int) -> list[LineRefused]:
        changes: dict[Key, int] = {}
        line_of: dict[Key, int | None] = {}
        for line, entry in entries:
            if entry.account == STOCK:
                changes[entry.key] = changes.get(entry.key, 0) + entry.quantity
                line_of.setdefault(entry.key, line)
        faults: list[LineRefused] = []
        on = document.occurred_on
        for key, change in changes.items():
            fault = self._settled_fault(key, on) or self._shortage(key, change, on)
            if fault:
                faults.append(fault.at(index, line_of[key]))
        return faults

    def _settled_fault(self, key: Key, on: date) -> LineRefused | None:
        settled = self._settled.get((key[0], key[2]))
        if settled is None or on >= settled[0]:
            return None
        return refusals.SettledByCount(counted_on=settled[0], **self._words(key))

    def _shortage(self, key: Key, change: int, on: date) -> LineRefused | None:
        """Why `change` cannot be made on `on`: the balance would be below zero at the end of that or a later day."""
        balance = self.balances.get(key)
        on_hand = balance.on_hand if balance else 0
        if on_hand + change > MAX_QUANTITY:
            return refusals.BadQuantity(quantity=on_hand + change)
        if change >= 0:
            return None
        if balance is None or on >= balance.last_on:
            return None if on_hand + change >= 0 else self._insufficient(key, on_hand, -change)
        lowest, day = self._lowest_from(key, balance, on)
        if lowest + change >= 0:
            return None
        if day == on:
            return self._insufficient(key, lowest, -change)
        return refusals.WouldGoNegative(usable=lowest, requested=-change, day=day, occurred_on=on, **self._words(key))

    def _insufficient(self, key: Key, usable: int, requested: int) -> LineRefused:
        words = self._words(key)
        held = self.balances.get((*key[:4], QUARANTINED))
        if key[4] == USABLE and held and held.on_hand:
            return refusals.QuarantinedLot(usable=usable, requested=requested, quarantined=held.on_hand, **words)
        if usable == 0:
            return refusals.NoneLeft(requested=requested, **words)
        return refusals.InsufficientLot(usable=usable, requested=requested, **words)

    def _words(self, key: Key) -> dict[str, object]:
        lot = self.lots[key[2]]
        return {
            "lot": lot.number or "—",
            "item": self.goods[lot.item_id].name,
            "facility": self.places[key[0]].name,
        }

    def _changes_after(self, key: Key, balance: Balance, on: date) -> list[tuple[date, int]]:
        if balance.days is None:
            balance.days = dict(self._history(key))
            for day, change in balance.steps.items():
                balance.days[day] = balance.days.get(day, 0) + change
        return sorted((day, change) for day, change in balance.days.items() if day > on)

    def _lowest_from(self, key: Key, balance: Balance, on: date) -> tuple[int, date]:
        """The lowest balance at the end of `on` or any later day, and that day."""
        later = self._changes_after(key, balance, on)
        level = balance.on_hand - sum(change for _, change in later)
        lowest, worst = level, on
        for day, change in later:
            level += change
            if level < lowest:
                lowest, worst = level, day
        return lowest, worst

    def _at_end_of(self, key: Key, on: date) -> int:
        balance = self.balances.get(key)
        if balance is None:
            return 0
        if on >= balance.last_on:
            return balance.on_hand
        return balance.on_hand - sum(change for _, change in self._changes_after(key, balance, on))


def _refuse(faults: Sequence[LineRefused]) -> None:
    if faults:
        raise Refused(faults)


def _place_faults(place: Place, on: date) -> list[LineRefused]:
    if place.closed_through is not None and on <= place.closed_through:
        return [refusals.ClosedPeriod(facility=place.name, closed_through=place.closed_through, occurred_on=on)]
    if place.closed_on is not None and on >= place.closed_on:
        return [refusals.FacilityClosed(facility=place.name, closed_on=place.closed_on)]
    return []


def _quantity_fits(kind: str, quantity: int) -> bool:
    if kind in STATES_ZERO:
        return 0 <= quantity <= MAX_QUANTITY
    if kind == Kind.ADJUSTMENT:
        return quantity != 0 and abs(quantity) <= MAX_QUANTITY
    return 0 < quantity <= MAX_QUANTITY
