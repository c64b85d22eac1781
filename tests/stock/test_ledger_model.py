"""Random documents against the plain model, on both databases: same refusals, balances, months and stockouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session

from lmis.db import transaction
from lmis.errors import Refused
from lmis.sql import Sql, as_day
from lmis.stock.documents import Document, Kind, Line
from lmis.stock.posting import post
from lmis.stock.stockouts import DAY
from lmis.stock.verify import verify
from tests.factories import NOW, TODAY, a_channel, a_facility, a_lot, a_tree, an_item, id_of
from tests.stock.model import Model

NAMESPACE = UUID("7d0a5f5e-6f0e-4f0a-9a52-3f6f2f0f5b11")
KINDS = [k for k in Kind if k not in (Kind.REVERSAL, Kind.ADJUSTMENT)]
PLACES = ["board", "district", "commune", "other", "collaborator"]


@dataclass
class World:
    engine: Engine
    places: dict[str, int]
    lots: dict[int, tuple[int, date | None]]
    clinical: set[int]

    def model(self) -> Model:
        return Model(TODAY, {i: name for name, i in self.places.items()}, self.lots, self.clinical)


@pytest.fixture
def world(engine: Engine) -> World:
    with transaction(engine) as session:
        tree = a_tree(session)
        other = a_facility(session, parent=tree.district)
        condom, implant = an_item(session), an_item(session, method="implant")
        a_channel(session, "market")
        lots = [a_lot(session, condom), a_lot(session, condom, expires_on=TODAY - timedelta(days=20))]
        lots += [a_lot(session, condom, "", None), a_lot(session, implant)]
        places = {name: id_of(getattr(tree, name)) for name in PLACES if name != "other"} | {"other": id_of(other)}
        facts = {id_of(lot): (lot.item_id, lot.expires_on) for lot in lots}
    return World(engine, places, facts, {id_of(implant)})


quantities = st.one_of(st.integers(1, 12), st.integers(0, 40), st.just(500))
# Few days, so that documents often share one; the lot that expires does so between them.
days = st.sampled_from([0, 0, 1, 2, 15, 19, 20, 21, 40, 70, -1]).map(lambda ago: TODAY - timedelta(days=ago))
lines = st.tuples(st.integers(0, 3), st.sampled_from(["free", "free", "market"]), quantities, st.booleans())
acts = st.one_of(
    st.tuples(
        st.sampled_from(KINDS),
        days,
        st.sampled_from(PLACES),
        st.sampled_from([None, *PLACES]),
        st.lists(lines, min_size=0, max_size=3),
    ),
    st.integers(0, 30),  # reverse the n-th document so far
)


def to_document(world: World, act: object, number: int, before: list[Document]) -> Document:
    uuid = uuid5(NAMESPACE, str(number))
    if isinstance(act, int):
        original = before[act % len(before)] if before else None
        maker = original.facility_id if original else world.places["board"]
        return Document(uuid, Kind.REVERSAL, TODAY, maker, [], reverses=original.uuid if original else NAMESPACE)
    kind, on, at, to, asked = act  # type: ignore[misc]
    lots = sorted(world.lots)
    status = "quarantined" if kind == Kind.RELEASE else "usable"
    wanted = [
        Line(world.lots[lots[lot]][0], lots[lot], channel, q, status, reason=None if bare else "other")
        for lot, channel, q, bare in asked
    ]
    other = world.places[to] if to and kind in (Kind.ISSUE, Kind.TRANSFER, Kind.RETURN) else None
    return Document(uuid, kind, on, world.places[at], wanted, counterparty_id=other)


def refusals_of(act: Callable[[], object]) -> list[tuple[str, int | None]]:
    try:
        act()
    except Refused as refused:
        return [(type(fault).__name__, fault.line) for fault in refused.refusals]  # type: ignore[attr-defined]
    return []


def rolled_back(engine: Engine) -> Session:
    return Session(engine.execution_options(begin="BEGIN IMMEDIATE"))


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(acts, max_size=25))
def test_the_ledger_does_what_plain_dictionaries_do(world: World, asked: list[object]):
    model = world.model()
    documents: list[Document] = []
    with rolled_back(world.engine) as session:
        for number, act in enumerate(asked):
            document = to_document(world, act, number, documents)
            refused = refusals_of(lambda d=document: post(session, [d], today=TODAY, now=NOW))  # type: ignore[misc]
            assert sorted(refused, key=str) == sorted(model.post(document), key=str)
            documents.append(document)
        agree(session, world, model)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(acts, max_size=25), st.integers(1, 8))
def test_posting_many_at_once_gives_the_rows_of_posting_one_by_one(world: World, asked: list[object], size: int):
    model = world.model()
    documents: list[Document] = []
    accepted: list[Document] = []
    for number, act in enumerate(asked):
        documents.append(to_document(world, act, number, documents))
        if not model.post(documents[-1]):
            accepted.append(documents[-1])
    with rolled_back(world.engine) as session:
        for start in range(0, len(accepted), size):
            post(session, accepted[start : start + size], today=TODAY, now=NOW)
        agree(session, world, model)
        in_batches = everything(session)
    with rolled_back(world.engine) as session:
        for document in accepted:
            post(session, [document], today=TODAY, now=NOW)
        assert everything(session) == in_batches


def agree(session: Session, world: World, model: Model) -> None:
    names = {i: name for name, i in world.places.items()}
    sql = Sql(session)
    on_hand = sql.rows("SELECT facility_id, lot_id, channel, status, on_hand FROM stock_on_hand WHERE on_hand <> 0")
    assert {(names[row[0]], *row[1:4]): row[4] for row in on_hand} == model.balances()
    columns = ["opening", "received", "issued", "dispensed", "adjusted", "lost", "closing"]
    kept = sql.rows(f"SELECT facility_id, item_id, channel, month, {', '.join(columns)} FROM stock_month")
    months = {(names[row[0]], *row[1:4]): dict(zip(columns, row[4:], strict=True)) for row in kept}
    assert months == {k: {c: row.get(c, 0) for c in columns} for k, row in model.months().items()}
    out: dict[tuple[str, int], set[date]] = {}
    for facility, item, start, end in sql.rows("SELECT facility_id, item_id, started_on, ended_on FROM stockout"):
        stop = min(as_day(end), TODAY + DAY)
        span = {as_day(start) + timedelta(days=n) for n in range((stop - as_day(start)).days)}
        out.setdefault((names[facility], item), set()).update(span)
    for place in PLACES:
        for item in {item for item, _ in world.lots.values()}:
            assert out.get((place, item), set()) == model.out_days(place, item)
    assert verify(session) == []


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """All rows but the ids, which count on when a posting is rolled back."""
    sql = Sql(session)
    tables = ["stock_on_hand", "stock_month", "stock_series", "stockout", "document_counter"]
    rows = {t: sorted((tuple(map(str, row)) for row in sql.rows(f"SELECT * FROM {t}")), key=str) for t in tables}
    rows["stock_on_hand"] = [row[:9] for row in rows["stock_on_hand"]]
    rows["stock_movement"] = sql.rows("SELECT uuid, kind, year, number, digest FROM stock_movement ORDER BY id")
    rows["stock_movement_line"] = sql.rows(
        "SELECT m.uuid, l.* FROM stock_movement m JOIN stock_movement_line l ON l.movement_id = m.id ORDER BY m.id, 3"
    )
    rows["stock_movement_line"] = [(row[0], *row[2:]) for row in rows["stock_movement_line"]]
    return rows
