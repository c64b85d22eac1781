"""A year of the stations under a policy, day by day: reviews, deliveries, clients, expiry."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np

from lmis.calendar import last_of, month_of
from lmis.config import settings
from lmis.demo.seasons import next_open
from lmis.forecast.need import DAYS_A_MONTH
from lmis.policy.reference import default_values
from tests.bench.year_book import Book, Page, Units
from tests.bench.year_world import NEVER, Columns, World

DEFAULTS = default_values(3, None)  # of stations, in months
LEAD_DAYS = round(float(DEFAULTS["lead_time"]) * DAYS_A_MONTH)


class Policy(Protocol):
    """How much a station wants to have, counting what is on its way to it."""

    def learn(self, book: Book, today: date) -> None:
        """Called on the first of a month, with every month before it."""

    def levels(self, today: date) -> Units:
        """Base units of each series to order up to."""


class Shelves:
    """Units of each lot, (S, L), the first to expire in the first column."""

    def __init__(self, stock: Columns, expires: Columns) -> None:
        self.stock, self.expires = stock.copy(), expires
        self.on_hand: Units = self.stock.sum(axis=1)

    def throw_away(self, day: date) -> Units:
        """What has expired leaves the shelves; how much that was."""
        gone = np.where(self.expires < day.toordinal(), self.stock, 0)
        self.stock -= gone
        return self._counted(gone.sum(axis=1))

    def put(self, rows: Units, columns: Units, quantities: Units) -> None:
        np.add.at(self.stock, (rows, columns), quantities)
        np.add.at(self.on_hand, rows, quantities)

    def take(self, asked: Units) -> Units:
        """Give what is asked for as far as it goes, the first to expire first; how much was given."""
        before = self.stock.cumsum(axis=1) - self.stock
        taken = np.clip(asked[:, None] - before, 0, self.stock)
        self.stock -= taken
        return self._counted(taken.sum(axis=1))

    def _counted(self, gone: Units) -> Units:
        self.on_hand -= gone
        return gone


@dataclass(frozen=True, slots=True)
class Outcome:
    """A year of every series, base units. days_out: days that ended with none; stock_days: units by days they lay."""

    world: World
    opening: Units
    received: Units
    served: Units
    expired: Units
    closing: Units
    days_out: Units
    stock_days: Units

    @property
    def asked(self) -> Units:
        return self.world.asked.sum(axis=0)

    @property
    def fill_rate(self) -> float:
        """The share of clients, each taken as one whatever she takes, who were given what they asked for."""
        return self._clients(self.served) / self._clients(self.asked)

    @property
    def stockout_days(self) -> float:
        """By station, item and month."""
        return float(self.days_out.mean()) / 12

    @property
    def expired_share(self) -> float:
        return self._clients(self.expired) / self._clients(self.served)

    @property
    def months_of_stock(self) -> float:
        """What lay on the shelves on an average day, in months of what was asked for."""
        return self._clients(self.stock_days) / len(self.world.days) / (self._clients(self.asked) / 12)

    def _clients(self, units: Units) -> float:
        return float(units @ self.world.worth)


def live(world: World, policy: Policy) -> Outcome:
    """The year of `world` under a policy."""
    return _Year(world, policy).run()


class _Year:
    def __init__(self, world: World, policy: Policy) -> None:
        self.world, self.policy = world, policy
        self.book = world.book.copy()
        self.shelves = Shelves(world.stock, world.expires)
        self.total = {name: np.zeros(world.size, dtype=np.int64) for name in ("received", "served", "expired")}
        self.days_out, self.stock_days = (np.zeros(world.size, dtype=np.int64) for _ in range(2))
        self.in_transit = np.zeros(world.size, dtype=np.int64)
        self.coming: defaultdict[date, list[Units]] = defaultdict(list)  # on each day, what is sent then
        self.lost = np.zeros(world.size, dtype=np.int64)  # on paper in transit, and never to come
        self._begin_month()

    def run(self) -> Outcome:
        opening = self.shelves.on_hand.copy()
        for day, asked in zip(self.world.days, self.world.asked, strict=True):
            if day.day == 1:
                self.policy.learn(self.book, day)
            self._day(day, asked)
            if day == last_of(month_of(day)):
                self._end_month(day)
        closing = self.shelves.on_hand
        return Outcome(
            self.world, opening, **self.total, closing=closing, days_out=self.days_out, stock_days=self.stock_days
        )

    def _day(self, day: date, asked: Units) -> None:
        self._count("expired", self.shelves.throw_away(day))
        for sent in self.coming.pop(day, ()):
            self._receive(day, sent)
        if day in self.world.reviews:
            self._review(day, self.world.late[self.world.reviews.index(day)])
        self._count("served", self.shelves.take(asked))
        out = self.shelves.on_hand == 0
        self.days_out += out
        self.out_this_month += out
        self.stock_days += self.shelves.on_hand

    def _receive(self, day: date, sent: Units) -> None:
        rows = np.flatnonzero(sent)
        month = (day.year - self.world.days[0].year) * 12 + day.month - self.world.days[0].month
        self.shelves.put(rows, self.world.sends[month, rows], sent[rows])
        self.in_transit -= sent
        self._count("received", sent)

    def _review(self, day: date, late: Units) -> None:
        """Order; by now everybody knows what never came of the order before."""
        self.in_transit -= self.lost
        missing = self.policy.levels(day) - self.shelves.on_hand - self.in_transit
        ordered = in_packs(np.maximum(0, missing), self.world.pack)
        self.in_transit += ordered
        self.lost = np.where(late == NEVER, ordered, 0)
        for days in np.unique(late[late != NEVER]):
            arrives_on = next_open(day + timedelta(LEAD_DAYS + int(days)))
            self.coming[arrives_on].append(np.where(late == days, ordered, 0))

    def _count(self, name: str, units: Units) -> None:
        self.total[name] += units
        self.this_month[name] += units

    def _begin_month(self) -> None:
        self.begun_with = self.shelves.on_hand.copy()
        self.this_month = {name: np.zeros(self.world.size, dtype=np.int64) for name in self.total}
        self.out_this_month = np.zeros(self.world.size, dtype=np.int64)

    def _end_month(self, day: date) -> None:
        month, closing = self.this_month, self.shelves.on_hand.copy()
        page = Page(month_of(day), self.begun_with, month["received"], month["served"], closing, self.out_this_month)
        self.book.pages.append(page)
        self._begin_month()


def in_packs(quantity: Units, pack: Units) -> Units:
    """lmis.forecast.measures.rounded_to_packs of every series."""
    packs, part = np.divmod(quantity, pack)
    return np.where(part > float(settings().pack_threshold) * pack, (packs + 1) * pack, quantity)
