"""Recalling a lot: everywhere at once, once, and by whom."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlmodel import select

from lmis.errors import LmisError, Refused
from lmis.network.models import Facility
from lmis.recalls import refusals
from lmis.recalls.models import LotRecall, LotRecallHolding
from lmis.recalls.queries import find_lots
from lmis.recalls.sending import lift_recall
from lmis.recalls.service import Order, number_of, paper_id, recall_lot
from lmis.stock.documents import QUARANTINED, RECALLED, Kind
from lmis.stock.refusals import InsufficientLot, LineRefused, NoneLeft, RecalledLot
from tests.factories import NOW, TODAY, a_document, a_facility, a_line, a_lot, id_of
from tests.recalls.world import World


def refused(world: World, *args: object, **more: object) -> list[type[LmisError]]:
    """Why a move is refused."""
    with pytest.raises(Refused) as caught, world.session.begin_nested():
        world.move(*args, **more)  # type: ignore[arg-type]
    return [type(it) for it in caught.value.refusals]


def lots_found(world: World, typed: str, at: Facility | None = None) -> list[int]:
    return [it.id for it in find_lots(world.session, typed, id_of(at or world.tree.board), TODAY)]


def test_a_recall_blocks_the_lot_wherever_it_lies(world: World):
    recall = world.recall()

    assert world.shelves() == [600, 250, 80, 20]
    assert world.shelves("usable") == [0, 0, 0, 0]
    assert (number_of(recall), world.lot.recalled_on) == ("QTH-2026-00001", TODAY)
    assert world.faults() == []


def test_quarantined_units_and_every_channel_are_blocked_too(world: World):
    world.move(Kind.RECEIPT, world.tree.board, 5, channel="social_marketing")
    world.move(Kind.QUARANTINE, world.tree.district, 30, reason="quality")

    world.recall()

    assert world.shelves() == [605, 250, 80, 20]
    assert world.on_hand(world.tree.district, QUARANTINED) == 0


def test_who_held_how_much_is_kept(world: World):
    recall = world.recall()

    held = select(LotRecallHolding).where(LotRecallHolding.recall_id == recall.id)
    assert sorted(it.held for it in world.session.exec(held)) == [20, 80, 250, 600]


def test_what_is_on_the_way_is_kept_by_where_it_goes(world: World):
    world.move(Kind.ISSUE, world.tree.board, 100, world.tree.district, shipped=True)

    recall = world.recall()

    row = world.session.get_one(LotRecallHolding, (recall.id, world.tree.district.id, "free"))
    assert (row.held, row.coming) == (250, 100)
    assert world.shelves() == [500, 250, 80, 20]


def test_a_delivery_after_the_recall_lands_as_recalled(world: World):
    shipment = world.move(Kind.ISSUE, world.tree.board, 100, world.tree.district, shipped=True).uuid
    world.recall()

    world.move(Kind.DELIVERY, world.tree.district, 100, shipment=shipment)

    assert world.shelves() == [500, 350, 80, 20]
    assert world.on_hand(world.tree.district) == 0


def test_the_same_order_sent_twice_is_one_recall(world: World):
    uuid = uuid4()

    assert world.recall(uuid=uuid).id == world.recall(uuid=uuid).id
    assert len(world.session.exec(select(LotRecall)).all()) == 1


def test_the_id_of_another_recall_is_refused(world: World):
    uuid = world.recall().uuid
    other = a_lot(world.session)

    with pytest.raises(refusals.RecallClash):
        world.recall(uuid=uuid, lot=other)


@pytest.mark.parametrize("said", [{"reason": "Rách"}, {"decision": None}, {"note": "Gấp"}])
def test_a_recall_sent_again_with_other_words_is_refused(world: World, said: dict[str, str | None]):
    order = Order(uuid4(), id_of(world.lot), id_of(world.tree.board), "Nứt vỏ", "12/QĐ-BQL")
    recall_lot(world.session, order, today=TODAY, now=NOW)

    with pytest.raises(refusals.RecallClash):
        recall_lot(world.session, replace(order, **said), today=TODAY, now=NOW)


def test_more_than_can_be_put_aside_is_refused_with_the_name_of_the_facility(world: World):
    most, lot = 2**31 - 1, a_lot(world.session)
    world.post(a_document(world.tree.district, a_line(lot, most)))
    world.post(a_document(world.tree.district, a_line(lot, most), kind=Kind.QUARANTINE))
    world.post(a_document(world.tree.district, a_line(lot, most)))

    with pytest.raises(refusals.TooMuchHeld) as caught:
        world.recall(lot=lot)
    assert world.tree.district.name in str(caught.value)


def test_a_lot_of_which_two_facilities_and_the_road_have_very_much_is_recalled(world: World):
    most, lot, board, district = 2**31 - 1, a_lot(world.session), world.tree.board, world.tree.district
    for _ in range(2):
        world.post(a_document(board, a_line(lot, most)))
        sent = a_document(board, a_line(lot, most), kind=Kind.ISSUE, to=district)
        world.post(replace(sent, shipped=True))

    recall = world.recall(lot=lot)

    assert world.session.get_one(LotRecallHolding, (recall.id, district.id, "free")).coming == 2 * most


def test_a_lot_is_not_recalled_twice(world: World):
    world.recall()

    with pytest.raises(refusals.AlreadyRecalled) as caught:
        world.recall()
    assert "LOT 7/A" in str(caught.value)


def test_an_unknown_lot_and_stock_without_a_lot_are_refused(world: World):
    unlotted = a_lot(world.session, number="")

    with pytest.raises(refusals.UnlottedStock):
        world.recall(lot=unlotted)
    with pytest.raises(refusals.NoSuchLot):
        recall_lot(world.session, Order(uuid4(), 999_999, id_of(world.tree.board), "x"), today=TODAY, now=NOW)


def test_who_does_not_stand_over_all_holders_is_refused_and_not_told_which_they_are(world: World):
    with pytest.raises(refusals.HeldElsewhere) as caught:
        world.recall(world.tree.district)

    assert "at 1 facilities" in str(caught.value)
    assert "Ban Quản lý thành phố" not in str(caught.value)
    assert world.lot.recalled_on is None


def test_goods_on_their_way_to_others_count_as_held_elsewhere(world: World):
    beside = a_facility(world.session, "Trung tâm Y tế huyện Ba Vì", level="district", parent=world.tree.board)
    lot = a_lot(world.session)
    world.post(a_document(world.tree.district, a_line(lot, 10)))
    there = a_document(world.tree.district, a_line(lot, 10), kind=Kind.TRANSFER, to=beside)
    world.post(type(there)(**{**there.__dict__, "shipped": True}))

    with pytest.raises(refusals.HeldElsewhere):
        world.recall(world.tree.district, lot=lot)


def test_a_lower_facility_recalls_what_lies_only_under_it(world: World):
    lot = a_lot(world.session)
    world.post(a_document(world.tree.commune, a_line(lot, 10)))

    recall = world.recall(world.tree.district, lot=lot)

    assert recall.facility_id == id_of(world.tree.district)


def test_what_nobody_holds_is_recalled_at_the_top_alone(world: World):
    lot = a_lot(world.session)

    with pytest.raises(refusals.HeldByNobody):
        world.recall(world.tree.district, lot=lot)
    assert world.recall(lot=lot).lot_id == lot.id


@pytest.mark.parametrize("kind", [Kind.DISPENSE, Kind.ISSUE, Kind.TRANSFER])
@pytest.mark.parametrize("status", ["usable", RECALLED])
def test_a_recalled_lot_is_not_given_out(world: World, kind: str, status: str):
    a_facility(world.session, "Trạm Y tế phường Ngọc Hà", parent=world.tree.district)
    world.recall()
    to = {Kind.ISSUE: world.tree.collaborator, Kind.TRANSFER: world.tree.board}.get(kind)

    assert RecalledLot in refused(world, kind, world.tree.commune, 1, to, status=status)


def test_the_refusal_names_the_lot_and_the_day_of_the_recall(world: World):
    world.recall()

    with pytest.raises(Refused) as caught:
        world.move(Kind.DISPENSE, world.tree.commune, 1)
    assert "Lot LOT 7/A" in str(caught.value)
    assert "recalled on 20/11/2026" in str(caught.value)


def test_a_recalled_lot_is_not_received_as_usable(world: World):
    world.recall()

    assert refused(world, Kind.RECEIPT, world.tree.board, 5) == [RecalledLot]


def test_a_dispensing_of_a_recalled_lot_is_not_undone_onto_the_shelf(world: World):
    dispensed = world.move(Kind.DISPENSE, world.tree.commune, 5)
    world.recall()
    reversal = a_document(world.tree.commune, kind=Kind.REVERSAL)
    reversal = type(reversal)(**{**reversal.__dict__, "reverses": dispensed.uuid})

    with pytest.raises(Refused) as caught:
        world.post(reversal)
    assert [type(it) for it in caught.value.refusals] == [RecalledLot]


def test_no_more_is_sent_back_than_is_held(world: World):
    world.recall()

    why = refused(world, Kind.RETURN, world.tree.commune, 81, world.tree.board, status=RECALLED, shipped=True)

    assert issubclass(why[0], LineRefused)
    assert why[0] in (InsufficientLot, NoneLeft)


def test_a_lifted_recall_makes_the_lot_usable_where_it_lies(world: World):
    recall = world.recall()

    lift_recall(world.session, recall.uuid, recall.facility_id, "Đạt kiểm nghiệm", today=TODAY, now=NOW)

    assert world.shelves("usable") == [600, 250, 80, 20]
    assert world.lot.recalled_on is None
    assert world.faults() == []
    world.move(Kind.DISPENSE, world.tree.commune, 1)


def lifted(world: World, recall: LotRecall) -> None:
    lift_recall(world.session, recall.uuid, recall.facility_id, "Đạt kiểm nghiệm", today=TODAY, now=NOW)


def test_what_was_in_quarantine_is_so_again_once_the_recall_is_lifted(world: World):
    world.move(Kind.RECEIPT, world.tree.district, 9, channel="social_marketing")
    world.move(Kind.QUARANTINE, world.tree.district, 30)
    world.move(Kind.QUARANTINE, world.tree.district, 9, channel="social_marketing")
    world.move(Kind.QUARANTINE, world.tree.commune, 80)

    lifted(world, world.recall())

    assert world.shelves("usable") == [600, 220, 0, 20]
    assert world.shelves(QUARANTINED) == [0, 39, 80, 0]
    assert world.faults() == []


def test_what_was_sent_from_quarantine_and_landed_recalled_goes_back_into_it(world: World):
    world.move(Kind.QUARANTINE, world.tree.district, 30)
    up = {"shipped": True, "status": QUARANTINED}
    sent, kept = (world.move(Kind.RETURN, world.tree.district, n, world.tree.board, **up).uuid for n in (20, 10))
    recall = world.recall()
    world.move(Kind.DELIVERY, world.tree.board, 20, shipment=sent, status=QUARANTINED)
    world.move(Kind.SENT_BACK, world.tree.district, 10, shipment=kept, status=QUARANTINED)

    lifted(world, recall)

    assert world.shelves(QUARANTINED) == [20, 10, 0, 0]
    assert world.shelves("usable") == [600, 220, 80, 20]
    assert world.faults() == []


def test_what_was_in_quarantine_and_was_sent_on_is_held_by_who_recalled(world: World):
    world.move(Kind.QUARANTINE, world.tree.district, 30)
    recall = world.recall()
    sent = world.move(Kind.RETURN, world.tree.district, 240, world.tree.board, status=RECALLED, shipped=True).uuid
    world.move(Kind.DELIVERY, world.tree.board, 240, shipment=sent, status=RECALLED)

    lifted(world, recall)

    assert world.shelves(QUARANTINED) == [20, 10, 0, 0]
    assert world.shelves("usable") == [820, 0, 80, 20]
    assert world.faults() == []


def test_what_was_destroyed_meanwhile_is_not_held(world: World):
    world.move(Kind.QUARANTINE, world.tree.district, 30)
    recall = world.recall()
    for at, units in ((world.tree.district, 250), (world.tree.board, 595)):
        world.move(Kind.DISPOSAL, at, units, status=RECALLED, reason="recalled")

    lifted(world, recall)

    assert (world.shelves(QUARANTINED), world.shelves("usable")) == ([5, 0, 0, 0], [0, 0, 80, 20])


def test_nobody_can_take_the_ids_of_what_lifting_posts(world: World):
    recall = world.recall()
    other = a_document(world.tree.commune, a_line(a_lot(world.session), 1))
    world.post(replace(other, uuid=paper_id(recall.uuid, Kind.RELEASE, id_of(world.tree.commune))))

    lifted(world, recall)

    assert world.shelves("usable") == [600, 250, 80, 20]


def test_a_recall_is_lifted_once_and_by_whom_it_was_made(world: World):
    recall = world.recall()
    when = {"today": TODAY, "now": NOW}

    with pytest.raises(refusals.NotTheRecallers):
        lift_recall(world.session, recall.uuid, id_of(world.tree.district), "x", **when)  # type: ignore[arg-type]
    lift_recall(world.session, recall.uuid, recall.facility_id, "x", **when)  # type: ignore[arg-type]
    with pytest.raises(refusals.AlreadyLifted):
        lift_recall(world.session, recall.uuid, recall.facility_id, "x", **when)  # type: ignore[arg-type]
    with pytest.raises(refusals.UnknownRecall):
        lift_recall(world.session, uuid4(), recall.facility_id, "x", **when)  # type: ignore[arg-type]


def test_no_recall_is_lifted_while_recalled_goods_are_on_the_way(world: World):
    recall = world.recall()
    world.move(Kind.RETURN, world.tree.commune, 80, world.tree.board, status=RECALLED, shipped=True)

    with pytest.raises(refusals.StillOnTheWay):
        lift_recall(world.session, recall.uuid, recall.facility_id, "x", today=TODAY, now=NOW)


def test_a_lot_let_go_may_be_recalled_again(world: World):
    first = world.recall()
    lift_recall(world.session, first.uuid, first.facility_id, "x", today=TODAY, now=NOW)

    second = world.recall()

    assert number_of(second) == "QTH-2026-00002"
    assert world.shelves() == [600, 250, 80, 20]
    assert world.faults() == []


def test_a_closed_facility_is_left_as_its_book_stands(world: World):
    world.tree.collaborator.closed_on = TODAY
    world.session.add(world.tree.collaborator)

    world.recall()

    assert world.shelves() == [600, 250, 80, 0]
    assert world.on_hand(world.tree.collaborator) == 20


@pytest.mark.parametrize("typed", ["lot 7/a", "LOT7/A", " Lot\u00a07/a", "7/a"])
def test_a_lot_is_found_however_its_number_is_typed(world: World, typed: str):
    assert lots_found(world, typed) == [world.lot.id]


def test_lots_are_found_by_the_words_of_their_item_without_tones(world: World):
    assert world.lot.id in lots_found(world, "bao cao")
    assert lots_found(world, "  ") == []
    assert lots_found(world, "%") == []
    assert lots_found(world, "khong co") == []


def test_lots_that_were_never_here_nor_below_are_found_at_the_top_alone(world: World):
    beside = a_facility(world.session, level="district", parent=world.tree.board)

    assert lots_found(world, "lot 7/a", beside) == []
    assert lots_found(world, "lot 7/a", world.tree.collaborator) == [world.lot.id]
    world.move(Kind.ISSUE, world.tree.board, 1, beside, shipped=True)
    assert lots_found(world, "lot 7/a", beside) == [world.lot.id]
    unheld = a_lot(world.session, number="CHUA NHAP")
    assert (lots_found(world, "chua nhap"), lots_found(world, "chua nhap", beside)) == ([unheld.id], [])
