"""The demographic need of a year beside what was given out and what is forecast in the same months."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlmodel import Session

from lmis.calendar import Month, first_of, last_of, month_of, months_between
from lmis.catalog.models import Item
from lmis.db import id_of
from lmis.forecast.outlook import Outlook, outlooks
from lmis.i18n import N_, Message
from lmis.network.service import subtree_ids
from lmis.planning.demography import Need, Statement, needs
from lmis.planning.network_stock import dispensed, facilities_out, known_since

NEAR = Decimal("0.2")  # of the need: within it the two agree as far as such figures can
AGREES = N_("The two agree within a fifth.")
LESS_OUT = N_("Less is given out than people would need; %(facilities)s facilities were out of it.")
LESS = N_("Less is given out than people would need, though nobody was out of it.")
LESS_AHEAD = N_("Less is forecast than people would need.")
MORE = N_("More is given out than people would need.")
NONE_OUT = N_("None is given out and none is forecast: it may not be supplied here, or not be recorded.")
NOBODY = N_("It is given out, but nobody is stated to use it. Enter its share of its method.")
NO_FACTOR = N_("No CYP factor of it is known for the year, so what users need cannot be told.")
NO_MONTHS = N_("No month of the year is recorded or forecast yet.")


@dataclass(frozen=True, slots=True)
class Same:
    """The months of a year of which something is known: over and recorded, or forecast."""

    past: Sequence[Month]
    ahead: Sequence[Month]

    @property
    def count(self) -> int:
        return len(self.past) + len(self.ahead)

    @property
    def share(self) -> Decimal:
        """Of the year."""
        return Decimal(self.count) / 12


@dataclass(frozen=True, slots=True)
class Beside:
    """An item. need: of the year; expected: the need of the same months as dispensed + forecast, in base units.

    gap: dispensed + forecast − expected; share: of expected. cyp: couple-years that dispensed + forecast protect.
    """

    item: Item
    need: Need | None
    expected: Decimal | None
    dispensed: int
    forecast: Decimal
    cyp: Decimal | None
    meaning: Message

    @property
    def consumption(self) -> Decimal:
        return self.dispensed + self.forecast

    @property
    def gap(self) -> Decimal | None:
        return None if self.expected is None else self.consumption - self.expected

    @property
    def share(self) -> Decimal | None:
        return self.gap / self.expected if self.gap is not None and self.expected else None


@dataclass(frozen=True, slots=True)
class Comparison:
    same: Same
    rows: Sequence[Beside]

    @property
    def needed_cyp(self) -> Decimal:
        """Couple-years of protection that are needed in the same months."""
        return sum((it.need.users for it in self.rows if it.need), Decimal(0)) * self.same.share

    @property
    def cyp(self) -> Decimal:
        return sum((it.cyp for it in self.rows if it.cyp is not None), Decimal(0))


def same_months(year: int, today: date, since: Month | None, forecast: Collection[Month]) -> Same:
    """since: the first month of which anything is recorded; forecast: the months that are forecast."""
    months = list(months_between(year * 100 + 1, year * 100 + 12))
    now = month_of(today)
    past = [it for it in months if since is not None and since <= it < now]
    return Same(past, [it for it in months if it >= now and it in forecast])


def comparison(
    session: Session,
    facility_id: int,
    year: int,
    today: date,
    *,
    statement: Statement | None,
    items: Sequence[Item],
    per_user: Mapping[int, Decimal],
) -> Comparison:
    """Item by item, of those that are needed, given out or forecast."""
    ids = subtree_ids(session, facility_id, today)
    forecast = {item: it for (_, item), it in outlooks(session, [facility_id], today).items()}
    reach = {month for it in forecast.values() for month in it.months}
    since = known_since(session, ids)
    same = same_months(year, today, month_of(since) if since else None, reach)
    past = dispensed(session, ids, same.past[0], same.past[-1]) if same.past else {}
    out = facilities_out(session, ids, first_of(same.past[0]), last_of(same.past[-1])) if same.past else {}
    method_of = {id_of(it): it.method_code for it in items}
    need = needs(statement, method_of, per_user) if statement else {}
    rows = []
    for item in items:
        of = id_of(item)
        ahead = _ahead(forecast.get(of), same.ahead)
        stated = bool(statement and statement.brands.get(of))
        if stated or past.get(of) or ahead:
            rows.append(beside(item, need.get(of), past.get(of, 0), ahead, same, per_user.get(of), out.get(of, 0)))
    return Comparison(same, rows)


def _ahead(outlook: Outlook | None, months: Sequence[Month]) -> Decimal:
    means = dict(zip(outlook.months, outlook.means, strict=True)) if outlook else {}
    return Decimal(str(sum(means.get(month, 0.0) for month in months)))


def beside(
    item: Item, need: Need | None, past: int, ahead: Decimal, same: Same, per_user: Decimal | None, facilities_out: int
) -> Beside:
    """facilities_out: how many facilities were out of the item in the months that are over."""
    expected = need.units * same.share if need else None
    cyp = (past + ahead) / per_user if per_user else None
    meaning = _meaning(expected, past + ahead, same, per_user, facilities_out)
    return Beside(item, need, expected, past, ahead, cyp, meaning)


def _meaning(
    expected: Decimal | None, consumption: Decimal, same: Same, per_user: Decimal | None, facilities_out: int
) -> Message:
    if per_user is None:
        return Message(NO_FACTOR)
    if not same.count:
        return Message(NO_MONTHS)
    if not expected:
        return Message(NOBODY)
    if not consumption:
        return Message(NONE_OUT)
    gap = (consumption - expected) / expected
    if abs(gap) <= NEAR:
        return Message(AGREES)
    if gap > 0:
        return Message(MORE)
    if not same.past:
        return Message(LESS_AHEAD)
    return Message(LESS_OUT, {"facilities": facilities_out}) if facilities_out else Message(LESS)


@dataclass(frozen=True, slots=True)
class More:
    """What an item would take in a year at a target, in whole units. dong: the price of what is more, None without."""

    item: Item
    now: int
    then: int
    dong: int | None

    @property
    def more(self) -> int:
        return self.then - self.now


@dataclass(frozen=True, slots=True)
class Target:
    """What it would take were `prevalence` of the women to use a modern method. of_plan: the plan's own target."""

    prevalence: Decimal
    of_plan: bool
    users: Decimal
    more_users: Decimal
    rows: Sequence[More]

    @property
    def dong(self) -> int:
        """Of all that has a price."""
        return sum(it.dong or 0 for it in self.rows)


def at_target(
    statement: Statement,
    prevalence: Decimal,
    *,
    items: Sequence[Item],
    per_user: Mapping[int, Decimal],
    prices: Mapping[int, int],
) -> Target:
    """The need of a year at another prevalence beside that at today's, of every item that is used."""
    method_of = {id_of(it): it.method_code for it in items}
    now, then = (needs(it, method_of, per_user) for it in (statement, statement.at(prevalence)))
    rows = []
    for item in items:
        of = id_of(item)
        if of in now and now[of].users:
            today, later = (int(it[of].units.to_integral_value(ROUND_HALF_UP)) for it in (now, then))
            dong = (later - today) * prices[of] if of in prices else None
            rows.append(More(item, today, later, dong))
    users = statement.at(prevalence).users
    return Target(prevalence, prevalence == statement.target, users, users - statement.users, rows)
