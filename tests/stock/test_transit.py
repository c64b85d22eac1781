"""Goods on the way: they leave one shelf, reach another, and never get lost in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session

from lmis.catalog.models import Lot
from lmis.errors import LmisError, Refused
from lmis.network.models import Facility
from lmis.shipments.queries import on_the_way
from lmis.sql import Sql
from lmis.stock import refusals
from lmis.stock.documents import Document, Kind
from lmis.stock.posting import post
from lmis.stock.verify import verify
from tests.factories import NOW, TODAY, Tree, a_document, a_facility, a_line, a_lot, a_tree, id_of

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def tree(session: Session) -> Tree:
    return a_tree(session)


@pytest.fixture
def lot(session: Session, tree: Tree) -> Lot:
    """A hundred at the district."""
    lot = a_lot(session, number="A1")
    post(session, [a_document(tree.district, a_line(lot, 100), on=TODAY - timedelta(days=9))], today=TODAY, now=NOW)
    return lot


@pytest.fixture
def sent(session: Session, tree: Tree, lot: Lot) -> Document:
    """Thirty of them, on the way to the commune since yesterday."""
    document = a_document(tree.district, a_line(lot, 30), kind=Kind.ISSUE, to=tree.commune, shipped=True, on=YESTERDAY)
    post(session, [document], today=TODAY, now=NOW)
    return document


@pytest.fixture
def do(session: Session) -> Callable[..., None]:
    """Post a document that follows."""

    def act(document: Document) -> None:
        with session.begin_nested():
            post(session, [document], today=TODAY, now=NOW)
        assert verify(session) == []

    return act


def on_shelf(session: Session, tree: Tree, status: str = "usable") -> tuple[int, int]:
    """What the district and the commune have."""
    rows = dict(
        Sql(session).rows("SELECT facility_id, on_hand FROM stock_on_hand WHERE status = :status", status=status)
    )
    return rows.get(id_of(tree.district), 0), rows.get(id_of(tree.commune), 0)


def on_way(session: Session, tree: Tree) -> int:
    return sum(on_the_way(session, [id_of(tree.commune)], TODAY).values())


def refusals_of(act: Callable[[], object]) -> list[LmisError]:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.refusals


def test_what_is_sent_has_left_one_shelf_and_not_reached_the_other(session: Session, tree: Tree, sent: Document):
    assert on_shelf(session, tree) == (70, 0)
    assert on_way(session, tree) == 30


def test_what_is_confirmed_is_on_the_receivers_shelf(session: Session, tree: Tree, lot: Lot, sent: Document, do):
    do(a_document(tree.commune, a_line(lot, 30), kind=Kind.DELIVERY, shipment=sent.uuid))

    assert on_shelf(session, tree) == (70, 30)
    assert on_way(session, tree) == 0


def test_a_part_may_come_before_the_rest(session: Session, tree: Tree, lot: Lot, sent: Document, do):
    do(a_document(tree.commune, a_line(lot, 18), kind=Kind.DELIVERY, shipment=sent.uuid))
    assert (on_shelf(session, tree)[1], on_way(session, tree)) == (18, 12)

    do(a_document(tree.commune, a_line(lot, 12), kind=Kind.DELIVERY, shipment=sent.uuid))
    assert (on_shelf(session, tree)[1], on_way(session, tree)) == (30, 0)


def test_what_never_came_is_lost_or_back_on_the_senders_shelf(
    session: Session, tree: Tree, lot: Lot, sent: Document, do
):
    do(a_document(tree.commune, a_line(lot, 25), kind=Kind.DELIVERY, shipment=sent.uuid))
    do(a_document(tree.district, a_line(lot, 3, reason="lost"), kind=Kind.TRANSIT_LOSS, shipment=sent.uuid))
    do(a_document(tree.district, a_line(lot, 2), kind=Kind.SENT_BACK, shipment=sent.uuid))

    assert on_shelf(session, tree) == (72, 25)
    told = Sql(session).rows("SELECT sent, received, lost, returned, quantity FROM in_transit")
    assert told == [(30, 25, 3, 2, 0)]


def test_goods_lost_on_the_way_need_a_reason(tree: Tree, lot: Lot, sent: Document, do):
    found = refusals_of(
        lambda: do(a_document(tree.district, a_line(lot, 3), kind=Kind.TRANSIT_LOSS, shipment=sent.uuid))
    )

    assert [type(it) for it in found] == [refusals.NeedsReason]


def test_confirming_twice_is_refused(tree: Tree, lot: Lot, sent: Document, do):
    do(a_document(tree.commune, a_line(lot, 30), kind=Kind.DELIVERY, shipment=sent.uuid))
    found = refusals_of(lambda: do(a_document(tree.commune, a_line(lot, 1), kind=Kind.DELIVERY, shipment=sent.uuid)))

    assert [type(it) for it in found] == [refusals.NothingOnTheWay]


def test_more_than_was_sent_is_refused_and_said(tree: Tree, lot: Lot, sent: Document, do):
    found = refusals_of(lambda: do(a_document(tree.commune, a_line(lot, 31), kind=Kind.DELIVERY, shipment=sent.uuid)))

    assert [type(it) for it in found] == [refusals.MoreThanOnTheWay]
    assert all(figure in str(found[0]) for figure in ("30", "31"))


def test_a_lot_that_was_not_sent_is_refused(session: Session, tree: Tree, lot: Lot, sent: Document, do):
    other = a_lot(session, number="B7")
    found = refusals_of(lambda: do(a_document(tree.commune, a_line(other, 1), kind=Kind.DELIVERY, shipment=sent.uuid)))

    assert [type(it) for it in found] == [refusals.NotInShipment]
    assert "B7" in str(found[0])


def test_nothing_arrives_before_it_left(tree: Tree, lot: Lot, sent: Document, do):
    before = a_document(
        tree.commune, a_line(lot, 1), kind=Kind.DELIVERY, shipment=sent.uuid, on=YESTERDAY - timedelta(days=1)
    )

    assert [type(it) for it in refusals_of(lambda: do(before))] == [refusals.BeforeShipment]


def test_only_the_receiver_confirms_and_only_the_sender_settles(
    session: Session, tree: Tree, lot: Lot, sent: Document, do
):
    other = a_facility(session, parent=tree.district)
    for document in (
        a_document(other, a_line(lot, 1), kind=Kind.DELIVERY, shipment=sent.uuid),
        a_document(tree.district, a_line(lot, 1), kind=Kind.DELIVERY, shipment=sent.uuid),
        a_document(tree.commune, a_line(lot, 1, reason="lost"), kind=Kind.TRANSIT_LOSS, shipment=sent.uuid),
        a_document(tree.commune, a_line(lot, 1), kind=Kind.SENT_BACK, shipment=sent.uuid),
    ):
        assert [type(it) for it in refusals_of(lambda d=document: do(d))] == [refusals.NotThisFacilitysShipment]


def test_a_shipment_that_does_not_exist_is_refused(tree: Tree, lot: Lot, do):
    receipt = a_document(tree.commune, a_line(lot, 1))
    for shipment in (None, receipt.uuid):
        delivery = a_document(tree.commune, a_line(lot, 1), kind=Kind.DELIVERY, shipment=shipment)
        assert [type(it) for it in refusals_of(lambda d=delivery: do(d))] == [refusals.UnknownShipment]


def undo(facility: Facility, document: Document) -> Document:
    return Document(uuid4(), Kind.REVERSAL, TODAY, id_of(facility), (), reverses=document.uuid)


def test_a_delivery_reversed_is_on_the_way_again(session: Session, tree: Tree, lot: Lot, sent: Document, do):
    arrived = a_document(tree.commune, a_line(lot, 30), kind=Kind.DELIVERY, shipment=sent.uuid)
    do(arrived)
    do(undo(tree.commune, arrived))

    assert (on_shelf(session, tree), on_way(session, tree)) == ((70, 0), 30)


def test_a_dispatch_is_not_reversed_once_anything_arrived(tree: Tree, lot: Lot, sent: Document, do):
    do(a_document(tree.commune, a_line(lot, 1), kind=Kind.DELIVERY, shipment=sent.uuid))

    assert [type(it) for it in refusals_of(lambda: do(undo(tree.district, sent)))] == [refusals.MoreThanOnTheWay]


def test_a_dispatch_and_its_arrival_may_be_posted_together(session: Session, tree: Tree, lot: Lot):
    sent = a_document(tree.district, a_line(lot, 8), kind=Kind.ISSUE, to=tree.commune, shipped=True)
    arrived = a_document(tree.commune, a_line(lot, 8), kind=Kind.DELIVERY, shipment=sent.uuid)
    post(session, [sent, arrived], today=TODAY, now=NOW)

    assert on_shelf(session, tree) == (92, 8)
    assert verify(session) == []


def test_a_closed_month_of_the_receiver_does_not_stop_the_sender(session: Session, tree: Tree, lot: Lot):
    tree.commune.closed_through = TODAY
    session.flush()
    sent = a_document(tree.district, a_line(lot, 8), kind=Kind.ISSUE, to=tree.commune, shipped=True)

    assert post(session, [sent], today=TODAY, now=NOW)[0].created


def recall(session: Session, lot: Lot) -> None:
    lot.recalled_on = TODAY
    session.add(lot)
    session.flush()


def test_a_recalled_lot_arrives_as_recalled(session: Session, tree: Tree, lot: Lot, sent: Document, do):
    recall(session, lot)
    do(a_document(tree.commune, a_line(lot, 30), kind=Kind.DELIVERY, shipment=sent.uuid))

    assert on_shelf(session, tree)[1] == 0
    assert on_shelf(session, tree, "recalled") == (0, 30)


@pytest.mark.parametrize("kind", [Kind.DISPENSE, Kind.ISSUE, Kind.RECEIPT, Kind.RELEASE])
def test_a_recalled_lot_is_neither_given_out_nor_taken_in_as_usable(
    session: Session, tree: Tree, lot: Lot, kind: str, do: Callable[..., None]
):
    do(a_document(tree.district, a_line(lot, 10), kind=Kind.QUARANTINE))
    recall(session, lot)
    to = tree.commune if kind == Kind.ISSUE else None
    found = refusals_of(lambda: do(a_document(tree.district, a_line(lot, 1), kind=kind, to=to)))

    assert refusals.RecalledLot in {type(it) for it in found}
    assert any("A1" in str(it) and "20/11/2026" in it.message.translate("vi") for it in found)


def test_blocking_a_recalled_lot_takes_it_from_the_usable_and_lifting_gives_it_back(
    session: Session, tree: Tree, lot: Lot, do: Callable[..., None]
):
    recall(session, lot)
    do(a_document(tree.district, a_line(lot, 100), kind=Kind.RECALL))
    assert (on_shelf(session, tree), on_shelf(session, tree, "recalled")) == ((0, 0), (100, 0))

    lot.recalled_on = None
    session.flush()
    do(a_document(tree.district, a_line(lot, 100, status="recalled"), kind=Kind.RELEASE))
    assert (on_shelf(session, tree), on_shelf(session, tree, "recalled")) == ((100, 0), (0, 0))


def test_a_recalled_lot_goes_up_as_recalled(session: Session, tree: Tree, lot: Lot, do: Callable[..., None]):
    recall(session, lot)
    do(a_document(tree.district, a_line(lot, 100), kind=Kind.RECALL))
    back = a_document(tree.district, a_line(lot, 100, status="recalled"), kind=Kind.RETURN, to=tree.board, shipped=True)
    do(back)
    do(a_document(tree.board, a_line(lot, 100, status="recalled"), kind=Kind.DELIVERY, shipment=back.uuid))

    held = Sql(session).rows("SELECT facility_id, status FROM stock_on_hand WHERE on_hand > 0")
    assert held == [(id_of(tree.board), "recalled")]


def test_what_is_destroyed_needs_a_reason_and_may_have_expired(session: Session, tree: Tree, do: Callable[..., None]):
    old = a_lot(session, number="C3", expires_on=YESTERDAY)
    do(a_document(tree.district, a_line(old, 5)))
    found = refusals_of(lambda: do(a_document(tree.district, a_line(old, 5), kind=Kind.DISPOSAL)))
    assert [type(it) for it in found] == [refusals.NeedsReason]

    do(a_document(tree.district, a_line(old, 5, reason="destroyed"), kind=Kind.DISPOSAL))
    assert Sql(session).rows("SELECT lost FROM stock_month WHERE lost <> 0") == [(5,)]
