"""A recall and a posting at the same moment: whichever comes first, nobody is left with usable goods of the lot."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from lmis.db import reader, transaction
from lmis.errors import Refused
from lmis.recalls.models import LotRecall
from lmis.recalls.service import Order, recall_lot, stop_postings
from lmis.sql import Sql
from lmis.stock.documents import Kind
from lmis.stock.models import StockOnHand
from lmis.stock.posting import post
from lmis.stock.refusals import RecalledLot
from lmis.stock.service import ReceivedLine, receive_stock
from lmis.stock.verify import verify
from tests.factories import JUNE, NOW, TODAY, a_document, a_facility, a_line, a_lot, a_tree, id_of

Act = Callable[[Session], object]
A_MOMENT = 0.4  # for the second to come as far as it can


@pytest.fixture
def acts(engine: Engine) -> tuple[Act, Act]:
    """The board's recall of a lot that only a district holds, and its issue to a commune that never had any."""
    with transaction(engine) as session:
        tree, lot = a_tree(session), a_lot(session)
        newcomer = a_facility(session, parent=tree.district)
        post(session, [a_document(tree.district, a_line(lot, 10))], today=TODAY, now=NOW)
    issue = a_document(tree.district, a_line(lot, 4), kind=Kind.ISSUE, to=newcomer)
    order = Order(uuid4(), id_of(lot), id_of(tree.board), "Nứt vỏ")
    return (
        lambda session: recall_lot(session, order, today=TODAY, now=NOW),
        lambda session: post(session, [issue], today=TODAY, now=NOW),
    )


def at_once(engine: Engine, first: Act, second: Act) -> Future[object]:
    """Both at once, the first committing only when the second has begun; what came of the second."""

    def do_second() -> object:
        with transaction(engine) as session:
            return second(session)

    with ThreadPoolExecutor(1) as pool, transaction(engine) as session:
        first(session)
        waiting = pool.submit(do_second)
        sleep(A_MOMENT)
    return waiting


def held(engine: Engine) -> dict[str, int]:
    with reader(engine) as session:
        assert verify(session) == []
        rows = session.exec(select(StockOnHand).where(StockOnHand.on_hand > 0))
        units: dict[str, int] = {}
        for row in rows:
            units[row.status] = units.get(row.status, 0) + row.on_hand
        return units


def test_what_is_issued_while_a_recall_begins_is_recalled_where_it_went(engine: Engine, acts: tuple[Act, Act]):
    recall, issue = acts

    at_once(engine, issue, recall).result()

    assert held(engine) == {"recalled": 10}


def test_what_is_issued_while_a_recall_ends_is_refused(engine: Engine, acts: tuple[Act, Act]):
    recall, issue = acts

    answer = at_once(engine, recall, issue)

    refused = answer.exception()
    assert isinstance(refused, Refused)
    assert RecalledLot in [type(it) for it in refused.refusals]
    assert held(engine) == {"recalled": 10}


def test_an_order_sent_twice_at_once_is_one_recall(engine: Engine, acts: tuple[Act, Act]):
    recall, _ = acts

    answer = at_once(engine, recall, recall)

    assert isinstance(answer.result(), LotRecall)
    assert held(engine) == {"recalled": 10}


def test_a_recall_and_a_receipt_that_dates_the_lot_do_not_wait_for_each_other(engine: Engine):
    with transaction(engine) as session:
        tree, lot = a_tree(session), a_lot(session, number="LOT 7/A", expires_on=None)
        post(session, [a_document(tree.board, a_line(lot, 10))], today=TODAY, now=NOW)
    order = Order(uuid4(), id_of(lot), id_of(tree.board), "Nứt vỏ")
    line = ReceivedLine(lot.item_id, "LOT 7/A", JUNE, "free", 5)

    def receive() -> object:
        with transaction(engine) as session:
            return receive_stock(
                session, uuid=uuid4(), facility_id=id_of(tree.board), occurred_on=TODAY, lines=[line], supplier="A",
                reference=None, today=TODAY, now=NOW,
            )  # fmt: skip

    with ThreadPoolExecutor(1) as pool, transaction(engine) as session:
        stop_postings(Sql(session))
        waiting = pool.submit(receive)
        sleep(A_MOMENT)
        recall_lot(session, order, today=TODAY, now=NOW)

    with pytest.raises(Refused) as refused:
        waiting.result()
    assert [type(it) for it in refused.value.refusals] == [RecalledLot]
    assert held(engine) == {"recalled": 10}
