"""The proof of delivery, on both databases: what lands on the shelf, what stays on the way, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, func, select

from lmis.db import id_of
from lmis.errors import NotFound, Refused
from lmis.shipments.delivering import all_arrived, all_refused
from lmis.shipments.models import Delivery
from lmis.shipments.rules import Counted, Reported, State
from lmis.stock.documents import RECALLED, Kind
from lmis.stock.models import StockMovement
from lmis.stock.posting import post
from lmis.stock.verify import verify
from tests.factories import JUNE, NOW, TODAY, a_document, a_facility, a_line, a_lot, a_user
from tests.shipments.acts import Run, a_run, a_shipment, refusals_of

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def run(session: Session) -> Run:
    return a_run(session)


def test_all_that_was_sent_arrives(run: Run):
    run.confirm(*all_arrived(run.view))

    assert (run.shelf(run.sender), run.shelf(run.receiver)) == (0, 140)
    assert run.view.state == State.FINISHED
    assert verify(run.session) == []


def test_what_nobody_spoke_of_stays_on_the_way(run: Run):
    run.confirm(run.counted(run.june, 60))

    view = run.view
    assert run.shelf(run.receiver) == 60
    assert (view.on_the_way, view.undisputed, view.state) == (80, 80, State.PARTLY)
    assert [(it.goods.sent, it.goods.received, it.goods.quantity) for it in view.lines] == [(40, 0, 40), (100, 60, 40)]


def test_what_is_missing_or_damaged_is_a_difference_and_still_in_transit(run: Run):
    run.confirm(run.counted(run.june, 80, short=15, damaged=5), run.counted(run.march, 40))

    view = run.view
    assert run.shelf(run.receiver) == 120
    assert (view.on_the_way, view.undisputed, view.state) == (20, 0, State.DIFFERENCES)
    assert [(it.difference.kind, it.open) for it in view.differences] == [("short", 15), ("damaged", 5)]


def test_a_delivery_in_which_all_is_missing_posts_nothing(run: Run):
    delivery = run.confirm(run.counted(run.june, 0, short=100))

    assert (delivery.movement_id, run.view.undisputed) == (None, 40)


def test_what_turns_up_later_closes_what_was_missing(run: Run):
    run.confirm(run.counted(run.june, 60, short=30))
    run.confirm(run.counted(run.june, 35))

    view = run.view
    assert run.shelf(run.receiver, run.june) == 95
    assert [it.open for it in view.differences] == [5]
    assert [it.settlement.settlement for it in view.differences[0].settlements] == ["found"]
    assert view.undisputed == 40  # of the other lot


def test_refusing_all_leaves_all_on_the_way(run: Run):
    run.confirm(*all_refused(run.view, "not_asked_for"))

    assert run.shelf(run.receiver) == 0
    assert [(it.difference.kind, it.open) for it in run.view.differences] == [("refused", 40), ("refused", 100)]


def test_more_of_a_lot_and_a_lot_that_was_not_sent_are_found_stock_and_told_to_the_sender(run: Run):
    extras = [run.beside("J1", 3, JUNE), run.beside("lạ 7", 12, JUNE)]
    delivery = run.confirm(*all_arrived(run.view), extras=extras)

    found = run.session.get_one(StockMovement, delivery.found_id)
    assert run.shelf(run.receiver) == 155
    assert found.kind == Kind.FOUND
    assert [(it.difference.kind, it.difference.quantity) for it in run.view.differences] == [
        ("excess", 3),
        ("wrong_lot", 12),
    ]
    assert found.uuid in {it.uuid for it in run.view.documents}


def test_the_same_confirmation_twice_is_one(run: Run):
    uuid = uuid4()

    first, again = (run.confirm(run.counted(run.june, 60, short=5), uuid=uuid) for _ in range(2))

    assert first.id == again.id
    assert (run.shelf(run.receiver), len(run.view.differences)) == (60, 1)


def test_the_same_id_with_other_content_is_refused(run: Run):
    uuid = uuid4()
    run.confirm(run.counted(run.june, 60), uuid=uuid)

    assert refusals_of(lambda: run.confirm(run.counted(run.june, 61), uuid=uuid)) == ["ClashingId"]
    assert run.shelf(run.receiver) == 60


def test_a_second_person_is_told_who_confirmed_it(run: Run):
    user, seen = a_user(run.session, run.receiver), run.view.seen
    run.confirm(*all_arrived(run.view), seen=seen, user_id=user.id)

    with pytest.raises(Exception, match=f"{user.name} confirmed this shipment on 20/11/2026 10:00"):
        run.confirm(run.counted(run.june, 100), seen=seen)
    assert run.shelf(run.receiver) == 140


def test_what_was_typed_on_an_old_page_is_not_taken(run: Run):
    seen = run.view.seen
    run.confirm(run.counted(run.june, 60), seen=seen)

    assert refusals_of(lambda: run.confirm(run.counted(run.june, 40), seen=seen)) == ["ConfirmedMeanwhile"]
    run.confirm(run.counted(run.june, 40), seen=run.view.seen)
    assert run.shelf(run.receiver) == 100


def test_more_than_was_sent_is_refused_unless_it_is_called_so(run: Run):
    assert refusals_of(lambda: run.confirm(run.counted(run.june, 101))) == ["MoreThanSent"]
    assert run.shelf(run.receiver) == 0


def test_every_refusal_of_a_confirmation_is_told(run: Run):
    act = lambda: run.confirm(run.counted(run.june, 101), run.counted(run.march, 30, short=11))  # noqa: E731

    assert refusals_of(act) == ["MoreThanSent", "ArrivedTooMany"]


def test_a_lot_that_is_not_in_the_shipment_is_refused(run: Run):
    other = a_lot(run.session, run.item)

    assert refusals_of(lambda: run.confirm(run.counted(other, 5))) == ["NotInShipment"]
    assert refusals_of(lambda: run.confirm(Counted((id_of(run.june), "market", "usable"), 5))) == ["NotInShipment"]


def test_nothing_said_is_told(run: Run):
    assert refusals_of(lambda: run.confirm()) == ["NothingEntered"]
    assert refusals_of(lambda: run.confirm(run.counted(run.june, 0, short=0))) == ["NothingEntered"]


@pytest.mark.parametrize("quantity", [-1, 2**31])
def test_a_quantity_that_is_none_is_refused(run: Run, quantity):
    assert refusals_of(lambda: run.confirm(run.counted(run.june, quantity))) == ["BadQuantity"]
    assert refusals_of(lambda: run.confirm(run.counted(run.june, 0, short=quantity))) == ["BadQuantity"]
    assert refusals_of(lambda: run.confirm(extras=[run.beside("X", quantity)])) == ["BadQuantity"]


def test_no_day_before_the_dispatch_and_none_to_come(session: Session):
    run = a_run(session, on=YESTERDAY)
    line = run.counted(run.june, 0, short=5)

    before, later = YESTERDAY - timedelta(days=1), TODAY + timedelta(days=1)
    assert refusals_of(lambda: run.confirm(line, confirmed_on=before)) == ["BeforeShipment"]
    assert refusals_of(lambda: run.confirm(line, confirmed_on=later)) == ["FutureDate"]
    run.confirm(line, confirmed_on=YESTERDAY)


def test_a_third_facility_confirms_nothing(run: Run):
    third = a_facility(run.session, level="district")

    for it in (third, run.sender):
        act = lambda at=it: run.confirm(*all_arrived(run.view), facility_id=id_of(at))  # noqa: E731
        assert refusals_of(act) == ["NotThisFacilitysShipment"]


def test_what_was_handed_over_is_no_shipment(run: Run):
    whole = a_document(run.sender, a_line(run.june, 5), kind=Kind.ISSUE, to=run.receiver)

    with pytest.raises(NotFound):
        run.confirm(run.counted(run.june, 5), shipment=whole.uuid)


def test_a_shipment_that_was_called_back_is_not_confirmed(run: Run):
    page = all_arrived(run.view)
    run.call_back()

    assert refusals_of(lambda: run.confirm(*page)) == ["CalledBack"]
    assert (run.shelf(run.sender), run.shelf(run.receiver)) == (140, 0)
    assert run.view.state == State.TAKEN_BACK


def test_a_lot_recalled_on_the_way_lands_as_recalled(run: Run):
    run.june.recalled_on = TODAY
    run.session.flush()

    run.confirm(*all_arrived(run.view), extras=[run.beside("J1", 2, JUNE)])

    assert run.shelf(run.receiver) == 40
    assert run.shelf(run.receiver, status=RECALLED) == 102


def test_another_expiry_date_on_a_known_lot_is_refused_and_nothing_kept(run: Run):
    extra = run.beside("J1", 3, JUNE - timedelta(days=3))

    assert refusals_of(lambda: run.confirm(run.counted(run.march, 40), extras=[extra])) == ["LotRefused"]
    assert (run.shelf(run.receiver), run.view.deliveries) == (0, [])


def test_a_ledger_refusal_names_what_was_typed(run: Run):
    extras = [run.beside("E1", 3), run.beside("E2", -1)]
    with pytest.raises(Refused) as refused:
        run.confirm(run.counted(run.june, 0, short=4), run.counted(run.march, 40), extras=extras)

    assert [(it.document, it.line) for it in refused.value.refusals] == [(1, 1)]  # type: ignore[attr-defined]
    assert run.session.exec(select(func.count()).select_from(Delivery)).one() == 0


def test_a_reason_is_one_of_those_offered(run: Run):
    line = Counted(run.key(run.june), 90, (Reported("short", 10, "near_expiry"),))

    assert refusals_of(lambda: run.confirm(line)) == ["DifferenceNeedsReason"]
    assert refusals_of(lambda: run.confirm(extras=[run.beside("X", 1, reason="")])) == ["DifferenceNeedsReason"]


def test_a_return_arrives_with_the_status_it_was_sent_with(run: Run):
    run.confirm(*all_arrived(run.view))
    hold = a_document(run.receiver, a_line(run.june, 30, reason="quality"), kind=Kind.QUARANTINE)
    post(run.session, [hold], today=TODAY, now=NOW)
    back = a_line(run.june, 30, status="quarantined", reason="quality")
    uuid = a_shipment(run.session, run.receiver, run.sender, back, kind=Kind.RETURN, stocked=False)

    view = Run(run.session, run.receiver, run.sender, run.item, run.june, run.march, uuid)
    view.confirm(*all_arrived(view.view))

    assert run.shelf(run.sender, status="quarantined") == 30


def test_undoing_puts_the_goods_on_the_way_again(run: Run):
    delivery = run.confirm(run.counted(run.june, 60, short=30), extras=[run.beside("L", 4)])

    run.undo(delivery)
    run.undo(delivery)

    view = run.view
    assert (run.shelf(run.receiver), view.undisputed, view.state) == (0, 140, State.ON_THE_WAY)
    assert not view.open_differences
    run.confirm(*all_arrived(run.view))
    assert run.shelf(run.receiver) == 140
    assert verify(run.session) == []


def test_undoing_what_turned_up_opens_the_shortage_again(run: Run):
    first = run.confirm(run.counted(run.june, 60, short=40))
    second = run.confirm(run.counted(run.june, 40))

    assert refusals_of(lambda: run.undo(first)) == ["LaterDelivery"]
    run.undo(second)
    assert [it.open for it in run.view.differences] == [40]
    run.undo(first)
    assert run.view.undisputed == 140


def test_a_delivery_whose_differences_were_settled_is_not_undone(run: Run):
    delivery = run.confirm(run.counted(run.june, 60, short=40))
    run.settle((0, "lost", 10))

    assert refusals_of(lambda: run.undo(delivery)) == ["DeliverySettled"]
    assert run.shelf(run.receiver) == 60


def test_who_confirmed_is_named_not_who_settled_since(run: Run):
    receiver, seen = a_user(run.session, run.receiver), run.view.seen
    run.confirm(run.counted(run.june, 90, short=10), run.counted(run.march, 40), user_id=receiver.id)
    run.settle((0, "lost", 10))

    with pytest.raises(Refused, match=f"{receiver.name} confirmed this shipment"):
        run.confirm(run.counted(run.june, 100), seen=seen)
