"""`lmis forecast file` and `lmis forecast backtest --history`, as people and programs run them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from freezegun import freeze_time
from typer.testing import CliRunner, Result

from lmis import tables
from lmis.cli import app
from lmis.config import settings
from lmis.forecast import loading
from lmis.forecast.files import read_history
from tests.forecast.invented import changed_after, history

assert tables.ALL_TABLES  # models are made before time is frozen
PAST = history(facilities=3, items=2, months=20)
QUANTILES = [f"q{step / 20:g}" for step in range(1, 20)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, in English, with a small history in it."""
    monkeypatch.setenv("LMIS_LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    PAST.to_csv("past.csv", index=False)
    yield tmp_path
    settings.cache_clear()


def forecast_file(*more: str, past: str = "past.csv", cutoffs: str = "2024-03,2024-04", out: str = "out.csv") -> Result:
    given = ["--history", past, "--cutoffs", cutoffs, "--out", out, "--horizon", "2", "--threads", "1", *more]
    return CliRunner().invoke(app, ["forecast", "file", *given])


def refused(result: Result) -> str:
    assert result.exit_code == 1
    assert result.stdout == ""
    return result.stderr.strip()


def test_what_a_file_says_that_cannot_be_so_is_told_and_stops_nothing(folder):
    odd = PAST.assign(days_out=PAST["days_out"].astype(float))
    odd.loc[[0, 1], "dispensed"] = -4, np.inf
    odd.loc[[2, 3], "days_out"] = -9, 99
    pd.concat([odd, odd.tail(3)]).to_csv("odd.csv", index=False)

    done = forecast_file(past="odd.csv")

    assert done.exit_code == 0, done.output
    assert "3 rows tell of a month of a series that an earlier row told of" in done.stderr
    assert "1 months have less than nothing dispensed" in done.stderr
    assert "1 figures are infinite" in done.stderr
    assert "2 months have days out of stock that no month has" in done.stderr
    assert "rows tell of" not in forecast_file().stderr


def test_the_forecasts_of_a_file_have_a_row_for_each_series_cutoff_and_month(folder):
    done = forecast_file()
    found = pd.read_csv("out.csv")

    assert done.exit_code == 0, done.output
    assert list(found.columns) == ["unique_id", "cutoff", "ds", "y_hat", "y_mean", *QUANTILES]
    assert len(found) == 6 * 2 * 2
    assert sorted(set(zip(found["cutoff"], found["ds"], strict=True))) == [
        ("2024-03-01", "2024-04-01"),
        ("2024-03-01", "2024-05-01"),
        ("2024-04-01", "2024-05-01"),
        ("2024-04-01", "2024-06-01"),
    ]
    assert found["unique_id"].iloc[0] == "F00_I0"
    assert (found["y_hat"] == found["q0.5"]).all()
    assert np.isfinite(found.select_dtypes("number")).all(axis=None)
    assert "2024-03: 6 series forecast, 0 without a forecast." in done.stderr


def test_the_same_file_gives_the_same_bytes_packed_or_not_and_sees_nothing_after_a_cutoff(folder):
    changed_after(PAST, "2024-04").to_csv("later.csv.gz", index=False)

    forecast_file(out="out.csv.gz")
    first = Path("out.csv.gz").read_bytes()
    forecast_file(out="out.csv.gz")
    forecast_file(past="later.csv.gz", out="later.csv")

    assert Path("out.csv.gz").read_bytes() == first
    assert Path("later.csv").read_bytes() == gzip.decompress(first)


def test_codes_that_look_like_numbers_or_nothing_stay_as_they_are_written(folder):
    PAST.replace({"facility": {"F00": "007", "F01": "NA"}}).to_csv("codes.csv", index=False)

    assert set(read_history(Path("codes.csv"))["facility"]) == {"007", "NA", "F02"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "faulty.csv cannot be read"),
        ("facility,item,period\n", "faulty.csv lacks the columns dispensed. Add them."),
        ("facility,item,period,dispensed,price\n", "faulty.csv has unknown columns: price."),
        ("facility,item,period,dispensed\n", "faulty.csv has headings and no rows."),
        ("facility,item,period,dispensed\nA,I,2024-01,1\nA,I,2024-13,1\n", "row 3: “2024-13” is not a month."),
        ("facility,item,period,dispensed\nA,I,2024-Q1,1\n", "row 2: “2024-Q1” is not a month."),
        (
            "facility,item,period,dispensed\nA,I,2024-01,many\n",
            "row 2: “many” is not a number, in the column dispensed.",
        ),
        ("facility,item,period,dispensed\n,I,2024-01,1\n", "row 2: the column facility is empty."),
        ("facility,item,period,dispensed\nA,I,2024-09,1\n", "no row of 2024-03 or before; it begins in 2024-09."),
    ],
)
def test_a_faulty_file_is_refused_in_one_line_that_says_where(folder, text, told):
    Path("faulty.csv").write_text(text, encoding="utf-8")
    line = refused(forecast_file(past="faulty.csv"))

    assert told in line
    assert "\n" not in line
    assert not Path("out.csv").exists()


