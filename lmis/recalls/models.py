"""Recalls of lots with who held them, and the papers of what was destroyed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from lmis.db import BigId, Table, UtcDateTime


class LotRecall(Table, table=True):
    """A lot blocked everywhere and asked back, until it is lifted."""

    __tablename__ = "lot_recall"
    __table_args__ = (
        UniqueConstraint("facility_id", "year", "number"),
        CheckConstraint("(lifted_on IS NULL) = (lift_reason IS NULL)", name="lifted_with_reason"),
        Index(
            "ix_lot_recall_in_force",
            "lot_id",
            unique=True,
            sqlite_where=text("lifted_on IS NULL"),
            postgresql_where=text("lifted_on IS NULL"),
        ),
        Index(None, "lot_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    uuid: UUID = Field(unique=True)  # made with the form, so that a second post changes nothing
    lot_id: int = Field(foreign_key="lot.id")
    facility_id: int = Field(foreign_key="facility.id", index=True)  # who recalls, and where the lot goes back to
    year: int
    number: int  # counts within facility and year, without gaps
    recalled_on: date
    reason: str
    decision: str | None = None  # the number of the decision, as on its paper
    note: str | None = None
    since_id: int = Field(sa_type=BigInteger)  # the last movement of the lot before what the recall set in motion
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    lifted_on: date | None = None
    lifted_by_id: int | None = Field(default=None, foreign_key="user_account.id")
    lift_reason: str | None = None


class LotRecallHolding(Table, table=True):
    """What a facility had of a lot in a channel at the moment it was recalled, in base units."""

    __tablename__ = "lot_recall_holding"
    __table_args__ = (
        CheckConstraint("held >= 0 AND coming >= 0", name="not_negative"),
        {"sqlite_with_rowid": False},
    )

    recall_id: int = Field(primary_key=True, foreign_key="lot_recall.id")
    facility_id: int = Field(primary_key=True, foreign_key="facility.id")
    channel: str = Field(primary_key=True, foreign_key="channel.code", max_length=20)
    held: int = Field(sa_type=BigInteger)  # on its shelves, whatever the status
    coming: int = Field(sa_type=BigInteger)  # on the way to it


class DisposalRecord(Table, table=True):
    """What the record of destruction says beside the document that takes the goods off the shelf."""

    __tablename__ = "disposal_record"

    movement_id: int = Field(primary_key=True, foreign_key="stock_movement.id", sa_type=BigId)
    method: str
    decision: str | None = None
    place: str
    members: str  # of the committee, as they stand on the paper
