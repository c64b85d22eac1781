"""Alerts with all that is told of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlmodel import Session

from lmis.alerts.findings import Act, Rule, Severity
from lmis.alerts.views import Spot, views
from tests.alerts.making import an_alert
from tests.factories import NOW, a_lot, a_tree, a_user, an_item, id_of


def test_an_alert_is_told_with_its_names_its_reason_and_its_link(session: Session):
    tree, item = a_tree(session), an_item(session, "Bao cao su", code="BCS")
    lot = a_lot(session, item, "A12")
    user = a_user(session, tree.district)
    alert = an_alert(
        session,
        tree.commune,
        item,
        rule=Rule.EXPIRED,
        lot=lot,
        units=40,
        dong=60_000,
        due_on=date(2026, 11, 1),
        state="acknowledged",
        acknowledged_at=NOW,
        acknowledged_by=user.id,
        snoozed_until=date(2026, 12, 1),
        note="Chờ hội đồng",
        escalated_to=id_of(tree.district),
        escalated_at=NOW,
    )

    (view,) = views(session, [alert.id])

    assert (view.id, view.rule, view.severity, view.state) == (alert.id, "expired", Severity.WARNING, "acknowledged")
    assert view.facility == Spot(id_of(tree.commune), tree.commune.code, tree.commune.name)
    assert (str(view.item), view.item_code, view.unit, view.lot) == ("Bao cao su", "BCS", "piece", "A12")
    assert str(view.reason) == "Lot A12: 40 piece on the shelf expired on 01/11/2026."
    assert (view.act, view.path) == (Act.WRITE_OFF, f"/f/{tree.commune.code}/write-off?lot={lot.id}&reason=expired")
    assert (view.units, view.dong, view.due_on, view.times) == (40, 60_000, date(2026, 11, 1), 1)
    assert (view.opened_at, view.raised_at, view.acknowledged_at) == (NOW, NOW, NOW)
    assert (view.acknowledged_by, view.snoozed_until, view.note) == (user.name, date(2026, 12, 1), "Chờ hội đồng")
    assert view.escalated_to == Spot(id_of(tree.district), tree.district.code, tree.district.name)


def test_alerts_come_in_the_order_asked_for_each_once_and_the_unknown_are_left_out(session: Session):
    tree, item = a_tree(session), an_item(session)
    first = an_alert(session, tree.commune, item)
    second = an_alert(session, tree.commune, rule=Rule.SILENT)

    found = views(session, [second.id, 999_999, first.id, second.id])

    assert [it.id for it in found] == [second.id, first.id]
    assert (found[0].item, found[0].unit, found[0].lot, found[0].acknowledged_by) == (None, None, None, None)
    assert views(session, []) == []


def test_whose_goods_come_from_nobody_above_is_not_asked_to_order_above(session: Session):
    tree, item = a_tree(session), an_item(session, code="BCS")

    (view,) = views(session, [an_alert(session, tree.board, item).id])

    assert (view.act, view.path) == (Act.LOOK, f"/f/{tree.board.code}/plan/items/BCS")


def test_people_of_the_receiver_are_led_to_their_own_pages_those_above_to_the_givers(session: Session):
    tree, item = a_tree(session), an_item(session, code="BCS")
    facts = {"from": "F77", "to": tree.commune.code, "lot": 5, "channel": "free", "quantity": 30}
    alert = an_alert(session, tree.commune, item, act=Act.REDISTRIBUTE, act_facts=facts)

    (view,) = views(session, [alert.id])

    assert view.way(id_of(tree.commune)).act == Act.ORDER
    assert view.way(id_of(tree.district)).path == (
        f"/f/F77/transfer?to={tree.commune.code}&lot=5&channel=free&quantity=30"
    )
    assert Act.REDISTRIBUTE not in {it.act for it in view.others(id_of(tree.district))}


def test_facts_come_back_as_what_they_were(session: Session):
    tree, item = a_tree(session), an_item(session)
    facts = {"usable": 90, "months": Decimal("1.2"), "minimum": Decimal(2)}

    (view,) = views(session, [an_alert(session, tree.commune, item, rule=Rule.BELOW, facts=facts).id])

    assert view.facts == facts
    assert view.reason.translate("en") == "90 piece usable last 1.2 months, less than the minimum of 2.0."
