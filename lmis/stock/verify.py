"""Proving the ledger: everything that is kept beside the lines is recomputed from them, every difference named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlmodel import Session

from lmis.i18n import N_, Message
from lmis.sql import Sql, as_day, as_day_or_none
from lmis.stock.documents import LOT_RECALL, REQUISITION
from lmis.stock.stockouts import Span, Step, whole_history

SHELF = ("facility_id", "item_id", "lot_id", "channel", "status")
SERIES = ("facility_id", "item_id", "channel")


@dataclass(frozen=True, slots=True)
class Kept:
    """A table kept from the lines: its key, what it keeps, and the query that gives it anew."""

    table: str
    key: tuple[str, ...]
    figures: tuple[str, ...]
    anew: str
    where: str = "1 = 1"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not what the lines make it.

    table: where; key: which row; kept and ledger: what stands there and what the lines give; None: no row.
    """

    table: str
    key: tuple[str, ...]
    kept: str | None
    ledger: str | None

    @property
    def message(self) -> Message:
        return Message(
            N_("%(table)s, %(key)s: kept %(kept)s, the ledger gives %(ledger)s."),
            {
                "table": self.table,
                "key": " / ".join(self.key),
                "kept": self.kept or "—",
                "ledger": self.ledger or "—",
            },
        )


