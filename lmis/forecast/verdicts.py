"""Reading what was forecast of a month that is over, beside how it came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from math import isfinite

from sqlmodel import Session

from lmis.calendar import Month, add_months, first_of, last_of, month_of
from lmis.forecast.accuracy import AMC, FORECAST, MODEL, PEOPLE, STATISTICAL, Outcome, Verdict
from lmis.forecast.outcomes import outcomes
from lmis.forecast.outlook import Key, Outlook, Run, of_run
from lmis.i18n import VIETNAM
from lmis.network.service import subtree_ids
from lmis.sql import Sql

RUNS = "SELECT id, as_of, horizon FROM forecast_run WHERE as_of IN (:months*)"
JUDGED = "SELECT as_of FROM forecast_run WHERE as_of < :before ORDER BY as_of DESC"
EARLY = (2, 3)  # months ahead that are told together


def months_to_judge(session: Session, today: date) -> list[Month]:
    """The months that are over and were forecast a month ahead, the latest first."""
    before = add_months(month_of(today), -1)
    return [add_months(row[0], 1) for row in Sql(session).rows(JUDGED, before=before)]


def verdicts(session: Session, facility_id: int, month: Month, *, item_id: int | None = None) -> list[Verdict]:
    """Every item that was forecast at a facility for a month that is over; of one item alone, if it is given."""
    under = subtree_ids(session, facility_id, last_of(month))
    came_out = outcomes(session, dict.fromkeys(under, (facility_id,)), month)
    found = verdicts_of(session, [facility_id], month, came_out, item_id=item_id)
    return list(found.values())


def verdicts_of(
    session: Session,
    facility_ids: Sequence[int],
    month: Month,
    came_out: Mapping[Key, Outcome],
    *,
    item_id: int | None = None,
) -> dict[Key, Verdict]:
    """By facility and item, what was forecast for a month beside its outcome; only what was forecast a month ahead."""
    started = datetime.combine(first_of(month), time(), VIETNAM)
    runs = _runs(session, [add_months(month, -ahead) for ahead in (1, *EARLY)])
    told = {
        ahead: of_run(session, run, facility_ids, last_of(month), item_id=item_id, said_before=started)
        for ahead in (1, *EARLY)
        if (run := runs.get(add_months(month, -ahead)))
    }
    early = [(ahead, told[ahead]) for ahead in EARLY if ahead in told]
    return {
        key: Verdict(key[1], came_out.get(key, Outcome()), _said(outlook), _early(key, early))
        for key, outlook in told.get(1, {}).items()
    }


def _runs(session: Session, months: Sequence[Month]) -> dict[Month, Run]:
    return {row[1]: Run(*row) for row in Sql(session).rows(RUNS, months=list(months))}


def _said(outlook: Outlook) -> dict[str, float]:
    """What each way said of the first month ahead; people only where they said anything else."""
    own = outlook.first in outlook.overridden or outlook.means[0] != outlook.published[0]
    figures = {
        AMC: outlook.amc,
        STATISTICAL: outlook.statistical,
        MODEL: outlook.model[0] if outlook.model else None,
        FORECAST: outlook.published[0],
        PEOPLE: outlook.means[0] if own else None,
    }
    return {way: figure for way, figure in figures.items() if figure is not None and isfinite(figure)}


def _early(key: Key, told: Iterable[tuple[int, Mapping[Key, Outlook]]]) -> float | None:
    """The mean of what was forecast more than a month ahead."""
    figures = [its[key].published[ahead - 1] for ahead, its in told if key in its and len(its[key].published) >= ahead]
    return sum(figures) / len(figures) if figures else None
