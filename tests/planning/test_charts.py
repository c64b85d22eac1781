"""The picture of a supply plan."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lmis.calendar import add_months
from lmis.planning.charts import HEIGHT, LINE, TOP, WIDTH, apart, nice_top, stock_chart
from lmis.planning.supply_plan import Arrival, Lot, Terms, plan

TERMS = Terms(Decimal(2), Decimal(6), Decimal(1), soonest=3, shelf_life=48, pack_size=1)
MONTHS = [add_months(202611, ahead) for ahead in range(24)]


def points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in text.split())]


@given(st.integers(1, 10**9))
def test_the_axis_ends_above_the_highest_at_four_whole_steps(highest):
    top = nice_top(highest)

    assert highest <= top <= max(4, 2.5 * highest)
    assert top % 4 == 0


@given(st.integers(0, 10_000), st.integers(0, 500))
def test_all_of_it_lies_within_the_picture(stock, demand):
    made = plan([Lot(5, stock)], [Arrival(2, 30, 100)], [demand] * 36, TERMS)
    chart = stock_chart(MONTHS, made.months, made.without)

    for x, y in [*points(chart.band), *points(chart.line), *points(chart.without)]:
        assert 0 <= x <= WIDTH
        assert TOP <= y <= HEIGHT


def test_what_arrives_expires_and_is_missing_is_marked_in_its_month():
    made = plan([Lot(0, 50)], [Arrival(4, 30, 100)], [10] * 36, TERMS)
    chart = stock_chart(MONTHS, made.months, made.without)

    assert [(it.month, it.units) for it in chart.expired] == [("11/2026", 40)]
    assert [(it.month, it.units) for it in chart.short] == [("12/2026", 10), ("01/2027", 10)]
    assert [it.month for it in chart.arrivals][:2] == ["02/2027", "03/2027"]


@given(st.dictionaries(st.sampled_from("abcd"), st.floats(TOP, 236), min_size=1))
def test_labels_stand_one_under_the_other_within_the_picture(labels):
    placed = sorted(apart(labels, 236).values())

    assert all(after - before >= LINE - 0.01 for before, after in pairwise(placed))
    assert placed[0] >= TOP
    assert placed[-1] <= 236
