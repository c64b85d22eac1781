"""The receipt–issue–balance report."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session

from lmis.calendar import Period, parse_period
from lmis.catalog.models import Lot
from lmis.network.models import Facility, FacilityParent
from lmis.reports import stock_report as module
from lmis.reports.stock_report import ReportRow, consumption, stock_report
from lmis.stock.documents import Kind
from lmis.stock.models import ReportedMonth
from lmis.stock.posting import post
from tests.factories import NOW, TODAY, Tree, a_document, a_facility, a_line, a_lot, a_tree, id_of, under

OCTOBER = parse_period("2026-10")


@pytest.fixture
def tree(session: Session) -> Tree:
    return a_tree(session)


@pytest.fixture
def lot(session: Session, tree: Tree) -> Lot:
    """1,000 at the board since August, 300 of them at the commune, which uses 90, 90 and 120 a month."""
    lot = a_lot(session)

    def on(month: int, day: int) -> date:
        return date(2026, month, day)

    documents = [
        a_document(tree.board, a_line(lot, 1000), kind=Kind.OPENING, on=on(8, 1)),
        a_document(tree.board, a_line(lot, 400), kind=Kind.ISSUE, to=tree.district, on=on(8, 1)),
        a_document(tree.district, a_line(lot, 300), kind=Kind.ISSUE, to=tree.commune, on=on(8, 1)),
        *(a_document(tree.commune, a_line(lot, q), kind=Kind.DISPENSE, on=on(m, 21)) for m, q in [(8, 90), (9, 90)]),
        a_document(tree.commune, a_line(lot, 120), kind=Kind.DISPENSE, on=on(10, 21)),
    ]
    post(session, documents, today=TODAY, now=NOW)
    return lot


def rows_of(session: Session, root: Facility, period: Period = OCTOBER) -> dict[str, ReportRow]:
    return {row.facility.name: row for row in stock_report(session, id_of(root), period, today=TODAY).rows}


def test_each_facility_closes_with_what_it_opened_with_and_what_moved(session: Session, tree: Tree, lot: Lot):
    row = rows_of(session, tree.board)[tree.commune.name]

    assert (row.opening, row.received, row.dispensed, row.closing) == (120, 0, 120, 0)
    assert row.days_out == 11  # from the 21st, the day the last unit left, through the 31st


def test_consumption_is_corrected_for_the_days_without_stock(session: Session, tree: Tree, lot: Lot):
    amc = (90 + 90 + Decimal(120) * 31 / 20) / 3

    assert rows_of(session, tree.board)[tree.commune.name].amc == amc


def test_a_level_that_does_not_dispense_covers_what_those_under_it_use(session: Session, tree: Tree, lot: Lot):
    rows = rows_of(session, tree.board)

    assert rows[tree.board.name].amc == rows[tree.district.name].amc == rows[tree.commune.name].amc
    assert consumption(session, id_of(tree.board), TODAY) == {(lot.item_id, "free"): rows[tree.board.name].amc}


def test_the_total_is_the_sum_of_the_facilities(session: Session, tree: Tree, lot: Lot):
    report = stock_report(session, id_of(tree.board), parse_period("2026-Q3"), today=TODAY)
    (total,) = report.totals

    for column in ("opening", "received", "issued", "dispensed", "adjusted", "lost", "closing", "days_out"):
        assert getattr(total, column) == sum(getattr(row, column) for row in report.rows)


def test_a_months_opening_is_the_closing_of_the_one_before(session: Session, tree: Tree, lot: Lot):
    before, after = (rows_of(session, tree.board, parse_period(code)) for code in ("2026-09", "2026-10"))

    assert {name: row.closing for name, row in before.items()} == {name: row.opening for name, row in after.items()}


def test_a_month_whose_report_is_missing_is_not_taken_as_one_without_use(session: Session, tree: Tree, lot: Lot):
    for month in (202607, 202608, 202610):  # nothing came for September, in which nothing was dispensed
        session.add(ReportedMonth(facility_id=id_of(tree.district), item_id=lot.item_id, month=month))
    dispensed = a_document(tree.district, a_line(lot, 60), kind=Kind.DISPENSE, on=date(2026, 10, 5))
    post(session, [dispensed], today=TODAY, now=NOW)
    reported = consumption(session, id_of(tree.district), TODAY)[lot.item_id, "free"]
    commune = consumption(session, id_of(tree.commune), TODAY)[lot.item_id, "free"]

    assert reported - commune == Decimal(0 + 60) / 2  # August and October


def test_the_stockout_days_another_system_reported_stand_beside_the_ledgers(session: Session, tree: Tree, lot: Lot):
    reported = ReportedMonth(facility_id=id_of(tree.commune), item_id=lot.item_id, month=202610, days_out=9)
    session.add(reported)
    rows = rows_of(session, tree.board)

    assert (rows[tree.commune.name].days_out, rows[tree.commune.name].days_out_reported) == (11, 9)
    assert rows[tree.board.name].days_out_reported is None


def test_the_report_takes_the_tree_as_it_stood_at_the_periods_end(session: Session, tree: Tree, lot: Lot):
    other = a_facility(session, "Trung tâm Y tế quận Tây Hồ", level="district", parent=tree.board)
    session.delete(session.get_one(FacilityParent, (id_of(tree.commune), date(1900, 1, 1))))
    session.flush()
    under(session, tree.commune, tree.district).valid_to = date(2026, 10, 1)
    under(session, tree.commune, other, date(2026, 10, 1))

    assert tree.commune.name in rows_of(session, tree.district, parse_period("2026-09"))
    assert tree.commune.name in rows_of(session, other, OCTOBER)
    assert tree.commune.name not in rows_of(session, tree.district, OCTOBER)


def test_more_facilities_than_one_statement_takes_are_read_in_portions(
    session: Session, tree: Tree, lot: Lot, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "PORTION", 1)

    assert list(rows_of(session, tree.board)) == [tree.board.name, tree.district.name, tree.commune.name]
