"""The `lmis` command as people and other programs run it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from freezegun import freeze_time
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from lmis import tables
from lmis.cli import app
from lmis.config import settings

assert tables.ALL_TABLES  # models are made before time is frozen
NETWORK = "code,name,level,parent,latitude,longitude\nB,Ban Quản lý,board,,,\nS,Trạm Y tế,commune,B,,\n"
CATALOG = "code,name_vi,name_en,method,unit,pack_size\nBCS,Bao cao su,Condom,condom,piece,144\n"
MOVEMENTS = """id,kind,occurred_on,facility,counterparty,item,lot,expires_on,channel,quantity,reason,reference
m1,opening,2026-08-01,B,,BCS,A1,2027-06-30,,1000,,
m2,issue,2026-08-05,B,S,BCS,A1,,,400,,PX 7
m3,dispense,2026-08-20,S,,BCS,A1,,,90,,
m4,dispense,2026-09-20,S,,BCS,A1,,,90,,
m5,dispense,2026-10-20,S,,BCS,A1,,,120,,
m6,loss,2026-10-21,S,,BCS,A1,,,10,damaged,
m7,count,2026-10-31,S,,BCS,A1,,,92,,
"""
REPORT = "facility,item,channel,opening,received,issued,dispensed,adjusted,lost,closing,days_out,amc,months_of_stock"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory, in English, on the 22nd of November 2026."""
    for name, value in {"LMIS_LANGUAGE": "en", "LMIS_DATABASE_URL": "sqlite:///lmis.sqlite3"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    with freeze_time("2026-11-22 03:00"):
        yield tmp_path
    settings.cache_clear()


@pytest.fixture
def stocked(folder: Path) -> Path:
    """A board and a station with three months of movements."""
    assert run("init").exit_code == 0
    for name, text in (("network", NETWORK), ("catalog", CATALOG), ("movements", MOVEMENTS)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        assert run("import", name, f"{name}.csv").exit_code == 0
    return folder


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=typed)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


@pytest.mark.usefixtures("folder")
def test_a_database_that_was_not_made_is_said_in_one_line():
    result = run("verify")

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "Run “lmis init” first" in result.stderr


def test_a_database_that_cannot_be_reached_is_said_in_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LMIS_DATABASE_URL", f"sqlite:///{folder}/no/such/folder.sqlite3")
    settings.cache_clear()
    result = run("init")

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "unable to open database file" in result.stderr


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "arguments", [["report", "stock"], ["nothing"], ["import", "network"], ["serve", "--port", "x"]]
)
def test_bad_usage_exits_with_two(arguments: list[str]):
    assert run(*arguments).exit_code == 2


@pytest.mark.usefixtures("stocked")
def test_the_report_has_its_fixed_columns_and_the_right_figures():
    result = run("report", "stock", "--facility", "B", "--period", "2026-10", "--format", "csv")
    rows = rows_of(result.stdout)

    assert result.stdout.splitlines()[0] == REPORT
    assert [row["facility"] for row in rows] == ["B", "S"]
    # 400 − 90 − 90 = 220 at the start; 220 − 120 − 10 = 90 and the count found 92; no stock for the first 4 days of
    # August: AMC (90 × 31 / 27 + 90 + 120) / 3 = 104,4444; 92 / 104,4444 = 0,8809 and 600 / 104,4444 = 5,7447
    assert list(rows[1].values())[3:] == ["220", "0", "0", "120", "2", "10", "92", "0", "104.4444", "0.8809"]
    assert (rows[0]["closing"], rows[0]["amc"], rows[0]["months_of_stock"]) == ("600", "104.4444", "5.7447")


@pytest.mark.usefixtures("stocked")
def test_the_total_adds_up_the_facilities():
    result = run("report", "stock", "--facility", "B", "--period", "2026-Q3", "--by", "total", "--format", "json")

    assert json.loads(result.stdout) == [
        {
            "facility": "B", "item": "BCS", "channel": "free", "opening": 1000, "received": 400, "issued": 400,
            "dispensed": 180, "adjusted": 0, "lost": 0, "closing": 820, "days_out": 4,
            "amc": 96.6667, "months_of_stock": 8.4828,
        }
    ]  # fmt: skip


def test_the_report_is_written_as_a_workbook(stocked: Path):
    result = run("report", "stock", "--facility", "B", "--period", "2026-10", "--format", "xlsx", "--output", "r.xlsx")
    sheet = CalamineWorkbook.from_path(stocked / "r.xlsx").get_sheet_by_index(0).to_python()

    assert result.exit_code == 0
    assert sheet[0] == REPORT.split(",")
    assert sheet[2][:4] == ["S", "BCS", "free", 220]


@pytest.mark.usefixtures("stocked")
def test_the_stock_card_runs_its_balance():
    result = run("stock", "card", "--facility", "S", "--item", "BCS", "--format", "csv")
    lines = [
        (r["occurred_on"], r["kind"], r["counterparty"], r["quantity"], r["balance"]) for r in rows_of(result.stdout)
    ]

    assert result.stdout.splitlines()[0] == "occurred_on,document,kind,counterparty,lot,quantity,balance"
    assert lines == [
        ("2026-08-05", "issue", "B", "400", "400"),
        ("2026-08-20", "dispense", "", "-90", "310"),
        ("2026-09-20", "dispense", "", "-90", "220"),
        ("2026-10-20", "dispense", "", "-120", "100"),
        ("2026-10-21", "loss", "", "-10", "90"),
        ("2026-10-31", "count", "", "2", "92"),
    ]


