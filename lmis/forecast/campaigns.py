"""Campaigns: months in which demand is not what it is at other times. Past ones do not raise the usual level, and a
coming one is expected to do what past ones did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lmis.accounts.models import User
from lmis.calendar import Month, add_months, month_of, month_text, months_between
from lmis.catalog.models import Item
from lmis.errors import LmisError, NotFound
from lmis.forecast.models import Campaign
from lmis.i18n import N_
from lmis.network.models import Facility
from lmis.network.service import ancestors, subtree_ids
from lmis.sql import Sql
from lmis.stock.numbering import lock_facilities

BACK, AHEAD = 48, 24  # months to choose from, past and to come
LONGEST = 12  # months: what lasts longer is no campaign
MOST_LISTED = 200


class NotInOrder(LmisError):
    status_code = 422
    msgid = N_("The campaign ends in %(last)s, before it begins in %(first)s. Choose a last month that is no earlier.")


class TooLong(LmisError):
    status_code = 422
    msgid = N_("A campaign lasts at most %(most)s months; what lasts longer is how things are. Choose fewer months.")


class OutOfReach(LmisError):
    status_code = 422
    msgid = N_("Months can be flagged from %(first)s to %(last)s. Choose months between them.")


class CampaignClash(LmisError):
    status_code = 409
    msgid = N_("Another campaign was kept with this form already. Open the page anew and look at what stands there.")


@dataclass(frozen=True, slots=True)
class Flag:
    """A campaign to be kept. item_id None: of all items."""

    uuid: UUID
    name: str
    facility_id: int
    item_id: int | None
    first_month: Month
    last_month: Month


@dataclass(frozen=True, slots=True)
class Flagged:
    """A campaign as it is listed. by: whoever flagged it, None for a program."""

    row: Campaign
    facility: Facility
    item: Item | None
    by: User | None

    def is_over(self, today: date) -> bool:
        return self.row.last_month < month_of(today)


def months_to_choose(today: date) -> list[Month]:
    """The months that can be flagged, in order."""
    this = month_of(today)
    return list(months_between(add_months(this, -BACK), add_months(this, AHEAD)))


def flag(session: Session, asked: Flag, *, user_id: int | None, today: date, now: datetime) -> None:
    """Keep a campaign; the same one again changes nothing. Raises NotInOrder, TooLong, OutOfReach or CampaignClash."""
    lock_facilities(Sql(session), [asked.facility_id])
    if known := session.exec(select(Campaign).where(Campaign.uuid == asked.uuid)).first():
        if _flag_of(known) != asked:
            raise CampaignClash
        return
    _check(asked, today)
    session.add(
        Campaign(
            uuid=asked.uuid,
            name=asked.name,
            facility_id=asked.facility_id,
            item_id=asked.item_id,
            first_month=asked.first_month,
            last_month=asked.last_month,
            set_by=user_id,
            set_at=now,
        )
    )
    session.flush()


def _flag_of(row: Campaign) -> Flag:
    return Flag(row.uuid, row.name, row.facility_id, row.item_id, row.first_month, row.last_month)


def _check(asked: Flag, today: date) -> None:
    first, last = month_text(asked.first_month), month_text(asked.last_month)
    possible = months_to_choose(today)
    if not {asked.first_month, asked.last_month} <= set(possible):
        raise OutOfReach(first=month_text(possible[0]), last=month_text(possible[-1]))
    if asked.last_month < asked.first_month:
        raise NotInOrder(first=first, last=last)
    if asked.last_month > add_months(asked.first_month, LONGEST - 1):
        raise TooLong(most=LONGEST)


def withdraw(session: Session, facility_id: int, uuid: UUID, *, now: datetime) -> None:
    """Take a campaign of a facility back; one that was taken back stays so. Raises NotFound."""
    query = select(Campaign).where(Campaign.uuid == uuid, Campaign.facility_id == facility_id).with_for_update()
    found = session.exec(query).first()
    if found is None:
        raise NotFound
    if found.withdrawn_at is None:
        found.withdrawn_at = now
        session.add(found)
        session.flush()


def campaigns(session: Session, facility_id: int, today: date) -> list[Flagged]:
    """The campaigns that hold at a facility: its own, those of facilities above and of those under it; latest first."""
    above = [it.id for it in ancestors(session, facility_id, today)]
    under = set(subtree_ids(session, facility_id, today))
    query = (
        select(Campaign, Facility, Item, User)
        .join(Facility, col(Facility.id) == Campaign.facility_id)
        .outerjoin(Item, col(Item.id) == col(Campaign.item_id))
        .outerjoin(User, col(User.id) == col(Campaign.set_by))
        .where(col(Campaign.withdrawn_at).is_(None))
        .order_by(col(Campaign.first_month).desc(), col(Campaign.id).desc())
    )
    rows = (Flagged(*row) for row in session.exec(query))
    wanted = under.union(it for it in above if it is not None)
    return [it for it in rows if it.row.facility_id in wanted][:MOST_LISTED]
