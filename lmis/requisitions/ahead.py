"""What the forecast in force says of the lines of a requisition."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from lmis.calendar import complete_months, month_of
from lmis.forecast.outlook import Outlook, outlooks
from lmis.network.service import subtree_ids
from lmis.policy.rules import Policy
from lmis.requisitions.proposal import SHORT, Ahead, Basis, shares
from lmis.requisitions.refusals import Key
from lmis.sql import Sql

USED = """
    SELECT item_id, channel, CAST(SUM(consumed) AS BIGINT) FROM stock_month
    WHERE facility_id IN (:ids*) AND item_id IN (:items*) AND month BETWEEN :first AND :last
    GROUP BY item_id, channel"""
LOOKED_BACK = 12  # months, for an item that was not used in those of AMC
THOUSANDTH = Decimal("0.001")


def ahead(
    session: Session,
    facility_id: int,
    keys: Collection[Key],
    amc: Mapping[Key, Decimal],
    limits: Mapping[int, Policy],
    today: date,
) -> dict[Key, Ahead | Basis]:
    """What is expected from today on over lead time and review period, by item and channel.

    A forecast is of an item: each channel has its share of the item's AMC, else of its use in the last months, else
    all have the same. SHORT: the forecast does not reach so far; what has no forecast at all is left out.
    keys: all channels of the items; limits: of each item.
    """
    items = {item for item, _ in keys}
    found = outlooks(session, [facility_id], today, item_id=next(iter(items)) if len(items) == 1 else None)
    its = {item: _need(outlook, limits[item], today) for (_, item), outlook in found.items() if item in items}
    concerned = [key for key in keys if key[0] in its]
    used = _used(session, facility_id, {key[0] for key in concerned} - _in_use(amc), today)
    share = shares(concerned, amc, used)
    return {key: _part(its[key[0]], share[key]) for key in concerned}


def _need(outlook: Outlook, policy: Policy, today: date) -> Ahead | Basis:
    months = policy.lead_time + policy.review_period
    need = outlook.need(today, months, policy.service_level)
    return Ahead(months, Decimal(need.expected), Decimal(need.safety)) if need else SHORT


def _part(whole: Ahead | Basis, share: Decimal) -> Ahead | Basis:
    if not isinstance(whole, Ahead):
        return whole
    return Ahead(whole.months, *((units * share).quantize(THOUSANDTH) for units in whole[1:]))


def _in_use(amc: Mapping[Key, Decimal]) -> set[int]:
    return {item for (item, _), use in amc.items() if use > 0}


def _used(session: Session, facility_id: int, items: Collection[int], today: date) -> dict[Key, int]:
    """What was dispensed of items at the facility and under it in the last months, by item and channel."""
    if not items:
        return {}
    months = complete_months(month_of(today), LOOKED_BACK, today)
    ids = subtree_ids(session, facility_id, today)
    rows = Sql(session).rows(USED, ids=ids, items=sorted(items), first=months[0], last=months[-1])
    return {row[:2]: row[2] for row in rows}
