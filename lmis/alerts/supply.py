"""Whether an item runs short at a facility, or lies there in excess. Pure; base units.

Of one shelf the worst is told alone. Months of stock are those of what is usable and on the way at average monthly
consumption, as everywhere else; whether stock lasts until the next delivery is asked of the forecast's distribution.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from math import ceil, floor
from typing import NamedTuple

from lmis.alerts.findings import Act, Fact, Finding, Rule, Severity
from lmis.alerts.picture import Ahead, Shelf
from lmis.alerts.rules import Status, months_to_show, status
from lmis.forecast.need import DAYS_A_MONTH, days_of

A_DAY = timedelta(days=1)
A_MONTH = timedelta(days=round(DAYS_A_MONTH))
SURELY = 99  # percent: no forecast is surer
OLD = 7  # days: from here on it is told since when nothing was written down
LOW = {Status.EMERGENCY: (Rule.EMERGENCY, "point"), Status.BELOW: (Rule.BELOW, "minimum")}  # and the limit's name
WORTH_MOVING = Decimal("0.5")  # months above the maximum: less is used up by itself before it could be moved


class RunOut(NamedTuple):
    """That stock may not last. units: with what is coming; chance: 0 … 1; on: the likely day; next_on: of more.

    expiring: of the units, those that expire before they are used, and so are no help; the last of them on expires_on.
    """

    ahead: Ahead
    units: int
    coming: int
    chance: float
    on: date
    next_on: date
    expiring: int = 0
    expires_on: date | None = None


def monthly_use(shelf: Shelf, today: date) -> Decimal | None:
    """Base units a month: average monthly consumption, else what is expected; None when nothing is known to be used."""
    if shelf.amc:
        return shelf.amc
    ahead = shelf.ahead.expected(today, today + A_MONTH) if shelf.ahead else 0.0
    return Decimal(ahead) if ahead > 0 else None


def shown_use(use: Decimal) -> Decimal | int:
    """Units a month as they are told: whole, tenths below ten."""
    return round(use) if use >= 10 else max(Decimal("0.1"), round(use, 1))


def next_delivery(shelf: Shelf, today: date) -> date:
    """When more may come: what is ordered today takes the lead time, and orders are made once a review period."""
    soonest = today + timedelta(days=days_of(shelf.policy.lead_time))
    if shelf.received_on is None:
        return soonest
    return max(soonest, shelf.received_on + timedelta(days=days_of(shelf.policy.review_period)))


def supply(shelf: Shelf, today: date) -> Finding | None:
    """The worst that is to be said of an item's supply; None when it is in order or nobody knows what is used."""
    use = monthly_use(shelf, today)
    if use is None or not shelf.capable:
        return None
    if not shelf.usable:
        return _finding(shelf, Rule.OUT, use, _out(shelf, use, today), shelf.out_since or today)
    if runs_out := run_out(shelf, today):
        return _finding(shelf, Rule.RUN_OUT, use, _run_out(shelf, runs_out, today), runs_out.on)
    months = _months(shelf, use, today)
    standing = status(shelf.usable + shelf.coming, months, shelf.policy)
    if standing not in LOW:
        return None
    rule, limit = LOW[standing]
    return _finding(shelf, rule, use, _low(shelf, months, limit), _last_day(shelf, today))


def _months(shelf: Shelf, use: Decimal, today: date) -> Decimal:
    """How long what is usable and on the way lasts, by AMC or by the forecast: the longer of both.

    Stock that was out most of the time has an AMC that one good day made, and a forecast knows no sudden need: where
    only one of them sees a shortage, there is none to send people running for.
    """
    units = shelf.usable + shelf.coming
    expected = shelf.ahead.expected(today, today + A_MONTH) if shelf.ahead else 0.0
    return max(Decimal(units) / use, Decimal(units / expected) if expected else Decimal(0))


def _finding(shelf: Shelf, rule: Rule, use: Decimal, facts: dict[str, Fact], due_on: date | None) -> Finding:
    """units: what lacks to the minimum, with what is on the way. What is used less than once a month is less urgent."""
    lacking = max(0, ceil(shelf.policy.minimum * use) - shelf.usable - shelf.coming)
    act = Act.LOOK if shelf.coming and not lacking else None  # enough was sent: one sees that it comes
    severity = Severity.WARNING if rule is Rule.OUT and use < 1 else None
    about = (shelf.item_id, None, "", severity)
    return Finding(rule, shelf.facility_id, facts, *about, units=lacking, due_on=due_on, act=act)


def _last_day(shelf: Shelf, today: date) -> date | None:
    return shelf.ahead.used_up_on(shelf.usable + shelf.coming, today) if shelf.ahead else None


def _out(shelf: Shelf, use: Decimal, today: date) -> dict[str, Fact]:
    days = (today - (shelf.out_since or today)).days + 1  # a day that ends without stock counts
    return {"days": days, "coming": shelf.coming, "coming_on": shelf.coming_on, "monthly": shown_use(use)}


