"""Bringing a database to the schema of this version, with the reference data a new one begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite

from lmis.catalog.models import Channel, Method
from lmis.catalog.reference import CHANNELS, METHODS
from lmis.errors import LmisError
from lmis.i18n import N_
from lmis.network.models import Level
from lmis.network.reference import LEVELS
from lmis.stock.models import Reason
from lmis.stock.reference import REASONS

SEEDS = ((Level, LEVELS), (Method, METHODS), (Channel, CHANNELS), (Reason, REASONS))


class NotReady(LmisError):
    status_code = 503
    msgid = N_("The database is not set up for this version of the program. Run “lmis init” first.")


def prepare(engine: Engine) -> None:
    """Migrate, and add the reference data that is missing; what a site has changed stays as it is."""
    migrate(engine)
    with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
        for model, rows in SEEDS:
            _add_missing(connection, cast(Table, cast(Any, model).__table__), rows)


def migrate(engine: Engine, revision: str = "head") -> None:
    """Move the schema up to `revision`; 'base' takes everything down."""
    (command.downgrade if revision == "base" else command.upgrade)(_config(engine), revision)


def ready(engine: Engine) -> None:
    """Return when the database has this version's schema. Raises NotReady otherwise."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    if set(found) != set(ScriptDirectory.from_config(_config(engine)).get_heads()):
        raise NotReady


def _config(engine: Engine) -> Config:
    config = Config(attributes={"engine": engine})
    config.set_main_option("script_location", "lmis:migrations")
    return config


def _add_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(table).on_conflict_do_nothing(), [dict(row) for row in rows])
