"""What an evaluation finds: which rule is met, where, how badly, and what the sentence about it tells. Pure.

The facts of a rule, by name (units are base units, days are dates, months decimals, the rest whole numbers or text):

out           days since when, coming units, coming_on day or None, monthly units a month or None
emergency     usable, coming, months (that both last), point (months)
run_out       usable, coming, chance (percent), on (the likely day), next_on (the next delivery), monthly, by
              ("forecast", "amc"), recorded_on (since when nothing given out was written down, None: all is); where
              that is why: expiring (units that expire before they are used), expires_on
below         usable, coming, months (that both last), minimum (months)
over          usable, months, maximum (months), surplus (units above it)
waste         lot, expires_on, on_hand, units (that will be left), monthly, dong
near_expiry   lot, expires_on, on_hand, days
expired       lot, expires_on, on_hand, dong
unconfirmed   number, sender (name), sent_on, days, units
waiting       number, whose (name), status (message id), since_on, days
count_due     items (how many), due_on and days (of the one that waits longest)
loss          number, on, units, percent (of the stock before it), dong
silent        last_on (None: nothing ever was), days
recalled      lot, on_hand, recalled_on, number
ledger        on, count (of differences)
job           job (message id), on, fault or "", late (hours) or 0
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

Fact = int | str | Decimal | date | None


class Severity(IntEnum):
    NOTICE = 1
    WARNING = 2
    URGENT = 3


class Rule(StrEnum):
    OUT = "out"
    EMERGENCY = "emergency"
    RUN_OUT = "run_out"
    BELOW = "below"
    OVER = "over"
    WASTE = "waste"  # will expire before it can be used
    NEAR_EXPIRY = "near_expiry"
    EXPIRED = "expired"
    UNCONFIRMED = "unconfirmed"  # a shipment
    WAITING = "waiting"  # a requisition
    COUNT_DUE = "count_due"
    LOSS = "loss"
    SILENT = "silent"  # nothing recorded where there should be
    RECALLED = "recalled"  # and still held
    LEDGER = "ledger"  # its proof failed
    JOB = "job"  # it failed or is late


class Topic(StrEnum):
    """What an alert is about: rules of one topic are degrees of the same thing, and make one alert."""

    SUPPLY = "supply"  # of an item at a facility
    SURPLUS = "surplus"
    EXPIRY = "expiry"  # of a lot at a facility
    SHIPMENT = "shipment"
    REQUISITION = "requisition"
    COUNT = "count"
    LOSS = "loss"
    SILENCE = "silence"
    RECALL = "recall"
    LEDGER = "ledger"
    JOB = "job"


class Act(StrEnum):
    """What is proposed to be done about it."""

    ORDER = "order"  # what cannot wait
    REQUEST = "request"  # with the regular requisition
    REDISTRIBUTE = "redistribute"  # send or fetch what another facility has too much of
    ISSUE_FIRST = "issue_first"
    COUNT = "count"
    WRITE_OFF = "write_off"
    CONFIRM = "confirm"  # a shipment
    DECIDE = "decide"  # on a requisition
    SEND_BACK = "send_back"  # a recalled lot
    RECORD = "record"  # what was given out and not written down
    LOOK = "look"


TOPICS: Mapping[Rule, Topic] = {
    Rule.OUT: Topic.SUPPLY,
    Rule.EMERGENCY: Topic.SUPPLY,
    Rule.RUN_OUT: Topic.SUPPLY,
    Rule.BELOW: Topic.SUPPLY,
    Rule.OVER: Topic.SURPLUS,
    Rule.WASTE: Topic.EXPIRY,
    Rule.NEAR_EXPIRY: Topic.EXPIRY,
    Rule.EXPIRED: Topic.EXPIRY,
    Rule.UNCONFIRMED: Topic.SHIPMENT,
    Rule.WAITING: Topic.REQUISITION,
    Rule.COUNT_DUE: Topic.COUNT,
    Rule.LOSS: Topic.LOSS,
    Rule.SILENT: Topic.SILENCE,
    Rule.RECALLED: Topic.RECALL,
    Rule.LEDGER: Topic.LEDGER,
    Rule.JOB: Topic.JOB,
}
SEVERITIES: Mapping[Rule, Severity] = {  # unless the rule says otherwise of a finding
    Rule.OUT: Severity.URGENT,
    Rule.EMERGENCY: Severity.WARNING,
    Rule.RUN_OUT: Severity.WARNING,
    Rule.BELOW: Severity.NOTICE,
    Rule.OVER: Severity.NOTICE,
    Rule.WASTE: Severity.WARNING,
    Rule.NEAR_EXPIRY: Severity.NOTICE,
    Rule.EXPIRED: Severity.WARNING,
    Rule.UNCONFIRMED: Severity.WARNING,
    Rule.WAITING: Severity.NOTICE,
    Rule.COUNT_DUE: Severity.NOTICE,
    Rule.LOSS: Severity.WARNING,
    Rule.SILENT: Severity.NOTICE,
    Rule.RECALLED: Severity.URGENT,
    Rule.LEDGER: Severity.URGENT,
    Rule.JOB: Severity.URGENT,
}
ACTS: Mapping[Rule, Act] = {  # unless a better one is found, such as goods that another facility can spare
    Rule.OUT: Act.ORDER,
    Rule.EMERGENCY: Act.ORDER,
    Rule.RUN_OUT: Act.ORDER,
    Rule.BELOW: Act.REQUEST,
    Rule.OVER: Act.LOOK,
    Rule.WASTE: Act.ISSUE_FIRST,
    Rule.NEAR_EXPIRY: Act.ISSUE_FIRST,
    Rule.EXPIRED: Act.WRITE_OFF,
    Rule.UNCONFIRMED: Act.CONFIRM,
    Rule.WAITING: Act.DECIDE,
    Rule.COUNT_DUE: Act.COUNT,
    Rule.LOSS: Act.COUNT,
    Rule.SILENT: Act.RECORD,
    Rule.RECALLED: Act.SEND_BACK,
    Rule.LEDGER: Act.LOOK,
    Rule.JOB: Act.LOOK,
}

COMES_TRUE = frozenset({Rule.OUT, Rule.EXPIRED})  # what was only to be feared before


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is met. units, dong: at stake, for what matters most first; due_on: the day it comes true."""

    rule: Rule
    facility_id: int
    facts: Mapping[str, Fact]
    item_id: int | None = None
    lot_id: int | None = None
    subject: str = ""  # what else tells it apart: a paper's uuid, a job's id
    severity: Severity | None = None  # none: that of the rule
    units: int = 0
    dong: int = 0
    due_on: date | None = None
    act: Act | None = None  # none: that of the rule
    act_facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def topic(self) -> Topic:
        return TOPICS[self.rule]

    @property
    def key(self) -> str:
        """The same for the same thing, day after day."""
        lot = self.lot_id if self.topic in (Topic.EXPIRY, Topic.RECALL) else None
        return f"{self.topic}:{self.facility_id}:{self.item_id or ''}:{lot or ''}:{self.subject}"

    @property
    def how_severe(self) -> Severity:
        return self.severity or SEVERITIES[self.rule]

    @property
    def does(self) -> Act:
        """What is proposed to be done about it."""
        return self.act or ACTS[self.rule]


def to_json(facts: Mapping[str, Fact]) -> str:
    """Facts as an alert keeps them; `from_json` reads them."""
    return json.dumps(facts, default=_plain, ensure_ascii=False, sort_keys=True)


def _plain(value: object) -> dict[str, str]:
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    raise TypeError(f"no fact: {value!r}")


def from_json(kept: str | None) -> dict[str, Fact]:
    found: dict[str, Fact] = json.loads(kept or "{}", object_hook=_typed)
    return found


def _typed(found: dict[str, Any]) -> Any:
    match found:
        case {"day": str(day)} if len(found) == 1:
            return date.fromisoformat(day)
        case {"decimal": str(decimal)} if len(found) == 1:
            return Decimal(decimal)
        case _:
            return found
