"""The district report: on the demo city, and on a ledger ten times longer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from time import perf_counter

from rich.progress import Progress
from sqlalchemy import Engine

from lmis import clock
from lmis.calendar import add_months, month_of, parse_period
from lmis.db import id_of, make_engine, reader
from lmis.demo.filling import fill
from lmis.demo.network import Size
from lmis.demo.people import PASSWORD
from lmis.network.service import facility_by_code
from lmis.reports.stock_report import stock_report
from tests.bench.figures import Figure, percentile
from tests.bench.pages import page_times, signed_in

DISTRICT, OFFICER = "HN-001", "quanly.badinh"
TIMES = 60


def measure(folder: Path, progress: Progress) -> list[Figure]:
    city = _filled(folder / "city.sqlite3", "default", 24, progress)
    client = signed_in(city, OFFICER, PASSWORD)
    report = f"/f/{DISTRICT}/report?by=facility&period={_last_month(clock.today())}"
    page, home, stock = (page_times(client, path, TIMES) for path in (report, f"/f/{DISTRICT}", f"/f/{DISTRICT}/stock"))
    short = _filled(folder / "short.sqlite3", "district", 24, progress)
    long = _filled(folder / "long.sqlite3", "district", 240, progress)
    brief, lengthy = _report_times(short, long)
    return [
        Figure("district report page on the demo city, p95", percentile(page, 0.95) * 1000, "ms", 100, "less"),
        Figure("district report, ledger ten times longer", percentile(lengthy, 0.5) / percentile(brief, 0.5),
               "× time", 1.2, "less"),
        Figure("district home page, p95", percentile(home, 0.95) * 1000, "ms", 100, "less"),
        Figure("district stock page, p95", percentile(stock, 0.95) * 1000, "ms", 100, "less"),
    ]  # fmt: skip


def _filled(path: Path, size: Size, months: int, progress: Progress) -> Engine:
    engine = make_engine(f"sqlite:///{path}")
    task = progress.add_task(f"{size}, {months} months", total=1.0)
    today, now = clock.today(), clock.now()
    fill(engine, size=size, seed=1, today=today, now=now, months=months,
         tell=lambda done: progress.update(task, completed=done))  # fmt: skip
    progress.remove_task(task)
    return engine


def _last_month(today: date) -> str:
    month = add_months(month_of(today), -1)
    return f"{month // 100}-{month % 100:02d}"


def _report_times(*engines: Engine) -> tuple[list[float], ...]:
    """Seconds of the report itself on each database in turn, so that a noisy machine troubles both alike."""
    today = clock.today()
    period = parse_period(_last_month(today))
    times: tuple[list[float], ...] = tuple([] for _ in engines)
    for _ in range(TIMES):
        for engine, its in zip(engines, times, strict=True):
            with reader(engine) as session:
                root = id_of(facility_by_code(session, DISTRICT))
                start = perf_counter()
                stock_report(session, root, period, today=today)
                its.append(perf_counter() - start)
    return times
