"""Runs migrations on the engine it is handed, or on the configured database."""

from alembic import context

from lmis.config import settings
from lmis.db import make_engine, metadata
from lmis.tables import ALL_TABLES

assert ALL_TABLES  # noqa: S101 - importing the models fills the metadata

engine = context.config.attributes.get("engine") or make_engine(settings().database_url)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
