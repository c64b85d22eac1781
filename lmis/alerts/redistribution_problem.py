"""All that may move between the facilities under one parent, as a network that units flow through. Pure.

Lots lead to the facilities that can take them, to what their own facility uses, and to waste. A shortage filled is
worth more than a unit saved, the more the lower the shelf is, and a unit saved more than any way to go.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from lmis.alerts.picture import HeldLot, Shelf
from lmis.alerts.redistribution_network import Network
from lmis.alerts.redistribution_sides import Giver, Taker, giver, taker

WORTH = (400.0, 300.0, 200.0, 100.0)  # of a unit that fills the lowest quarter of a minimum, the next, …
WASTED = 1.0  # the cost of a unit that expires
TRIP = 0.01  # the cost of the shortest way, whatever goes it: as nothing beside a unit saved

Pair = tuple[int, int]  # giver and taker
Way = tuple[int, int, int]  # giver, taker and item


@dataclass(frozen=True, eq=False, slots=True)
class Move:
    """A lot (its place among the giver's) that may go to a taker. arc: of the network; most: units."""

    giver: Giver
    lot: int
    taker: Taker
    arc: int
    most: int

    @property
    def pair(self) -> Pair:
        return self.giver.shelf.facility_id, self.taker.shelf.facility_id

    @property
    def way(self) -> Way:
        return *self.pair, self.giver.shelf.item_id


@dataclass(slots=True)
class Problem:
    """All that may move under one parent, or several."""

    network: Network = field(default_factory=Network)
    moves: list[Move] = field(default_factory=list)

    def add_item(self, shelves: Sequence[Shelf], today: date) -> None:
        """The shelves of one item. Who has something to spare receives only what it lacks: fresh for what expires."""
        givers = {shelf.facility_id: its for shelf in shelves if (its := giver(shelf, today))}
        if not givers or len(shelves) < 2:
            return
        found = [it for shelf in shelves if (it := taker(shelf, today))]
        takers = [it if it.shelf.facility_id not in givers else replace(it, room=it.lacks) for it in found]
        self._add(list(givers.values()), [it for it in takers if it.room >= it.least])

    def _add(self, givers: Sequence[Giver], takers: Sequence[Taker]) -> None:
        days = sorted({_day(lot) for it in givers for lot in it.shelf.lots})
        lots = [(it, _add_giver(self.network, it)) for it in givers]
        for it in takers:
            uses = {day: it.uses_of(None if day == date.max else day) for day in days}
            sources = [lot for lot in lots if _is_worth_it(lot[0], it, uses)]
            if sources:
                self._add_moves(it, sources, uses, _add_taker(self.network, it, uses))

    def _add_moves(
        self,
        it: Taker,
        lots: Sequence[tuple[Giver, Sequence[int]]],
        uses: Mapping[date, int],
        entries: Mapping[date, int],
    ) -> None:
        for source, nodes in lots:
            for number, lot in enumerate(source.shelf.lots):
                day = _day(lot)
                if most := min(uses[day], lot.on_hand):
                    arc = self.network.arc(nodes[number], entries[day], most)
                    self.moves.append(Move(source, number, it, arc, most))

    def price(self, far: Mapping[Pair, float], shared: Mapping[Pair, int]) -> None:
        """What each move costs: a part of its way, by as much as may go it, and less where other items go it too.

        far: as times of the shortest way; shared: by how many items a way was gone in the plan before.
        """
        for it in self.moves:
            way = TRIP * far[it.pair] / max(1, shared.get(it.pair, 0))
            self.network.costs[it.arc] = way / it.most

    def bar(self, ways: Collection[Way]) -> None:
        """Let nothing go these ways any more."""
        for it in self.moves:
            if it.way in ways:
                self.network.most[it.arc] = 0


def _is_worth_it(source: Giver, it: Taker, uses: Mapping[date, int]) -> bool:
    """Whether a giver could send a taker as much as is worth a trip."""
    most = sum(min(lot.on_hand, uses[_day(lot)]) for lot in source.shelf.lots)
    return source.shelf is not it.shelf and min(most, source.spare) >= it.least


def _day(lot: HeldLot) -> date:
    return lot.expires_on or date.max


def _add_giver(network: Network, it: Giver) -> list[int]:
    """The nodes of its lots, each leading to what is used on the spot, and to waste."""
    stays, used = network.node(), network.node()
    network.arc(stays, network.sink, least=it.keeps)
    network.arc(used, stays, least=it.uses)
    lots = [network.node(lot.on_hand) for lot in it.shelf.lots]
    spot = network.chain(it.limits)
    network.arc(spot[-1], used, it.limits[-1])
    for lot, use in zip(lots, spot, strict=True):
        network.arc(lot, use)
        network.arc(lot, stays, cost=WASTED)
    return lots


def _add_taker(network: Network, it: Taker, uses: Mapping[date, int]) -> dict[date, int]:
    """What it lacks, and where lots come in by their day. uses: of all that expires by a day, the most."""
    entries = dict(zip(uses, network.chain([*uses.values()]), strict=True))
    last, arrived = list(uses)[-1], network.node()
    network.arc(entries[last], arrived, uses[last])
    for most, worth in shortage(it):
        network.arc(arrived, network.sink, most, cost=-worth)
    network.arc(arrived, network.sink, it.room - it.lacks)
    return entries


def shortage(it: Taker) -> list[tuple[int, float]]:
    """What it lacks, quarter by quarter of its minimum, and what a unit of each is worth."""
    steps = [it.minimum * quarter // len(WORTH) for quarter in range(len(WORTH) + 1)]
    filled = [min(max(step, it.covered), it.covered + it.lacks) for step in steps]
    return [(high - low, worth) for (low, high), worth in zip(pairwise(filled), WORTH, strict=True) if high > low]
