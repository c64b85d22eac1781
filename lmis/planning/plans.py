"""The supply plan of a facility and everything under it: what is known of each item, and the plan made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from lmis.calendar import Month, add_months, month_of, months_apart
from lmis.catalog.models import Item
from lmis.catalog.service import items
from lmis.db import id_of
from lmis.forecast.need import DAYS_A_MONTH
from lmis.forecast.outlook import Outlook, outlooks, run_in_force
from lmis.network.service import subtree_ids
from lmis.planning.demand import demand_of
from lmis.planning.models import PlannedShipment
from lmis.planning.network_stock import prices, usable_stock
from lmis.planning.planned import standing
from lmis.planning.supply_plan import NEVER, Arrival, Lot, Order, Plan, PlanMonth, Terms, plan
from lmis.policy.rules import Policy
from lmis.policy.service import policies

LENGTH = 24  # months of a plan
BEYOND = 12  # and those that stock at its end is held for


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """The plan of one item. known: how many of its months are forecast; price: đồng of a unit, None where it has none.

    stock: units that can be given out now or are on the way.
    """

    item: Item
    first: Month
    stock: int
    known: int
    policy: Policy
    price: int | None
    plan: Plan

    def month(self, ahead: int) -> Month:
        return add_months(self.first, ahead)

    @property
    def rows(self) -> list[tuple[Month, PlanMonth]]:
        return [(self.month(ahead), it) for ahead, it in enumerate(self.plan.months)]

    def is_forecast(self, ahead: int) -> bool:
        """Whether the demand of a month was forecast; else it repeats the year before."""
        return ahead < self.known

    @property
    def has_demand(self) -> bool:
        return any(it.demand for it in self.plan.months)

    @property
    def runs_out(self) -> Month | None:
        """The first month in which stock is short if nothing is ordered."""
        return next((self.month(at) for at, it in enumerate(self.plan.without) if it.shortage), None)

    @property
    def falls_below(self) -> Month | None:
        """The first month that ends below the minimum if nothing is ordered."""
        return next((self.month(at) for at, it in enumerate(self.plan.without) if it.closing < it.minimum), None)

    @property
    def shortage(self) -> int:
        """Units that will be missing whatever is ordered now."""
        return sum(it.shortage for it in self.plan.months)

    @property
    def expires(self) -> int:
        """Units that will expire unused."""
        return sum(it.expired for it in self.plan.months)

    @property
    def ordered(self) -> int:
        return sum(it.arrival.quantity for it in self.plan.orders)

    def dong(self, quantity: int) -> int | None:
        return None if self.price is None else quantity * self.price


@dataclass(frozen=True, slots=True)
class Expected:
    """Units of an item that are to be ordered or will expire in a month. arrives: the month ordered goods come in."""

    month: Month
    of: ItemPlan
    quantity: int
    arrives: Month | None = None
    limited: bool = False

    @property
    def dong(self) -> int | None:
        return self.of.dong(self.quantity)


@dataclass(frozen=True, slots=True)
class SupplyPlan:
    """forecast_as_of: the last month the forecast has seen; None: nothing was forecast yet."""

    first: Month
    forecast_as_of: Month | None
    items: Sequence[ItemPlan]

    @property
    def orders(self) -> list[Expected]:
        """What to order, by the month it is to be ordered in."""
        found = [_ordered(of, it) for of in self.items for it in of.plan.orders]
        return sorted(found, key=lambda it: (it.month, it.arrives or 0))

    @property
    def expiries(self) -> list[Expected]:
        """What will expire unused, by month."""
        found = [Expected(month, of, it.expired) for of in self.items for month, it in of.rows if it.expired]
        return sorted(found, key=lambda it: it.month)


def _ordered(of: ItemPlan, order: Order) -> Expected:
    arrival = order.arrival
    return Expected(of.month(order.month), of, arrival.quantity, of.month(arrival.month), order.limited)


def total(expected: Sequence[Expected]) -> int:
    """Whole đồng of all that has a price."""
    return sum(it.dong or 0 for it in expected)


def supply_plan(session: Session, facility_id: int, today: date, *, only: str = "") -> SupplyPlan:
    """The plan from this month on of every item that is there, is to come or is forecast.

    only: the code of the one item wanted.
    """
    stock = usable_stock(session, subtree_ids(session, facility_id, today), today)
    forecast = {item: it for (_, item), it in outlooks(session, [facility_id], today).items()}
    coming: dict[int, list[PlannedShipment]] = defaultdict(list)
    for shipment in standing(session, facility_id):
        coming[shipment.item_id].append(shipment)
    known = stock.keys() | forecast.keys() | coming.keys()
    listed = [it for it in items(session) if id_of(it) in known and only in ("", it.code)]
    limits = policies(session, [facility_id], [id_of(it) for it in listed], today)
    price = prices(session, today)
    run = run_in_force(session, today)
    plans = []
    for item in listed:
        of = id_of(item)
        terms = _terms(limits[facility_id, of], item, today)
        outlook = forecast.get(of)
        made = _planned(stock.get(of, {}), coming[of], outlook, terms, today)
        has = sum(stock.get(of, {}).values())
        plans.append(ItemPlan(item, month_of(today), has, made[1], limits[facility_id, of], price.get(of), made[0]))
    return SupplyPlan(month_of(today), run.as_of if run else None, plans)


def _terms(policy: Policy, item: Item, today: date) -> Terms:
    arrives = today + timedelta(days=round(float(policy.lead_time) * DAYS_A_MONTH))
    return Terms(
        minimum=policy.minimum,
        maximum=policy.maximum,
        lead=policy.lead_time,
        soonest=months_apart(month_of(today), month_of(arrives)),
        shelf_life=None if policy.shelf_life is None else int(policy.shelf_life),
        pack_size=item.pack_size,
    )


def _planned(
    stock: Mapping[Month | None, int],
    coming: Sequence[PlannedShipment],
    outlook: Outlook | None,
    terms: Terms,
    today: date,
) -> tuple[Plan, int]:
    """The plan of an item, and how many of its months are forecast."""
    means = dict(zip(outlook.months, outlook.means, strict=True)) if outlook else {}
    demand = demand_of(means, today, LENGTH + BEYOND)
    lots = [Lot(_ahead(month, today), units) for month, units in stock.items()]
    arrivals = [arrival for it in coming if (arrival := _arrival(it, terms, today)).month >= 0]
    return plan(lots, arrivals, demand.units, terms, LENGTH), demand.known


def _ahead(month: Month | None, today: date) -> int:
    return NEVER if month is None else months_apart(month_of(today), month)


def _arrival(shipment: PlannedShipment, terms: Terms, today: date) -> Arrival:
    month = _ahead(shipment.month, today)
    kept = NEVER if terms.shelf_life is None else month + terms.shelf_life
    expires = kept if shipment.expires_on_month is None else _ahead(shipment.expires_on_month, today)
    return Arrival(month, expires, shipment.quantity)
