"""Alerts as people see them: what is wrong where, who has seen it, and what became of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from lmis.db import BigId, Table, UtcDateTime


class Alert(Table, table=True):
    """Something that needs attention. One that comes back is the same alert, opened again.

    key: topic, facility, item and subject; the rule may change with the severity: what runs low may later be out.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "ix_alert_open",
            "facility_id",
            "severity",
            "state",
            "rule",
            "due_on",
            "dong",
            "units",  # all that lists filter and sort by, so that they read nothing else
            sqlite_where=text("state <> 'resolved'"),
            postgresql_where=text("state <> 'resolved'"),
        ),
        Index(
            "ix_alert_escalated",
            "escalated_to",
            sqlite_where=text("state <> 'resolved'"),
            postgresql_where=text("state <> 'resolved'"),
        ),
        Index(None, "facility_id", "resolved_at"),
        Index(None, "raised_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    key: str = Field(unique=True, max_length=160)
    topic: str = Field(max_length=20)  # see lmis.alerts.findings
    rule: str = Field(max_length=20)
    facility_id: int = Field(foreign_key="facility.id")
    item_id: int | None = Field(default=None, foreign_key="item.id")
    lot_id: int | None = Field(default=None, foreign_key="lot.id")
    subject: str = Field(default="", max_length=40)  # what else tells it apart: a paper's uuid, a job's id
    severity: int  # 1 notice, 2 warning, 3 urgent
    facts: str  # JSON of what the sentence tells, see lmis.alerts.findings
    units: int = Field(default=0, sa_type=BigInteger)  # base units at stake
    dong: int = Field(default=0, sa_type=BigInteger)  # what they are worth
    due_on: date | None = None  # the day it comes true, where one is known
    action: str = Field(max_length=16)  # what is proposed
    action_facts: str | None = None  # JSON of what the proposed form begins with
    state: str = Field(default="open", max_length=12)  # open, acknowledged, resolved
    opened_at: datetime = Field(sa_type=UtcDateTime)  # this time
    times: int = 1  # it was opened
    raised_at: datetime = Field(sa_type=UtcDateTime)  # opened, or more severe than before
    seen_at: datetime = Field(sa_type=UtcDateTime)  # when it was last found to be so
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_by: int | None = Field(default=None, foreign_key="user_account.id")
    snoozed_until: date | None = None  # acknowledged, and to be told of again from this day on
    note: str | None = None
    escalated_to: int | None = Field(default=None, foreign_key="facility.id")  # the level that is told of it by now
    escalated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AlertEvent(Table, table=True):
    """What happened to an alert. Inserted, never updated.

    what: opened, reopened, raised, eased, changed (to another rule), acknowledged, taken_back, unsnoozed, escalated,
    resolved.
    """

    __tablename__ = "alert_event"
    __table_args__ = (Index(None, "at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    alert_id: int = Field(foreign_key="alert.id", index=True, sa_type=BigId)
    at: datetime = Field(sa_type=UtcDateTime)
    what: str = Field(max_length=12)
    rule: str = Field(max_length=20)
    severity: int
    by_user: int | None = Field(default=None, foreign_key="user_account.id")
    facility_id: int | None = Field(default=None, foreign_key="facility.id")  # whom it was escalated to
    note: str | None = None


class TransferProposal(Table, table=True):
    """Part of the latest plan to move stock between facilities under one parent: what one has too much of to another.

    saves: of the quantity, base units that would expire where they are; fills: base units the receiver lacks; on_hand:
    of the lot in the channel at the giver, usable: of the item at the receiver, which has had none since out_since, all
    of them when the plan was made.
    """

    __tablename__ = "transfer_proposal"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    made_at: datetime = Field(sa_type=UtcDateTime)
    parent_id: int = Field(foreign_key="facility.id", index=True)
    from_id: int = Field(foreign_key="facility.id", index=True)
    to_id: int = Field(foreign_key="facility.id", index=True)
    item_id: int = Field(foreign_key="item.id")
    lot_id: int = Field(foreign_key="lot.id")
    channel: str = Field(foreign_key="channel.code", max_length=20)
    quantity: int
    saves: int
    fills: int
    on_hand: int
    usable: int
    out_since: date | None = None
