"""The forecast in force, with what planners put in the place of its figures."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from lmis.calendar import Month, months_apart
from lmis.catalog.models import Item
from lmis.forecast.models import ForecastOverride
from lmis.forecast.need import LEVELS
from lmis.forecast.outlook import Outlook, floats, of_run, outlooks, packed, run_in_force
from lmis.network.models import Facility
from tests.factories import NOW, TODAY, Tree, a_facility, a_forecast, a_run, a_tree, add, an_item, id_of, under

SEEN = 202610
AHEAD = 202611  # the first month ahead, and the running one


@pytest.fixture
def tree(session) -> Tree:
    return a_tree(session)


@pytest.fixture
def item(session) -> Item:
    return an_item(session)


def says(
    session: Session,
    at: Facility,
    item: Item,
    quantity: int | None,
    *,
    month: Month = AHEAD,
    when: datetime = NOW,
) -> ForecastOverride:
    row = ForecastOverride(
        uuid=uuid4(),
        facility_id=id_of(at),
        item_id=id_of(item),
        month=month,
        quantity=quantity,
        reason="Chiến dịch",
        set_at=when,
    )
    return add(session, row)


def seen(session: Session, at: Facility, item: Item, on: date = TODAY) -> Outlook:
    return outlooks(session, [id_of(at)], on)[id_of(at), id_of(item)]


def everywhere(session: Session, tree: Tree, item: Item) -> None:
    """100 a month at the board, 60 of them in the district, 40 at the commune, 10 with the collaborator."""
    for at, mean in ((tree.board, 100), (tree.district, 60), (tree.commune, 40), (tree.collaborator, 10)):
        a_forecast(session, at, item, means=[mean] * 3)


def means(session: Session, tree: Tree, item: Item) -> list[float]:
    """Of the first month ahead, from the collaborator up to the board."""
    return [seen(session, at, item).means[0] for at in (tree.collaborator, tree.commune, tree.district, tree.board)]


class TestTheRunInForce:
    def test_none_without_any(self, session):
        assert run_in_force(session, TODAY) is None

    def test_it_is_the_latest_that_has_seen_only_months_that_are_over(self, session):
        for as_of in (202608, 202610, 202609, 202611):
            a_run(session, as_of)

        in_force = [run_in_force(session, on) for on in (date(2026, 10, 31), TODAY, date(2026, 12, 1))]
        assert [run and run.as_of for run in in_force] == [202609, 202610, 202611]

    def test_a_series_that_could_not_be_forecast_is_left_out(self, session, tree, item):
        a_forecast(session, tree.commune, item, means=(), method="none", reason="never_dispensed")

        assert outlooks(session, [id_of(tree.commune)], TODAY) == {}

    def test_a_forecast_is_read_as_it_was_kept(self, session, tree, item):
        quantiles = [[float(level * month) for level in range(19)] for month in (1, 2)]
        a_forecast(session, tree.commune, item, means=[8.5, 17.25], quantiles=quantiles, model=[9.0, 18.0], parts=3)

        found = seen(session, tree.commune, item)
        assert (found.published, found.means, found.model) == ((8.5, 17.25), (8.5, 17.25), (9.0, 18.0))
        assert [list(levels) for levels in found.quantiles] == quantiles
        assert (found.months, found.parts, found.amc, found.backtest["model"]) == ([202611, 202612], 3, 90.0, 20.0)

    def test_one_item_can_be_asked_for_alone(self, session, tree, item):
        other = an_item(session)
        for it in (item, other):
            a_forecast(session, tree.commune, it)

        assert list(outlooks(session, [id_of(tree.commune)], TODAY, item_id=id_of(other))) == [
            (id_of(tree.commune), id_of(other))
        ]


class TestOverrides:
    def test_one_moves_its_month_and_every_sum_above_it(self, session, tree, item):
        everywhere(session, tree, item)
        says(session, tree.commune, item, 55)

        assert means(session, tree, item) == [10, 55, 75, 115]
        assert seen(session, tree.board, item).means[1:] == (100, 100)

    def test_what_was_published_is_kept_beside_it(self, session, tree, item):
        everywhere(session, tree, item)
        says(session, tree.commune, item, 55)

        found = seen(session, tree.commune, item)
        assert (found.published[0], found.overridden) == (40, {AHEAD: 55})
        assert seen(session, tree.district, item).overridden == {}

    def test_one_above_stops_those_below_it(self, session, tree, item):
        everywhere(session, tree, item)
        says(session, tree.collaborator, item, 30)
        says(session, tree.district, item, 61)

        assert means(session, tree, item) == [30, 60, 61, 101]

    def test_several_below_add_up(self, session, tree, item):
        neighbour = a_facility(session, parent=tree.district)
        everywhere(session, tree, item)
        a_forecast(session, neighbour, item, means=[20] * 3)
        says(session, tree.commune, item, 30)
        says(session, neighbour, item, 25)

        assert seen(session, tree.district, item).means[0] == 60 - 10 + 5

    def test_the_latest_holds_and_taking_it_back_lets_the_forecast_hold_again(self, session, tree, item):
        everywhere(session, tree, item)
        says(session, tree.commune, item, 55)
        says(session, tree.commune, item, 70)
        assert means(session, tree, item)[1:3] == [70, 90]

        says(session, tree.commune, item, None)
        assert means(session, tree, item)[1:3] == [40, 60]

    def test_a_sum_is_never_moved_below_nothing(self, session, tree, item):
        a_forecast(session, tree.district, item, means=[5] * 3)
        a_forecast(session, tree.commune, item, means=[40] * 3)
        says(session, tree.commune, item, 0)

        assert seen(session, tree.district, item).means[0] == 0

    def test_quantiles_narrow_in_proportion_to_a_lower_mean(self, session, tree, item):
        everywhere(session, tree, item)
        before = seen(session, tree.commune, item).quantiles
        says(session, tree.commune, item, 20)

        after = seen(session, tree.commune, item).quantiles
        assert after[0] == pytest.approx([value / 2 for value in before[0]])
        assert after[1] == before[1]

    def test_and_widen_with_the_root_of_a_higher_one(self, session, tree, item):
        everywhere(session, tree, item)
        before = seen(session, tree.commune, item).quantiles
        says(session, tree.commune, item, 160)

        after = seen(session, tree.commune, item).quantiles
        assert after[0] == pytest.approx([160 + 2 * (value - 40) for value in before[0]])
        assert min(after[0]) >= 0

    def test_a_month_forecast_as_nothing_is_as_sure_as_who_says_otherwise(self, session, tree, item):
        a_forecast(session, tree.commune, item, means=[0.0] * 3)
        says(session, tree.commune, item, 12)

        assert seen(session, tree.commune, item).quantiles[0] == (12.0,) * len(LEVELS)

    def test_one_for_a_month_that_a_later_run_has_seen_no_longer_counts(self, session, tree, item):
        everywhere(session, tree, item)
        says(session, tree.commune, item, 55)
        a_forecast(session, tree.commune, item, means=[41] * 3, as_of=202611)

        assert seen(session, tree.commune, item, date(2026, 12, 5)).means == (41, 41, 41)

    def test_one_stays_for_its_month_when_a_later_run_forecasts_it_anew(self, session, tree, item):
        everywhere(session, tree, item)
        says(session, tree.commune, item, 55, month=202612)
        a_forecast(session, tree.commune, item, means=[41] * 3, as_of=202611)

        assert seen(session, tree.commune, item, date(2026, 12, 5)).means == (55, 41, 41)

    def test_they_go_up_the_tree_as_it_is_that_day(self, session, tree, item):
        elsewhere = a_facility(session, level="district", parent=tree.board)
        station = a_facility(session)
        under(session, station, tree.district, date(2026, 1, 1)).valid_to = date(2026, 11, 25)
        under(session, station, elsewhere, date(2026, 11, 25))
        for at in (tree.district, elsewhere, station):
            a_forecast(session, at, item, means=[40] * 3)
        says(session, station, item, 50)

        now, then = (
            [seen(session, at, item, on).means[0] for at in (tree.district, elsewhere)]
            for on in (TODAY, date(2026, 11, 25))
        )
        assert (now, then) == ([50, 40], [40, 50])

    def test_the_top_is_moved_over_all_its_months_though_those_below_reach_less_far(self, session, tree, item):
        a_forecast(session, tree.commune, item, means=[40] * 3)
        a_forecast(session, tree.board, item, means=[100] * 6)
        says(session, tree.commune, item, 55)

        assert seen(session, tree.board, item).means == (115, 100, 100, 100, 100, 100)

    def test_one_beyond_what_is_forecast_here_moves_nothing_above(self, session, tree, item):
        a_forecast(session, tree.commune, item, means=[40] * 3)
        a_forecast(session, tree.board, item, means=[100] * 6)
        says(session, tree.commune, item, 55, month=202703)

        assert seen(session, tree.board, item).means == (100,) * 6

    @pytest.mark.parametrize("reason", ["closed", "rolled_up", None])
    def test_one_of_a_series_that_is_no_longer_forecast_moves_nothing_and_holds_nothing_up(
        self, session, tree, item, reason
    ):
        a_forecast(session, tree.board, item, means=[100] * 3)
        a_forecast(session, tree.collaborator, item, means=[10] * 3)
        if reason:
            a_forecast(session, tree.commune, item, means=(), method="none", reason=reason)
        says(session, tree.commune, item, 55)
        says(session, tree.collaborator, item, 12)

        assert seen(session, tree.board, item).means[0] == 102

    def test_only_what_had_been_said_by_a_moment_is_seen_at_that_moment(self, session, tree, item):
        everywhere(session, tree, item)
        says(session, tree.commune, item, 55, when=NOW - timedelta(days=30))
        says(session, tree.commune, item, 70, when=NOW)
        run = run_in_force(session, TODAY)
        assert run is not None
        key = id_of(tree.commune), id_of(item)

        told = [
            of_run(session, run, [key[0]], TODAY, said_before=NOW - timedelta(days=days))[key].means[0]
            for days in (40, 20, -1)
        ]
        assert told == [40, 55, 70]


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_numbers_come_out_as_they_went_in(values):
    assert floats(packed(values)) == tuple(values)


@given(st.integers(0, 40), st.sampled_from([202601, 202611, 202612]))
def test_months_are_counted_over_the_turn_of_the_year(count, first):
    last = first
    for _ in range(count):
        last = last + 1 if last % 100 < 12 else last + 89

    assert months_apart(first, last) == count
