"""The demo's history: seeded, clean, and as uneven as life."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from lmis.calendar import month_of
from lmis.catalog.models import Item, Lot, Method
from lmis.db import id_of, make_engine, reader, transaction
from lmis.demo import filling
from lmis.demo.filling import NotEmpty, fill
from lmis.demo.network import BOARD, facility_ids
from lmis.demo.people import PEOPLE
from lmis.network.models import Facility
from lmis.planning.basis import basis_of
from lmis.planning.models import Population
from lmis.planning.planned import standing
from lmis.sql import Sql
from lmis.stock.models import StockMovement, StockMovementLine, StockOnHand, Stockout
from lmis.stock.verify import verify
from tests.factories import NOW

TODAY = date(2026, 7, 20)
MONTHS = 8


def fill_district(path: Path, prepared: Path, seed: int) -> Engine:
    copyfile(prepared, path)
    engine = make_engine(f"sqlite:///{path}")
    fill(engine, size="district", seed=seed, today=TODAY, now=NOW, months=MONTHS)
    return engine


@pytest.fixture(scope="module")
def filled(prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = fill_district(tmp_path_factory.mktemp("demo") / "demo.sqlite3", prepared_sqlite, seed=1)
    yield engine
    engine.dispose()


@pytest.fixture
def demo(filled: Engine) -> Iterator[Session]:
    with reader(filled) as session:
        yield session


def digest(engine: Engine) -> str:
    """Of every line of the ledger and of every document's id, but those that the program itself made today."""
    with engine.connect() as connection:
        lines = connection.execute(select(StockMovementLine.__table__).order_by("movement_id", "line_no"))
        before = col(StockMovement.occurred_on) < TODAY
        ids = connection.execute(select(StockMovement.uuid).where(before).order_by(col(StockMovement.id)))
        return hashlib.sha256(repr([list(lines), list(ids)]).encode()).hexdigest()


def methods_by_item(session: Session) -> dict[int, str]:
    return {id_of(it): it.method_code for it in session.exec(select(Item))}


def documents(session: Session, kind: str, reason: str | None = None) -> int:
    query = select(func.count(func.distinct(StockMovement.id))).where(StockMovement.kind == kind)
    if reason:
        query = query.join(StockMovementLine).where(StockMovementLine.reason == reason)
    return session.exec(query).one()


def test_the_same_seed_and_day_give_the_same_ledger(filled, prepared_sqlite, tmp_path):
    again = fill_district(tmp_path / "again.sqlite3", prepared_sqlite, seed=1)
    other = fill_district(tmp_path / "other.sqlite3", prepared_sqlite, seed=2)

    assert digest(again) == digest(filled)
    assert digest(other) != digest(filled)
    again.dispose()
    other.dispose()


def test_the_ledger_proves_clean(demo):
    assert list(verify(demo)) == []


def test_the_history_leads_up_to_today_and_begins_months_before(demo):
    first, last = demo.exec(select(func.min(StockMovement.occurred_on), func.max(StockMovement.occurred_on))).one()

    assert first == date(2025, 11, 20)
    assert TODAY - timedelta(4) <= last == TODAY  # a weekend may lie between


def test_todays_work_is_there_to_be_gone_on_with(demo):
    """Every list has something on it: goods on the way, differences, requisitions at each step, a count, a recall."""
    sql = Sql(demo)
    statuses = dict(sql.rows("SELECT status, COUNT(*) FROM requisition GROUP BY status"))
    assert {"initiated", "authorised", "approved", "released", "rejected"} <= statuses.keys()
    assert sql.rows("SELECT COUNT(*) FROM in_transit WHERE quantity > 0")[0][0] > 3
    assert sql.rows("SELECT kind FROM delivery_difference WHERE settled < quantity") == [("damaged",)]
    assert sql.rows("SELECT state FROM stock_count") == [("draft",)]
    assert sql.rows("SELECT COUNT(*) FROM lot_recall WHERE lifted_on IS NULL") == [(1,)]
    assert sql.rows("SELECT SUM(quantity) FROM in_transit WHERE status = 'recalled'")[0][0] > 0


@pytest.mark.parametrize("kind", ["opening", "receipt", "issue", "dispense", "return", "loss", "count", "reversal"])
def test_documents_of_every_common_kind_are_there(demo, kind):
    assert documents(demo, kind) > 0


def test_some_lots_expire_and_are_written_off(demo):
    assert documents(demo, "loss", "expired") > 0


def test_some_lots_on_the_shelves_are_near_their_expiry(demo):
    near = select(func.count()).select_from(StockOnHand).join(Lot)
    near = near.where(StockOnHand.on_hand > 0, col(Lot.expires_on).between(TODAY, TODAY + timedelta(120)))

    assert demo.exec(near).one() > 0


def test_stations_run_out_now_and_then_but_mostly_have_stock(demo):
    stations = select(Facility.id).where(Facility.level_code == "commune")
    spans = demo.exec(select(Stockout).where(col(Stockout.facility_id).in_(stations))).all()
    held = demo.exec(
        select(func.count(func.distinct(StockMovementLine.item_id * 100_000 + StockMovementLine.facility_id))).where(
            StockMovementLine.account == "stock", col(StockMovementLine.facility_id).in_(stations)
        )
    ).one()
    spans = [span for span in spans if span.started_on < TODAY]  # others are of stock that will expire
    days = sum((min(span.ended_on or TODAY, TODAY) - span.started_on).days for span in spans)

    assert 0.005 < days / (held * 30 * MONTHS) < 0.15


def test_collaborators_hold_only_what_is_not_clinical(demo):
    clinical = (
        select(func.count())
        .select_from(StockMovementLine)
        .join(Facility, col(Facility.id) == StockMovementLine.facility_id)
        .join(Item, col(Item.id) == StockMovementLine.item_id)
        .join(Method, col(Method.code) == Item.method_code)
        .where(Facility.level_code == "collaborator", col(Method.capability).is_not(None))
    )

    assert demo.exec(clinical).one() == 0


def test_people_of_the_demo_are_named_as_invented():
    assert all("minh họa" in person.name for person in PEOPLE)


def test_the_people_of_every_district_are_stated_and_said_to_be_invented(demo):
    stated = demo.exec(select(Population)).all()

    assert {it.year for it in stated} == {TODAY.year, TODAY.year + 1}
    assert all("minh họa" in it.women_source for it in stated)
    found = basis_of(demo, facility_ids(demo)[BOARD], TODAY.year, TODAY, methods_by_item(demo))
    assert found.statement is not None
    assert found.lacking == []


def test_the_boards_plan_has_shipments_to_come(demo):
    coming = standing(demo, facility_ids(demo)[BOARD])

    assert {it.month > month_of(TODAY) for it in coming} == {True}
    assert len(coming) == 2


def test_a_database_with_facilities_is_left_alone(filled):
    before = digest(filled)

    with pytest.raises(NotEmpty):
        fill(filled, size="district", seed=3, today=TODAY, now=NOW, months=1)

    assert digest(filled) == before


def test_a_fill_that_fails_leaves_an_empty_database(sqlite_engine, monkeypatch):
    def stop(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(filling, "post", stop)
    with pytest.raises(KeyboardInterrupt):
        fill(sqlite_engine, size="district", seed=1, today=TODAY, now=NOW, months=1)

    with transaction(sqlite_engine) as session:
        assert session.exec(select(Facility)).first() is None


def test_each_kind_of_database_takes_a_history_that_proves_clean(engine):
    fill(engine, size="district", seed=1, today=TODAY, now=NOW, months=1)

    with reader(engine) as session:
        assert list(verify(session)) == []
