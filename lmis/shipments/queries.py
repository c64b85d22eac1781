"""Reading what is on the way."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from lmis.sql import Sql

COMING = """
    SELECT receiver_id, item_id, channel, CAST(SUM(quantity) AS BIGINT) FROM in_transit
    WHERE receiver_id IN (:ids*) AND quantity > 0 GROUP BY receiver_id, item_id, channel"""

Shelf = tuple[int, int, str]  # facility, item, channel


def on_the_way(session: Session, facility_ids: Sequence[int]) -> dict[Shelf, int]:
    """Base units that were sent to the facilities and not confirmed yet, by facility, item and channel."""
    return {row[:3]: row[3] for row in Sql(session).rows(COMING, ids=list(facility_ids))}
