"""Looking at the whole network every night, and by day at what moved: what is found becomes alerts.

Reading and thinking hold no lock, and see the database as it stood at one moment; writing is one short transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from lmis.alerts import papers, reading_papers
from lmis.alerts.expiry import expiry, recalled
from lmis.alerts.findings import Finding, Topic
from lmis.alerts.keeping import hold_alerts, keep
from lmis.alerts.picture import Shelf
from lmis.alerts.reading import Reading
from lmis.alerts.redistribution import NoSolver, Proposal
from lmis.alerts.redistribution_kept import keep_plan, plan_of, with_plan
from lmis.alerts.supply import supply, surplus
from lmis.alerts.urgent import queue_urgent
from lmis.db import reader, transaction
from lmis.sql import Sql, as_moment, stored

logger = logging.getLogger(__name__)

TOPICS = frozenset(Topic) - {Topic.LEDGER, Topic.JOB}  # those are about the program's own work
LATE_COMMITS = timedelta(minutes=10)  # what was recorded before the last look, and kept only after it
A_DAY = timedelta(days=1)
LATELY = 100_000  # movements: an import of more is looked at by night
SEEN = "SELECT MAX(seen_at) FROM alert WHERE topic IN (:topics*)"
TOUCHED = """
    SELECT facility_id, counterparty_id FROM stock_movement
    WHERE id > (SELECT MAX(id) FROM stock_movement) - :lately AND recorded_at >= :since
    GROUP BY facility_id, counterparty_id"""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at a moment, and the shelves it was found on."""

    shelves: Sequence[Shelf]
    findings: Sequence[Finding]


def evaluate(engine: Engine, *, today: date, now: datetime) -> dict[str, int]:
    """Look at every facility and bring all alerts about stock and papers up to it; how many of what.

    The plan of what to move between facilities is made anew, where its solver is installed.
    """
    with reader(engine) as session:
        seen = look(session, today)
        plan = _plan(session, seen.shelves, today)
    with transaction(engine) as session:
        hold_alerts(session)  # before the plan, which two at once would keep twice
        moves = keep_plan(session, plan or (), now=now)
        counts = _keep(session, seen.findings, None, today, now)
    return counts | ({"unplanned": 1} if plan is None else {"moves": moves})


def watch(engine: Engine, *, today: date, now: datetime) -> dict[str, int]:
    """Look at the facilities where something was recorded since the last look, and write the mails that cannot wait."""
    with reader(engine) as session:
        touched = _touched(session, now)
        found = look(session, today, touched).findings if touched else ()
    with transaction(engine) as session:
        counts = _keep(session, found, touched, today, now) if touched else {}
        return counts | {"facilities": len(touched), "mails": queue_urgent(session, now=now)}


def look(session: Session, today: date, facility_ids: Collection[int] | None = None) -> Look:
    """What is to be said of facilities, None: of all. Of closed ones nothing is."""
    reading = Reading(session, today, facility_ids)
    shelves = list(reading.shelves())
    return Look(shelves, [*_of_shelves(session, shelves, today), *_of_papers(session, reading, shelves, today)])


def _plan(session: Session, shelves: Iterable[Shelf], today: date) -> list[Proposal] | None:
    try:
        return plan_of(session, shelves, today=today)
    except NoSolver as error:
        logger.warning("%s", error)
        return None


def _keep(
    session: Session, found: Sequence[Finding], facility_ids: Collection[int] | None, today: date, now: datetime
) -> dict[str, int]:
    answered = with_plan(session, found) if found else found
    return keep(session, answered, topics=TOPICS, facility_ids=facility_ids, today=today, now=now)


def _of_shelves(session: Session, shelves: Iterable[Shelf], today: date) -> Iterator[Finding]:
    recalls = reading_papers.recalls(session)
    for shelf in shelves:
        yield from (it for it in (supply(shelf, today), surplus(shelf, today)) if it)
        if shelf.lots or shelf.expired:
            yield from expiry(shelf, today)
        if shelf.recalled:
            yield from recalled(shelf, recalls)


def _of_papers(session: Session, reading: Reading, shelves: Iterable[Shelf], today: date) -> Iterator[Finding]:
    ids = reading.facility_ids
    policy = {id_: reading.policy(id_) for id_ in ids}
    found: list[Finding | None] = []
    found += [papers.unconfirmed(it, policy[it.receiver_id], today) for it in reading_papers.sent(session, ids)]
    found += [papers.waiting(it, policy[it.waits_at], today) for it in reading_papers.asked(session, ids)]
    for at, due_on in reading_papers.counts_due(session, ids, today).items():
        found.append(papers.count_due(at, due_on, policy[at], today))
    for taken in reading_papers.losses(session, ids, today, reading.pack_sizes, reading.prices):
        found.append(papers.large_loss(taken, reading.policies_of(taken.facility_id)[taken.item_id]))
    for habit in reading_papers.habits(session, _stocked(shelves), policy, today):
        found.append(papers.silent(habit, policy[habit.facility_id], today))
    return (it for it in found if it)


def _stocked(shelves: Iterable[Shelf]) -> dict[int, date]:
    """Since when each facility that has something to use has had some of it."""
    since: dict[int, date] = {}
    for shelf in shelves:
        for lot in shelf.lots:
            since[shelf.facility_id] = min(lot.received_on, since.get(shelf.facility_id, lot.received_on))
    return since


def _touched(session: Session, now: datetime) -> list[int]:
    """The facilities where something was recorded since the last look.

    Where the clock was set back after it, or nothing was ever found, all that was recorded in the last day counts.
    """
    sql = Sql(session)
    seen = sql.rows(SEEN, topics=[str(it) for it in TOPICS])[0][0]
    last = as_moment(seen) if seen else None
    since = last - LATE_COMMITS if last and last <= now else now - A_DAY
    rows = sql.rows(TOUCHED, since=stored(since), lately=LATELY)
    return sorted({id_ for row in rows for id_ in row if id_ is not None})
