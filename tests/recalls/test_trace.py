"""The way of a lot: every unit accounted for, by whatever documents it moved."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session, select

from lmis.db import reader
from lmis.errors import NotFound
from lmis.network.models import Facility
from lmis.recalls.trace import Stop, Trace, trace_lot
from lmis.stock.documents import Document, Kind
from lmis.stock.models import InTransit, StockOnHand
from tests.factories import TODAY, a_document, a_facility, a_lot, id_of
from tests.recalls.world import FOLLOWS, MONTH_AGO, PLACES, World, a_world, attempt


def trace(world: World, at: Facility | None = None) -> Trace:
    return trace_lot(world.session, id_of(world.lot), id_of(at or world.tree.board), TODAY)


def stop(world: World, at: Facility, seen_from: Facility | None = None) -> Stop:
    return next(it for it in trace(world, seen_from).stops if it.spot.id == at.id)


def test_it_tells_where_the_lot_came_from(world: World):
    (origin,) = trace(world).origins

    assert (origin.spot.name, origin.party, origin.quantity) == ("Ban Quản lý thành phố", "Nhà cung cấp A", 1_000)
    assert (origin.paper.number, origin.occurred_on) == ("PN-2026-00001", MONTH_AGO)


def test_it_tells_what_each_facility_did_with_it(world: World):
    commune = stop(world, world.tree.commune)

    assert (commune.received, commune.sent, commune.dispensed, commune.on_hand) == (150, 20, 50, 80)
    assert [it.spot.name for it in trace(world).stops] == [
        "Ban Quản lý thành phố",
        "Trung tâm Y tế quận Ba Đình",
        "Trạm Y tế phường Trúc Bạch",
        "Cộng tác viên 1",
    ]
    assert [it.depth for it in trace(world).stops] == [0, 1, 2, 3]


def test_a_flow_adds_up_all_documents_between_two(world: World):
    world.move(Kind.ISSUE, world.tree.board, 30, world.tree.district)
    ((flow, sender),) = stop(world, world.tree.district).sources

    assert (sender.name, flow.arrived, flow.documents) == ("Ban Quản lý thành phố", 430, 2)
    assert (flow.first_on, flow.last_on) == (MONTH_AGO, TODAY)
    assert trace(world).papers[flow.latest].number == "PX-2026-00002"


def test_a_reversed_issue_did_not_arrive(world: World):
    issue = world.move(Kind.ISSUE, world.tree.board, 30, world.tree.district)
    reversal = a_document(world.tree.board, kind=Kind.REVERSAL)
    world.post(Document(**{**reversal.__dict__, "reverses": issue.uuid}))

    ((flow, _),) = stop(world, world.tree.district).sources
    assert flow.arrived == 400


def test_many_senders_are_added_up_after_the_first_five(world: World):
    communes = [a_facility(world.session, parent=world.tree.district) for _ in range(8)]
    for commune in communes:
        world.move(Kind.ISSUE, world.tree.district, 10, commune)
        world.move(Kind.RETURN, commune, 4, world.tree.district)

    district = stop(world, world.tree.district)

    assert (len(district.named), len(district.sources)) == (5, 9)
    assert district.named[0][1].name == "Ban Quản lý thành phố"
    assert district.rest == (4, 16, 0, 0)


def test_what_is_on_the_way_or_lost_there_is_told_with_the_flow(world: World):
    shipment = world.move(Kind.ISSUE, world.tree.board, 100, world.tree.district, shipped=True).uuid
    world.move(Kind.DELIVERY, world.tree.district, 60, shipment=shipment)
    world.move(Kind.TRANSIT_LOSS, world.tree.board, 10, shipment=shipment, reason="lost")

    shipped = next(flow for flow, _ in stop(world, world.tree.district).sources if flow.on_the_way)
    assert (shipped.arrived, shipped.on_the_way, shipped.lost) == (60, 30, 10)
    assert (trace(world).sum.on_the_way, trace(world).sum.lost_on_the_way) == (30, 10)


def test_a_lower_facility_sees_its_own_part(world: World):
    seen = trace(world, world.tree.commune)

    assert [it.spot.name for it in seen.stops] == ["Trạm Y tế phường Trúc Bạch", "Cộng tác viên 1"]
    assert seen.origins == []
    assert (seen.sum.entered, seen.sum.from_outside, seen.sum.dispensed, seen.sum.on_hand) == (0, 150, 50, 100)


def test_a_lot_that_was_never_here_has_no_way(world: World):
    beside = a_facility(world.session, level="district", parent=world.tree.board)

    for lot, root in ((world.lot.id, beside.id), (a_lot(world.session).id, world.tree.board.id), (999_999, 1)):
        with pytest.raises(NotFound):
            trace_lot(world.session, lot or 0, root or 0, TODAY)


# -- every unit accounted for ------------------------------------------------------------------------------------------

HANDED = (Kind.ISSUE, Kind.RETURN, Kind.DISPENSE, Kind.LOSS, Kind.FOUND, Kind.RECEIPT, Kind.QUARANTINE, Kind.COUNT)
acts = st.tuples(
    st.sampled_from((*HANDED, *FOLLOWS, *FOLLOWS, Kind.REVERSAL)), st.integers(0, 3), st.integers(0, 3),
    st.integers(1, 60), st.booleans(), st.integers(0, 40),
)  # fmt: skip


def on_hand(session: Session, lot: int, facility: int) -> dict[str, int]:
    rows = session.exec(select(StockOnHand).where(StockOnHand.lot_id == lot, StockOnHand.facility_id == facility))
    held = {"usable": 0, "quarantined": 0, "recalled": 0}
    for row in rows:
        held[row.status] += row.on_hand
    return held


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(acts, min_size=8, max_size=40))
def test_at_every_facility_and_altogether_what_came_is_what_went_and_what_is_there(engine: Engine, chosen):
    with reader(engine) as session:  # which keeps nothing
        world = a_world(session)
        posted = [world.move(Kind.RECEIPT, world.tree.board, 5)]
        for act in chosen:
            attempt(world, posted, act)
        for root in PLACES:
            _adds_up(world, getattr(world.tree, root))


def _adds_up(world: World, root: Facility) -> None:
    seen = trace(world, root)
    for it in seen.stops:
        assert it.opening + it.received + it.adjusted - it.sent - it.dispensed - it.lost == it.on_hand
        assert it.by_status == on_hand(world.session, id_of(world.lot), it.spot.id)
    total = seen.sum
    gone = total.dispensed + total.lost + total.lost_on_the_way + total.on_the_way
    assert total.entered + total.from_outside + total.adjusted == gone + total.on_hand
    inside = {it.spot.id for it in seen.stops}
    moving = world.session.exec(select(InTransit).where(InTransit.lot_id == world.lot.id))
    assert total.on_the_way == sum(it.quantity for it in moving if it.sender_id in inside)
