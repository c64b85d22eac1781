"""Flagging the months of campaigns, and taking a flag back."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlmodel import Session, func, select

from lmis.calendar import Month, add_months
from lmis.catalog.models import Item
from lmis.errors import NotFound
from lmis.forecast.campaigns import (
    CampaignClash,
    Flag,
    NotInOrder,
    OutOfReach,
    TooLong,
    campaigns,
    flag,
    months_to_choose,
    withdraw,
)
from lmis.forecast.models import Campaign
from lmis.network.models import Facility
from tests.factories import NOW, TODAY, Tree, a_facility, a_tree, a_user, an_item, id_of


@pytest.fixture
def tree(session) -> Tree:
    return a_tree(session)


def a_flag(at: Facility, first: Month = 202703, last: Month = 202704, item: Item | None = None) -> Flag:
    return Flag(uuid4(), "Chiến dịch vùng khó khăn", id_of(at), id_of(item) if item else None, first, last)


def put(session: Session, asked: Flag, user_id: int | None = None) -> Flag:
    flag(session, asked, user_id=user_id, today=TODAY, now=NOW)
    return asked


def names(session: Session, at: Facility) -> list[str]:
    """The facilities whose campaigns are listed at one."""
    return [it.facility.name for it in campaigns(session, id_of(at), TODAY)]


def test_one_is_kept_with_who_flagged_it_and_for_what(session, tree):
    planner, item = a_user(session, tree.district), an_item(session)
    put(session, a_flag(tree.district, item=item), id_of(planner))

    (listed,) = campaigns(session, id_of(tree.district), TODAY)
    assert (listed.item, listed.by, listed.facility, listed.is_over(TODAY)) == (item, planner, tree.district, False)
    assert (listed.row.first_month, listed.row.last_month, listed.row.set_at) == (202703, 202704, NOW)


def test_past_months_can_be_flagged_too(session, tree):
    put(session, a_flag(tree.district, 202503, 202503))

    assert campaigns(session, id_of(tree.district), TODAY)[0].is_over(TODAY)


def test_those_of_facilities_above_and_below_are_listed_and_no_others(session, tree):
    for at in (tree.board, tree.district, tree.commune, a_facility(session, parent=tree.board)):
        put(session, a_flag(at))

    assert names(session, tree.district) == [tree.commune.name, tree.district.name, tree.board.name]


def test_one_taken_back_is_no_longer_listed_and_stays_on_record(session, tree):
    asked = put(session, a_flag(tree.district))
    withdraw(session, id_of(tree.district), asked.uuid, now=NOW)
    withdraw(session, id_of(tree.district), asked.uuid, now=NOW)  # a second click

    assert names(session, tree.district) == []
    assert session.exec(select(Campaign.withdrawn_at)).one() == NOW


def test_one_of_another_facility_cannot_be_taken_back(session, tree):
    asked = put(session, a_flag(tree.board))

    with pytest.raises(NotFound):
        withdraw(session, id_of(tree.district), asked.uuid, now=NOW)


def test_a_second_click_flags_nothing_more(session, tree):
    asked = a_flag(tree.district)
    put(session, asked)
    put(session, asked)

    assert session.exec(select(func.count()).select_from(Campaign)).one() == 1


def test_the_same_form_for_other_months_is_refused(session, tree):
    asked = put(session, a_flag(tree.district))

    with pytest.raises(CampaignClash):
        put(session, replace(asked, last_month=202705))


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (202704, 202703, NotInOrder),
        (202701, 202801, TooLong),
        (202001, 202003, OutOfReach),
        (202803, 202903, OutOfReach),
        (202713, 202713, OutOfReach),
    ],
)
def test_impossible_months_are_refused(session, tree, first, last, refusal):
    with pytest.raises(refusal):
        put(session, a_flag(tree.district, first, last))


def test_a_campaign_may_last_a_year_over_its_turn(session, tree):
    put(session, a_flag(tree.district, 202607, 202706))


def test_the_months_to_choose_from_reach_back_four_years_and_on_two():
    months = months_to_choose(TODAY)

    assert (months[0], months[-1]) == (202211, 202811)
    assert months == [add_months(202211, ahead) for ahead in range(73)]