ON_HAND = Kept(
    "stock_on_hand",
    SHELF,
    ("on_hand", "received_on", "last_on", "settled_on", "settled_id"),
    """SELECT facility_id, item_id, lot_id, channel, status, CAST(SUM(quantity) AS BIGINT),
        MIN(CASE WHEN quantity >= 0 THEN occurred_on END), MAX(occurred_on),
        MAX(CASE WHEN counted IS NOT NULL THEN occurred_on END),
        MAX(CASE WHEN counted IS NOT NULL THEN movement_id END)
    FROM stock_movement_line WHERE account = 'stock' GROUP BY facility_id, item_id, lot_id, channel, status""",
)
SERIES_DAYS = Kept(
    "stock_series",
    SERIES,
    ("first_on", "last_on"),
    """SELECT facility_id, item_id, channel, MIN(occurred_on), MAX(occurred_on)
    FROM stock_movement_line WHERE account = 'stock' GROUP BY facility_id, item_id, channel""",
)
MONTHS = Kept(
    "stock_month",
    (*SERIES, "month"),
    ("opening", "received", "issued", "dispensed", "adjusted", "lost", "closing"),
    """SELECT facility_id, item_id, channel, month, opening, received, issued, dispensed, adjusted, lost,
        CAST(SUM(opening + received - issued - dispensed + adjusted - lost)
            OVER (PARTITION BY facility_id, item_id, channel ORDER BY month) AS BIGINT)
    FROM (SELECT facility_id, item_id, channel, {month} AS month,
            CAST(SUM(CASE measure WHEN 'opening' THEN quantity ELSE 0 END) AS BIGINT) AS opening,
            CAST(SUM(CASE measure WHEN 'received' THEN quantity ELSE 0 END) AS BIGINT) AS received,
            CAST(SUM(CASE measure WHEN 'issued' THEN -quantity ELSE 0 END) AS BIGINT) AS issued,
            CAST(SUM(CASE measure WHEN 'dispensed' THEN -quantity ELSE 0 END) AS BIGINT) AS dispensed,
            CAST(SUM(CASE measure WHEN 'adjusted' THEN quantity ELSE 0 END) AS BIGINT) AS adjusted,
            CAST(SUM(CASE measure WHEN 'lost' THEN -quantity ELSE 0 END) AS BIGINT) AS lost
        FROM stock_movement_line WHERE account = 'stock' AND measure IS NOT NULL
        GROUP BY facility_id, item_id, channel, {month}) AS sums""",
)
TRANSIT = Kept(
    "in_transit",
    ("shipment_id", "lot_id", "channel", "status"),
    ("item_id", "sender_id", "receiver_id", "sent", "received", "lost", "returned", "quantity", "since_on"),
    """SELECT shipment_id, lot_id, channel, status, item_id, sender, receiver,
        CAST(SUM(CASE WHEN kind IS NULL AND quantity > 0 THEN quantity ELSE 0 END) AS BIGINT),
        CAST(-SUM(CASE WHEN kind = 'delivery' THEN quantity ELSE 0 END) AS BIGINT),
        CAST(-SUM(CASE WHEN kind = 'transit_loss' THEN quantity ELSE 0 END) AS BIGINT),
        CAST(-SUM(CASE WHEN kind = 'sent_back' OR kind IS NULL AND quantity < 0 THEN quantity ELSE 0 END) AS BIGINT),
        CAST(SUM(quantity) AS BIGINT), MAX(CASE WHEN quantity > 0 THEN occurred_on END)
    FROM (SELECT d.shipment_id, l.lot_id, l.channel, l.status, l.item_id, s.facility_id AS sender,
            s.counterparty_id AS receiver, l.quantity, l.occurred_on,
            CASE WHEN COALESCE(m.reverses_id, m.id) <> d.shipment_id THEN COALESCE(o.kind, m.kind) END AS kind
        FROM stock_movement_line l JOIN stock_movement m ON m.id = l.movement_id
            JOIN shipment_document d ON d.movement_id = m.id JOIN stock_movement s ON s.id = d.shipment_id
            LEFT JOIN stock_movement o ON o.id = m.reverses_id
        WHERE l.account = 'transit') AS moved
    GROUP BY shipment_id, lot_id, channel, status, item_id, sender, receiver""",
)
# The papers that move no stock are numbered by the same counter; their tables stand above this package.
PAPERS = [
    f" UNION ALL SELECT facility_id, '{kind}', year, number FROM {kind}"  # noqa: S608 - names of our own tables
    for kind in (REQUISITION, LOT_RECALL)
]
COUNTERS = Kept(
    "document_counter",
    ("facility_id", "kind", "year"),
    ("last",),
    f"""SELECT facility_id, kind, year, CASE WHEN MIN(number) = 1 AND MAX(number) = COUNT(*) THEN MAX(number) END
    FROM (SELECT facility_id, kind, year, number FROM stock_movement{"".join(PAPERS)}) AS papers
    GROUP BY facility_id, kind, year""",  # noqa: S608 - names of our own tables
)
CONSUMED = Kept(
    "stock_month",
    (*SERIES, "month"),
    ("consumed",),
    """SELECT facility_id, item_id, channel, month, CAST(SUM(quantity) AS BIGINT) FROM (
        SELECT l.facility_id, l.item_id, l.channel, -l.quantity AS quantity, {used_in} AS month
        FROM stock_movement_line l JOIN stock_movement m ON m.id = l.movement_id
            LEFT JOIN stock_movement o ON o.id = m.reverses_id
        WHERE l.account = 'stock' AND l.measure = 'dispensed') AS used
    GROUP BY facility_id, item_id, channel, month HAVING SUM(quantity) <> 0""",
    where="consumed <> 0",
)
ON_THE_WAY = N_("on the way below zero")
KEPT = (ON_HAND, SERIES_DAYS, MONTHS, CONSUMED, TRANSIT, COUNTERS)
MONTH = {True: "CAST(strftime('%Y%m', {day}) AS INTEGER)", False: "CAST(to_char({day}, 'YYYYMM') AS INTEGER)"}

