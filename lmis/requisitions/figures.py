"""What a requisition begins with: the ledger's figures of each item and channel, and the order they propose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlmodel import Session

from lmis.calendar import Month, first_of, last_of
from lmis.catalog.service import item_channels
from lmis.config import settings
from lmis.forecast.consumption import stockout_spans_of
from lmis.policy.rules import Policy
from lmis.policy.service import policies
from lmis.reports.stock_report import FIGURES, consumption
from lmis.reports.stock_report import Figures as Moved
from lmis.requisitions.ahead import THOUSANDTH, ahead
from lmis.requisitions.proposal import MISSING, Proposal, Stock, Terms, propose
from lmis.requisitions.refusals import Key
from lmis.requisitions.states import EMERGENCY, REGULAR
from lmis.shipments.queries import on_the_way
from lmis.sql import Sql
from lmis.stock.stockouts import days_out

SERIES = "SELECT item_id, channel FROM stock_series WHERE facility_id = :facility"
USABLE = """
    SELECT s.item_id, s.channel, CAST(SUM(s.on_hand) AS BIGINT)
    FROM stock_on_hand s JOIN lot l ON l.id = s.lot_id
    WHERE s.facility_id = :facility AND s.status = 'usable' AND s.on_hand > 0 AND l.recalled_on IS NULL
        AND (l.expires_on IS NULL OR l.expires_on >= :today)
    GROUP BY s.item_id, s.channel"""
# What those below have been authorised to ask for and were not sent; what an open requisition of this facility has
# already asked for on their behalf is not asked for twice.
OWED = """
    SELECT r.id FROM requisition r
    WHERE r.supplier_id = :facility AND r.status IN ('authorised', 'approved') AND NOT EXISTS (
        SELECT 1 FROM requisition_part p JOIN requisition whole ON whole.id = p.whole_id
        WHERE p.part_id = r.id AND whole.status NOT IN ('released', 'skipped'))"""
ASKED = """
    SELECT l.item_id, l.channel, CAST(SUM(COALESCE(l.approved, l.requested)) AS BIGINT)
    FROM requisition_line l WHERE l.requisition_id IN (:ids*) GROUP BY l.item_id, l.channel"""
HANDED_UP = """
    SELECT id FROM requisition WHERE facility_id = :facility AND status IN ('submitted', 'authorised', 'approved')"""
GOODS = """
    SELECT i.id, i.pack_size, m.capability FROM item i JOIN method m ON m.code = i.method_code
    WHERE i.id IN (:items*)"""
CHANNELS = "SELECT item_id, channel_code FROM item_channel WHERE item_id IN (:items*)"
CAPABILITIES = "SELECT capabilities FROM facility WHERE id = :facility"
NO_MOVEMENT: Moved = (0, 0, 0, 0, 0, 0)


class Figures(NamedTuple):
    """One line as it begins; see RequisitionLine."""

    item_id: int
    channel: str
    opening: int
    received: int
    issued: int
    dispensed: int
    adjusted: int
    lost: int
    closing: int
    days_out: int
    amc: Decimal | None
    on_hand: int
    in_transit: int
    on_order: int
    unfilled: int
    proposal: Proposal


class Goods(NamedTuple):
    """What an item asks of who holds it. channels: those it moves in; none: all."""

    id: int
    pack_size: int
    capability: str | None
    channels: frozenset[str]

    def moves_in(self, channel: str) -> bool:
        return not self.channels or channel in self.channels


def goods(sql: Sql, item_ids: Iterable[int]) -> dict[int, Goods]:
    ids = sorted(set(item_ids))
    channels: dict[int, set[str]] = {}
    for item_id, channel in sql.rows(CHANNELS, items=ids):
        channels.setdefault(item_id, set()).add(channel)
    return {row[0]: Goods._make((*row, frozenset(channels.get(row[0], ())))) for row in sql.rows(GOODS, items=ids)}


def may_hold(sql: Sql, facility_id: int, its: Iterable[Goods]) -> set[int]:
    """The ids of the items that a facility may hold."""
    capabilities = set(sql.rows(CAPABILITIES, facility=facility_id)[0][0].split())
    return {it.id for it in its if it.capability is None or it.capability in capabilities}


def parts(session: Session, facility_id: int) -> list[int]:
    """The ids of the requisitions from below that a requisition begun now asks for in its turn."""
    return [row[0] for row in Sql(session).rows(OWED, facility=facility_id)]


def figures(
    session: Session,
    facility_id: int,
    period: Month,
    *,
    kind: str,
    below: Sequence[int],
    today: date,
    only: Key | None = None,
    also: Iterable[Key] = (),
    wanted: int | None = None,
) -> list[Figures]:
    """The figures of every item and channel the facility may hold and has had, or that those below use or ask for.

    below: the requisitions from below that this one asks for in its turn. only: the one item and channel wanted, had
    before or not; also: others that are wanted too. An emergency proposes what is below its emergency point alone.
    wanted: an item that is there in any case, of which an emergency proposes what a regular one would.
    """
    sql = Sql(session)
    now = _Now(session, facility_id, today, below)
    had = {row[:2] for row in sql.rows(SERIES, facility=facility_id)}
    keys = {only} if only else had | now.unfilled.keys() | now.amc.keys() | set(also)
    if wanted is not None and wanted not in {item for item, _ in keys}:
        keys |= {(wanted, item_channels(session)[wanted][0])}
    its = goods(sql, {item for item, _ in keys})
    held = may_hold(sql, facility_id, its.values())
    keys = {key for key in keys if key[0] in held and its[key[0]].moves_in(key[1])}
    moved = _moved(sql, facility_id, period)
    out = _days_out(session, facility_id, period, today)
    limits = {item: policy for (_, item), policy in policies(session, [facility_id], its, today).items()}
    channels = [key for key in keys | had | now.amc.keys() if key[0] in its and its[key[0]].moves_in(key[1])]
    forecast = ahead(session, facility_id, channels, now.amc, limits, today)
    kinds = {item: REGULAR if item == wanted else kind for item in limits}
    terms = {item: _terms(kinds[item], policy, its[item].pack_size) for item, policy in limits.items()}
    proposed = {
        key: propose(now.amc.get(key), forecast.get(key, MISSING), now.stock(key), terms[key[0]]) for key in keys
    }
    return [_line(key, moved.get(key, NO_MOVEMENT), out.get(key[0], 0), now, proposed[key]) for key in sorted(keys)]


def _terms(kind: str, policy: Policy, pack_size: int) -> Terms:
    return Terms(policy, settings().order_by, kind == EMERGENCY, pack_size, settings().pack_threshold)


class _Now:
    """How the facility stands today, by item and channel."""

    def __init__(self, session: Session, facility_id: int, today: date, below: Sequence[int]) -> None:
        sql = Sql(session)
        self.amc = consumption(session, facility_id, today)
        self.on_hand = _by_key(sql, USABLE, facility=facility_id, today=today)
        coming = on_the_way(session, [facility_id], today)
        self.in_transit = {(item, channel): units for (_, item, channel), units in coming.items()}
        self.on_order = _by_key(sql, ASKED, ids=[row[0] for row in sql.rows(HANDED_UP, facility=facility_id)])
        self.unfilled = _by_key(sql, ASKED, ids=list(below))

    def stock(self, key: Key) -> Stock:
        coming = self.in_transit.get(key, 0) + self.on_order.get(key, 0)
        return Stock(self.on_hand.get(key, 0), coming, self.unfilled.get(key, 0))


def _line(key: Key, moved: Moved, out: int, now: _Now, proposal: Proposal) -> Figures:
    opening, received, issued, dispensed, adjusted, lost = moved
    closing = opening + received - issued - dispensed + adjusted - lost
    amc = now.amc.get(key)
    amc = None if amc is None else amc.quantize(THOUSANDTH)
    asked = (now.in_transit.get(key, 0), now.on_order.get(key, 0), now.unfilled.get(key, 0))
    return Figures(*key, *moved, closing, out, amc, now.on_hand.get(key, 0), *asked, proposal)


def _by_key(sql: Sql, statement: str, **params: object) -> dict[Key, int]:
    return {row[:2]: row[2] for row in sql.rows(statement, **params)}


def _moved(sql: Sql, facility_id: int, period: Month) -> dict[Key, Moved]:
    last = last_of(period)
    rows = sql.rows(FIGURES, ids=[facility_id], first=period, last=period, day=last)
    return {row[1:3]: row[3:] for row in rows}


def _days_out(session: Session, facility_id: int, period: Month, today: date) -> dict[int, int]:
    first, last = first_of(period), min(last_of(period), today)
    spans = stockout_spans_of(session, [facility_id], first, last)
    return {item: days_out(its, first, last) for (_, item), its in spans.items()}
