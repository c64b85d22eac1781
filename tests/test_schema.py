"""Bringing a database to this version's schema and reference data."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from lmis import schema
from lmis.db import reader, transaction
from lmis.network.models import Level
from lmis.stock.documents import NEEDS_REASON, Kind
from lmis.stock.models import Reason


def test_a_database_is_not_ready_until_it_is_prepared(empty_engine: Engine) -> None:
    with pytest.raises(schema.NotReady):
        schema.ready(empty_engine)
    schema.prepare(empty_engine)
    schema.ready(empty_engine)


def test_preparing_again_keeps_what_a_site_has_changed(engine: Engine) -> None:
    with transaction(engine) as session:
        session.get_one(Level, "commune").name_vi = "Trạm Y tế xã"
    schema.prepare(engine)
    with reader(engine) as session:
        assert session.get_one(Level, "commune").name_vi == "Trạm Y tế xã"


def test_every_kind_that_asks_for_a_reason_offers_other(sqlite_engine: Engine) -> None:
    with reader(sqlite_engine) as session:
        offered = session.exec(select(Reason.kinds).where(Reason.code == "other")).one().split()
    assert {*NEEDS_REASON, Kind.RETURN, Kind.COUNT, Kind.QUARANTINE, Kind.RELEASE} <= set(offered)
