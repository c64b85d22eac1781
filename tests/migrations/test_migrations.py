"""The schema goes up and down on both kinds of database, keeps what is in it, and guards the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from lmis.catalog.models import Channel
from lmis.db import metadata, transaction
from lmis.schema import migrate, prepare
from lmis.stock.models import StockMovement, StockMovementLine
from tests.factories import NOW, TODAY, a_facility, a_lot, add, id_of

REVISIONS = [script.revision for script in reversed(list(ScriptDirectory("lmis/migrations").walk_revisions()))]
LEDGER = ("stock_movement", "stock_movement_line")


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def a_posted_receipt(session: Session) -> None:
    lot, facility = a_lot(session), a_facility(session)
    movement = add(
        session,
        StockMovement(
            uuid=uuid4(),
            kind="receipt",
            year=TODAY.year,
            number=1,
            occurred_on=TODAY,
            recorded_at=NOW,
            facility_id=id_of(facility),
            digest="0" * 32,
        ),
    )
    for line_no, (account, quantity) in enumerate([("stock", 12), ("supplier", -12)], 1):
        add(
            session,
            StockMovementLine(
                movement_id=movement.id,
                line_no=line_no,
                account=account,
                facility_id=id_of(facility),
                item_id=lot.item_id,
                lot_id=id_of(lot),
                channel="free",
                status="usable",
                measure="received" if account == "stock" else None,
                quantity=quantity,
                occurred_on=TODAY,
            ),
        )


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A database in whose ledger stands one receipt."""
    with transaction(engine) as session:
        a_posted_receipt(session)
    with engine.connect() as connection:
        yield connection


def test_the_migrations_make_every_table_of_the_models(empty_engine):
    migrate(empty_engine)

    assert tables(empty_engine) == set(metadata.tables)
    with empty_engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_what_went_up_comes_down_and_goes_up_again(empty_engine):
    migrate(empty_engine)
    migrate(empty_engine, "base")
    assert tables(empty_engine) == set()

    migrate(empty_engine)
    assert tables(empty_engine) == set(metadata.tables)


def test_every_step_can_be_taken_by_itself(empty_engine):
    for revision in REVISIONS:
        migrate(empty_engine, revision)

    assert tables(empty_engine) == set(metadata.tables)


def test_going_up_and_down_leaves_nothing_behind_on_a_database_in_use(engine, connection):
    connection.close()
    migrate(engine, "base")

    assert tables(engine) == set()


def test_a_new_version_keeps_what_is_in_the_database(engine, connection):
    connection.execute(text("UPDATE channel SET name_vi = 'Của chúng tôi' WHERE code = 'free'"))
    connection.commit()
    prepare(engine)

    lines = connection.execute(text("SELECT quantity FROM stock_movement_line ORDER BY line_no")).scalars()
    assert list(lines) == [12, -12]
    assert connection.scalar(select(Channel.name_vi).where(Channel.code == "free")) == "Của chúng tôi"


@pytest.mark.parametrize("table", LEDGER)
@pytest.mark.parametrize("statement", ["UPDATE {} SET occurred_on = occurred_on", "DELETE FROM {}"])
def test_what_is_in_the_ledger_cannot_be_changed(connection, table, statement):
    with pytest.raises(DBAPIError, match="only ever inserted"):
        connection.execute(text(statement.format(table)))


@pytest.mark.parametrize("table", LEDGER)
def test_the_ledger_cannot_be_emptied(connection, table):
    if connection.dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="only ever inserted"):
        connection.execute(text(f"TRUNCATE {table} CASCADE"))