def _low(shelf: Shelf, months: Decimal, limit: str) -> dict[str, Fact]:
    policy = shelf.policy
    least = policy.emergency_point if limit == "point" else policy.minimum
    shown = months_to_show(months, policy)
    return {"usable": shelf.usable, "coming": shelf.coming, "months": shown, limit: least}


def _run_out(shelf: Shelf, found: RunOut, today: date) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "usable": shelf.usable,
        "coming": found.coming,
        "chance": min(SURELY, round(found.chance * 100)),
        "on": found.on,
        "next_on": found.next_on,
        "monthly": shown_use(Decimal(found.ahead.expected(today, today + A_MONTH))),
        "by": found.ahead.by,
        "recorded_on": shelf.recorded_on if _is_old(shelf.recorded_on, today) else None,
    }
    if found.expiring:
        facts |= {"expiring": found.expiring, "expires_on": found.expires_on}
    return facts


def _is_old(recorded_on: date | None, today: date) -> bool:
    return recorded_on is not None and (today - recorded_on).days >= OLD


def run_out(shelf: Shelf, today: date) -> RunOut | None:
    """How likely and when stock runs out before more comes; None when that is not likely enough to be told.

    What is on the way counts from the day it is expected; until then the shelf has to last by itself. What expires
    serves until its last day; from then on the rest has to last alone. What was likely used since the facility last
    wrote anything down is gone already, though the book has it still.
    """
    if shelf.ahead is None:
        return None
    next_on = next_delivery(shelf, today)
    found = [_before(shelf.ahead, shelf, *stage, today) for stage in _stages(shelf, next_on)]
    found += [_without(shelf.ahead, shelf, day, next_on, today) for day in _last_days(shelf, next_on)]
    return min((it for it in found if it), key=lambda it: (-it.chance, it.on), default=None)


def _stages(shelf: Shelf, next_on: date) -> list[tuple[int, date]]:
    """What is counted as coming, and until when that has to last."""
    if not shelf.coming or shelf.coming_on is None or shelf.coming_on >= next_on:
        return [(0, next_on)]
    return [(0, shelf.coming_on), (shelf.coming, next_on)]


def _before(ahead: Ahead, shelf: Shelf, coming: int, until: date, today: date) -> RunOut | None:
    units, since = shelf.usable + coming, _since(shelf, today)
    chance = _chance(ahead, shelf, units, since, until)
    if chance is None:
        return None
    return RunOut(ahead, units, coming, chance, max(today, ahead.used_up_on(units, since) or until), until)


def _since(shelf: Shelf, today: date) -> date:
    """The day from which on nothing that was given out is in the book."""
    if shelf.recorded_on is None:
        return today
    last = max(shelf.recorded_on, shelf.received_on or shelf.recorded_on)  # what came later was not used before
    return min(today, last + A_DAY)


def _chance(ahead: Ahead, shelf: Shelf, units: int, start: date, until: date) -> float | None:
    """How likely units do not last; None when that is less than what is to be told."""
    risk = float(shelf.policy.run_out_risk)
    if ahead.expected(start, until) <= risk * units:
        return None  # by Markov's inequality it is less likely than that: most shelves are done here
    chance = ahead.chance_of_more(units, start, until)
    return chance if chance >= risk else None


def _last_days(shelf: Shelf, next_on: date) -> list[date]:
    """The last days of lots that expire before more comes, the first first."""
    return sorted({lot.expires_on for lot in shelf.lots if lot.expires_on and lot.expires_on + A_DAY < next_on})


def _without(ahead: Ahead, shelf: Shelf, last: date, next_on: date, today: date) -> RunOut | None:
    """The same from the day after lots expired, without them."""
    start = last + A_DAY
    gone = sum(lot.on_hand for lot in shelf.lots if lot.expires_on and lot.expires_on <= last)
    here = shelf.coming_on is not None and shelf.coming_on <= start
    units = shelf.usable - gone + (shelf.coming if here else 0)
    until = next_on if here or not shelf.coming or shelf.coming_on is None else min(next_on, shelf.coming_on)
    chance = _chance(ahead, shelf, units, start, until) if start < until else None
    if chance is None:
        return None
    on = min(it for it in (ahead.used_up_on(units, start), ahead.used_up_on(shelf.usable, today), until) if it)
    return RunOut(ahead, units, shelf.coming if here else 0, chance, on, until, gone, last)


def surplus(shelf: Shelf, today: date) -> Finding | None:
    """What lies above the maximum by AMC and by the forecast, where it is worth moving: a pack, half a month's use.

    Of what is used less than once a month, months of stock say little; whether it expires unused is another rule.
    """
    use = monthly_use(shelf, today)
    if use is None or use < 1 or not shelf.ahead:
        return None
    use = max(use, Decimal(shelf.ahead.expected(today, today + A_MONTH)))
    months, most = Decimal(shelf.usable) / use, shelf.policy.maximum
    units = shelf.usable - floor(most * use)
    if months <= most + WORTH_MOVING or units < shelf.pack_size:
        return None
    shown = months_to_show(months, shelf.policy)
    facts: dict[str, Fact] = {"usable": shelf.usable, "months": shown, "maximum": most, "surplus": units}
    return Finding(Rule.OVER, shelf.facility_id, facts, shelf.item_id, units=units)
