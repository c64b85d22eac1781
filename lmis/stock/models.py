"""The ledger (documents of signed lines, only ever inserted) and what is kept from it to be read fast."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from lmis.db import BigId, Table, UtcDateTime


class Reason(Table, table=True):
    """Why stock was lost, found, adjusted or returned; `other` always exists."""

    __tablename__ = "reason"

    code: str = Field(primary_key=True, max_length=40)
    name_vi: str
    name_en: str
    kinds: str  # blank-separated kinds of document that offer it
    position: int = 0


class StockMovement(Table, table=True):
    """One dated document of signed lines. Inserted, never updated: a trigger refuses the rest."""

    __tablename__ = "stock_movement"
    __table_args__ = (UniqueConstraint("facility_id", "kind", "year", "number"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    uuid: UUID = Field(unique=True)  # made by the client with the form, so that a second post changes nothing
    kind: str = Field(max_length=20)
    year: int  # of occurred_on
    number: int  # counts within facility, kind and year, without gaps
    occurred_on: date  # what the paper says
    recorded_at: datetime = Field(sa_type=UtcDateTime)  # when it was typed
    facility_id: int = Field(foreign_key="facility.id")
    counterparty_id: int | None = Field(default=None, foreign_key="facility.id", index=True)
    party: str | None = None  # who stands outside the network: a supplier's name
    reference: str | None = None  # the number on the paper
    note: str | None = None
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    reverses_id: int | None = Field(default=None, foreign_key="stock_movement.id", unique=True, sa_type=BigId)
    digest: str = Field(max_length=32)  # of the content, to tell a second post from a clash of ids


class StockMovementLine(Table, table=True):
    """One signed line. A document's quantities sum to zero over shelves and outside accounts, lot by lot."""

    __tablename__ = "stock_movement_line"
    __table_args__ = (
        CheckConstraint("quantity <> 0 OR counted IS NOT NULL OR measure = 'opening'", name="quantity"),
        Index(
            "ix_stock_movement_line_card",
            "facility_id",
            "item_id",
            "occurred_on",
            "movement_id",
            sqlite_where=text("account = 'stock'"),
            postgresql_where=text("account = 'stock'"),
        ),
        Index("ix_stock_movement_line_lot", "lot_id", "facility_id"),  # to trace a lot
        {"sqlite_with_rowid": False},
    )

    movement_id: int = Field(primary_key=True, foreign_key="stock_movement.id", sa_type=BigId)
    line_no: int = Field(primary_key=True)
    account: str = Field(max_length=12)  # stock, transit, or an outside one: supplier, clients, loss, found, opening
    facility_id: int = Field(foreign_key="facility.id")
    item_id: int = Field(foreign_key="item.id")
    lot_id: int = Field(foreign_key="lot.id")
    channel: str = Field(foreign_key="channel.code", max_length=20)
    status: str = Field(max_length=12)  # usable, quarantined, recalled
    measure: str | None = Field(default=None, max_length=12)  # the report's column; none outside stock
    quantity: int  # base units, signed
    counted: int | None = None  # what a physical count found; `quantity` is then the difference
    reason: str | None = Field(default=None, foreign_key="reason.code", max_length=40)
    occurred_on: date  # the document's


class ShipmentDocument(Table, table=True):
    """A document of a shipment: its dispatch (movement and shipment are then the same) and all that followed.

    Inserted with its movement, never updated: a trigger refuses the rest.
    """

    __tablename__ = "shipment_document"
    __table_args__ = ({"sqlite_with_rowid": False},)

    movement_id: int = Field(primary_key=True, foreign_key="stock_movement.id", sa_type=BigId)
    shipment_id: int = Field(foreign_key="stock_movement.id", index=True, sa_type=BigId)


