"""A weekly or monthly summary in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from lmis.alerts.digest_letters import common, entry
from lmis.alerts.digest_picture import DOWN, SHADES, places_picture
from lmis.alerts.letters import Written, written
from lmis.alerts.preferences import latest_weekday
from lmis.alerts.sentences import RULE_NAMES, SEVERITY_NAMES, SHAPES
from lmis.alerts.standpoint import Standpoint
from lmis.alerts.summary import Figures
from lmis.alerts.views import AlertView
from lmis.calendar import Period, add_months, first_of, last_of, month_code, month_of, parse_period
from lmis.config import settings
from lmis.i18n import VIETNAM

WEEKLY, MONTHLY = "weekly", "monthly"


@dataclass(frozen=True, slots=True)
class Due:
    """A summary: when it was due, the days from `first` through `last` it tells of, and the month of the report."""

    kind: str
    due_on: date
    first: date
    last: date
    period: Period

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The moments from which and before which things happened."""
        return _midnight(self.first), _midnight(self.last + timedelta(days=1))

    def key(self, user_id: int) -> str:
        return f"{self.kind}:{self.due_on}:{user_id}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)


def weekly(today: date) -> Due:
    """The latest one that was due, about the seven days before it."""
    due_on = latest_weekday(settings().weekly_on, today)
    return Due(WEEKLY, due_on, due_on - timedelta(days=7), due_on - timedelta(days=1), _month_before(due_on))


def monthly(today: date) -> Due:
    """The latest one that was due, about the month before it."""
    this = month_of(today)
    month = this if today.day >= settings().forecast_day else add_months(this, -1)
    due_on = first_of(month).replace(day=settings().forecast_day)
    last = add_months(month, -1)
    return Due(MONTHLY, due_on, first_of(last), last_of(last), _month_before(due_on))


def _month_before(day: date) -> Period:
    return parse_period(month_code(add_months(month_of(day), -1)))


def summary_letter(
    language: str,
    here: Standpoint,
    due: Due,
    its: Figures,
    views: Mapping[int, AlertView],
    moves: Counter[str],
    *,
    today: date,
) -> Written:
    """The e-mail of a summary. moves: of the plan to move stock."""
    return written(
        "summary",
        language,
        **common(here.place, today),
        due=due,
        figures=its,
        month=month_of(due.period.first),
        counts=[(SHAPES[it], SEVERITY_NAMES[it], SHADES[it], its.open[it]) for it in DOWN],
        rows=[(RULE_NAMES[rule], *counts) for rule, *counts in its.table],
        opened=sum(its.opened.values()),
        settled=sum(its.settled.values()),
        picture=places_picture(its.places, here) if its.places else None,
        longest=[
            (entry(it.line, views[it.line.id], here, None, False), it.opened_at)
            for it in its.longest
            if it.line.id in views
        ],
        moves=moves,
    )
