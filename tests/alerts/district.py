"""A district in which one station has what another lacks."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import select

from lmis.alerts.evaluating import evaluate
from lmis.alerts.models import Alert, TransferProposal
from lmis.catalog.models import Item, Lot
from lmis.db import reader, transaction
from lmis.network.models import Facility
from lmis.stock.documents import Kind
from tests.factories import NOW, TODAY, a_document, a_facility, a_forecast, a_line, a_lot, id_of
from tests.web import Site

IN_60_DAYS = TODAY + timedelta(days=60)
LONG_AGO, NOVEMBER = date(2026, 5, 4), date(2026, 11, 2)


class District:
    """Two stations that use 30 condoms a month: one has 600 that expire in 60 days, the other ran out in November."""

    def __init__(self, site: Site) -> None:
        self.site, self.district = site, site.tree.district
        self.full = site.tree.commune
        with transaction(site.engine) as session:
            self.empty = a_facility(session, "Trạm Y tế phường Phúc Xá", parent=self.district)
            for station in (self.full, self.empty):
                a_forecast(session, station, site.condom, means=[30.0] * 12)
        self.lot: Lot = site.receive(600, at=self.full, number="SẮP HẾT", expires_on=IN_60_DAYS, on=LONG_AGO)
        used: Lot = site.receive(30, at=self.empty, on=LONG_AGO)
        site.post(a_document(self.empty, a_line(used, 30), kind=Kind.DISPENSE, on=NOVEMBER))

    def evaluate(self) -> dict[str, int]:
        return evaluate(self.site.engine, today=TODAY, now=NOW)

    def proposals(self) -> list[tuple[int, int, int, int, int, int]]:
        with reader(self.site.engine) as session:
            rows = session.exec(select(TransferProposal).order_by(TransferProposal.id)).all()
            return [(it.from_id, it.to_id, it.lot_id, it.quantity, it.saves, it.fills) for it in rows]

    def alert(self, at: Facility, topic: str) -> Alert:
        with reader(self.site.engine) as session:
            return session.exec(select(Alert).where(Alert.facility_id == id_of(at), Alert.topic == topic)).one()

    def lacks_another(self, item: Item) -> Facility:
        """Of an item that the empty station lacks too, a third one has too much."""
        with transaction(self.site.engine) as session:
            third = a_facility(session, "Trạm Y tế phường Quán Thánh", parent=self.district)
            lot, used = a_lot(session, item, expires_on=IN_60_DAYS), a_lot(session, item)
            for station in (third, self.empty):
                a_forecast(session, station, item, means=[30.0] * 12)
        self.site.post(a_document(third, a_line(lot, 600), on=LONG_AGO))
        self.site.post(a_document(self.empty, a_line(used, 30), on=LONG_AGO))
        self.site.post(a_document(self.empty, a_line(used, 30), kind=Kind.DISPENSE, on=NOVEMBER))
        return third

    def send(self, quantity: int) -> None:
        line = a_line(self.lot, quantity)
        self.site.post(a_document(self.full, line, kind=Kind.TRANSFER, to=self.empty, shipped=True))