class InTransit(Table, table=True):
    """A lot of a shipment: what was sent, and what became of it. Kept in the transaction that posts.

    The database itself holds that nothing gets lost on the way: sent = received + lost + returned + quantity.
    """

    __tablename__ = "in_transit"
    __table_args__ = (
        CheckConstraint("sent = received + lost + returned + quantity", name="adds_up"),
        CheckConstraint("received >= 0 AND lost >= 0 AND returned >= 0 AND quantity >= 0", name="not_negative"),
        Index(
            "ix_in_transit_receiver",
            "receiver_id",
            sqlite_where=text("quantity > 0"),
            postgresql_where=text("quantity > 0"),
        ),
        Index(
            "ix_in_transit_sender",
            "sender_id",
            sqlite_where=text("quantity > 0"),
            postgresql_where=text("quantity > 0"),
        ),
        {"sqlite_with_rowid": False},
    )

    shipment_id: int = Field(primary_key=True, foreign_key="stock_movement.id", sa_type=BigId)
    lot_id: int = Field(primary_key=True, foreign_key="lot.id", index=True)
    channel: str = Field(primary_key=True, foreign_key="channel.code", max_length=20)
    status: str = Field(primary_key=True, max_length=12)  # as it left the sender's shelf
    item_id: int = Field(foreign_key="item.id")
    sender_id: int = Field(foreign_key="facility.id")
    receiver_id: int = Field(foreign_key="facility.id")
    sent: int
    received: int = 0
    lost: int = 0
    returned: int = 0  # back on the sender's shelf
    quantity: int  # still on the way
    since_on: date  # the latest day something was added: what follows may not be dated before it


class StockOnHand(Table, table=True):
    """How much of a lot is on the shelf now. Kept in the transaction that posts; never below zero."""

    __tablename__ = "stock_on_hand"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="not_negative"),
        {"sqlite_with_rowid": False},
    )

    facility_id: int = Field(primary_key=True, foreign_key="facility.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    lot_id: int = Field(primary_key=True, foreign_key="lot.id", index=True)
    channel: str = Field(primary_key=True, foreign_key="channel.code", max_length=20)
    status: str = Field(primary_key=True, max_length=12)
    on_hand: int
    received_on: date  # when the lot first came
    last_on: date  # the latest day with a movement
    settled_on: date | None = None  # the day of the last physical count
    settled_id: int | None = Field(default=None, sa_type=BigId)


class StockMonth(Table, table=True):
    """What moved in a month, by facility, item and channel; months without movement have no row."""

    __tablename__ = "stock_month"
    __table_args__ = ({"sqlite_with_rowid": False},)

    facility_id: int = Field(primary_key=True, foreign_key="facility.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    channel: str = Field(primary_key=True, foreign_key="channel.code", max_length=20)
    month: int = Field(primary_key=True)  # 202610
    opening: int = Field(default=0, sa_type=BigInteger)  # opening balances entered in the month
    received: int = Field(default=0, sa_type=BigInteger)
    issued: int = Field(default=0, sa_type=BigInteger)
    dispensed: int = Field(default=0, sa_type=BigInteger)
    adjusted: int = Field(default=0, sa_type=BigInteger)
    lost: int = Field(default=0, sa_type=BigInteger)
    consumed: int = Field(default=0, sa_type=BigInteger)  # dispensed, a reversal counted in its document's month
    closing: int = Field(default=0, sa_type=BigInteger)  # on hand at the month's end, usable or not


class StockSeries(Table, table=True):
    """An item that a facility has had in a channel, and the first and the latest day it moved."""

    __tablename__ = "stock_series"
    __table_args__ = ({"sqlite_with_rowid": False},)

    facility_id: int = Field(primary_key=True, foreign_key="facility.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    channel: str = Field(primary_key=True, foreign_key="channel.code", max_length=20)
    first_on: date
    last_on: date


class Stockout(Table, table=True):
    """A span of days on which no usable stock of the item was on hand. One may begin later: stock that will expire."""

    __tablename__ = "stockout"
    __table_args__ = (Index(None, "facility_id", "ended_on"),)

    facility_id: int = Field(primary_key=True, foreign_key="facility.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    started_on: date = Field(primary_key=True)
    ended_on: date  # the first day with stock again; date.max: it lasts


class DocumentCounter(Table, table=True):
    """The last document number given out by a facility, kind and year."""

    __tablename__ = "document_counter"
    __table_args__ = ({"sqlite_with_rowid": False},)

    facility_id: int = Field(primary_key=True, foreign_key="facility.id")
    kind: str = Field(primary_key=True, max_length=20)
    year: int = Field(primary_key=True)
    last: int


class ReportedMonth(Table, table=True):
    """A month that reached us as a monthly report of another system, with what only it knew."""

    __tablename__ = "reported_month"

    facility_id: int = Field(primary_key=True, foreign_key="facility.id")
    item_id: int = Field(primary_key=True, foreign_key="item.id")
    month: int = Field(primary_key=True)
    days_out: int | None = None  # stockout days it reported; none: not recorded
    ordered: int | None = None
