"""Proofs of delivery, what they found to differ from what was sent, and how that was settled."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from lmis.db import BigId, Table, UtcDateTime

_OPEN = text("settled < quantity")


class Delivery(Table, table=True):
    """A proof of delivery: what a receiver says became of a shipment. One that was undone counts no more."""

    __tablename__ = "delivery"

    id: int | None = Field(default=None, primary_key=True)
    uuid: UUID = Field(unique=True)  # made with the form, so that a second post changes nothing
    shipment_id: int = Field(foreign_key="stock_movement.id", index=True, sa_type=BigId)
    facility_id: int = Field(foreign_key="facility.id")  # the receiver
    confirmed_on: date  # what the paper says
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    note: str | None = None
    digest: str = Field(max_length=32)  # of what was typed, to tell a second post from a clash of ids
    movement_id: int | None = Field(default=None, foreign_key="stock_movement.id", sa_type=BigId)  # what it brought in
    found_id: int | None = Field(default=None, foreign_key="stock_movement.id", sa_type=BigId)  # what came beside it
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeliveryDifference(Table, table=True):
    """A difference that a receiver found, of one lot. What is short, damaged or refused stays on the way until settled.

    The database itself holds that no more is settled than differs.
    """

    __tablename__ = "delivery_difference"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="something"),
        CheckConstraint("settled BETWEEN 0 AND quantity", name="settled"),
        Index("ix_delivery_difference_sender", "sender_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_delivery_difference_receiver", "receiver_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id", index=True)
    shipment_id: int = Field(foreign_key="stock_movement.id", index=True, sa_type=BigId)
    sender_id: int = Field(foreign_key="facility.id")
    receiver_id: int = Field(foreign_key="facility.id")
    item_id: int = Field(foreign_key="item.id")
    lot_id: int = Field(foreign_key="lot.id", index=True)
    channel: str = Field(foreign_key="channel.code", max_length=20)
    status: str = Field(max_length=12)  # as it was sent
    kind: str = Field(max_length=12)  # short, damaged, refused, excess, wrong_lot
    quantity: int  # base units
    reason: str = Field(foreign_key="reason.code", max_length=40)
    settled: int = 0  # base units of it


class DifferenceSettlement(Table, table=True):
    """What became of (a part of) a difference. One that was undone counts no more."""

    __tablename__ = "difference_settlement"
    __table_args__ = (CheckConstraint("quantity > 0", name="something"),)

    id: int | None = Field(default=None, primary_key=True)
    uuid: UUID = Field(index=True)  # of the form; one form settles many
    difference_id: int = Field(foreign_key="delivery_difference.id", index=True)
    settlement: str = Field(max_length=12)  # lost, sent_back, found, taken, explained, withdrawn
    quantity: int  # base units
    reason: str | None = Field(default=None, foreign_key="reason.code", max_length=40)
    note: str | None = None
    settled_at: datetime = Field(sa_type=UtcDateTime)
    user_id: int | None = Field(default=None, foreign_key="user_account.id")
    movement_id: int | None = Field(default=None, foreign_key="stock_movement.id", sa_type=BigId)
    delivery_id: int | None = Field(default=None, foreign_key="delivery.id", index=True)  # the proof that found it
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