# Each gives the documents that break a rule: id, what stands, what should stand.
RULES_OF_DOCUMENTS = {
    N_("lines do not sum to zero"): """
        SELECT movement_id, CAST(SUM(quantity) AS BIGINT), 0 FROM stock_movement_line
        GROUP BY movement_id, item_id, lot_id, channel HAVING SUM(quantity) <> 0""",
    N_("document without lines"): """
        SELECT m.id, 0, 1 FROM stock_movement m
        WHERE NOT EXISTS (SELECT 1 FROM stock_movement_line l WHERE l.movement_id = m.id)""",
    N_("line dated otherwise than its document"): """
        SELECT m.id, l.occurred_on, m.occurred_on FROM stock_movement m
        JOIN stock_movement_line l ON l.movement_id = m.id WHERE l.occurred_on <> m.occurred_on""",
    N_("goods on the way without a shipment"): """
        SELECT l.movement_id, CAST(SUM(l.quantity) AS BIGINT), 0 FROM stock_movement_line l
        WHERE l.account = 'transit'
            AND NOT EXISTS (SELECT 1 FROM shipment_document d WHERE d.movement_id = l.movement_id)
        GROUP BY l.movement_id""",
    N_("sent differs from received, lost, returned and on the way"): """
        SELECT shipment_id, CAST(SUM(sent) AS BIGINT), CAST(SUM(received + lost + returned + quantity) AS BIGINT)
        FROM in_transit GROUP BY shipment_id, lot_id, channel, status
        HAVING SUM(sent) <> SUM(received + lost + returned + quantity) OR MIN(quantity) < 0""",
    N_("more reported missing or damaged than is on the way"): """
        SELECT t.shipment_id, CAST(SUM(d.quantity - d.settled) AS BIGINT), MIN(t.quantity)
        FROM delivery_difference d JOIN in_transit t ON t.shipment_id = d.shipment_id AND t.lot_id = d.lot_id
            AND t.channel = d.channel AND t.status = d.status
        WHERE d.kind IN ('short', 'damaged', 'refused')
        GROUP BY t.shipment_id, t.lot_id, t.channel, t.status HAVING SUM(d.quantity - d.settled) > MIN(t.quantity)""",
    N_("lot of another item"): """
        SELECT l.movement_id, l.item_id, lot.item_id FROM stock_movement_line l
        JOIN lot ON lot.id = l.lot_id WHERE lot.item_id <> l.item_id""",
    N_("reversal that does not undo its document"): """
        SELECT r.id, CAST(SUM(l.quantity) AS BIGINT), 0 FROM stock_movement r
        JOIN stock_movement_line l ON l.movement_id IN (r.id, r.reverses_id)
        WHERE r.reverses_id IS NOT NULL
        GROUP BY r.id, l.account, l.facility_id, l.lot_id, l.channel, l.status HAVING SUM(l.quantity) <> 0""",
}
BELOW_ZERO = """
    SELECT facility_id, item_id, lot_id, channel, status, occurred_on, level FROM (
        SELECT facility_id, item_id, lot_id, channel, status, occurred_on, SUM(SUM(quantity)) OVER (
            PARTITION BY facility_id, item_id, lot_id, channel, status ORDER BY occurred_on) AS level
        FROM stock_movement_line WHERE account = 'stock'
        GROUP BY facility_id, item_id, lot_id, channel, status, occurred_on) AS levels
    WHERE level < 0"""
ON_THE_WAY_BELOW_ZERO = """
    SELECT shipment_id, lot_id, channel, status, occurred_on, level FROM (
        SELECT d.shipment_id, l.lot_id, l.channel, l.status, l.occurred_on, SUM(SUM(l.quantity)) OVER (
            PARTITION BY d.shipment_id, l.lot_id, l.channel, l.status ORDER BY l.occurred_on) AS level
        FROM stock_movement_line l JOIN shipment_document d ON d.movement_id = l.movement_id
        WHERE l.account = 'transit'
        GROUP BY d.shipment_id, l.lot_id, l.channel, l.status, l.occurred_on) AS levels
    WHERE level < 0"""
STEPS = """
    SELECT facility_id, item_id, occurred_on, lot_id, CAST(SUM(quantity) AS BIGINT),
        MAX(CASE measure WHEN 'opening' THEN 1 ELSE 0 END)
    FROM stock_movement_line
    WHERE account = 'stock' AND status = 'usable' GROUP BY facility_id, item_id, occurred_on, lot_id
    ORDER BY facility_id, item_id, occurred_on"""
SPANS = "SELECT facility_id, item_id, started_on, ended_on FROM stockout ORDER BY facility_id, item_id, started_on"


