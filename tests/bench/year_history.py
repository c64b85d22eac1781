"""The demo city at work, watched: what is known of its stations on the day from which policies are compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from uuid import UUID

import numpy as np

from lmis.calendar import Month, month_of
from lmis.demo.catalogue import PRODUCTS
from lmis.demo.network import Size, places, read_districts
from lmis.demo.simulation import Simulation
from lmis.demo.stores import Store, goods, open_stores
from lmis.demo.supply import plan_lots
from lmis.stock.documents import Document, Kind
from tests.bench.year_book import Book, Page, Units

MOVES = (Kind.ISSUE, Kind.TRANSFER, Kind.RETURN)
Sent = dict[tuple[Month, int, int], Counter[int]]  # month, district, good: units of each lot sent to its stations


class WatchedCity(Simulation):
    """The demo without collaborators, from `first` to `last`; a book of its stations is kept until the day `year`.

    It goes on after that day only to show which lots the districts send. `shelves` (units by lot) and `clients` (a
    week) are those of every series on that morning.
    """

    def __init__(self, size: Size, seed: int, first: date, year: date, last: date) -> None:
        rng = Random(seed)
        found = [place for place in places(read_districts(), size, seed) if place.level != "collaborator"]
        stocked = goods({product.code: number for number, product in enumerate(PRODUCTS)})
        stores = open_stores(found, {place.code: number for number, place in enumerate(found)}, stocked, rng)
        lots = plan_lots(stocked, first, last, rng)
        for number, lot in enumerate(lots):
            lot.id = number
        super().__init__(stores, stocked, lots, rng, first, last)
        self.year = year
        self.stations = [store for store in stores if store.clients]
        self.series = [(store, good) for store in self.stations for good in sorted(store.clients)]
        self.shelves: list[Counter[int]] = []
        self.clients: list[float] = []
        self.sent: Sent = defaultdict(Counter)
        self._rows = {(store.id, good): row for row, (store, good) in enumerate(self.series)}
        self._at = {store.id: [self._rows[store.id, good] for good in store.clients] for store in self.stations}
        self._dispenses: dict[UUID, Document] = {}
        self.book = Book(np.array([store.id for store, _ in self.series]), np.array([good for _, good in self.series]))

    def watch(self) -> None:
        for _ in self.documents():
            pass

    def _begin_month(self, day: date) -> None:
        if self.first < day <= self.year:
            self._end_page(day - timedelta(1))
        if day == self.year:
            self.shelves = [_by_lot(store, good, day) for store, good in self.series]
        self._begin_page(day)
        super()._begin_month(day)
        if day == self.year:
            self.clients = [store.clients[good] for store, good in self.series]

    def _work(self, day: date) -> Iterator[Document]:
        touched: set[int] = set()
        for document in super()._work(day):
            self._note(document)
            touched |= {document.facility_id, document.counterparty_id or 0}
            yield document
        rows = [row for store_id in touched for row in self._at.get(store_id, ())]
        self._count_days_out(day)
        self._on_hand[rows] = [self._usable(row, day) for row in rows]

    # -- the book ------------------------------------------------------------------------------------------------

    def _begin_page(self, day: date) -> None:
        nothing = np.zeros(len(self.series), dtype=np.int64)
        self._received, self._dispensed, self._days_out = nothing.copy(), nothing.copy(), nothing.copy()
        self._opening, self._on_hand = self._all_usable(day - timedelta(1)), self._all_usable(day)
        self._seen_on = day

    def _end_page(self, day: date) -> None:
        self._count_days_out(day + timedelta(1))
        kept = (self._opening, self._received, self._dispensed, self._all_usable(day), self._days_out)
        self.book.pages.append(Page(month_of(day), *kept))

    def _count_days_out(self, until: date) -> None:
        """The days from the one last seen on, each by how it ended."""
        self._days_out += (self._on_hand == 0) * (until - self._seen_on).days
        self._seen_on = until

    def _all_usable(self, day: date) -> Units:
        return np.array([self._usable(row, day) for row in range(len(self.series))])

    def _usable(self, row: int, day: date) -> int:
        store, good = self.series[row]
        return store.usable(good, day)

    def _note(self, document: Document) -> None:
        if document.kind == Kind.REVERSAL and document.reverses in self._dispenses:
            self._add(self._dispensed, document.facility_id, self._dispenses[document.reverses], -1)
        if document.kind == Kind.DISPENSE:
            self._dispenses[document.uuid] = document
            self._add(self._dispensed, document.facility_id, document, 1)
        if document.kind in MOVES:
            self._add(self._received, document.counterparty_id, document, 1)
        if document.kind == Kind.ISSUE:
            for line in document.lines:
                key = month_of(document.occurred_on), document.facility_id, self.lots[line.lot_id].good
                self.sent[key][line.lot_id] += line.quantity

    def _add(self, column: Units, store_id: int | None, document: Document, sign: int) -> None:
        for line in document.lines:
            row = self._rows.get((store_id or 0, self.lots[line.lot_id].good))
            if row is not None:
                column[row] += sign * line.quantity


def _by_lot(store: Store, good: int, day: date) -> Counter[int]:
    """The usable units of a good on a shelf, by lot."""
    held: Counter[int] = Counter()
    for batch in store.shelves.get(good, ()):
        if batch.lot.expires_on >= day:
            held[batch.lot.id] += batch.on_hand
    return held
