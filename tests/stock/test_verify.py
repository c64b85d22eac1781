"""Proving the ledger finds what is not so."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session

from lmis.catalog.models import Lot
from lmis.sql import Sql
from lmis.stock.documents import LOT_RECALL, REQUISITION, Kind
from lmis.stock.numbering import take_numbers
from lmis.stock.posting import post
from lmis.stock.verify import verify
from tests.factories import NOW, TODAY, Tree, a_document, a_line, a_lot, a_tree, id_of


@pytest.fixture
def tree(session: Session) -> Tree:
    return a_tree(session)


@pytest.fixture
def lot(session: Session, tree: Tree) -> Lot:
    lot = a_lot(session, number="A1")
    documents = [
        a_document(tree.board, a_line(lot, 100), on=TODAY - timedelta(days=90)),
        a_document(tree.board, a_line(lot, 100), kind=Kind.ISSUE, to=tree.district, on=TODAY - timedelta(days=40)),
    ]
    sent = a_document(tree.district, a_line(lot, 30), kind=Kind.ISSUE, to=tree.commune, shipped=True, on=TODAY)
    arrived = a_document(tree.commune, a_line(lot, 20), kind=Kind.DELIVERY, shipment=sent.uuid)
    post(session, [*documents, sent, arrived], today=TODAY, now=NOW)
    return lot


def test_a_sound_ledger_has_no_differences(session: Session, lot: Lot):
    assert verify(session) == []


@pytest.mark.parametrize(
    ("table", "spoil"),
    [
        ("stock_on_hand", "UPDATE stock_on_hand SET on_hand = on_hand + 1 WHERE on_hand > 0"),
        ("stock_on_hand", "DELETE FROM stock_on_hand WHERE on_hand > 0"),
        ("stock_month", "UPDATE stock_month SET closing = closing + 1"),
        ("stock_month", "UPDATE stock_month SET dispensed = 7"),
        ("stock_series", "UPDATE stock_series SET first_on = '2020-01-01'"),
        ("stockout", "DELETE FROM stockout"),
        ("stockout", "UPDATE stockout SET started_on = '2026-08-02' WHERE started_on = '2026-08-01'"),
        ("document_counter", "UPDATE document_counter SET last = last + 1"),
        ("in_transit", "UPDATE in_transit SET received = received + 1, quantity = quantity - 1"),
        ("in_transit", "UPDATE in_transit SET lost = lost + 2, received = received - 2"),
        ("in_transit", "UPDATE in_transit SET since_on = '2026-08-02'"),
        ("in_transit", "DELETE FROM in_transit"),
    ],
)
def test_every_difference_in_what_is_kept_is_named(session: Session, lot: Lot, table: str, spoil: str):
    Sql(session).execute(spoil)

    assert {difference.table for difference in verify(session)} == {table}


def test_a_difference_says_where_in_words(session: Session, tree: Tree, lot: Lot):
    Sql(session).execute("UPDATE stock_month SET received = received + 5 WHERE received > 0")
    messages = [str(difference.message) for difference in verify(session)]

    assert any(tree.board.code in message and "105" in message and "100" in message for message in messages)


def test_lines_that_do_not_balance_are_named(session: Session, tree: Tree, lot: Lot):
    sql = Sql(session)
    sql.execute(
        "INSERT INTO stock_movement_line (movement_id, line_no, account, facility_id, item_id, lot_id, channel, status,"
        " quantity, occurred_on) SELECT movement_id, 9, 'loss', facility_id, item_id, lot_id, channel, status, 5,"
        " occurred_on FROM stock_movement_line WHERE line_no = 1"
    )

    assert {difference.table for difference in verify(session)} == {"lines do not sum to zero"}


def test_goods_on_the_way_without_a_shipment_are_named(session: Session, lot: Lot):
    sql = Sql(session)
    sql.execute(
        "INSERT INTO stock_movement_line (movement_id, line_no, account, facility_id, item_id, lot_id, channel,"
        " status, quantity, occurred_on) SELECT movement_id, 9 + n, 'transit', facility_id, item_id, lot_id, channel,"
        " status, 5 - 10 * n, occurred_on FROM stock_movement_line, (SELECT 0 AS n UNION ALL SELECT 1) AS signs"
        " WHERE line_no = 1 AND movement_id = (SELECT MIN(movement_id) FROM stock_movement_line)"
    )

    assert {difference.table for difference in verify(session)} == {"goods on the way without a shipment"}


def test_a_shipment_that_loses_goods_is_named_where_the_database_let_it(session: Session, lot: Lot):
    sql = Sql(session)
    if sql.sqlite:
        sql.execute("PRAGMA ignore_check_constraints = ON")
    else:
        sql.execute("ALTER TABLE in_transit DROP CONSTRAINT ck_in_transit_adds_up")
    sql.execute("UPDATE in_transit SET sent = sent + 4")

    found = {difference.table for difference in verify(session)}
    assert found == {"in_transit", "sent differs from received, lost, returned and on the way"}


def test_a_gap_in_the_numbers_of_documents_is_named(session: Session, tree: Tree, lot: Lot):
    Sql(session).execute(
        "INSERT INTO stock_movement (id, uuid, kind, year, number, occurred_on, recorded_at, facility_id, digest)"
        " SELECT 999, :uuid, kind, year, number + 2, occurred_on, recorded_at, facility_id, digest"
        " FROM stock_movement WHERE kind = 'receipt'",
        uuid=uuid4(),
    )

    found = {difference.table: difference for difference in verify(session)}
    assert found.keys() == {"document_counter", "document without lines"}
    assert found["document_counter"].key == (tree.board.code, "receipt", "2026")


@pytest.mark.parametrize("kind", [REQUISITION, LOT_RECALL])
def test_a_number_taken_for_a_paper_that_is_not_there_is_named(session: Session, tree: Tree, kind: str):
    take_numbers(session, [id_of(tree.board)], kind, TODAY.year)

    found = [(difference.table, difference.key, difference.kept) for difference in verify(session)]
    assert found == [("document_counter", (tree.board.code, kind, "2026"), "1")]
