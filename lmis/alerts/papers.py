"""Papers and people that are waited for: shipments, requisitions, counts, losses, places that fell silent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from lmis.alerts.findings import Act, Fact, Finding, Rule, Severity
from lmis.policy.rules import Policy
from lmis.requisitions.states import EMERGENCY, STATUS_NAMES, Status
from lmis.stock.documents import Kind

LOSSES_KEPT = 30  # days for which a large loss is told, unless the item is counted before
HABIT_DAYS = 180  # before the last document, from which is seen how often a place records something
UNUSUAL = 3  # documents that should have come meanwhile: by chance none does once in twenty times, e^-3


class Sent(NamedTuple):
    """A shipment of which nobody has said anything. units: on the way and undisputed."""

    uuid: str
    number: str
    sender: str
    receiver_id: int
    sent_on: date
    units: int


class Asked(NamedTuple):
    """A requisition that is not over. since_on: the day of its last step; authoriser: whether the maker has one."""

    uuid: str
    number: str
    kind: str
    status: str
    maker_id: int
    maker: str
    supplier_id: int
    since_on: date
    authoriser: bool

    @property
    def waits_at(self) -> int:
        """The facility where somebody has to act."""
        if self.status == Status.SUBMITTED:
            return self.maker_id if self.authoriser else self.supplier_id
        return self.supplier_id if self.status in (Status.AUTHORISED, Status.APPROVED) else self.maker_id


class Taken(NamedTuple):
    """What a document takes of an item off the book. before: on hand until then; dong: what it was worth."""

    uuid: str
    number: str
    kind: str
    facility_id: int
    item_id: int
    on: date
    units: int
    before: int
    dong: int
    pack_size: int


class Habit(NamedTuple):
    """How a facility records.

    last_on: its latest document, None: there is none; recorded: how many in the HABIT_DAYS until then; stocked_on:
    since when it has had what it holds.
    """

    facility_id: int
    last_on: date | None
    recorded: int
    stocked_on: date


def unconfirmed(it: Sent, policy: Policy, today: date) -> Finding | None:
    """policy: of the receiver."""
    days = (today - it.sent_on).days
    if days <= policy.unconfirmed_days:
        return None
    facts: dict[str, Fact] = {"number": it.number, "sender": it.sender, "sent_on": it.sent_on, "days": days}
    facts["units"] = it.units
    return Finding(Rule.UNCONFIRMED, it.receiver_id, facts, subject=it.uuid, units=it.units, due_on=it.sent_on)


def waiting(it: Asked, policy: Policy, today: date) -> Finding | None:
    """policy: of the facility where somebody has to act. One asked for in an emergency is a warning."""
    days = (today - it.since_on).days
    if days <= policy.waiting_days:
        return None
    facts: dict[str, Fact] = {"number": it.number, "whose": it.maker, "status": STATUS_NAMES[it.status]}
    facts |= {"since_on": it.since_on, "days": days}
    severity = Severity.WARNING if it.kind == EMERGENCY else None
    about = {"subject": it.uuid, "severity": severity, "due_on": it.since_on}
    return Finding(Rule.WAITING, it.waits_at, facts, **about)  # type: ignore[arg-type]


def count_due(facility_id: int, due_on: Sequence[date], policy: Policy, today: date) -> Finding | None:
    """due_on: when each item on the shelf is to be counted. One finding for all that are overdue."""
    grace = timedelta(days=policy.count_grace_days)
    overdue = [day for day in due_on if day + grace < today]
    if not overdue:
        return None
    first = min(overdue)
    facts: dict[str, Fact] = {"items": len(overdue), "due_on": first, "days": (today - first).days}
    return Finding(Rule.COUNT_DUE, facility_id, facts, units=len(overdue), due_on=first)


def large_loss(it: Taken, policy: Policy) -> Finding | None:
    """A pack at least, and the share of the stock that the policy says. What a count found is not counted again."""
    if it.units < it.pack_size or it.before <= 0 or it.units < policy.loss_share * it.before:
        return None
    percent = round(100 * it.units / it.before)
    facts: dict[str, Fact] = {"number": it.number, "on": it.on, "units": it.units, "percent": percent, "dong": it.dong}
    act = Act.LOOK if it.kind == Kind.COUNT else None
    return Finding(
        Rule.LOSS,
        it.facility_id,
        facts,
        it.item_id,
        subject=it.uuid,
        units=it.units,
        dong=it.dong,
        due_on=it.on,
        act=act,
    )


def silent(it: Habit, policy: Policy, today: date) -> Finding | None:
    """Nothing for longer than the policy says, and longer than the place's own habit explains."""
    since = it.last_on or it.stocked_on
    days = (today - since).days
    usual = it.recorded * days / HABIT_DAYS if it.last_on else UNUSUAL
    if days <= policy.quiet_days or usual < UNUSUAL:
        return None
    return Finding(Rule.SILENT, it.facility_id, {"last_on": it.last_on, "days": days}, due_on=since)
