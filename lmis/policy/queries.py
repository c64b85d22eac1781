"""What the pages of the stock policy show: for whom values can be set, and who set what when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, or_, select

from lmis.accounts.models import User
from lmis.accounts.scope import Place
from lmis.catalog.models import Item
from lmis.i18n import N_, Message, Name
from lmis.network.models import Facility, Level
from lmis.network.service import subtree_ids
from lmis.policy.models import StockPolicy
from lmis.policy.scopes import Scope, own_values
from lmis.policy.service import spots_of
from lmis.policy.setting import may_set_levels
from lmis.policy.view import said

MOST_CHANGES = 200
ITSELF = N_("%(facility)s itself")
LEVEL_UNDER = N_("%(level)s, those under %(facility)s")
LEVEL_EVERYWHERE = N_("%(level)s, everywhere")
ALL_UNDER = N_("%(facility)s and everything under it")


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom values can be set for. code: as addresses and forms name it."""

    code: str
    words: Message
    facility_id: int | None
    level_code: str | None

    def scope(self, item_id: int | None) -> Scope:
        return Scope(self.facility_id, self.level_code, item_id)


@dataclass(frozen=True, slots=True)
class PastChange:
    """A row as it was set. by: whoever set it, None for a program."""

    row: StockPolicy
    facility: Facility | None
    level: Level | None
    item: Item | None
    by: User | None

    @property
    def whom(self) -> Message:
        facility: dict[str, object] = {"facility": self.facility.name if self.facility else ""}
        if self.level is None:
            return Message(ALL_UNDER, facility)
        level: dict[str, object] = {"level": Name(self.level.name_vi, self.level.name_en)}
        if self.facility is None:
            return Message(LEVEL_EVERYWHERE, level)
        own = self.facility.level_code == self.level.code
        return Message(ITSELF, facility) if own else Message(LEVEL_UNDER, level | facility)

    @property
    def values(self) -> dict[str, object]:
        """What was set, as it is shown."""
        return {name: said(name, value) for name, value in own_values(self.row).items()}

    @property
    def last_on(self) -> date | None:
        """The last day it holds; None: it has no end."""
        return self.row.valid_to and self.row.valid_to - timedelta(days=1)

    @property
    def replaced(self) -> bool:
        """Whether other values took its place before its first day."""
        return self.row.valid_to == self.row.valid_from


def level_names(session: Session) -> dict[str, Name]:
    """The name of every level by its code."""
    return {it.code: Name(it.name_vi, it.name_en) for it in session.exec(select(Level))}


def choices(session: Session, user: User, place: Place, today: date) -> list[Choice]:
    """For whom someone may set values at a facility's page, the facility itself first.

    Whole levels are offered to who may set them, at the page of the facility at the top.
    """
    facility: dict[str, object] = {"facility": place.facility.name}
    listed = [Choice("itself", Message(ITSELF, facility), place.id, place.level.code)]
    if not place.has_children:
        return listed
    everywhere = place.parent is None and may_set_levels(session, user, today)
    for level in _levels_below(session, place, today):
        name: dict[str, object] = {"level": Name(level.name_vi, level.name_en)}
        if everywhere:
            listed.append(Choice(f"level-{level.code}", Message(LEVEL_EVERYWHERE, name), None, level.code))
        else:
            listed.append(Choice(f"under-{level.code}", Message(LEVEL_UNDER, name | facility), place.id, level.code))
    return [*listed, Choice("all", Message(ALL_UNDER, facility), place.id, None)]


def _levels_below(session: Session, place: Place, today: date) -> list[Level]:
    under = {*subtree_ids(session, place.id, today)} - {place.id}
    held = select(Facility.id, Facility.level_code)
    codes = {code for id_, code in session.exec(held) if id_ in under} - {place.level.code}
    ranked = select(Level).where(col(Level.code).in_(codes)).order_by(col(Level.rank), col(Level.code))
    return list(session.exec(ranked))


def past_changes(session: Session, place: Place, today: date) -> list[PastChange]:
    """What was set for a facility, there or above it or for its level, and at it for those below; the latest first."""
    chain = spots_of(session, [place.id], today)[place.id].chain
    facility, level = col(StockPolicy.facility_id), col(StockPolicy.level_code)
    of_place = facility.in_(chain) & or_(level.is_(None), level == place.level.code)
    query = (
        select(StockPolicy, Facility, Level, Item)
        .outerjoin(Facility, col(Facility.id) == facility)
        .outerjoin(Level, col(Level.code) == level)
        .outerjoin(Item, col(Item.id) == col(StockPolicy.item_id))
        .where(or_(of_place, facility == place.id, facility.is_(None) & (level == place.level.code)))
        .order_by(col(StockPolicy.set_at).desc(), col(StockPolicy.id).desc())
        .limit(MOST_CHANGES)
    )
    found = session.exec(query).all()
    people = {it.id: it for it in session.exec(select(User).where(col(User.id).in_({row.set_by for row, *_ in found})))}
    return [PastChange(row, at, level_, item, people.get(row.set_by)) for row, at, level_, item in found]
