"""The supply plan as a table of cells, for files."""

from __future__ import annotations

from collections.abc import Iterator

from lmis.calendar import month_code
from lmis.exports import Cell
from lmis.planning.plans import ItemPlan, SupplyPlan

COLUMNS = (
    "item",
    "item_name",
    "month",
    "opening",
    "planned",
    "proposed",
    "demand",
    "demand_from",
    "given_out",
    "short",
    "expired",
    "closing",
    "minimum",
    "maximum",
    "months_of_stock",
    "order_now",
    "price",
    "order_dong",
    "expired_dong",
)


def table(plan: SupplyPlan) -> list[list[Cell]]:
    """A row for every item and month. order_now: what is to be ordered in the month; demand_from: what it rests on."""
    return [row for it in plan.items for row in _rows(it)]


def _rows(of: ItemPlan) -> Iterator[list[Cell]]:
    for ahead, (month, it) in enumerate(of.rows):
        order = sum(order.arrival.quantity for order in of.plan.orders if order.month == ahead)
        basis = "forecast" if of.is_forecast(ahead) else "year before"
        stock: list[Cell] = [it.opening, it.planned, it.ordered, it.demand, basis, it.met, it.shortage, it.expired]
        limits: list[Cell] = [it.closing, it.minimum, it.maximum, it.months]
        money: list[Cell] = [order, of.price, of.dong(order), of.dong(it.expired)]
        yield [of.item.code, of.item.name_vi, month_code(month), *stock, *limits, *money]
