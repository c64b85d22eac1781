"""Reading, under lock, all that the rules need to know about a batch of documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple
from uuid import UUID

from lmis.i18n import Name
from lmis.sql import Sql, as_day, as_day_or_none, as_hex
from lmis.stock.documents import Document
from lmis.stock.facts import Balance, Goods, LotFacts, Original, Place, Shelf
from lmis.stock.journal import Entry, Key
from lmis.stock.ledger import Ledger
from lmis.stock.transit import Shipment, Transit

PLACES = """
    SELECT f.id, f.name, l.rank, f.capabilities, f.closed_on, f.closed_through
    FROM facility f JOIN level l ON l.code = f.level_code WHERE f.id IN (:ids*) ORDER BY f.id"""
LOCKED = " FOR NO KEY UPDATE OF f"  # SQLite has taken its one writer when the transaction began
KNOWN = "SELECT uuid, id, year, number, digest FROM stock_movement WHERE uuid IN (:uuids*)"
ORIGINALS = """
    SELECT m.uuid, m.id, m.kind, m.occurred_on, m.facility_id, m.counterparty_id, l.account, l.facility_id, l.item_id,
        l.lot_id, l.channel, l.status, l.measure, l.quantity, l.counted, l.reason, s.uuid
    FROM stock_movement m JOIN stock_movement_line l ON l.movement_id = m.id
        LEFT JOIN shipment_document d ON d.movement_id = m.id LEFT JOIN stock_movement s ON s.id = d.shipment_id
    WHERE m.uuid IN (:uuids*) ORDER BY m.id, l.line_no"""
SHIPMENTS = """
    SELECT m.uuid, m.id, m.facility_id, m.counterparty_id FROM stock_movement m
    JOIN shipment_document d ON d.movement_id = m.id AND d.shipment_id = m.id WHERE m.uuid IN (:uuids*)"""
ON_THE_WAY = """
    SELECT shipment_id, lot_id, channel, status, item_id, sent, received, lost, returned, since_on
    FROM in_transit WHERE shipment_id IN (:ids*)"""
REVERSED = "SELECT reverses_id FROM stock_movement WHERE reverses_id IN (:ids*)"
GOODS = """
    SELECT i.id, i.name_vi, i.name_en, m.capability FROM item i JOIN method m ON m.code = i.method_code
    WHERE i.id IN (:ids*)"""
CHANNELS = "SELECT item_id, channel_code FROM item_channel WHERE item_id IN (:ids*)"
LOTS = "SELECT id, item_id, number, expires_on, recalled_on FROM lot WHERE id IN (:ids*)"
BALANCES = """
    SELECT facility_id, item_id, lot_id, channel, status, on_hand, received_on, last_on, settled_on, settled_id
    FROM stock_on_hand
    WHERE facility_id IN (:facilities*) AND item_id IN (:items*) AND (on_hand > 0 OR lot_id IN (:lots*))"""
SERIES = """
    SELECT facility_id, item_id, channel, first_on, last_on
    FROM stock_series WHERE facility_id IN (:facilities*) AND item_id IN (:items*)"""
EDGES = """
    WITH RECURSIVE up(facility_id, parent_id, valid_from, valid_to) AS (
        SELECT facility_id, parent_id, valid_from, valid_to FROM facility_parent WHERE facility_id IN (:ids*)
        UNION
        SELECT p.facility_id, p.parent_id, p.valid_from, p.valid_to
        FROM facility_parent p JOIN up ON p.facility_id = up.parent_id)
    SELECT facility_id, parent_id, valid_from, valid_to FROM up"""
HISTORY = """
    SELECT occurred_on, CAST(SUM(quantity) AS BIGINT) FROM stock_movement_line
    WHERE account = 'stock' AND facility_id = :facility AND item_id = :item AND lot_id = :lot AND channel = :channel
        AND status = :status
    GROUP BY occurred_on"""

Edge = tuple[int, date, date]  # parent id, valid from, valid to


class Known(NamedTuple):
    """A document that was posted before."""

    id: int
    year: int
    number: int
    digest: str


def lock_places(
    sql: Sql, documents: Sequence[Document], originals: Mapping[str, Original], shipments: Iterable[Shipment]
) -> dict[int, Place]:
    """The facilities the documents touch, both ends of shipments among them, held until the transaction ends."""
    ids = {d.facility_id for d in documents} | {d.counterparty_id for d in documents if d.counterparty_id}
    for original in originals.values():
        ids |= {entry.facility_id for entry in original.entries}
    for shipment in shipments:
        ids |= {shipment.sender_id, shipment.receiver_id}
    rows = sql.rows(PLACES if sql.sqlite else PLACES + LOCKED, ids=sorted(ids))
    return {
        row[0]: Place(row[0], row[1], row[2], frozenset(row[3].split()), as_day_or_none(row[4]), as_day_or_none(row[5]))
        for row in rows
    }


def known_documents(sql: Sql, documents: Sequence[Document]) -> dict[str, Known]:
    """Those of the documents that were posted before, by the hex of their UUID."""
    return {as_hex(row[0]): Known(*row[1:]) for row in sql.rows(KNOWN, uuids=[d.uuid for d in documents])}


def originals_of(sql: Sql, documents: Sequence[Document]) -> dict[str, Original]:
    """The posted documents that the reversals among `documents` undo."""
    uuids = sorted({d.reverses for d in documents if d.reverses is not None})
    if not uuids:
        return {}
    heads: dict[str, tuple[int, str, date, int, int | None]] = {}
    entries: dict[str, list[Entry]] = defaultdict(list)
    shipments: dict[str, str | None] = {}
    for row in sql.rows(ORIGINALS, uuids=uuids):
        heads[as_hex(row[0])] = (row[1], row[2], as_day(row[3]), row[4], row[5])
        entries[as_hex(row[0])].append(Entry(*row[6:16]))
        shipments[as_hex(row[0])] = as_hex(row[16]) if row[16] else None
    return {uuid: Original(*head, entries[uuid], shipments[uuid]) for uuid, head in heads.items()}


def shipments_of(sql: Sql, documents: Sequence[Document], originals: Mapping[str, Original]) -> dict[str, Shipment]:
    """The shipments that documents follow or whose documents they reverse, by the hex of their UUID; no goods yet."""
    wanted = {d.shipment for d in documents if d.shipment} | {
        UUID(it.shipment) for it in originals.values() if it.shipment
    }
    if not wanted:
        return {}
    return {as_hex(row[0]): Shipment(*row[1:]) for row in sql.rows(SHIPMENTS, uuids=sorted(wanted))}


def load_ledger(
    sql: Sql,
    documents: Sequence[Document],
    places: Mapping[int, Place],
    originals: dict[str, Original],
    shipments: dict[str, Shipment],
    today: date,
) -> Ledger:
    """The shelves the documents touch, what is on the way, and the facts their rules ask for."""
    undone = [entry for original in originals.values() for entry in original.entries]
    items = sorted({li.item_id for d in documents for li in d.lines} | {entry.item_id for entry in undone})
    lots = {li.lot_id for d in documents for li in d.lines} | {entry.lot_id for entry in undone}
    balances = _balances(sql, sorted(places), items, sorted(lots))
    ledger = Ledger(
        today=today,
        places=places,
        goods=_goods(sql, items),
        lots=_lots(sql, lots | {key[2] for key in balances}),
        balances=balances,
        series=_series(sql, sorted(places), items),
        above=partial(_above, _edges(sql, documents)),
        history=partial(_history, sql),
    )
    ledger.originals.update(originals)
    ledger.shipments.update(shipments)
    _load_goods(sql, shipments.values())
    if originals:
        ids = sorted(original.id for original in originals.values())
        ledger.reversed.update(row[0] for row in sql.rows(REVERSED, ids=ids))
    return ledger


def _load_goods(sql: Sql, shipments: Iterable[Shipment]) -> None:
    """What of each shipment is where; read under the lock of its sender and receiver."""
    by_id = {shipment.id: shipment for shipment in shipments}
    if by_id:
        for row in sql.rows(ON_THE_WAY, ids=sorted(by_id)):
            by_id[row[0]].goods[row[1:4]] = Transit(row[4], row[5], row[6], row[7], row[8], as_day(row[9]))


def _goods(sql: Sql, items: list[int]) -> dict[int, Goods]:
    channels: dict[int, set[str]] = defaultdict(set)
    for item, channel in sql.rows(CHANNELS, ids=items):
        channels[item].add(channel)
    every = {row[0] for row in sql.rows("SELECT code FROM channel")} if len(channels) < len(items) else set()
    return {
        row[0]: Goods(row[0], Name(row[1], row[2]), row[3], frozenset(channels.get(row[0], every)))
        for row in sql.rows(GOODS, ids=items)
    }


def _lots(sql: Sql, ids: set[int]) -> dict[int, LotFacts]:
    rows = sql.rows(LOTS, ids=sorted(ids))
    return {row[0]: LotFacts(row[0], row[1], row[2], as_day_or_none(row[3]), as_day_or_none(row[4])) for row in rows}


def _series(sql: Sql, facilities: list[int], items: list[int]) -> dict[Shelf, tuple[date, date]]:
    rows = sql.rows(SERIES, facilities=facilities, items=items)
    return {row[:3]: (as_day(row[3]), as_day(row[4])) for row in rows}


def _balances(sql: Sql, facilities: list[int], items: list[int], lots: list[int]) -> dict[Key, Balance]:
    """What is on the shelves, and the empty places of the lots that the documents name."""
    balances = {}
    for row in sql.rows(BALANCES, facilities=facilities, items=items, lots=lots):
        settled = as_day_or_none(row[8])
        balances[row[:5]] = Balance(row[5], as_day(row[6]), as_day(row[7]), settled, row[9])
    return balances


def _edges(sql: Sql, documents: Sequence[Document]) -> dict[int, list[Edge]]:
    """Who supplies whom, from the facilities of documents between two of them up to the top."""
    ids = {i for d in documents if d.counterparty_id for i in (d.facility_id, d.counterparty_id)}
    edges: dict[int, list[Edge]] = defaultdict(list)
    if ids:
        for child, parent, valid_from, valid_to in sql.rows(EDGES, ids=sorted(ids)):
            edges[child].append((parent, as_day(valid_from), as_day_or_none(valid_to) or date.max))
    return edges


def _above(edges: Mapping[int, list[Edge]], facility: int, on: date) -> list[int]:
    """The facilities above one on a day, the nearest first."""
    chain: list[int] = []
    at: int | None = facility
    while at is not None and len(chain) <= len(edges):
        at = next((parent for parent, start, end in edges.get(at, ()) if start <= on < end), None)
        if at is not None:
            chain.append(at)
    return chain


def _history(sql: Sql, key: Key) -> dict[date, int]:
    facility, item, lot, channel, status = key
    rows = sql.rows(HISTORY, facility=facility, item=item, lot=lot, channel=channel, status=status)
    return {as_day(row[0]): row[1] for row in rows}
