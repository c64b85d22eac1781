"""The plan of what to move as the night's evaluation keeps it, on both databases, and the alerts it answers."""

from __future__ import annotations

from datetime import timedelta

from lmis.alerts.evaluating import evaluate, watch
from lmis.alerts.findings import Act, from_json
from lmis.alerts.redistribution_kept import lines_of
from lmis.db import reader
from lmis.stock.documents import Kind
from tests.alerts.district import NOVEMBER, District
from tests.factories import NOW, TODAY, a_document, a_line, id_of
from tests.web import Site


def test_the_night_keeps_what_to_move_and_makes_it_the_act_of_both_alerts(each_site: Site):
    place = District(each_site)

    assert place.evaluate()["moves"] == 1
    # from the eighth day until the 60th about 53 are used; the minimum is a month, 30
    ((from_id, to_id, lot_id, quantity, saves, fills),) = place.proposals()
    assert (from_id, to_id, lot_id) == (id_of(place.full), id_of(place.empty), id_of(place.lot))
    assert 50 <= quantity == saves <= 54
    assert fills == 30
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

    each_site.post(a_document(place.full, a_line(place.lot, 560), kind=Kind.DISPENSE))
    with reader(each_site.engine) as session:
        (line,) = lines_of(session, id_of(place.district))
        assert lines_of(session, id_of(place.full)) == lines_of(session, id_of(place.empty)) == [line]
        assert lines_of(session, id_of(each_site.tree.board)) == []
    assert (line.left, line.changed) == (40, True)


def test_what_was_sent_since_is_not_proposed_again(each_site: Site):
    place = District(each_site)
    evaluate(each_site.engine, today=TODAY, now=NOW - timedelta(minutes=1))
    place.send(20)

    with reader(each_site.engine) as session:
        assert lines_of(session, id_of(place.district)) == []


def test_nothing_goes_to_who_has_closed(each_site: Site):
    place = District(each_site)
    with each_site.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE facility SET closed_on = '{TODAY}' WHERE id = {id_of(place.empty)}")

    assert place.evaluate()["moves"] == 0
