"""What holds of every plan of what to move: lived through day by day, and beside what a greedy plan comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from math import ceil, floor

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lmis.alerts.picture import HeldLot, Shelf
from lmis.alerts.redistribution import Proposal
from lmis.alerts.redistribution_problem import shortage
from lmis.alerts.redistribution_sides import TRAVEL_DAYS, Giver, Taker, giver, taker, used_in_time
from tests.alerts.redistributing import a_held, a_policy_of, a_shelf, planned
from tests.factories import TODAY

patient = settings(max_examples=150, deadline=None)  # a busy machine is no fault
POLICIES = [a_policy_of(minimum=low, maximum=high, lead_time="0.25", review_period="0.5") for low, high in
            (("0.5", "1"), ("1", "3"), ("2", "4"))]  # fmt: skip
LOTS = {1: 5, 2: 33, 3: 45, 4: 46, 5: 110, 6: None}  # days that each may still be used
MONTH_DAYS = 365.25 / 12


def shelves_of(uses: st.SearchStrategy[float]) -> st.SearchStrategy[list[Shelf]]:
    held = st.dictionaries(st.sampled_from(sorted(LOTS)), st.integers(1, 150), max_size=3)
    one = st.tuples(held, uses, st.sampled_from(POLICIES), st.integers(0, 40), st.booleans())
    return st.lists(one, min_size=2, max_size=6).map(_shelves)


def _shelves(drawn: Sequence[tuple[dict[int, int], float, object, int, bool]]) -> list[Shelf]:
    return [
        a_shelf(
            number,
            *(a_held(units, LOTS[lot], lot) for lot, units in held.items()),
            daily=daily,
            policy=policy,
            coming=coming if coming > 30 else 0,
            capable=capable or number % 2 == 0,
        )
        for number, (held, daily, policy, coming, capable) in enumerate(drawn, 1)
    ]


any_shelves = shelves_of(st.sampled_from([0.0, 0.3, 0.5, 1.0, 2.0, 3.7]))
whole_shelves = shelves_of(st.sampled_from([0.0, 1.0, 2.0, 5.0]))  # whole units a day: no day is rounded


def units_of(shelf: Shelf, months: float) -> float:
    return shelf.ahead.expected(TODAY, TODAY + timedelta(days=round(months * MONTH_DAYS))) if shelf.ahead else 0.0


def given_by(plan: Sequence[Proposal]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for it in plan:
        found[it.from_id][it.lot.lot_id] += it.quantity
    return found


def lived(shelf: Shelf, given: dict[int, int], got: Sequence[Proposal]) -> dict[tuple[str, int], int]:
    """Units that expire when the days go by as expected, by whose they are and their lot, first expired first out."""
    lots = [["own", lot, lot.on_hand - given.get(lot.lot_id, 0)] for lot in shelf.lots]
    coming = [["got", it.lot, it.quantity] for it in got]
    used, wasted = 0.0, {}
    for day in (TODAY + timedelta(days=after_days) for after_days in range(150)):
        if day == TODAY + timedelta(days=TRAVEL_DAYS):
            lots += coming
        asked = floor(used + shelf.ahead.expected(TODAY, TODAY + timedelta(days=1)) + 1e-9)
        used += shelf.ahead.expected(TODAY, TODAY + timedelta(days=1)) - asked
        for lot in sorted(lots, key=lambda it: it[1].expires_on or date.max):
            if lot[1].expires_on and lot[1].expires_on < day:
                wasted[lot[0], lot[1].lot_id] = wasted.get((lot[0], lot[1].lot_id), 0) + lot[2]
                lot[2] = 0
            taken = min(asked, lot[2])
            lot[2] -= taken
            asked -= taken
    return wasted


@given(any_shelves)
@patient
def test_nobody_gives_what_it_has_not_or_falls_below_its_minimum(shelves: list[Shelf]):
    by_facility = {it.facility_id: it for it in shelves}
    for facility_id, given_lots in given_by(planned(*shelves)).items():
        shelf = by_facility[facility_id]
        held = {lot.lot_id: lot.on_hand for lot in shelf.lots}
        assert all(0 < units <= held[lot] for lot, units in given_lots.items())
        assert shelf.usable - sum(given_lots.values()) >= units_of(shelf, float(shelf.policy.minimum))


@given(any_shelves)
@patient
def test_nobody_gets_more_than_its_maximum_or_what_it_may_not_hold(shelves: list[Shelf]):
    plan = planned(*shelves)
    for shelf in shelves:
        units = sum(it.quantity for it in plan if it.to_id == shelf.facility_id)
        if units:
            assert shelf.capable
            assert shelf.usable + shelf.coming + units <= units_of(shelf, float(shelf.policy.maximum)) + 1e-6


@given(any_shelves)
@patient
def test_all_that_is_sent_is_used_before_it_expires_and_makes_nothing_else_expire(shelves: list[Shelf]):
    plan = planned(*shelves)
    for shelf in shelves:
        got = [it for it in plan if it.to_id == shelf.facility_id]
        given_lots = given_by(plan)[shelf.facility_id]
        wasted = lived(shelf, given_lots, got)
        assert sum(units for (whose, _), units in wasted.items() if whose == "got") == 0
        assert sum(wasted.values()) <= sum(lived(shelf, given_lots, []).values())


@given(whole_shelves)
@patient
def test_what_is_said_to_be_saved_is_saved(shelves: list[Shelf]):
    plan = planned(*shelves)
    for shelf in shelves:
        saved = sum(it.saves for it in plan if it.from_id == shelf.facility_id)
        before, later = lived(shelf, {}, []), lived(shelf, given_by(plan)[shelf.facility_id], [])
        assert sum(before.values()) - sum(later.values()) == saved


@given(any_shelves, st.sampled_from([1, 5, 12]))
@patient
def test_every_line_saves_or_fills_and_only_as_much_as_it_moves(shelves: list[Shelf], pack: int):
    shelves = [replace(it, pack_size=pack) for it in shelves]
    plan = planned(*shelves)
    ways: dict[tuple[int, int], int] = defaultdict(int)
    for it in plan:
        assert 0 <= it.saves <= it.quantity
        assert 0 <= it.fills <= it.quantity
        assert it.saves + it.fills >= it.quantity
        assert it.from_id != it.to_id
        ways[it.from_id, it.to_id] += it.quantity
    takers = {it.facility_id: taker(it, TODAY) for it in shelves}
    for (_, to_id), units in ways.items():
        assert units >= takers[to_id].least == min(pack, ceil(units_of(takers[to_id].shelf, 1) - 1e-6))


class Greedy:
    """Each empty place in turn, the lowest first, takes what expires first from whoever has it; then what is left."""

    def __init__(self, shelves: Sequence[Shelf]) -> None:
        self.givers: list[Giver] = [it for shelf in shelves if (it := giver(shelf, TODAY))]
        giving = {it.shelf.facility_id for it in self.givers}
        self.takers: list[Taker] = [it for shelf in shelves if (it := taker(shelf, TODAY))]
        self.takers = [it for it in self.takers if it.lacks or it.shelf.facility_id not in giving]
        self.most = {it: it.lacks if it.shelf.facility_id in giving else it.room for it in self.takers}
        self.given = {it: [0] * len(it.limits) for it in self.givers}
        self.got: dict[Taker, list[HeldLot]] = {it: [] for it in self.takers}
        for it in sorted(self.takers, key=lambda it: it.covered / max(1, it.minimum)):
            while len(self.got[it]) < it.lacks and self.move(it, must_save=False):
                pass
        for it in self.takers:
            while self.move(it, must_save=True):
                pass

    def move(self, it: Taker, *, must_save: bool) -> bool:
        """Move one unit to a taker, of the lot that expires first and can go."""
        lots = [(source, number) for source in self.givers for number in range(len(source.limits))]
        for source, number in sorted(lots, key=lambda lot: lot[0].shelf.lots[lot[1]].expires_on or date.max):
            if source.shelf is not it.shelf and self.fits(it, source, number, must_save):
                self.given[source][number] += 1
                self.got[it].append(source.shelf.lots[number])
                return True
        return False

    def fits(self, it: Taker, source: Giver, number: int, must_save: bool) -> bool:
        given_more = [units + (at == number) for at, units in enumerate(self.given[source])]
        left = [lot.on_hand - units for lot, units in zip(source.shelf.lots, given_more, strict=True)]
        got = [*self.got[it], source.shelf.lots[number]]
        days = [lot.expires_on for lot in got]
        in_time = all(sum((day or date.max) <= (last or date.max) for day in days) <= it.uses_of(last) for last in days)
        saved = source.unused(self.given[source]) - source.unused(given_more)
        stays = sum(left) >= source.keeps and used_in_time(left, source.limits) >= source.uses
        return min(left) >= 0 and stays and in_time and len(got) <= self.most[it] and (saved > 0 or not must_save)

    @property
    def saves(self) -> int:
        return sum(it.unused() - it.unused(units) for it, units in self.given.items())

    @property
    def got_by(self) -> dict[int, int]:
        return {it.shelf.facility_id: len(lots) for it, lots in self.got.items()}


def worth(takers: Sequence[Taker], got: dict[int, int]) -> tuple[int, float]:
    """Units that fill shortages, and what they are worth, the lowest quarter of a minimum most."""
    fills, value = 0, 0.0
    for it in takers:
        left = min(got.get(it.shelf.facility_id, 0), it.lacks)
        fills += left
        for most, each in shortage(it):
            value += min(left, most) * each
            left -= min(left, most)
    return fills, value


small_shelves = shelves_of(st.sampled_from([0.3, 0.5, 1.0]))


@given(small_shelves)
@settings(max_examples=60, deadline=None)
@example([a_shelf(1, a_held(150, 35)), a_shelf(2), a_shelf(3, a_held(150, 110, 5)), a_shelf(4, a_held(30, None, 6))])
def test_no_greedy_plan_fills_or_saves_more(shelves: list[Shelf]):
    plan, greedy = planned(*shelves), Greedy(shelves)
    got = {it.facility_id: sum(line.quantity for line in plan if line.to_id == it.facility_id) for it in shelves}
    fills, value = worth(greedy.takers, got)
    greedy_fills, greedy_value = worth(greedy.takers, greedy.got_by)
    saves = sum(it.saves for it in plan)

    assert sum(it.fills for it in plan) == fills
    assert (value, saves) >= (greedy_value, 0)
    assert value + saves >= greedy_value + greedy.saves
    assert fills + saves >= greedy_fills + greedy.saves
