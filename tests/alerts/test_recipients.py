"""Who is told of the alerts of which facility."""

from __future__ import annotations

import pytest

from lmis.alerts.digest import digest
from lmis.alerts.preferences import Wants
from lmis.alerts.recipients import recipients
from tests.alerts.mailing import someone
from tests.alerts.test_digest import a_line
from tests.factories import NOW, TODAY, a_facility, a_tree, id_of, under


@pytest.fixture
def tree(session):
    return a_tree(session)


def names_at(session, facility, escalated_to=None):
    who = recipients(session, TODAY)
    places = who.told_at(id_of(facility), id_of(escalated_to) if escalated_to else None)
    return [person.user.username for place in places for person in who.at[place]]


def test_the_people_of_a_facility_are_told(session, tree):
    keeper, manager = (someone(session, tree.commune, role=role) for role in ("storekeeper", "manager"))
    someone(session, tree.district)

    assert names_at(session, tree.commune) == [keeper.username, manager.username]


def test_where_nobody_is_the_nearest_above_are(session, tree):
    district, _board = someone(session, tree.district), someone(session, tree.board)

    assert names_at(session, tree.collaborator) == [district.username]


def test_who_cannot_be_reached_counts_as_nobody(session, tree):
    someone(session, tree.commune, email=None)
    someone(session, tree.commune, active=False)
    someone(session, tree.commune).email_bounced_at = NOW
    district = someone(session, tree.district)

    assert names_at(session, tree.commune) == [district.username]


def test_a_viewer_is_written_to_only_once_they_asked_and_never_in_anybodys_place(session, tree):
    someone(session, tree.commune, role="viewer")
    asked = someone(session, tree.commune, role="viewer", wants=Wants())
    district = someone(session, tree.district)

    assert names_at(session, tree.commune) == [district.username, asked.username]


def test_what_was_escalated_is_told_on_every_level_up_to_there(session, tree):
    commune, district, board = (someone(session, at) for at in (tree.commune, tree.district, tree.board))

    assert names_at(session, tree.commune, tree.district) == [commune.username, district.username]
    assert names_at(session, tree.commune, tree.board) == [commune.username, district.username, board.username]


def test_whoever_wants_no_mail_is_not_replaced(session, tree):
    silent = someone(session, tree.commune, wants=Wants(digest="never"))
    someone(session, tree.district)

    assert names_at(session, tree.commune) == [silent.username]


def test_nobody_at_all_is_told_where_nobody_is(session, tree):
    assert names_at(session, tree.commune) == []


def test_the_way_up_is_that_of_the_day(session, tree):
    moved = a_facility(session, level="district", parent=tree.board)
    station = a_facility(session)
    edge = under(session, station, tree.district)
    edge.valid_to = TODAY
    under(session, station, moved, TODAY)
    someone(session, tree.district)
    new = someone(session, moved)

    assert names_at(session, station) == [new.username]


def test_a_digest_knows_what_came_from_where_nobody_is_and_what_came_up(session, tree):
    someone(session, tree.commune)
    someone(session, tree.district)
    lonely, at = a_facility(session, parent=tree.district), id_of(tree.district)
    who = recipients(session, TODAY)
    lines = [a_line(1, at=at), a_line(2, at=id_of(lonely)), a_line(3, at=id_of(tree.commune), up=at)]
    made = digest(lines, 0, at=at, heard=who.heard_at, under=lambda place: place, wants=Wants(), since=None)

    assert (list(made.below), made.escalated) == ([id_of(lonely)], {3})


def test_a_place_lies_under_the_one_right_below_the_readers(session, tree):
    who = recipients(session, TODAY)
    board, district, commune, collaborator = map(id_of, (tree.board, tree.district, tree.commune, tree.collaborator))

    assert [who.under(board, it) for it in (board, district, collaborator)] == [board, district, district]
    assert [who.under(district, it) for it in (collaborator, commune, board)] == [commune, commune, board]
