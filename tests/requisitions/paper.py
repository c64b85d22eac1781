"""Requisitions for tests: begun, written and handed up through the service, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlmodel import Session, select

from lmis.accounts.models import User
from lmis.catalog.models import Item
from lmis.network.models import Facility
from lmis.requisitions import service
from lmis.requisitions.models import Requisition, RequisitionLine, RequisitionPart
from lmis.requisitions.service import Asked, Writing
from lmis.requisitions.states import REGULAR, Actor
from lmis.stock.documents import Kind
from lmis.stock.posting import post
from tests.factories import NOW, TODAY, Tree, a_document, a_line, a_lot, a_tree, a_user, an_item, id_of

OCTOBER = 202610


def actor(session: Session, at: Facility, *, role: str = "manager", user: User | None = None) -> Actor:
    """Someone at a facility; a new one unless `user` is given."""
    user = user or a_user(session, at, role=role)
    return Actor(id_of(user), id_of(at), role != "viewer", role in ("manager", "admin"))


@dataclass
class Desk:
    """A network with one item, and people at each level who do what is asked of them."""

    session: Session
    tree: Tree
    item: Item

    @classmethod
    def of(cls, session: Session) -> Desk:
        return cls(session, a_tree(session), an_item(session, "Bao cao su", code="BCS", pack_size=144))

    def receive(self, at: Facility, quantity: int, *, item: Item | None = None, **lot) -> None:
        made = a_lot(self.session, item or self.item, **lot)
        post(self.session, [a_document(at, a_line(made, quantity), kind=Kind.RECEIPT)], today=TODAY, now=NOW)

    def use(self, at: Facility, dispensed: int, left: int, *, months: int = 3) -> None:
        """`dispensed` units in each of the last whole months, and what is left of the lot that they came from."""
        lot = a_lot(self.session, self.item)
        days = [TODAY.replace(month=TODAY.month - back, day=15) for back in range(months, 0, -1)]
        since = TODAY.replace(month=TODAY.month - months - 1, day=28)
        documents = [a_document(at, a_line(lot, dispensed * months + left), on=since)]
        documents += [a_document(at, a_line(lot, dispensed), kind=Kind.DISPENSE, on=day) for day in days]
        post(self.session, documents, today=TODAY, now=NOW)

    def begin(self, at: Facility, kind: str = REGULAR, period: int = OCTOBER, uuid: UUID | None = None) -> UUID:
        uuid = uuid or uuid4()
        who = actor(self.session, at)
        service.initiate(self.session, at, kind, period, uuid=uuid, actor=who, today=TODAY, now=NOW)
        return uuid

    def paper(self, uuid: UUID) -> Requisition:
        return self.session.exec(
            select(Requisition).where(Requisition.uuid == uuid).execution_options(populate_existing=True)
        ).one()

    def line(self, uuid: UUID, item: Item | None = None, channel: str = "free") -> RequisitionLine:
        key = (self.paper(uuid).id, id_of(item or self.item), channel)
        return self.session.get_one(RequisitionLine, key, populate_existing=True)

    def parts(self, uuid: UUID) -> list[int]:
        whole = RequisitionPart.whole_id == self.paper(uuid).id
        return list(self.session.exec(select(RequisitionPart.part_id).where(whole)))

    def writing(self, uuid: UUID, requested: int | None = None, reason: str | None = "Chiến dịch") -> Writing:
        asked = {} if requested is None else {(id_of(self.item), "free"): Asked(requested, reason)}
        return Writing(self.paper(uuid).version, asked)

    def at(self, uuid: UUID) -> Facility:
        return self.session.get_one(Facility, self.paper(uuid).facility_id)

    def over(self, uuid: UUID) -> Facility:
        return self.session.get_one(Facility, self.paper(uuid).supplier_id)

    def submit(self, uuid: UUID, requested: int | None = None, who: Actor | None = None, **more) -> UUID:
        who = who or actor(self.session, self.at(uuid), role="storekeeper")
        writing = self.writing(uuid, requested, **more)
        service.submit(self.session, uuid, writing, actor=who, today=TODAY, now=NOW)
        return uuid

    def renew(self, uuid: UUID, asked: Mapping[tuple[int, str], Asked] | None = None) -> UUID:
        who = actor(self.session, self.at(uuid), role="storekeeper")
        writing = Writing(self.paper(uuid).version, asked or {})
        service.renew(self.session, uuid, writing, actor=who, today=TODAY, now=NOW)
        return uuid

    def authorise(self, uuid: UUID, who: Actor | None = None) -> UUID:
        who = who or actor(self.session, self.at(uuid))
        service.authorise(self.session, uuid, self.paper(uuid).version, actor=who, now=NOW)
        return uuid

    def asked(self, at: Facility, requested: int | None = None, kind: str = REGULAR) -> UUID:
        """A requisition that has been submitted and authorised."""
        return self.authorise(self.submit(self.begin(at, kind), requested))

    def reject(self, uuid: UUID, reason: str | None = "Thiếu chữ ký") -> UUID:
        who = actor(self.session, self.over(uuid))
        service.reject(self.session, uuid, self.paper(uuid).version, reason, actor=who, now=NOW)
        return uuid
