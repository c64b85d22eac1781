"""Shelves to move stock between: round figures, so that the arithmetic can be followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from lmis.alerts.picture import HeldLot, Shelf
from lmis.alerts.redistribution import At, Proposal, propose
from lmis.policy.rules import Policy, Target, resolve
from lmis.policy.service import site_defaults
from tests.factories import TODAY

DISTRICT, ITEM = 90, 7
STATION = resolve(Target((), "commune", 3, None, None), (), site_defaults())


def a_policy_of(**months: str) -> Policy:
    return replace(STATION, **{name: Decimal(value) for name, value in months.items()})


TWO_TO_FOUR = a_policy_of(minimum="2", maximum="4", lead_time="0.5", review_period="1")  # 61 and 122 days


@dataclass(frozen=True)
class Steady:
    """So many units every day."""

    daily: float
    by: str = "amc"

    def expected(self, start: date, end: date) -> float:
        return self.daily * (end - start).days

    def chance_of_more(self, units: float, start: date, end: date) -> float:
        return float(self.expected(start, end) > units)

    def used_up_on(self, units: float, start: date) -> date | None:
        return start + timedelta(days=int(units / self.daily)) if self.daily else None


def a_held(units: int, days: int | None, lot: int = 1, channel: str = "free") -> HeldLot:
    """So many units of a lot that may be used on that many more days, today included."""
    expires_on = None if days is None else TODAY + timedelta(days=days - 1)
    return HeldLot(lot, f"L{lot}", expires_on, channel, units, TODAY)


def a_shelf(
    facility: int,
    *lots: HeldLot,
    daily: float | None = 1.0,
    item: int = ITEM,
    policy: Policy = TWO_TO_FOUR,
    coming: int = 0,
    out_since: date | None = None,
    capable: bool = True,
    pack: int = 1,
) -> Shelf:
    """daily: what is used a day, None: nobody knows."""
    held = sorted(lots, key=lambda lot: (lot.expires_on or date.max, lot.lot_id))
    ahead = None if daily is None else Steady(daily)
    return Shelf(facility, item, held, (), (), coming, None, ahead, None, policy, out_since, None, None, capable, pack)


def planned(
    *shelves: Shelf, places: Mapping[int, At] | None = None, parents: Mapping[int, int] | None = None
) -> list[Proposal]:
    """The plan for shelves that all lie under DISTRICT unless said otherwise."""
    under = {it.facility_id: DISTRICT for it in shelves} if parents is None else parents
    return propose(shelves, under, places or {}, TODAY)


def moves(proposals: Iterable[Proposal]) -> list[tuple[int, int, int, int]]:
    """From, to, lot and quantity."""
    return [(it.from_id, it.to_id, it.lot.lot_id, it.quantity) for it in proposals]


def after(shelves: Sequence[Shelf], proposals: Iterable[Proposal]) -> dict[int, int]:
    """Usable units at each facility once all is moved, of one item."""
    held = {it.facility_id: it.usable for it in shelves}
    for it in proposals:
        held[it.from_id] -= it.quantity
        held[it.to_id] += it.quantity
    return held
