"""A year of the demo city with its nightly jobs, day by day: what was announced, how long before, and what was false.

The jobs run through the worker at their hours, on frozen time; in between the day's documents are posted as they
happen, and nobody acts on any alert: the demo's people order and deliver as they would without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain, islice, takewhile
from pathlib import Path

from freezegun import freeze_time
from rich.progress import Progress
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from lmis import clock
from lmis.accounts.models import User
from lmis.config import settings
from lmis.db import id_of, make_engine, reader, transaction
from lmis.demo.filling import set_up
from lmis.demo.network import Size
from lmis.forecast.loading import loaded
from lmis.i18n import VIETNAM
from lmis.jobs.schedule import CLEAN, Job, all_jobs
from lmis.mail.models import MailPreference
from lmis.mail.sending import send_due
from lmis.mail.transport import Parcel
from lmis.network.models import Facility
from lmis.schema import prepare
from lmis.stock.documents import Document
from lmis.stock.posting import post
from lmis.worker.performing import perform
from lmis.worker.works import WORKS
from tests.bench.alert_year_told import told
from tests.bench.figures import Figure

SEED = 2026
YEAR, END = date(2025, 11, 1), date(2026, 11, 1)  # the year that is watched, and the day after it
HISTORY = 12  # months before it
BATCH = 10_000  # documents
AT_NIGHT, AT_WORK, AFTER_WORK = time(6, 5), time(16), time(16, 30)
NOT_EVERY_NIGHT = "prove-ledger"  # the proof of a ledger that grows: at the year's end alone
Tell = Callable[[], None]


def measure(folder: Path, progress: Progress, *, size: Size = "district", seed: int = SEED) -> list[Figure]:
    """size: `district` takes about ten minutes, `default`, the whole city, about an hour."""
    engine = make_engine(f"sqlite:///{folder / 'alert-year.sqlite3'}")
    task = progress.add_task("a year of alerts", total=(END - YEAR).days)
    live(engine, END, size=size, seed=seed, tell=lambda: progress.advance(task))
    with reader(engine) as session:
        figures = told(session, YEAR, END).figures()
    engine.dispose()
    return figures


def live(engine: Engine, end: date, *, size: Size, seed: int, tell: Tell) -> None:
    """Every day from YEAR until the day before `end`: the night's jobs, the day's documents, a look at what moved."""
    prepare(engine)
    loaded("making")  # what forecasts are made with cannot be loaded on frozen time
    with freeze_time(at(YEAR, AT_NIGHT)) as frozen:
        with transaction(engine) as session:
            documents = set_up(session, size, seed, end, HISTORY + (end - YEAR).days // 30).documents()
            add_people(session)
        coming = _before(engine, documents, YEAR)
        for after in range((end - YEAR).days):
            day = YEAR + timedelta(after)
            frozen.move_to(at(day, AT_NIGHT))
            run_night(engine)
            frozen.move_to(at(day, AT_WORK))
            coming = _before(engine, coming, day + timedelta(1))
            frozen.move_to(at(day, AFTER_WORK))
            run_watch(engine)
            tell()


def at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, VIETNAM)


def _before(engine: Engine, documents: Iterator[Document], end: date) -> Iterator[Document]:
    """Post the documents of the days before `end`; the rest."""
    after: list[Document] = []

    def is_before(document: Document) -> bool:
        if document.occurred_on < end:
            return True
        after.append(document)
        return False

    wanted = takewhile(is_before, documents)
    while batch := list(islice(wanted, BATCH)):
        with transaction(engine) as session:
            post(session, batch, today=clock.today(), now=clock.now())
    return chain(after, documents)


def run_night(engine: Engine) -> None:
    for job in all_jobs(settings()):
        if job.is_daily and job.id != NOT_EVERY_NIGHT:
            _run(engine, job)
    _send(engine)


def run_watch(engine: Engine) -> None:
    _run(engine, next(job for job in all_jobs(settings()) if job.id == "watch-stock"))
    _send(engine)


def _run(engine: Engine, job: Job) -> None:
    done = perform(engine, job, WORKS[job.id], holder="year")
    if done is not None and done.outcome != CLEAN:
        raise RuntimeError(f"{job.id}: {done.detail}")


class Nowhere:
    """A transport that takes every e-mail and keeps none."""

    def deliver(self, _parcel: Parcel) -> None:
        """Taken."""

    def close(self) -> None:
        """Nothing is open."""


def _send(engine: Engine) -> None:
    send_due(engine, now=clock.now, transport=Nowhere())


def add_people(session: Session) -> None:
    """A storekeeper and a manager at every store above the stations, who read everything; a midwife at every station,
    who wants no e-mail: hers would be 580 more a day, and are not measured.
    """
    for facility in session.exec(select(Facility).where(col(Facility.level_code) != "collaborator")):
        if facility.level_code == "commune":
            midwife = _person(session, facility, "storekeeper")
            session.add(MailPreference(user_id=midwife, digest="never", at_once=False, changed_at=clock.now()))
        else:
            _person(session, facility, "storekeeper")
            _person(session, facility, "manager")


def _person(session: Session, facility: Facility, role: str) -> int:
    username = f"{role}.{facility.code}".lower()
    user = User(
        username=username,
        name=f"{role} {facility.code} (minh họa)",
        password_hash="",
        role=role,
        facility_id=id_of(facility),
        email=f"{username}@example.org",
    )
    session.add(user)
    session.flush()
    return id_of(user)
