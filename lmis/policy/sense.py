"""Values as they are typed, and whether those in force go together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from lmis.i18n import nfc
from lmis.policy.refusals import (
    EmergencyAboveMinimum,
    MinimumAboveMaximum,
    MinimumAboveShelfLife,
    Nonsense,
    NotMonths,
    NotPercent,
    NotPositive,
    PartsAboveMaximum,
    PolicyRefused,
    TooFine,
    TooFineAPercent,
    TooManyMonths,
    UnusualServiceLevel,
)
from lmis.policy.rules import MONTHS, PARTS, Policy, Where
from lmis.reading import Missing, TooLong, Unreadable

MOST_MONTHS = 120
LONGEST = 12  # characters of a value
SERVICE_LEVELS = (Decimal("0.5"), Decimal("0.95"))  # what a forecast says anything of, from the least to the most
POSITIVE = ("maximum", "shelf_life")
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
    return read_months if name in MONTHS else read_percent


def impossible(values: Mapping[str, Decimal]) -> list[PolicyRefused]:
    """The values that cannot be, whatever the others are."""
    faults: list[PolicyRefused] = [
        _about(name, NotPositive()) for name in POSITIVE if name in values and not values[name]
    ]
    least, most = SERVICE_LEVELS
    level = values.get("service_level")
    if level is not None and not least <= level <= most:
        faults.append(_about("service_level", UnusualServiceLevel(least=int(least * 100), most=int(most * 100))))
    return faults


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
