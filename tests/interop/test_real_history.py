"""A real country's monthly reports, where they lie beside the checkout."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from lmis.calendar import parse_period
from lmis.db import reader, transaction
from lmis.interop import catalog, history, network
from lmis.interop.tabular import read_table
from lmis.network.service import facility_by_code
from lmis.reports.stock_report import stock_report
from lmis.stock.verify import verify
from tests.factories import NOW, TODAY, id_of
from tests.interop.files import Told, no_progress

DATA = Path(__file__).parents[3] / "shared" / "data"
FIGURES = ("opening", "received", "dispensed", "adjusted", "closing")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real history does not lie beside this checkout")


@pytest.fixture
def told(sqlite_engine: Engine) -> Told:
    """The findings of importing everything."""
    told = Told()
    with transaction(sqlite_engine) as session:
        rows = read_table(DATA / "ci_network.csv", network.REQUIRED, network.OPTIONAL)
        network.import_network(session, rows, told.report, no_progress)
        rows = read_table(DATA / "ci_catalog.csv", catalog.REQUIRED, catalog.OPTIONAL)
        catalog.import_catalog(session, rows, told.report, no_progress)
        rows = read_table(DATA / "ci_history.csv.gz", history.REQUIRED)
        history.HistoryImport(session, told.report, no_progress, today=TODAY, now=NOW).run(rows)
    return told


def rows_of_the_file() -> Iterator[dict[str, str]]:
    with gzip.open(DATA / "ci_history.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def test_the_report_shows_every_figure_of_every_month(sqlite_engine: Engine, told: Told) -> None:
    adjusted = {(it["facility"], it["item"], it["period"]) for it in told if it["action"] == "adjusted"}
    left_out = {it["line"] for it in told if it["action"] == "left_out"}
    months = sorted({row["period"] for row in rows_of_the_file()})
    shown: dict[tuple[str, str, str], tuple[int, ...]] = {}
    with reader(sqlite_engine) as session:
        root = id_of(facility_by_code(session, "CI"))
        for month in months:
            for it in stock_report(session, root, parse_period(month), today=TODAY).rows:
                shown[it.facility.code, it.item.code, month] = tuple(getattr(it, name) for name in FIGURES)
        assert verify(session) == []
    differing = []
    for line, row in enumerate(rows_of_the_file(), 2):
        key = (row["facility"], row["item"], row["period"])
        wanted, found = [int(row[name]) for name in FIGURES], list(shown.get(key, (0, 0, 0, 0, 0)))
        if key in adjusted:  # the difference is carried by an adjustment of its own
            wanted[0] = found[0]
            wanted[3] = found[3]
        if wanted != found and str(line) not in left_out:
            differing.append((key, wanted, found))
    assert differing == []


def test_what_contradicts_itself_is_listed(told: Told) -> None:
    found = {it["finding"] for it in told}
    assert {"opening_gap", "missing_month", "outlier"} <= found
