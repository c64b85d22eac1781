"""`lmis import` as people run it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from lmis.config import settings
from lmis.db import reader
from lmis.i18n import gettext
from lmis.interop.commands import import_app
from lmis.interop.history import REQUIRED
from lmis.stock.verify import verify
from tests.interop.files import write_csv
from tests.interop.history_file import history, with_defect

NETWORK = "code;name;level;parent;latitude;longitude\nS;Trạm Y tế;commune;B;;\nB;Ban Quản lý;board;;;\n"
CATALOG = "code,name_vi,name_en,method,unit,pack_size\nBCS,Bao cao su,Condom,condom,chiếc,144\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> Iterator[Path]:
    """A working directory with small files in it, and the settings that point to an empty prepared database."""
    monkeypatch.setenv("LMIS_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("LMIS_LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    (tmp_path / "network.csv").write_text(NETWORK, encoding="utf-16")
    (tmp_path / "catalog.csv").write_text(CATALOG, encoding="utf-8-sig")
    yield tmp_path
    settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(import_app, arguments)


def set_up() -> None:
    assert run("network", "network.csv").exit_code == 0
    assert run("catalog", "catalog.csv").exit_code == 0


@pytest.mark.usefixtures("folder")
def test_what_was_done_is_counted_on_the_screen() -> None:
    assert run("network", "network.csv").stdout.splitlines() == ["Rows read: 2", "Added: 2"]
    assert run("network", "network.csv").stdout.splitlines() == ["Rows read: 2", "Already there: 2"]


def test_findings_are_counted_and_every_row_is_listed(folder: Path) -> None:
    set_up()
    series = with_defect(list(history(["S"], ["BCS"])), "opening_gap")
    write_csv(folder / "history.csv", REQUIRED, (row.cells() for row in series))
    result = run("history", "history.csv")
    assert "  opening_gap: 1" in result.stdout.splitlines()
    listed = (folder / "history.import-report.csv").read_text(encoding="utf-8").splitlines()
    assert listed[0] == "line,facility,item,period,column,finding,action,detail"
    assert listed[1].startswith("11,S,BCS,")


def test_the_list_of_findings_can_be_put_elsewhere(folder: Path) -> None:
    run("catalog", "catalog.csv", "--report", str(folder / "found.csv"))
    assert (folder / "found.csv").exists()
    assert not (folder / "catalog.import-report.csv").exists()


def test_the_list_of_findings_never_takes_the_place_of_the_file(folder: Path) -> None:
    assert run("catalog", "catalog.csv", "--report", "catalog.csv").exit_code == 1
    assert (folder / "catalog.csv").read_text(encoding="utf-8-sig") == CATALOG


def test_a_refusal_is_one_line_that_says_where_and_ends_with_one(folder: Path) -> None:
    (folder / "bad.csv").write_text(NETWORK + "X;;commune;;95;\n", encoding="utf-8")
    result = run("network", "bad.csv")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "bad.csv, row 4, name: This is empty; it must be filled in. (and 1 more, see bad.import-report.csv)"
    ]
    assert result.stdout == ""
    assert len((folder / "bad.import-report.csv").read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.usefixtures("folder")
def test_it_speaks_the_language_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMIS_LANGUAGE", "vi")
    settings.cache_clear()
    assert run("network", "network.csv").stdout.splitlines()[0] == gettext("vi", "Rows read: %(count)s") % {"count": 2}


@pytest.mark.usefixtures("folder")
def test_bad_usage_ends_with_two() -> None:
    assert run("network").exit_code == 2
    assert run("nothing", "x.csv").exit_code == 2


def test_a_database_that_is_not_set_up_is_refused_with_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMIS_DATABASE_URL", f"sqlite:///{folder / 'other.sqlite3'}")
    settings.cache_clear()
    result = run("network", "network.csv")
    assert result.exit_code == 1
    assert "lmis init" in result.stderr


def test_a_refused_file_leaves_nothing_behind(folder: Path, sqlite_engine: Engine) -> None:
    set_up()
    rows = [row.cells() for row in history(["S"], ["BCS"])]
    write_csv(folder / "history.csv", REQUIRED, [*rows, (*rows[0][:2], "2026-01", "x", *rows[0][4:])])
    assert run("history", "history.csv").exit_code == 1
    write_csv(folder / "history.csv", REQUIRED, rows)
    assert "Already there" not in run("history", "history.csv").stdout
    with reader(sqlite_engine) as session:
        assert verify(session) == []
