"""What to move between the facilities under one parent, so that little runs out and little expires, see docs/adr/0021.

For a whole parent at once, all items together: lots that would expire where they are, and what is above the maximum,
go to those that lack it, first to those that lack most, then to those that use it before it expires. Pure but for the
solver.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import asin, cos, radians, sin, sqrt

from lmis.alerts.picture import HeldLot, Shelf
from lmis.alerts.redistribution_problem import Move, Pair, Problem, Way
from lmis.alerts.redistribution_sides import Giver
from lmis.errors import LmisError
from lmis.i18n import N_

ROUNDS = 4  # of leaving out what is not worth a trip
MANY = 2_000  # moves that one problem should have at least
EARTH_KM, TYPICAL_KM, FAR_KM = 6371.0, 10.0, 100.0

At = tuple[float, float]  # latitude and longitude, in degrees
Moved = list[tuple[Move, int]]  # units


class NoSolver(LmisError):
    status_code = 503
    msgid = N_("Nothing was proposed for redistribution: that needs SciPy, which comes with lmis[forecast].")


@dataclass(frozen=True, slots=True)
class Proposal:
    """So many base units of a lot to be moved. saves: of these, would expire where they are; fills: the receiver lacks.

    usable: of the item at the receiver, which has none since out_since.
    """

    parent_id: int
    from_id: int
    to_id: int
    item_id: int
    lot: HeldLot
    quantity: int
    saves: int
    fills: int
    usable: int
    out_since: date | None


def propose(
    shelves: Iterable[Shelf],
    parents: Mapping[int, int],
    places: Mapping[int, At],
    today: date,
) -> list[Proposal]:
    """The plan for the facilities under each parent, ordered by parent, giver, taker, item and lot.

    parents: of each open facility, by id; places: where those lie of which it is known.
    Raises NoSolver where SciPy is not installed.
    """
    found = []
    for problem in problems(shelves, parents, today):
        found += _proposals(parents, _planned(problem, places))
    return found


def problems(shelves: Iterable[Shelf], parents: Mapping[int, int], today: date) -> list[Problem]:
    """What may move under each parent; small problems are put together, as asking the solver costs more than they."""
    groups: dict[int, dict[int, list[Shelf]]] = defaultdict(lambda: defaultdict(list))
    for shelf in shelves:
        if shelf.facility_id in parents:
            groups[parents[shelf.facility_id]][shelf.item_id].append(shelf)
    found = [Problem()]
    for _, items in sorted(groups.items()):
        if len(found[-1].moves) >= MANY:
            found.append(Problem())
        for _, its in sorted(items.items()):
            found[-1].add_item(sorted(its, key=lambda it: it.facility_id), today)
    return [it for it in found if it.moves]


def _planned(problem: Problem, places: Mapping[int, At]) -> Moved:
    """The best plan without what is not worth a trip: of that, the least to each taker goes, and it is solved again."""
    far = {pair: 1 + _km(places, *pair) / TYPICAL_KM for pair in {it.pair for it in problem.moves}}
    shared: dict[Pair, int] = {}
    for _ in range(ROUNDS):
        problem.price(far, shared)
        moved = _solved(problem)
        small, ways = _small(moved), _shared(moved)
        if not small and ways == shared:
            break
        problem.bar(_least(small))
        shared = ways
    return [(it, units) for it, units in moved if it.way not in small]


def _solved(problem: Problem) -> Moved:
    try:
        from lmis.alerts.transport import cheapest_flow  # not above: the pages that show plans load no SciPy
    except ImportError:
        raise NoSolver from None
    flow = cheapest_flow(problem.network)
    return [(it, flow[it.arc]) for it in problem.moves if flow[it.arc]]


def _small(moved: Moved) -> dict[Way, int]:
    """The units that go each way that is not worth going for them."""
    units: Counter[Way] = Counter()
    least: dict[Way, int] = {}
    for it, some in moved:
        units[it.way] += some
        least[it.way] = it.taker.least
    return {way: units[way] for way in units if units[way] < least[way]}


def _least(small: Mapping[Way, int]) -> set[Way]:
    """Of what comes to a facility of an item, the way with the fewest units."""
    found: dict[tuple[int, int], Way] = {}
    for way in sorted(small, key=lambda it: (small[it], it)):
        found.setdefault(way[1:], way)
    return set(found.values())


def _shared(moved: Moved) -> dict[Pair, int]:
    """By how many items a way is gone, where it is more than one."""
    items = Counter(way[:2] for way in {it.way for it, _ in moved})
    return {pair: count for pair, count in items.items() if count > 1}


def _km(places: Mapping[int, At], one: int, other: int) -> float:
    """As the crow flies; TYPICAL_KM where it is not known."""
    if one not in places or other not in places:
        return TYPICAL_KM
    (north, east), (to_north, to_east) = places[one], places[other]
    up, along = radians(to_north - north) / 2, radians(to_east - east) / 2
    chord = sin(up) ** 2 + cos(radians(north)) * cos(radians(to_north)) * sin(along) ** 2
    return min(FAR_KM, 2 * EARTH_KM * asin(sqrt(min(1.0, chord))))


def _proposals(parents: Mapping[int, int], moved: Moved) -> list[Proposal]:
    moved = sorted(moved, key=lambda it: (parents[it[0].pair[0]], it[0].way, it[0].lot))
    unsaved, lacks = _unsaved(moved), {it.taker: it.taker.lacks for it, _ in moved}
    need: list[int] = []
    for it, units in moved:  # what does not save anything must be what somebody lacks
        need.append(min(units, unsaved[it.giver], lacks[it.taker]))
        unsaved[it.giver] -= need[-1]
        lacks[it.taker] -= need[-1]
    found = []
    for (it, units), lacked in zip(moved, need, strict=True):
        more = min(units - lacked, lacks[it.taker])
        lacks[it.taker] -= more
        found.append(_proposal(parents[it.pair[0]], it, units, saves=units - lacked, fills=lacked + more))
    return found


def _unsaved(moved: Moved) -> dict[Giver, int]:
    """Of what each gives, the units that would not expire where they are."""
    given: dict[Giver, list[int]] = {it.giver: [0] * len(it.giver.limits) for it, _ in moved}
    for it, units in moved:
        given[it.giver][it.lot] += units
    return {it: sum(units) - it.unused() + it.unused(units) for it, units in given.items()}


def _proposal(parent_id: int, it: Move, units: int, *, saves: int, fills: int) -> Proposal:
    from_id, to_id, item_id = it.way
    return Proposal(
        parent_id=parent_id,
        from_id=from_id,
        to_id=to_id,
        item_id=item_id,
        lot=it.giver.shelf.lots[it.lot],
        quantity=units,
        saves=saves,
        fills=fills,
        usable=it.taker.shelf.usable,
        out_since=it.taker.shelf.out_since,
    )
