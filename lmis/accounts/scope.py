"""What a user may see: their own facility and everything under it, as the tree is today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from sqlmodel import Session

from lmis.accounts.models import User
from lmis.accounts.rights import may_administer, may_approve, may_post
from lmis.db import id_of
from lmis.errors import NotFound
from lmis.network.models import Facility, Level
from lmis.network.service import UnknownFacility, ancestors, children, facility_by_code, is_within


@dataclass(frozen=True, slots=True)
class Place:
    """The facility a page is about, as its reader stands to it.

    above: who is over it within the reader's scope, the nearest first.
    parent: who supplies it, in scope or not.
    """

    facility: Facility
    level: Level
    above: list[Facility]
    parent: Facility | None
    has_children: bool
    may_post: bool
    may_approve: bool
    administers: bool  # the whole site, this facility being the top of it

    @property
    def path(self) -> str:
        """Where the facility's pages begin."""
        return f"/f/{quote(self.facility.code, safe='')}"

    @property
    def id(self) -> int:
        return id_of(self.facility)


def place_of(session: Session, user: User, code: str, today: date) -> Place:
    """The facility with the code. Raises NotFound, alike for an unknown one and one out of scope."""
    try:
        facility = facility_by_code(session, code)
    except UnknownFacility:
        raise NotFound from None
    above = ancestors(session, id_of(facility), today)
    path = [facility, *above]
    mine = next((depth for depth, it in enumerate(path) if it.id == user.facility_id), None)
    if mine is None:
        raise NotFound
    return Place(
        facility=facility,
        level=session.get_one(Level, facility.level_code),
        above=path[1 : mine + 1],
        parent=above[0] if above else None,
        has_children=bool(children(session, id_of(facility), today)),
        may_post=may_post(user.role),
        may_approve=may_approve(user.role),
        administers=may_administer(user.role, above[0] if above else None),
    )


def sees(session: Session, user: User, facility_id: int, today: date) -> bool:
    """Whether a facility lies in the user's scope."""
    return is_within(session, facility_id, user.facility_id, today)
