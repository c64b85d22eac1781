"""A lot through 600 facilities: tracing it and recalling it, beside what bare SQL takes for the same rows."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from shutil import copyfile
from time import perf_counter
from uuid import UUID

from sqlalchemy import Engine

from lmis import clock, schema
from lmis.db import make_engine, reader, transaction
from lmis.recalls.sending import send_back
from lmis.recalls.service import Order, recall_lot
from lmis.recalls.trace import trace_lot
from lmis.stock.documents import Document, Kind, Line
from lmis.stock.posting import post
from tests.bench.figures import Figure, percentile
from tests.bench.pages import page_times, signed_in
from tests.factories import PASSWORD, a_facility, a_lot, a_user, an_item, id_of

DISTRICTS, COMMUNES, MONTHS, OTHERS = 30, 19, 12, 11
TIMES = 60
BARE_TRACE = """
    SELECT l.facility_id, l.account, l.measure, l.status, l.quantity, m.kind, m.occurred_on
    FROM stock_movement_line l JOIN stock_movement m ON m.id = l.movement_id WHERE l.lot_id = ?"""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536")


class City:
    """A board, 30 districts of 19 communes each: a lot that reached all of them, amid others, dispensed for a year."""

    def __init__(self, engine: Engine) -> None:
        self.rng = random.Random(11)
        self.today = clock.today()
        with transaction(engine) as session:
            board = a_facility(session, "Ban Quản lý", level="board", code="BOARD")
            self.board = id_of(board)
            a_user(session, board, role="manager", username="bench")
            lots = [a_lot(session, an_item(session), expires_on=date(2040, 1, 1)) for _ in range(OTHERS + 1)]
            self.lot = id_of(lots[0])
            self.lots = [(lot.item_id, id_of(lot)) for lot in lots]
            self.communes: dict[int, list[int]] = {}
            for _ in range(DISTRICTS):
                district = a_facility(session, level="district", parent=board)
                its = [id_of(a_facility(session, parent=district)) for _ in range(COMMUNES)]
                self.communes[id_of(district)] = its

    def document(self, kind: str, days_ago: int, at: int, quantity: int, to: int | None = None) -> Document:
        lines = [Line(item, lot, "free", quantity) for item, lot in self.lots]
        day = self.today - timedelta(days=days_ago)
        return Document(UUID(int=self.rng.getrandbits(128), version=4), kind, day, at, lines, counterparty_id=to)

    def history(self) -> list[Document]:
        documents = [self.document(Kind.RECEIPT, 400, self.board, 10_000_000)]
        for district, communes in self.communes.items():
            documents.append(self.document(Kind.ISSUE, 395, self.board, 200_000, district))
            documents += [self.document(Kind.ISSUE, 390, district, 9_000, commune) for commune in communes]
        for month in range(MONTHS):
            for commune in (it for its in self.communes.values() for it in its):
                documents.append(self.document(Kind.DISPENSE, 370 - 30 * month, commune, self.rng.randint(1, 500)))
        return documents


def measure(folder: Path) -> list[Figure]:
    path = folder / "recalls.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    schema.prepare(engine)
    city = City(engine)
    history = city.history()
    with transaction(engine) as session:
        for first in range(0, len(history), 2000):
            post(session, history[first : first + 2000], today=city.today, now=clock.now())
    service, bare = _trace_times(engine, path, city)
    pages = page_times(signed_in(engine, "bench", PASSWORD), f"/f/BOARD/lots/{city.lot}/trace", TIMES)
    engine.dispose()
    before = folder / "before.sqlite3"
    copyfile(path, before)
    recall, sending = _recall_times(engine, city)
    written = _written_bare(path, before, city.lot)
    return [
        Figure("trace of a lot through 600 facilities, page, p95", percentile(pages, 0.95) * 1000, "ms", 200, "less"),
        Figure("trace of a lot through 600 facilities, p95", percentile(service, 0.95) * 1000, "ms", 200, "less"),
        Figure("trace / its rows by bare SQL", percentile(service, 0.5) / percentile(bare, 0.5), "× time", 5, "less"),
        Figure("recall of a lot at 600 facilities", recall * 1000, "ms", 1_000, "less"),
        Figure("recall / its rows by bare executemany", recall / written, "× time", 12, "less"),
        Figure("shipments back from 600 facilities", sending * 1000, "ms", 1_500, "less"),
    ]


def _trace_times(engine: Engine, path: Path, city: City) -> tuple[list[float], list[float]]:
    """Seconds of the trace and of reading the same lines bare, in turn, so that a noisy machine troubles both alike."""
    service, bare = [], []
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA cache_size=-65536")
        for _ in range(TIMES):
            start = perf_counter()
            connection.execute(BARE_TRACE, (city.lot,)).fetchall()
            bare.append(perf_counter() - start)
            with reader(engine) as session:
                start = perf_counter()
                trace = trace_lot(session, city.lot, city.board, city.today)
                service.append(perf_counter() - start)
            assert len(trace.stops) == 1 + DISTRICTS * (1 + COMMUNES)
    return service, bare


def _recall_times(engine: Engine, city: City) -> tuple[float, float]:
    """Seconds of recalling the lot everywhere, and of shipping it back from everywhere."""
    order = Order(UUID(int=1, version=4), city.lot, city.board, "bench")
    now = clock.now()
    start = perf_counter()
    with transaction(engine) as session:
        recall = recall_lot(session, order, today=city.today, now=now)
    middle = perf_counter()
    with transaction(engine) as session:
        send_back(session, UUID(int=2, version=4), recall.uuid, city.board, today=city.today, now=now)
    return middle - start, perf_counter() - middle


def _written_bare(path: Path, before: Path, lot: int) -> float:
    """Seconds of writing the rows of the recall into a copy from before it, by the bare driver."""
    of_recall = "movement_id IN (SELECT id FROM stock_movement WHERE kind = 'recall')"
    wanted = {
        "stock_movement": "SELECT * FROM stock_movement WHERE kind = 'recall'",
        "stock_movement_line": f"SELECT * FROM stock_movement_line WHERE {of_recall}",
        "stock_on_hand": f"SELECT * FROM stock_on_hand WHERE lot_id = {lot}",
        "lot_recall": "SELECT * FROM lot_recall",
        "lot_recall_holding": "SELECT * FROM lot_recall_holding",
        "document_counter": "SELECT * FROM document_counter WHERE kind IN ('recall', 'lot_recall')",
    }
    with closing(sqlite3.connect(path)) as source:
        rows = {table: source.execute(query).fetchall() for table, query in wanted.items()}
    with closing(sqlite3.connect(before, isolation_level=None)) as bare:
        for pragma in PRAGMAS:
            bare.execute(f"PRAGMA {pragma}")
        start = perf_counter()
        bare.execute("BEGIN IMMEDIATE")
        for table, its in rows.items():
            how = "INSERT OR REPLACE" if table == "stock_on_hand" else "INSERT"
            bare.executemany(f"{how} INTO {table} VALUES ({', '.join('?' * len(its[0]))})", its)
        bare.execute("COMMIT")
        return perf_counter() - start
