"""What a requisition proposes: by average monthly consumption, by the forecast, and which of the two. Pure; base units.

By the forecast stock is filled up to what is expected to be used until the next order's goods are there, and a reserve
on top; see docs/adr/0017.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Literal, NamedTuple

from lmis.forecast.measures import MILLIONTH, maximum_level, order_quantity, rounded_to_packs
from lmis.forecast.need import DAYS_A_MONTH
from lmis.policy.rules import Policy
from lmis.requisitions.refusals import Key

Basis = Literal["amc", "forecast", "missing", "short"]
AMC: Basis = "amc"
FORECAST: Basis = "forecast"
MISSING: Basis = "missing"  # by AMC although the site orders by the forecast, as there is none,
SHORT: Basis = "short"  # or as it does not reach over the span
A_DAY = 1 / Decimal(DAYS_A_MONTH)  # in months


class Stock(NamedTuple):
    """How a line stands. on_hand: usable; coming: on the way and on order; unfilled: asked for from below."""

    on_hand: int
    coming: int
    unfilled: int


class Terms(NamedTuple):
    """How orders are made. order_by: what the site wants, AMC or FORECAST; emergency: only what cannot wait."""

    policy: Policy
    order_by: Basis
    emergency: bool
    pack_size: int
    pack_threshold: Decimal


class Ahead(NamedTuple):
    """What the forecast says of a line. expected: over `months`; safety: to hold on top for the service level."""

    months: Decimal
    expected: Decimal
    safety: Decimal

    @property
    def monthly(self) -> Decimal:
        """What is expected to be used in a month."""
        return self.expected / max(self.months, A_DAY)


class Proposal(NamedTuple):
    """Both orders, and the one that is proposed; see RequisitionLine."""

    maximum_months: Decimal
    maximum_level: int | None
    proposed: int
    basis: Basis
    span_months: Decimal | None
    expected: Decimal | None
    safety: Decimal | None
    forecast_level: int | None
    by_amc: int
    by_forecast: int | None


def propose(amc: Decimal | None, ahead: Ahead | Basis, stock: Stock, terms: Terms) -> Proposal:
    """What is ordered by AMC and by the forecast, and what is proposed.

    amc: base units a month, None where nothing is known; ahead: what the forecast says, or MISSING or SHORT.
    """
    maximum = terms.policy.maximum
    level = None if amc is None else maximum_level(amc, maximum)
    by_amc = _order(level, amc, stock, terms)
    if not isinstance(ahead, Ahead):
        reason = AMC if terms.order_by == AMC else ahead
        return Proposal(maximum, level, by_amc, reason, None, None, None, None, by_amc, None)
    filled = forecast_level(ahead, terms.policy.shelf_life)
    by_forecast = _order(filled, ahead.monthly, stock, terms)
    proposed = by_forecast if terms.order_by == FORECAST else by_amc
    return Proposal(maximum, level, proposed, terms.order_by, *ahead, filled, by_amc, by_forecast)


def forecast_level(ahead: Ahead, shelf_life: Decimal | None) -> int:
    """Base units to fill up to: expected and safety, but no more than is used before it expires.

    shelf_life: months goods may still be used when they arrive, None where that is not known.
    """
    level = ahead.expected + ahead.safety
    if shelf_life is not None:
        level = min(level, ahead.monthly * shelf_life)
    return int(level.quantize(MILLIONTH).to_integral_value(ROUND_CEILING))


def _order(level: int | None, use: Decimal | None, stock: Stock, terms: Terms) -> int:
    """Base units that fill up to a level; in an emergency none where there is stock to the emergency point.

    use: base units a month. Where it is not known, there is no level either, and no emergency.
    """
    enough = use is None or stock.on_hand >= use * terms.policy.emergency_point
    wanted = 0 if terms.emergency and enough else order_quantity(level or 0, *stock)
    return rounded_to_packs(wanted, terms.pack_size, terms.pack_threshold)


def shares(keys: Iterable[Key], *uses: Mapping[Key, Decimal | int]) -> dict[Key, Decimal]:
    """The share each channel has in the use of its item, 0 … 1, by item and channel.

    uses: the first in which the item is used at all is taken; an item used in none is divided equally.
    """
    channels: dict[int, list[Key]] = defaultdict(list)
    for key in keys:
        channels[key[0]].append(key)
    found: dict[Key, Decimal] = {}
    for its in channels.values():
        weights = ([max(Decimal(use.get(key, 0)), Decimal(0)) for key in its] for use in uses)
        weight = next((each for each in weights if any(each)), [Decimal(1)] * len(its))
        found.update((key, part / sum(weight)) for key, part in zip(its, weight, strict=True))
    return found
