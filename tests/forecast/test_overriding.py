"""Putting a planner's figure in the place of a forecast's: what is kept, and what is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session, func, select

from lmis.calendar import Month
from lmis.catalog.models import Item
from lmis.db import transaction
from lmis.errors import LmisError
from lmis.forecast.models import ForecastOverride
from lmis.forecast.outlook import outlooks
from lmis.forecast.overriding import (
    Asked,
    MonthNotForecast,
    NoReason,
    NothingForecast,
    NotOverridden,
    OverrideClash,
    is_far,
    open_months,
    override,
    overrides,
)
from lmis.network.models import Facility
from tests.factories import NOW, TODAY, Tree, a_forecast, a_tree, a_user, an_item, id_of


@pytest.fixture
def tree(session) -> Tree:
    return a_tree(session)


@pytest.fixture
def item(session, tree) -> Item:
    """An item of which 40 a month are forecast at the commune and 60 in its district."""
    item = an_item(session)
    a_forecast(session, tree.commune, item, means=[40] * 12)
    a_forecast(session, tree.district, item, means=[60] * 12)
    return item


def a_figure(
    at: Facility, item: Item, quantity: int | None = 55, month: Month = 202612, reason: str = "Mưa lũ"
) -> Asked:
    return Asked(uuid4(), id_of(at), id_of(item), month, quantity, reason)


def put(session: Session, asked: Asked, user_id: int | None = None) -> None:
    override(session, asked, user_id=user_id, today=TODAY, now=NOW)


def expected(session: Session, at: Facility, item: Item) -> float:
    """Of December 2026."""
    return outlooks(session, [id_of(at)], TODAY)[id_of(at), id_of(item)].means[1]


def test_both_figures_are_kept_with_who_and_when_and_why(session, tree, item):
    planner = a_user(session, tree.district, role="manager")
    put(session, a_figure(tree.commune, item), id_of(planner))

    (said,) = overrides(session, id_of(tree.commune), id_of(item))
    assert (said.row.quantity, said.row.reason, said.row.set_at, said.by, said.holds) == (
        55, "Mưa lũ", NOW, planner, True
    )  # fmt: skip
    outlook = outlooks(session, [id_of(tree.commune)], TODAY)[id_of(tree.commune), id_of(item)]
    assert (outlook.published[1], outlook.means[1]) == (40, 55)


def test_the_sum_above_moves_along(session, tree, item):
    put(session, a_figure(tree.commune, item))

    assert expected(session, tree.district, item) == 75


def test_a_second_click_changes_nothing(session, tree, item):
    asked = a_figure(tree.commune, item)
    put(session, asked)
    put(session, asked)

    assert session.exec(select(func.count()).select_from(ForecastOverride)).one() == 1


def test_the_same_form_with_another_figure_is_refused(session, tree, item):
    asked = a_figure(tree.commune, item)
    put(session, asked)

    with pytest.raises(OverrideClash):
        put(session, replace(asked, quantity=56))


def test_two_clicks_at_once_keep_one_figure(engine: Engine):
    with transaction(engine) as session:
        commune, item = a_tree(session).commune, an_item(session)
        a_forecast(session, commune, item)
    asked = a_figure(commune, item)

    def click(_: int) -> None:
        with transaction(engine) as session:
            put(session, asked)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(click, range(4)))
    with transaction(engine) as session:
        assert len(overrides(session, id_of(commune), id_of(item))) == 1


def test_one_taken_back_lets_the_forecast_hold_again_and_stays_on_record(session, tree, item):
    put(session, a_figure(tree.commune, item))
    put(session, a_figure(tree.commune, item, quantity=None, reason="Đã hoãn"))

    assert (expected(session, tree.commune, item), expected(session, tree.district, item)) == (40, 60)
    said = overrides(session, id_of(tree.commune), id_of(item))
    assert [(it.row.quantity, it.holds) for it in said] == [(None, False), (55, False)]


def test_a_later_figure_stands_in_the_place_of_an_earlier_one(session, tree, item):
    put(session, a_figure(tree.commune, item))
    put(session, a_figure(tree.commune, item, 48))

    assert [(it.row.quantity, it.holds) for it in overrides(session, id_of(tree.commune), id_of(item))] == [
        (48, True),
        (55, False),
    ]


@pytest.mark.parametrize("month", [202610, 202711, 0, 999999])
def test_a_month_that_is_not_ahead_or_not_forecast_is_refused(session, tree, item, month):
    with pytest.raises(MonthNotForecast):
        put(session, a_figure(tree.commune, item, month=month))


@pytest.mark.parametrize("month", [202611, 202710])
def test_the_running_month_and_the_last_one_forecast_can_be_overridden(session, tree, item, month):
    put(session, a_figure(tree.commune, item, month=month))


def test_without_a_reason_it_is_refused(session, tree, item):
    with pytest.raises(NoReason):
        put(session, a_figure(tree.commune, item, reason="  "))


@pytest.mark.parametrize("quantity", [55, None])
def test_where_nothing_is_forecast_there_is_nothing_to_override(session, tree, item, quantity):
    with pytest.raises(NothingForecast):
        put(session, a_figure(tree.collaborator, item, quantity))


def test_what_does_not_stand_cannot_be_taken_back(session, tree, item):
    with pytest.raises(NotOverridden):
        put(session, a_figure(tree.commune, item, None))


def test_a_refusal_says_which_months_there_are(session, tree, item):
    with pytest.raises(LmisError) as refusal:
        put(session, a_figure(tree.commune, item, month=202609))

    assert "11/2026 to 10/2027" in str(refusal.value)


def test_a_forecast_made_long_ago_is_open_from_the_running_month_on(session, tree):
    item = an_item(session)
    a_forecast(session, tree.commune, item, as_of=202607)
    outlook = outlooks(session, [id_of(tree.commune)], TODAY)[id_of(tree.commune), id_of(item)]

    assert open_months(outlook, TODAY) == [*range(202611, 202613), *range(202701, 202708)]


@pytest.mark.parametrize(
    ("quantity", "forecast", "far"),
    [(400, 40.0, False), (401, 40.0, True), (4, 40.0, False), (3, 40.0, True), (0, 40.0, True), (0, 0.0, False)],
)
def test_ten_times_as_much_or_as_little_is_far(quantity, forecast, far):
    assert is_far(quantity, forecast) is far


@given(st.floats(1, 1e6))
def test_the_forecast_itself_is_never_far(forecast):
    assert not is_far(round(forecast), forecast)
