"""Confirming several shipments at once, each whole: all of them or none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID, uuid5

from sqlmodel import Session

from lmis.db import id_of
from lmis.errors import LmisError, Refused
from lmis.i18n import N_
from lmis.shipments.delivering import Confirmation, all_arrived, confirm_delivery
from lmis.shipments.queries import last_word, shipment_head, shipment_view
from lmis.shipments.refusals import ConfirmedMeanwhile, NotAShipment
from lmis.sql import Sql
from lmis.stock.numbering import lock_facilities


class NoShipmentChosen(LmisError):
    status_code = 422
    msgid = N_("No shipment is chosen. Tick at least one.")


class ShipmentsRefused(LmisError):
    """What stands against confirming several shipments. by_shipment: its refusals."""

    status_code = 409

    def __init__(self, by_shipment: Mapping[UUID, list[LmisError]]) -> None:
        super().__init__()
        self.by_shipment = by_shipment


def confirm_whole(
    session: Session,
    chosen: Mapping[UUID, int],
    facility_id: int,
    *,
    seed: UUID,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> None:
    """Confirm that the rest of each shipment arrived today as it was sent. The same seed again changes nothing.

    chosen: by shipment, the base units of which nothing had been said when it was chosen.
    Raises NoShipmentChosen, NotAShipment, or ShipmentsRefused, after which the caller rolls back.
    """
    if not chosen:
        raise NoShipmentChosen
    heads = [shipment_head(session, uuid) for uuid in chosen]
    if any(id_of(head.receiver) != facility_id for head in heads):
        raise NotAShipment
    lock_facilities(Sql(session), {id_of(end) for head in heads for end in (head.sender, head.receiver)})
    faults: dict[UUID, list[LmisError]] = {}
    for shipment, unsaid in chosen.items():
        try:
            said = _confirmation(session, shipment, unsaid, facility_id, uuid5(seed, str(shipment)), today)
            if said:
                confirm_delivery(session, said, today=today, now=now, user_id=user_id)
        except Refused as refused:
            faults[shipment] = list(refused.refusals)
    if faults:
        raise ShipmentsRefused(faults)


def _confirmation(
    session: Session, shipment: UUID, unsaid: int, facility_id: int, uuid: UUID, today: date
) -> Confirmation | None:
    """None when it was confirmed by this before."""
    view = shipment_view(session, shipment)
    if any(it.delivery.uuid == uuid for it in view.deliveries):
        return None
    if view.undisputed not in (0, unsaid):
        name, moment = last_word(session, view.head.id) or ("—", None)
        raise Refused([ConfirmedMeanwhile(name=name or "—", moment=moment)])
    return Confirmation(uuid, shipment, facility_id, today, all_arrived(view))
