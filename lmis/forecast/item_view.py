"""What the page of an item's forecast shows at one facility."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from lmis.calendar import Month, add_months, complete_months, month_of
from lmis.forecast.accuracy import Verdict
from lmis.forecast.charts import HIGH, LOW, NARROW, WIDE, Fan, Frame, Past, Stock, fan, stock
from lmis.forecast.findings import a_month, trend
from lmis.forecast.history import PastMonth, series_history
from lmis.forecast.models import ForecastRun, ForecastSeries
from lmis.forecast.outlook import Outlook, of_run, run_in_force
from lmis.forecast.overriding import PastOverride, overrides
from lmis.forecast.verdicts import verdicts
from lmis.i18n import Message
from lmis.policy.rules import Policy
from lmis.policy.service import policies

BACK = 36  # months of history that are looked at
NEXT = 3  # months ahead that one figure is told of


@dataclass(frozen=True, slots=True)
class Ahead:
    """A month to come. published: the mean as it was forecast; expected: with what people put in its place."""

    month: Month
    expected: float
    low: float
    high: float
    published: float
    said: PastOverride | None

    @property
    def moved(self) -> bool:
        """Whether people, here or below, changed the figure."""
        return self.expected != self.published


@dataclass(frozen=True, slots=True)
class ItemView:
    """The past and the forecast of an item at a facility and everything under it.

    run: the forecast in force, None without any; series: what it says of the item, None when it does not know it;
    outlook: its figures from the running month on, None where nothing could be forecast. minimum, maximum: base units
    at what is expected of the next months, None where nothing is known. last_month: the latest that is over; last: how
    it came out.
    """

    last_month: Month
    run: ForecastRun | None
    series: ForecastSeries | None
    outlook: Outlook | None
    past: Sequence[PastMonth]
    ahead: Sequence[Ahead]
    said: Sequence[PastOverride]
    policy: Policy
    monthly: float | None
    last: Verdict | None

    @property
    def finding(self) -> Message | None:
        """What to expect of the next months."""
        if self.outlook is None or not self.ahead:
            return None
        shown = slice(self._skipped, self._skipped + NEXT)
        return a_month(self.outlook.means[shown], self.outlook.quantiles[shown])

    @property
    def trend(self) -> Message | None:
        return trend(self.past)

    @property
    def minimum(self) -> float | None:
        return self._level(self.policy.minimum)

    @property
    def maximum(self) -> float | None:
        return self._level(self.policy.maximum)

    @property
    def days_out(self) -> int:
        """How many of the months shown had days without stock."""
        return sum(it.days_out > 0 for it in self.past)

    @property
    def ordered(self) -> bool:
        """Whether any order is known."""
        return any(it.ordered for it in self.past)

    @property
    def missing(self) -> int:
        return sum(it.dispensed is None for it in self.past)

    def pictures(self) -> dict[str, tuple[Fan, Stock]]:
        """The fan and the stock below it, for a desk and for a phone."""
        return {name: self._drawn(frame) for name, frame in (("wide", WIDE), ("narrow", NARROW))}

    @property
    def _skipped(self) -> int:
        """Months of the forecast that are over."""
        return 0 if self.outlook is None else len(self.outlook.months) - sum(self._open)

    @property
    def _open(self) -> list[bool]:
        months = self.outlook.months if self.outlook else []
        return [month > self.last_month for month in months]

    def _level(self, months: Decimal) -> float | None:
        return None if self.monthly is None else float(months) * self.monthly

    def _drawn(self, frame: Frame) -> tuple[Fan, Stock]:
        past = [Past(it.month, it.dispensed, it.days_out > 0, it.closing, it.received, it.ordered) for it in self.past]
        first, count = add_months(self.last_month, 1), len(self.ahead)
        at = slice(self._skipped, self._skipped + count)
        quantiles = self.outlook.quantiles[at] if self.outlook else ()
        said = {it.month: it.expected for it in self.ahead if it.said}
        picture = fan(past, first, [it.expected for it in self.ahead], quantiles, said, frame)
        return picture, stock(past, first, self.minimum, self.maximum, frame, count)


def item_view(
    session: Session, facility_id: int, item_id: int, *, most: int, today: date, average: Callable[[], float | None]
) -> ItemView:
    """What is not known is None. most: months ahead; average: gives the AMC, asked for only without a forecast."""
    run = run_in_force(session, today)
    outlook = series = None
    if run:
        outlook = of_run(session, run, [facility_id], today, item_id=item_id).get((facility_id, item_id))
        series = session.get(ForecastSeries, (run.id, facility_id, item_id))
    said = overrides(session, facility_id, item_id)
    ahead = _ahead(outlook, {it.row.month: it for it in said if it.holds}, month_of(today))[:most]
    last = add_months(month_of(today), -1)
    return ItemView(
        last_month=last,
        run=session.get(ForecastRun, run.id) if run else None,
        series=series,
        outlook=outlook,
        past=_known(series_history(session, facility_id, item_id, complete_months(last, BACK, today), today)),
        ahead=ahead,
        said=said,
        policy=policies(session, [facility_id], [item_id], today)[facility_id, item_id],
        monthly=_mean([it.expected for it in ahead[:NEXT]]) if ahead else average(),
        last=next(iter(verdicts(session, facility_id, last, item_id=item_id)), None),
    )


def _ahead(outlook: Outlook | None, said: Mapping[Month, PastOverride], this: Month) -> list[Ahead]:
    if outlook is None:
        return []
    rows = zip(outlook.months, outlook.means, outlook.published, outlook.quantiles, strict=True)
    return [
        Ahead(month, mean, levels[LOW], levels[HIGH], published, said.get(month))
        for month, mean, published, levels in rows
        if month >= this
    ]


def _known(past: Sequence[PastMonth]) -> list[PastMonth]:
    """From the first month on of which anything is known."""
    begun = (at for at, it in enumerate(past) if it.dispensed is not None or it.closing or it.received or it.days_out)
    return list(past[next(begun, len(past)) :])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
