"""The weekly summary of those who stand over others, and the monthly one of those at the top, with the stock report.

One that was missed is sent later, once: it is for the day it was due on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import Engine
from sqlmodel import Session

from lmis.accounts.rights import may_approve
from lmis.alerts.digest_picture import BARS
from lmis.alerts.digest_round import KNOWN, spots
from lmis.alerts.letters import Written, language_of
from lmis.alerts.preferences import at_hour
from lmis.alerts.recipients import Person, Recipients, recipients
from lmis.alerts.standpoint import Standpoint
from lmis.alerts.summary import figures
from lmis.alerts.summary_letters import Due, monthly, summary_letter, weekly
from lmis.alerts.summary_reading import happened, open_facilities, proposals, report_file, standing
from lmis.alerts.views import views
from lmis.db import reader, transaction
from lmis.i18n import VIETNAM
from lmis.mail.outbox import Attachment, Post, queue_many
from lmis.sql import Sql


def build_summaries(engine: Engine, *, today: date, now: datetime) -> dict[str, int]:
    """Write the summaries that are due and not written yet into the outbox; those are the same however often it runs.

    For a day that is over none is made: the next day makes them.
    """
    made = Counter({"weekly": 0, "monthly": 0})
    if now.astimezone(VIETNAM).date() > today:
        return dict(made)
    with reader(engine) as session:
        who = recipients(session, today)
        for due in (weekly(today), monthly(today)):
            people = _missing(session, due, _people(who, due))
            for post in _posts(session, who, due, people, today):
                with transaction(engine) as writing:  # each by itself: the next report takes its time
                    made[due.kind] += queue_many(writing, [post], now=now)
    return dict(made)


def _people(who: Recipients, due: Due) -> list[Person]:
    """Those who may decide something: of the top by the month, of others that stand over any by the week."""
    return [
        person
        for place, its in who.at.items()
        if who.is_over_others(place) and who.is_top(place) == (due.kind == "monthly")
        for person in its
        if person.wants.summaries and may_approve(person.user.role)
    ]


def _missing(session: Session, due: Due, people: Sequence[Person]) -> list[Person]:
    keys = [due.key(person.id) for person in people]
    known = {user_id for (user_id,) in Sql(session).rows(KNOWN, keys=keys)} if keys else set()
    return [person for person in people if person.id not in known]


def _posts(session: Session, who: Recipients, due: Due, people: Sequence[Person], today: date) -> Iterator[Post]:
    if not people:
        return
    places = list(dict.fromkeys(person.at for person in people))
    made = figures(places, who.parents, open_facilities(session, today), standing(session),
                   happened(session, *due.span))  # fmt: skip
    told = {it.id: it for it in views(session, (it.line.id for its in made.values() for it in its.longest))}
    bars = (bar.facility_id for its in made.values() for bar in its.places[:BARS])
    ups = (who.parents.get(it.facility.id, 0) for it in told.values())
    names = spots(session, [*places, *bars, *ups])
    moves = proposals(session, who.parents)
    letters: dict[tuple[int, str], Written] = {}
    files: dict[int, Attachment] = {}
    for person in people:
        at, language = person.at, language_of(person.user)
        if at not in files:
            files = {at: report_file(session, names[at], due.period, whole=who.is_top(at), today=today)}
        if (at, language) not in letters:
            letters[at, language] = summary_letter(
                language,
                Standpoint(names[at], who.parents, names),
                due,
                made[at],
                told,
                moves.get(at, Counter()),
                today=today,
            )
        letter = letters[at, language]
        yield Post(due.key(person.id), due.kind, person.user, letter.subject, letter.text, letter.html,
                   at_hour(today, person.wants.hour), [files[at]])  # fmt: skip
