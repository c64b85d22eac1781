"""Who was nearer: what each way of forecasting had said of a month, beside what was used. Pure; base units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lmis.i18n import N_

AMC, STATISTICAL, MODEL, FORECAST, PEOPLE = "amc", "statistical", "model", "forecast", "people"
WAYS: dict[str, str] = {  # each has to earn its place over the one before
    AMC: N_("Average monthly consumption"),
    STATISTICAL: N_("Statistical median"),
    MODEL: N_("Global model"),
    FORECAST: N_("Published forecast"),
    PEOPLE: N_("With planners’ figures"),
}
HIDDEN_SHARE = 0.1  # of the demand: with more of it unseen, what was used says too little to judge by
ALIKE = 2  # decimals: errors that agree in them are the same


@dataclass(frozen=True, slots=True)
class Outcome:
    """A month as it came out. used: what was dispensed; hidden: about how much more empty shelves turned away and
    missing reports keep from us."""

    used: int = 0
    hidden: float = 0.0

    @property
    def cut(self) -> bool:
        """Whether too much is unseen for the month to be judged."""
        return self.hidden > HIDDEN_SHARE * (self.used + self.hidden)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One item in one month. said: the figure of each way that had one, a month ahead, as WAYS names them.

    early: what was forecast two and three months ahead, the mean of the two; None where neither was made.
    """

    item_id: int
    outcome: Outcome
    said: Mapping[str, float]
    early: float | None = None

    def error(self, way: str) -> float:
        """How far off a way was, either side."""
        return round(abs(self.said[way] - self.outcome.used), ALIKE)

    @property
    def early_error(self) -> float | None:
        return None if self.early is None else round(abs(self.early - self.outcome.used), ALIKE)

    @property
    def nearest(self) -> list[str]:
        """The ways that came nearest; none when the month is not judged.

        A method whose figure was published is not told beside the forecast that it became.
        """
        if self.outcome.cut or not self.said:
            return []
        least = min(self.error(way) for way in self.said)
        best = [way for way in WAYS if way in self.said and self.error(way) == least]
        return [way for way in best if way in (FORECAST, PEOPLE)] or best

    def filled(self, way: str) -> float | None:
        """The figure of a way, or of the nearest one before it that had any."""
        before = list(WAYS)[: list(WAYS).index(way) + 1]
        return next((self.said[it] for it in reversed(before) if it in self.said), None)


@dataclass(frozen=True, slots=True)
class ValueAdded:
    """What one way of forecasting came to over all judged items.

    used: base units of the items it is measured by; error: the sum of its absolute errors over them; share: of what was
    used; gained: by how much its share is smaller than that of the way before, over the same items; nearer, further:
    at how many items it was nearer and further than the way before.
    """

    way: str
    items: int
    used: int
    error: float
    share: float | None
    gained: float | None
    nearer: int
    further: int

    @property
    def percent(self) -> Decimal | None:
        """Of what was used, the share that it was off by."""
        return None if self.share is None else Decimal(repr(100 * self.share))

    @property
    def points(self) -> Decimal | None:
        """By how many per cent of what was used it is better than the way before; negative: worse."""
        return None if self.gained is None else round(Decimal(repr(100 * self.gained)), 1)


def value_added(verdicts: Iterable[Verdict]) -> list[ValueAdded]:
    """Each way of WAYS beside the one before it; a way that has no figure of an item takes the one before's."""
    judged = [it for it in verdicts if it.said and not it.outcome.cut]
    ways = list(WAYS)
    return [_added(judged, way, ways[ways.index(way) - 1] if way != AMC else None) for way in ways]


def nearest_of(added: Sequence[ValueAdded]) -> ValueAdded | None:
    """The way that was least off over all items; of several the last, which is what people saw."""
    shares = [(it.share, -at, it) for at, it in enumerate(added) if it.share is not None]
    return min(shares)[2] if shares else None


def _added(judged: Iterable[Verdict], way: str, before: str | None) -> ValueAdded:
    items = used = nearer = further = shared = 0
    error = gain = 0.0
    for verdict in judged:
        figure, other = verdict.filled(way), verdict.filled(before) if before else None
        if figure is None:
            continue
        off = abs(figure - verdict.outcome.used)
        items, used, error = items + 1, used + verdict.outcome.used, error + off
        if other is not None:
            ahead = round(abs(other - verdict.outcome.used) - off, ALIKE)
            nearer, further = nearer + (ahead > 0), further + (ahead < 0)
            gain, shared = gain + ahead, shared + verdict.outcome.used
    gained = gain / shared if before and shared else None
    return ValueAdded(way, items, used, error, error / used if used else None, gained, nearer, further)
