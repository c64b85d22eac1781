"""Counting 1,200 lots: opening the long page and saving it, beside what the bare driver needs for the same rows."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from sqlalchemy import Engine
from starlette.testclient import TestClient

from lmis import clock, schema
from lmis.db import make_engine, transaction
from lmis.stock.documents import Document, Kind
from lmis.stock.posting import post
from tests.bench.figures import Figure, percentile
from tests.bench.pages import page_times, signed_in
from tests.factories import PASSWORD, a_line, a_lot, a_tree, a_user, an_item, id_of

ITEMS, LOTS = 120, 10  # of each item
TIMES = 15
READ = """
    SELECT c.*, l.number, l.expires_on FROM stock_count_line c JOIN lot l ON l.id = c.lot_id WHERE c.count_id = 1"""
KEEP = "UPDATE stock_count_line SET counted = ?, included = ?, note = ?, version = ? WHERE count_id = ? AND line_no = ?"
ENTER = """
    INSERT INTO stock_count_entry (count_id, line_no, version, counted, included, note, user_id, entered_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""


def measure(folder: Path) -> list[Figure]:
    path = folder / "counts.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    schema.prepare(engine)
    code = _stock(engine)
    client = signed_in(engine, "counter", PASSWORD)
    start = perf_counter()
    data = {"uuid": str(uuid4()), "scope": "whole"}
    begun = client.post(f"/f/{code}/counts/start", data=data, follow_redirects=False)
    began = perf_counter() - start
    count = begun.headers["location"]
    opening, saving = page_times(client, count, TIMES), _save_times(client, count)
    engine.dispose()
    read, written = _bare(path)
    lines = f"{ITEMS * LOTS:,} lines"
    return [
        Figure(f"beginning a count of {lines}", began * 1000, "ms", 500, "less"),
        Figure(f"opening a count of {lines}, p95", percentile(opening, 0.95) * 1000, "ms", 500, "less"),
        Figure("opening it / bare read of its rows", percentile(opening, 0.5) / read, "× time", 150, "less"),
        Figure(f"saving a count with all its {lines} changed, p95", percentile(saving, 0.95) * 1000, "ms", 500, "less"),
        Figure(
            "saving it / bare executemany of the same rows", percentile(saving, 0.5) / written, "× time", 30, "less"
        ),
    ]


def _stock(engine: Engine) -> str:
    """A station with ten lots of each of 120 items on its shelf; the code of the station."""
    with transaction(engine) as session:
        station = a_tree(session).commune
        a_user(session, station, username="counter")
        lots = [a_lot(session, item) for item in [an_item(session) for _ in range(ITEMS)] for _ in range(LOTS)]
        lines = [a_line(lot, 100) for lot in lots]
        receipt = Document(uuid4(), Kind.RECEIPT, clock.today(), id_of(station), lines)
        post(session, [receipt], today=clock.today(), now=clock.now())
        return station.code


def _save_times(client: TestClient, count: str) -> list[float]:
    """Seconds of each save, in which every line is another figure than before."""
    rng = random.Random(7)
    taken = []
    for _ in range(TIMES):
        names, version = _fields(client.get(count).text)
        typed = {name: "" if name.startswith("note-") else str(rng.randint(0, 10_000)) for name in names}
        data = typed | {"version": version, "act": "save"}
        start = perf_counter()
        answer = client.post(count, data=data, follow_redirects=False)
        taken.append(perf_counter() - start)
        assert answer.status_code == 303, answer.status_code
    return taken


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.version = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "input" and name.startswith(("counted-", "note-")):
            self.names.append(name)
        elif tag == "input" and name == "version":
            self.version = given.get("value") or ""


def _fields(html: str) -> tuple[list[str], str]:
    parser = _Fields()
    parser.feed(html)
    assert len(parser.names) == 2 * ITEMS * LOTS
    return parser.names, parser.version


def _bare(path: Path) -> tuple[float, float]:
    """Seconds that the bare driver takes to read the count's rows, and to write those of one save."""
    with closing(sqlite3.connect(path, isolation_level=None)) as bare:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            bare.execute(f"PRAGMA {pragma}")
        reads, writes = [], []
        for time in range(TIMES):
            start = perf_counter()
            rows = bare.execute(READ).fetchall()
            reads.append(perf_counter() - start)
            version = 1_000 + time
            kept = [(time, 0, None, version, 1, row[1]) for row in rows]
            entered = [(1, row[1], version, time, 0, None, 1, "2026-11-20 03:00:00.000000") for row in rows]
            start = perf_counter()
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany(KEEP, kept)
            bare.executemany(ENTER, entered)
            bare.execute("COMMIT")
            writes.append(perf_counter() - start)
        return percentile(reads, 0.5), percentile(writes, 0.5)
