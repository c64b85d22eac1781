"""What the whole network under a facility has and expects of each item, read at once. Base units, whole đồng."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlmodel import Session

from lmis.calendar import Month, month_of
from lmis.sql import Sql, as_day, as_day_or_none

# Lots are added up before anything is asked of them: there are a few hundred, on a hundred thousand shelves.
ON_HAND = """
    SELECT g.item_id, l.expires_on, g.units FROM (
        SELECT item_id, lot_id, CAST(SUM(on_hand) AS BIGINT) AS units FROM stock_on_hand
        WHERE facility_id IN (:ids*) AND status = 'usable' AND on_hand > 0 GROUP BY item_id, lot_id) g
    JOIN lot l ON l.id = g.lot_id
    WHERE l.recalled_on IS NULL AND (l.expires_on IS NULL OR l.expires_on >= :today)"""
# On the way to anybody of them, less what the receiver says will not come.
ON_THE_WAY = """
    SELECT t.item_id, l.expires_on, CAST(SUM(t.quantity - COALESCE(d.disputed, 0)) AS BIGINT)
    FROM in_transit t JOIN lot l ON l.id = t.lot_id LEFT JOIN (
        SELECT shipment_id, lot_id, channel, status, SUM(quantity - settled) AS disputed FROM delivery_difference
        WHERE settled < quantity AND kind IN ('short', 'damaged', 'refused')
        GROUP BY shipment_id, lot_id, channel, status) d
        ON d.shipment_id = t.shipment_id AND d.lot_id = t.lot_id AND d.channel = t.channel AND d.status = t.status
    WHERE t.receiver_id IN (:ids*) AND t.quantity > 0 AND t.status = 'usable' AND l.recalled_on IS NULL
        AND (l.expires_on IS NULL OR l.expires_on >= :today)
    GROUP BY t.item_id, t.lot_id, l.expires_on"""
PRICES = """
    SELECT p.item_id, p.dong FROM price p JOIN channel c ON c.code = p.channel_code
    WHERE c.priced = :yes AND p.valid_from <= :on AND (p.valid_to IS NULL OR p.valid_to > :on)
    ORDER BY p.valid_from, c.position DESC"""
DISPENSED = """
    SELECT item_id, CAST(SUM(consumed) AS BIGINT) FROM stock_month
    WHERE facility_id IN (:ids*) AND month BETWEEN :first AND :last GROUP BY item_id"""
WERE_OUT = """
    SELECT item_id, COUNT(DISTINCT facility_id) FROM stockout
    WHERE facility_id IN (:ids*) AND ended_on > :first AND started_on <= :last GROUP BY item_id"""

Usable = dict[int, dict[Month | None, int]]  # by item and the month it expires in; None: no expiry is known


def usable_stock(session: Session, facility_ids: Sequence[int], today: date) -> Usable:
    """What can be given out at the facilities or is on the way to them."""
    found: Usable = defaultdict(lambda: defaultdict(int))
    for statement in (ON_HAND, ON_THE_WAY):
        for item, expires_on, units in Sql(session).rows(statement, ids=list(facility_ids), today=today):
            day = as_day_or_none(expires_on)
            found[item][month_of(day) if day else None] += units
    return {item: {month: units for month, units in its.items() if units > 0} for item, its in found.items()}


def prices(session: Session, on: date) -> dict[int, int]:
    """The latest price in force of each item in a priced channel, in whole đồng; free goods may have none."""
    return dict(Sql(session).rows(PRICES, yes=True, on=on))


def dispensed(session: Session, facility_ids: Sequence[int], first: Month, last: Month) -> dict[int, int]:
    """What was given to clients of each item in the months from `first` through `last`."""
    return dict(Sql(session).rows(DISPENSED, ids=list(facility_ids), first=first, last=last))


def facilities_out(session: Session, facility_ids: Sequence[int], first: date, last: date) -> dict[int, int]:
    """How many facilities were out of each item on any day of a span."""
    return dict(Sql(session).rows(WERE_OUT, ids=list(facility_ids), first=first, last=last))


def known_since(session: Session, facility_ids: Sequence[int]) -> date | None:
    """The first day of which anything is recorded at the facilities."""
    found = Sql(session).rows("SELECT MIN(first_on) FROM stock_series WHERE facility_id IN (:ids*)", ids=facility_ids)
    return as_day(found[0][0]) if found[0][0] else None
