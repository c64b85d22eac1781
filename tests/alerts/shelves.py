"""Shelves as rules see them, in round figures, so that the arithmetic can be followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from lmis.alerts.ahead import Forecast
from lmis.alerts.picture import Ahead, HeldLot, Shelf
from lmis.forecast.need import LEVELS
from lmis.policy.rules import Policy, Target, resolve
from lmis.policy.service import site_defaults
from tests.factories import TODAY

DAY = timedelta(days=1)
USUAL = resolve(Target((), "commune", 3, None, None), (), site_defaults())
STATION = replace(USUAL, run_out_risk=Decimal("0.3"))  # 0.5, 1 and 3 months; lead 0.25


def a_policy_of(**values: str | int) -> Policy:
    """A station's, with other values: text for months and shares, whole days as they are."""
    return replace(STATION, **{name: Decimal(it) if isinstance(it, str) else it for name, it in values.items()})


def certain(*means: float, first: int = 202611) -> Forecast:
    """A forecast without any doubt."""
    return Forecast(first, means, lambda ahead: (means[ahead],) * len(LEVELS))


def doubtful(*means: float, spread: float = 1.0, first: int = 202611) -> Forecast:
    """A forecast whose quantiles go from 55 % to 145 % of a month's mean, or `spread` times as far from it."""
    return Forecast(first, means, lambda ahead: tuple(means[ahead] * (1 + spread * (it - 0.5)) for it in LEVELS))


def a_held(
    units: int,
    expires_on: date | None = None,
    *,
    lot: int = 1,
    channel: str = "free",
    price: int = 0,
    since: date = TODAY,
) -> HeldLot:
    return HeldLot(lot, f"L{lot}", expires_on, channel, units, since, price)


def a_shelf(
    *lots: HeldLot,
    usable: int = 0,
    ahead: Ahead | None = None,
    amc: str | None = None,
    policy: Policy = STATION,
    expired: Sequence[HeldLot] = (),
    recalled: Sequence[HeldLot] = (),
    coming: int = 0,
    coming_on: date | None = None,
    out_since: date | None = None,
    received_on: date | None = None,
    pack: int = 1,
    capable: bool = True,
    recorded_on: date | None = None,
) -> Shelf:
    """An item at facility 5; usable: units of a lot that never expires, instead of `lots`."""
    held = lots or ((a_held(usable),) if usable else ())
    return Shelf(
        5, 7, held, expired, recalled, coming, coming_on, ahead, None if amc is None else Decimal(amc), policy,
        out_since, received_on, None, capable, pack, recorded_on,
    )  # fmt: skip
