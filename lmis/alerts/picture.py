"""A frozen picture of an item at a facility: all that the rules about stock look at. Pure; base units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from lmis.policy.rules import Policy


class Ahead(Protocol):
    """What is expected to be used, from a forecast or from average monthly consumption."""

    @property
    def by(self) -> str:
        """What it is reckoned by: "forecast" or "amc"."""

    def expected(self, start: date, end: date) -> float:
        """The mean of what is used from `start` until the day before `end`."""

    def chance_of_more(self, units: float, start: date, end: date) -> float:
        """How likely `units` or more are used in the span, 0 … 1."""

    def used_up_on(self, units: float, start: date) -> date | None:
        """The day on which `units` are likely used up; None: not as far as one sees."""


@dataclass(frozen=True, slots=True)
class HeldLot:
    """A lot on a shelf in a channel. expires_on: None when no expiry is known; price: đồng a unit, free goods 0."""

    lot_id: int
    number: str
    expires_on: date | None
    channel: str
    on_hand: int
    received_on: date
    price: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """An item at a facility on a day.

    lots: usable that day, the first to expire first; expired, recalled: still on the shelf; coming: on the way to it
    and undisputed, and the day it may be expected; ahead, amc: what is used of it here and below, None when nothing is
    known; out_since: the first day without any usable; received_on: when it last came from elsewhere, None when that
    is long ago; moved_on: the latest day anything of it moved; capable: whether the facility
    may hold it; recorded_on: until when the facility has written down what it gave out, of whatever item: what was
    used since is not in the book yet, None: all is.
    """

    facility_id: int
    item_id: int
    lots: Sequence[HeldLot]
    expired: Sequence[HeldLot]
    recalled: Sequence[HeldLot]
    coming: int
    coming_on: date | None
    ahead: Ahead | None
    amc: Decimal | None
    policy: Policy
    out_since: date | None
    received_on: date | None
    moved_on: date | None
    capable: bool = True
    pack_size: int = 1
    recorded_on: date | None = None

    @property
    def usable(self) -> int:
        return sum(lot.on_hand for lot in self.lots)
