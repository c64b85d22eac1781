"""The daily mails: one to each person, about all that is open and comes to them.

A day whose mails were never made is made up for by the mail of the next, which says since when it tells. One for a day
that is over is therefore never made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice

from sqlalchemy import Engine
from sqlmodel import Session

from lmis.accounts.models import User
from lmis.alerts.digest import Digest, Line, digest
from lmis.alerts.digest_letters import NAMED_PLACES, Standing, digest_letter, fitting
from lmis.alerts.digest_picture import BARS
from lmis.alerts.digest_round import (
    KNOWN,
    Gone,
    by_place,
    digests_made_on,
    gone_since,
    last_mails,
    spots,
    standing_lines,
    standing_of,
)
from lmis.alerts.letters import Written, language_of
from lmis.alerts.preferences import at_hour, is_digest_day
from lmis.alerts.recipients import Person, Recipients, recipients
from lmis.alerts.standpoint import Standpoint
from lmis.alerts.views import AlertView, views
from lmis.db import reader, transaction
from lmis.i18n import VIETNAM
from lmis.mail.outbox import Post, queue_many
from lmis.network.service import subtree_ids
from lmis.sql import Sql

KIND = "digest"
TELLING = ("digest", "urgent")  # the mails that tell of alerts, after which another is new
PORTION = 60  # mails written in one transaction
LONGEST_GONE = timedelta(days=31)  # what resolved before is not told any more


@dataclass(frozen=True, slots=True)
class Round:
    """What the mails of a day go by. lines, gone: by the facility whose people are told; since: by person.

    unheard: the alerts that nobody is told of.
    """

    who: Recipients
    lines: Mapping[int, Sequence[Line]]
    gone: Mapping[int, Sequence[Gone]]
    since: Mapping[int, datetime | None]
    standing: Standing
    unheard: int


def build_digests(engine: Engine, *, today: date, now: datetime) -> dict[str, int]:
    """Write the mails of a day into the outbox, in portions; those that are there already stay as they are."""
    if now.astimezone(VIETNAM).date() > today:
        return {"mails": 0}
    made = 0
    with reader(engine) as session:
        whole = _round(session, recipients(session, today), today, now)
        people = iter(_due(session, whole.who, today))
        while portion := list(islice(people, PORTION)):
            posts = list(_posts(session, whole, portion, today))
            with transaction(engine) as writing:
                made += queue_many(writing, posts, now=now)
    return {"mails": made, "unheard": whole.unheard}


def key_of(user_id: int, today: date) -> str:
    return f"{KIND}:{today}:{user_id}"


def _round(
    session: Session, who: Recipients, today: date, now: datetime, facility_ids: Collection[int] | None = None
) -> Round:
    lines = standing_lines(session, facility_ids=facility_ids)
    ids = [person.id for its in who.at.values() for person in its]
    since = last_mails(session, ids, TELLING, now)
    earliest = min((at for at in since.values() if at), default=now)
    return Round(
        who,
        by_place(who, lines),
        by_place(who, gone_since(session, max(earliest, now - LONGEST_GONE))),
        since,
        standing_of(session, today),
        sum(not who.told_at(line.facility_id, line.escalated_to) for line in lines),
    )


def _due(session: Session, who: Recipients, today: date) -> list[Person]:
    """Those who get a mail on the day and have not got it."""
    made_on = digests_made_on(session, today)
    people = [it for its in who.at.values() for it in its if is_digest_day(it.wants.digest, today, made_on)]
    keys = [key_of(person.id, today) for person in people]
    known = {user_id for (user_id,) in Sql(session).rows(KNOWN, keys=keys)} if keys else set()
    return [person for person in people if person.id not in known]


def _posts(session: Session, whole: Round, people: Sequence[Person], today: date) -> Iterator[Post]:
    """The mails of those who have anything to be told of."""
    digests = [(person, made) for person in people if (made := _digest(whole, person)).sections]
    for person, letter in _letters(session, whole, digests, today):
        due_at = at_hour(today, person.wants.hour)
        yield Post(key_of(person.id, today), KIND, person.user, letter.subject, letter.text, letter.html, due_at)


def _digest(whole: Round, person: Person) -> Digest:
    at, since = person.at, whole.since.get(person.id)
    gone = sum(
        since is not None and it.resolved_at > since and person.wants.tells(it.rule, it.severity)
        for it in whole.gone.get(at, ())
    )
    under = partial(whole.who.under, at)
    lines, heard = whole.lines.get(at, ()), whole.who.heard_at
    return digest(lines, gone, at=at, heard=heard, under=under, wants=person.wants, since=since)


def _letters(
    session: Session, whole: Round, digests: Sequence[tuple[Person, Digest]], today: date, *, test: bool = False
) -> Iterator[tuple[Person, Written]]:
    told = {it.id: it for it in views(session, (id_ for _, made in digests for id_ in made.named))}
    names = spots(session, _spoken_of(whole, digests, told.values()))
    alike: dict[object, Written] = {}  # people of one place are mostly told the same
    for person, made in digests:
        here, since = Standpoint(names[person.at], whole.who.parents, names), whole.since.get(person.id)
        same = (person.at, language_of(person.user), since, person.wants)
        if same not in alike:
            write = partial(digest_letter, person.user, here, views=told, standing=whole.standing, since=since,
                            today=today, test=test)  # fmt: skip
            alike[same] = fitting(write, made)
        yield person, alike[same]


def _spoken_of(whole: Round, digests: Iterable[tuple[Person, Digest]], told: Iterable[AlertView]) -> Iterator[int]:
    """The facilities that the mails name."""
    for person, made in digests:
        yield person.at
        yield from (bar.facility_id for bar in made.places[:BARS])
        yield from made.below[:NAMED_PLACES]
    yield from (up for view in told if (up := whole.who.parents.get(view.facility.id)))


def digest_of(session: Session, user: User, *, today: date, now: datetime, test: bool = False) -> Written:
    """What the digest of one person says now, whether it is their day or not. test: and that it is a trial."""
    who = recipients(session, today, also=user)
    ids = subtree_ids(session, user.facility_id, today)
    whole = _round(session, who, today, now, ids)
    person = next(it for it in who.at[user.facility_id] if it.id == user.id)
    return next(letter for _, letter in _letters(session, whole, [(person, _digest(whole, person))], today, test=test))
