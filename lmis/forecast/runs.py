"""Making the forecast of a month: read, forecast, and keep all of it at once or nothing.

The long work holds no lock; writing is one short transaction. What was made is never written over. The packages that
forecasts are made with are loaded here only when one is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from time import perf_counter
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from lmis.calendar import Month, add_months, last_of, month_code, month_of
from lmis.db import id_of, reader, transaction
from lmis.errors import LmisError
from lmis.forecast.loading import loaded
from lmis.forecast.models import ForecastRun
from lmis.forecast.places import begins_in
from lmis.i18n import N_
from lmis.sql import Sql

if TYPE_CHECKING:
    from lmis.forecast.making import Row

HORIZON = 12  # months ahead
PLAN = 24  # months ahead at the top of the tree, for its supply plan
LONGEST = 60
SHARES = (0.05, 0.9)  # of the work: reading, and forecasting after it
INSERT = """
    INSERT INTO forecast_series (run_id, facility_id, item_id, method, reason, parts, amc, statistical, backtest,
        model, means, quantiles) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
KEPT = "SELECT method, COUNT(*) FROM forecast_series WHERE run_id = :run GROUP BY method"

Tell = Callable[[float], None]


class NotOver(LmisError):
    status_code = 422
    msgid = N_("%(month)s is not over. A forecast can be made from it when it is; the latest is %(latest)s.")


class NoHistory(LmisError):
    status_code = 422
    msgid = N_("The ledger knows nothing of %(month)s or before, so nothing can be forecast. Name a later month.")


class NoHistoryAtAll(LmisError):
    status_code = 422
    msgid = N_("The ledger is empty, so nothing can be forecast. Record or import what was dispensed first.")


class BadHorizon(LmisError):
    status_code = 422
    msgid = N_("A forecast reaches 1 to %(longest)s months ahead, not %(horizon)s.")


@dataclass(frozen=True, slots=True)
class Made:
    """A forecast that is there. new: made just now, rather than before; series: kept, by method."""

    run_id: int
    as_of: Month
    new: bool
    seconds: float
    series: Counter[str]


def make_run(
    engine: Engine,
    as_of: Month,
    *,
    today: date,
    now: datetime,
    horizon: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    fan_out: str | None = None,
    tell: Tell = lambda _: None,
) -> Made:
    """Make the forecast that has seen whole months up to `as_of`, unless it is there already.

    horizon: months ahead for every facility; without it 12, and 24 at the top of the tree. fan_out: the engine that
    each part of the tree is handed to (see lmis.forecast.fanout). tell: called with the share done, 0 … 1.
    Raises NotOver, NoHistory, NoHistoryAtAll, BadHorizon, and what lmis.forecast.loading does.
    """
    start = perf_counter()
    _check(as_of, horizon, today)
    with reader(engine) as session:
        there = _kept(session, as_of)
        if there is not None:
            return there
        _check_begun(session, as_of)
        making = loaded("making")
        reading = making.read(session, as_of)
    tell(SHARES[0])
    ahead, longest = horizon or HORIZON, horizon or PLAN
    forecaster = making.forecaster(reading, longest, seed, threads, fan_out)
    rows = making.made(reading, forecaster, ahead, longest, lambda done: tell(SHARES[0] + SHARES[1] * done))
    run = ForecastRun(as_of=as_of, made_at=now, horizon=ahead, seed=seed, version=version("lmis"))
    made = _keep(engine, run, rows, start)
    tell(1.0)
    return made


def _check(as_of: Month, horizon: int | None, today: date) -> None:
    if last_of(as_of) >= today:
        raise NotOver(month=month_code(as_of), latest=month_code(add_months(month_of(today), -1)))
    if horizon is not None and not 1 <= horizon <= LONGEST:
        raise BadHorizon(longest=LONGEST, horizon=horizon)


def _check_begun(session: Session, as_of: Month) -> None:
    begins = begins_in(session)
    if begins is None:
        raise NoHistoryAtAll
    if begins > as_of:
        raise NoHistory(month=month_code(as_of))


def _keep(engine: Engine, run: ForecastRun, rows: list[Row], start: float) -> Made:
    """All of it or nothing; whoever made the same month's forecast first has made it."""
    try:
        with transaction(engine) as session:
            there = _kept(session, run.as_of)
            if there is not None:
                return there
            session.add(run)
            session.flush()
            Sql(session).insert(INSERT, [(id_of(run), *row) for row in rows])
    except IntegrityError:
        with reader(engine) as session:
            there = _kept(session, run.as_of)
        if there is None:
            raise
        return there
    return Made(id_of(run), run.as_of, True, perf_counter() - start, Counter(row[2] for row in rows))


def _kept(session: Session, as_of: Month) -> Made | None:
    run = session.exec(select(ForecastRun).where(ForecastRun.as_of == as_of)).first()
    if run is None:
        return None
    series = Counter(dict(Sql(session).rows(KEPT, run=run.id)))
    return Made(id_of(run), as_of, False, 0.0, series)
