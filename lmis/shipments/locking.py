"""Working on a shipment alone: its sender and its receiver are locked before anything of it is read."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from lmis.db import id_of
from lmis.errors import Refused
from lmis.shipments.queries import ShipmentView, shipment_head, shipment_view
from lmis.sql import Sql
from lmis.stock.numbering import lock_facilities
from lmis.stock.refusals import NotThisFacilitysShipment


def locked(
    session: Session, uuid: UUID, *, sender_id: int | None = None, receiver_id: int | None = None
) -> ShipmentView:
    """The shipment as it stands, held until the transaction ends.

    Raises NotAShipment; Refused when it is not that sender's or not that receiver's.
    """
    head = shipment_head(session, uuid)
    ends = (id_of(head.sender), id_of(head.receiver))
    if sender_id not in (None, ends[0]) or receiver_id not in (None, ends[1]):
        raise Refused([NotThisFacilitysShipment()])
    lock_facilities(Sql(session), ends)
    session.expire_all()  # what was read before the lock may be old
    return shipment_view(session, uuid)
