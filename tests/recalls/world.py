"""A small network with a lot spread over it, to recall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlmodel import Session, select

from lmis.catalog.models import Lot
from lmis.errors import Refused
from lmis.network.models import Facility
from lmis.recalls.models import LotRecall
from lmis.recalls.service import Order, recall_lot
from lmis.stock.documents import RECALLED, USABLE, Document, Kind
from lmis.stock.models import StockOnHand
from lmis.stock.posting import post
from lmis.stock.verify import Difference, verify
from tests.factories import NOW, TODAY, Tree, a_document, a_line, a_lot, a_tree, id_of

MONTH_AGO = date(2026, 10, 20)
PLACES = ("board", "district", "commune", "collaborator")
FOLLOWS = (Kind.DELIVERY, Kind.TRANSIT_LOSS, Kind.SENT_BACK)
Act = tuple[Kind, int, int, int, bool, int]  # kind, where, to where, how many, shipped, which of those before


@dataclass(frozen=True, slots=True)
class World:
    """The tree of tests.factories, and one lot of condoms on all its shelves: 600, 250, 80 and 20; 50 dispensed."""

    session: Session
    tree: Tree
    lot: Lot

    def post(self, *documents: Document) -> list[UUID]:
        return [it.uuid for it in post(self.session, documents, today=TODAY, now=NOW)]

    def move(self, kind: str, at: Facility, quantity: int, to: Facility | None = None, **more: object) -> Document:
        """A document of the lot; `shipped`, `shipment` and the line's `status` and `reason` by name."""
        line = {name: more.pop(name) for name in ("status", "reason", "channel") if name in more}
        document = a_document(at, a_line(self.lot, quantity, **line), kind=kind, to=to)  # type: ignore[arg-type]
        document = Document(**{**document.__dict__, **more})  # type: ignore[arg-type]
        self.post(document)
        return document

    def recall(self, at: Facility | None = None, uuid: UUID | None = None, lot: Lot | None = None) -> LotRecall:
        order = Order(uuid or uuid4(), id_of(lot or self.lot), id_of(at or self.tree.board), "Nứt vỏ", "12/QĐ-BQL")
        return recall_lot(self.session, order, today=TODAY, now=NOW)

    def on_hand(self, at: Facility, status: str = USABLE) -> int:
        mine = (StockOnHand.facility_id == id_of(at), StockOnHand.lot_id == self.lot.id, StockOnHand.status == status)
        return sum(self.session.exec(select(StockOnHand.on_hand).where(*mine)))

    def faults(self) -> list[Difference]:
        """What is kept otherwise than the ledger's lines make it."""
        return verify(self.session)

    def shelves(self, status: str = RECALLED) -> list[int]:
        """What lies at the board, the district, the commune and the collaborator."""
        return [self.on_hand(it, status) for it in (self.tree.board, self.tree.district, self.tree.commune,
                                                    self.tree.collaborator)]  # fmt: skip


def a_world(session: Session) -> World:
    world = World(session, a_tree(session), a_lot(session, number="LOT 7/A"))
    tree, lot = world.tree, world.lot
    spread = [
        (tree.board, tree.district, 400),
        (tree.district, tree.commune, 150),
        (tree.commune, tree.collaborator, 20),
    ]
    world.post(
        a_document(tree.board, a_line(lot, 1_000), on=MONTH_AGO, party="Nhà cung cấp A"),
        *(a_document(at, a_line(lot, n), kind=Kind.ISSUE, on=MONTH_AGO, to=to) for at, to, n in spread),
        a_document(tree.commune, a_line(lot, 50), kind=Kind.DISPENSE),
    )
    return world


def attempt(world: World, posted: list[Document], act: Act, status: str = USABLE) -> None:
    """Do something with the lot if the ledger lets it pass."""
    kind, at, to, quantity, shipped, which = act
    places = [getattr(world.tree, name) for name in PLACES]
    more: dict[str, object] = {}
    other = None
    if kind in (Kind.ISSUE, Kind.RETURN):
        other, more = places[to], {"shipped": shipped}
    elif kind in FOLLOWS:
        ships = [it for it in posted if it.shipped]
        if not ships:
            return
        ship = ships[which % len(ships)]
        end = ship.counterparty_id if kind == Kind.DELIVERY else ship.facility_id
        at, more = next(n for n, it in enumerate(places) if it.id == end), {"shipment": ship.uuid}
        status, quantity = ship.lines[0].status, 1 + quantity % ship.lines[0].quantity // 2
    elif kind == Kind.REVERSAL:
        first = posted[which % len(posted)]
        document = a_document(places[0], kind=kind)
        document = Document(**{**document.__dict__, "facility_id": first.facility_id, "reverses": first.uuid})
        if not _passes(world, document):
            return
        posted.append(document)
        return
    line = a_line(world.lot, quantity, status=status, reason="lost")
    document = Document(**{**a_document(places[at], line, kind=kind, to=other).__dict__, **more})
    if _passes(world, document):
        posted.append(document)


def _passes(world: World, document: Document) -> bool:
    try:
        with world.session.begin_nested():
            world.post(document)
    except Refused:
        return False
    return True
