"""Two at the same requisition at the same moment, from two processes on a real database."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from uuid import UUID, uuid4

from lmis.db import Busy, make_engine, reader, transaction
from lmis.errors import LmisError, Refused
from lmis.network.models import Facility
from lmis.requisitions import service
from lmis.requisitions.release import release
from lmis.requisitions.states import EMERGENCY, REGULAR, Actor
from lmis.sql import Sql
from tests.factories import NOW, TODAY
from tests.requisitions.paper import OCTOBER, actor
from tests.requisitions.test_approval_and_release import Store

ROUNDS = 25


def in_two(act, url: str, *of_each) -> list[tuple[str, str]]:
    """What came of the same work done by two processes at once, round by round."""
    with ProcessPoolExecutor(2, get_context("spawn")) as clerks:
        runs = [clerks.submit(act, url, *its) for its in of_each]
        return list(zip(*(run.result() for run in runs), strict=True))


def outcome(engine, act) -> str:
    try:
        with transaction(engine) as session:
            return act(session)
    except Busy:
        return outcome(engine, act)  # as the page says: do it again
    except Refused as refused:
        return type(refused.refusals[0]).__name__
    except LmisError as error:
        return type(error).__name__


def release_each(url: str, who: Actor, uuids: list[UUID], version: int) -> list[str]:
    engine = make_engine(url)

    def one(uuid: UUID) -> str:
        return outcome(
            engine,
            lambda session: "shipped" if release(session, {uuid: version}, actor=who, today=TODAY, now=NOW) else "done",
        )

    outcomes = [one(uuid) for uuid in uuids]
    engine.dispose()
    return outcomes


def approved_papers(url: str, stock: int, count: int) -> tuple[list[Actor], list[UUID], int]:
    """Approved requisitions of 10 units each at one district with so much in stock, and two who may release them."""
    engine = make_engine(url)
    with transaction(engine) as session:
        store = Store.of(session)
        store.receive(store.tree.district, stock)
        store.receive(store.tree.commune, 1)
        uuids = [store.approve(store.asked(store.tree.commune, 10, EMERGENCY)) for _ in range(count)]
        version = store.paper(uuids[0]).version
        both = [actor(session, store.tree.district) for _ in range(2)]
    engine.dispose()
    return both, uuids, version


def count_of(url: str, statement: str) -> int:
    engine = make_engine(url)
    with reader(engine) as session:
        found = int(Sql(session).rows(statement)[0][0])
    engine.dispose()
    return found


SHIPMENTS = "SELECT COUNT(*) FROM stock_movement WHERE kind = 'issue'"
ON_THE_WAY = "SELECT COALESCE(SUM(quantity), 0) FROM in_transit"


def test_of_two_who_release_one_requisition_exactly_one_ships_it(database_url: str):
    (one, two), uuids, version = approved_papers(database_url, 10 * ROUNDS, ROUNDS)

    outcomes = in_two(release_each, database_url, (one, uuids, version), (two, uuids, version))

    assert {tuple(sorted(pair)) for pair in outcomes} == {("ChangedMeanwhile", "shipped")}
    assert (count_of(database_url, SHIPMENTS), count_of(database_url, ON_THE_WAY)) == (ROUNDS, 10 * ROUNDS)


def test_one_persons_two_clicks_ship_it_once_and_both_are_told_it_is_done(database_url: str):
    (one, _), uuids, version = approved_papers(database_url, 10 * ROUNDS, ROUNDS)

    outcomes = in_two(release_each, database_url, (one, uuids, version), (one, uuids, version))

    assert {tuple(sorted(pair)) for pair in outcomes} == {("done", "shipped")}
    assert count_of(database_url, SHIPMENTS) == ROUNDS


def test_two_requisitions_for_the_last_ten_units_are_not_both_shipped(database_url: str):
    (one, two), uuids, version = approved_papers(database_url, 10 * ROUNDS, 2 * ROUNDS)

    in_two(release_each, database_url, (one, uuids[:ROUNDS], version), (two, uuids[ROUNDS:], version))

    assert (count_of(database_url, SHIPMENTS), count_of(database_url, ON_THE_WAY)) == (ROUNDS, 10 * ROUNDS)


def begin_each(url: str, who: Actor, uuids: list[UUID]) -> list[str]:
    engine = make_engine(url)

    def one(uuid: UUID) -> str:
        def begin(session) -> str:
            place = session.get_one(Facility, who.place_id)
            kind = {"kind": REGULAR, "period": OCTOBER, "uuid": uuid}
            service.initiate(session, place, **kind, actor=who, today=TODAY, now=NOW)
            return "begun"

        return outcome(engine, begin)

    outcomes = [one(uuid) for uuid in uuids]
    engine.dispose()
    return outcomes


def test_of_two_who_begin_the_same_period_exactly_one_does(database_url: str):
    engine = make_engine(database_url)
    with transaction(engine) as session:
        store = Store.of(session)
        both = [actor(session, store.tree.commune) for _ in range(2)]
    engine.dispose()

    outcomes = in_two(begin_each, database_url, *((who, [uuid4()]) for who in both))

    assert [sorted(pair) for pair in outcomes] == [["OpenRequisition", "begun"]]
    assert count_of(database_url, "SELECT last FROM document_counter WHERE kind = 'requisition'") == 1
