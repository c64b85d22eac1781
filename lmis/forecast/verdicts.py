"""Reading what was forecast of a month that is over, beside how it came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    groups = dict.fromkeys(under, (facility_id,))
    return list(verdicts_of(session, groups, month, ahead=(1, *EARLY), item_id=item_id).values())


def verdicts_of(
    session: Session,
    groups: Mapping[int, Sequence[int]],
    month: Month,
    *,
    ahead: Sequence[int] = (1,),
    item_id: int | None = None,
) -> dict[Key, Verdict]:
    """By facility and item, what was forecast for a month beside how it came out.

    groups: of each facility, those it is under and that are asked for, itself too. Only what was forecast a month
    ahead is told; ahead: how many months before other forecasts of it are looked at.
    """
    runs = {run.as_of: run for run in _runs(session, [add_months(month, -its) for its in ahead])}
    begins = datetime.combine(first_of(month), time(), VIETNAM)
    ids = sorted({it for its in groups.values() for it in its})
    told: dict[int, dict[Key, Outlook]] = {
        its: of_run(session, run, ids, last_of(month), item_id=item_id, said_before=begins)
        for its in ahead
        if (run := runs.get(add_months(month, -its)))
    }
    now = told.pop(1, {})
    if not now:
        return {}
    came_out = outcomes(session, groups, {item for _, item in now}, month, runs[add_months(month, -1)].id)
    return {
        key: Verdict(key[1], came_out.get(key, Outcome()), _said(outlook), _early(key, told))
        for key, outlook in now.items()
    }


def _runs(session: Session, months: Sequence[Month]) -> list[Run]:
    return [Run(*row) for row in Sql(session).rows(RUNS, months=list(months))]


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


def _early(key: Key, told: Mapping[int, Mapping[Key, Outlook]]) -> float | None:
    """The mean of what was forecast more than a month ahead."""
    figures = [
        its[key].published[ahead - 1] for ahead, its in told.items() if key in its and len(its[key].published) >= ahead
    ]
    return sum(figures) / len(figures) if figures else None
