"""The plan of what to move between the stations of 30 districts, beside doing nothing and beside the bare solver.

What the plan is good for is told by living on with it and without it: each station uses, week by week, what is likely
but not what was expected, first what expires first, and nothing new comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from time import perf_counter, process_time
from typing import Any

import numpy as np
from scipy.optimize import linprog

from lmis.alerts.ahead import Forecast
from lmis.alerts.picture import HeldLot, Shelf
from lmis.alerts.redistribution import At, Proposal, problems, propose
from lmis.alerts.transport import matrices
from lmis.calendar import month_of
from lmis.policy.rules import Policy
from tests.alerts.redistributing import a_policy_of
from tests.bench.figures import Figure

SEED = 2026
TODAY = date(2026, 11, 20)
DISTRICTS, STATIONS, ITEMS, LOTS = 30, 580, 20, 5  # lots of each item
PACKS = (1, 1, 10, 12, 144)
SEASONS = (1.1, 0.7, 0.9, 1.0, 1.0, 1.1, 1.1, 1.1, 1.0, 1.0, 1.0, 1.0)
WEEK, UNTIL_NEXT = timedelta(days=7), timedelta(days=60)  # until the next deliveries come everywhere
Key = tuple[int, int]  # facility and item


def measure() -> list[Figure]:
    shelves, parents, places = a_city(Random(SEED))
    start, busy = perf_counter(), process_time()
    plan = propose(shelves, parents, places, TODAY)
    taken, busy = perf_counter() - start, process_time() - busy
    wasted, short = _lived(shelves, [])
    wasted_with, short_with = _lived(shelves, plan)
    ratio = busy / _bare(shelves, parents)
    saved, filled = f"of {wasted:,} that expire unused, it saves", f"of {short:,} that are short, it fills"
    return [
        Figure(f"what to move in {DISTRICTS} districts, {len(shelves):,} shelves", taken, "s", 20, "less"),
        Figure("the same / its matrices solved once by bare linprog", ratio, "× time", 10, "less"),
        Figure(saved, wasted - wasted_with, "units", wasted // 2, "more"),
        Figure(filled, short - short_with, "units", short // 2, "more"),
    ]


def a_city(rng: Random) -> tuple[list[Shelf], dict[int, int], dict[int, At]]:
    """Stations' shelves: a few empty, a few with far too much, most with some months of one to three lots."""
    parents = {station: STATIONS + 1 + station % DISTRICTS for station in range(1, STATIONS + 1)}
    places = {it: (20.6 + rng.random() * 0.8, 105.3 + rng.random() * 0.7) for it in parents}
    lots = {item: [_a_lot(rng, item * LOTS + number) for number in range(LOTS)] for item in range(ITEMS)}
    policy = a_policy_of(minimum="2", maximum="4", lead_time="0.5", review_period="1")
    shelves = []
    for station in parents:
        size = rng.lognormvariate(0, 0.6)
        for item in range(ITEMS):
            use = size * rng.lognormvariate(2.5, 1.0)
            shelves.append(_a_shelf(rng, station, item, use, lots[item], policy))
    return shelves, parents, places


def _a_lot(rng: Random, id_: int) -> tuple[int, date]:
    return id_, TODAY + timedelta(days=rng.randint(40, 1_000))


def _a_shelf(
    rng: Random, station: int, item: int, use: float, lots: Sequence[tuple[int, date]], policy: Policy
) -> Shelf:
    months = 0.0 if rng.random() < 0.07 else rng.lognormvariate(1.0, 0.7)
    chosen = sorted(rng.sample(lots, rng.randint(1, 3)), key=lambda lot: lot[1])
    held = [HeldLot(id_, str(id_), day, "free", round(use * months / len(chosen)), TODAY) for id_, day in chosen]
    held = [lot for lot in held if lot.on_hand]
    first = month_of(TODAY)
    means = [use * SEASONS[(first % 100 - 1 + after) % 12] for after in range(12)]
    ahead = Forecast(first, means, lambda _: means)
    what = (ahead, Decimal(round(use)), policy, None, None, None, True, PACKS[item % len(PACKS)])
    return Shelf(station, item, held, (), (), 0, None, *what)


def _lived(shelves: Sequence[Shelf], plan: Sequence[Proposal]) -> tuple[int, int]:
    """Units that expire unused, and units asked for and not there before the next delivery."""
    given: dict[tuple[int, int], int] = defaultdict(int)
    got: dict[Key, list[tuple[date, int]]] = defaultdict(list)
    for it in plan:
        given[it.from_id, it.lot.lot_id] += it.quantity
        got[it.to_id, it.item_id].append((it.lot.expires_on or date.max, it.quantity))
    wasted = short = 0
    for shelf in shelves:
        held = [(_last(lot), lot.on_hand - given[shelf.facility_id, lot.lot_id]) for lot in shelf.lots]
        unused, missed = _shelf_lived(shelf, held, got[shelf.facility_id, shelf.item_id])
        wasted += unused
        short += missed
    return wasted, short


def _last(lot: HeldLot) -> date:
    return lot.expires_on or date.max


def _shelf_lived(shelf: Shelf, held: list[tuple[date, int]], coming: list[tuple[date, int]]) -> tuple[int, int]:
    """The same weeks, and the same people who come in them, with the plan and without."""
    rng = Random(f"{shelf.facility_id} {shelf.item_id}")
    lots = [[day, units] for day, units in sorted(held)]
    day, wasted, short, before = TODAY, 0, 0, 0.0
    while lots or coming or day < TODAY + UNTIL_NEXT:
        before += shelf.ahead.expected(day, day + WEEK) * rng.lognormvariate(-0.08, 0.4) if shelf.ahead else 0.0
        asked = int(before)
        before -= asked
        missed = asked - _use(lots, asked)
        short += missed if day < TODAY + UNTIL_NEXT else 0
        day += WEEK
        wasted += sum(units for last, units in lots if last < day)
        lots = sorted([lot for lot in lots if lot[0] >= day and lot[1]] + [[*it] for it in coming])
        coming = []
    return wasted, short


def _use(lots: list[list[Any]], asked: int) -> int:
    """Take from the lots, the first to expire first; how many there were to take."""
    left = asked
    for lot in lots:
        taken = min(left, lot[1])
        lot[1] -= taken
        left -= taken
    return asked - left


def _bare(shelves: Sequence[Shelf], parents: Mapping[int, int]) -> float:
    """Seconds of the processor that SciPy alone takes for the matrices of all districts, each solved once."""
    asked = []
    for problem in problems(shelves, parents, TODAY):
        problem.price({it.pair: 2.0 for it in problem.moves}, {})
        network = problem.network
        matrix, supplies = matrices(network)
        asked.append((network.costs, matrix, supplies, np.column_stack((network.least, network.most))))
    start = process_time()
    for costs, matrix, supplies, limits in asked:
        linprog(costs, A_eq=matrix, b_eq=supplies, bounds=limits, method="highs-ds")
    return process_time() - start
