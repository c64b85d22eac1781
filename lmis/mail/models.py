"""E-mail that is to be sent or was, and what each person wants to be sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field

from lmis.db import BigId, Table, UtcDateTime


class Mail(Table, table=True):
    """One e-mail to one person, written in the transaction of its cause.

    key: the same cause to the same person makes the same key, and so no second mail; the Message-ID is made from it.
    """

    __tablename__ = "mail"
    __table_args__ = (Index(None, "state", "due_at"), Index(None, "user_id", "created_at"), Index(None, "sent_at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    key: str = Field(unique=True, max_length=160)  # digest:2026-11-22:7
    message_id: str = Field(unique=True, max_length=200)  # with its angle brackets
    kind: str = Field(max_length=12)  # digest, urgent, weekly, monthly, test
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    address: str = Field(max_length=254)
    subject: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)  # not before; later after each try that failed
    state: str = Field(default="queued", max_length=8)  # queued, sent, dead (not to be sent any more), bounced
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    claimed_by: str | None = Field(default=None, max_length=120)
    tries: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fault: str | None = None  # what the server said last
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # a dead one somebody has dealt with
    settled_by: int | None = Field(default=None, foreign_key="user_account.id")
    # RFC 5322; dropped some time after sending. Last, since SQLite reads through it to whatever stands behind
    message: bytes | None = Field(default=None, sa_type=LargeBinary)


class MailPreference(Table, table=True):
    """What a person wants to be sent. Without a row: everything, at the usual hour."""

    __tablename__ = "mail_preference"

    user_id: int = Field(primary_key=True, foreign_key="user_account.id")
    digest: str = Field(default="daily", max_length=10)  # daily, workdays, weekly, never
    hour: int = 6  # of the day in Vietnam, 0 … 23
    least_severity: int = 1  # see lmis.alerts.findings.Severity
    at_once: bool = True  # whether urgent alerts are sent when they arise
    summaries: bool = True  # the weekly or monthly summary of those over others
    muted: str = ""  # blank-separated rules of which nothing is sent
    changed_at: datetime = Field(sa_type=UtcDateTime)
