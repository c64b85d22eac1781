"""Random documents against the plain model, on both databases: same refusals, balances, months and stockouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session

from lmis.db import transaction
from lmis.errors import Refused
from lmis.sql import Sql, as_day, as_hex
from lmis.stock.documents import Document, Kind, Line
from lmis.stock.posting import post
from lmis.stock.stockouts import DAY
from lmis.stock.verify import verify
from tests.factories import NOW, TODAY, a_channel, a_facility, a_lot, a_tree, an_item, id_of
from tests.stock.model import WAY, Model

NAMESPACE = UUID("7d0a5f5e-6f0e-4f0a-9a52-3f6f2f0f5b11")
FOLLOWS = [Kind.DELIVERY, Kind.DELIVERY, Kind.DELIVERY, Kind.TRANSIT_LOSS, Kind.SENT_BACK, Kind.FOUND, Kind.ADJUSTMENT]
KINDS = [k for k in Kind if k not in (Kind.REVERSAL, Kind.ADJUSTMENT, Kind.DELIVERY, Kind.TRANSIT_LOSS, Kind.SENT_BACK)]
ANY_STATUS = [Kind.RETURN, Kind.LOSS, Kind.DISPOSAL, Kind.COUNT, Kind.RELEASE, Kind.RECALL, Kind.FOUND]
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
statuses = st.sampled_from(["usable", "usable", "usable", "quarantined", "recalled"])
lines = st.tuples(st.integers(0, 3), st.sampled_from(["free", "free", "market"]), quantities, st.booleans(), statuses)


@dataclass(frozen=True)
class Make:
    """A document of a facility."""

    kind: str
    on: date
    at: str
    to: str | None
    shipped: bool
    lines: list[tuple[int, str, int, bool, str]]


@dataclass(frozen=True)
class Follow:
    """A document on a shipment before it: of its lines, each with a quantity; `astray`: by whom it does not concern."""

    kind: str
    on: date
    shipment: int
    astray: bool
    lines: list[tuple[int, int]]


@dataclass(frozen=True)
class Reverse:
    """Undo a document before."""

    document: int


@dataclass(frozen=True)
class Recall:
    """Recall a lot, or lift its recall."""

    lot: int


Act = Make | Follow | Reverse | Recall
makes = st.builds(
    Make,
    st.sampled_from(KINDS),
    days,
    st.sampled_from(PLACES),
    st.sampled_from([None, *PLACES]),
    st.booleans(),
    st.integers(0, 9).flatmap(lambda n: st.lists(lines, min_size=min(n, 1), max_size=3)),
)
WAYS = [(Kind.ISSUE, "board", "district"), (Kind.ISSUE, "district", "commune"), (Kind.TRANSFER, "commune", "other")]
WAYS += [(Kind.RETURN, "district", "board"), (Kind.ISSUE, "commune", "collaborator")]
sent = st.tuples(st.integers(0, 3), st.just("free"), st.integers(1, 12), st.just(False), st.just("usable"))
dispatches = st.builds(
    lambda way, on, lines: Make(way[0], on, way[1], way[2], True, lines),
    st.sampled_from(WAYS),
    st.sampled_from([0, 2, 15, 15]).map(lambda ago: TODAY - timedelta(days=ago)),
    st.lists(sent, min_size=1, max_size=2),
)
follows = st.builds(
    Follow,
    st.sampled_from(FOLLOWS),
    st.sampled_from([0, 0, 0, 1, 2, 14, 16, -1]).map(lambda ago: TODAY - timedelta(days=ago)),
    st.integers(0, 5),
    st.sampled_from([False, False, False, False, True]),
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 8)), min_size=1, max_size=2),
)
acts = st.one_of(
    makes,
    makes,
    dispatches,
    follows,
    follows,
    st.builds(Reverse, st.integers(0, 30)),
    st.builds(Recall, st.integers(0, 3)),
)


def to_document(
    world: World, act: Make | Follow | Reverse, number: int, before: list[Document], model: Model
) -> Document:
    uuid = uuid5(NAMESPACE, str(number))
    if isinstance(act, Reverse):
        original = before[act.document % len(before)] if before else None
        maker = original.facility_id if original else world.places["board"]
        return Document(uuid, Kind.REVERSAL, TODAY, maker, [], reverses=original.uuid if original else NAMESPACE)
    if isinstance(act, Follow):
        return to_follow(world, act, uuid, [it for it in before if WAY + it.uuid.hex in model.ends])
    lots = sorted(world.lots)
    between = act.kind in (Kind.ISSUE, Kind.TRANSFER, Kind.RETURN)
    wanted = [
        Line(
            *(world.lots[lots[lot]][0], lots[lot], channel, q, status if act.kind in ANY_STATUS else "usable"),
            reason=None if bare else "other",
        )
        for lot, channel, q, bare, status in act.lines
    ]
    other = world.places[act.to] if act.to and between else None
    return Document(
        uuid, act.kind, act.on, world.places[act.at], wanted, counterparty_id=other, shipped=act.shipped and between
    )


def to_follow(world: World, act: Follow, uuid: UUID, shipped: list[Document]) -> Document:
    if not shipped:
        return Document(uuid, act.kind, act.on, world.places["board"], [], shipment=NAMESPACE)
    shipment = shipped[act.shipment % len(shipped)]
    own = shipment.counterparty_id if act.kind in (Kind.DELIVERY, Kind.FOUND) else shipment.facility_id
    sent = shipment.lines
    wanted = [
        replace(sent[index % len(sent)], quantity=-q if act.kind == Kind.ADJUSTMENT else q, reason="other")
        for index, q in act.lines
    ]
    own = world.places["collaborator"] if act.astray else own
    return Document(uuid, act.kind, act.on, own or 0, wanted, shipment=shipment.uuid)


def opening_balances(world: World) -> list[Document]:
    """What was on the shelves before: without it, few random documents would find anything to move."""
    return [
        Document(
            uuid5(NAMESPACE, f"opening at {name}"),
            Kind.OPENING,
            TODAY - timedelta(days=70),
            world.places[name],
            [Line(item, lot, "free", 20) for lot, (item, _) in world.lots.items()],
        )
        for name in ("board", "district", "commune")
    ]


def carry_out(session: Session, act: Recall, world: World, model: Model) -> None:
    """Mark the lot, as a recall does before it blocks the shelves."""
    lot = sorted(world.lots)[act.lot]
    model.recalled ^= {lot}
    Sql(session).execute(
        "UPDATE lot SET recalled_on = :on WHERE id = :lot", on=TODAY if lot in model.recalled else None, lot=lot
    )


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
@given(st.lists(acts, min_size=6, max_size=25))
def test_the_ledger_does_what_plain_dictionaries_do(world: World, asked: list[Act]):
    model = world.model()
    documents: list[Document] = []
    with rolled_back(world.engine) as session:
        for opening in opening_balances(world):
            assert refusals_of(lambda d=opening: post(session, [d], today=TODAY, now=NOW)) == model.post(opening) == []  # type: ignore[misc]
        for number, act in enumerate(asked):
            if isinstance(act, Recall):
                carry_out(session, act, world, model)
                continue
            document = to_document(world, act, number, documents, model)
            refused = refusals_of(lambda d=document: post(session, [d], today=TODAY, now=NOW))  # type: ignore[misc]
            assert sorted(refused, key=str) == sorted(model.post(document), key=str)
            documents.append(document)
        agree(session, world, model)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(acts.filter(lambda act: not isinstance(act, Recall)), min_size=6, max_size=25), st.integers(1, 8))
def test_posting_many_at_once_gives_the_rows_of_posting_one_by_one(
    world: World, asked: list[Make | Follow | Reverse], size: int
):
    model = world.model()
    documents: list[Document] = []
    accepted = opening_balances(world)
    for opening in accepted:
        assert model.post(opening) == []
    for number, act in enumerate(asked):
        documents.append(to_document(world, act, number, documents, model))
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
    assert {(names[row[0]], *row[1:4]): row[4] for row in on_hand} == model.on_shelves()
    columns = ["sent", "received", "lost", "returned", "quantity"]
    way = sql.rows(
        "SELECT m.uuid, t.lot_id, t.channel, t.status, t.sent, t.received, t.lost, t.returned, t.quantity"
        " FROM in_transit t JOIN stock_movement m ON m.id = t.shipment_id"
    )
    told = {(WAY + as_hex(row[0]), *row[1:4]): dict(zip(columns, row[4:], strict=True)) for row in way}
    assert told == model.shipments()
    assert all(it["sent"] == it["received"] + it["lost"] + it["returned"] + it["quantity"] for it in told.values())
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
    rows["in_transit"] = sql.rows(
        "SELECT m.uuid, t.lot_id, t.channel, t.status, t.sent, t.received, t.lost, t.returned, t.quantity, t.since_on"
        " FROM in_transit t JOIN stock_movement m ON m.id = t.shipment_id ORDER BY t.shipment_id, 2, 3, 4"
    )
    rows["shipment_document"] = sql.rows(
        "SELECT m.uuid, s.uuid FROM shipment_document d JOIN stock_movement m ON m.id = d.movement_id"
        " JOIN stock_movement s ON s.id = d.shipment_id ORDER BY m.id"
    )
    rows["stock_movement_line"] = sql.rows(
        "SELECT m.uuid, l.* FROM stock_movement m JOIN stock_movement_line l ON l.movement_id = m.id ORDER BY m.id, 3"
    )
    rows["stock_movement_line"] = [(row[0], *row[2:]) for row in rows["stock_movement_line"]]
    return rows
