"""Reading the picture of the network that the rules look at: statements a portion, not a facility."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlmodel import Session

from lmis.alerts.picture import HeldLot, Shelf
from lmis.alerts.reading_use import Series, Use, portions
from lmis.forecast.need import days_of
from lmis.policy.rules import Policy
from lmis.policy.service import Finder, methods_of, rows_in_force, spots_of
from lmis.sql import Sql, as_day, as_day_or_none
from lmis.stock.documents import RECALLED, USABLE
from lmis.stock.fefo import is_expired

PORTION = 500  # facilities
OPEN = "SELECT id, capabilities FROM facility WHERE closed_on IS NULL OR closed_on > :today ORDER BY id"
ITEMS = """
    SELECT i.id, i.pack_size, m.capability FROM item i JOIN method m ON m.code = i.method_code ORDER BY i.id"""
LOTS = "SELECT id, number, expires_on, recalled_on FROM lot"
PRICES = """
    SELECT p.item_id, p.channel_code, p.dong FROM price p JOIN channel c ON c.code = p.channel_code
    WHERE c.priced = :yes AND p.valid_from <= :today AND (p.valid_to IS NULL OR p.valid_to > :today)
    ORDER BY p.valid_from"""  # where several hold, the latest does
BALANCES = """
    SELECT facility_id, item_id, lot_id, channel, status, on_hand, received_on FROM stock_on_hand
    WHERE facility_id IN (:ids*) AND on_hand > 0"""
SERIES = """
    SELECT facility_id, item_id, MAX(last_on) FROM stock_series
    WHERE facility_id IN (:ids*) GROUP BY facility_id, item_id"""
OUT = """
    SELECT facility_id, item_id, started_on FROM stockout
    WHERE facility_id IN (:ids*) AND ended_on > :today AND started_on <= :today"""
LATELY = """
    SELECT facility_id, item_id, MAX(CASE WHEN measure = 'received' AND quantity > 0 THEN occurred_on END),
        MAX(CASE WHEN measure IN ('dispensed', 'issued') OR counted IS NOT NULL THEN occurred_on END)
    FROM stock_movement_line
    WHERE account = 'stock' AND facility_id IN (:ids*) AND item_id IN (:items*) AND occurred_on > :since
    GROUP BY facility_id, item_id"""
# Only what will be usable on arrival, less what the receiver says will not come.
COMING = """
    SELECT t.receiver_id, t.item_id, m.occurred_on, CAST(SUM(t.quantity - COALESCE(d.disputed, 0)) AS BIGINT)
    FROM in_transit t JOIN lot l ON l.id = t.lot_id JOIN stock_movement m ON m.id = t.shipment_id LEFT JOIN (
        SELECT shipment_id, lot_id, channel, status, SUM(quantity - settled) AS disputed FROM delivery_difference
        WHERE receiver_id IN (:ids*) AND settled < quantity AND kind IN ('short', 'damaged', 'refused')
        GROUP BY shipment_id, lot_id, channel, status) d
        ON d.shipment_id = t.shipment_id AND d.lot_id = t.lot_id AND d.channel = t.channel AND d.status = t.status
    WHERE t.receiver_id IN (:ids*) AND t.quantity > 0 AND t.status = 'usable' AND l.recalled_on IS NULL
        AND (l.expires_on IS NULL OR l.expires_on >= :today)
    GROUP BY t.receiver_id, t.item_id, m.occurred_on HAVING SUM(t.quantity - COALESCE(d.disputed, 0)) > 0
    ORDER BY m.occurred_on"""
DAY = timedelta(days=1)


class Goods(NamedTuple):
    """What is to be known of an item. capability: what a facility needs to hold it."""

    pack_size: int
    capability: str | None


class LotAbout(NamedTuple):
    number: str
    expires_on: date | None
    recalled_on: date | None


@dataclass(slots=True)
class _Held:
    """The lots of an item at a facility, sorted by what they are good for."""

    usable: list[HeldLot] = field(default_factory=list)
    expired: list[HeldLot] = field(default_factory=list)
    recalled: list[HeldLot] = field(default_factory=list)


NOTHING = _Held()


class Reading:
    """What is read once for all portions.

    facility_ids: those wanted; None: all. Closed ones are left out.
    """

    def __init__(self, session: Session, today: date, facility_ids: Collection[int] | None = None) -> None:
        sql = Sql(session)
        self._session, self._today = session, today
        wanted = None if facility_ids is None else set(facility_ids)
        opened = sql.rows(OPEN, today=today)
        self.capabilities = {id_: frozenset(its.split()) for id_, its in opened if wanted is None or id_ in wanted}
        self.facility_ids = list(self.capabilities)
        self.goods = {row[0]: Goods(*row[1:]) for row in sql.rows(ITEMS)}
        self._lots = {
            row[0]: LotAbout(row[1] or "—", as_day_or_none(row[2]), as_day_or_none(row[3])) for row in sql.rows(LOTS)
        }
        self.prices = {row[:2]: row[2] for row in sql.rows(PRICES, today=today, yes=True)}
        self.spots = spots_of(session, self.facility_ids, today)
        self._finder = Finder(rows_in_force(session, self.spots.values(), today))
        self._methods = methods_of(session, self.goods)
        self._policies: dict[int, Mapping[int, Policy]] = {}
        self.use = Use(session, self.facility_ids, today)

    @property
    def pack_sizes(self) -> dict[int, int]:
        return {item: its.pack_size for item, its in self.goods.items()}

    def policy(self, facility_id: int) -> Policy:
        """What holds at a facility for whatever item is not named."""
        return self._finder.of(self.spots[facility_id], None, None)

    def policies_of(self, facility_id: int) -> Mapping[int, Policy]:
        """By item; the same mapping for all places of which the same is said."""
        its = self._finder.of_items(self.spots[facility_id], self._methods)
        if id(its) not in self._policies:
            self._policies[id(its)] = dict(its)
        return self._policies[id(its)]

    def shelves(self) -> Iterator[Shelf]:
        """Every item that the facilities hold, have held or are sent."""
        for ids in portions(self.facility_ids, PORTION):
            yield from self._portion(ids)

    def _portion(self, ids: Sequence[int]) -> Iterator[Shelf]:
        sql = Sql(self._session)
        held = self._held(sql, ids)
        moved = {row[:2]: as_day(row[2]) for row in sql.rows(SERIES, ids=ids)}
        out = {row[:2]: as_day(row[2]) for row in sql.rows(OUT, ids=ids, today=self._today)}
        received, recorded = self._lately(sql, ids)
        coming = self._coming(sql, ids)
        every = sorted({*held, *moved, *coming})
        ahead = self.use.ahead(ids)
        unknown = [it for it in every if it in out and not self.use.amc.get(it)]
        amc: Mapping[Series, Decimal] = self.use.amc
        long_ago = self.use.long_ago(unknown)
        for series in every:
            facility, item = series
            its = held.get(series, NOTHING)
            goods = self.goods[item]
            units, coming_on = coming.get(series, (0, None))
            yield Shelf(
                facility_id=facility,
                item_id=item,
                lots=its.usable,
                expired=its.expired,
                recalled=its.recalled,
                coming=units,
                coming_on=coming_on,
                ahead=ahead.get(series),
                amc=amc.get(series) or long_ago.get(series),
                policy=self.policies_of(facility)[item],
                out_since=out.get(series),
                received_on=received.get(series),
                moved_on=moved.get(series),
                capable=goods.capability is None or goods.capability in self.capabilities[facility],
                pack_size=goods.pack_size,
                recorded_on=recorded.get(facility),
            )

    def _held(self, sql: Sql, ids: Sequence[int]) -> dict[Series, _Held]:
        held: dict[Series, _Held] = defaultdict(_Held)
        for facility, item, lot, channel, status, on_hand, received_on in sql.stream(BALANCES, ids=list(ids)):
            number, expires_on, recalled_on = self._lots[lot]
            price = self.prices.get((item, channel), 0)
            it = HeldLot(lot, number, expires_on, channel, on_hand, as_day(received_on), price)
            its = held[facility, item]
            if status == RECALLED or recalled_on is not None:
                its.recalled.append(it)
            elif is_expired(expires_on, self._today):
                its.expired.append(it)
            elif status == USABLE:
                its.usable.append(it)
        for its in held.values():
            its.usable.sort(key=_first_expired_first)
        return dict(held)

    def _lately(self, sql: Sql, ids: Sequence[int]) -> tuple[dict[Series, date], dict[int, date]]:
        """When each item last came, and until when each facility has written down what it gave out.

        As far back as a review period reaches, or silence is let be: of longer ago nothing more is asked.
        """
        every = [it for id_ in ids for it in {id(its): its for its in self.policies_of(id_).values()}.values()]
        reach = max((max(days_of(it.review_period), it.quiet_days) for it in every), default=0)
        since = self._today - reach * DAY
        received: dict[Series, date] = {}
        recorded = dict.fromkeys(ids, since)
        for facility, item, came, gave in sql.rows(LATELY, ids=list(ids), items=list(self.goods), since=since):
            if came is not None:
                received[facility, item] = as_day(came)
            if gave is not None:
                recorded[facility] = max(recorded[facility], as_day(gave))
        return received, recorded

    def _coming(self, sql: Sql, ids: Sequence[int]) -> dict[Series, tuple[int, date]]:
        """What is on the way, and the first day on which some of it may be expected: not before tomorrow."""
        coming: dict[Series, tuple[int, date]] = {}
        for facility, item, sent_on, units in sql.rows(COMING, ids=list(ids), today=self._today):
            lead = self.policies_of(facility)[item].lead_time
            on = max(as_day(sent_on) + days_of(lead) * DAY, self._today + DAY)
            more, first = coming.get((facility, item), (0, on))
            coming[facility, item] = (more + units, min(first, on))
        return coming


def _first_expired_first(lot: HeldLot) -> tuple[Any, ...]:
    return (lot.expires_on or date.max, lot.received_on, lot.lot_id)
