"""What each job does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from importlib import import_module
from typing import Protocol

from sqlalchemy import Engine
from sqlmodel import Session

from lmis.alerts.escalating import escalate
from lmis.config import settings
from lmis.db import reader, transaction
from lmis.forecasting import make_forecast
from lmis.jobs.clean import clean
from lmis.jobs.running import Clock, Work
from lmis.jobs.runs import Done
from lmis.jobs.schedule import DIFFERENCES
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


def later(module: str, name: str) -> Work:
    return lambda engine, today, now: getattr(import_module(module), name)(engine, today=today, now=now())


def send(engine: Engine, _today: date, now: Clock) -> Mapping[str, int]:
    from lmis.mail.sending import send_due

    return send_due(engine, now=now)


WORKS: Mapping[str, Work] = {
    "prove-ledger": prove_ledger,
    "make-forecast": forecast,
    "clean-up": in_one_transaction(clean),
    "evaluate-alerts": later("lmis.alerts.evaluating", "evaluate"),
    "escalate-alerts": in_one_transaction(escalate),
    "build-digests": later("lmis.alerts.digests", "build_digests"),
    "build-summaries": later("lmis.alerts.summaries", "build_summaries"),
    "watch-stock": later("lmis.alerts.evaluating", "watch"),
    "send-mail": send,
}
