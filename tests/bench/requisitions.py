"""Requisitions: begun beside many past ones, long ones opened and saved, and many approved and released at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from shutil import copyfile
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from rich.progress import Progress
from starlette.testclient import TestClient

from lmis import clock
from lmis.calendar import add_months, month_of
from tests.bench.figures import Figure, percentile
from tests.bench.pages import page_times, signed_in
from tests.bench.requisition_world import (
    EACH,
    HEADER,
    MANY,
    NUMBER,
    PAST,
    STATIONS,
    USUAL,
    World,
    a_world,
    make_waiting,
)
from tests.factories import PASSWORD, id_of

TIMES = 20
LINES = """
    SELECT l.* FROM requisition_line l JOIN requisition r ON r.id = l.requisition_id WHERE r.uuid = ?"""
WRITE_LINE = """
    UPDATE requisition_line SET requested = ?, reason = ? WHERE requisition_id = ? AND item_id = ? AND channel = ?"""
DECIDED = f"""
    SELECT l.approved, l.released, l.requisition_id, l.item_id FROM requisition_line l
    JOIN requisition r ON r.id = l.requisition_id WHERE r.number = {NUMBER}"""
DECIDE = """
    UPDATE requisition_line SET approved = ?, released = ?
    WHERE requisition_id = ? AND item_id = ? AND channel = 'free'"""
CLOSE = f"UPDATE requisition SET status = 'released', version = 5 WHERE number = {NUMBER}"
NEW_STEPS = "SELECT * FROM requisition_step WHERE act IN ('approve', 'release') AND version > 3"
WRITTEN = {  # by releasing, and the column that tells new rows
    "stock_movement": "id",
    "stock_movement_line": "movement_id",
    "shipment_document": "movement_id",
    "in_transit": "shipment_id",
}
Rows = Sequence[tuple[Any, ...]]


def measure(folder: Path, progress: Progress) -> list[Figure]:
    task = progress.add_task(f"{PAST:,} past requisitions", total=None)
    world = a_world(folder)
    progress.remove_task(task)
    return [*_begun(world), *_opened_and_saved(world, folder), *_approved_and_released(world, folder)]


def _begin(client: TestClient, code: str) -> tuple[float, str]:
    """Seconds that beginning an emergency requisition takes, and its page."""
    last_month = add_months(month_of(clock.today()), -1)
    data = {"uuid": str(uuid4()), "period": str(last_month), "kind": "emergency"}
    taken, location = _sent(client, f"/f/{code}/requisitions/new", data)
    return taken, location.partition("?")[0]


def _sent(client: TestClient, address: str, data: dict[str, str]) -> tuple[float, str]:
    """Seconds a form takes, and where it leads."""
    start = perf_counter()
    answer = client.post(address, data=data, follow_redirects=False)
    taken = perf_counter() - start
    assert answer.status_code == 303, answer.status_code
    return taken, answer.headers["location"]


def _begun(world: World) -> list[Figure]:
    client, code = signed_in(world.engine, "writer", PASSWORD), world.stations[0].code
    _begin(client, code)  # the first request makes the routes and the templates ready
    begun = [_begin(client, code) for _ in range(TIMES)]
    times, rows = [taken for taken, _ in begun], _lines_of(world, begun[-1][1])
    assert len(rows) == USUAL, len(rows)
    name = f"requisition of {USUAL} lines begun beside {PAST:,} others, p95"
    ratio = percentile(times, 0.5) / _insert_lines(world, rows)
    return [
        Figure(name, percentile(times, 0.95) * 1000, "ms", 100, "less"),
        Figure("the same / its rows inserted by the bare driver", ratio, "× time", 100, "less"),
    ]


def _lines_of(world: World, page: str) -> Rows:
    with world.bare() as bare:
        return bare.execute(LINES, (UUID(page.rsplit("/", 1)[1]).hex,)).fetchall()


def _insert_lines(world: World, rows: Rows) -> float:
    """Seconds in which the bare driver inserts a requisition with these lines."""
    numbers = iter(range(10_000_000, 10_000_000 + TIMES))
    sides = (id_of(world.stations[0]), id_of(world.centre))
    statement = f"INSERT INTO requisition_line VALUES ({', '.join('?' * len(rows[0]))})"

    def insert() -> None:
        number = next(numbers)
        bare.execute("BEGIN IMMEDIATE")
        bare.execute(HEADER, (number, uuid4().hex, *sides, "emergency", 201901, 2019, number, "released", 1))
        bare.executemany(statement, [(number, *row[1:]) for row in rows])
        bare.execute("COMMIT")

    with world.bare() as bare:
        return _median(insert)


def _opened_and_saved(world: World, folder: Path) -> list[Figure]:
    client = signed_in(world.engine, "long", PASSWORD)
    _, page = _begin(client, world.big.code)
    rows = _lines_of(world, page)
    assert len(rows) == MANY, len(rows)
    opened, saved = page_times(client, page, TIMES), list(_saves(client, page, rows))
    read, written = _median(lambda: _lines_of(world, page)), _update_lines(world, folder, rows)
    name = f"requisition of {MANY:,} lines"
    return [
        Figure(f"{name} opened, p95", percentile(opened, 0.95) * 1000, "ms", 500, "less"),
        Figure("the same / its rows read by the bare driver", percentile(opened, 0.5) / read, "× time", 100, "less"),
        Figure(f"{name} saved, p95", percentile(saved, 0.95) * 1000, "ms", 500, "less"),
        Figure(
            "the same / its rows written by the bare driver", percentile(saved, 0.5) / written, "× time", 60, "less"
        ),
    ]


def _saves(client: TestClient, page: str, rows: Rows) -> Iterator[float]:
    """Seconds of saves that change every line."""
    for number in range(TIMES):
        data = {"version": str(number + 1), "act": "save", "note": ""}
        for row in rows:
            data |= {f"requested-{row[1]}-free": str(12 * (number + 1)), f"reason-{row[1]}-free": "Campaign"}
        yield _sent(client, page, data)[0]


def _update_lines(world: World, folder: Path, rows: Rows) -> float:
    changes = [(77, "Bare", *row[:3]) for row in rows]

    def write() -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany(WRITE_LINE, changes)
        bare.execute("COMMIT")

    with world.bare(_copied(world, folder)) as bare:
        return _median(write)


def _median(act: Callable[[], object]) -> float:
    """Seconds it takes."""
    times = []
    for _ in range(TIMES):
        start = perf_counter()
        act()
        times.append(perf_counter() - start)
    return percentile(times, 0.5)


def _copied(world: World, folder: Path) -> Path:
    world.engine.dispose()
    with world.bare() as bare:
        bare.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copyfile(world.path, folder / "copy.sqlite3")
    return folder / "copy.sqlite3"


def _approved_and_released(world: World, folder: Path) -> list[Figure]:
    waiting = make_waiting(world)
    copy, last = _copied(world, folder), _last_movement(world)
    client = signed_in(world.engine, "supplier", PASSWORD)
    base = f"/f/{world.centre.code}/requisitions"
    approving, _ = _sent(client, f"{base}/approval", {f"paper-{uuid}": "3" for uuid in waiting})
    releasing, _ = _sent(client, f"{base}/dispatch", {f"paper-{uuid}": "4" for uuid in waiting} | {"act": "release"})
    name, taken = f"{STATIONS} requisitions of {EACH} lines approved and released at once", approving + releasing
    ratio = taken / _write_release(world, copy, last)
    return [
        Figure(name, taken, "s", 5, "less"),
        Figure("the same / its rows written by the bare driver", ratio, "× time", 12, "less"),
    ]


def _last_movement(world: World) -> int:
    with world.bare() as bare:
        return int(bare.execute("SELECT MAX(id) FROM stock_movement").fetchone()[0])


def _write_release(world: World, copy: Path, last: int) -> float:
    """Seconds in which the bare driver writes into the copy what approving and releasing wrote."""
    with world.bare() as made:
        new = {
            table: made.execute(f"SELECT * FROM {table} WHERE {column} > ?", (last,)).fetchall()
            for table, column in WRITTEN.items()
        }
        new["requisition_step"] = made.execute(NEW_STEPS).fetchall()
        decided = made.execute(DECIDED).fetchall()
    assert len(new["stock_movement"]) == STATIONS, len(new["stock_movement"])
    with world.bare(copy) as bare:
        start = perf_counter()
        bare.execute("BEGIN IMMEDIATE")
        for table, rows in new.items():
            bare.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        bare.executemany(DECIDE, decided)
        bare.execute(CLOSE)
        bare.execute("COMMIT")
        return perf_counter() - start