def verify(session: Session, progress: Callable[[str], None] = lambda _: None) -> list[Difference]:
    """Every difference between the lines of the ledger and what is kept from them; none when all is well.

    progress: told the name of each part as its turn comes.
    """
    sql = Sql(session)
    found: list[Difference] = []
    for kept in KEPT:
        progress(kept.table)
        found += _compare(sql, kept)
    progress("stock_movement")
    for rule, query in RULES_OF_DOCUMENTS.items():
        found += [Difference(rule, (str(row[0]),), str(row[1]), str(row[2])) for row in sql.rows(query)]
    for row in sql.rows(BELOW_ZERO):
        found.append(Difference(N_("balance below zero"), tuple(map(str, row[:6])), str(row[6]), "0"))
    for row in sql.rows(ON_THE_WAY_BELOW_ZERO):
        found.append(Difference(ON_THE_WAY, tuple(map(str, row[:5])), str(row[5]), "0"))
    progress("stockout")
    found += _compare_stockouts(sql)
    return _named(sql, found)


def _compare(sql: Sql, kept: Kept) -> list[Difference]:
    columns = ", ".join((*kept.key, *kept.figures))
    stored = f"SELECT {columns} FROM {kept.table} WHERE {kept.where}"  # noqa: S608 - names of our own tables
    month = MONTH[sql.sqlite]
    used_in = month.format(day="COALESCE(o.occurred_on, l.occurred_on)")
    anew = kept.anew.format(month=month.format(day="occurred_on"), used_in=used_in)
    size = len(kept.key)
    only_stored = {row[:size]: row[size:] for row in sql.rows(f"{stored} EXCEPT SELECT * FROM ({anew}) AS anew")}  # noqa: S608
    only_anew = {row[:size]: row[size:] for row in sql.rows(f"SELECT * FROM ({anew}) AS anew EXCEPT {stored}")}  # noqa: S608
    keys = sorted(only_stored.keys() | only_anew.keys(), key=str)
    return [Difference(kept.table, key, _shown(only_stored.get(key)), _shown(only_anew.get(key))) for key in keys]


def _compare_stockouts(sql: Sql) -> Iterator[Difference]:
    expiries = {lot: as_day_or_none(day) for lot, day in sql.rows("SELECT id, expires_on FROM lot")}
    kept: dict[tuple[int, int], list[Span]] = {}
    for facility, item, start, end in sql.rows(SPANS):
        kept.setdefault((facility, item), []).append(Span(as_day(start), as_day(end)))
    for series, rows in groupby(sql.stream(STEPS), key=lambda row: row[:2]):
        anew = whole_history([Step(as_day(row[2]), row[3], row[4], bool(row[5])) for row in rows], expiries)
        stored = kept.pop(series, [])
        if anew != stored:
            yield Difference("stockout", tuple(map(str, series)), _spans(stored), _spans(anew))
    for series, stored in kept.items():
        yield Difference("stockout", tuple(map(str, series)), _spans(stored), None)


def _spans(spans: Sequence[Span]) -> str | None:
    shown = (f"{s.started_on}…{'' if s.ended_on == date.max else s.ended_on}" for s in spans)
    return ", ".join(shown) or None


def _shown(figures: tuple[Any, ...] | None) -> str | None:
    return None if figures is None else ", ".join("—" if value is None else str(value) for value in figures)


def _named(sql: Sql, differences: Sequence[Difference]) -> list[Difference]:
    """The differences with the codes of facilities and items instead of their ids, where a key begins with them."""
    if not differences:
        return []
    facilities = {str(row[0]): row[1] for row in sql.rows("SELECT id, code FROM facility")}
    items = {str(row[0]): row[1] for row in sql.rows("SELECT id, code FROM item")}
    named = []
    for it in differences:
        key = tuple(map(str, it.key))
        if it.table not in (*RULES_OF_DOCUMENTS, TRANSIT.table, ON_THE_WAY):
            second = key[1] if it.table == COUNTERS.table else items.get(key[1], key[1])
            key = (facilities.get(key[0], key[0]), second, *key[2:])
        named.append(Difference(it.table, key, it.kept, it.ledger))
    return named
