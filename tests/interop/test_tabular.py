"""Reading the tables people send."""

from __future__ import annotations

import gzip
import unicodedata
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from lmis.errors import LmisError
from lmis.interop import tabular
from lmis.interop.tabular import NumberStyle, cell_day, read_table
from lmis.reading import ImpossibleDay

COLUMNS = ("code", "name")
WANTED = [(2, {"code": "01", "name": "Trúc Bạch"}), (4, {"code": "02", "name": "Bưởi"})]
TEXT = "code,name\n01,Trúc Bạch\n\n02,Bưởi\n"


def read(path: Path) -> list[tuple[int, dict[str, str]]]:
    return [(row.line, dict(row.cells)) for row in read_table(path, COLUMNS)]


def saved(folder: Path, content: bytes | str) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path) -> LmisError:
    with pytest.raises(LmisError) as caught:
        read(path)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_it_knows_the_encoding(tmp_path: Path, encoding: str) -> None:
    assert read(saved(tmp_path, TEXT.encode(encoding))) == WANTED


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_it_knows_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    assert read(saved(tmp_path, TEXT.replace(",", delimiter))) == WANTED


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_it_takes_every_end_of_line(tmp_path: Path, end: str) -> None:
    assert read(saved(tmp_path, TEXT.replace("\n", end))) == WANTED


def test_it_reads_a_gzipped_file(tmp_path: Path) -> None:
    assert read(saved(tmp_path, gzip.compress(TEXT.encode()))) == WANTED


def test_text_in_decomposed_form_is_composed(tmp_path: Path) -> None:
    assert read(saved(tmp_path, unicodedata.normalize("NFD", TEXT))) == WANTED


def test_the_header_may_stand_in_any_order_and_case_with_blanks(tmp_path: Path) -> None:
    assert read(saved(tmp_path, " Name , CODE,\nTrúc Bạch,01,\n")) == WANTED[:1]


def test_a_quoted_cell_may_hold_the_delimiter_and_the_end_of_a_line(tmp_path: Path) -> None:
    rows = read(saved(tmp_path, 'code,name\n1,"a,\nb"\n2,c\n'))
    assert rows == [(2, {"code": "1", "name": "a,\nb"}), (4, {"code": "2", "name": "c"})]


def test_excels_own_hint_of_the_delimiter_is_skipped(tmp_path: Path) -> None:
    assert read(saved(tmp_path, "sep=;\ncode;name\n01;Trúc Bạch\n")) == [(3, WANTED[0][1])]


def test_it_reads_a_workbook_with_its_dates_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        sheet.write_row(1, 0, [12.0, "Tru\u0301c"])
        sheet.write_number(3, 0, 0.25)
        sheet.write_datetime(3, 1, date(2026, 1, 31), book.add_format({"num_format": "dd/mm/yyyy"}))
    assert read(path) == [(2, {"code": "12", "name": "Trúc"}), (4, {"code": "0.25", "name": "2026-01-31"})]


def test_days_that_excel_counted_are_days() -> None:
    assert cell_day("45292") == date(2024, 1, 1)
    assert cell_day("1/2/2026") == date(2026, 2, 1)
    assert cell_day("2026-02-01 00:00:00") == date(2026, 2, 1)
    with pytest.raises(ImpossibleDay):
        cell_day("10000")


def test_a_missing_column_is_named_beside_what_was_found(tmp_path: Path) -> None:
    fault = refusal(saved(tmp_path, "code,nam\n1,2\n"))
    assert str(fault) == "Missing columns: name. The first row must name them; it says: code, nam."


def test_an_unknown_or_double_column_is_refused(tmp_path: Path) -> None:
    assert "Unknown columns: colour" in str(refusal(saved(tmp_path, "code,name,colour\n")))
    assert "stand twice in the first row: name" in str(refusal(saved(tmp_path, "code,name,Name\n")))


@pytest.mark.parametrize("row", ["1", "1,a,b", "1;a"])
def test_a_row_of_another_length_is_refused(tmp_path: Path, row: str) -> None:
    fault = refusal(saved(tmp_path, f"code,name\n1,a\n{row}\n"))
    assert isinstance(fault, tabular.RaggedRow)
    assert str(fault).startswith("row 3: ")


BROKEN = {
    "noise": b"\x93\xa1\x00\x9f" * 99,
    "no workbook": b"PK\x03\x04 not a workbook",
    "no gzip": b"\x1f\x8b\x08 broken",
    "half a gzip": gzip.compress(TEXT.encode())[:-9],
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    assert isinstance(refusal(saved(tmp_path, content)), tabular.BadFile | tabular.UnreadableRow)


def test_an_empty_or_missing_file_is_refused(tmp_path: Path) -> None:
    assert isinstance(refusal(saved(tmp_path, "\n\n")), tabular.EmptyTable)
    assert isinstance(refusal(tmp_path / "none.csv"), tabular.FileMissing)
    assert isinstance(refusal(tmp_path), tabular.FileMissing)


def test_an_unclosed_quotation_mark_is_refused_by_its_row(tmp_path: Path) -> None:
    fault = refusal(saved(tmp_path, 'code,name\n1,a\n2,"b\n3,c\n'))
    assert isinstance(fault, tabular.UnreadableRow)
    assert fault.line == 3


@pytest.mark.parametrize(("one", "other"), [("1.234", "5,678"), ("12.0", "1.234"), ("1,234.0", "1.234")])
def test_numbers_grouped_in_two_ways_are_refused_with_both_rows(one: str, other: str) -> None:
    style = NumberStyle()
    style.check(2, one)
    with pytest.raises(tabular.MixedNumbers, match="row 2"):
        style.check(5, other)


def test_numbers_grouped_in_one_way_are_taken() -> None:
    style = NumberStyle()
    for line, text in enumerate(["12", "1.234", "-5.678", "1.234.567", "12,0"]):
        style.check(line, text)
