"""Counts that are going on or over: what the book said when each began, and what was found."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from lmis.db import BigId, Table, UtcDateTime


class StockCount(Table, table=True):
    """One physical count at a facility. Until it is posted it moves no stock.

    Its ledger document has the same uuid, so that nothing posts it twice.
    """

    __tablename__ = "stock_count"
    __table_args__ = (Index(None, "facility_id", "state"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    uuid: UUID = Field(unique=True)  # made with the form that began it
    facility_id: int = Field(foreign_key="facility.id")
    whole: bool  # everything on the shelf; else chosen items
    blind: bool  # who counts is not shown the book
    state: str = Field(max_length=12)  # draft, closed, waiting, posted, cancelled
    frozen_on: date  # the day of the count, which the ledger's document bears
    frozen_at: datetime = Field(sa_type=UtcDateTime)
    frozen_id: int = Field(sa_type=BigId)  # the latest movement of the ledger that the book then knew
    started_by: int = Field(foreign_key="user_account.id")
    version: int = 0  # of the last save that changed a line
    saved_by: int | None = Field(default=None, foreign_key="user_account.id")
    saved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: int | None = Field(default=None, foreign_key="user_account.id")  # who says that the counting is done
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_by: int | None = Field(default=None, foreign_key="user_account.id")  # who posted, cancelled or sent it back
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    why: str | None = None  # it was cancelled, or is to be counted again
    committee: str = ""  # who counted, one to a line
    note: str | None = None


class StockCountLine(Table, table=True):
    """A lot of a count, in base units."""

    __tablename__ = "stock_count_line"
    __table_args__ = (
        UniqueConstraint("count_id", "lot_id", "channel", "status"),
        CheckConstraint("counted >= 0", name="not_negative"),
        {"sqlite_with_rowid": False},
    )

    count_id: int = Field(primary_key=True, foreign_key="stock_count.id", sa_type=BigId)
    line_no: int = Field(primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    lot_id: int = Field(foreign_key="lot.id")
    channel: str = Field(foreign_key="channel.code", max_length=20)
    status: str = Field(max_length=12)
    book: int  # when the count began
    added: bool = False  # found on the shelf, though the book did not have it there
    counted: int | None = None  # none: not counted yet
    included: int = 0  # what had moved since the count began and `counted` is said to show, signed
    note: str | None = None
    reason: str | None = Field(default=None, foreign_key="reason.code", max_length=40)
    version: int = 0  # of the save that changed it last
    difference: int | None = None  # what the ledger took up when the count was posted, signed


class StockCountEntry(Table, table=True):
    """What somebody said of a line at a save that changed it. Only inserted: who counted what stays known."""

    __tablename__ = "stock_count_entry"
    __table_args__ = ({"sqlite_with_rowid": False},)

    count_id: int = Field(primary_key=True, foreign_key="stock_count.id", sa_type=BigId)
    line_no: int = Field(primary_key=True)
    version: int = Field(primary_key=True)
    counted: int | None = None
    included: int = 0
    note: str | None = None
    user_id: int = Field(foreign_key="user_account.id")
    entered_at: datetime = Field(sa_type=UtcDateTime)
