"""Filling an empty database with the demo, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random
from typing import TypeVar

from sqlalchemy import Engine
from sqlmodel import Session, select

from lmis.alerts.evaluating import evaluate
from lmis.db import transaction
from lmis.demo.catalogue import save_products
from lmis.demo.network import Size, facility_ids, places, read_districts, save_places
from lmis.demo.people import save_people
from lmis.demo.plans import enter_plans
from lmis.demo.present import leave_open
from lmis.demo.simulation import Simulation
from lmis.demo.stores import Lot, goods, open_stores
from lmis.demo.supply import plan_lots
from lmis.errors import LmisError
from lmis.i18n import N_
from lmis.network.models import Facility
from lmis.schema import prepare
from lmis.stock.lots import find_or_add_lots
from lmis.stock.posting import post

BATCH = (4000, 16000)  # the fewest and the most documents posted at a time
T = TypeVar("T")
Tell = Callable[[float], None]


class NotEmpty(LmisError):
    status_code = 409
    msgid = N_(
        "This database already has facilities; the demo fills only an empty one. "
        "Name another database in LMIS_DATABASE_URL, or delete the file, and run it again."
    )


@dataclass(slots=True)
class Filled:
    """What filling wrote."""

    facilities: int
    first: date
    last: date
    documents: int = 0


def fill(
    engine: Engine,
    *,
    size: Size = "default",
    seed: int,
    today: date,
    now: datetime,
    months: int = 24,
    tell: Tell = lambda _: None,
) -> Filled:
    """Make the schema and fill it with the network, the catalogue, the people and a history that ends yesterday.

    Everything is one transaction: a fill that fails or is stopped leaves the database as empty as it was. What calls
    for attention in it is looked at afterwards, as every night.
    tell: told now and then which part of the history, 0 to 1, is done.
    Raises NotEmpty.
    """
    prepare(engine)
    with transaction(engine) as session:
        if session.exec(select(Facility.id).limit(1)).first() is not None:
            raise NotEmpty
        simulation = set_up(session, size, seed, today, months)
        filled = Filled(len(simulation.stores), simulation.first, simulation.last)
        fewest, most = BATCH  # a batch reads every shelf it touches: the more stores, the longer it should be
        length = min(max(fewest, 3 * filled.facilities), most)
        for batch in _batches(simulation.documents(), length):
            post(session, batch, today=today, now=now)
            filled.documents += len(batch)
            tell((batch[-1].occurred_on - filled.first) / max(filled.last - filled.first, timedelta(1)))
        ids = facility_ids(session)
        leave_open(session, ids, today, now)
        enter_plans(session, ids, seed, today, now)
    evaluate(engine, today=today, now=now)
    return filled


def set_up(session: Session, size: Size, seed: int, today: date, months: int) -> Simulation:
    """Save the network, the catalogue, the people and the lots; the simulation that is to work with them."""
    rng = Random(seed)
    first, last = months_before(today, months), today - timedelta(1)
    network = places(read_districts(), size, seed)
    ids = save_places(session, network)
    save_people(session, ids)
    stocked = goods(save_products(session, today))
    stores = open_stores(network, ids, stocked, rng)
    lots = plan_lots(stocked, first, last, rng)
    _save_lots(session, lots)
    return Simulation(stores, stocked, lots, rng, first, last)


def _save_lots(session: Session, lots: Sequence[Lot]) -> None:
    wanted = [(lot.item_id, lot.number, lot.expires_on) for lot in lots]
    for lot, found in zip(lots, find_or_add_lots(session, wanted, add=True), strict=True):
        if isinstance(found, LmisError):
            raise found
        lot.id = found


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the 28th for those that not every month has."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))


def _batches(found: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(found)
    while batch := list(islice(rest, size)):
        yield batch
