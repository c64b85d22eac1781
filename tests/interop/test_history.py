"""Importing monthly figures."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from sqlmodel import Session, select

from lmis.calendar import parse_period
from lmis.catalog.service import item_by_code
from lmis.errors import Refused
from lmis.interop import history
from lmis.interop.history import REQUIRED, HistoryImport, read_month
from lmis.interop.results import ImportResult
from lmis.interop.tabular import Row
from lmis.network.service import facility_by_code
from lmis.reports.stock_report import stock_report
from lmis.stock.models import ReportedMonth, StockMovement
from lmis.stock.verify import verify
from tests.factories import NOW, TODAY, a_tree, an_item, id_of
from tests.interop.files import Told
from tests.interop.history_file import AT, DEFECTS, Figures, sound_series, with_defect
from tests.interop.history_file import history as generated

PLACES, GOODS = ["D", "S", "C"], ["BCS", "VTT"]


@pytest.fixture(autouse=True)
def places(session: Session) -> None:
    tree = a_tree(session)
    tree.board.code, tree.district.code, tree.commune.code, tree.collaborator.code = "B", *PLACES
    for code in GOODS:
        an_item(session, code=code)
    session.flush()


def rows_of(figures: Iterable[Figures]) -> list[Row]:
    return [Row(line, dict(zip(REQUIRED, row.cells(), strict=True))) for line, row in enumerate(figures, 2)]


def run(session: Session, figures: Iterable[Figures], told: Told | None = None) -> ImportResult:
    report = (told or Told()).report
    return HistoryImport(session, report, lambda *_: None, today=TODAY, now=NOW).run(rows_of(figures))


def refusals(session: Session, figures: Iterable[Figures]) -> list[str]:
    with pytest.raises(Refused) as caught:
        run(session, figures)
    return [str(fault) for fault in caught.value.refusals]


def reported(session: Session, row: Figures) -> tuple[int, ...]:
    """Opening, received, dispensed, adjusted and closing of a row's month as the stock report has them."""
    root, item = id_of(facility_by_code(session, row.facility)), item_by_code(session, row.item)
    found = stock_report(session, root, parse_period(row.period), today=TODAY).rows
    return next(
        (
            (it.opening, it.received, it.dispensed, it.adjusted, it.closing)
            for it in found
            if it.item.id == item.id and it.facility.id == root
        ),
        (0, 0, 0, 0, 0),
    )


def figures_of(row: Figures) -> tuple[int, ...]:
    return (row.opening, row.received, row.dispensed, row.adjusted, row.closing)


def a_series(seed: int = 5) -> list[Figures]:
    return sound_series("S", "BCS", Random(seed))


def test_every_month_of_the_report_shows_the_files_figures(session: Session) -> None:
    figures = list(generated(PLACES, GOODS))
    Random(3).shuffle(figures)
    result = run(session, figures)
    assert not result.findings
    assert [row for row in figures if reported(session, row) != figures_of(row)] == []
    assert verify(session) == []


def test_importing_twice_changes_nothing(session: Session) -> None:
    figures = list(generated(PLACES, GOODS))
    posted = run(session, figures).posted
    again = run(session, figures)
    assert (again.posted, again.already, again.rows) == (0, len(figures), len(figures))
    assert len(session.exec(select(StockMovement.id)).all()) == posted


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_told_with_its_row_and_never_silently_mended(session: Session, defect: str) -> None:
    figures, told = with_defect(a_series(), defect), Told()
    run(session, figures, told)
    found = [(it["finding"], it["period"]) for it in told]
    assert (defect, figures[AT].period) in found
    assert {period for _, period in found} <= {figures[AT].period, figures[AT + 1].period}
    assert verify(session) == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_spoils_no_figure_of_the_report_but_its_own(session: Session, defect: str) -> None:
    figures, told = with_defect(a_series(), defect), Told()
    run(session, figures, told)
    touched = {it["period"] for it in told if it["action"] == "adjusted"}
    left_out = {int(it["line"]) for it in told if it["action"] == "left_out"}
    for line, row in enumerate(figures, 2):
        if line not in left_out:
            opening, received, dispensed, adjusted, closing = reported(session, row)
            assert (received, dispensed, closing) == (row.received, row.dispensed, row.closing)
            assert row.period in touched or (opening, adjusted) == (row.opening, row.adjusted)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_file_with_defects_may_be_imported_twice_too(session: Session, defect: str) -> None:
    figures = with_defect(a_series(), defect)
    run(session, figures)
    assert run(session, figures).posted == 0


def test_a_file_that_continues_an_earlier_one_begins_where_that_ended(session: Session) -> None:
    figures = a_series()
    run(session, figures[:10])
    result = run(session, figures[8:])
    assert (result.already, dict(result.findings)) == (2, {})
    assert [row for row in figures if reported(session, row) != figures_of(row)] == []


def test_a_month_imported_before_with_other_figures_is_refused(session: Session) -> None:
    figures = a_series()
    run(session, figures)
    changed = Figures(*figures[3].cells()[:3], 0, 0, 0, 0, 0, 0, 60)
    assert "was imported before with other figures" in refusals(session, [changed])[0]


def test_a_month_before_imported_ones_is_refused(session: Session) -> None:
    figures = a_series()
    run(session, figures[5:])
    assert "earlier months must come first" in refusals(session, figures[:2])[0]


def test_days_out_and_orders_are_kept_beside_the_ledger(session: Session) -> None:
    run(session, [Figures("S", "BCS", "2026-01", 0, 0, 0, 0, 0, 31, "")])
    kept = session.exec(select(ReportedMonth)).one()
    assert (kept.month, kept.days_out, kept.ordered) == (202601, 31, None)


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("facility", "X", "No record has the code “X”"),
        ("item", "", "This is empty"),
        ("period", "2026-13", "“2026-13” is not a month"),
        ("period", "2026-11", "2026-11 is not over"),
        ("opening", "x", "“x” is not a whole number"),
        ("closing", "1,5", "“1,5” is not whole"),
        ("days_out", "-1", "“-1” has a sign"),
    ],
)
def test_what_cannot_be_read_refuses_the_whole_file(session: Session, column: str, text: str, said: str) -> None:
    good, bad = rows_of(a_series()[:2])
    broken = Row(bad.line, {**bad.cells, column: text})
    with pytest.raises(Refused, match=f"row 3, {column}: {said}"):
        HistoryImport(session, Told().report, lambda *_: None, today=TODAY, now=NOW).run([good, broken])
    assert session.exec(select(StockMovement.id)).all() == []


def test_batches_of_any_size_give_the_same_documents(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = list(generated(PLACES, GOODS))
    monkeypatch.setattr(history, "BATCH", 1)
    posted = run(session, figures).posted
    monkeypatch.setattr(history, "BATCH", 4000)
    assert posted
    assert run(session, figures).posted == 0


@pytest.mark.parametrize("text", ["2026-10", "202610", "10/2026", "2026-10-01", "01/10/2026", "46296"])
def test_a_month_is_read_in_every_usual_way(text: str) -> None:
    assert read_month(text) == 202610
