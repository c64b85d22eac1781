"""The stores of the simulation: what is on their shelves, and what people ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from random import Random
from statistics import mean

from lmis.catalog.reference import METHODS
from lmis.demo.catalogue import PRODUCTS, Flow, Product
from lmis.demo.network import Place
from lmis.demo.seasons import AUTUMN, SPRING

WEEKS_A_MONTH = 365.25 / 12 / 7
CAPABILITY = {str(method["code"]): method["capability"] for method in METHODS}


@dataclass(frozen=True, slots=True)
class Good:
    """An item in one channel: what a store orders, holds and gives as one thing."""

    item_id: int
    product: Product
    flow: Flow
    mean_quantity: float

    @property
    def clinical(self) -> bool:
        return CAPABILITY[self.product.method] is not None

    @property
    def condom(self) -> bool:
        return self.product.method == "condom"


@dataclass(slots=True)
class Lot:
    """A lot of one good (its index); `id` is the database's. arrives_on: when the supplier brings it."""

    good: int
    item_id: int
    channel: str
    number: str
    expires_on: date
    arrives_on: date
    id: int = 0


@dataclass(slots=True)
class Batch:
    """So much of a lot on a shelf."""

    lot: Lot
    on_hand: int
    received_on: date


Pick = tuple[Lot, int]


@dataclass(slots=True)
class Store:
    """A facility at work.

    clients: people a week by good (its index); use: what leaves in a month, as the store believes; asked: what this
    month has asked for so far; habit: how much of the need it orders, 1 being right; trend: growth a year; shelves:
    batches by good, the first to expire first.
    """

    id: int
    level: str
    parent: Store | None
    weekday: int
    habit: float
    trend: float
    campaigns: tuple[int, int]
    children: list[Store] = field(default_factory=list)
    clients: dict[int, float] = field(default_factory=dict)
    use: dict[int, float] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)
    shelves: dict[int, list[Batch]] = field(default_factory=dict)

    def usable(self, good: int, on: date) -> int:
        return sum(batch.on_hand for batch in self.shelves.get(good, ()) if batch.lot.expires_on >= on)

    def put(self, lot: Lot, quantity: int, on: date) -> None:
        shelf = self.shelves.setdefault(lot.good, [])
        for batch in shelf:
            if batch.lot is lot:
                batch.on_hand += quantity
                return
        shelf.append(Batch(lot, quantity, on))
        shelf.sort(key=_first_to_expire)

    def take(self, good: int, quantity: int, on: date) -> list[Pick]:
        """Take up to `quantity`, the first to expire first; what has expired stays."""
        picks: list[Pick] = []
        shelf = self.shelves.get(good)
        if not shelf:
            return picks
        for batch in shelf:
            if quantity and batch.lot.expires_on >= on:
                taken = min(batch.on_hand, quantity)
                batch.on_hand -= taken
                quantity -= taken
                picks.append((batch.lot, taken))
        self._tidy(good, shelf)
        return picks

    def take_lot(self, lot: Lot, quantity: int) -> Pick:
        """Take `quantity` of one lot, which must be there."""
        shelf = self.shelves[lot.good]
        batch = next(batch for batch in shelf if batch.lot is lot)
        batch.on_hand -= quantity
        self._tidy(lot.good, shelf)
        return lot, quantity

    def _tidy(self, good: int, shelf: list[Batch]) -> None:
        if any(not batch.on_hand for batch in shelf):
            self.shelves[good] = [batch for batch in shelf if batch.on_hand]

    def drop_empty(self) -> None:
        for good, shelf in self.shelves.items():
            self._tidy(good, shelf)

    def batches(self) -> Iterable[Batch]:
        return [batch for shelf in self.shelves.values() for batch in shelf]


def _first_to_expire(batch: Batch) -> tuple[date, date, int]:
    return batch.lot.expires_on, batch.received_on, batch.lot.id


def goods(item_ids: dict[str, int]) -> list[Good]:
    return [
        Good(item_ids[product.code], product, flow, mean(flow.quantities))
        for product in PRODUCTS
        for flow in product.flows
    ]


def open_stores(places: Sequence[Place], ids: dict[str, int], stocked: Sequence[Good], rng: Random) -> list[Store]:
    """The stores of a network, each after its parent, with the people who come to them."""
    by_code: dict[str, Store] = {}
    for place in places:
        parent = by_code.get(place.parent)
        store = by_code[place.code] = _store(place, ids[place.code], parent, rng)
        if parent:
            parent.children.append(store)
        if place.level == "commune":
            store.clients = _station_clients(place, stocked, rng)
        elif place.level == "collaborator":
            store.clients = _collaborator_clients(stocked, rng)
    stores = list(by_code.values())
    for store in reversed(stores):  # a store's use is known before its parent's
        _believe(store, stocked)
    return stores


def _store(place: Place, facility_id: int, parent: Store | None, rng: Random) -> Store:
    campaigns = (rng.choice(SPRING), rng.choice(AUTUMN))
    if parent and place.level not in ("board", "district"):
        campaigns = parent.campaigns
    weekday, habit, trend = rng.randrange(5), rng.lognormvariate(0, 0.2), rng.gauss(0, 0.06)
    return Store(facility_id, place.level, parent, weekday, habit, trend, campaigns)


def _station_clients(place: Place, stocked: Sequence[Good], rng: Random) -> dict[int, float]:
    size = rng.lognormvariate(-0.3, 0.6) * (0.85 if place.rural else 1.1)
    held = place.capabilities.split()
    return {
        index: good.flow.clients * size * rng.lognormvariate(0, 0.3)
        for index, good in enumerate(stocked)
        if rng.random() < good.flow.carried and CAPABILITY[good.product.method] in (None, *held)
    }


def _collaborator_clients(stocked: Sequence[Good], rng: Random) -> dict[int, float]:
    """Condoms and pills: always what is free of charge, some of what is sold."""
    size = rng.lognormvariate(-2.1, 0.4)
    return {
        index: good.flow.clients * size * rng.lognormvariate(0, 0.3)
        for index, good in enumerate(stocked)
        if good.product.method in ("condom", "pill")
        and rng.random() < (1 if good.flow.price is None else 0.3 * good.flow.carried)
    }


def _believe(store: Store, stocked: Sequence[Good]) -> None:
    for index, clients in store.clients.items():
        use = clients * stocked[index].mean_quantity * WEEKS_A_MONTH
        store.use[index] = store.use.get(index, 0.0) + use
    if store.parent:
        upwards = store.parent.use
        for index, use in store.use.items():
            upwards[index] = upwards.get(index, 0.0) + use


def in_parcels(quantity: float, parcel: int) -> int:
    """`quantity` rounded up to whole parcels."""
    return ceil(quantity / parcel) * parcel
