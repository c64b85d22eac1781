"""What would change if: other people use a method, another method, or an item could not be had. Pure; base units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, Decimal

from lmis.forecast.measures import order_quantity, rounded_to_packs
from lmis.forecast.outlook import Outlook
from lmis.planning.demography import NONE, Need, Statement
from lmis.policy.rules import Policy

MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Closure:
    """An item that cannot be had for some months from today on.

    unserved: units that stock does not last for; None where no forecast reaches so far.
    """

    item_id: int
    months: int
    unserved: Decimal | None


@dataclass(frozen=True, slots=True)
class Known:
    """How an item stands at the facility. available: usable and on the way to it."""

    outlook: Outlook | None
    policy: Policy
    available: int
    pack_size: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of an item. factor: by which its forecast changes; more: units a month on top, for `lasting` months.

    waits: months by which goods come later than usual.
    """

    factor: Decimal = Decimal(1)
    more: Decimal = NONE
    lasting: int = 0
    waits: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """What stock has to cover over `months`, and the order that follows; None where no forecast reaches so far."""

    months: Decimal
    expected: Decimal | None
    safety: Decimal | None
    order: int | None


def changed(statement: Statement, prevalence: Decimal | None, mix: Mapping[str, Decimal]) -> Statement:
    """The statement with another prevalence, and with other shares of the methods that `mix` names."""
    return replace(
        statement,
        prevalence=statement.prevalence if prevalence is None else prevalence,
        methods={**statement.methods, **mix},
    )


def factors(before: Mapping[int, Need], after: Mapping[int, Need]) -> dict[int, Decimal]:
    """By how much the need of each item changes; items that nobody needed before are left out."""
    return {item: after[item].units / it.units for item, it in before.items() if it.units and item in after}


def level(known: Known, today: date, pack_threshold: Decimal, turn: Turn = Turn()) -> Level:
    """The order-up-to level over lead time and review period, and the order up to it."""
    months = known.policy.lead_time + known.policy.review_period + turn.waits
    need = known.outlook.need(today, months, known.policy.service_level) if known.outlook else None
    on_top = turn.more * min(months, Decimal(turn.lasting))
    if need is None and (known.outlook or not on_top):
        return Level(months, None, None, None)
    expected = (Decimal(str(need.expected)) * turn.factor if need else NONE) + on_top
    safety = Decimal(str(need.safety)) * turn.factor if need else NONE
    up_to = int((expected + safety).quantize(MILLIONTH).to_integral_value(ROUND_CEILING))
    order = order_quantity(up_to, known.available, 0, 0)
    return Level(months, expected, safety, rounded_to_packs(order, known.pack_size, pack_threshold))


def unserved(outlook: Outlook | None, today: date, months: int, stock: int, factor: Decimal) -> Decimal | None:
    """Units that will be asked for in the months while nothing comes, and that stock does not last for.

    factor: by which what is forecast changes.
    """
    need = outlook.need(today, months, Decimal("0.5")) if outlook else None
    return None if need is None else max(NONE, Decimal(str(need.expected)) * factor - stock)


def taken_over(closure: Closure, users: Mapping[int, Decimal], per_user: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Units a month that the other items of the method take over from the one that cannot be had.

    users: weights of the other items; per_user: units that a user of an item needs in a year. Each takes as many
    couples as its weight says; without any weight nobody changes over.
    """
    whole = sum(users.values(), NONE)
    if not whole or not closure.unserved or closure.item_id not in per_user:
        return {}
    couples = closure.unserved / per_user[closure.item_id] / closure.months
    return {
        item: couples * weight / whole * per_user[item] for item, weight in users.items() if item in per_user and weight
    }
