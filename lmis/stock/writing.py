"""Writing a batch of applied documents, and what is kept from the ledger so that it can be read fast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from lmis.sql import Sql, stored
from lmis.stock.documents import Posted
from lmis.stock.facts import Shelf
from lmis.stock.journal import Applied
from lmis.stock.ledger import Ledger
from lmis.stock.months import keep_months
from lmis.stock.numbering import KEEP_COUNTER
from lmis.stock.spans import keep_stockouts

INSERT_MOVEMENT = """
    INSERT INTO stock_movement (id, uuid, kind, year, number, occurred_on, recorded_at, facility_id, counterparty_id,
        party, reference, note, user_id, reverses_id, digest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
INSERT_LINE = """
    INSERT INTO stock_movement_line (movement_id, line_no, account, facility_id, item_id, lot_id, channel, status,
        measure, quantity, counted, reason, occurred_on)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
KEEP_BALANCE = """
    INSERT INTO stock_on_hand (facility_id, item_id, lot_id, channel, status, on_hand, received_on, last_on, settled_on,
        settled_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (facility_id, item_id, lot_id, channel, status) DO UPDATE SET on_hand = excluded.on_hand,
        received_on = excluded.received_on, last_on = excluded.last_on, settled_on = excluded.settled_on,
        settled_id = excluded.settled_id"""
KEEP_SERIES = """
    INSERT INTO stock_series (facility_id, item_id, channel, first_on, last_on) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (facility_id, item_id, channel)
    DO UPDATE SET first_on = excluded.first_on, last_on = excluded.last_on"""
INSERT_SHIPMENT_DOCUMENT = "INSERT INTO shipment_document (movement_id, shipment_id) VALUES (?, ?)"
KEEP_TRANSIT = """
    INSERT INTO in_transit (shipment_id, lot_id, channel, status, item_id, sender_id, receiver_id, sent, received, lost,
        returned, quantity, since_on)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (shipment_id, lot_id, channel, status) DO UPDATE SET received = excluded.received,
        lost = excluded.lost, returned = excluded.returned, quantity = excluded.quantity,
        since_on = excluded.since_on"""
COUNTERS = "SELECT facility_id, kind, year, last FROM document_counter WHERE facility_id IN (:ids*)"


class Writer:
    """Writes applied documents: the ledger first, then balances, months, stockouts and counters."""

    def __init__(self, sql: Sql, ledger: Ledger, *, recorded_at: datetime, user_id: int | None) -> None:
        self._sql = sql
        self._ledger = ledger
        self._recorded_at = stored(recorded_at)
        self._user_id = user_id

    def write(self, applied: Sequence[Applied]) -> list[Posted]:
        posted = self._number(applied)
        self._write_ledger(applied, posted)
        keep_months(self._sql, self._ledger, applied)
        keep_stockouts(self._sql, self._ledger, applied)
        self._keep_balances()
        self._keep_series()
        self._keep_shipments(applied)
        return posted

    # -- the ledger ----------------------------------------------------------------------------------------------

    def _number(self, applied: Sequence[Applied]) -> list[Posted]:
        makers = sorted({done.document.facility_id for done in applied})
        last = {row[:3]: row[3] for row in self._sql.rows(COUNTERS, ids=makers)}
        used: set[tuple[int, str, int]] = set()
        posted = []
        for done in applied:
            document = done.document
            key = (document.facility_id, str(document.kind), document.occurred_on.year)
            last[key] = last.get(key, 0) + 1
            used.add(key)
            posted.append(Posted(done.id, document.uuid, key[1], key[2], last[key], True))
        self._sql.insert(KEEP_COUNTER, [(*key, last[key]) for key in sorted(used)])
        return posted

    def _write_ledger(self, applied: Sequence[Applied], posted: Sequence[Posted]) -> None:
        movements, lines = [], []
        for done, number in zip(applied, posted, strict=True):
            document = done.document
            day = document.occurred_on.isoformat()
            undone = self._ledger.originals[document.reverses.hex].id if document.reverses else None
            who = (document.facility_id, document.counterparty_id, document.party)
            paper = (document.reference, document.note, self._user_id, undone, document.digest)
            movements.append((*number[:1], document.uuid.hex, *number[2:5], day, self._recorded_at, *who, *paper))
            for line_no, entry in enumerate(done.entries, 1):
                lines.append((done.id, line_no, *entry, day))
        self._sql.insert(INSERT_MOVEMENT, movements)
        self._sql.insert(INSERT_LINE, lines)

    # -- what is kept --------------------------------------------------------------------------------------------

    def _keep_balances(self) -> None:
        rows = []
        for key, balance in self._ledger.balances.items():
            if balance.steps:
                settled = balance.settled_on and balance.settled_on.isoformat()
                received = min(balance.received_on, balance.last_on).isoformat()
                rows.append(
                    (
                        *key,
                        balance.on_hand,
                        received,
                        balance.last_on.isoformat(),
                        settled,
                        balance.settled_id,
                    )
                )
        self._sql.insert(KEEP_BALANCE, sorted(rows))

    def _keep_series(self) -> None:
        moved: dict[Shelf, tuple[date, date]] = {}
        for key, balance in self._ledger.balances.items():
            if balance.steps:
                shelf = (key[0], key[1], key[3])
                days = (min(balance.steps), max(balance.steps), *moved.get(shelf, ()))
                moved[shelf] = (min(days), max(days))
        rows = []
        for shelf, days in moved.items():
            known = self._ledger.series.get(shelf, days)
            spread = (min(days[0], known[0]), max(days[1], known[1]))
            if spread != known or shelf not in self._ledger.series:
                rows.append((*shelf, spread[0].isoformat(), spread[1].isoformat()))
        self._sql.insert(KEEP_SERIES, rows)

    def _keep_shipments(self, applied: Sequence[Applied]) -> None:
        ledger = self._ledger
        if not ledger.shipments:
            return
        followed = [(done.id, ledger.shipment_of(done.document)) for done in applied]
        rows = [(movement, ledger.shipments[shipment].id) for movement, shipment in followed if shipment]
        self._sql.insert(INSERT_SHIPMENT_DOCUMENT, rows)
        self._sql.insert(
            KEEP_TRANSIT,
            [
                (
                    *(it.id, *key, goods.item_id, it.sender_id, it.receiver_id),
                    *(goods.sent, goods.received, goods.lost, goods.returned, goods.quantity),
                    goods.since_on.isoformat(),
                )
                for it in ledger.shipments.values()
                for key, goods in it.goods.items()
                if goods.moved
            ],
        )
