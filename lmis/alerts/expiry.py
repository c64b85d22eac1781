"""What becomes of the lots on a shelf: expired, near expiry, or not used before they expire. Pure; base units.

What expires first is used first. So a lot is used in time as far as what is expected to be used until its last day
exceeds what the lots before it take of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from lmis.alerts.findings import Fact, Finding, Rule, Severity
from lmis.alerts.picture import Ahead, HeldLot, Shelf
from lmis.alerts.rules import is_near_expiry
from lmis.alerts.supply import shown_use
from lmis.forecast.need import DAYS_A_MONTH

DAY = timedelta(days=1)
AHEAD = 365  # days: what is left of a lot after more than a year, no forecast knows
MUCH = 200_000  # đồng: from here on even part of a pack is a warning
SHARE = 0.05  # of a lot: less than this is within what any forecast is off


class Left(NamedTuple):
    """What of a lot will be on the shelf when it expires, in base units and đồng."""

    lot: HeldLot
    units: int
    dong: int


class Recall(NamedTuple):
    """Why a lot is asked back. home_id: the facility that recalled it, where it goes back to."""

    uuid: str
    number: str
    on: date
    home_id: int


def unused(lots: Sequence[HeldLot], ahead: Ahead, today: date) -> list[Left]:
    """What will be left of each lot; lots: usable today, the first to expire first. One in two channels is one lot."""
    left = []
    used = 0.0
    for lot in whole_lots(lots):
        if lot.expires_on is None:
            break
        until = ahead.expected(today, lot.expires_on + DAY)
        takes = min(float(lot.on_hand), max(0.0, until - used))
        used += takes
        units = int(lot.on_hand - takes + 1e-6)
        left.append(Left(lot, units, units * lot.price))
    return left


def whole_lots(lots: Iterable[HeldLot]) -> list[HeldLot]:
    """Each lot once: what lies in several channels added up, under the channel with the highest price."""
    whole: dict[int, HeldLot] = {}
    for lot in lots:
        if same := whole.get(lot.lot_id):
            dearest = max(same, lot, key=lambda it: it.price)
            lot = replace(dearest, on_hand=same.on_hand + lot.on_hand)
        whole[lot.lot_id] = lot
    return list(whole.values())


def expiry(shelf: Shelf, today: date) -> Iterator[Finding]:
    """What is to be said of each lot, the worst alone."""
    for lot in whole_lots(shelf.expired):
        yield _expired(shelf, lot)
    wasted = _wasted(shelf, today)
    for lot in whole_lots(shelf.lots):
        if lot.lot_id in wasted:
            yield _waste(shelf, wasted[lot.lot_id], today)
        elif lot.expires_on and is_near_expiry(lot.expires_on, today, shelf.policy.near_expiry_days):
            days = (lot.expires_on - today).days
            facts: dict[str, Fact] = {"on_hand": lot.on_hand, "days": days}
            yield _of_lot(shelf, Rule.NEAR_EXPIRY, lot, facts, lot.on_hand)


def _wasted(shelf: Shelf, today: date) -> dict[int, Left]:
    """The lots of which enough will be left to be told, within a year."""
    if shelf.ahead is None or not shelf.lots:
        return {}
    first = shelf.lots[0].expires_on
    if first is None or first > today + timedelta(days=AHEAD):
        return {}
    found = unused([it for it in shelf.lots if _within_a_year(it, today)], shelf.ahead, today)
    return {it.lot.lot_id: it for it in found if _worth_telling(it, shelf, today)}


def _within_a_year(lot: HeldLot, today: date) -> bool:
    return lot.expires_on is not None and lot.expires_on <= today + timedelta(days=AHEAD)


def _worth_telling(left: Left, shelf: Shelf, today: date) -> bool:
    """A pack at least, or of a lot near its expiry anything that no forecast is off by."""
    if left.units < 1 or left.units < SHARE * left.lot.on_hand:
        return False
    near = is_near_expiry(left.lot.expires_on, today, shelf.policy.near_expiry_days)
    return near or left.units >= shelf.pack_size


def _expired(shelf: Shelf, lot: HeldLot) -> Finding:
    dong = lot.on_hand * lot.price
    return _of_lot(shelf, Rule.EXPIRED, lot, {"on_hand": lot.on_hand, "dong": dong}, lot.on_hand, dong)


def _waste(shelf: Shelf, left: Left, today: date) -> Finding:
    monthly = _monthly(shelf, left.lot, today)
    facts: dict[str, Fact] = {"on_hand": left.lot.on_hand, "units": left.units, "monthly": monthly, "dong": left.dong}
    much = left.units >= shelf.pack_size or left.dong >= MUCH
    found = _of_lot(shelf, Rule.WASTE, left.lot, facts, left.units, left.dong)
    return found if much else replace(found, severity=Severity.NOTICE)


def _monthly(shelf: Shelf, lot: HeldLot, today: date) -> Fact:
    """What is expected to be used a month, as long as the lot may be used."""
    if shelf.ahead is None or lot.expires_on is None:
        return 0
    end = lot.expires_on + DAY
    used = shelf.ahead.expected(today, end) / max(1, (end - today).days) * DAYS_A_MONTH
    return shown_use(Decimal(used)) if used else 0


def _of_lot(shelf: Shelf, rule: Rule, lot: HeldLot, facts: dict[str, Fact], units: int, dong: int = 0) -> Finding:
    about: dict[str, Fact] = {"lot": lot.number, "expires_on": lot.expires_on} | facts
    act_facts: dict[str, Fact] = {"channel": lot.channel}
    return Finding(
        rule,
        shelf.facility_id,
        about,
        shelf.item_id,
        lot.lot_id,
        units=units,
        dong=dong,
        due_on=lot.expires_on,
        act_facts=act_facts,
    )


def recalled(shelf: Shelf, recalls: Mapping[int, Recall]) -> Iterator[Finding]:
    """What of recalled lots is still here, but for where they go back to. recalls: those in force, by lot."""
    for lot in whole_lots(shelf.recalled):
        it = recalls.get(lot.lot_id)
        if it and it.home_id != shelf.facility_id:
            facts: dict[str, Fact] = {"lot": lot.number, "on_hand": lot.on_hand}
            facts |= {"recalled_on": it.on, "number": it.number}
            about = (shelf.item_id, lot.lot_id, it.uuid)
            yield Finding(Rule.RECALLED, shelf.facility_id, facts, *about, units=lot.on_hand, due_on=it.on)
