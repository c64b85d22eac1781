"""What a document does to the shelves, and whether it may. Pure: it works on balances held in memory.

A `Ledger` holds the shelves that a batch of documents touches. Documents are applied in order; one that is refused
changes nothing, and all its refusals are given together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from lmis.errors import Refused
from lmis.stock import refusals, rules
from lmis.stock.documents import MAY_BE_SHIPPED, QUARANTINED, RULES, STOCK, USABLE, Document, Kind, Line
from lmis.stock.facts import Balance, Goods, LotFacts, Original, Place, Shelf
from lmis.stock.journal import Entry, Key, entries_of, undone
from lmis.stock.refusals import LineRefused
from lmis.stock.rules import MAX_QUANTITY, Numbered
from lmis.stock.transit import Shipment, form_faults, transit_faults


class Ledger:
    """The shelves a batch touches, and the shipments it follows, by the hex of their UUID.

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
        self.shipments: dict[str, Shipment] = {}
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
                goods, lot = self.goods[line.item_id], self.lots[line.lot_id]
                holder = self.places[document.counterparty_id or document.facility_id]
                found = [fault.at(index, number) for fault in rules.line_faults(document, line, goods, lot, holder)]
                faults += found
                entries += [] if found else [(number, entry) for entry in self._entries_of(document, line)]
        faults += rules.recall_faults(entries, self.lots, self.goods, index)
        faults += self._balance_faults(document, entries, index)
        faults += self._transit_faults(document, entries, index)
        _refuse(faults)
        applied = [entry for _, entry in entries]
        self._put(document, applied, movement_id)
        return applied

    def _entries_of(self, document: Document, line: Line) -> list[Entry]:
        sender = self.shipments[document.shipment.hex].sender_id if document.shipment else None
        recalled = self.lots[line.lot_id].recalled_on is not None
        return entries_of(document, line, self._at_end_of, recalled=recalled, sender_id=sender)

    def shipment_of(self, document: Document) -> str | None:
        """The shipment that a document starts or follows, or whose document it reverses."""
        if document.reverses is not None:
            return self.originals[document.reverses.hex].shipment
        if document.shipped:
            return document.uuid.hex
        return document.shipment.hex if document.shipment else None

    def _put(self, document: Document, entries: list[Entry], movement_id: int) -> None:
        on, kind = document.occurred_on, document.kind
        for entry in entries:
            if entry.account == STOCK:
                self._put_on_shelf(entry, on, movement_id)
        if document.reverses is not None:
            original = self.originals[document.reverses.hex]
            kind = original.kind
            self.reversed.add(original.id)
        if document.shipped and document.counterparty_id:
            begun = Shipment(movement_id, document.facility_id, document.counterparty_id)
            self.shipments[document.uuid.hex] = begun
        shipment = self.shipment_of(document)
        if shipment:
            self.shipments[shipment].put(kind, entries, on)
        self.originals[document.uuid.hex] = Original(
            movement_id, document.kind, on, document.facility_id, document.counterparty_id, entries, shipment
        )

    def _put_on_shelf(self, entry: Entry, on: date, movement_id: int) -> None:
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

    def _settle(self, key: Key, balance: Balance) -> None:
        if balance.settled_on is not None and balance.settled_id is not None:
            known = self._settled.get((key[0], key[2]))
            if known is None or known < (balance.settled_on, balance.settled_id):
                self._settled[key[0], key[2]] = (balance.settled_on, balance.settled_id)

    # -- whether it may ------------------------------------------------------------------------------------------

    def _document_faults(self, document: Document) -> list[LineRefused]:
        late = document.occurred_on > self.today
        faults: list[LineRefused] = [refusals.FutureDate(occurred_on=document.occurred_on)] if late else []
        kind = self.originals[document.reverses.hex].kind if document.reverses else document.kind
        for place in self._places_of(document) if kind != Kind.TRANSIT_LOSS else ():  # that moves nothing on a shelf
            arrives_later = document.shipped and place == document.counterparty_id
            faults += rules.place_faults(self.places[place], document.occurred_on, period=not arrives_later)
        return faults + rules.counterparty_faults(document, self.places, self._above)

    def _form_faults(self, document: Document) -> list[LineRefused]:
        """What is wrong with the document before any rule of the ledger is asked."""
        if document.kind == Kind.REVERSAL:
            return self._reversal_faults(document)
        if document.kind not in RULES:
            return [refusals.UnknownKind(kind=document.kind)]
        if not document.lines:
            return [refusals.NoLines()]
        if document.shipped and (document.kind not in MAY_BE_SHIPPED or document.counterparty_id is None):
            return [refusals.NeedsCounterparty()]
        if document.kind == Kind.COUNT:
            counted = {(line.lot_id, line.channel, line.status) for line in document.lines}
            return [refusals.CountedTwice()] if len(counted) < len(document.lines) else []
        return form_faults(document, self.shipments)

    def _places_of(self, document: Document) -> list[int]:
        if document.reverses is not None:
            entries = self.originals[document.reverses.hex].entries
            return sorted({entry.facility_id for entry in entries if entry.account == STOCK} | {document.facility_id})
        places = (document.facility_id, document.counterparty_id)
        return [place for place in places if place is not None]

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

    def _transit_faults(self, document: Document, entries: Sequence[Numbered], index: int) -> list[LineRefused]:
        shipment = self.shipments.get(self.shipment_of(document) or "")
        if shipment is None:
            return []
        names = {lot.id: f"{self.goods[lot.item_id].name} {lot.number}".strip() for lot in self.lots.values()}
        faults = transit_faults(shipment, document, entries, names)
        return [fault.at(index, fault.line) for fault in faults]

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
