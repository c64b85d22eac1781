"""What the sender does about differences, and taking a shipment back, on both databases."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlmodel import Session

from lmis.db import id_of
from lmis.errors import NotFound
from lmis.shipments.delivering import all_arrived, all_refused
from lmis.shipments.rules import State
from lmis.shipments.settling import Settled, settle_differences
from lmis.sql import Sql
from lmis.stock.documents import QUARANTINED, RECALLED, Kind
from lmis.stock.posting import post
from lmis.stock.verify import verify
from tests.factories import JUNE, NOW, TODAY, a_document, a_line
from tests.shipments.acts import Run, a_run, refusals_of


@pytest.fixture
def run(session: Session) -> Run:
    return a_run(session)


@pytest.fixture
def disputed(run: Run) -> Run:
    """80 of 100 arrived, 15 are missing and 5 damaged; all of the other lot arrived."""
    run.confirm(run.counted(run.june, 80, short=15, damaged=5), run.counted(run.march, 40))
    return run


def test_what_was_lost_leaves_the_way_and_what_is_back_stands_on_the_shelf(disputed: Run):
    disputed.settle((0, "lost", 9), (0, "sent_back", 6))

    view = disputed.view
    assert (disputed.shelf(disputed.sender), view.on_the_way) == (6, 5)
    assert [it.open for it in view.differences] == [0, 5]
    assert [it.goods.lost for it in view.lines] == [0, 9]
    assert verify(disputed.session) == []


def test_damaged_goods_that_are_back_are_held_apart(disputed: Run):
    disputed.settle((1, "sent_back", 5))

    assert disputed.shelf(disputed.sender) == 0
    assert disputed.shelf(disputed.sender, status=QUARANTINED) == 5


def test_damaged_goods_of_a_recalled_lot_come_back_as_recalled(disputed: Run):
    disputed.june.recalled_on = TODAY
    disputed.session.flush()

    disputed.settle((1, "sent_back", 5))

    assert disputed.shelf(disputed.sender, status=RECALLED) == 5


def test_a_shipment_is_finished_when_its_differences_are_settled(disputed: Run):
    disputed.settle((0, "lost", 15))
    assert disputed.view.state == State.DIFFERENCES

    disputed.settle((1, "lost", 5))

    assert disputed.view.state == State.FINISHED
    assert [(it.goods.sent, it.goods.received, it.goods.lost) for it in disputed.view.lines] == [
        (40, 40, 0),
        (100, 80, 20),
    ]


def test_the_documents_of_a_shipment_stand_in_order(disputed: Run):
    disputed.settle((0, "lost", 15), (1, "sent_back", 5))

    assert [it.number.partition("-")[0] for it in disputed.view.documents] == ["PX", "GN", "MDD", "NL"]


def test_excess_is_taken_from_the_senders_shelf_or_explained(run: Run):
    run.confirm(*all_arrived(run.view), extras=[run.beside("J1", 3, JUNE), run.beside("L7", 12)])
    post(run.session, [a_document(run.sender, a_line(run.june, 10), kind=Kind.RECEIPT)], today=TODAY, now=NOW)

    run.settle((0, "taken", 3), (1, "explained", 12))

    assert run.shelf(run.sender) == 7
    assert run.view.state == State.FINISHED
    assert run.view.documents[-1].number.startswith("DCH-")


def test_what_the_shelf_does_not_have_cannot_have_come_from_it(run: Run):
    run.confirm(*all_arrived(run.view), extras=[run.beside("J1", 3, JUNE)])

    assert refusals_of(lambda: run.settle((0, "taken", 3))) == ["NoneLeft"]
    assert run.view.differences[0].open == 3


def test_all_or_nothing_is_settled_and_each_refusal_names_its_row(disputed: Run):
    asked = [
        Settled(disputed.view.differences[0].difference.id or 0, "lost", 16, "other"),
        Settled(disputed.view.differences[1].difference.id or 0, "taken", 5, "other"),
    ]

    def settle(settled):
        settle_differences(
            disputed.session,
            uuid=uuid4(),
            shipment=disputed.uuid,
            facility_id=id_of(disputed.sender),
            settled=settled,
            today=TODAY,
            now=NOW,
        )

    assert refusals_of(lambda: settle(asked)) == ["MoreThanOpen", "WrongSettlement"]
    assert refusals_of(lambda: settle([])) == ["NothingSettled"]
    assert refusals_of(lambda: settle([Settled(-7, "lost", 1, "other")])) == ["UnknownDifference"]
    assert [it.open for it in disputed.view.differences] == [15, 5]


def test_no_more_is_settled_than_is_open(disputed: Run):
    disputed.settle((0, "lost", 10))

    assert refusals_of(lambda: disputed.settle((0, "lost", 6))) == ["MoreThanOpen"]
    assert refusals_of(lambda: disputed.settle((0, "lost", 3), (0, "sent_back", 3))) == ["MoreThanOpen"]
    disputed.settle((0, "lost", 2), (0, "sent_back", 3))
    assert refusals_of(lambda: disputed.settle((0, "lost", 1))) == ["SettledBefore"]


@pytest.mark.parametrize("quantity", [0, -3, 2**31])
def test_a_quantity_that_is_none_settles_nothing(disputed: Run, quantity):
    assert refusals_of(lambda: disputed.settle((0, "lost", quantity))) == ["BadQuantity"]


def test_the_same_settlement_twice_is_one_and_another_under_its_id_is_refused(disputed: Run):
    uuid = disputed.settle((0, "lost", 10))

    disputed.settle((0, "lost", 10), uuid=uuid)

    assert [it.open for it in disputed.view.differences] == [5, 5]
    assert refusals_of(lambda: disputed.settle((0, "lost", 5), uuid=uuid)) == ["ClashingId"]


def test_only_the_sender_settles(disputed: Run):
    act = lambda: disputed.settle((0, "lost", 1), at=disputed.receiver)  # noqa: E731

    assert refusals_of(act) == ["NotThisFacilitysShipment"]


def test_a_loss_needs_a_reason_and_an_explanation_words(run: Run):
    run.confirm(run.counted(run.june, 90, short=10), extras=[run.beside("L7", 2)])
    ids = [it.difference.id or 0 for it in run.view.differences]
    bare = [Settled(ids[0], "lost", 1), Settled(ids[1], "explained", 1)]

    def settle():
        settle_differences(
            run.session,
            uuid=uuid4(),
            shipment=run.uuid,
            facility_id=id_of(run.sender),
            settled=bare,
            today=TODAY,
            now=NOW,
        )

    assert refusals_of(settle) == ["NeedsReason", "NeedsExplanation"]


def test_what_is_settled_does_not_turn_up_any_more(disputed: Run):
    disputed.settle((0, "lost", 15))

    assert refusals_of(lambda: disputed.confirm(disputed.counted(disputed.june, 6))) == ["MoreThanSent"]
    disputed.confirm(disputed.counted(disputed.june, 5))
    assert disputed.view.state == State.FINISHED


def test_undoing_a_settlement_opens_the_difference_again(disputed: Run):
    uuid = disputed.settle((0, "lost", 15), (1, "sent_back", 5))

    disputed.undo_settling(uuid)
    disputed.undo_settling(uuid)

    view = disputed.view
    assert [it.open for it in view.differences] == [15, 5]
    assert (view.on_the_way, disputed.shelf(disputed.sender, status=QUARANTINED)) == (20, 0)
    assert verify(disputed.session) == []
    disputed.settle((0, "sent_back", 15))


def test_what_the_receiver_found_is_not_the_senders_to_undo(run: Run):
    run.confirm(run.counted(run.june, 60, short=40))
    found = run.confirm(run.counted(run.june, 30))

    with pytest.raises(NotFound):
        run.undo_settling(found.uuid)


def test_a_shipment_that_nobody_confirmed_is_called_back(run: Run):
    uuid = uuid4()
    run.call_back(uuid)
    run.call_back(uuid)

    assert run.shelf(run.sender) == 140
    assert run.view.state == State.TAKEN_BACK
    assert refusals_of(run.call_back) == ["NothingToCallBack"]


def test_calling_back_needs_a_reason(run: Run):
    assert refusals_of(lambda: run.call_back(reason="")) == ["NeedsReason"]
    assert refusals_of(lambda: run.call_back(reason="expired")) == ["NeedsReason"]


@pytest.mark.parametrize("told", ["received", "refused"])
def test_what_was_confirmed_or_disputed_is_not_called_back(run: Run, told):
    run.confirm(run.counted(run.june, 1)) if told == "received" else run.confirm(*all_refused(run.view, "other"))

    assert refusals_of(run.call_back) == ["CannotCallBack"]


def test_only_the_sender_calls_back(run: Run):
    run.sender, run.receiver = run.receiver, run.sender

    assert refusals_of(run.call_back) == ["NotThisFacilitysShipment"]


def test_a_shipment_whose_only_proof_was_undone_is_called_back(run: Run):
    run.undo(run.confirm(run.counted(run.june, 60, short=40)))

    run.call_back()

    assert run.shelf(run.sender) == 140
    assert run.view.state == State.TAKEN_BACK


def test_a_facility_that_was_counted_since_still_settles(disputed: Run):
    count = a_document(disputed.sender, a_line(disputed.june, 0), kind=Kind.COUNT, on=TODAY)
    post(disputed.session, [count], today=TODAY, now=NOW)

    disputed.settle((0, "sent_back", 15))

    assert disputed.shelf(disputed.sender, disputed.june) == 15


def test_the_proof_of_the_ledger_names_differences_of_goods_that_are_no_longer_on_the_way(disputed: Run):
    assert verify(disputed.session) == []

    Sql(disputed.session).execute("UPDATE delivery_difference SET quantity = quantity + 500 WHERE kind = 'damaged'")

    found = [difference.table for difference in verify(disputed.session)]
    assert found == ["more reported missing or damaged than is on the way"]
