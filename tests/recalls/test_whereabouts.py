"""Where a recalled lot is: held, on its way back, returned, destroyed, lost; nothing forgotten and nothing twice."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from lmis.accounts.rights import Role
from lmis.accounts.scope import place_of
from lmis.db import reader
from lmis.recalls import refusals
from lmis.recalls.models import LotRecall
from lmis.recalls.queries import recalls_of
from lmis.recalls.sending import lift_recall, send_back, to_send
from lmis.recalls.whereabouts import Fate, Recovery, Whereabouts, whereabouts
from lmis.recalls.worklist import work
from lmis.stock.documents import RECALLED, Document, Kind
from tests.factories import NOW, TODAY, a_document, a_facility, a_lot, a_user, id_of
from tests.recalls.world import FOLLOWS, PLACES, World, a_world, attempt


@pytest.fixture
def recall(world: World) -> LotRecall:
    """A recall by the board of a lot that 100 more of are on the way to the district."""
    world.move(Kind.ISSUE, world.tree.board, 100, world.tree.district, shipped=True)
    return world.recall()


def where(world: World, recall: LotRecall, at: str = "board") -> Whereabouts:
    return whereabouts(world.session, recall, id_of(getattr(world.tree, at)), TODAY)


def fate(world: World, recall: LotRecall, at: str) -> Fate:
    facility = getattr(world.tree, at)
    return next(it for it in where(world, recall).fates if it.spot.id == facility.id)


def whole(world: World, recall: LotRecall) -> Recovery:
    found = where(world, recall).whole
    assert found is not None
    return found


def test_at_first_only_what_the_recalling_facility_holds_is_recovered(world: World, recall: LotRecall):
    found = whole(world, recall)

    assert (found.asked, found.recovered, found.still_held, found.on_the_way) == (950, 500, 350, 100)
    assert found.dispensed == 50
    assert found.share == Decimal("52.6")


def test_each_facility_is_told_with_what_it_had_and_has(world: World, recall: LotRecall):
    shipment = where(world, recall).moving[0][0].uuid
    world.move(Kind.DELIVERY, world.tree.district, 100, shipment=shipment)
    back = world.move(Kind.RETURN, world.tree.district, 300, world.tree.board, status=RECALLED, shipped=True).uuid
    world.move(Kind.DELIVERY, world.tree.board, 200, shipment=back, status=RECALLED)
    world.move(Kind.TRANSIT_LOSS, world.tree.district, 10, shipment=back, status=RECALLED, reason="lost")
    world.move(Kind.DISPOSAL, world.tree.district, 30, status=RECALLED, reason="recalled")
    world.move(Kind.LOSS, world.tree.district, 5, status=RECALLED, reason="lost")

    it = fate(world, recall, "district")

    assert (it.held, it.coming, it.came, it.now) == (250, 100, 100, 15)
    assert (it.on_the_way, it.returned, it.destroyed, it.missing) == (90, 200, 30, 15)
    assert fate(world, recall, "commune").dispensed == 50
    found = whole(world, recall)
    assert (found.recovered, found.still_held, found.on_the_way, found.lost) == (730, 115, 90, 15)


def test_what_was_on_the_way_then_may_be_lost_or_taken_back(world: World, recall: LotRecall):
    shipment = where(world, recall).moving[0][0].uuid
    world.move(Kind.TRANSIT_LOSS, world.tree.board, 30, shipment=shipment, reason="lost")
    world.move(Kind.SENT_BACK, world.tree.board, 60, shipment=shipment)

    found = whole(world, recall)

    assert (found.recovered, found.on_the_way, found.lost) == (560, 10, 30)
    assert (fate(world, recall, "board").came, fate(world, recall, "district").coming) == (60, 100)


def test_what_the_recalling_facility_sends_to_its_supplier_stays_recovered(world: World, recall: LotRecall):
    world.move(Kind.RETURN, world.tree.board, 200, status=RECALLED, party="Nhà cung cấp A")

    assert whole(world, recall).recovered == 500


def test_what_a_holder_takes_back_never_left(world: World, recall: LotRecall):
    back = world.move(Kind.RETURN, world.tree.commune, 80, world.tree.board, status=RECALLED, shipped=True).uuid
    world.move(Kind.SENT_BACK, world.tree.commune, 30, shipment=back, status=RECALLED)

    it = fate(world, recall, "commune")

    assert (it.came, it.now, it.on_the_way, it.returned) == (0, 30, 50, 0)


def test_what_is_destroyed_at_the_end_stays_recovered(world: World, recall: LotRecall):
    before = whole(world, recall).recovered

    world.move(Kind.DISPOSAL, world.tree.board, 500, status=RECALLED, reason="recalled")

    assert whole(world, recall).recovered == before
    assert whole(world, recall).destroyed == 500


def test_a_disposal_taken_back_is_held_again(world: World, recall: LotRecall):
    disposal = world.move(Kind.DISPOSAL, world.tree.district, 30, status=RECALLED, reason="recalled")
    reversal = a_document(world.tree.district, kind=Kind.REVERSAL)
    world.post(Document(**{**reversal.__dict__, "reverses": disposal.uuid}))

    it = fate(world, recall, "district")
    assert (it.destroyed, it.now) == (0, 250)


def test_a_lower_facility_is_not_told_the_whole(world: World, recall: LotRecall):
    seen = where(world, recall, "commune")

    assert seen.whole is None
    assert [it.spot.id for it in seen.fates] == [world.tree.commune.id, world.tree.collaborator.id]
    assert seen.moving == []


def test_nothing_held_has_no_share(world: World):
    recall = world.recall(lot=a_lot(world.session))

    assert whole(world, recall).share is None


def test_no_more_is_claimed_than_is_back():
    nearly = Recovery(100_000, 99_999, 1, 0, 0, 0, 0, 0)

    assert nearly.share == Decimal("99.9")


def test_an_earlier_recall_does_not_count(world: World):
    first = world.recall()
    world.move(Kind.DISPOSAL, world.tree.district, 50, status=RECALLED, reason="recalled")
    lift_recall(world.session, first.uuid, first.facility_id, "x", today=TODAY, now=NOW)

    second = world.recall()

    assert fate(world, second, "district").destroyed == 0
    assert whole(world, second).asked == 900


# -- sending back ------------------------------------------------------------------------------------------------------


def send(world: World, recall: LotRecall, at: str, seed: object = None) -> list[object]:
    place = id_of(getattr(world.tree, at))
    return list(send_back(world.session, seed or uuid4(), recall.uuid, place, today=TODAY, now=NOW))  # type: ignore[arg-type]


def test_all_holders_are_emptied_at_once_and_land_at_the_recalling_facility(world: World, recall: LotRecall):
    first = where(world, recall).moving[0][0].uuid
    world.move(Kind.DELIVERY, world.tree.district, 100, shipment=first)

    assert len(send(world, recall, "board")) == 3
    assert world.shelves() == [500, 0, 0, 0]
    for it, _, _ in where(world, recall).moving:
        world.move(Kind.DELIVERY, world.tree.board, it.quantity, shipment=it.uuid, status=RECALLED)
    assert whole(world, recall).share == 100
    assert world.faults() == []


def test_every_channel_goes_back_with_one_shipment(world: World):
    world.move(Kind.RECEIPT, world.tree.district, 7, channel="social_marketing")
    recall = world.recall()
    a_user(world.session, world.tree.commune)

    assert len(send(world, recall, "district")) == 1
    assert to_send(world.session, recall.uuid, id_of(world.tree.district), TODAY) == (0, 0)


def test_the_same_seed_gives_the_same_shipments(world: World, recall: LotRecall):
    seed = uuid4()

    assert sorted(map(str, send(world, recall, "board", seed))) == sorted(map(str, send(world, recall, "board", seed)))


def test_nothing_is_sent_back_once_the_recall_is_lifted(world: World):
    recall = world.recall()
    lift_recall(world.session, recall.uuid, recall.facility_id, "x", today=TODAY, now=NOW)

    with pytest.raises(refusals.AlreadyLifted):
        send(world, recall, "board")
    assert to_send(world.session, recall.uuid, recall.facility_id, TODAY) == (0, 0)


def test_a_facility_beside_sends_nothing(world: World, recall: LotRecall):
    beside = a_facility(world.session, level="district", parent=world.tree.board)

    with pytest.raises(refusals.NothingToSendBack):
        send_back(world.session, uuid4(), recall.uuid, id_of(beside), today=TODAY, now=NOW)


# -- what waits --------------------------------------------------------------------------------------------------------


def waiting(world: World, at: str) -> list[tuple[str, int]]:
    facility = getattr(world.tree, at)
    user = a_user(world.session, facility, role=Role.MANAGER)
    place = place_of(world.session, user, facility.code, TODAY)
    return [(it.what, it.count) for it in work(world.session, place, TODAY)]


def test_nothing_waits_where_nothing_is_recalled(world: World):
    assert waiting(world, "board") == []


def test_holders_are_asked_and_the_recalling_facility_follows_up(world: World, recall: LotRecall):
    assert recall
    assert waiting(world, "board") == [
        ("recalled lots here wait for destruction", 1),
        ("recalls of which not everything is back", 1),
    ]
    assert waiting(world, "commune") == [("recalled lots still held here", 1)]


def test_nothing_waits_any_more_when_all_is_back(world: World):
    recall = world.recall()
    send(world, recall, "board")
    assert waiting(world, "district") == []
    for it, _, _ in where(world, recall).moving:
        world.move(Kind.DELIVERY, world.tree.board, it.quantity, shipment=it.uuid, status=RECALLED)

    assert waiting(world, "board") == [("recalled lots here wait for destruction", 1)]
    world.move(
        Kind.DISPOSAL, world.tree.board, world.on_hand(world.tree.board, RECALLED), status=RECALLED, reason="recalled"
    )
    assert waiting(world, "board") == []
    assert [it.state for it in recalls_of(world.session, id_of(world.tree.board), TODAY)] == ["back"]


# -- every unit accounted for ------------------------------------------------------------------------------------------

KINDS = (Kind.RETURN, Kind.RETURN, Kind.DISPOSAL, Kind.LOSS, Kind.COUNT, Kind.FOUND, Kind.REVERSAL)
acts = st.tuples(
    st.sampled_from((*KINDS, *FOLLOWS, *FOLLOWS)), st.integers(0, 3), st.integers(0, 3), st.integers(1, 60),
    st.booleans(), st.integers(0, 40),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(acts, st.sampled_from(["usable", RECALLED, RECALLED])), min_size=8, max_size=40))
def test_whatever_happens_each_unit_of_a_recalled_lot_is_in_one_place(engine: Engine, chosen):
    with reader(engine) as session:  # which keeps nothing
        world = a_world(session)
        ships = [
            world.move(Kind.ISSUE, world.tree.board, 40, world.tree.district, shipped=True),
            world.move(Kind.RETURN, world.tree.commune, 9, world.tree.board, shipped=True),
        ]
        recall = world.recall()
        for act, status in chosen:
            attempt(world, ships, act, status)
        for it in where(world, recall).fates:
            assert it.held + it.came + it.corrected == it.now + it.gone + it.destroyed + it.lost
            assert it.returned >= 0
        found = whole(world, recall)
        accounted = found.recovered + found.still_held + found.on_the_way + found.lost
        assert found.asked + found.corrected == accounted
        for at in PLACES:
            where(world, recall, at)
