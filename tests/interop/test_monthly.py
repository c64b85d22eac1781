"""Monthly figures as documents, and what is wrong with them."""

from __future__ import annotations

from datetime import date

from lmis.interop.monthly import Month, carry, plan_series
from lmis.stock.documents import Kind


def a_month(month: int = 202601, *, line: int = 2, **figures: int) -> Month:
    values = dict.fromkeys(("opening", "received", "dispensed", "adjusted", "closing"), 0) | figures
    return Month(line, 1, 1, month, **values, days_out=None, ordered=None)


def flaws(*months: Month) -> list[list[str]]:
    return [[flaw.finding for flaw in planned.flaws] for planned in plan_series(months)]


def test_what_comes_in_is_dated_the_first_day_and_what_goes_out_the_last() -> None:
    (planned,) = plan_series([a_month(202602, opening=5, received=10, dispensed=4, adjusted=-1, closing=10)])
    assert carry(planned, 0, first=True) == 10
    assert [(part.kind, part.on, part.quantity) for part in sorted(planned.parts, key=lambda part: part.order)] == [
        (Kind.OPENING, date(2026, 1, 31), 5),
        (Kind.RECEIPT, date(2026, 2, 1), 10),
        (Kind.ADJUSTMENT, date(2026, 2, 28), -1),
        (Kind.DISPENSE, date(2026, 2, 28), 4),
    ]


def test_an_opening_that_is_not_the_last_closing_becomes_a_flagged_adjustment() -> None:
    (planned,) = plan_series([a_month(opening=5, closing=5)])
    carry(planned, 9, first=False)
    assert [(part.quantity, part.reason) for part in planned.parts] == [(-4, "import_opening_gap")]
    assert [flaw.action for flaw in planned.flaws] == ["adjusted"]


def test_a_closing_that_does_not_add_up_becomes_a_flagged_adjustment() -> None:
    (planned,) = plan_series([a_month(opening=5, dispensed=2, closing=1)])
    assert carry(planned, 5, first=False) == 1
    assert (planned.parts[0].quantity, planned.parts[0].reason) == (-2, "import_imbalance")


def test_a_negative_figure_leaves_the_row_out() -> None:
    (planned,) = plan_series([a_month(received=-1)])
    assert not planned.kept
    assert [(flaw.finding, flaw.column) for flaw in planned.flaws] == [("negative", "received")]


def test_a_month_missing_in_between_is_told_also_over_the_new_year() -> None:
    assert flaws(a_month(202511), a_month(202512), a_month(202602)) == [[], [], ["missing_month"]]


def test_a_row_given_twice_is_taken_once() -> None:
    assert flaws(a_month(), a_month(line=3), a_month(line=4, closing=1)) == [[], ["duplicate"], ["conflict"]]


def test_ten_times_the_median_is_told_when_the_series_has_figures_enough() -> None:
    usual = [a_month(202601 + n, opening=1000, dispensed=10, closing=990) for n in range(3)]
    high = a_month(202604, opening=1000, dispensed=101, closing=899)
    assert flaws(*usual, high)[-1] == ["outlier"]
    assert flaws(*usual[1:], high)[-1] == []


def test_more_days_out_than_the_month_has_are_not_kept() -> None:
    row = Month(2, 1, 1, 202602, 0, 0, 0, 0, 0, 29, None)
    (planned,) = plan_series([row])
    assert planned.row.days_out is None
    assert [flaw.finding for flaw in planned.flaws] == ["days_out"]
