"""Mails about what cannot wait until the next morning: at once, but not all the time, and not by night.

What comes up by night, or soon after such a mail, is told in the next one, or in the daily mail if that is sooner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from lmis.alerts.digest import Digest, Line, digest
from lmis.alerts.digest_letters import common, fitting, told
from lmis.alerts.digest_round import by_place, last_mails, spots, standing_lines
from lmis.alerts.digests import TELLING
from lmis.alerts.findings import Severity
from lmis.alerts.letters import Written, language_of, written
from lmis.alerts.recipients import Person, Recipients, recipients
from lmis.alerts.standpoint import Standpoint
from lmis.alerts.views import AlertView, views
from lmis.config import settings
from lmis.i18n import VIETNAM
from lmis.mail.outbox import Post, queue_many

KIND = "urgent"
BY_DAY = range(6, 21)  # default: the hours in Vietnam in which people are written to at once


def queue_urgent(session: Session, *, now: datetime) -> int:
    """Write to everybody about the urgent alerts that came up since they were last written to; how many mails.

    Each gets one in as many hours as the settings say at most.
    """
    if now.astimezone(VIETNAM).hour not in BY_DAY:
        return 0
    lines = [line for line in standing_lines(session, least=Severity.URGENT) if not line.seen_to]
    if not lines:
        return 0
    who = recipients(session, now.astimezone(VIETNAM).date())
    due = list(_due(session, who, by_place(who, lines), now))
    return queue_many(session, _posts(session, who, due, now), now=now)


def _due(
    session: Session, who: Recipients, lines: Mapping[int, Sequence[Line]], now: datetime
) -> Iterator[tuple[Person, list[Line]]]:
    """Who is to be told of what."""
    people = [it for place in lines for it in who.at[place] if it.wants.at_once]
    ids = [person.id for person in people]
    since = last_mails(session, ids, TELLING, now)
    pause = timedelta(hours=settings().urgent_hours)
    told_at = last_mails(session, ids, (KIND,), now + pause)  # by a clock that was set back since, too
    for person in people:
        last, urgent = since[person.id], told_at[person.id]
        if urgent is None or urgent <= now - pause:
            its = [it for it in lines[person.at] if last is None or it.raised_at > last]
            if wanted := [it for it in its if person.wants.tells(it.rule, it.severity)]:
                yield person, wanted


def _posts(
    session: Session, who: Recipients, due: Sequence[tuple[Person, list[Line]]], now: datetime
) -> Iterator[Post]:
    made = [(person, its, _digest(who, person, its)) for person, its in due]
    found = {it.id: it for it in views(session, (id_ for _, _, each in made for id_ in each.named))}
    ups = (who.parents.get(it.facility.id, 0) for it in found.values())
    names = spots(session, [*(person.at for person, _ in due), *ups])
    alike: dict[object, Written] = {}
    for person, its, each in made:
        same = (person.at, language_of(person.user), *(line.id for line in its))
        if same not in alike:
            here = Standpoint(names[person.at], who.parents, names)
            write = partial(_letter, person, here, views=found, now=now)
            alike[same] = fitting(write, each)
        letter, newest = alike[same], max(line.raised_at for line in its)
        key = f"{KIND}:{person.id}:{newest.isoformat()}"
        yield Post(key, KIND, person.user, letter.subject, letter.text, letter.html, now)


def _digest(who: Recipients, person: Person, lines: Sequence[Line]) -> Digest:
    under = partial(who.under, person.at)
    return digest(lines, 0, at=person.at, heard=who.heard_at, under=under, wants=person.wants, since=None)


def _letter(
    person: Person, here: Standpoint, made: Digest, *, views: Mapping[int, AlertView], now: datetime
) -> Written:
    return written(
        "urgent",
        language_of(person.user),
        **common(here.place, now.astimezone(VIETNAM).date()),
        section=told(made, views, here, None)[0],
        now=now,
        hours=settings().urgent_hours,
    )
