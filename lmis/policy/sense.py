"""Whether values in force go together. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from lmis.i18n import nfc
from lmis.policy.refusals import (
    EmergencyAboveMinimum,
    MinimumAboveMaximum,
    MinimumAboveShelfLife,
    Nonsense,
    NotMonths,
    NotPositive,
    PartsAboveMaximum,
    PolicyRefused,
    TooFine,
    TooManyMonths,
)
from lmis.policy.rules import PARTS, Policy, Where
from lmis.reading import Missing, TooLong

MOST_MONTHS = 120
LONGEST = 12  # characters of a number of months
POSITIVE = ("maximum", "shelf_life")
Refusal = TypeVar("Refusal", bound=PolicyRefused)


def read_months(text: str) -> Decimal:
    """Months as 2, 1,5 or 0.25: none or more, two places at most.

    Raises Missing, TooLong, NotMonths, TooFine or TooManyMonths.
    """
    typed = nfc(text)
    if not typed:
        raise Missing
    if len(typed) > LONGEST:
        raise TooLong(length=len(typed), most=LONGEST)
    if not typed.isascii() or set(typed) - set("0123456789.,"):
        raise NotMonths(text=typed[:40])
    try:
        months = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        raise NotMonths(text=typed[:40]) from None
    if months > MOST_MONTHS:
        raise TooManyMonths(text=typed[:40], most=MOST_MONTHS)
    if months != round(months, 2):
        raise TooFine(text=typed[:40])
    return months


def not_positive(values: Mapping[str, Decimal]) -> list[PolicyRefused]:
    """The values that may not be zero and are."""
    return [_about(name, NotPositive()) for name in POSITIVE if name in values and not values[name]]


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
