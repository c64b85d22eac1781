"""Values as they are typed, and whether those in force go together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from lmis.i18n import nfc
from lmis.policy.refusals import (
    EmergencyAboveMinimum,
    MinimumAboveMaximum,
    MinimumAboveShelfLife,
    Nonsense,
    NotDays,
    NotMonths,
    NotOfOneItem,
    NotPercent,
    NotPositive,
    PartsAboveMaximum,
    PolicyRefused,
    TooFine,
    TooFineAPercent,
    TooManyDays,
    TooManyMonths,
    UnusualLossShare,
    UnusualRisk,
    UnusualServiceLevel,
)
from lmis.policy.rules import DAYS, MONTHS, OF_PLACES, PARTS, Policy, Where
from lmis.reading import Missing, TooLong, Unreadable

MOST_MONTHS = 120
MOST_DAYS = 365
LONGEST = 12  # characters of a value
SHARES: Mapping[str, tuple[str, str, type[PolicyRefused]]] = {  # from the least to the most
    "service_level": ("0.5", "0.95", UnusualServiceLevel),  # what a forecast says anything of
    "run_out_risk": ("0.05", "0.95", UnusualRisk),
    "loss_share": ("0.01", "1", UnusualLossShare),
}
POSITIVE = ("maximum", "shelf_life", "near_expiry_days", "waiting_days", "quiet_days", "escalation_days")
Refusal = TypeVar("Refusal", bound=PolicyRefused)


def read_months(text: str) -> Decimal:
    """Months as 2, 1,5 or 0.25: none or more, two places at most.

    Raises Missing, TooLong, NotMonths, TooFine or TooManyMonths.
    """
    typed = nfc(text)
    months = _read(typed, NotMonths)
    if months > MOST_MONTHS:
        raise TooManyMonths(text=typed, most=MOST_MONTHS)
    if months != round(months, 2):
        raise TooFine(text=typed)
    return months


def read_percent(text: str) -> Decimal:
    """A percentage as 95, 92,5 or 95 %, one place at most, as the share it is: 0.95.

    Raises Missing, TooLong, NotPercent or TooFineAPercent.
    """
    typed = nfc(text)
    share = _read(typed.removesuffix("%").rstrip(), NotPercent) / 100
    if share != round(share, 3):
        raise TooFineAPercent(text=typed)
    return share


def read_days(text: str) -> Decimal:
    """Whole days, 0 … 365. Raises Missing, TooLong, NotDays or TooManyDays."""
    typed = nfc(text)
    days = _read(typed, NotDays)
    if not typed.isdecimal():
        raise NotDays(text=typed)
    if days > MOST_DAYS:
        raise TooManyDays(text=typed, most=MOST_DAYS)
    return days


def _read(typed: str, unreadable: type[Unreadable]) -> Decimal:
    """A number that is not negative. Raises Missing, TooLong or `unreadable`."""
    if not typed:
        raise Missing
    if len(typed) > LONGEST:
        raise TooLong(length=len(typed), most=LONGEST)
    if not typed.isascii() or set(typed) - set("0123456789.,"):
        raise unreadable(text=typed)
    try:
        return Decimal(typed.replace(",", "."))
    except InvalidOperation:
        raise unreadable(text=typed) from None


def reader_of(name: str) -> Callable[[str], Decimal]:
    """How a value of this name is read."""
    if name in MONTHS:
        return read_months
    return read_days if name in DAYS else read_percent


def impossible(values: Mapping[str, Decimal]) -> list[PolicyRefused]:
    """The values that cannot be, whatever the others are."""
    faults: list[PolicyRefused] = [
        _about(name, NotPositive()) for name in POSITIVE if name in values and not values[name]
    ]
    for name, (least, most, unusual) in SHARES.items():
        if name in values and not Decimal(least) <= values[name] <= Decimal(most):
            faults.append(_about(name, unusual(least=_percent(least), most=_percent(most))))
    return faults


def of_many_items(values: Collection[str]) -> list[PolicyRefused]:
    """The values, by name, that cannot be those of one item."""
    return [_about(name, NotOfOneItem()) for name in OF_PLACES if name in values]


def _percent(share: str) -> int:
    return int(Decimal(share) * 100)


def nonsense(policy: Policy, given: Container[str]) -> list[Nonsense]:
    """What does not go together, without the place. given: the values that were typed."""
    return [_about(next((name for name in names if name in given), ""), fault) for names, fault in _faults(policy)]


def _faults(policy: Policy) -> Iterator[tuple[tuple[str, ...], Nonsense]]:
    """Each fault with the values it is about, the likeliest to be wrong first."""
    parts = policy.lead_time + policy.review_period + policy.safety_stock
    least, most, shelf_life = policy.minimum, policy.wanted_maximum, policy.shelf_life
    summed = policy.sources["minimum"].where is Where.SUM
    if policy.emergency_point > least:
        fault: Nonsense = EmergencyAboveMinimum(emergency=policy.emergency_point, minimum=least)
        yield ("emergency_point", "minimum", *PARTS), fault
    if parts > most:
        yield (*PARTS, "maximum"), PartsAboveMaximum(parts=parts, maximum=most)
    if least > most and not summed:
        yield ("minimum", "maximum"), MinimumAboveMaximum(minimum=least, maximum=most)
    if shelf_life is not None and most >= least > shelf_life:
        fault = MinimumAboveShelfLife(minimum=least, shelf_life=shelf_life)
        yield ("shelf_life", "minimum", *PARTS), fault


def _about(field: str, fault: Refusal) -> Refusal:
    fault.field = field
    return fault
