"""Approving, sharing out, and releasing, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from lmis.catalog.models import Item, Lot
from lmis.errors import Refused
from lmis.network.models import Facility
from lmis.requisitions import refusals, service
from lmis.requisitions.approval import approve, approve_all, shares_of, shortages
from lmis.requisitions.refusals import ChangedMeanwhile
from lmis.requisitions.release import release
from lmis.requisitions.states import EMERGENCY, Actor, DoneByTheSupplier, OutOfOrder, OwnApproval
from lmis.shipments.queries import on_the_way
from lmis.sql import Sql
from lmis.stock.documents import Kind
from lmis.stock.models import StockMovement, StockMovementLine
from lmis.stock.posting import post
from lmis.stock.refusals import FacilityClosed, MayNotHold
from lmis.stock.verify import verify
from tests.factories import JUNE, MARCH, NOW, TODAY, a_document, a_facility, a_line, a_lot, a_user, an_item, id_of
from tests.requisitions.paper import Desk, actor

YESTERDAY = TODAY - timedelta(days=1)


@dataclass
class Store(Desk):
    """A district that supplies communes."""

    def versions(self, *uuids: UUID) -> dict[UUID, int]:
        return {uuid: self.paper(uuid).version for uuid in uuids}

    def approve(self, uuid: UUID, units: int | None = None, who: Actor | None = None) -> UUID:
        approved = {} if units is None else {(id_of(self.item), "free"): units}
        who = who or actor(self.session, self.over(uuid))
        approve(self.session, uuid, self.paper(uuid).version, approved, actor=who, now=NOW)
        return uuid

    def approve_all(self, *uuids: UUID) -> int:
        who = actor(self.session, self.tree.district)
        return approve_all(self.session, self.versions(*uuids), actor=who, today=TODAY, now=NOW)

    def release(self, *uuids: UUID, who: Actor | None = None, versions: dict[UUID, int] | None = None) -> list[UUID]:
        who = who or actor(self.session, self.over(uuids[0]), role="storekeeper")
        return release(self.session, versions or self.versions(*uuids), actor=who, today=TODAY, now=NOW)

    def commune(self, requested: int, held: int = 0, used: int = 0, kind: str = "regular") -> UUID:
        """A further commune that has asked for something; used: base units a month."""
        place = a_facility(self.session, parent=self.tree.district)
        if used:
            self.use(place, used, held)
        else:
            self.receive(place, held or 1)
        return self.asked(place, requested, kind)

    def on_shelf(self, at: Facility, item: Item | None = None) -> int:
        rows = Sql(self.session).rows(
            "SELECT COALESCE(SUM(on_hand), 0) FROM stock_on_hand WHERE facility_id = :at AND item_id = :item",
            at=id_of(at),
            item=id_of(item or self.item),
        )
        return int(rows[0][0])

    def coming(self, at: Facility) -> int:
        return on_the_way(self.session, [id_of(at)], TODAY).get((id_of(at), id_of(self.item), "free"), 0)


@pytest.fixture
def store(session: Session) -> Store:
    return Store.of(session)


def only(refused: pytest.ExceptionInfo[Refused]):
    assert len(refused.value.refusals) == 1
    return refused.value.refusals[0]


class TestApproving:
    def test_what_was_requested_is_approved_unless_something_else_is_said(self, store: Store):
        as_asked, less = store.commune(500), store.commune(500)

        store.approve(as_asked)
        store.approve(less, 120)

        assert [store.line(it).approved for it in (as_asked, less)] == [500, 120]
        assert store.paper(less).status == "approved"

    def test_who_submitted_does_not_approve(self, store: Store):
        boss = a_user(store.session, store.tree.district, role="manager")
        uuid = store.begin(store.tree.commune)
        store.authorise(store.submit(uuid, who=actor(store.session, store.tree.commune, user=boss)))

        with pytest.raises(Refused) as refused:
            store.approve(uuid, who=actor(store.session, store.tree.district, user=boss))

        assert isinstance(only(refused), OwnApproval)
        assert store.paper(uuid).status == "authorised"

    def test_the_maker_does_not_approve(self, store: Store):
        store.receive(store.tree.commune, 1)
        uuid = store.asked(store.tree.commune, 100)

        with pytest.raises(Refused) as refused:
            store.approve(uuid, who=actor(store.session, store.tree.commune))

        assert isinstance(only(refused), DoneByTheSupplier)

    def test_no_amount_below_zero_is_approved(self, store: Store):
        with pytest.raises(Refused) as refused:
            store.approve(store.commune(500), -1)

        assert isinstance(only(refused), refusals.WrongAmount)

    def test_of_two_approvers_the_second_hears_of_the_first(self, store: Store):
        uuid = store.commune(500)
        opened = store.paper(uuid).version
        store.approve(uuid, 300)

        with pytest.raises(Refused) as refused:
            approve(store.session, uuid, opened, {}, actor=actor(store.session, store.tree.district), now=NOW)

        assert isinstance(only(refused), ChangedMeanwhile)
        assert store.line(uuid).approved == 300

    def test_sent_back_its_approval_is_forgotten(self, store: Store):
        uuid = store.approve(store.commune(500), 300)

        store.reject(uuid)

        assert store.line(uuid).approved is None


class TestSharing:
    def test_nothing_is_short_while_it_suffices_for_all(self, store: Store):
        store.receive(store.tree.district, 1_000)
        store.commune(600)
        store.commune(400)

        assert shortages(store.session, id_of(store.tree.district), TODAY) == {}

    def test_what_is_short_goes_where_stock_lasts_the_fewest_months(self, store: Store):
        store.receive(store.tree.district, 100)
        full, empty = store.commune(300, held=200, used=100), store.commune(300, held=10, used=100)

        short = shortages(store.session, id_of(store.tree.district), TODAY)

        shares = {it.requisition_id: it for it in short[id_of(store.item), "free"].shares}
        dry, wet = shares[store.paper(empty).id], shares[store.paper(full).id]
        assert (dry.share, wet.share) == (100, 0)
        assert (dry.months_before, dry.months_after) == (Decimal("0.1"), Decimal("1.1"))
        assert shares_of(short, store.paper(empty).id) == {(id_of(store.item), "free"): 100}

    def test_what_is_promised_already_expired_or_in_another_channel_is_not_shared(self, store: Store):
        store.receive(store.tree.district, 1_000)
        store.receive(store.tree.district, 77, expires_on=YESTERDAY)
        store.approve(store.commune(600))
        store.commune(500)

        short = shortages(store.session, id_of(store.tree.district), TODAY)

        assert [(it.available, it.requested) for it in short.values()] == [(400, 500)]

    def test_many_are_approved_at_once_with_the_fair_share(self, store: Store):
        store.receive(store.tree.district, 100)
        full, empty = store.commune(300, held=200, used=100), store.commune(300, held=10, used=100)

        assert store.approve_all(full, empty) == 2

        assert [store.line(it).approved for it in (full, empty)] == [0, 100]

    def test_those_not_chosen_keep_their_share(self, store: Store):
        store.receive(store.tree.district, 100)
        chosen, other = (store.commune(300, held=10, used=100) for _ in range(2))

        store.approve_all(chosen)

        assert store.line(chosen).approved == 50
        assert store.paper(other).status == "authorised"
        assert store.line(other).approved is None

    def test_one_stale_among_many_stops_all(self, store: Store):
        one, two = store.commune(300), store.commune(300)
        versions = store.versions(one, two)
        store.reject(two)

        with pytest.raises(Refused) as refused:
            approve_all(store.session, versions, actor=actor(store.session, store.tree.district), today=TODAY, now=NOW)

        assert isinstance(only(refused), ChangedMeanwhile)
        assert store.paper(one).status == "authorised"

    def test_what_was_approved_is_shared_anew_when_stock_went(self, store: Store):
        store.receive(store.tree.district, 600)
        one, two = (store.commune(300, held=10, used=100) for _ in range(2))
        store.approve_all(one, two)
        lose(store, 500)

        store.approve_all(one, two)

        assert [store.line(it).approved for it in (one, two)] == [50, 50]
        assert len(store.release(one, two)) == 2


def lose(store: Store, units: int) -> None:
    lot = store.session.exec(
        select(StockMovementLine.lot_id).where(
            StockMovementLine.facility_id == id_of(store.tree.district), StockMovementLine.quantity >= units
        )
    ).first()
    line = a_line(store.session.get_one(Lot, lot), units, reason="damaged")
    post(store.session, [a_document(store.tree.district, line, kind=Kind.LOSS)], today=TODAY, now=NOW)


class TestReleasing:
    def test_it_ships_what_was_approved_and_ties_it_to_the_paper(self, store: Store):
        store.receive(store.tree.district, 1_000)
        store.receive(store.tree.commune, 1)
        uuid = store.approve(store.asked(store.tree.commune, 600), 400)

        document = store.release(uuid)[0]

        assert (store.on_shelf(store.tree.district), store.coming(store.tree.commune)) == (600, 400)
        paper = store.paper(uuid)
        movement = store.session.exec(select(StockMovement).where(StockMovement.uuid == document)).one()
        assert (paper.status, paper.shipment_id) == ("released", movement.id)
        assert (movement.kind, movement.reference, movement.occurred_on) == ("issue", "DT-2026-00001", TODAY)
        assert store.line(uuid).released == 400
        assert verify(store.session) == []

    def test_the_lots_that_expire_first_go_first_over_all_that_are_released(self, store: Store):
        store.receive(store.tree.district, 100, number="SAU", expires_on=JUNE)
        store.receive(store.tree.district, 30, number="TRUOC", expires_on=MARCH)
        store.receive(store.tree.district, 40, number="CU", expires_on=YESTERDAY)
        one, two = (store.approve(store.commune(50)) for _ in range(2))

        documents = store.release(one, two)

        taken = [lots_of(store, it) for it in documents]
        assert taken == [{"TRUOC": 30, "SAU": 20}, {"SAU": 50}]

    def test_one_of_which_nothing_was_approved_is_closed_without_a_shipment(self, store: Store):
        uuid = store.approve(store.commune(50), 0)

        assert store.release(uuid) == []
        assert (store.paper(uuid).status, store.paper(uuid).shipment_id) == ("released", None)

    def test_where_stock_went_meanwhile_every_item_is_named_and_nothing_is_sent(self, store: Store):
        pill = an_item(store.session, "Viên uống", method="pill")
        for item in (store.item, pill):
            store.receive(store.tree.district, 600, item=item)
            store.receive(store.tree.commune, 1, item=item)
        uuid = store.begin(store.tree.commune)
        writing = store.writing(uuid, 500)
        asked = writing.asked | {(id_of(pill), "free"): writing.asked[id_of(store.item), "free"]}
        who = actor(store.session, store.tree.commune)
        service.submit(store.session, uuid, writing._replace(asked=asked), actor=who, today=TODAY, now=NOW)
        store.approve(store.authorise(uuid))
        lose(store, 400)

        with pytest.raises(Refused) as refused, store.session.begin_nested():
            store.release(uuid)

        said = only(refused)
        assert isinstance(said, refusals.TooLittleThere)
        assert "Bao cao su (Free of charge): 200 usable units are here, 500 were approved" in str(said)
        assert (store.paper(uuid).status, store.coming(store.tree.commune)) == ("approved", 0)
        assert store.on_shelf(store.tree.district, pill) == 600

    def test_many_are_released_or_none(self, store: Store):
        store.receive(store.tree.district, 100)
        one, two = (store.approve(store.commune(60)) for _ in range(2))

        with pytest.raises(Refused) as refused, store.session.begin_nested():
            store.release(one, two)

        assert "100 usable units are here, 120 were approved" in str(only(refused))
        assert store.on_shelf(store.tree.district) == 100

    def test_a_second_click_ships_nothing_more(self, store: Store):
        store.receive(store.tree.district, 100)
        uuid = store.approve(store.commune(60))
        versions, who = store.versions(uuid), actor(store.session, store.tree.district)

        assert len(store.release(uuid, who=who, versions=versions)) == 1
        assert store.release(uuid, who=who, versions=versions) == []
        assert store.on_shelf(store.tree.district) == 40

    def test_it_is_not_released_before_it_is_approved_nor_again_afterwards(self, store: Store):
        store.receive(store.tree.district, 100)
        uuid = store.commune(60)
        with pytest.raises(Refused) as early:
            store.release(uuid)
        store.release(store.approve(uuid))
        with pytest.raises(Refused) as late:
            store.release(uuid)

        assert [type(only(it)) for it in (early, late)] == [OutOfOrder, OutOfOrder]

    def test_a_maker_closed_meanwhile_is_sent_nothing(self, store: Store):
        store.receive(store.tree.district, 100)
        store.receive(store.tree.commune, 1)
        uuid = store.approve(store.asked(store.tree.commune, 60))
        store.tree.commune.closed_on = TODAY

        with pytest.raises(Refused) as refused, store.session.begin_nested():
            store.release(uuid)

        assert isinstance(only(refused), FacilityClosed)
        assert store.paper(uuid).status == "approved"

    def test_what_its_maker_may_no_longer_hold_is_not_sent(self, store: Store):
        implant = an_item(store.session, "Que cấy", method="implant")
        store.item = implant
        store.receive(store.tree.district, 100)
        store.receive(store.tree.commune, 1)
        uuid = store.approve(store.asked(store.tree.commune, 60))
        store.tree.commune.capabilities = ""

        with pytest.raises(Refused) as refused, store.session.begin_nested():
            store.release(uuid)

        assert isinstance(only(refused), MayNotHold)

    def test_an_unknown_requisition_or_anothers_is_not_released(self, store: Store):
        uuid = store.approve(store.commune(60))

        with pytest.raises(refusals.UnknownRequisition):
            store.release(uuid, who=actor(store.session, store.tree.board))
        with pytest.raises(refusals.UnknownRequisition):
            store.release(uuid, versions={uuid4(): 1})

    def test_an_emergency_requisition_runs_the_same_way(self, store: Store):
        store.receive(store.tree.district, 100)
        uuid = store.approve(store.commune(60, kind=EMERGENCY))

        assert len(store.release(uuid)) == 1

    def test_a_lot_that_was_recalled_is_not_taken(self, store: Store):
        lot = a_lot(store.session, store.item)
        post(store.session, [a_document(store.tree.district, a_line(lot, 100))], today=TODAY, now=NOW)
        uuid = store.approve(store.commune(60))
        lot.recalled_on = TODAY

        with pytest.raises(Refused) as refused:
            store.release(uuid)

        assert isinstance(only(refused), refusals.TooLittleThere)


def lots_of(store: Store, document: UUID) -> dict[str, int]:
    rows = Sql(store.session).rows(
        "SELECT lot.number, l.quantity FROM stock_movement_line l JOIN stock_movement m ON m.id = l.movement_id"
        " JOIN lot ON lot.id = l.lot_id WHERE m.uuid = :uuid AND l.account = 'stock' AND l.quantity < 0",
        uuid=document,
    )
    return {number: -quantity for number, quantity in rows}
