"""A year ahead of the demo city's stations: what people will ask for, which deliveries fail, which lots come.

All of it is drawn before any policy acts, so that each policy meets the same year. A series is a good at a station; S
of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from lmis.calendar import Month, month_of, months_between
from lmis.demo.demand import IDLE, LIVELINESS
from lmis.demo.network import Size
from lmis.demo.seasons import demand_factor, next_open
from lmis.demo.simulation import ALL_LATE, ALL_LATE_DAYS, MISSED, ONE_LATE, ONE_LATE_DAYS
from lmis.demo.stores import Good, Lot
from lmis.holidays import is_open
from tests.bench.year_book import Book, Rates, Units
from tests.bench.year_history import WatchedCity

FIRST, YEAR, END = date(2024, 10, 1), date(2026, 10, 1), date(2027, 10, 1)  # of the history; of the year; after both
REVIEW_DAYS = (1, 16)  # of a month: every half month
NEVER = -1  # a delivery that does not come
Columns = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class World:
    """book: the months before; pack, worth: of each series, base units in a pack and clients a unit stands for.

    expires: (S, L) the last day (ordinal) of each lot, a column a lot, the first to expire first; stock: (S, L) on the
    first morning; asked: (days, S); late: (reviews, S) days a delivery comes late, NEVER when it does not; sends:
    (months, S) the column of the lot that is sent.
    """

    book: Book
    days: Sequence[date]
    reviews: Sequence[date]
    district: Units
    pack: Units
    worth: Rates
    expires: Columns
    stock: Columns
    asked: Columns
    late: Columns
    sends: Columns

    @property
    def size(self) -> int:
        return len(self.pack)


def build(seed: int, size: Size = "default") -> World:
    city = WatchedCity(size, seed, FIRST, YEAR, END - timedelta(1))
    city.watch()
    rng = np.random.default_rng(seed)
    days = [YEAR + timedelta(number) for number in range((END - YEAR).days)]
    months = list(months_between(month_of(YEAR), month_of(days[-1])))
    reviews = [next_open(date(month // 100, month % 100, day)) for month in months for day in REVIEW_DAYS]
    columns, expires = _columns(city)
    its = [city.goods[good] for good in city.book.good]
    return World(
        book=city.book,
        days=days,
        reviews=reviews,
        district=np.array([store.parent.id if store.parent else 0 for store, _ in city.series]),
        pack=np.array([it.product.pack_size for it in its]),
        worth=np.array([1 / it.mean_quantity for it in its]),
        expires=expires,
        stock=_stock(city, columns, expires.shape),
        asked=_asked(rng, city, days),
        late=_late(rng, city, len(reviews)),
        sends=_sends(city, columns, months),
    )


# -- lots ------------------------------------------------------------------------------------------------------------


def _columns(city: WatchedCity) -> tuple[dict[int, int], Columns]:
    """The column of each lot among those of its good, and the last days of the lots of each series."""
    by_good: list[list[Lot]] = [[] for _ in city.goods]
    for lot in sorted(city.lots, key=lambda lot: (lot.expires_on, lot.id)):
        by_good[lot.good].append(lot)
    columns = {lot.id: column for lots in by_good for column, lot in enumerate(lots)}
    expires = np.zeros((len(by_good), max(map(len, by_good))), dtype=np.int64)
    for good, lots in enumerate(by_good):
        expires[good, : len(lots)] = [lot.expires_on.toordinal() for lot in lots]
    return columns, expires[city.book.good]


def _stock(city: WatchedCity, columns: dict[int, int], shape: tuple[int, ...]) -> Columns:
    stock = np.zeros(shape, dtype=np.int64)
    for row, held in enumerate(city.shelves):
        for lot, units in held.items():
            stock[row, columns[lot]] += units
    return stock


def _sends(city: WatchedCity, columns: dict[int, int], months: Sequence[Month]) -> Columns:
    """The lot each district sends most of in a month of the demo; where it sends none, the latest the city bought."""
    sends = np.zeros((len(months), len(city.series)), dtype=np.int64)
    for number, month in enumerate(months):
        newest = {lot.good: lot.id for lot in sorted(city.lots, key=_arrival) if month_of(lot.arrives_on) <= month}
        for row, (store, good) in enumerate(city.series):
            lots = city.sent.get((month, store.parent.id if store.parent else 0, good))
            sends[number, row] = columns[max(lots, key=lambda lot: (lots[lot], lot)) if lots else newest[good]]
    return sends


def _arrival(lot: Lot) -> tuple[date, date]:
    return lot.arrives_on, lot.expires_on


# -- deliveries ------------------------------------------------------------------------------------------------------


def _late(rng: np.random.Generator, city: WatchedCity, reviews: int) -> Columns:
    """As the demo draws them: a district's whole round, one station's delivery, and what does not come at all."""
    districts, district = np.unique([store.parent.id for store in city.stations if store.parent], return_inverse=True)
    whole = _some_late(rng, (reviews, len(districts)), ALL_LATE, ALL_LATE_DAYS)[:, district]
    drawn = rng.random(whole.shape)
    one = np.where(drawn < ONE_LATE, _some_late(rng, whole.shape, 1, ONE_LATE_DAYS), 0)
    late = np.where(drawn >= 1 - MISSED, NEVER, whole + one)
    return late[:, _station(city)]


def _some_late(rng: np.random.Generator, shape: tuple[int, ...], share: float, days: tuple[int, int]) -> Columns:
    return np.where(rng.random(shape) < share, rng.integers(days[0], days[1] + 1, shape), 0)


def _station(city: WatchedCity) -> Columns:
    """The number of the station of each series."""
    return np.unique(city.book.station, return_inverse=True)[1]


# -- demand ----------------------------------------------------------------------------------------------------------


def _asked(rng: np.random.Generator, city: WatchedCity, days: Sequence[date]) -> Columns:
    """Base units asked for by day and series, as lmis.demo.demand draws a week of a station."""
    station = _station(city)
    shape = len(days), len(city.stations)
    weekday = np.array([store.weekday for store in city.stations])
    served = np.array([[is_open(day)] * shape[1] & (weekday == day.weekday()) for day in days])
    busy = served & (rng.random(shape) >= IDLE["commune"])
    week = np.where(busy, rng.lognormal(0, LIVELINESS, shape), 0)
    expected = np.array(city.clients) * _growth(city, days) * _seasons(city, days)
    came = rng.poisson(expected * week[:, station])
    return _quantities(rng, city.goods, city.book.good, came)


def _growth(city: WatchedCity, days: Sequence[date]) -> Rates:
    yearly = np.array([1 + city.goods[good].flow.growth + store.trend for store, good in city.series])
    months = np.array([(day.year - days[0].year) * 12 + day.month - days[0].month for day in days])
    return yearly ** (months[:, None] / 12)


def _seasons(city: WatchedCity, days: Sequence[date]) -> Rates:
    held = np.array([[month in store.campaigns for store in city.stations] for month in range(13)])[:, _station(city)]
    factors = np.empty((len(days), len(city.series)))
    for number, day in enumerate(days):
        ordinary, campaign = (
            np.array([demand_factor(day, condom=it.condom, clinical=it.clinical, campaign=flag) for it in city.goods])
            for flag in (False, True)
        )
        good = city.book.good
        factors[number] = np.where(held[day.month], campaign[good], ordinary[good])
    return factors


def _quantities(rng: np.random.Generator, goods: Sequence[Good], good: Units, came: Columns) -> Columns:
    """What so many clients take together, each one of the good's quantities."""
    asked = np.zeros_like(came)
    for number, it in enumerate(goods):
        rows = good == number
        taken, times = np.unique(it.flow.quantities, return_counts=True)
        asked[:, rows] = rng.multinomial(came[:, rows], times / times.sum()) @ taken
    return asked