@pytest.mark.usefixtures("stocked")
def test_a_part_of_the_card_starts_from_the_balance_before_it():
    arguments = ["--since", "2026-10-20", "--until", "2026-10-21", "--format", "csv"]
    result = run("stock", "card", "--facility", "S", "--item", "BCS", *arguments)

    assert [row["balance"] for row in rows_of(result.stdout)] == ["100", "90"]


@pytest.mark.usefixtures("stocked")
def test_a_sound_ledger_is_proved_and_a_spoilt_one_is_not():
    from lmis.db import make_engine, transaction
    from lmis.sql import Sql

    assert run("verify").exit_code == 0
    with transaction(make_engine(settings().database_url)) as session:
        Sql(session).execute("UPDATE stock_on_hand SET on_hand = 93 WHERE on_hand = 92")
    result = run("verify")
    assert result.exit_code == 1
    assert "stock_on_hand, S / BCS" in result.stderr


@pytest.mark.usefixtures("stocked")
def test_closed_books_take_nothing_more(stocked: Path):
    assert (
        run("close", "--facility", "B", "--through", "2026-10-31", "--below").stdout.strip().endswith("2 facilities.")
    )
    late = MOVEMENTS.splitlines()[0] + "\nm8,dispense,2026-10-31,S,,BCS,A1,,,1,,\n"
    (stocked / "late.csv").write_text(late, encoding="utf-8")
    result = run("import", "movements", "late.csv")

    assert result.exit_code == 1
    assert "Trạm Y tế is closed through 31/10/2026" in result.stderr


@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize(
    ("through", "why"), [("2026-11-22", "is not over yet"), ("2026-09-30", "is closed through 31/10/2026 already")]
)
def test_books_are_neither_closed_ahead_nor_opened_again(through: str, why: str):
    run("close", "--facility", "B", "--through", "2026-10-31")
    result = run("close", "--facility", "B", "--through", through)

    assert result.exit_code == 1
    assert why in result.stderr


@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--facility", "X", "--period", "2026-10"], "No facility has the code “X”."),
        (["--facility", "B", "--period", "October"], "“October” is not a period."),
    ],
)
def test_what_is_not_known_is_said_in_one_line(arguments: list[str], why: str):
    result = run("report", "stock", *arguments)

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert why in result.stderr


@pytest.mark.usefixtures("stocked")
def test_a_user_is_added_once():
    arguments = ["user", "add", "--username", "thu.kho", "--facility", "S", "--role", "storekeeper"]

    assert run(*arguments, typed="mat-khau-dai\nmat-khau-dai\n").exit_code == 0
    again = run(*arguments, "--password", "mat-khau-dai")
    assert again.exit_code == 1
    assert "is taken" in again.stderr


@pytest.mark.usefixtures("stocked")
def test_an_address_is_given_changed_and_taken_away():
    known = ["user", "add", "--username", "ha", "--facility", "S", "--role", "viewer", "--password", "mat-khau-dai"]
    assert run(*known, "--email", "ha@example").exit_code == 1
    assert run(*known, "--email", "ha@example.org").exit_code == 0

    to = ["user", "email", "--username", "ha", "--email"]
    assert run(*to, "moi@EXAMPLE.org").stdout.strip() == "E-mails to ha go to moi@example.org."
    assert "“moi” is not an e-mail address." in run(*to, "moi").stderr
    assert run(*to, "").stdout.strip() == "ha has no e-mail address now, and gets no e-mails."
    assert "Nobody has the user name" in run("user", "email", "--username", "an", "--email", "").stderr


@pytest.mark.usefixtures("folder")
def test_the_demo_fills_once_and_says_who_may_sign_in_whenever_asked():
    filled, again, logins = run("demo", "--size", "district"), run("demo"), run("demo", "--logins")

    assert "kho.hanoi" in filled.stdout
    assert (again.exit_code, logins.exit_code) == (1, 0)
    assert logins.stdout in filled.stdout


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("LMIS_LANGUAGE", "fr", "LMIS_LANGUAGE"),
        ("LMIS_SERVICE_LEVEL", "95", "LMIS_SERVICE_LEVEL"),
        ("LMIS_DATABASE_URL", "mysql://x/y", "begin it with sqlite:/// or postgresql://"),
        ("LMIS_DATABASE_URL", "postgresql://h:port/x", "LMIS_DATABASE_URL cannot be used"),
    ],
)
def test_settings_that_cannot_be_are_said_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str):
    monkeypatch.setenv(name, value)
    settings.cache_clear()
    result = run("verify")

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert why in result.stderr


@pytest.mark.usefixtures("stocked")
def test_a_place_that_cannot_be_written_is_said_in_one_line():
    result = run("report", "stock", "--facility", "B", "--period", "2026-10", "--output", "no/such/place.csv")

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "no/such/place.csv cannot be written" in result.stderr


@pytest.mark.usefixtures("stocked")
def test_a_file_that_is_not_there_is_said_every_time():
    for _ in range(2):
        result = run("import", "network", "missing.csv")
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_at_the_top_goods_go_back_to_the_named_supplier(stocked: Path):
    rows = MOVEMENTS.splitlines()[0] + "\nr1,return,2026-11-01,B,UNFPA,BCS,A1,,,100,,\n"
    (stocked / "back.csv").write_text(rows, encoding="utf-8")

    assert run("import", "movements", "back.csv").exit_code == 0
    card = rows_of(run("stock", "card", "--facility", "B", "--item", "BCS", "--format", "csv").stdout)
    assert (card[-1]["counterparty"], card[-1]["balance"]) == ("UNFPA", "500")
