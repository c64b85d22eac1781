"""Reading what a scenario is reckoned from, and setting it beside what holds today. Nothing is kept of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from lmis.catalog.models import Item
from lmis.config import settings
from lmis.db import id_of
from lmis.forecast.outlook import outlooks
from lmis.network.service import subtree_ids
from lmis.planning.demography import NONE, Need, Statement, needs
from lmis.planning.network_stock import usable_stock
from lmis.planning.scenario import Closure, Known, Level, Turn, changed, factors, level, taken_over, unserved
from lmis.policy.service import policies

LASTING = 1_000  # months: for good


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be changed. mix: shares of methods; closed: an item that cannot be had for `months`."""

    prevalence: Decimal | None = None
    mix: Mapping[str, Decimal] | None = None
    closed: int | None = None
    months: int = 0

    @property
    def changes(self) -> bool:
        """Whether anything is to be changed at all."""
        return self.prevalence is not None or bool(self.mix) or self.closed is not None


@dataclass(frozen=True, slots=True)
class Changed:
    """An item before and after. waits: it is the one that cannot be had; takes_over: it takes users over from it."""

    item: Item
    need_before: Need | None
    need_after: Need | None
    before: Level
    after: Level
    waits: bool
    takes_over: bool

    @property
    def more(self) -> int | None:
        """Units by which the order changes; None where there is no order to compare."""
        if self.before.order is None or self.after.order is None:
            return None
        return self.after.order - self.before.order


@dataclass(frozen=True, slots=True)
class Outcome:
    rows: Sequence[Changed]
    closure: Closure | None
    users_before: Decimal | None
    users_after: Decimal | None


def what_if(
    session: Session,
    facility_id: int,
    wish: Wish,
    today: date,
    *,
    statement: Statement | None,
    items: Sequence[Item],
    per_user: Mapping[int, Decimal],
) -> Outcome:
    """Of every item that is needed or forecast, the order of today and that of the scenario."""
    known = _known(session, facility_id, items, today)
    method_of = {id_of(it): it.method_code for it in items}
    after = changed(statement, wish.prevalence, wish.mix or {}) if statement else None
    need = [needs(it, method_of, per_user) if it else {} for it in (statement, after)]
    by = factors(*need)
    closure = _closure(session, facility_id, wish, known, by, today)
    extra = taken_over(closure, _weights(closure, method_of, need[1], known), per_user) if closure else {}
    rows = []
    for item in items:
        of = id_of(item)
        if known[of].outlook or need[0].get(of) or need[1].get(of):
            turn = _turn(of, by, need[1].get(of), closure, extra.get(of, NONE))
            before, then = (level(known[of], today, settings().pack_threshold, it) for it in (Turn(), turn))
            rows.append(Changed(item, need[0].get(of), need[1].get(of), before, then, turn.waits > 0, of in extra))
    return Outcome(rows, closure, statement.users if statement else None, after.users if after else None)


def _turn(item_id: int, by: Mapping[int, Decimal], after: Need | None, closure: Closure | None, extra: Decimal) -> Turn:
    """What becomes of an item; one that nobody used before is needed as the statement says."""
    waits = closure.months if closure and closure.item_id == item_id else 0
    if item_id not in by and after and after.units:
        return Turn(more=after.units / 12 + extra, lasting=LASTING, waits=waits)
    return Turn(by.get(item_id, Decimal(1)), extra, closure.months if closure else 0, waits)


def _known(session: Session, facility_id: int, items: Sequence[Item], today: date) -> dict[int, Known]:
    forecast = outlooks(session, [facility_id], today)
    limits = policies(session, [facility_id], [id_of(it) for it in items], today)
    stock = usable_stock(session, [facility_id], today)
    return {
        of: Known(
            forecast.get((facility_id, of)), limits[facility_id, of], sum(stock.get(of, {}).values()), it.pack_size
        )
        for it in items
        for of in [id_of(it)]
    }


def _closure(
    session: Session,
    facility_id: int,
    wish: Wish,
    known: Mapping[int, Known],
    by: Mapping[int, Decimal],
    today: date,
) -> Closure | None:
    """What of the item that cannot be had will be missing, with all that lies at the facility and under it."""
    if wish.closed is None or not wish.months:
        return None
    stock = usable_stock(session, subtree_ids(session, facility_id, today), today)
    there = sum(stock.get(wish.closed, {}).values())
    factor = by.get(wish.closed, Decimal(1))
    missing = unserved(known[wish.closed].outlook, today, wish.months, there, factor)
    return Closure(wish.closed, wish.months, missing)


def _weights(
    closure: Closure, method_of: Mapping[int, str], need: Mapping[int, Need], known: Mapping[int, Known]
) -> dict[int, Decimal]:
    """The users of the other items of the method as stated; where none is, what is forecast of each counts."""
    others = [it for it, method in method_of.items() if method == method_of[closure.item_id] and it != closure.item_id]
    stated = {it: need[it].users for it in others if it in need}
    if any(stated.values()):
        return stated
    forecast = {it: outlook for it in others if (outlook := known[it].outlook)}
    return {it: Decimal(str(sum(outlook.means))) for it, outlook in forecast.items()}
