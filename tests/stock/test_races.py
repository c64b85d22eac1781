"""Two clerks, the last box: whatever the order, exactly one gets it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from uuid import UUID, uuid4

import pytest

from lmis.db import make_engine, reader, transaction
from lmis.errors import Refused
from lmis.sql import Sql
from lmis.stock.documents import REQUISITION, Document, Kind, Line
from lmis.stock.numbering import take_numbers
from lmis.stock.posting import post
from lmis.stock.verify import verify
from tests.factories import NOW, TODAY, a_document, a_line, a_lot, a_tree, id_of

ROUNDS = 100


def set_up(url: str) -> tuple[int, list[tuple[int, int]]]:
    """A board with ten units of one lot for every round; its id, and the item and lot of each."""
    engine = make_engine(url)
    with transaction(engine) as session:
        board = a_tree(session).board
        lots = [a_lot(session) for _ in range(ROUNDS)]
        post(session, [a_document(board, *(a_line(lot, 10) for lot in lots))], today=TODAY, now=NOW)
        found = id_of(board), [(lot.item_id, id_of(lot)) for lot in lots]
    engine.dispose()
    return found


def send_all(url: str, board: int, lots: list[tuple[int, int]]) -> list[UUID]:
    """Ship ten units of each lot to one district, a shipment a lot; the shipments."""
    engine = make_engine(url)
    with transaction(engine) as session:
        district = Sql(session).rows("SELECT facility_id FROM facility_parent WHERE parent_id = :board", board=board)[
            0
        ][0]
        shipped = [
            Document(uuid4(), Kind.ISSUE, TODAY, board, [Line(*goods, "free", 10)], district, shipped=True)
            for goods in lots
        ]
        post(session, shipped, today=TODAY, now=NOW)
    engine.dispose()
    return [it.uuid for it in shipped]


def end_all(url: str, kind: str, lots: list[tuple[int, int]], shipments: list[UUID]) -> list[str]:
    """Confirm each shipment, or take it back; what came of each."""
    engine = make_engine(url)
    outcomes = []
    for goods, shipment in zip(lots, shipments, strict=True):
        try:
            with transaction(engine) as session:
                ends = "counterparty_id" if kind == Kind.DELIVERY else "facility_id"
                query = f"SELECT {ends} FROM stock_movement WHERE uuid = :uuid"
                place = Sql(session).rows(query, uuid=shipment)[0][0]
                line = Line(*goods, "free", 10)
                document = Document(uuid4(), kind, TODAY, place, [line], shipment=shipment)
                post(session, [document], today=TODAY, now=NOW)
                outcomes.append("posted")
        except Refused as refused:
            outcomes.append(type(refused.refusals[0]).__name__)
    engine.dispose()
    return outcomes


def take_all(url: str, board: int, lots: list[tuple[int, int]], uuids: list[UUID]) -> list[str]:
    """Dispense ten units of each lot in turn; what came of each."""
    engine = make_engine(url)
    outcomes = []
    for (item, lot), uuid in zip(lots, uuids, strict=True):
        document = Document(uuid, Kind.DISPENSE, TODAY, board, [Line(item, lot, "free", 10)])
        try:
            with transaction(engine) as session:
                outcomes.append("posted" if post(session, [document], today=TODAY, now=NOW)[0].created else "again")
        except Refused as refused:
            outcomes.append(type(refused.refusals[0]).__name__)
    engine.dispose()
    return outcomes


def race(url: str, uuids: Callable[[], list[list[UUID]]]) -> list[tuple[str, str]]:
    board, lots = set_up(url)
    with ProcessPoolExecutor(2, get_context("spawn")) as clerks:
        runs = [clerks.submit(take_all, url, board, lots, its) for its in uuids()]
        return list(zip(*(run.result() for run in runs), strict=True))


def proved(url: str) -> list[int]:
    """What is left of each lot, after a proof of the whole ledger."""
    engine = make_engine(url)
    with reader(engine) as session:
        assert verify(session) == []
        left = [row[0] for row in Sql(session).rows("SELECT on_hand FROM stock_on_hand")]
    engine.dispose()
    return left


def test_of_two_who_want_the_last_ten_units_exactly_one_gets_them(database_url: str):
    outcomes = race(database_url, lambda: [[uuid4() for _ in range(ROUNDS)] for _ in range(2)])

    assert {tuple(sorted(pair)) for pair in outcomes} == {("NoneLeft", "posted")}
    assert proved(database_url) == [0] * ROUNDS


def test_one_document_sent_twice_at_once_is_posted_once(database_url: str):
    same = [uuid4() for _ in range(ROUNDS)]
    outcomes = race(database_url, lambda: [same, same])

    assert {tuple(sorted(pair)) for pair in outcomes} == {("again", "posted")}
    assert proved(database_url) == [0] * ROUNDS


def post_many(url: str, place: int, item: int, lot: int, count: int) -> int:
    """Receive one unit `count` times, some documents at a time; how many were posted."""
    engine = make_engine(url)
    posted = 0
    for _ in range(count):
        documents = [Document(uuid4(), Kind.RECEIPT, TODAY, place, [Line(item, lot, "free", 1)]) for _ in range(5)]
        with transaction(engine) as session:
            posted += len(post(session, documents, today=TODAY, now=NOW))
    engine.dispose()
    return posted


def test_two_facilities_post_at_once_without_troubling_each_other(database_url: str):
    engine = make_engine(database_url)
    with transaction(engine) as session:
        tree, lot = a_tree(session), a_lot(session)
        places, goods = (id_of(tree.board), id_of(tree.district)), (lot.item_id, id_of(lot))
    engine.dispose()
    with ProcessPoolExecutor(2, get_context("spawn")) as clerks:
        runs = [clerks.submit(post_many, database_url, place, *goods, ROUNDS) for place in places]
        assert [run.result() for run in runs] == [5 * ROUNDS, 5 * ROUNDS]

    assert proved(database_url) == [5 * ROUNDS, 5 * ROUNDS]


@pytest.mark.parametrize("other", [Kind.DELIVERY, Kind.SENT_BACK], ids=["confirmed twice", "confirmed and recalled"])
def test_of_two_who_end_one_shipment_at_once_exactly_one_does(database_url: str, other: str):
    board, lots = set_up(database_url)
    shipments = send_all(database_url, board, lots)
    with ProcessPoolExecutor(2, get_context("spawn")) as clerks:
        runs = [clerks.submit(end_all, database_url, kind, lots, shipments) for kind in (Kind.DELIVERY, other)]
        outcomes = list(zip(*(run.result() for run in runs), strict=True))

    assert {tuple(sorted(pair)) for pair in outcomes} == {("NothingOnTheWay", "posted")}
    assert sorted(proved(database_url))[-ROUNDS:] == [10] * ROUNDS


def number_many(url: str, place: int, count: int) -> list[int]:
    """Take a number for a requisition `count` times, every third given up again."""
    engine = make_engine(url)
    taken = []
    for turn in range(count):
        try:
            with transaction(engine) as session:
                number = take_numbers(session, [place], REQUISITION, TODAY.year)[0]
                if turn % 3 == 0:
                    raise GivenUp
                taken.append(number)
        except GivenUp:
            continue
    engine.dispose()
    return taken


class GivenUp(Exception):
    """The paper was not made after all."""


def test_numbers_have_neither_gaps_nor_repeats_when_two_take_them_at_once(database_url: str):
    board, _ = set_up(database_url)
    with ProcessPoolExecutor(2, get_context("spawn")) as clerks:
        runs = [clerks.submit(number_many, database_url, board, ROUNDS) for _ in range(2)]
        taken = [number for run in runs for number in run.result()]

    assert sorted(taken) == list(range(1, len(taken) + 1))
