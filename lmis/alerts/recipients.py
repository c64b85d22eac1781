"""Who is told of alerts: the people of a facility; where nobody can be told, those of the nearest one above."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, or_, select

from lmis.accounts.models import User
from lmis.accounts.rights import may_post
from lmis.alerts.preferences import Wants, wants_of
from lmis.db import id_of
from lmis.mail.models import MailPreference
from lmis.network.service import parents_on
from lmis.network.tree import above


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can be sent mail, and what they want to be sent."""

    user: User
    wants: Wants

    @property
    def id(self) -> int:
        return id_of(self.user)

    @property
    def at(self) -> int:
        """The facility they belong to."""
        return self.user.facility_id

    @property
    def acts(self) -> bool:
        """Whether they can do anything about an alert; viewers can only look."""
        return may_post(self.user.role)


class Recipients:
    """Everybody who can be told, and of what: worked out once for a whole network on a day."""

    def __init__(self, people: Iterable[Person], parents: Mapping[int, int]) -> None:
        self.at: dict[int, list[Person]] = defaultdict(list)  # people by the facility they belong to
        for person in people:
            self.at[person.at].append(person)
        self.parents = parents
        self._over = set(parents.values())
        self._acting = {place for place, its in self.at.items() if any(person.acts for person in its)}
        self._heard: dict[int, int | None] = {}
        self._under: dict[tuple[int, int], int] = {}

    def heard_at(self, facility_id: int) -> int | None:
        """The facility whose people see to the alerts of another: itself, or the nearest above. None: nobody does."""
        if facility_id not in self._heard:
            chain = above(self.parents, facility_id)
            self._heard[facility_id] = next((place for place in chain if place in self._acting), None)
        return self._heard[facility_id]

    def told_at(self, facility_id: int, escalated_to: int | None = None) -> list[int]:
        """The facilities whose people are told of an alert: once it was escalated, each level up to that one."""
        places = [self.heard_at(facility_id), facility_id if facility_id in self.at else None]
        if escalated_to is not None:
            chain = above(self.parents, facility_id)
            up = chain[1 : chain.index(escalated_to) + 1] if escalated_to in chain else [escalated_to]
            places += [self.heard_at(place) for place in up]
        return [place for place in dict.fromkeys(places) if place is not None]

    def under(self, at: int, facility_id: int) -> int:
        """The facility directly under another that a third lies in; itself where it does not lie under it."""
        way = (at, facility_id)
        if way not in self._under:
            chain = above(self.parents, facility_id)
            self._under[way] = chain[max(chain.index(at) - 1, 0)] if at in chain else facility_id
        return self._under[way]

    def is_top(self, facility_id: int) -> bool:
        return facility_id not in self.parents

    def is_over_others(self, facility_id: int) -> bool:
        return facility_id in self._over


def recipients(session: Session, today: date, *, also: User | None = None) -> Recipients:
    """Active people with an address that works. A viewer is sent mail only once they have asked for it.

    Whoever wants no mail counts as told: they look at the pages, and what nobody sees to goes up after some days.
    also: someone who is to be among them whatever their address.
    """
    query = (
        select(User, MailPreference)
        .join(MailPreference, col(MailPreference.user_id) == User.id, isouter=True)
        .where(User.active, col(User.email) != "", col(User.email_bounced_at).is_(None))
        .where(or_(User.role != "viewer", col(MailPreference.user_id).is_not(None)))
        .order_by(col(User.id))
    )
    people = [Person(user, wants_of(kept)) for user, kept in session.exec(query)]
    if also and all(person.id != also.id for person in people):
        people.append(Person(also, wants_of(session.get(MailPreference, id_of(also)))))
    parents = parents_on(session, today)
    return Recipients(people, parents)
