"""Imports: the whole nation's network, the pages that stand on it, and memory against the file's length."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter

from sqlalchemy import create_engine, text

from lmis.accounts.service import add_user
from lmis.db import id_of, make_engine, transaction
from lmis.network.service import facility_by_code
from lmis.network.units import units_before_2025
from tests.bench.figures import Figure, percentile
from tests.bench.pages import page_times, signed_in
from tests.factories import PASSWORD

MEASURE = """
import resource, sys
from lmis.cli import app
try:
    app(sys.argv[1:], prog_name="lmis")
except SystemExit as done:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
    raise
"""
NETWORK = ["code", "name", "level", "parent", "latitude", "longitude"]
LEVELS = {2: "province", 3: "district", 5: "commune"}  # by the length of the code
SHORT, LONG = 20_000, 160_000
MOVEMENT = ("id", "kind", "occurred_on", "facility", "counterparty", "item", "lot", "expires_on", "channel", "quantity")
MOVEMENT += ("reason", "reference")


def measure(folder: Path) -> list[Figure]:
    network = folder / "nation.csv"
    _write(network, NETWORK, _nation())
    nation_url = f"sqlite:///{folder / 'nation.sqlite3'}"
    _lmis(nation_url, "init")
    start = perf_counter()
    _lmis(nation_url, "import", "network", str(network))
    seconds = perf_counter() - start
    pages = _page_times(nation_url)
    short, long = (_peak_memory(folder, rows) for rows in (SHORT, LONG))
    return [
        Figure("import of the nation before 2025", seconds, "s", 30, "less"),
        Figure("slowest page of the top facility of the nation, p95", pages * 1000, "ms", 300, "less"),
        Figure("memory of an import, file eight times longer", long / short, "× peak", 1.25, "less"),
    ]


def _page_times(url: str) -> float:
    """Seconds that the slowest of the pages takes for a user who sees the whole nation, at p95."""
    engine = make_engine(url)
    with transaction(engine) as session:
        top = id_of(facility_by_code(session, "VN"))
        add_user(session, username="vn", name="VN", password=PASSWORD, role="viewer", facility_id=top)
    client = signed_in(engine, "vn", PASSWORD)
    paths = ["/f/VN", "/f/VN/stock", "/f/VN/facilities?q=trung", "/f/VN/report", "/f/01", "/f/00004", "/f/00004/report"]
    return max(percentile(page_times(client, path, 20), 0.95) for path in paths)


def _lmis(url: str, *arguments: str) -> int:
    """Run a command in a process of its own; its peak memory in KiB."""
    environment = {**os.environ, "LMIS_DATABASE_URL": url}
    command = [sys.executable, "-c", MEASURE, *arguments]
    folder = Path(url.removeprefix("sqlite:///")).parent  # reports of findings are written where a command runs
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    return int(done.stderr.split()[-1])


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def _nation() -> Iterator[list[object]]:
    yield ["VN", "Trung ương (mẫu)", "centre", "", "", ""]
    for unit in units_before_2025():
        yield [unit["code"], unit["name_with_type"], LEVELS[len(unit["code"])], unit.get("parent_code") or "VN", "", ""]


def _peak_memory(folder: Path, rows: int) -> int:
    url = f"sqlite:///{folder / f'{rows}.sqlite3'}"
    _lmis(url, "init")
    network, catalogue, movements = (folder / f"{name}-{rows}.csv" for name in ("network", "catalogue", "movements"))
    _write(network, NETWORK, [["B", "B", "board", "", "", ""]])
    _write(
        catalogue,
        ["code", "name_vi", "name_en", "method", "unit", "pack_size"],
        [["C", "C", "C", "condom", "piece", "1"]],
    )
    _write(movements, MOVEMENT, (_movement(number) for number in range(rows)))
    _lmis(url, "import", "network", str(network))
    _lmis(url, "import", "catalog", str(catalogue))
    peak = _lmis(url, "import", "movements", str(movements), "--report", str(folder / "report.csv"))
    with create_engine(url).connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM stock_movement")).scalar() == rows
    return peak


def _movement(number: int) -> list[object]:
    day = f"20{10 + number * 15 // LONG:02d}-{1 + number * 180 // LONG % 12:02d}-01"
    kind, quantity = ("receipt", 50) if number % 2 == 0 else ("dispense", 20)
    return [f"m{number}", kind, day, "B", "", "C", "L1", "2040-01-01", "free", quantity, "", ""]
