"""Bringing a database to the schema of this version."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def migrate(engine: Engine, revision: str = "head") -> None:
    """Move the schema up to `revision`; 'base' takes everything down."""
    config = Config(attributes={"engine": engine})
    config.set_main_option("script_location", "lmis:migrations")
    (command.downgrade if revision == "base" else command.upgrade)(config, revision)
