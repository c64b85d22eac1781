"""The stock report on the page and as files."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO

import pytest
from python_calamine import load_workbook

from lmis.reports import routes
from lmis.reports.routes import period_name, periods_to_choose
from lmis.stock.documents import Kind
from tests.factories import TODAY, a_document, a_facility, a_line
from tests.web import Site, text_of

FIXED = (  # columns that other programs rely on
    "facility",
    "item",
    "channel",
    "opening",
    "received",
    "issued",
    "dispensed",
    "adjusted",
    "lost",
    "closing",
    "days_out",
    "amc",
    "months_of_stock",
)


@pytest.fixture
def report(site: Site) -> str:
    """October: 10,000 received by the board, 1,200 issued to the district, 300 on to the commune, 40 dispensed."""
    day = date(2026, 10, 5)
    lot = site.receive(10_000, on=day)
    tree = site.tree
    for at, to, kind, quantity in (
        (tree.board, tree.district, Kind.ISSUE, 1_200),
        (tree.district, tree.commune, Kind.ISSUE, 300),
        (tree.commune, None, Kind.DISPENSE, 40),
    ):
        site.post(a_document(at, a_line(lot, quantity), kind=kind, on=day, to=to))
    return f"/f/{tree.board.code}/report"


def test_the_totals_add_up(site: Site, report):
    words = text_of(site.browser().get(f"{report}?period=2026-10"))

    assert "Bao cao su (piece) Free of charge 0 11,500 1,500 40 0 0 9,960" in words


def test_each_facility_has_its_row(site: Site, report):
    words = text_of(site.browser().get(f"{report}?period=2026-10&by=facility"))

    assert "Ban Quản lý thành phố Bao cao su Free of charge 0 10,000 1,200 0 0 0 8,800" in words
    assert "Trung tâm Y tế quận Ba Đình Bao cao su Free of charge 0 1,200 300 0 0 0 900" in words
    assert "Trạm Y tế phường Trúc Bạch Bao cao su Free of charge 0 300 0 40 0 0 260" in words


def test_one_item_ends_in_a_total(site: Site, report):
    words = text_of(site.browser().get(f"{report}?period=2026-10&by=facility&item={site.condom.code}"))

    assert "Total 0 11,500 1,500 40 0 0 9,960" in words


def test_the_next_month_opens_with_the_closing(site: Site, report):
    words = text_of(site.browser().get(f"{report}?period=2026-11"))

    assert "Free of charge 9,960 0 0 0 0 0 9,960" in words


@pytest.mark.parametrize("period", ["2026-Q4", "2026-H2", "2026"])
def test_longer_periods_hold_the_month(site: Site, report, period):
    assert "11,500 1,500 40" in text_of(site.browser().get(f"{report}?period={period}"))


@pytest.mark.parametrize("period", ["2026-13", "x", "2026-Q5", "٢٠٢٦"])
def test_a_period_that_is_none_is_told(site: Site, report, period):
    answer = site.browser().get(f"{report}?period={period}")

    assert answer.status_code == 422
    assert "is not a period" in text_of(answer)


def test_a_district_reports_itself_and_those_below(site: Site, report):
    at = site.tree.district
    words = text_of(site.browser(at).get(f"/f/{at.code}/report?period=2026-10&by=facility"))

    assert "Trúc Bạch" in words
    assert "8,800" not in words


def test_many_facilities_come_in_parts(site: Site, report, monkeypatch):
    monkeypatch.setattr(routes, "FACILITIES", 1)

    words = text_of(site.browser().get(f"{report}?period=2026-10&by=facility&part=2"))

    assert "Part 2 of 3" in words
    assert "1,200 300" in words
    assert "10,000 1,200" not in words


def test_nothing_to_report_is_said(site: Site):
    assert "Nothing was on hand" in text_of(site.browser().get(f"/f/{site.tree.board.code}/report"))


def test_the_csv_opens_in_excel_and_in_programs(site: Site, report):
    answer = site.browser().get(f"{report}.csv?period=2026-10")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["facility"] for row in rows] == [
        site.tree.board.code,
        site.tree.district.code,
        site.tree.commune.code,
    ]
    assert [row["closing"] for row in rows] == ["8800", "900", "260"]
    assert tuple(rows[0])[:13] == FIXED


def test_the_xlsx_holds_numbers(site: Site, report):
    answer = site.browser().get(f"{report}.xlsx?period=2026-10&by=total")

    head, row = load_workbook(BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert dict(zip(head, row, strict=True))["closing"] == 9_960
    assert 'filename="report-' in answer.headers["content-disposition"]


def test_a_name_that_looks_like_a_formula_stays_text(site: Site):
    at = site.add(a_facility, "=1+1", level="district", parent=site.tree.board, code="EVIL")
    site.receive(10, at=at, on=date(2026, 10, 5))

    answer = site.browser().get(f"/f/{site.tree.board.code}/report.xlsx?period=2026-10")

    _, row = load_workbook(BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert row[-3] == "=1+1"


def test_a_download_of_no_period_is_refused(site: Site, report):
    assert site.browser().get(f"{report}.csv?period=x").status_code == 422


def test_periods_to_choose_are_newest_first():
    codes = [code for code, _ in periods_to_choose(TODAY)]

    assert codes[:2] == ["2026-11", "2026-10"]
    assert {"2026-Q4", "2026-H2", "2026", "2024-12"} <= set(codes)
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("2026-10", "Month 10/2026"),
        ("2026-Q3", "Quarter 3/2026"),
        ("2026-H2", "Second half of 2026"),
        ("2026", "Year 2026"),
    ],
)
def test_a_period_is_named_as_people_say_it(code, name):
    assert str(period_name(code)) == name
