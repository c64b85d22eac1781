"""Whatever people do in whatever order: nothing is lost on the way, and no more is disputed than travels."""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid5

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from lmis.errors import LmisError
from lmis.shipments.models import DeliveryDifference, DifferenceSettlement
from lmis.shipments.rules import IN_TRANSIT
from lmis.stock.verify import verify
from tests.shipments.acts import Run, a_run
from tests.stock.test_ledger_model import NAMESPACE

amounts = st.one_of(st.integers(0, 20), st.integers(0, 110))
confirmations = st.tuples(st.just("confirm"), st.booleans(), amounts, amounts, amounts, amounts, st.integers(0, 9))
settlements = st.tuples(
    st.just("settle"),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["lost", "sent_back", "taken", "explained"]), amounts),
             max_size=2),
)  # fmt: skip
undone = st.tuples(st.sampled_from(["undo", "undo_settling"]), st.integers(0, 5))
acts = st.one_of(confirmations, confirmations, settlements, settlements, undone, st.just(("call_back",)))


def do(run: Run, act: tuple, number: int, settled: list) -> None:
    match act:
        case ("confirm", one, received, short, damaged, refused, beside):
            lot = run.june if one else run.march
            line = run.counted(lot, received, short=short, damaged=damaged, refused=refused)
            run.confirm(line, uuid=uuid5(NAMESPACE, str(number)), extras=[run.beside("J1", beside)] if beside else [])
        case ("settle", asked):
            count = len(run.view.differences)
            settled.append(run.settle(*((n, how, quantity) for n, how, quantity in asked if n < count)))
        case ("undo", which):
            deliveries = run.view.deliveries
            if deliveries:
                run.undo(deliveries[which % len(deliveries)].delivery)
        case ("undo_settling", which) if settled:
            run.undo_settling(settled[which % len(settled)])
        case ("call_back",):
            run.call_back()


def holds(run: Run) -> None:
    view = run.view
    shelves = run.shelf(run.sender) + run.shelf(run.sender, status="quarantined") + run.shelf(run.receiver)
    beside = sum(
        it.difference.quantity
        - sum(s.settlement.quantity for s in it.settlements if s.settlement.settlement == "withdrawn")
        - sum(s.settlement.quantity for s in it.settlements
              if s.settlement.settlement == "taken" and not s.settlement.undone_at)
        for it in view.differences
        if it.difference.kind not in IN_TRANSIT
    )  # fmt: skip
    for line in view.lines:
        it = line.goods
        assert it.sent == it.received + it.lost + it.returned + it.quantity
        assert min(it.received, it.lost, it.returned, it.quantity) >= 0
        assert 0 <= line.coming.disputed <= it.quantity
    lost = sum(line.goods.lost for line in view.lines)
    assert shelves + view.on_the_way + lost == 140 + beside
    for difference in run.session.exec(select(DeliveryDifference)):
        standing = select(DifferenceSettlement.quantity).where(
            DifferenceSettlement.difference_id == difference.id, col(DifferenceSettlement.undone_at).is_(None)
        )
        assert difference.settled == sum(run.session.exec(standing))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(acts, min_size=1, max_size=12))
def test_nothing_is_lost_on_the_way(engine: Engine, asked: list[tuple]):
    with Session(engine.execution_options(begin="BEGIN IMMEDIATE")) as session:
        run, settled = a_run(session), []
        for number, act in enumerate(asked):
            with suppress(LmisError):
                do(run, act, number, settled)
            holds(run)
        assert verify(session) == []
