"""What a forecast says, in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from lmis.forecast.accuracy import WAYS, Verdict
from lmis.forecast.charts import HIGH, LOW
from lmis.forecast.history import PastMonth
from lmis.i18n import N_, Message

A_MONTH = N_("About %(mean)s a month, between %(low)s and %(high)s")
FALLEN = N_("Use has fallen by %(share)s %% in a year.")
RISEN = N_("Use has risen by %(share)s %% in a year.")
STEADY = N_("Use is about what it was a year ago.")
NEAREST = {  # by which way was nearest; several may have been
    "amc": N_("the average monthly consumption was nearest."),
    "statistical": N_("the statistical median was nearest."),
    "model": N_("the global model was nearest."),
    "forecast": N_("the forecast was nearest."),
    "people": N_("the planners’ figure was nearest."),
}
ALIKE = N_("the forecast and the planners’ figure were equally near.")
CUT = N_("an empty shelf or a missing report cut the month short, so nothing is judged.")
SEVERAL = N_("several were equally near.")
SAID = {
    "amc": N_("AMC said %(units)s"),
    "statistical": N_("the statistical median %(units)s"),
    "model": N_("the global model %(units)s"),
    "forecast": N_("the forecast %(units)s"),
    "people": N_("the planners’ figure %(units)s"),
}
TOLD = ("amc", "forecast", "people")  # of the ways, those a sentence always names
YEAR = 12
ENOUGH = 6  # known months that an average of a year needs
NOTABLE = 3  # per cent: less is no change worth a word
TENTH = Decimal("0.1")


def units(value: float) -> int | Decimal:
    """Base units as people read them: whole from ten on, with one place below."""
    exact = Decimal(repr(float(value))).quantize(TENTH, ROUND_HALF_UP)
    whole = exact.to_integral_value(ROUND_HALF_UP)
    return int(whole) if exact >= 10 or exact == whole else exact


def a_month(means: Sequence[float], quantiles: Sequence[Sequence[float]]) -> Message:
    """What is expected of the months given, one with another."""
    low, high = ([its[level] for its in quantiles] for level in (LOW, HIGH))
    figures = {name: units(sum(its) / len(its)) for name, its in (("mean", means), ("low", low), ("high", high))}
    return Message(A_MONTH, figures)


def trend(history: Iterable[PastMonth]) -> Message | None:
    """How use of the last twelve months differs from the twelve before; None where too little is known.

    Months in which the shelf was empty are left out: they say what was there, not what was asked for.
    """
    months = list(history)
    before, now = (_average(months[-2 * YEAR : -YEAR]), _average(months[-YEAR:]))
    if not before or now is None:
        return None
    change = round(100 * (now - before) / before)
    if abs(change) < NOTABLE:
        return Message(STEADY)
    return Message(RISEN if change > 0 else FALLEN, {"share": abs(change)})


def _average(months: Iterable[PastMonth]) -> float | None:
    known = [it.dispensed for it in months if it.dispensed is not None and not it.days_out]
    return sum(known) / len(known) if len(known) >= ENOUGH else None


def figures_said(verdict: Verdict) -> list[Message]:
    """What each way had said that a sentence tells of, and the nearest."""
    told = [way for way in WAYS if way in verdict.said and (way in TOLD or way in verdict.nearest)]
    return [Message(SAID[way], {"units": units(verdict.said[way])}) for way in told]


def judgement(verdict: Verdict) -> Message:
    """Who was nearest."""
    nearest = verdict.nearest
    if not nearest:
        return Message(CUT)
    if len(nearest) == 1:
        return Message(NEAREST[nearest[0]])
    return Message(ALIKE if set(nearest) == set(list(WAYS)[-2:]) else SEVERAL)
