"""How much to hold at a place and when to be warned: which of the values that were set is in force there. Pure.

Values are in months, shares (the service level: how sure one wants to be that stock lasts) or whole days.

What is said of a place goes before what is said of a whole level: who sets a place's values knows its roads and its
store. Among what is said of places, what names the item goes before what is said of all items, and then the nearest
facility up the tree wins; of what one facility says, what it says of the level goes before what it says of everything
under it. Each value is looked up on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from lmis.policy.reference import default_values

PARTS = ("lead_time", "review_period", "safety_stock")  # whose sum is the minimum where none is set
MONTHS = (*PARTS, "minimum", "maximum", "emergency_point", "shelf_life")  # the values that are in months
DAYS = ("near_expiry_days", "unconfirmed_days", "waiting_days", "count_grace_days", "quiet_days", "escalation_days")
OF_PLACES = ("unconfirmed_days", "waiting_days", "count_grace_days", "quiet_days")  # never of one item: of its papers
TO_HOLD = (*MONTHS, "service_level")  # how much to hold
TO_WARN = ("run_out_risk", "loss_share", *DAYS)  # when to be warned
NAMES = (*TO_HOLD, *TO_WARN)


class Where(StrEnum):
    DEFAULT = "default"  # this program's, see lmis.policy.reference
    LEVEL = "level"
    FACILITY = "facility"
    SUM = "sum"  # lead time + review period + safety stock


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from. item: said of this item alone; since: the first day it held."""

    where: Where
    facility_id: int | None = None
    facility: str = ""  # its name
    level: str | None = None  # a level's code; with a facility: said of those of the level at or under it
    item: bool = False
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Values that were set together and hold on the day in question. item_id None: of all items. Days are whole."""

    source: Source
    item_id: int | None
    values: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Target:
    """What values are asked for.

    chain: the facility and those above it, the nearest first; rank: of its level; item_id and method None: for
    whatever item is not named.
    """

    chain: tuple[int, ...]
    level: str
    rank: int
    item_id: int | None
    method: str | None


@dataclass(frozen=True, slots=True)
class Policy:
    """The values in force for an item at a facility, and where each comes from, by its name.

    maximum: no more than can be used before it expires; wanted_maximum: what was set. shelf_life: how long goods may
    still be used when they arrive, None where that is not known. service_level: a share, 0.5 … 0.95.

    One is warned of stock that runs out with a chance of run_out_risk or more; of a loss of loss_share of the stock or
    more; of a lot that has near_expiry_days or fewer; of a shipment unconfirmed, a requisition waiting, a count due
    and nothing recorded for more than their days: those of whatever item is not named, as papers are of many items.
    After escalation_days an alert goes to the level above too.
    """

    lead_time: Decimal
    review_period: Decimal
    safety_stock: Decimal
    minimum: Decimal
    maximum: Decimal
    emergency_point: Decimal
    shelf_life: Decimal | None
    wanted_maximum: Decimal
    service_level: Decimal
    run_out_risk: Decimal
    loss_share: Decimal
    near_expiry_days: int
    unconfirmed_days: int
    waiting_days: int
    count_grace_days: int
    quiet_days: int
    escalation_days: int
    sources: Mapping[str, Source]

    @property
    def capped(self) -> bool:
        return self.maximum < self.wanted_maximum


def usable_maximum(maximum: Decimal, shelf_life: Decimal | None) -> Decimal:
    """The most months of stock that are all used before they expire."""
    return maximum if shelf_life is None else min(maximum, shelf_life)


def resolve(target: Target, rows: Iterable[Row], site: Mapping[str, Decimal]) -> Policy:
    """The values in force for the target.

    rows: those that hold on the day, of any place and item; site: the defaults that are settings of the site, see
    lmis.policy.service.site_defaults.
    """
    value: dict[str, Decimal] = {}
    sources: dict[str, Source] = {}
    defaults = {**default_values(target.rank, target.method), **site}
    for row in [*_by_nearness(target, rows), Row(Source(Where.DEFAULT), None, defaults)]:
        for name, its in row.values.items():
            if name not in value:
                value[name], sources[name] = its, row.source
    if "minimum" not in value:
        value["minimum"], sources["minimum"] = sum((value[part] for part in PARTS), Decimal(0)), Source(Where.SUM)
    shelf_life = value.get("shelf_life")
    return Policy(
        lead_time=value["lead_time"],
        review_period=value["review_period"],
        safety_stock=value["safety_stock"],
        minimum=value["minimum"],
        maximum=usable_maximum(value["maximum"], shelf_life),
        emergency_point=value["emergency_point"],
        shelf_life=shelf_life,
        wanted_maximum=value["maximum"],
        service_level=value["service_level"],
        run_out_risk=value["run_out_risk"],
        loss_share=value["loss_share"],
        **{name: int(value[name]) for name in DAYS},
        sources=sources,
    )


def _by_nearness(target: Target, rows: Iterable[Row]) -> Sequence[Row]:
    """The rows that speak of the target, the most telling first."""
    depth = {facility_id: number for number, facility_id in enumerate(target.chain)}
    telling = [row for row in rows if _speaks_of(target, depth, row)]
    return sorted(telling, key=lambda row: _nearness(depth, row))


def _speaks_of(target: Target, depth: Mapping[int, int], row: Row) -> bool:
    here = row.source.facility_id is None or row.source.facility_id in depth
    return here and row.source.level in (None, target.level) and row.item_id in (None, target.item_id)


def _nearness(depth: Mapping[int, int], row: Row) -> tuple[bool, bool, int, bool]:
    source = row.source
    far = 0 if source.facility_id is None else depth[source.facility_id]
    return source.facility_id is None, row.item_id is None, far, source.level is None