def test_a_file_that_is_not_there_or_is_torn_is_refused(folder):
    Path("torn.csv.gz").write_bytes(gzip.compress(Path("past.csv").read_bytes())[:200])

    assert refused(forecast_file(past="nowhere.csv")) == "There is no file nowhere.csv. Check its name and folder."
    assert "torn.csv.gz cannot be read" in refused(forecast_file(past="torn.csv.gz"))


def test_a_place_that_cannot_be_written_to_is_refused(folder):
    assert "cannot be written" in forecast_file(out="no/such/folder/out.csv").stderr.splitlines()[-1]


@pytest.mark.parametrize("cutoffs", ["2024-13", "soon", "2024", ","])
def test_a_cutoff_that_is_no_month_is_refused(folder, cutoffs):
    assert forecast_file(cutoffs=cutoffs).exit_code == 2


def test_the_backtest_of_a_file_names_every_method(folder):
    given = ["--history", "past.csv", "--origins", "1", "--horizon", "1", "--threads", "1", "--target", "issued"]
    done = CliRunner().invoke(app, ["forecast", "backtest", *given])

    assert done.exit_code == 0, done.output
    assert "2024-07" in done.stdout
    for name in ("Average monthly consumption", "Statistical median", "Global model", "Chosen for each series"):
        assert name in done.stdout


def test_a_history_too_short_to_score_is_refused(folder):
    PAST[PAST["period"] < "2024-01"].to_csv("short.csv", index=False)
    done = CliRunner().invoke(app, ["forecast", "backtest", "--history", "short.csv", "--threads", "1"])

    assert "Nothing can be scored" in refused(done)


NETWORK = "code,name,level,parent,latitude,longitude\nB,Board,board,,,\n" + "".join(
    f"F0{at},Station {at},commune,B,,\n" for at in range(3)
)
CATALOG = "code,name_vi,name_en,method,unit,pack_size\nI0,Một,One,pill,cycle,1\nI1,Hai,Two,condom,piece,1\n"


def test_the_backtest_of_a_database_reads_its_ledger(folder, monkeypatch):
    monkeypatch.setenv("LMIS_DATABASE_URL", "sqlite:///lmis.sqlite3")
    settings.cache_clear()
    whole = history(facilities=3, items=2, months=26, first="2024-08")
    whole.to_csv("history.csv", index=False)
    Path("network.csv").write_text(NETWORK, encoding="utf-8")
    Path("catalog.csv").write_text(CATALOG, encoding="utf-8")
    given = ["forecast", "backtest", "--origins", "1", "--horizon", "1", "--threads", "1"]
    with freeze_time("2026-10-10 03:00"):
        assert CliRunner().invoke(app, ["init"]).exit_code == 0
        assert "The ledger is empty" in refused(CliRunner().invoke(app, given))
        for kind in ("network", "catalog", "history"):
            assert CliRunner().invoke(app, ["import", kind, f"{kind}.csv"]).exit_code == 0
        done = CliRunner().invoke(app, given)

    assert done.exit_code == 0, done.output
    assert "2026-08" in done.stdout


def test_a_package_that_is_not_there_is_named_and_how_to_install_it(monkeypatch):
    def gone(name: str) -> None:
        raise ModuleNotFoundError("No module named 'lightgbm'", name="lightgbm")

    monkeypatch.setattr(loading, "import_module", gone)

    with pytest.raises(loading.ExtraMissing, match=r"lightgbm.*pip install 'lmis\[forecast\]'"):
        loading.loaded("methods")


def test_a_library_that_the_system_lacks_is_named_and_how_to_install_it(monkeypatch):
    def broken(name: str) -> None:
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(loading, "import_module", broken)

    with pytest.raises(loading.LibraryMissing, match="apt-get install libgomp1"):
        loading.loaded("methods")
