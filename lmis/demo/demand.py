"""What people ask of a store in a week, and what it can give them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import exp, sqrt
from random import Random

from lmis.demo.clerk import Clerk
from lmis.demo.seasons import demand_factor
from lmis.demo.stores import Good, Pick, Store
from lmis.stock.documents import Document, Kind

MANY = 30.0  # from here on a normal distribution is near enough
IDLE = {"commune": 0.1, "collaborator": 0.3}  # the share of weeks in which nothing is given
LIVELINESS = 0.35  # how much one week differs from another
MEMORY = 0.7  # how much of its belief a store keeps when a month has passed


class Season:
    """The factors on demand of one day by good, with and without a campaign."""

    def __init__(self, goods: Sequence[Good], on: date) -> None:
        self.month = on.month
        self._ordinary, self._campaign = (
            [demand_factor(on, condom=it.condom, clinical=it.clinical, campaign=campaign) for it in goods]
            for campaign in (False, True)
        )

    def factors(self, store: Store) -> list[float]:
        return self._campaign if self.month in store.campaigns else self._ordinary


def give_out(clerk: Clerk, goods: Sequence[Good], season: Season, store: Store, on: date) -> Document | None:
    """The week's dispensing of a store as one document; None when nothing was given."""
    rng = clerk.rng
    if rng.random() < IDLE[store.level]:
        return None
    week = rng.lognormvariate(0, LIVELINESS)
    factors, picks = season.factors(store), list[Pick]()
    for good, clients in store.clients.items():
        came = _arrivals(rng, clients * factors[good] * week)
        if came:
            taken = store.take(good, sum(rng.choices(goods[good].flow.quantities, k=came)), on)
            store.asked[good] = store.asked.get(good, 0) + sum([quantity for _, quantity in taken])
            picks += taken
    return clerk.write(Kind.DISPENSE, on, store, picks) if picks else None


def _arrivals(rng: Random, mean: float) -> int:
    """How many come when `mean` are expected (Poisson)."""
    if mean > MANY:
        return max(0, round(rng.gauss(mean, sqrt(mean))))
    limit, product, count = exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def close_month(goods: Sequence[Good], store: Store, on: date) -> None:
    """A store learns from a month what it uses; a month that ended with an empty shelf does not lower its belief."""
    for good, use in store.use.items():
        asked = store.asked.get(good, 0)
        if asked > use or store.usable(good, on):
            store.use[good] = MEMORY * use + (1 - MEMORY) * asked
    store.asked.clear()
    for good in store.clients:
        store.clients[good] *= (1 + goods[good].flow.growth + store.trend) ** (1 / 12)
