"""The plan of what to move as the night's evaluation keeps it, on both databases, and the alerts it answers."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import select

from lmis.alerts.evaluating import evaluate, watch
from lmis.alerts.findings import Act, from_json
from lmis.alerts.models import Alert, TransferProposal
from lmis.alerts.redistribution_kept import lines_of
from lmis.catalog.models import Lot
from lmis.db import reader, transaction
from lmis.network.models import Facility
from lmis.stock.documents import Kind
from tests.factories import NOW, TODAY, a_document, a_facility, a_forecast, a_line, id_of
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

    def send(self, quantity: int) -> None:
        line = a_line(self.lot, quantity)
        self.site.post(a_document(self.full, line, kind=Kind.TRANSFER, to=self.empty, shipped=True))


def test_the_night_keeps_what_to_move_and_makes_it_the_act_of_both_alerts(each_site: Site):
    place = District(each_site)

    assert place.evaluate()["moves"] == 1
    # from the eighth day until the 60th about 53 are used; the minimum is a month and a half, 45
    ((from_id, to_id, lot_id, quantity, saves, fills),) = place.proposals()
    assert (from_id, to_id, lot_id) == (id_of(place.full), id_of(place.empty), id_of(place.lot))
    assert 50 <= quantity == saves <= 54
    assert 0 < fills < quantity
    for alert in (place.alert(place.empty, "supply"), place.alert(place.full, "expiry")):
        assert alert.action == Act.REDISTRIBUTE
        assert from_json(alert.action_facts) == {
            "from": place.full.code,
            "from_name": place.full.name,
            "to": place.empty.code,
            "to_name": place.empty.name,
            "lot": lot_id,
            "number": "SẮP HẾT",
            "channel": "free",
            "quantity": quantity,
            "units": quantity,
            "more": 0,
        }


def test_the_plan_of_the_night_replaces_the_one_before(each_site: Site):
    place = District(each_site)
    place.evaluate()
    each_site.receive(200, at=place.empty, on=TODAY)  # above the maximum

    assert place.evaluate()["moves"] == 0
    assert place.proposals() == []
    assert place.alert(place.full, "expiry").action == Act.ISSUE_FIRST


def test_an_alert_looked_at_by_day_keeps_the_act_while_the_giver_has_the_goods(each_site: Site):
    place = District(each_site)
    place.evaluate()
    each_site.receive(1, at=place.full, number="KHÁC")
    watch(each_site.engine, today=TODAY, now=NOW + timedelta(minutes=2))
    assert place.alert(place.full, "expiry").action == Act.REDISTRIBUTE

    each_site.post(a_document(place.full, a_line(place.lot, 560), kind=Kind.DISPENSE))
    each_site.receive(1, at=place.empty)
    watch(each_site.engine, today=TODAY, now=NOW + timedelta(minutes=4))
    assert place.alert(place.empty, "supply").action == Act.ORDER


def test_a_line_tells_what_is_left_of_the_lot_by_now(each_site: Site):
    place = District(each_site)
    place.evaluate()
    with reader(each_site.engine) as session:
        (line,) = lines_of(session, id_of(place.district))
    assert (line.on_hand, line.left, line.changed, line.usable, line.out_since) == (600, 600, False, 0, NOVEMBER)

    place.send(560)
    with reader(each_site.engine) as session:
        (line,) = lines_of(session, id_of(place.district))
        assert lines_of(session, id_of(place.full)) == lines_of(session, id_of(place.empty)) == [line]
        assert lines_of(session, id_of(each_site.tree.board)) == []
    assert (line.left, line.changed) == (40, True)


def test_nothing_goes_to_who_has_closed(each_site: Site):
    place = District(each_site)
    with each_site.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE facility SET closed_on = '{TODAY}' WHERE id = {id_of(place.empty)}")

    assert place.evaluate()["moves"] == 0
