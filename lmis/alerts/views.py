"""Alerts with all that is told of them, thousands at once: for pages, mails and downloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from lmis.alerts.findings import Act, Fact, from_json
from lmis.alerts.links import About, Way, others, own, proposed
from lmis.alerts.sentences import reason
from lmis.i18n import N_, Message, Name
from lmis.sql import Sql, as_day_or_none, as_moment

VIEWS = """
    SELECT a.id, a.topic, a.rule, a.severity, a.state, a.facility_id, f.code, f.name, level.dispenses,
        EXISTS (SELECT 1 FROM facility_parent edge WHERE edge.facility_id = f.id AND edge.valid_to IS NULL),
        a.item_id, i.code, i.name_vi, i.name_en, i.unit, a.lot_id, lot.number, a.subject, a.facts, a.action,
        a.action_facts, a.due_on, a.units, a.dong, a.opened_at, a.times, a.raised_at, a.resolved_at, a.acknowledged_at,
        u.name, a.snoozed_until, a.note, up.id, up.code, up.name, a.escalated_at
    FROM alert a JOIN facility f ON f.id = a.facility_id JOIN level ON level.code = f.level_code
        LEFT JOIN item i ON i.id = a.item_id LEFT JOIN lot ON lot.id = a.lot_id
        LEFT JOIN user_account u ON u.id = a.acknowledged_by LEFT JOIN facility up ON up.id = a.escalated_to
    WHERE a.id IN (:ids*)"""


UNITS = ("usable", "on_hand", "coming", "expiring", "monthly", "surplus", "units")  # facts that count base units
COUNTED = N_("%(count)s %(unit)s")


class Spot(NamedTuple):
    """A facility as an alert names it."""

    id: int
    code: str
    name: str


class _Row(NamedTuple):
    """The columns of VIEWS."""

    id: int
    topic: str
    rule: str
    severity: int
    state: str
    at_id: int
    at_code: str
    at_name: str
    dispenses: bool
    supplied: bool
    item_id: int | None
    item_code: str | None
    name_vi: str
    name_en: str
    unit: str | None
    lot_id: int | None
    lot: str | None
    subject: str
    facts: str
    act: str
    act_facts: str | None
    due_on: Any
    units: int
    dong: int
    opened_at: Any
    times: int
    raised_at: Any
    resolved_at: Any
    acknowledged_at: Any
    acknowledged_by: str | None
    snoozed_until: Any
    note: str | None
    up_id: int | None
    up_code: str
    up_name: str
    escalated_at: Any


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert as people are told of it.

    act, path: what is proposed and where it is done, for who sees all of the facilities it touches; own_act, own_path:
    the same for people of the facility itself, who see no pages of another one that would give. item: its name; unit:
    a message id. units, dong: what is at stake. escalated_to: the level that is told of it by now.
    """

    id: int
    topic: str
    rule: str
    severity: int
    state: str
    facility: Spot
    item_id: int | None
    item_code: str | None
    item: Name | None
    unit: str | None
    lot_id: int | None
    lot: str | None
    subject: str
    facts: Mapping[str, Fact]
    reason: Message
    act: Act
    path: str
    own_act: Act
    own_path: str
    act_facts: Mapping[str, Fact]
    due_on: date | None
    units: int
    dong: int
    opened_at: datetime
    times: int
    raised_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: date | None
    note: str | None
    escalated_to: Spot | None
    escalated_at: datetime | None
    about: About

    def way(self, reader_at: int) -> Way:
        """What someone who belongs to a facility (its id) is asked to do, and where."""
        return Way(self.own_act, self.own_path) if reader_at == self.facility.id else Way(self.act, self.path)

    def others(self, reader_at: int) -> list[Way]:
        """What else that person may do at the facility."""
        return others(self.way(reader_at).act, self.about)


def views(session: Session, ids: Iterable[int]) -> list[AlertView]:
    """The alerts of these ids, in their order; those that there are not are left out."""
    wanted = list(dict.fromkeys(ids))
    found = {row[0]: _view(_Row._make(row)) for row in Sql(session).rows(VIEWS, ids=wanted)} if wanted else {}
    return [found[id_] for id_ in wanted if id_ in found]


def _view(row: _Row) -> AlertView:
    facts, act_facts = from_json(row.facts), from_json(row.act_facts)
    about = About(
        row.rule, row.at_code, row.item_code, row.lot_id, row.subject, bool(row.dispenses), bool(row.supplied)
    )
    way, own_way = proposed(row.act, act_facts, about), own(row.act, act_facts, about)
    return AlertView(
        id=row.id,
        topic=row.topic,
        rule=row.rule,
        severity=row.severity,
        state=row.state,
        facility=Spot(row.at_id, row.at_code, row.at_name),
        item_id=row.item_id,
        item_code=row.item_code,
        item=None if row.item_id is None else Name(row.name_vi, row.name_en),
        unit=row.unit,
        lot_id=row.lot_id,
        lot=row.lot,
        subject=row.subject,
        facts=facts,
        reason=_counted(reason(row.rule, facts), row.unit),
        act=way.act,
        path=way.path,
        own_act=own_way.act,
        own_path=own_way.path,
        act_facts=act_facts,
        due_on=as_day_or_none(row.due_on),
        units=row.units,
        dong=row.dong,
        opened_at=as_moment(row.opened_at),
        times=row.times,
        raised_at=as_moment(row.raised_at),
        resolved_at=_moment(row.resolved_at),
        acknowledged_at=_moment(row.acknowledged_at),
        acknowledged_by=row.acknowledged_by,
        snoozed_until=as_day_or_none(row.snoozed_until),
        note=row.note,
        escalated_to=None if row.up_id is None else Spot(row.up_id, row.up_code, row.up_name),
        escalated_at=_moment(row.escalated_at),
        about=about,
    )


def counted(name: str, value: object, unit: str | None) -> object:
    """A fact as it is told: with the item's unit where it counts that."""
    if unit is None or value is None or name not in UNITS:
        return value
    return Message(COUNTED, {"count": value, "unit": Message(unit)})


def _counted(said: Message, unit: str | None) -> Message:
    return Message(said.msgid, {name: counted(name, value, unit) for name, value in said.params.items()})


def _moment(value: Any) -> datetime | None:
    return None if value is None else as_moment(value)
