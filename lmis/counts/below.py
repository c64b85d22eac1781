"""The counts of the facilities under one that wait for somebody who may approve them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from lmis.counts.models import StockCount
from lmis.network.models import Facility
from lmis.network.service import SUBTREE
from lmis.sql import Sql

MOST = 100  # listed
WAITING = f"""{SUBTREE}
    SELECT c.id FROM stock_count c JOIN subtree s ON s.id = c.facility_id
    WHERE c.state = 'waiting' AND c.facility_id <> :root ORDER BY c.closed_at, c.id"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class CountBelow:
    count: StockCount
    facility: Facility


def waiting_below(session: Session, facility_id: int, on: date) -> list[int]:
    """The ids of the counts at the facilities under one that wait for approval, the longest waiting first."""
    return [row[0] for row in Sql(session).rows(WAITING, root=facility_id, on=on)]


def counts_below(session: Session, ids: list[int]) -> list[CountBelow]:
    """The counts with these ids, in this order, each with whose it is."""
    found = select(StockCount, Facility).join(Facility, col(Facility.id) == StockCount.facility_id)
    by_id = {count.id: CountBelow(count, at) for count, at in session.exec(found.where(col(StockCount.id).in_(ids)))}
    return [by_id[id_] for id_ in ids if id_ in by_id]
