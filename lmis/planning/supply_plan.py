"""A plan of supply by month: stock, what is missing, what expires, and what to order when. Pure.

First expired, first out. In every month: opening + arrivals − demand met − expired = closing. Goods arrive before
anything of the month is given out; a lot is usable through the month it expires in, and what is left of it then is lost
at its end. Demand that stock does not meet is a shortage of its month and is not made up for later. Quantities are base
units; months count from 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil

NEVER = 1_000_000  # the month in which goods without an expiry expire


@dataclass(frozen=True, slots=True)
class Lot:
    """Goods that expire together. expires: the last month they may be used in."""

    expires: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """Goods that come in a month."""

    month: int
    expires: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Order:
    """What to order. arrival: when it comes; limited: less than up to the maximum, as more would expire unused."""

    month: int
    arrival: Arrival
    limited: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """How an item is ordered.

    minimum, maximum: months of stock; lead: months from the order until the goods are there; soonest: the first
    month in which what is ordered today can arrive; shelf_life: whole months that goods keep when they arrive.
    """

    minimum: Decimal
    maximum: Decimal
    lead: Decimal
    soonest: int
    shelf_life: int | None
    pack_size: int


@dataclass(frozen=True, slots=True)
class PlanMonth:
    """One month of an item. planned, ordered: what arrives; minimum, maximum: units; months: how long closing lasts."""

    opening: int
    planned: int
    ordered: int
    demand: int
    met: int
    expired: int
    closing: int
    minimum: int
    maximum: int
    months: Decimal | None

    @property
    def arrivals(self) -> int:
        return self.planned + self.ordered

    @property
    def shortage(self) -> int:
        return self.demand - self.met


@dataclass(frozen=True, slots=True)
class Plan:
    """months: with the orders that are proposed; without: were nothing ordered but what is planned."""

    months: Sequence[PlanMonth]
    orders: Sequence[Order]
    without: Sequence[PlanMonth]


@dataclass(slots=True)
class _Shelf:
    """Lots by the month they expire in."""

    lots: dict[int, int] = field(default_factory=dict)

    @property
    def stock(self) -> int:
        return sum(self.lots.values())

    def put(self, expires: int, quantity: int) -> None:
        self.lots[expires] = self.lots.get(expires, 0) + quantity

    def take(self, wanted: int) -> int:
        """Take what is there of it, the first to expire first."""
        left = wanted
        for expires in sorted(self.lots):
            some = min(left, self.lots[expires])
            self.lots[expires] -= some
            left -= some
        return wanted - left

    def expire(self, month: int) -> int:
        """Lose what may not be used after a month."""
        return sum(self.lots.pop(expires) for expires in [it for it in self.lots if it <= month])

    def copy(self) -> _Shelf:
        return _Shelf(dict(self.lots))


def plan(
    lots: Iterable[Lot], planned: Iterable[Arrival], demand: Sequence[int], terms: Terms, length: int = 24
) -> Plan:
    """The plan of an item over `length` months.

    demand: of these months and of those after them, as far as stock is held for: what the last of them say goes on.
    Lots that expired before month 0 are not to be among them.
    """
    comes = list(planned)
    ahead = _Ahead(demand)
    bare = _Run(list(lots), comes, ahead, terms)
    for month in range(length):
        bare.step(month)
    full = _Run(list(lots), comes, ahead, terms)
    for month in range(length):
        full.order(month)
        full.step(month)
    return Plan(full.months, full.orders, bare.months)


class _Run:
    """Going through the months one by one."""

    def __init__(self, lots: Iterable[Lot], planned: Iterable[Arrival], ahead: _Ahead, terms: Terms) -> None:
        self.shelf = _Shelf()
        for lot in lots:
            self.shelf.put(lot.expires, lot.quantity)
        self.planned = list(planned)
        self.ahead, self.terms = ahead, terms
        self.months: list[PlanMonth] = []
        self.orders: list[Order] = []

    def step(self, month: int) -> None:
        opening = self.shelf.stock
        ordered = sum(it.arrival.quantity for it in self.orders if it.arrival.month == month)
        for arrival in self._coming(month):
            self.shelf.put(arrival.expires, arrival.quantity)
        planned = self.shelf.stock - opening - ordered
        demand = self.ahead.of(month)
        met, expired = self.shelf.take(demand), self.shelf.expire(month)
        closing = self.shelf.stock
        self.months.append(
            PlanMonth(
                opening, planned, ordered, demand, met, expired, closing, *self._limits(month),
                self.ahead.lasts(month + 1, closing),
            )
        )  # fmt: skip

    def _coming(self, month: int) -> list[Arrival]:
        return [it for it in (*self.planned, *(order.arrival for order in self.orders)) if it.month == month]

    def _limits(self, month: int) -> tuple[int, int]:
        least = self.ahead.over(month + 1, self.terms.minimum)
        return least, max(least, self.ahead.over(month + 1, self.terms.maximum))

    def order(self, month: int) -> None:
        """Propose an order that arrives in a month, where its end would otherwise see less than the minimum."""
        if month < self.terms.soonest:
            return
        closing, shortage = self._without_order(month)
        least, most = self._limits(month)
        if closing >= least and not shortage:
            return
        expires = NEVER if self.terms.shelf_life is None else month + self.terms.shelf_life
        wanted = self._in_packs(least - closing + shortage, most - closing + shortage)
        usable = wanted - self._left_over(Arrival(month, expires, wanted))
        quantity = wanted if usable == wanted else usable // self.terms.pack_size * self.terms.pack_size
        if quantity:
            arrival = Arrival(month, expires, quantity)
            made = max(0, month - ceil(self.terms.lead))
            self.orders.append(Order(made, arrival, limited=quantity < wanted))

    def _without_order(self, month: int) -> tuple[int, int]:
        """What would be there at a month's end, and what would be missing in it."""
        shelf = self.shelf.copy()
        for arrival in self._coming(month):
            shelf.put(arrival.expires, arrival.quantity)
        demand = self.ahead.of(month)
        shortage = demand - shelf.take(demand)
        shelf.expire(month)
        return shelf.stock, shortage

    def _in_packs(self, least: int, most: int) -> int:
        """As many packs as do not exceed `most`; one more where they would not reach `least`."""
        size = self.terms.pack_size
        packs = most // size
        return size * (packs if packs * size >= least else -(-least // size))

    def _left_over(self, arrival: Arrival) -> int:
        """How much of goods that came in a month would expire unused, with all that is planned to come after them.

        What would be left without them is not theirs, though it expire in the same month.
        """
        if arrival.expires - arrival.month > self.ahead.known:
            return 0  # further away than demand is known; the maximum keeps within the shelf life
        return self._unused(arrival, arrival.quantity) - self._unused(arrival, 0)

    def _unused(self, arrival: Arrival, quantity: int) -> int:
        """What would be left of all that expires with goods that come in a month, were so much of them to come."""
        shelf = self.shelf.copy()
        shelf.put(arrival.expires, quantity)
        for month in range(arrival.month, arrival.expires + 1):
            for it in self._coming(month):
                shelf.put(it.expires, it.quantity)
            shelf.take(self.ahead.of(month))
            if month < arrival.expires:
                shelf.expire(month)
        return shelf.lots[arrival.expires]


class _Ahead:
    """Demand of the months to come. What the last twelve that are known say goes on after them."""

    def __init__(self, demand: Sequence[int]) -> None:
        self.known = len(demand)
        last = demand[-12:]
        self.after = Decimal(sum(last)) / len(last) if last else Decimal(0)
        self.sums = [0]
        for units in demand:
            self.sums.append(self.sums[-1] + units)

    def of(self, month: int) -> int:
        return self.sums[month + 1] - self.sums[month] if month < self.known else round(self.after)

    def until(self, end: Decimal) -> Decimal:
        """Demand from month 0 until a point in time, which may lie within a month."""
        whole = min(int(end), self.known)
        part = min(end - whole, Decimal(1)) * self.of(whole) if whole < self.known else Decimal(0)
        return self.sums[whole] + part + max(Decimal(0), end - self.known) * self.after

    def over(self, first: int, months: Decimal) -> int:
        """Units that last `months` from the beginning of month `first`; a part of a unit counts as one."""
        return ceil(self.until(first + months) - self.until(Decimal(first)))

    def lasts(self, first: int, stock: int) -> Decimal | None:
        """Months that stock lasts from the beginning of month `first`; None when nothing is asked for any more."""
        left = Decimal(stock)
        for month in range(first, self.known):
            units = self.of(month)
            if units > left:
                return month - first + left / units
            left -= units
        if not self.after:
            return None
        return max(0, self.known - first) + left / self.after
