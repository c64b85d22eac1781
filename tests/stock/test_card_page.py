"""The stock card."""

from __future__ import annotations

from datetime import date

import pytest

from lmis.errors import NotFound
from lmis.stock import routes_card
from lmis.stock.documents import Kind
from lmis.stock.routes_card import read_span
from tests.factories import TODAY, a_document, a_line
from tests.web import Site, text_of


@pytest.fixture
def card(site: Site) -> str:
    """Received in October 2025, dispensed in October and November 2026."""
    at = site.tree.commune
    lot = site.receive(1_000, at=at, on=date(2025, 10, 5), number="A12")
    for day, quantity in ((date(2026, 10, 6), 150), (date(2026, 11, 6), 50)):
        site.post(a_document(at, a_line(lot, quantity), kind=Kind.DISPENSE, on=day))
    return f"/f/{at.code}/items/{site.condom.code}/card"


def test_this_years_card_runs_from_its_opening_balance(site: Site, card):
    words = text_of(site.browser().get(card))

    assert "Opening balance 1,000" in words
    assert "CP-2026-00001 Dispensing to clients A12 150 850" in words
    assert "the balance went from 1,000 to 800; the lowest was 800" in words


def test_another_year_is_chosen(site: Site, card):
    words = text_of(site.browser().get(f"{card}?year=2025"))

    assert "Opening balance 0" in words
    assert "CP-2026" not in words


def test_one_month_is_chosen(site: Site, card):
    words = text_of(site.browser().get(f"{card}?year=2026&month=11"))

    assert "Opening balance 850" in words
    assert "06/10/2026" not in words


@pytest.mark.parametrize("query", ["year=abc", "year=2026&month=13", "year=0001", "year=99999", "month=0"])
def test_a_time_in_no_calendar_is_not_found(site: Site, card, query):
    assert site.browser().get(f"{card}?{query}").status_code == 404


def test_a_long_card_comes_in_parts(site: Site, card, monkeypatch):
    monkeypatch.setattr(routes_card, "LINES", 1)

    first, second = (text_of(site.browser().get(f"{card}?part={part}")) for part in (1, 2))

    assert "Part 1 of 2" in first
    assert "06/11/2026" not in first
    assert "50 800" in second


def test_the_picture_says_what_it_shows(site: Site, card):
    assert 'role="img" aria-label="From 01/01/2026 to 20/11/2026 the balance went' in site.browser().get(card).text


def test_nothing_in_a_period_is_said(site: Site, card):
    assert "Nothing moved in this period" in text_of(site.browser().get(f"{card}?year=2024"))


def test_an_unknown_item_is_not_found(site: Site):
    assert site.browser().get(f"/f/{site.tree.board.code}/items/X/card").status_code == 404


@pytest.mark.parametrize(
    ("year", "month", "first", "last"),
    [
        ("", "", date(2026, 1, 1), date(2026, 12, 31)),
        ("2024", "2", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025", "12", date(2025, 12, 1), date(2025, 12, 31)),
    ],
)
def test_a_span_is_whole_months(year, month, first, last):
    span = read_span(year, month, TODAY)

    assert (span.first, span.last) == (first, last)


def test_a_span_in_other_digits_is_none():
    with pytest.raises(NotFound):
        read_span("٢٠٢٦", "", TODAY)
