"""A night's evaluation of all alerts at city size, and a look by day, beside the bare read of the same balances.

The demo city with all its collaborators, to which items are added that lie on most of its shelves: 20 items, 60,000
lots on shelves, and a forecast of every series. Evaluating runs in a process of its own, so that its memory is told.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import NormalDist
from time import perf_counter
from uuid import uuid4

from rich.progress import Progress
from sqlalchemy import Engine

from lmis import clock
from lmis.alerts import evaluating
from lmis.calendar import add_months, complete_months, month_of
from lmis.db import make_engine, reader, transaction
from lmis.demo.filling import fill
from lmis.forecast.need import LEVELS
from lmis.forecast.outlook import packed
from lmis.sql import Sql
from lmis.stock.documents import Document, Kind, Line
from lmis.stock.posting import post
from tests.bench.figures import Figure, percentile
from tests.factories import a_lot, a_run, an_item, id_of

ITEMS, BALANCES = 20, 60_000
TIMES = 7
AFTER = timedelta(hours=1)  # the city was recorded: what is looked at by day came later
ON_SHELVES = "SELECT COUNT(*) FROM stock_on_hand WHERE on_hand > 0"
BARE = """
    SELECT s.facility_id, s.item_id, s.lot_id, s.channel, s.status, s.on_hand, s.received_on, l.number, l.expires_on
    FROM stock_on_hand s JOIN lot l ON l.id = s.lot_id WHERE s.on_hand > 0"""
HOLD = """
    INSERT INTO stock_on_hand (facility_id, item_id, lot_id, channel, status, on_hand, received_on, last_on)
    VALUES (?, ?, ?, 'free', 'usable', ?, ?, ?)"""
BEGIN = "INSERT INTO stock_series (facility_id, item_id, channel, first_on, last_on) VALUES (?, ?, 'free', ?, ?)"
USE = """
    INSERT INTO stock_month (facility_id, item_id, channel, month, opening, received, issued, dispensed, adjusted, lost,
        consumed, closing) VALUES (?, ?, 'free', ?, 0, ?, 0, ?, 0, 0, ?, 0)"""
EXPECT = """
    INSERT INTO forecast_series (run_id, facility_id, item_id, method, reason, parts, model, means, quantiles)
    VALUES (?, ?, ?, 'model', 'model_best', 1, ?, ?, ?)"""
A_STATION = """
    SELECT s.facility_id, s.item_id, s.lot_id, s.channel FROM stock_on_hand s
        JOIN facility f ON f.id = s.facility_id JOIN lot l ON l.id = s.lot_id
    WHERE f.level_code = 'commune' AND s.on_hand > 9 AND s.status = 'usable' AND l.recalled_on IS NULL
        AND l.expires_on > :later AND s.last_on < :later LIMIT 1"""
USED = """
    SELECT s.facility_id, s.item_id, COALESCE(SUM(m.consumed), 0) / 3.0 FROM (
        SELECT DISTINCT facility_id, item_id FROM stock_series) s
    LEFT JOIN stock_month m ON m.facility_id = s.facility_id AND m.item_id = s.item_id AND m.month IN (?, ?, ?)
    GROUP BY s.facility_id, s.item_id"""


def measure(folder: Path, progress: Progress) -> list[Figure]:
    path = folder / "alerts.sqlite3"
    made = a_city(path, progress)
    first, again = evaluated(path), evaluated(path)
    rules = min(first["rules"], again["rules"])
    size = f"{made:,} lots on shelves of {ITEMS} items"
    return [
        Figure(f"evaluating all rules, {size}", rules, "s", 10, "less"),
        Figure("evaluating them / bare read of the lots on shelves", rules / _bare(path), "× time", 60, "less"),
        Figure(
            "a night's evaluation with the plan of what to move", max(first["night"], again["night"]), "s", 30, "less"
        ),
        Figure("the most memory it takes", max(first["most"], again["most"]), "MB", 1_024, "less"),
        Figure("a look by day where one station recorded something", again["day"], "s", 2, "less"),
    ]


def a_city(path: Path, progress: Progress) -> int:
    """The city in a SQLite file; how many lots lie on shelves."""
    engine = make_engine(f"sqlite:///{path}")
    task = progress.add_task("the city whose alerts are evaluated", total=1.0)
    tell = lambda done: progress.update(task, completed=done)  # noqa: E731
    fill(engine, size="city", seed=1, today=clock.today(), now=clock.now(), tell=tell)
    progress.remove_task(task)
    with transaction(engine) as session:
        run = a_run(session, add_months(month_of(clock.today()), -1)).id
        known = session.connection().exec_driver_sql("SELECT COUNT(*) FROM item").scalar_one()
        items = [an_item(session) for _ in range(ITEMS - known)]
        lots = [[id_of(a_lot(session, it, expires_on=_day(months))) for months in (4, 14, 30)] for it in items]
        about = {id_of(it): its for it, its in zip(items, lots, strict=True)}
    engine.dispose()
    with closing(sqlite3.connect(path)) as bare, bare:
        _stock(bare, about, clock.today())
        bare.executemany(EXPECT, _forecasts(bare, run))
        return int(bare.execute(ON_SHELVES).fetchone()[0])


def _day(months: int) -> date:
    return clock.today() + timedelta(days=30 * months)


def _stock(bare: sqlite3.Connection, lots: dict[int, list[int]], today: date) -> None:
    """Lots of the added items at every facility, most of them enough for two months, until there are BALANCES."""
    rng = random.Random(5)
    facilities = [row[0] for row in bare.execute("SELECT id FROM facility ORDER BY id")]
    begun, came = (today - timedelta(days=days) for days in (700, 40))
    missing = BALANCES - bare.execute(ON_SHELVES).fetchone()[0]
    pairs = [(facility, item) for facility in facilities for item in lots]
    rng.shuffle(pairs)
    held, series, months = [], [], []
    while len(held) < missing:
        facility, item = pairs.pop()
        use = max(1, round(rng.lognormvariate(1.5, 1)))
        series.append((facility, item, begun.isoformat(), came.isoformat()))
        months += [(facility, item, month, use, use, use) for month in complete_months(month_of(today), 3, today)]
        for lot in rng.sample(lots[item], min(rng.choice((1, 1, 2)), missing - len(held))):
            held.append((facility, item, lot, rng.randint(use, 2 * use), came.isoformat(), came.isoformat()))
    bare.executemany(HOLD, held)
    bare.executemany(BEGIN, series)
    bare.executemany(USE, months)


def _forecasts(bare: sqlite3.Connection, run: int | None) -> Iterator[tuple[object, ...]]:
    """Twelve months of each series about what it used of late, as unsure as counts are."""
    at = [NormalDist().inv_cdf(level) for level in LEVELS]
    months = complete_months(month_of(clock.today()), 3, clock.today())
    for facility, item, used in bare.execute(USED, months).fetchall():
        means = [used * (1 + 0.1 * (ahead % 3 - 1)) for ahead in range(12)]
        each = [max(0.0, mean + way * mean**0.5) for mean in means for way in at]
        yield (run, facility, item, packed(means), packed(means), packed(each))


def _bare(path: Path) -> float:
    with closing(sqlite3.connect(path)) as bare:
        times = []
        for _ in range(TIMES):
            start = perf_counter()
            bare.execute(BARE).fetchall()
            times.append(perf_counter() - start)
        return percentile(times, 0.5)


def evaluated(path: Path) -> dict[str, float]:
    """What the night's work and a look by day take, in a process of their own: seconds, and MB at the most."""
    command = [sys.executable, "-m", "tests.bench.alerts", f"sqlite:///{path}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return dict(zip(said[::2], map(float, said[1::2]), strict=True))


def night(url: str) -> None:
    """Evaluate, and print what it takes: the rules with keeping their alerts, the whole night, a look by day."""
    engine, today, now = make_engine(url), clock.today(), clock.now() + AFTER
    start = perf_counter()
    with reader(engine) as session:
        seen = evaluating.look(session, today)
    with transaction(engine) as session:
        evaluating.keep(session, seen.findings, topics=evaluating.TOPICS, facility_ids=None, today=today, now=now)
    print("rules", perf_counter() - start)
    del seen
    start = perf_counter()
    evaluating.evaluate(engine, today=today, now=now)
    print("night", perf_counter() - start)
    print("most", getrusage(RUSAGE_SELF).ru_maxrss / 1024)
    print("day", _by_day(engine))
    engine.dispose()


def _by_day(engine: Engine) -> float:
    """Seconds of a look after one station has given something out."""
    later = clock.now() + 2 * AFTER
    with transaction(engine) as session:
        ids = Sql(session).rows(A_STATION, later=clock.today() + timedelta(days=1))[0]
        document = Document(uuid4(), Kind.DISPENSE, clock.today(), ids[0], [Line(*ids[1:], 1)])
        post(session, [document], today=clock.today(), now=later)
    start = perf_counter()
    counts = evaluating.watch(engine, today=clock.today(), now=later + timedelta(minutes=1))
    taken = perf_counter() - start
    if counts["facilities"] != 1:
        raise AssertionError(counts)
    return taken


if __name__ == "__main__":
    night(sys.argv[1])
