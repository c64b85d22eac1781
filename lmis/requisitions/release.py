"""Releasing what was approved: shipped issues from the supplier to the makers, all or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlmodel import Session

from lmis.errors import LmisError, Refused
from lmis.i18n import Name
from lmis.requisitions.refusals import Key, TooLittleThere
from lmis.requisitions.rules import Shelf
from lmis.requisitions.states import Act, Actor
from lmis.requisitions.steps import Paper, papers, take, to_change
from lmis.sql import Sql, as_day, as_day_or_none, as_hex
from lmis.stock.documents import Document, Kind, Line, document_number
from lmis.stock.fefo import LotOnShelf
from lmis.stock.numbering import lock_facilities
from lmis.stock.posting import post

APPROVED = """
    SELECT requisition_id, item_id, channel, approved FROM requisition_line
    WHERE requisition_id IN (:ids*) AND approved > 0 ORDER BY requisition_id, item_id, channel"""
LOTS = """
    SELECT s.item_id, s.channel, s.lot_id, l.expires_on, s.received_on, s.on_hand
    FROM stock_on_hand s JOIN lot l ON l.id = s.lot_id
    WHERE s.facility_id = :supplier AND s.status = 'usable' AND s.on_hand > 0 AND l.recalled_on IS NULL
        AND s.item_id IN (:items*)"""
NAMES = "SELECT id, name_vi, name_en FROM item WHERE id IN (:items*)"
CHANNELS = "SELECT code, name_vi, name_en FROM channel"
AS_APPROVED = "UPDATE requisition_line SET released = COALESCE(approved, 0) WHERE requisition_id IN (:ids*)"
SHIPPED = "UPDATE requisition SET shipment_id = ? WHERE id = ?"

TOGETHER = """
    SELECT f.name, d.uuid, d.kind, d.year, d.number
    FROM requisition a JOIN requisition_step t ON t.requisition_id = a.id AND t.act = 'release'
        JOIN requisition r ON r.supplier_id = a.supplier_id
        JOIN requisition_step s ON s.requisition_id = r.id AND s.act = t.act AND s.at = t.at AND s.user_id = t.user_id
        JOIN facility f ON f.id = r.facility_id LEFT JOIN stock_movement d ON d.id = r.shipment_id
    WHERE a.uuid = :uuid AND a.supplier_id = :supplier ORDER BY r.id"""

Wanted = Mapping[int, Mapping[Key, int]]  # requisition, then item and channel: base units


class Released(NamedTuple):
    """A goods issue made for a requisition."""

    uuid: UUID
    number: str
    maker: str


def released_with(session: Session, supplier_id: int, uuid: UUID) -> tuple[list[Released], int]:
    """The goods issues of what was released in one go with a requisition, and how many were closed without any."""
    rows = Sql(session).rows(TOGETHER, uuid=uuid, supplier=supplier_id)
    sent = [
        Released(UUID(as_hex(document)), document_number(kind, year, number), maker)
        for maker, document, kind, year, number in rows
        if document is not None
    ]
    return sent, len(rows) - len(sent)


def release(session: Session, versions: Mapping[UUID, int], *, actor: Actor, today: date, now: datetime) -> list[UUID]:
    """Ship what was approved, each lot in the order it is to be used. The documents, for those that were not released.

    One of which nothing was approved is closed without a document. Raises Refused: with a TooLittleThere for every item
    that went meanwhile, with what the ledger refuses, or with what steps.to_change refuses.
    """
    sql = Sql(session)
    concerned = [paper.standing for paper in papers(session, versions, lock=False)]
    lock_facilities(sql, [id_ for it in concerned for id_ in (it.maker_id, it.supplier_id)])
    its = to_change(session, versions, Act.RELEASE, actor)
    ids = [paper.id for paper in its]
    wanted = approved_units(sql, ids)
    shelves = _shelves(sql, actor.place_id, wanted, today)
    if faults := _too_little(sql, wanted, shelves):
        raise Refused(faults)
    take(session, its, Act.RELEASE, actor, now=now)
    documents = {it.id: _document(it, wanted[it.id], shelves, today) for it in its if it.id in wanted}
    posted = post(session, list(documents.values()), today=today, now=now, user_id=actor.user_id)
    sql.insert(SHIPPED, [(done.id, id_) for id_, done in zip(documents, posted, strict=True)])
    sql.execute(AS_APPROVED, ids=ids)
    return [document.uuid for document in documents.values()]


def approved_units(sql: Sql, ids: Sequence[int]) -> Wanted:
    wanted: dict[int, dict[Key, int]] = defaultdict(dict)
    for id_, item, channel, approved in sql.rows(APPROVED, ids=ids):
        wanted[id_][item, channel] = approved
    return dict(wanted)


def _shelves(sql: Sql, supplier_id: int, wanted: Wanted, today: date) -> dict[Key, Shelf]:
    items = sorted({item for its in wanted.values() for item, _ in its})
    lots: dict[Key, list[LotOnShelf]] = defaultdict(list)
    for item, channel, lot, expires, received, on_hand in sql.rows(LOTS, supplier=supplier_id, items=items):
        lots[item, channel].append(LotOnShelf(lot, as_day_or_none(expires), as_day(received), on_hand))
    return {key: Shelf(lots.get(key, ()), today) for its in wanted.values() for key in its}


def _too_little(sql: Sql, wanted: Wanted, shelves: Mapping[Key, Shelf]) -> list[LmisError]:
    total: dict[Key, int] = defaultdict(int)
    for its in wanted.values():
        for key, units in its.items():
            total[key] += units
    short = {key: units for key, units in total.items() if units > shelves[key].usable}
    if not short:
        return []
    items = _names(sql.rows(NAMES, items=sorted({item for item, _ in short})))
    channels = _names(sql.rows(CHANNELS))
    return [
        TooLittleThere(item=items[key[0]], channel=channels[key[1]], usable=shelves[key].usable, approved=units).at(key)
        for key, units in sorted(short.items())
    ]


def _names(rows: Sequence[tuple[Any, ...]]) -> dict[Any, Name]:
    return {key: Name(vi, en) for key, vi, en in rows}


def _document(paper: Paper, wanted: Mapping[Key, int], shelves: Mapping[Key, Shelf], today: date) -> Document:
    return Document(
        uuid=uuid4(),  # nobody else can have taken it; that it is released once is held by the version
        kind=Kind.ISSUE,
        occurred_on=today,
        facility_id=paper.standing.supplier_id,
        counterparty_id=paper.standing.maker_id,
        reference=paper.standing.number,
        lines=[
            Line(item, pick.lot_id, channel, pick.quantity)
            for (item, channel), units in wanted.items()
            for pick in shelves[item, channel].take(units)
        ],
        shipped=True,
    )
