"""Posting documents, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from lmis.catalog.models import Lot
from lmis.errors import Refused
from lmis.network.models import Facility
from lmis.stock import refusals
from lmis.stock.documents import QUARANTINED, Document, Kind, Line
from lmis.stock.models import StockMonth, StockMovement, StockMovementLine, StockOnHand, Stockout
from lmis.stock.posting import post
from tests.factories import MARCH, NOW, TODAY, Tree, a_lot, a_tree, an_item, id_of

OCTOBER = date(2026, 10, 1)


@pytest.fixture
def tree(session: Session) -> Tree:
    return a_tree(session)


@pytest.fixture
def lot(session: Session) -> Lot:
    return a_lot(session, number="A12", expires_on=MARCH)


def a_document(kind: str, at: Facility, lot: Lot, quantity: int, on: date = TODAY, **more: object) -> Document:
    reason = "damaged" if kind in ("loss", "found", "adjustment") else None
    line = Line(lot.item_id, id_of(lot), "free", quantity, reason=reason)
    to = more.pop("to", None)
    return Document(uuid4(), kind, on, id_of(at), [line], counterparty_id=to and id_of(to), **more)


def posted(session: Session, *documents: Document) -> None:
    post(session, documents, today=TODAY, now=NOW)


def on_hand(session: Session, at: Facility, lot: Lot, status: str = "usable") -> int:
    row = session.get(StockOnHand, (id_of(at), lot.item_id, id_of(lot), "free", status), populate_existing=True)
    return row.on_hand if row else 0


def refusal(session: Session, *documents: Document) -> list[type]:
    with pytest.raises(Refused) as refused:
        posted(session, *documents)
    return [type(fault) for fault in refused.value.refusals]


def test_what_is_received_stands_on_the_shelf(session: Session, tree: Tree, lot: Lot):
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 10_000))

    assert on_hand(session, tree.board, lot) == 10_000


def test_what_is_issued_leaves_one_shelf_and_reaches_the_other(session: Session, tree: Tree, lot: Lot):
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 100))
    posted(session, a_document(Kind.ISSUE, tree.board, lot, 40, to=tree.district))

    assert (on_hand(session, tree.board, lot), on_hand(session, tree.district, lot)) == (60, 40)


def test_every_document_sums_to_zero(session: Session, tree: Tree, lot: Lot):
    posted(
        session,
        a_document(Kind.OPENING, tree.board, lot, 100),
        a_document(Kind.ISSUE, tree.board, lot, 40, to=tree.district),
        a_document(Kind.DISPENSE, tree.district, lot, 3),
        a_document(Kind.LOSS, tree.district, lot, 2),
        a_document(Kind.COUNT, tree.district, lot, 36),
        a_document(Kind.RETURN, tree.district, lot, 5, to=tree.board),
        a_document(Kind.QUARANTINE, tree.board, lot, 5),
    )
    lines = session.exec(select(StockMovementLine)).all()

    for movement in {line.movement_id for line in lines}:
        assert sum(line.quantity for line in lines if line.movement_id == movement) == 0


def test_the_same_document_twice_is_one(session: Session, tree: Tree, lot: Lot):
    document = a_document(Kind.RECEIPT, tree.board, lot, 100)
    first = post(session, [document], today=TODAY, now=NOW)[0]
    again = post(session, [document], today=TODAY, now=NOW)[0]

    assert (first.created, again.created, again.id) == (True, False, first.id)
    assert on_hand(session, tree.board, lot) == 100


def test_the_same_id_with_other_content_is_refused(session: Session, tree: Tree, lot: Lot):
    document = a_document(Kind.RECEIPT, tree.board, lot, 100)
    posted(session, document)
    other = replace(document, reference="PN 7")

    assert refusal(session, other) == [refusals.ClashingId]
    assert refusal(session, a_document(Kind.FOUND, tree.board, lot, 1), other) == [refusals.ClashingId]
    assert on_hand(session, tree.board, lot) == 100


def test_more_than_there_is_cannot_be_taken(session: Session, tree: Tree, lot: Lot):
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 10))

    assert refusal(session, a_document(Kind.DISPENSE, tree.board, lot, 11)) == [refusals.InsufficientLot]


def test_a_backdated_document_may_not_empty_a_later_day(session: Session, tree: Tree, lot: Lot):
    posted(
        session,
        a_document(Kind.RECEIPT, tree.board, lot, 10, on=date(2026, 10, 1)),
        a_document(Kind.DISPENSE, tree.board, lot, 8, on=date(2026, 10, 9)),
        a_document(Kind.RECEIPT, tree.board, lot, 50, on=date(2026, 10, 12)),
    )

    assert refusal(session, a_document(Kind.LOSS, tree.board, lot, 3, on=date(2026, 10, 5))) == [
        refusals.WouldGoNegative
    ]
    posted(session, a_document(Kind.LOSS, tree.board, lot, 2, on=date(2026, 10, 5)))
    assert on_hand(session, tree.board, lot) == 50


def test_a_backdated_document_is_carried_into_every_later_month(session: Session, tree: Tree, lot: Lot):
    for month in (7, 9, 10):
        posted(session, a_document(Kind.RECEIPT, tree.board, lot, 10, on=date(2026, month, 3)))
    posted(session, a_document(Kind.DISPENSE, tree.board, lot, 4, on=date(2026, 8, 20)))
    months = session.exec(select(StockMonth).order_by(StockMonth.month)).all()

    assert [(m.month, m.closing) for m in months] == [(202607, 10), (202608, 6), (202609, 16), (202610, 26)]


def test_a_count_corrects_the_shelf_and_settles_what_came_before(session: Session, tree: Tree, lot: Lot):
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 40, on=date(2026, 10, 1)))
    posted(session, a_document(Kind.COUNT, tree.board, lot, 37, on=date(2026, 10, 20)))

    assert on_hand(session, tree.board, lot) == 37
    assert refusal(session, a_document(Kind.DISPENSE, tree.board, lot, 1, on=date(2026, 10, 19))) == [
        refusals.SettledByCount
    ]


def test_a_count_that_agrees_settles_too(session: Session, tree: Tree, lot: Lot):
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 40, on=date(2026, 10, 1)))
    posted(session, a_document(Kind.COUNT, tree.board, lot, 40, on=date(2026, 10, 20)))

    assert refusal(session, a_document(Kind.FOUND, tree.board, lot, 1, on=date(2026, 10, 2))) == [
        refusals.SettledByCount
    ]


def reversal(document: Document, at: Facility) -> Document:
    return Document(uuid4(), Kind.REVERSAL, TODAY, id_of(at), [], reverses=document.uuid, note="nhập nhầm")


def test_a_reversal_takes_everything_back_today(session: Session, tree: Tree, lot: Lot):
    issue = a_document(Kind.ISSUE, tree.board, lot, 40, to=tree.district, on=OCTOBER)
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 100, on=OCTOBER), issue)
    posted(session, reversal(issue, tree.board))

    assert (on_hand(session, tree.board, lot), on_hand(session, tree.district, lot)) == (100, 0)
    month = session.get(StockMonth, (id_of(tree.board), lot.item_id, "free", 202611))
    assert month is not None
    assert (month.issued, month.closing) == (-40, 100)


def test_a_document_is_reversed_once_and_a_reversal_never(session: Session, tree: Tree, lot: Lot):
    receipt = a_document(Kind.RECEIPT, tree.board, lot, 100)
    undone = reversal(receipt, tree.board)
    posted(session, receipt, undone)

    assert refusal(session, reversal(receipt, tree.board)) == [refusals.AlreadyReversed]
    assert refusal(session, reversal(undone, tree.board)) == [refusals.ReversesReversal]
    assert refusal(session, reversal(a_document(Kind.LOSS, tree.board, lot, 1), tree.board)) == [
        refusals.UnknownDocument
    ]


def test_what_a_later_count_settled_is_not_reversed(session: Session, tree: Tree, lot: Lot):
    receipt = a_document(Kind.RECEIPT, tree.board, lot, 100, on=OCTOBER)
    posted(session, receipt, a_document(Kind.COUNT, tree.board, lot, 99))

    assert refusal(session, reversal(receipt, tree.board)) == [refusals.ReversalSettled]


def test_what_has_been_given_on_is_not_reversed(session: Session, tree: Tree, lot: Lot):
    receipt = a_document(Kind.RECEIPT, tree.board, lot, 100)
    posted(session, receipt, a_document(Kind.DISPENSE, tree.board, lot, 1))

    assert refusal(session, reversal(receipt, tree.board)) == [refusals.InsufficientLot]


@pytest.mark.parametrize("kind", [Kind.ISSUE, Kind.DISPENSE, Kind.TRANSFER])
def test_expired_stock_is_not_given_out(session: Session, tree: Tree, kind: str):
    lot = a_lot(session, expires_on=date(2026, 11, 19))
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 100, on=OCTOBER))
    to = tree.district if kind != Kind.DISPENSE else None

    assert refusals.ExpiredLot in refusal(session, a_document(kind, tree.board, lot, 1, to=to))


def test_expired_stock_can_be_written_off(session: Session, tree: Tree):
    lot = a_lot(session, expires_on=date(2026, 11, 19))
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 100, on=OCTOBER))
    posted(session, a_document(Kind.LOSS, tree.board, lot, 100))

    assert on_hand(session, tree.board, lot) == 0


def test_stock_in_quarantine_is_not_given_out(session: Session, tree: Tree, lot: Lot):
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 100), a_document(Kind.QUARANTINE, tree.board, lot, 100))

    assert on_hand(session, tree.board, lot, QUARANTINED) == 100
    assert refusal(session, a_document(Kind.DISPENSE, tree.board, lot, 1)) == [refusals.QuarantinedLot]
    posted(session, a_document(Kind.RELEASE, tree.board, lot, 30), a_document(Kind.DISPENSE, tree.board, lot, 1))
    assert on_hand(session, tree.board, lot) == 29


def test_a_collaborator_holds_no_clinical_goods(session: Session, tree: Tree):
    iud = a_lot(session, an_item(session, method="iud"))
    posted(session, a_document(Kind.RECEIPT, tree.commune, iud, 10))

    assert refusal(session, a_document(Kind.ISSUE, tree.commune, iud, 1, to=tree.collaborator)) == [refusals.MayNotHold]


@pytest.mark.parametrize(
    ("kind", "sender", "receiver", "why"),
    [
        (Kind.ISSUE, "district", "board", refusals.NotBelow),
        (Kind.ISSUE, "district", "district", refusals.SameFacility),
        (Kind.TRANSFER, "board", "commune", refusals.NotAPeer),
        (Kind.RETURN, "board", "commune", refusals.NotAbove),
    ],
)
def test_goods_go_the_way_their_document_says(
    session: Session, tree: Tree, lot: Lot, kind: str, sender: str, receiver: str, why: type
):
    at, to = getattr(tree, sender), getattr(tree, receiver)
    posted(session, a_document(Kind.RECEIPT, at, lot, 10))

    assert refusal(session, a_document(kind, at, lot, 1, to=to)) == [why]


def test_nothing_is_dated_in_the_future_or_in_a_closed_period(session: Session, tree: Tree, lot: Lot):
    tree.board.closed_through = date(2026, 10, 31)
    session.add(tree.board)

    assert refusal(session, a_document(Kind.RECEIPT, tree.board, lot, 1, on=date(2026, 11, 21))) == [
        refusals.FutureDate
    ]
    assert refusal(session, a_document(Kind.RECEIPT, tree.board, lot, 1, on=date(2026, 10, 31))) == [
        refusals.ClosedPeriod
    ]


@pytest.mark.parametrize("quantity", [0, -1, 2**31])
def test_a_quantity_is_a_whole_number_of_units(session: Session, tree: Tree, lot: Lot, quantity: int):
    assert refusal(session, a_document(Kind.RECEIPT, tree.board, lot, quantity)) == [refusals.BadQuantity]


def test_an_opening_balance_of_nothing_begins_a_stockout(session: Session, tree: Tree, lot: Lot):
    posted(session, a_document(Kind.OPENING, tree.board, lot, 0, on=OCTOBER))

    assert session.exec(select(Stockout.started_on)).all() == [OCTOBER]


def test_an_item_new_to_a_facility_was_out_since_the_month_began(session: Session, tree: Tree, lot: Lot):
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 5, on=date(2026, 10, 9)))

    first = session.exec(select(Stockout).order_by(Stockout.started_on)).first()
    assert first is not None
    assert (first.started_on, first.ended_on) == (OCTOBER, date(2026, 10, 9))


def test_all_refusals_of_a_document_come_together(session: Session, tree: Tree):
    empty, expired = a_lot(session), a_lot(session, expires_on=date(2026, 1, 1))
    lines = [Line(lot.item_id, id_of(lot), "free", 5) for lot in (expired, expired)] + [
        Line(empty.item_id, id_of(empty), "free", 0)
    ]
    with pytest.raises(Refused) as refused:
        posted(session, Document(uuid4(), Kind.DISPENSE, TODAY, id_of(tree.board), lines))

    found = [(type(f), f.line) for f in refused.value.refusals if isinstance(f, refusals.LineRefused)]
    assert found == [(refusals.ExpiredLot, 0), (refusals.ExpiredLot, 1), (refusals.BadQuantity, 2)]


def test_one_refused_document_refuses_all_that_were_posted_with_it(session: Session, tree: Tree, lot: Lot):
    good, bad = a_document(Kind.RECEIPT, tree.board, lot, 5), a_document(Kind.LOSS, tree.board, lot, 6)

    assert refusal(session, good, bad) == [refusals.InsufficientLot]
    assert session.exec(select(StockMovement)).all() == []
    assert on_hand(session, tree.board, lot) == 0


def test_documents_are_numbered_by_facility_kind_and_year(session: Session, tree: Tree, lot: Lot):
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 1)]
    documents = [a_document(Kind.RECEIPT, tree.board, lot, 1, on=day) for day in days]
    numbers = [(p.year, p.number) for p in post(session, documents, today=TODAY, now=NOW)]

    assert numbers == [(2025, 1), (2026, 1), (2026, 2)]


def test_a_stockout_begins_when_the_last_unit_leaves_and_ends_when_stock_comes_back(
    session: Session, tree: Tree, lot: Lot
):
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 5, on=date(2026, 10, 1)))
    posted(session, a_document(Kind.DISPENSE, tree.board, lot, 5, on=date(2026, 10, 10)))
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 5, on=date(2026, 10, 15)))
    spans = session.exec(select(Stockout).order_by(Stockout.started_on)).all()

    assert [(s.started_on, s.ended_on) for s in spans] == [
        (date(2026, 10, 10), date(2026, 10, 15)),
        (date(2027, 4, 1), date.max),  # the lot may be used through March 2027
    ]


def test_stock_that_comes_and_goes_within_a_day_does_not_end_a_stockout(session: Session, tree: Tree, lot: Lot):
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 5, on=date(2026, 10, 1)))
    posted(session, a_document(Kind.DISPENSE, tree.board, lot, 5, on=date(2026, 10, 10)))
    posted(session, a_document(Kind.RECEIPT, tree.board, lot, 5, on=date(2026, 10, 15)))
    posted(session, a_document(Kind.DISPENSE, tree.board, lot, 5, on=date(2026, 10, 15)))
    spans = session.exec(select(Stockout)).all()

    assert [(s.started_on, s.ended_on) for s in spans] == [(date(2026, 10, 10), date.max)]


def test_a_document_that_moved_nothing_is_not_reversed(session: Session, tree: Tree, lot: Lot):
    nothing = a_document(Kind.OPENING, tree.board, lot, 0, on=OCTOBER)
    posted(session, nothing)

    assert refusal(session, reversal(nothing, tree.board)) == [refusals.NothingToReverse]


def test_a_reversal_takes_consumption_back_from_the_month_it_was_counted_in(session: Session, tree: Tree, lot: Lot):
    dispensed = a_document(Kind.DISPENSE, tree.board, lot, 90, on=date(2026, 6, 9))
    posted(session, a_document(Kind.OPENING, tree.board, lot, 100, on=date(2026, 6, 1)), dispensed)
    posted(session, reversal(dispensed, tree.board))
    months = session.exec(select(StockMonth).order_by(StockMonth.month)).all()

    assert [(m.month, m.dispensed, m.consumed, m.closing) for m in months] == [
        (202606, 90, 0, 10),
        (202611, -90, 0, 100),
    ]


def test_totals_hold_more_than_one_lot_can(session: Session, tree: Tree):
    lots = [a_lot(session, item) for item in [an_item(session)] * 2]
    posted(session, *(a_document(Kind.RECEIPT, tree.board, lot, 2**31 - 1) for lot in lots))

    assert session.exec(select(StockMonth.closing)).all() == [2**32 - 2]
