"""Spans of days without usable stock."""

from __future__ import annotations

from datetime import date

from lmis.stock.stockouts import Span, Step, days_out, stockout_spans, whole_history


def day(number: int, month: int = 10) -> date:
    return date(2026, month, number)


def test_a_span_begins_on_the_day_that_ends_empty_and_ends_when_stock_is_back():
    steps = [Step(day(1), 1, 5), Step(day(10), 1, -5), Step(day(15), 1, 9)]

    assert stockout_spans(steps, {1: None}) == [Span(day(10), day(15))]


def test_a_day_on_which_stock_came_and_went_ends_empty():
    assert stockout_spans([Step(day(3), 1, 5), Step(day(3), 1, -5)], {1: None}) == [Span(day(3))]


def test_any_lot_with_stock_keeps_the_item_in_stock():
    steps = [Step(day(1), 1, 5), Step(day(1), 2, 5), Step(day(10), 1, -5), Step(day(12), 2, -5)]

    assert stockout_spans(steps, {1: None, 2: None}) == [Span(day(12))]


def test_stock_that_expires_is_out_from_the_day_after():
    assert stockout_spans([Step(day(1), 1, 5)], {1: day(20)}) == [Span(day(21))]


def test_the_last_lot_to_expire_decides():
    assert stockout_spans([Step(day(1), 1, 5), Step(day(1), 2, 5)], {1: day(20), 2: day(25)}) == [Span(day(26))]


def test_stock_that_comes_after_an_expiry_ends_the_span():
    steps = [Step(day(1), 1, 5), Step(day(25), 2, 5)]

    assert stockout_spans(steps, {1: day(20), 2: None}) == [Span(day(21), day(25))]


def test_a_span_still_open_goes_on_from_where_it_began():
    assert stockout_spans([Step(day(20), 1, 0)], {1: None}, {1: 0}, out_from=day(10)) == [Span(day(10))]


def test_stock_that_is_gone_before_it_expires_is_out_from_then():
    assert stockout_spans([Step(day(15), 1, -5)], {1: day(20)}, {1: 5}, out_from=day(21)) == [Span(day(15))]


def test_days_out_are_counted_within_the_period():
    spans = [Span(day(28, 9), day(3)), Span(day(10), day(12)), Span(day(30))]

    assert days_out(spans, day(1), day(31)) == 2 + 2 + 2


def test_an_item_that_comes_in_mid_month_was_out_until_then():
    assert whole_history([Step(day(15), 1, 5)], {1: None}) == [Span(day(1), day(15))]


def test_an_opening_balance_was_there_before_its_day():
    assert whole_history([Step(day(15), 1, 5, opening=True)], {1: None}) == []
