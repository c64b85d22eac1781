"""Posting: in bulk against bare executemany, one by one against the bare statements of the same transaction."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from shutil import copyfile
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from lmis import schema
from lmis.db import make_engine, transaction
from lmis.sql import Sql
from lmis.stock.documents import Document, Kind, Line
from lmis.stock.posting import post
from tests.bench.figures import Figure
from tests.factories import NOW, TODAY, a_facility, a_lot, a_tree, an_item, id_of

TABLES = (
    "stock_movement",
    "stock_movement_line",
    "stock_on_hand",
    "stock_month",
    "stock_series",
    "stockout",
    "document_counter",
)
STATIONS, ITEMS, WEEKS = 200, 12, 60
FIRST = date(2025, 1, 6)
ONE_BY_ONE = 400
Statement = tuple[str, str, Any]


class Work:
    """Documents to post: what the stations receive, and what they dispense week by week."""

    def __init__(self, engine: Engine) -> None:
        self.rng = random.Random(7)
        with transaction(engine) as session:
            tree = a_tree(session)
            lots = [a_lot(session, an_item(session)) for _ in range(ITEMS)]
            self.lots = [(lot.item_id, id_of(lot)) for lot in lots]
            self.stations = [id_of(a_facility(session, parent=tree.district)) for _ in range(STATIONS)]

    def document(self, kind: str, on: date, station: int, lines: list[Line]) -> Document:
        return Document(UUID(int=self.rng.getrandbits(128), version=4), kind, on, station, lines)

    def receipts(self) -> Iterator[Document]:
        for station in self.stations:
            yield self.document(Kind.RECEIPT, FIRST, station, [Line(i, lot, "free", 100_000) for i, lot in self.lots])

    def week(self, number: int) -> Iterator[Document]:
        for station in self.stations:
            lots = self.rng.sample(self.lots, 6)
            lines = [Line(item, lot, "free", self.rng.randint(1, 20)) for item, lot in lots]
            yield self.document(Kind.DISPENSE, FIRST + timedelta(days=7 * number), station, lines)


def measure(folder: Path) -> list[Figure]:
    path = folder / "bulk.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    schema.prepare(engine)
    empty = folder / "empty.sqlite3"
    work = Work(engine)
    engine.dispose()
    copyfile(path, empty)
    documents = [*work.receipts(), *(d for week in range(WEEKS) for d in work.week(week))]
    seconds = _post_in_bulk(engine, documents)
    lines, bare = _insert_bare(path, empty)
    return [
        Figure("bulk posting", lines / seconds, "ledger lines/s", 20_000, "more"),
        Figure("bulk posting / bare executemany of the same rows", seconds / bare, "× time", 6, "less"),
        _one_by_one(engine, path, folder, work),
    ]


def _post_in_bulk(engine: Engine, documents: Sequence[Document]) -> float:
    start = perf_counter()
    with transaction(engine) as session:
        for first in range(0, len(documents), 4000):
            post(session, documents[first : first + 4000], today=TODAY, now=NOW)
    return perf_counter() - start


def _insert_bare(path: Path, empty: Path) -> tuple[int, float]:
    """Insert every row that the bulk posting made into a like database; the ledger lines, and the seconds it took."""
    with closing(sqlite3.connect(path)) as source:
        rows = {table: source.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
    with closing(sqlite3.connect(empty, isolation_level=None)) as bare:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            bare.execute(f"PRAGMA {pragma}")
        start = perf_counter()
        bare.execute("BEGIN IMMEDIATE")
        for table, its in rows.items():
            bare.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(its[0]))})", its)
        bare.execute("COMMIT")
        return len(rows["stock_movement_line"]), perf_counter() - start


def _one_by_one(engine: Engine, path: Path, folder: Path, work: Work) -> Figure:
    """CPU time of single movements through the service, against their own statements through the bare driver."""
    documents = [d for week in range(WEEKS, WEEKS + 2) for d in work.week(week)][:ONE_BY_ONE]
    documents = [
        Document(d.uuid, d.kind, d.occurred_on, d.facility_id, d.lines[:1], reference="CP 12") for d in documents
    ]
    copy = folder / "bare.sqlite3"
    engine.dispose()
    copyfile(path, copy)
    copyfile(path, folder / "recorded.sqlite3")
    other = make_engine(f"sqlite:///{folder / 'recorded.sqlite3'}")
    recorded: list[list[Statement]] = []
    with _recording(recorded):
        for document in documents:  # once on a copy, to record what is said to the driver
            recorded.append([])
            _post_one(other, document)
    start = process_time()
    for document in documents:
        _post_one(engine, document)
    service = process_time() - start
    return Figure("one movement / its bare statements", service / _replay(copy, recorded), "× CPU time", 4, "less")


def _post_one(engine: Engine, document: Document) -> None:
    with transaction(engine) as session:
        post(session, [document], today=TODAY, now=NOW, user_id=None)


def _replay(path: Path, recorded: Sequence[Sequence[Statement]]) -> float:
    with closing(sqlite3.connect(path, isolation_level=None)) as bare:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            bare.execute(f"PRAGMA {pragma}")
        cursor = bare.cursor()
        start = process_time()
        for statements in recorded:
            bare.execute("BEGIN IMMEDIATE")
            for how, statement, params in statements:
                if how == "many":
                    cursor.executemany(statement, params)
                else:
                    cursor.execute(statement, params)
                    cursor.fetchall()
            bare.execute("COMMIT")
        return process_time() - start


@contextmanager
def _recording(recorded: list[list[Statement]]) -> Iterator[None]:
    """Keep what the posting path says to the driver."""

    class Recorder:
        def __init__(self, cursor: Any) -> None:
            self._cursor = cursor

        def execute(self, statement: str, params: Any = ()) -> Any:
            recorded[-1].append(("one", statement, params))
            return self._cursor.execute(statement, params)

        def executemany(self, statement: str, params: Any) -> Any:
            recorded[-1].append(("many", statement, params))
            return self._cursor.executemany(statement, params)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._cursor, name)

    plain = Sql.__init__

    def recording(self: Sql, session: Any) -> None:
        plain(self, session)
        self._cursor = Recorder(self._cursor)

    Sql.__init__ = recording  # type: ignore[method-assign]
    try:
        yield
    finally:
        Sql.__init__ = plain  # type: ignore[method-assign]
