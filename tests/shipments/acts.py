"""People at both ends of a shipment, as the tests have them act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlmodel import Session, select

from lmis.catalog.models import Item, Lot
from lmis.db import id_of
from lmis.errors import Refused
from lmis.network.models import Facility
from lmis.shipments.delivering import Confirmation, Extra, confirm_delivery
from lmis.shipments.models import Delivery
from lmis.shipments.queries import ShipmentView, shipment_view
from lmis.shipments.rules import Counted, Difference, Reported
from lmis.shipments.settling import Settled, call_back, settle_differences
from lmis.shipments.undoing import undo_delivery, undo_settlement
from lmis.stock.documents import USABLE, Document, Kind, Line
from lmis.stock.models import StockOnHand
from lmis.stock.posting import post
from tests.factories import NOW, TODAY, a_line, a_lot, a_tree, a_user, an_item


def a_shipment(
    session: Session,
    sender: Facility,
    receiver: Facility,
    *lines: Line,
    kind: str = Kind.ISSUE,
    on: date = TODAY,
    stocked: bool = True,
    user_id: int | None = None,
) -> UUID:
    """Goods on the way, taken from a shelf that is first filled with them."""
    whole = Document(uuid4(), kind, on, id_of(sender), lines, id_of(receiver), shipped=True)
    if stocked:
        fill = Document(uuid4(), Kind.RECEIPT, on, id_of(sender), lines)
        post(session, [fill], today=TODAY, now=NOW)
    post(session, [whole], today=TODAY, now=NOW, user_id=user_id)
    return whole.uuid


def a_report(session: Session, shipment: UUID, receiver: Facility) -> Delivery:
    """All but one of the first lot of a shipment arrived, one is damaged."""
    line = shipment_view(session, shipment).lines[0]
    told = Counted(line.key, line.goods.sent - 1, (Reported(Difference.DAMAGED, 1, "wet"),))
    said = Confirmation(uuid4(), shipment, id_of(receiver), TODAY, [told])
    return confirm_delivery(session, said, today=TODAY, now=NOW)


@dataclass
class Run:
    """A shipment of 100 of lot `june` and 40 of lot `march` from the board to the district."""

    session: Session
    sender: Facility
    receiver: Facility
    item: Item
    june: Lot
    march: Lot
    uuid: UUID

    @property
    def view(self) -> ShipmentView:
        self.session.expire_all()
        return shipment_view(self.session, self.uuid)

    def key(self, lot: Lot, status: str = USABLE) -> tuple[int, str, str]:
        return (id_of(lot), "free", status)

    def counted(self, lot: Lot, received: int, **differences: int) -> Counted:
        told = tuple(Reported(kind, quantity, "other") for kind, quantity in differences.items())
        return Counted(self.key(lot), received, told)

    def confirm(self, *lines: Counted, uuid: UUID | None = None, **more: object) -> Delivery:
        at = {"facility_id": id_of(self.receiver), "confirmed_on": TODAY, "shipment": self.uuid} | more
        user_id = at.pop("user_id", None)
        said = Confirmation(uuid=uuid or uuid4(), lines=lines, **at)  # type: ignore[arg-type]
        return confirm_delivery(self.session, said, today=TODAY, now=NOW, user_id=user_id)  # type: ignore[arg-type]

    def beside(self, number: str, quantity: int, expires_on: date | None = None, reason: str = "other") -> Extra:
        return Extra(id_of(self.item), number, expires_on, "free", quantity, reason)

    def settle(self, *settled: tuple[int, str, int], uuid: UUID | None = None, at: Facility | None = None) -> UUID:
        """(number of the difference, settlement, quantity), each with a reason and a note."""
        uuid, ids = uuid or uuid4(), [it.difference.id or 0 for it in self.view.differences]
        settle_differences(
            self.session,
            uuid=uuid,
            shipment=self.uuid,
            facility_id=id_of(at or self.sender),
            settled=[Settled(ids[n], how, quantity, "other", "theo biên bản") for n, how, quantity in settled],
            today=TODAY,
            now=NOW,
        )
        return uuid

    def call_back(self, uuid: UUID | None = None, reason: str = "other") -> None:
        self._undo(call_back, uuid=uuid or uuid4(), facility_id=id_of(self.sender), reason=reason)

    def undo(self, delivery: Delivery) -> None:
        self._undo(undo_delivery, uuid=uuid4(), facility_id=id_of(self.receiver), delivery=delivery.uuid)

    def undo_settling(self, settlement: UUID) -> None:
        self._undo(undo_settlement, uuid=uuid4(), facility_id=id_of(self.sender), settlement=settlement)

    def _undo(self, act, **more: object) -> None:
        act(self.session, shipment=self.uuid, note="gõ nhầm", today=TODAY, now=NOW, **more)

    def shelf(self, facility: Facility, lot: Lot | None = None, status: str = USABLE) -> int:
        found = select(StockOnHand.on_hand).where(
            StockOnHand.facility_id == id_of(facility), StockOnHand.status == status
        )
        return sum(self.session.exec(found.where(StockOnHand.lot_id == id_of(lot)) if lot else found))


def a_run(session: Session, on: date = TODAY) -> Run:
    tree, item = a_tree(session), an_item(session, "Bao cao su", code="BCS", pack_size=144)
    june, march = a_lot(session, item, "J1"), a_lot(session, item, "M1", date(2027, 3, 31))
    lines = (a_line(june, 100), a_line(march, 40))
    user = a_user(session, tree.board)
    uuid = a_shipment(session, tree.board, tree.district, *lines, on=on, user_id=user.id)
    return Run(session, tree.board, tree.district, item, june, march, uuid)


def refusals_of(act) -> list[str]:
    """The names of the refusals of an act, and nothing kept of it."""
    try:
        act()
    except Refused as refused:
        return [type(it).__name__ for it in refused.refusals]
    return []
