"""What each job does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Engine
from sqlmodel import Session

from lmis.alerts.digests import build_digests
from lmis.alerts.escalating import escalate
from lmis.alerts.evaluating import evaluate, watch
from lmis.alerts.summaries import build_summaries
from lmis.config import settings
from lmis.db import reader, transaction
from lmis.forecasting import make_forecast
from lmis.jobs.clean import clean
from lmis.jobs.running import Clock, Work
from lmis.jobs.runs import Done
from lmis.jobs.schedule import DIFFERENCES
from lmis.mail.sending import send_due
from lmis.stock.verify import verify

DETAILS = 100  # differences kept of one proof; `lmis verify` names them all


class OnEngine(Protocol):
    def __call__(self, engine: Engine, *, today: date, now: datetime) -> Mapping[str, int]: ...


class InSession(Protocol):
    def __call__(self, session: Session, *, today: date, now: datetime) -> Mapping[str, int]: ...


def of_day(work: OnEngine) -> Work:
    """Work that opens its own transactions."""
    return lambda engine, today, now: work(engine, today=today, now=now())


def in_one_transaction(work: InSession) -> Work:
    def done(engine: Engine, today: date, now: Clock) -> Mapping[str, int]:
        with transaction(engine) as session:
            return work(session, today=today, now=now())

    return done


def prove_ledger(engine: Engine, _today: date, _now: Clock) -> Done:
    """Recompute every balance and total from the ledger's lines."""
    with reader(engine) as session:
        found = [difference.message.translate(settings().language) for difference in verify(session)]
    if not found:
        return Done()
    return Done({"differences": len(found)}, "\n".join(found[:DETAILS]), DIFFERENCES)


def forecast(engine: Engine, _today: date, _now: Clock) -> Done:
    return make_forecast(engine)


def send(engine: Engine, _today: date, now: Clock) -> Mapping[str, int]:
    return send_due(engine, now=now)


WORKS: Mapping[str, Work] = {
    "prove-ledger": prove_ledger,
    "make-forecast": forecast,
    "clean-up": in_one_transaction(clean),
    "evaluate-alerts": of_day(evaluate),
    "escalate-alerts": in_one_transaction(escalate),
    "build-digests": of_day(build_digests),
    "build-summaries": of_day(build_summaries),
    "watch-stock": of_day(watch),
    "send-mail": send,
}
