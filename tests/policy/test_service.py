"""The policy in force for many facilities and items at once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from lmis.config import settings
from lmis.policy.rules import Source, Where
from lmis.policy.service import policies
from tests.factories import TODAY, a_facility, a_policy, a_tree, an_item, id_of, under

NEW_YEAR = date(2026, 1, 1)


def test_every_facility_has_a_policy_for_every_item(session):
    tree, condom, pill = a_tree(session), an_item(session), an_item(session, method="pill")
    ids = [id_of(tree.board), id_of(tree.commune)]

    found = policies(session, ids, [id_of(condom), id_of(pill)], TODAY)

    assert {key: (it.maximum, it.shelf_life) for key, it in found.items()} == {
        (ids[0], id_of(condom)): (6, 48),
        (ids[0], id_of(pill)): (6, 60),
        (ids[1], id_of(condom)): (3, 48),
        (ids[1], id_of(pill)): (3, 60),
    }


def test_what_is_set_holds_down_the_tree_until_it_is_set_again(session):
    tree, item = a_tree(session), id_of(an_item(session))
    a_policy(session, tree.district, maximum="4.25", lead_time="0.75")
    a_policy(session, tree.commune, item=item, maximum="2.5")

    found = policies(session, [id_of(it) for it in (tree.board, tree.district, tree.commune)], [item], TODAY)

    assert [it.maximum for it in found.values()] == [6, Decimal("4.25"), Decimal("2.5")]
    commune = found[id_of(tree.commune), item]
    assert commune.lead_time == Decimal("0.75")
    assert commune.sources["lead_time"] == Source(
        Where.FACILITY, id_of(tree.district), tree.district.name, None, False, NEW_YEAR
    )


def test_what_is_set_for_a_level_under_a_facility_is_not_the_facilitys_own(session):
    tree, item = a_tree(session), id_of(an_item(session))
    elsewhere = a_facility(session, level="commune", parent=tree.board)
    a_policy(session, tree.district, level="commune", maximum="2")

    found = policies(session, [id_of(tree.district), id_of(tree.commune), id_of(elsewhere)], [item], TODAY)

    assert [it.maximum for it in found.values()] == [6, 2, 3]


def test_what_is_set_for_a_level_holds_wherever_nothing_nearer_does(session):
    tree, item = a_tree(session), id_of(an_item(session))
    a_policy(session, level="commune", maximum="2.5")

    found = policies(session, [id_of(tree.district), id_of(tree.commune)], [item], TODAY)

    assert [it.maximum for it in found.values()] == [6, Decimal("2.5")]
    assert found[id_of(tree.commune), item].sources["maximum"].level == "commune"


def test_a_policy_holds_from_its_first_day_to_the_day_before_its_end(session):
    tree, item = a_tree(session), id_of(an_item(session))
    a_policy(session, tree.commune, maximum="2", since=NEW_YEAR, until=TODAY)
    a_policy(session, tree.commune, maximum="4", since=TODAY)

    days = (NEW_YEAR - timedelta(days=1), NEW_YEAR, TODAY - timedelta(days=1), TODAY)
    assert [policies(session, [id_of(tree.commune)], [item], on)[id_of(tree.commune), item].maximum for on in days] == [
        3,
        2,
        2,
        4,
    ]


def test_a_service_level_is_inherited_to_its_third_place_and_is_the_sites_where_none_is_set(session):
    tree, item, other = a_tree(session), id_of(an_item(session)), id_of(an_item(session))
    a_policy(session, tree.district, item=item, service_level="0.925")
    commune = id_of(tree.commune)

    found = policies(session, [commune], [item, other], TODAY)

    assert found[commune, item].service_level == Decimal("0.925")
    assert found[commune, item].sources["service_level"].facility_id == id_of(tree.district)
    assert (found[commune, other].service_level, found[commune, other].sources["service_level"].where) == (
        settings().service_level,
        Where.DEFAULT,
    )


def test_when_one_is_warned_is_set_by_level_facility_and_item_from_a_day_on(session):
    tree, item, other = a_tree(session), id_of(an_item(session)), id_of(an_item(session))
    a_policy(session, level="commune", near_expiry_days="120", loss_share="0.075")
    a_policy(session, tree.district, item=item, near_expiry_days="200", since=TODAY)
    commune = id_of(tree.commune)

    before, now = (policies(session, [commune], [item, other], on) for on in (TODAY - timedelta(days=1), TODAY))

    assert [it.near_expiry_days for it in (*before.values(), *now.values())] == [120, 120, 200, 120]
    assert {it.loss_share for it in now.values()} == {Decimal("0.075")}
    assert {it.unconfirmed_days for it in now.values()} == {settings().unconfirmed_days}


def test_the_tree_is_the_one_of_the_day(session):
    tree, item = a_tree(session), id_of(an_item(session))
    other = a_facility(session, level="district", parent=tree.board)
    moved = a_facility(session, level="commune")
    edge = under(session, moved, tree.district, NEW_YEAR)
    edge.valid_to = TODAY
    under(session, moved, other, TODAY)
    a_policy(session, tree.district, maximum="2", since=NEW_YEAR)
    a_policy(session, other, maximum="4", since=NEW_YEAR)

    before, now = (policies(session, [id_of(moved)], [item], on) for on in (NEW_YEAR, TODAY))
    assert [it[id_of(moved), item].maximum for it in (before, now)] == [2, 4]


def test_what_does_not_exist_has_no_policy(session):
    assert policies(session, [404], [404], TODAY) == {}
    assert policies(session, [], [], TODAY) == {}
