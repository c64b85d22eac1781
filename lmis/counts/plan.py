"""What to count next: how much an item matters decides how often it is counted. Pure.

The classes are those of any store: the few items that make up most of what matters (A) are counted every month, the
next (B) every three months, the rest (C) every six; these are defaults. What an item matters is the larger of two
shares: of the value of the priced stock on the shelf, and of the facility's movements in the last months. So free
goods, which have no price, count by how much they are handled, and what is handled more goes wrong more often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lmis.calendar import add_months, days_in, month_of
from lmis.i18n import N_, Message

MOVEMENT_MONTHS = 3  # default: how far back movements are looked at
EVERY: Mapping[str, int] = {"A": 1, "B": 3, "C": 6}  # default: months between two counts
UP_TO: Sequence[tuple[str, Decimal]] = (("A", Decimal("0.7")), ("B", Decimal("0.9")))  # default: of all that matters

BY_VALUE = N_("It holds %(share)s %% of the value on the shelf")
BY_USE = N_("It makes %(share)s %% of the movements of the last %(months)s months")
IDLE = N_("It has no price and has not moved in the last %(months)s months")
NEVER = N_("it has never been counted since it came on %(day)s")
LAST = N_("it was last counted on %(day)s")
WHY = N_("%(matters)s (class %(letter)s, every %(every)s months); %(age)s.")
WHY_MONTHLY = N_("%(matters)s (class %(letter)s, every month); %(age)s.")


@dataclass(frozen=True, slots=True)
class Held:
    """An item on a facility's shelf. value: whole đồng of its priced stock; movements: ledger lines lately.

    counted_on: the day on which the part of it that waits longest was counted, None when a part never was; since: the
    day that part came.
    """

    item_id: int
    value: int
    movements: int
    counted_on: date | None
    since: date


@dataclass(frozen=True, slots=True)
class Proposal:
    """When an item is to be counted, and why."""

    item_id: int
    letter: str
    due_on: date
    why: Message

    def is_due(self, today: date) -> bool:
        return self.due_on <= today


def plan(held: Sequence[Held]) -> list[Proposal]:
    """A proposal for each item; the one due first stands first, of those due alike the one that matters most."""
    value, movements = sum(it.value for it in held), sum(it.movements for it in held)
    matters = {it.item_id: max(_share(it.value, value), _share(it.movements, movements)) for it in held}
    letters = classes(matters)
    proposals = []
    for it in held:
        by_value, by_use = _share(it.value, value), _share(it.movements, movements)
        proposals.append(_proposal(it, letters[it.item_id], by_value, by_use))
    return sorted(proposals, key=lambda it: (it.due_on, it.letter, -matters[it.item_id], it.item_id))


def _share(part: int, whole: int) -> Decimal:
    return Decimal(part) / whole if whole else Decimal(0)


def classes(matters: Mapping[int, Decimal]) -> dict[int, str]:
    """The class of each item: the first to make up 70 % of what matters are A, up to 90 % B, the rest C."""
    whole = sum(matters.values())
    letters: dict[int, str] = {}
    before = Decimal(0)
    for item_id in sorted(matters, key=lambda id_: (-matters[id_], id_)):
        fits = (letter for letter, limit in UP_TO if matters[item_id] and before < limit * whole)
        letters[item_id] = next(fits, "C")
        before += matters[item_id]
    return letters


def _proposal(it: Held, letter: str, by_value: Decimal, by_use: Decimal) -> Proposal:
    if by_value > by_use:
        matters = Message(BY_VALUE, {"share": _percent(by_value)})
    elif by_use:
        matters = Message(BY_USE, {"share": _percent(by_use), "months": MOVEMENT_MONTHS})
    else:
        matters = Message(IDLE, {"months": MOVEMENT_MONTHS})
    age = Message(NEVER, {"day": it.since}) if it.counted_on is None else Message(LAST, {"day": it.counted_on})
    every = EVERY[letter]
    words = {"matters": matters, "letter": letter, "every": every, "age": age}
    due_on = months_later(it.counted_on or it.since, every)
    return Proposal(it.item_id, letter, due_on, Message(WHY if every > 1 else WHY_MONTHLY, words))


def _percent(share: Decimal) -> int:
    return int((share * 100).to_integral_value())


def months_later(day: date, months: int) -> date:
    """The same day some months later; the month's last day where it has no such day."""
    month = add_months(month_of(day), months)
    return date(month // 100, month % 100, min(day.day, days_in(month)))


def due(proposals: Iterable[Proposal], today: date) -> list[Proposal]:
    return [it for it in proposals if it.is_due(today)]
