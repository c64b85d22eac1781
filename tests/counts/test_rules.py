"""What a count says of a lot, and how two saves are brought together."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.counts.rules import UNSAID, Figures, Said, Since, is_far_off, merge, needs_approval

SHARE = Decimal("0.05")
units = st.integers(0, 10_000)
signed = st.integers(-10_000, 10_000)
said = st.builds(Said, st.none() | st.integers(0, 5), st.just(0), st.none() | st.sampled_from(["a", "b"]))
lines = st.dictionaries(st.integers(1, 6), said, max_size=6)


@pytest.mark.parametrize(
    ("figures", "difference", "stated", "on_hand"),
    [
        (Figures(100, 90), -10, 90, 90),
        (Figures(100, 0), -100, 0, 0),
        (Figures(0, 12), 12, 12, 12),
        # 5 went after it was counted, on the same day
        (Figures(100, 90, since=Since(moved=-5)), -10, 85, 85),
        # 5 went the day after
        (Figures(100, 90, since=Since(moved=-5, later=-5)), -10, 90, 85),
        # 5 had gone already when it was counted
        (Figures(100, 95, said=-5, since=Since(moved=-5)), 0, 95, 95),
        # a paper of the day before explains what is missing
        (Figures(100, 90, since=Since(corrected=-10)), 0, 90, 90),
        # a document from before the count was reversed the day after
        (Figures(150, 100, since=Since(corrected=-50, later=-50)), 0, 150, 100),
    ],
)
def test_what_moves_after_a_count_comes_on_top_and_what_corrects_the_book_explains(
    figures: Figures, difference: int, stated: int, on_hand: int
):
    assert (figures.difference, figures.stated, figures.on_hand) == (difference, stated, on_hand)


def test_what_is_not_counted_has_no_difference():
    assert Figures(100, None).difference is None
    assert Figures(100, None, since=Since(moved=-5)).on_hand == 95


@given(book=units, counted=units, moved=signed, corrected=signed, later=signed)
def test_what_is_on_the_shelf_afterwards_is_what_was_counted_and_what_moved_since(
    book: int, counted: int, moved: int, corrected: int, later: int
):
    figures = Figures(book, counted, since=Since(moved, corrected, later))

    assert figures.on_hand == counted + moved
    assert figures.stated + later == figures.on_hand


@given(book=units, counted=units, moved=signed, corrected=signed, later=signed)
def test_the_ledger_takes_up_the_difference_and_nothing_else(
    book: int, counted: int, moved: int, corrected: int, later: int
):
    figures = Figures(book, counted, since=Since(moved, corrected, later))
    at_end_of_the_day = book + moved + corrected - later

    assert figures.stated - at_end_of_the_day == figures.difference


@given(book=units, counted=units, moved=signed)
def test_what_the_figure_already_shows_is_not_taken_twice(book: int, counted: int, moved: int):
    assert Figures(book, counted, said=moved, since=Since(moved)).on_hand == counted


@pytest.mark.parametrize(
    ("said", "since", "included"),
    [
        (19_000, Since(), 0),
        (-5, Since(), 0),  # the paper was reversed
        (-5, Since(moved=5), 0),
        (-50, Since(moved=-5, went=-5), -5),
        (50, Since(moved=5), 5),
        (-5, Since(moved=15, went=-5), -5),  # 20 came after it was counted
        (50, Since(moved=15, went=-5), 20),
    ],
)
def test_a_figure_shows_no_more_than_moved(said: int, since: Since, included: int):
    assert Figures(100, 95, said=said, since=since).included == included


@pytest.mark.parametrize(
    ("figures", "far"),
    [
        (Figures(100, 95), False),
        (Figures(100, 94), True),
        (Figures(100, 106), True),
        (Figures(0, 1), True),
        (Figures(0, 0), False),
        (Figures(100, None), False),
        (Figures(100, 90, since=Since(corrected=-10)), False),
    ],
)
def test_a_line_is_far_off_beyond_the_share_of_its_book(figures: Figures, far: bool):
    assert is_far_off(figures, SHARE) is far


def test_one_line_far_off_makes_the_count_wait():
    assert needs_approval([Figures(100, 100), Figures(10, 9)], SHARE)
    assert not needs_approval([Figures(100, 100), Figures(100, 99)], SHARE)


def test_the_percentage_is_of_what_should_have_been_there():
    assert Figures(80, 60).percent == Decimal(-25)
    assert Figures(0, 5).percent is None


def a(counted: int | None) -> Said:
    return Said(counted, 0, None)


def test_what_others_changed_and_i_left_alone_stays_theirs():
    merged = merge({1: a(10), 2: a(7)}, stored={1: a(12), 2: UNSAID}, seen={1: a(10)})

    assert (merged.kept, merged.clashing) == ({2: a(7)}, {})


def test_what_both_changed_differently_clashes_and_nothing_is_overwritten():
    merged = merge({1: a(9)}, stored={1: a(12)}, seen={1: UNSAID})

    assert (merged.kept, merged.clashing) == ({}, {1: a(9)})


def test_what_both_changed_alike_is_no_clash():
    merged = merge({1: a(12)}, stored={1: a(12)}, seen={1: UNSAID})

    assert (merged.kept, merged.clashing) == ({}, {})


def test_a_line_the_count_has_not_is_left_out():
    assert merge({99: a(1)}, stored={1: UNSAID}, seen={}).kept == {}


@given(shown=lines, mine=lines, theirs=lines)
def test_two_saves_lose_nothing(shown: dict[int, Said], mine: dict[int, Said], theirs: dict[int, Said]):
    """What each typed is either kept, or told as a clash beside what the other typed."""
    all_lines = dict.fromkeys(range(1, 7), UNSAID) | shown
    stored = all_lines | theirs
    seen = {line: all_lines[line] for line in theirs if theirs[line] != all_lines[line]}
    typed = all_lines | mine

    merged = merge(typed, stored, seen)

    after = stored | merged.kept
    for line in all_lines:
        for change in (typed[line], stored[line]):
            assert change == all_lines[line] or change == after[line] or line in merged.clashing
        assert line not in seen or after[line] == theirs[line]
