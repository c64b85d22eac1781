"""A seeded history of the demo network, day by day: the same seed and days give the same documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from random import Random

from lmis.demo import events, supply
from lmis.demo.clerk import Clerk, Hour
from lmis.demo.demand import Season, close_month, give_out
from lmis.demo.seasons import last_open, next_open
from lmis.demo.stores import Good, Lot, Store
from lmis.holidays import is_open
from lmis.stock.documents import Document

Event = Callable[[Clerk, Store, date], Iterator[Document]]

MONTHLY: Mapping[Event, Mapping[str, float]] = {  # how often an event strikes a store, a month
    events.lose_some: {"board": 0.5, "district": 0.2, "commune": 0.03, "collaborator": 0.004},
    events.find_some: {"board": 0.1, "district": 0.05, "commune": 0.006},
    events.hold: {"board": 0.04, "district": 0.05, "commune": 0.005},
    events.give_twice: {"commune": 0.012, "collaborator": 0.002},
    events.send_astray: {"board": 0.08, "district": 0.06},
    events.borrow: {"commune": 0.15},
    events.send_back: {"district": 0.5, "commune": 0.4, "collaborator": 0.2},
}
EVENT_DAYS = (3, 22)  # of a month: before the counts
ISSUES = {  # by sender: the hour and the days of the month
    "board": (Hour.BOARD_ISSUES, (2, 6)),
    "district": (Hour.DISTRICT_ISSUES, (8, 14)),
    "commune": (Hour.STATION_ISSUES, (16, 22)),
}
ALL_LATE, ALL_LATE_DAYS = 0.1, (5, 14)  # a sender's whole delivery
ONE_LATE, ONE_LATE_DAYS = 0.12, (3, 12)  # one receiver's
MISSED = 0.06  # one receiver gets nothing in the month
COUNTING = ("board", "district", "commune")
COUNT_MONTHS, SPOT_COUNTS = {6: 0.25, 12: 1.0}, 0.015  # the share of stores that count, in these and other months


class Simulation:
    """The history of `stores` (each after its parent) from `first` to `last`, both included."""

    def __init__(
        self,
        stores: Sequence[Store],
        goods: Sequence[Good],
        lots: Sequence[Lot],
        rng: Random,
        first: date,
        last: date,
    ) -> None:
        self.stores, self.goods, self.lots = stores, goods, lots
        self.first, self.last = first, last
        self.rng, self.clerk = rng, Clerk(rng)
        self._givers = [[it for it in stores if it.clients and it.weekday == day] for day in range(5)]

    def documents(self) -> Iterator[Document]:
        """Every document, in the order of its day and of the day's work."""
        yield from supply.opening(self.clerk, self.stores, self.lots, self.first)
        self._plan_purchases()
        day = self.first
        while day <= self.last:
            if day.day == 1 or day == self.first:
                self._begin_month(day)
            if is_open(day):
                yield from self._work(day)
            day += timedelta(1)

    def _work(self, day: date) -> Iterator[Document]:
        for action in self.clerk.diary.take(day, Hour.STATION_ISSUES):
            yield from action(day)
        season = Season(self.goods, day)
        for store in self._givers[day.weekday()]:
            document = give_out(self.clerk, self.goods, season, store, day)
            if document:
                yield document
        for action in self.clerk.diary.take(day, Hour.EVENING):
            yield from action(day)

    # -- planning ------------------------------------------------------------------------------------------------

    def _plan_purchases(self) -> None:
        coming: defaultdict[tuple[date, int], list[Lot]] = defaultdict(list)
        for lot in self.lots:
            coming[lot.arrives_on, lot.good].append(lot)
        for (on, _), lots in coming.items():
            if on > self.first:
                buy = partial(supply.purchase, self.clerk, self.goods, self.stores[0], lots)
                self.clerk.diary.note(on, Hour.MORNING, buy)

    def _begin_month(self, day: date) -> None:
        note, opens = self.clerk.diary.note, next_open(day)
        for store in self.stores:
            if day > self.first:
                close_month(self.goods, store, day)
            note(opens, Hour.MORNING, partial(events.write_off_expired, self.clerk, store))
            if store.children:
                self._plan_issues(store, day)
            self._plan_count(store, day)
        for event, rates in MONTHLY.items():
            for store in self.stores:
                if self.rng.random() < rates.get(store.level, 0):
                    note(self._some_day(day, EVENT_DAYS), Hour.EVENING, partial(event, self.clerk, store))

    def _plan_issues(self, sender: Store, month: date) -> None:
        hour, days = ISSUES[sender.level]
        on = self._some_day(month, days)
        if self.rng.random() < ALL_LATE:
            on = next_open(on + timedelta(self.rng.randint(*ALL_LATE_DAYS)))
        in_time: list[Store] = []
        for store in sender.children:
            drawn = self.rng.random()
            if drawn < ONE_LATE:
                late = next_open(on + timedelta(self.rng.randint(*ONE_LATE_DAYS)))
                self._plan_issue(sender, [store], late, hour)
            elif drawn < 1 - MISSED:
                in_time.append(store)
        self._plan_issue(sender, in_time, on, hour)

    def _plan_issue(self, sender: Store, receivers: Sequence[Store], on: date, hour: Hour) -> None:
        issue = partial(supply.deliver, self.clerk, self.goods, sender, receivers)
        self.clerk.diary.note(on, hour, issue)

    def _plan_count(self, store: Store, month: date) -> None:
        if store.level in COUNTING and self.rng.random() < COUNT_MONTHS.get(month.month, SPOT_COUNTS):
            last = (month.replace(day=28) + timedelta(4)).replace(day=1) - timedelta(1)
            self.clerk.diary.note(last_open(last), Hour.EVENING, partial(events.count, self.clerk, store))

    def _some_day(self, month: date, days: tuple[int, int]) -> date:
        """An open day of a month, drawn between two days of it."""
        return next_open(month.replace(day=self.rng.randint(*days)))
