"""One centre and its stations with five years of ledger and a hundred thousand past requisitions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from lmis import clock, schema
from lmis.calendar import add_months, first_of, month_of
from lmis.catalog.models import Item
from lmis.db import make_engine, transaction
from lmis.network.models import Facility
from lmis.stock.documents import Document, Kind, Line
from lmis.stock.posting import post
from tests.factories import a_facility, a_forecast, a_lot, a_tree, a_user, an_item, id_of

YEARS, STATIONS, WITH_LEDGER = 5, 580, 100  # stations of the centre, and how many of them have kept a ledger so long
USUAL, MANY, EACH = 40, 1_200, 20  # lines of an initiation, of a long paper, of each of those approved at once
PAST, PAST_LINES = 100_000, 10
NUMBER = 90_000  # of those that wait
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536")
HEADER = """
    INSERT INTO requisition (id, uuid, facility_id, supplier_id, kind, period, year, number, status, version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
STEP = "INSERT INTO requisition_step (requisition_id, version, act, at) VALUES (?, ?, ?, ?)"
PAST_LINE = """
    INSERT INTO requisition_line (requisition_id, item_id, channel, opening, received, issued, dispensed, adjusted,
        lost, closing, days_out, on_hand, in_transit, on_order, unfilled, proposed, requested, approved, released)
    VALUES (?, ?, 'free', 9, 9, 9, 9, 9, 9, 9, 0, 9, 0, 0, 0, 9, 9, 9, 9)"""
WAITING_LINE = """
    INSERT INTO requisition_line (requisition_id, item_id, channel, opening, received, issued, dispensed, adjusted,
        lost, closing, days_out, amc, on_hand, in_transit, on_order, unfilled, maximum_months, maximum_level, proposed,
        requested)
    VALUES (?, ?, 'free', 0, 0, 0, 0, 0, 0, 0, 0, ?, ?, 0, 0, 0, 3, 0, 0, ?)"""
STOCK = 1_000_000  # of each item at the centre


@dataclass
class World:
    """big: the station that asks for many items; lots: item and lot of each."""

    engine: Engine
    path: Path
    centre: Facility
    stations: list[Facility]
    big: Facility
    lots: list[tuple[int, int]]

    def bare(self, path: Path | None = None) -> closing[sqlite3.Connection]:
        """The database, or a copy of it, through the bare driver."""
        connection = sqlite3.connect(path or self.path, isolation_level=None)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return closing(connection)


def a_world(folder: Path) -> World:
    path = folder / "requisitions.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    schema.prepare(engine)
    with transaction(engine) as session:
        centre = a_facility(session, level="district", parent=a_tree(session).board)
        stations = [a_facility(session, parent=centre) for _ in range(STATIONS)]
        big = a_facility(session, parent=centre)
        lots = [a_lot(session, an_item(session, pack_size=12), expires_on=date(2099, 1, 1)) for _ in range(MANY)]
        for place, name, role in (
            (centre, "supplier", "manager"),
            (stations[0], "writer", "storekeeper"),
            (big, "long", "storekeeper"),
        ):
            a_user(session, place, username=name, role=role)
        world = World(engine, path, centre, stations, big, [(lot.item_id, id_of(lot)) for lot in lots])
    _fill_ledger(world)
    _fill_forecasts(world)
    _fill_past(world)
    return world


def _fill_ledger(world: World) -> None:
    today = clock.today()
    documents = list(_ledger(world, today))
    for first in range(0, len(documents), 500):
        with transaction(world.engine) as session:
            post(session, documents[first : first + 500], today=today, now=clock.now())


def _ledger(world: World, today: date) -> Iterator[Document]:
    begin = first_of(add_months(month_of(today), -12 * YEARS))
    days = [first_of(add_months(month_of(begin), number)) + timedelta(days=14) for number in range(12 * YEARS)]
    for number, station in enumerate(world.stations[:WITH_LEDGER]):
        lots = world.lots[: EACH if number else USUAL]
        yield _document(Kind.RECEIPT, begin, station, lots, 100_000)
        yield from (_document(Kind.DISPENSE, on, station, lots, 30 + number) for on in days)
    yield _document(Kind.RECEIPT, begin, world.big, world.lots, 100_000)
    yield from (_document(Kind.DISPENSE, on, world.big, world.lots, 40) for on in days[-6:])
    yield _document(Kind.RECEIPT, begin, world.centre, world.lots[:EACH], STOCK)


def _document(kind: str, on: date, at: Facility, lots: Sequence[tuple[int, int]], units: int) -> Document:
    return Document(uuid4(), kind, on, id_of(at), [Line(item, lot, "free", units) for item, lot in lots])


def _fill_forecasts(world: World) -> None:
    """Twelve months ahead for all that the two who ask have."""
    as_of = add_months(month_of(clock.today()), -1)
    with transaction(world.engine) as session:
        for place, count in ((world.stations[0], USUAL), (world.big, MANY)):
            for item_id, _ in world.lots[:count]:
                a_forecast(session, place, session.get_one(Item, item_id), as_of=as_of)


def _fill_past(world: World) -> None:
    """Released requisitions of all stations, with their lines, in bulk."""
    ids, supplier, at = [id_of(station) for station in world.stations], id_of(world.centre), _now()
    items = [item for item, _ in world.lots[:PAST_LINES]]
    papers = range(1, PAST + 1)
    with world.bare() as bare:
        bare.execute("BEGIN IMMEDIATE")
        kept = ("emergency", 202001, 2020)
        rows = ((n, uuid4().hex, ids[n % STATIONS], supplier, *kept, n // STATIONS + 1, "released", 2) for n in papers)
        bare.executemany(HEADER, rows)
        bare.executemany(STEP, ((n, *step, at) for n in papers for step in ((1, "initiate"), (2, "release"))))
        bare.executemany(PAST_LINE, ((n, item) for n in papers for item in items))
        bare.execute("COMMIT")
        bare.execute("ANALYZE")


def make_waiting(world: World) -> list[str]:
    """An authorised requisition of each station; of two items in three, all together want more than the centre has."""
    uuids, at = [uuid4() for _ in world.stations], _now()
    with world.bare() as bare:
        bare.execute("BEGIN IMMEDIATE")
        first = int(bare.execute("SELECT MAX(id) FROM requisition").fetchone()[0]) + 1
        for id_, (uuid, station) in enumerate(zip(uuids, world.stations, strict=True), first):
            sides = (id_of(station), id_of(world.centre))
            bare.execute(HEADER, (id_, uuid.hex, *sides, "regular", 202601, 2026, NUMBER, "authorised", 3))
            acts = enumerate(("initiate", "submit", "authorise"), 1)
            bare.executemany(STEP, [(id_, version, act, at) for version, act in acts])
            bare.executemany(WAITING_LINE, [(id_, *its) for its in _wants(world, id_)])
        bare.execute("COMMIT")
    return [str(uuid) for uuid in uuids]


def _wants(world: World, number: int) -> Iterator[tuple[int, int, int, int]]:
    """Item, AMC, on hand and requested of each line."""
    for at, (item, _) in enumerate(world.lots[:EACH]):
        yield item, 40 + number % 50, 7 * (number % 9), 1_200 + 24 * (number % 7) + 600 * (at % 3)


def _now() -> str:
    return clock.now().strftime("%Y-%m-%d %H:%M:%S.%f")
