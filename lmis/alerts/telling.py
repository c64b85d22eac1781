"""What an alert's own page tells beside its sentence: its facts in words, its picture, what was proposed and done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlmodel import Session

from lmis.alerts.findings import Act
from lmis.alerts.rules import Status, months_to_show, status
from lmis.alerts.views import AlertView, counted
from lmis.i18n import N_, Message
from lmis.policy.rules import Policy
from lmis.policy.service import policies
from lmis.sql import Sql, as_moment

FACT_NAMES: Mapping[str, str] = {
    "usable": N_("Usable"),
    "on_hand": N_("On hand"),
    "coming": N_("On the way"),
    "coming_on": N_("Expected on"),
    "monthly": N_("Use expected in a month"),
    "months": N_("Months of stock"),
    "point": N_("Emergency point (months)"),
    "minimum": N_("Minimum (months)"),
    "maximum": N_("Maximum (months)"),
    "surplus": N_("Above the maximum"),
    "chance": N_("Chance of running out (percent)"),
    "on": N_("Day"),
    "next_on": N_("Next delivery"),
    "expires_on": N_("Expiry date"),
    "sender": N_("Sender"),
    "sent_on": N_("Sent on"),
    "number": N_("Number"),
    "whose": N_("Whose"),
    "percent": N_("Share of the stock before it (percent)"),
    "recalled_on": N_("Recalled on"),
    "last_on": N_("Last recorded"),
    "days": N_("Days"),
}
BY = {"forecast": N_("by the forecast"), "amc": N_("by average monthly consumption")}
EVENT_NAMES: Mapping[str, str] = {
    "opened": N_("Opened"),
    "reopened": N_("Opened again"),
    "raised": N_("Got worse"),
    "eased": N_("Got better"),
    "changed": N_("Became something else"),
    "acknowledged": N_("Acknowledged"),
    "taken_back": N_("Acknowledgement taken back"),
    "unsnoozed": N_("Its rest is over"),
    "escalated": N_("Told to the level above"),
    "resolved": N_("Resolved: no longer so"),
}
TRANSFER = N_("%(quantity)s of lot %(number)s, from %(from_name)s to %(to_name)s.")
TRANSFER_MORE = N_("%(quantity)s of lot %(number)s, from %(from_name)s to %(to_name)s; %(units)s in all.")
EVENTS = """
    SELECT e.at, e.what, e.rule, e.severity, u.name, f.name, e.note
    FROM alert_event e LEFT JOIN user_account u ON u.id = e.by_user LEFT JOIN facility f ON f.id = e.facility_id
    WHERE e.alert_id = :id ORDER BY e.id DESC LIMIT 200"""


class Event(NamedTuple):
    """What happened to an alert. who: by whom; told: the facility it was escalated to."""

    at: datetime
    what: str
    rule: str
    severity: int
    who: str | None
    told: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Bar:
    """Months of stock against the limits in force, as the bars of the stock page are drawn."""

    months_of_stock: Decimal
    limits: Policy
    status: Status

    @property
    def months_shown(self) -> Decimal:
        return months_to_show(self.months_of_stock, self.limits)


def facts_of(view: AlertView) -> Iterator[tuple[str, object]]:
    """The facts that people read, by the message id of their name."""
    for name, label in FACT_NAMES.items():
        if view.facts.get(name) not in (None, ""):
            yield label, counted(name, view.facts[name], view.unit)


def proposal(view: AlertView) -> Message | None:
    """What would be moved, where a transfer is proposed."""
    if view.act != Act.REDISTRIBUTE or not view.act_facts.get("from_name"):
        return None
    return Message(TRANSFER_MORE if view.act_facts.get("more") else TRANSFER, view.act_facts)


def bar(session: Session, view: AlertView, today: date) -> Bar | None:
    """The picture of an alert about how much there is of an item; None where no use is known."""
    usable, monthly = view.facts.get("usable"), view.facts.get("monthly")
    if view.item_id is None or not isinstance(usable, int):
        return None
    months = view.facts.get("months")
    if months is None and monthly:
        months = Decimal(usable) / Decimal(str(monthly))
    if not isinstance(months, int | Decimal):
        return None
    limits = policies(session, [view.facility.id], [view.item_id], today)[view.facility.id, view.item_id]
    return Bar(Decimal(months), limits, status(usable, Decimal(months), limits))


def events_of(session: Session, alert_id: int) -> list[Event]:
    """What happened to an alert, the latest first."""
    rows: list[tuple[Any, ...]] = Sql(session).rows(EVENTS, id=alert_id)
    return [Event(as_moment(at), *rest) for at, *rest in rows]
