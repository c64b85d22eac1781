"""People who are written to, mornings on which they are, and what they then have in hand."""

from __future__ import annotations

from datetime import datetime

from freezegun import freeze_time
from sqlalchemy import Engine
from sqlmodel import Session, select

from lmis import clock
from lmis.accounts.models import User
from lmis.alerts.digests import build_digests
from lmis.alerts.preferences import Wants, save_wants
from lmis.alerts.summaries import build_summaries
from lmis.db import reader, transaction
from lmis.i18n import VIETNAM
from lmis.jobs.models import JobRun
from lmis.mail.message import Opened, opened
from lmis.mail.models import Mail
from lmis.network.models import Facility
from tests.factories import NOW, a_user, add, id_of


def in_vietnam(moment: str) -> datetime:
    """2026-11-22 06:00 as the clock on the wall there shows it."""
    return datetime.fromisoformat(moment).replace(tzinfo=VIETNAM)


def someone(
    session: Session,
    facility: Facility,
    *,
    role: str = "manager",
    language: str = "en",
    wants: Wants | None = None,
    email: str | None = "",
    **more,
) -> User:
    """A person with an address of their own, unless `email` says otherwise."""
    user = a_user(session, facility, role=role, language=language, **more)
    user.email = f"{user.username}@example.org" if email == "" else email
    if wants:
        save_wants(session, id_of(user), wants, NOW)
    return add(session, user)


def evaluated(engine: Engine, at: str, outcome: str = "clean") -> None:
    """As if all alerts had been worked out at a moment."""
    moment = in_vietnam(at)
    with transaction(engine) as session:
        run = {"outcome": outcome, "started_at": moment, "finished_at": moment}
        add(session, JobRun(job="evaluate-alerts", due_on=moment.date(), **run))


def digests_at(engine: Engine, at: str) -> dict[str, int]:
    """Make the daily mails at a moment of the wall clock in Vietnam, as the worker does."""
    with freeze_time(in_vietnam(at)):
        return build_digests(engine, today=clock.today(), now=clock.now())


def summaries_at(engine: Engine, at: str) -> dict[str, int]:
    with freeze_time(in_vietnam(at)):
        return build_summaries(engine, today=clock.today(), now=clock.now())


def mails_to(engine: Engine, user: User, *kinds: str) -> list[Mail]:
    """What was written to someone, the oldest first."""
    with reader(engine) as session:
        query = select(Mail).where(Mail.user_id == user.id).order_by(Mail.id)
        return [it for it in session.exec(query) if not kinds or it.kind in kinds]


def read(mail: Mail) -> Opened:
    assert mail.message is not None
    return opened(mail.message)


def words(mail: Mail) -> str:
    """The text, with single blanks."""
    return " ".join((read(mail).text or "").split())
