"""Approving at the supplier, and sharing out what there is where it does not suffice for all who ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from lmis.errors import LmisError, Refused
from lmis.forecast.measures import months_of_stock
from lmis.reading import MOST
from lmis.requisitions import refusals
from lmis.requisitions.fair_share import Claim, fair_share
from lmis.requisitions.figures import USABLE
from lmis.requisitions.refusals import Key
from lmis.requisitions.states import Act, Actor, Status
from lmis.requisitions.steps import Paper, take, to_change
from lmis.sql import Sql

PROMISED = """
    SELECT l.item_id, l.channel, CAST(SUM(l.approved) AS BIGINT)
    FROM requisition r JOIN requisition_line l ON l.requisition_id = r.id
    WHERE r.supplier_id = :supplier AND r.status = 'approved' AND r.id NOT IN (SELECT o.id FROM requisition o
        WHERE o.id IN (:anew*)) AND l.approved > 0
    GROUP BY l.item_id, l.channel"""
ASKED = """
    SELECT r.id, l.item_id, l.channel, f.name, l.on_hand + l.in_transit, l.amc, l.requested
    FROM requisition r JOIN requisition_line l ON l.requisition_id = r.id JOIN facility f ON f.id = r.facility_id
    WHERE r.supplier_id = :supplier AND (r.status = :waiting OR r.id IN (:anew*)) AND l.requested > 0
    ORDER BY f.name_sort, r.id"""
AS_REQUESTED = "UPDATE requisition_line SET approved = requested WHERE requisition_id IN (:ids*)"
APPROVE_LINE = """
    UPDATE requisition_line SET approved = ? WHERE requisition_id = ? AND item_id = ? AND channel = ?"""
LINES = "SELECT item_id, channel, requested, approved FROM requisition_line WHERE requisition_id = :id"


class Share(NamedTuple):
    """What one requisition gets of an item that is short. months: of stock, None where no consumption is known."""

    requisition_id: int
    maker: str
    amc: Decimal | None
    position: int  # on hand and on the way when it was begun
    requested: int
    share: int

    @property
    def months_before(self) -> Decimal | None:
        return months_of_stock(self.position, self.amc)

    @property
    def months_after(self) -> Decimal | None:
        return months_of_stock(self.position + self.share, self.amc)


@dataclass(frozen=True)
class Short:
    """An item in a channel of which less is here than is asked for. available: usable and not promised yet.

    asking: who asks, each as if it got all it asked for.
    """

    item_id: int
    channel: str
    available: int
    asking: Sequence[Share]

    @property
    def requested(self) -> int:
        return sum(it.requested for it in self.asking)

    @cached_property
    def shares(self) -> list[Share]:
        """Who asks, each with its fair share; worked out only where it is looked at."""
        shares = fair_share(self.available, [Claim(it.position, it.amc, it.requested) for it in self.asking])
        return [it._replace(share=share) for it, share in zip(self.asking, shares, strict=True)]


def shortages(
    session: Session, supplier_id: int, today: date, anew: Sequence[int] = (), waiting: str | None = Status.AUTHORISED
) -> dict[Key, Short]:
    """What of those waiting for approval cannot all be met, each with its fair share by months of stock.

    anew: the ids of approved requisitions that are shared out again; waiting: the status of the others that share.
    """
    sql = Sql(session)
    asked: dict[Key, list[Share]] = defaultdict(list)
    rows = sql.rows(ASKED, supplier=supplier_id, anew=list(anew), waiting=waiting and str(waiting))
    for id_, item, channel, *about, amc, requested in rows:
        use = None if amc is None else Decimal(str(amc))
        asked[item, channel].append(Share(id_, about[0], use, about[1], requested, requested))
    there = available(session, supplier_id, today, anew)
    found = {}
    for key, its in asked.items():
        units = there.get(key, 0)
        if sum(it.requested for it in its) > units:
            found[key] = Short(*key, units, its)
    return found


def available(session: Session, supplier_id: int, today: date, anew: Sequence[int] = ()) -> dict[Key, int]:
    """What the supplier may still promise, by item and channel: usable, less what is approved and not sent yet.

    anew: the ids of approved requisitions whose promise does not count.
    """
    sql = Sql(session)
    units = {row[:2]: row[2] for row in sql.rows(USABLE, facility=supplier_id, today=today)}
    for item, channel, promised in sql.rows(PROMISED, supplier=supplier_id, anew=list(anew)):
        units[item, channel] = max(0, units.get((item, channel), 0) - promised)
    return units


def shares_of(short: Mapping[Key, Short], requisition_id: int) -> dict[Key, int]:
    """What one requisition gets of each item that is short."""
    concerned = {key: it for key, it in short.items() if any(who.requisition_id == requisition_id for who in it.asking)}
    return {
        key: who.share for key, it in concerned.items() for who in it.shares if who.requisition_id == requisition_id
    }


def approve(
    session: Session, uuid: UUID, version: int, approved: Mapping[Key, int], *, actor: Actor, now: datetime
) -> None:
    """Approve one requisition; lines not named as they were requested. An approved one is approved anew.

    Raises Refused with LineFaults, or with what steps.to_change refuses.
    """
    sql = Sql(session)

    def as_typed(paper: Paper) -> bool:
        return all(stored == approved.get(key, requested) for key, requested, stored in _lines(sql, paper))

    for paper in to_change(session, {uuid: version}, Act.APPROVE, actor, as_typed):
        keys = {key for key, _, _ in _lines(sql, paper)}
        faults: list[LmisError] = [refusals.UnknownLine().at(key) for key in approved if key not in keys]
        faults += [refusals.WrongAmount(quantity=it).at(key) for key, it in approved.items() if not 0 <= it <= MOST]
        if faults:
            raise Refused(faults)
        take(session, [paper], Act.APPROVE, actor, now=now)
        sql.execute(AS_REQUESTED, ids=[paper.id])
        sql.insert(APPROVE_LINE, [(units, paper.id, *key) for key, units in approved.items()])


def _lines(sql: Sql, paper: Paper) -> list[tuple[Key, int, int | None]]:
    return [
        ((item, channel), requested, approved) for item, channel, requested, approved in sql.rows(LINES, id=paper.id)
    ]


def approve_all(session: Session, versions: Mapping[UUID, int], *, actor: Actor, today: date, now: datetime) -> int:
    """Approve many at once: what was requested, and a fair share of what is short. How many were.

    Those approved before share anew among themselves: what was promised comes before what still waits.
    Raises Refused.
    """
    its = to_change(session, versions, Act.APPROVE, actor)
    ids = [paper.id for paper in its]
    anew = [paper.id for paper in its if paper.standing.status == Status.APPROVED]
    waiting = None if len(anew) == len(its) else Status.AUTHORISED
    short = shortages(session, actor.place_id, today, anew, waiting) if its else {}
    take(session, its, Act.APPROVE, actor, now=now)
    sql, chosen = Sql(session), set(ids)
    sql.execute(AS_REQUESTED, ids=ids)
    shared = [(key, share) for key, it in short.items() for share in it.shares if share.requisition_id in chosen]
    sql.insert(APPROVE_LINE, [(it.share, it.requisition_id, *key) for key, it in shared])
    return len(its)
