"""From an alert to the form where something is done about it: the link opens it, filled in, and it can be sent."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from lmis.alerts.findings import ACTS, Act, Rule
from lmis.alerts.links import About, others, own, proposed
from lmis.alerts.views import AlertView, views
from lmis.catalog.models import Lot
from lmis.counts.models import StockCountLine
from lmis.db import reader, transaction
from lmis.network.models import Facility
from lmis.requisitions.models import RequisitionLine
from lmis.stock.documents import Kind
from tests.alerts.making import an_alert
from tests.factories import JUNE, MARCH, TODAY, a_document, a_facility, a_line, a_user, an_item, id_of
from tests.shipments.acts import a_shipment
from tests.web import Site, form_of, text_of

PAPER = "0b1f6a52-6f0e-4a53-9a0c-2f1c8d1e5a77"


class Reading:
    """Someone of a facility who follows the link of an alert."""

    def __init__(self, site: Site, at: Facility | None = None) -> None:
        self.site, self.at = site, at or site.tree.commune
        self.browser: TestClient = site.browser(self.at)

    def view(self, **more) -> AlertView:
        more = {"rule": Rule.OUT, "item": self.site.condom} | more
        with transaction(self.site.engine) as session:
            alert = an_alert(session, more.pop("facility", self.at), more.pop("item"), **more)
            return views(session, [alert.id or 0])[0]

    def follow(self, **more) -> Response:
        answer = self.browser.get(self.view(**more).way(id_of(self.at)).path)
        assert answer.status_code == 200, text_of(answer)
        return answer

    def send(self, answer: Response, **typed: str) -> Response:
        path = str(answer.request.url.raw_path, "ascii").partition("?")[0]
        return self.browser.post(path, data=form_of(answer) | typed)


@pytest.fixture
def reading(site: Site) -> Reading:
    return Reading(site)


def shelf_of(lot: Lot) -> str:
    return f"quantity-{lot.item_id}-free"


def take_of(lot: Lot) -> str:
    return f"lot-{lot.id}-free"


class TestOrder:
    def test_an_emergency_requisition_begun_from_an_alert_asks_for_its_item(self, site: Site, reading: Reading):
        lot = site.receive(1_000, at=site.tree.commune, on=date(2026, 8, 31))
        for month in (9, 10):
            out = a_line(lot, 300)
            site.post(a_document(site.tree.commune, out, kind=Kind.DISPENSE, on=date(2026, month, 15)))
        form = reading.follow(rule=Rule.RUN_OUT, facts={})  # 400 left, above the emergency point

        assert form_of(form)["kind"] == "emergency"
        assert "It will ask for Bao cao su in any case" in text_of(form)
        begun = reading.send(form)

        assert begun.status_code == 303
        assert self.proposed(site) > 0

    def test_without_the_alert_it_would_not_have(self, site: Site, reading: Reading):
        self.test_an_emergency_requisition_begun_from_an_alert_asks_for_its_item(site, reading)
        path = f"/f/{site.tree.commune.code}/requisitions/new?kind=emergency"
        reading.send(reading.browser.get(path))

        assert self.proposed(site) == 0

    def test_an_item_never_held_stands_on_it_too(self, site: Site, reading: Reading):
        item = site.add(an_item, "Viên uống tránh thai", code="VIEN")

        assert reading.send(reading.follow(item=item)).status_code == 303

        with reader(site.engine) as session:
            assert session.exec(select(RequisitionLine.item_id)).all() == [item.id]

    def test_an_item_that_there_is_not_is_as_if_not_said(self, site: Site, reading: Reading):
        path = f"/f/{site.tree.commune.code}/requisitions/new?kind=emergency&item=NOWHERE"

        assert reading.send(reading.browser.get(path)).status_code == 303

    def proposed(self, site: Site) -> int:
        with reader(site.engine) as session:
            latest = select(RequisitionLine).order_by(RequisitionLine.requisition_id.desc())  # type: ignore[attr-defined]
            line = session.exec(latest).first()
            return line.proposed if line else -1


class TestRedistribute:
    def plan(self, site: Site, lot: Lot, to: Facility, quantity: int = 30) -> dict[str, object]:
        return {
            "from": site.tree.commune.code,
            "to": to.code,
            "lot": lot.id,
            "channel": "free",
            "quantity": quantity,
        }

    def test_the_givers_transfer_begins_with_the_receiver_the_lot_and_the_quantity(self, site: Site):
        first, last = (site.receive(100, at=site.tree.commune, expires_on=it) for it in (MARCH, JUNE))
        neighbour = site.add(a_facility, "Trạm Y tế phường Quán Thánh", parent=site.tree.district)
        reading = Reading(site, site.tree.district)
        facts = self.plan(site, last, neighbour)

        form = reading.follow(facility=neighbour, act=Act.REDISTRIBUTE, act_facts=facts)
        typed = form_of(form)
        assert (typed["counterparty"], typed[shelf_of(last)]) == (str(neighbour.id), "30")
        assert f"Lot {last.number} is proposed before the others" in text_of(form)

        lots = reading.send(form)
        assert form_of(lots)[take_of(last)] == "30"
        assert not form_of(lots)[take_of(first)]
        assert reading.send(lots, step="post", handover="now").status_code == 303
        assert site.on_hand(neighbour) == 30

    def test_several_lots_go_in_one_transfer(self, site: Site):
        lots = [site.receive(100, at=site.tree.commune) for _ in range(2)]
        neighbour = site.add(a_facility, "Trạm Y tế phường Quán Thánh", parent=site.tree.district)
        said = "&".join(f"lot={lot.id}&channel=free&quantity={n}" for lot, n in zip(lots, (30, 20), strict=True))
        reading = Reading(site)

        form = reading.browser.get(f"/f/{site.tree.commune.code}/transfer?to={neighbour.code}&{said}")
        assert form_of(form)[shelf_of(lots[0])] == "50"
        answer = reading.send(form)

        assert [form_of(answer)[take_of(lot)] for lot in lots] == ["30", "20"]

    def test_people_of_the_receiver_who_do_not_see_the_giver_order_instead(self, site: Site):
        lot = site.receive(100, at=site.tree.commune)
        neighbour = site.add(a_facility, "Trạm Y tế phường Quán Thánh", parent=site.tree.district)
        facts = self.plan(site, lot, neighbour)

        form = Reading(site, neighbour).follow(act=Act.REDISTRIBUTE, act_facts=facts)

        assert form_of(form)["kind"] == "emergency"

    def test_what_has_left_the_shelf_meanwhile_is_not_filled_in(self, site: Site, reading: Reading):
        lot = site.receive(20, at=site.tree.commune)
        neighbour = site.add(a_facility, "Trạm Y tế phường Quán Thánh", parent=site.tree.district)

        form = reading.follow(act=Act.REDISTRIBUTE, act_facts=self.plan(site, lot, neighbour, 30))

        assert form_of(form)[shelf_of(lot)] == ""
        assert form_of(form)["counterparty"] == str(neighbour.id)


class TestIssueFirst:
    def test_who_dispenses_gives_the_lot_to_clients_before_the_others(self, site: Site, reading: Reading):
        first, last = (site.receive(100, at=site.tree.commune, expires_on=it) for it in (MARCH, JUNE))

        form = reading.follow(rule=Rule.WASTE, facts={}, lot=last)
        assert form_of(form)[shelf_of(last)] == ""
        lots = reading.send(form, **{shelf_of(last): "120"})

        assert (form_of(lots)[take_of(last)], form_of(lots)[take_of(first)]) == ("100", "20")
        assert reading.send(lots, step="post").status_code == 303
        assert site.on_hand(site.tree.commune) == 80

    def test_who_supplies_issues_it(self, site: Site):
        first, last = (site.receive(100, at=site.tree.district, expires_on=it) for it in (MARCH, JUNE))
        reading = Reading(site, site.tree.district)

        form = reading.follow(rule=Rule.NEAR_EXPIRY, lot=last, act_facts={"quantity": 60, "channel": "free"})
        assert form_of(form)[shelf_of(last)] == "60"
        lots = reading.send(form, counterparty=str(site.tree.commune.id))

        assert form_of(lots)[take_of(last)] == "60"
        assert not form_of(lots)[take_of(first)]

    def test_a_lot_that_may_not_be_given_out_is_not_chosen(self, site: Site, reading: Reading):
        old = site.receive(40, at=site.tree.commune, expires_on=TODAY - timedelta(days=1), on=date(2026, 1, 5))

        form = reading.follow(rule=Rule.NEAR_EXPIRY, lot=old)

        assert form_of(form)["first"] == ""


class TestByLot:
    def test_an_expired_lot_stands_first_and_whole_with_its_reason(self, site: Site, reading: Reading):
        site.receive(70, at=site.tree.commune)
        old = site.receive(40, at=site.tree.commune, expires_on=TODAY - timedelta(days=1), on=date(2026, 1, 5))
        key = f"{old.id}-usable-free"

        form = reading.follow(rule=Rule.EXPIRED, lot=old)
        typed = form_of(form)
        assert (typed[f"quantity-{key}"], typed[f"reason-{key}"]) == ("40", "expired")
        assert form.text.index(f'name="quantity-{key}"') == form.text.index('name="quantity-')

        assert reading.send(form).status_code == 303
        assert site.on_hand(site.tree.commune) == 70

    @pytest.mark.parametrize(
        ("query", "quantity", "reason"),
        [
            ("quantity=15&reason=damaged", "15", "damaged"),
            ("quantity=41&reason=expired", "", "expired"),
            ("quantity=-3&reason=nonsense", "40", ""),
            ("channel=market", "", ""),
            ("quantity=99999999999999999999", "40", ""),
        ],
    )
    def test_only_what_is_possible_is_filled_in(self, site: Site, reading: Reading, query, quantity, reason):
        lot = site.receive(40, at=site.tree.commune)
        key = f"{lot.id}-usable-free"

        typed = form_of(reading.browser.get(f"/f/{site.tree.commune.code}/write-off?lot={lot.id}&{query}"))

        assert (typed[f"quantity-{key}"], typed[f"reason-{key}"]) == (quantity, reason)

    def test_a_lot_that_there_is_not_is_as_if_not_said(self, site: Site, reading: Reading):
        site.receive(40, at=site.tree.commune)

        for lot in ("999999", "x", "²", "-1", ""):
            answer = reading.browser.get(f"/f/{site.tree.commune.code}/return?lot={lot}&quantity=5")
            assert [it for name, it in form_of(answer).items() if name.startswith("quantity-")] == [""]


class TestCount:
    def test_the_item_is_chosen(self, site: Site, reading: Reading):
        lot = site.receive(40, at=site.tree.commune)

        form = reading.follow(rule=Rule.COUNT_DUE)
        assert (form_of(form)["scope"], form_of(form)[f"item-{lot.item_id}"]) == ("chosen", "1")
        assert reading.send(form).status_code == 303

        with reader(site.engine) as session:
            assert session.exec(select(StockCountLine.lot_id)).all() == [lot.id]

    def test_without_an_item_the_plan_tells_what_is_due(self, site: Site, reading: Reading):
        site.receive(40, at=site.tree.commune)

        assert reading.view(rule=Rule.COUNT_DUE, item=None).path.endswith("/counts#plan")

    def test_of_an_item_not_held_the_whole_shelf_is(self, site: Site, reading: Reading):
        site.receive(40, at=site.tree.commune)
        other = site.add(an_item, code="VIEN")

        assert form_of(reading.follow(rule=Rule.COUNT_DUE, item=other))["scope"] == "whole"


def test_a_receipt_begins_with_the_item(site: Site):
    browser = site.browser()

    answer = browser.get(f"/f/{site.tree.board.code}/receive?item=BCS&channel=free&quantity=500")
    other = browser.get(f"/f/{site.tree.board.code}/receive?item=BCS&channel=nonsense&quantity=much")

    typed = form_of(answer)
    assert (typed["item-0"], typed["channel-0"], typed["quantity-0"]) == (str(site.condom.id), "free", "500")
    assert (form_of(other)["item-0"], form_of(other)["channel-0"], form_of(other)["quantity-0"]) == (
        str(site.condom.id),
        "",
        "",
    )


def test_a_shipment_is_confirmed_where_it_arrives(site: Site):
    lot = site.receive(100)
    sent = site.add(a_shipment, site.tree.board, site.tree.district, a_line(lot, 60), stocked=False)
    reading = Reading(site, site.tree.district)

    form = reading.follow(rule=Rule.UNCONFIRMED, facts={}, item=None, subject=str(sent))
    assert reading.send(form, step="post").status_code in (200, 303)
    assert "60" in text_of(form)


def test_what_was_not_written_down_is_dispensed(site: Site, reading: Reading):
    lot = site.receive(100, at=site.tree.commune)

    lots = reading.send(reading.follow(rule=Rule.SILENT, item=None), **{shelf_of(lot): "40"})

    assert reading.send(lots, step="post").status_code == 303
    assert site.on_hand(site.tree.commune) == 60


def test_a_link_opens_nothing_that_its_reader_may_not_do(site: Site):
    lot = site.receive(100, at=site.tree.commune)
    paths = [
        f"/f/{site.tree.commune.code}/{it}"
        for it in (
            "requisitions/new?kind=emergency&item=BCS",
            f"dispense?lot={lot.id}",
            f"write-off?lot={lot.id}",
            "counts/start?item=BCS",
        )
    ]
    elsewhere = site.add(a_facility, "Trung tâm Y tế huyện Ba Vì", level="district", parent=site.tree.board)

    assert {site.browser(site.tree.commune, role="viewer").get(path).status_code for path in paths} == {403}
    assert {site.browser(elsewhere).get(path).status_code for path in paths} == {404}


def test_opening_links_records_nothing(site: Site, reading: Reading):
    lot = site.receive(100, at=site.tree.commune)
    before = site.documents()

    for query in (f"lot={lot.id}&quantity=10&reason=expired", "item=BCS&quantity=10"):
        for page in ("dispense", "issue", "transfer", "write-off", "return", "quarantine", "receive", "counts/start"):
            assert reading.browser.get(f"/f/{site.tree.commune.code}/{page}?{query}").status_code == 200

    assert site.documents() == before


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("item", ["BCS/1", None])
def test_every_rule_leads_somewhere(rule: Rule, item):
    for subject in (PAPER, ""):
        about = About(rule, "F 1", item, 7 if item else None, subject)
        way = proposed(ACTS[rule], {}, about)

        assert way.path.startswith(("/f/F%201/", "/documents/", "/jobs"))
        assert "BCS/1" not in way.path
        assert own(ACTS[rule], {}, about) == way
        assert way.act not in {it.act for it in others(way.act, about) if len(others(way.act, about)) > 1}


def test_what_cannot_be_done_there_is_looked_at():
    board = About(Rule.OUT, "B", "BCS", supplied=False)
    nowhere = About(Rule.EXPIRED, "F", "BCS", lot_id=None)

    assert proposed(Act.ORDER, {}, board).path == "/f/B/plan/items/BCS"
    assert proposed(Act.WRITE_OFF, {}, nowhere).path == "/f/F/items/BCS/card"
    assert proposed(Act.REDISTRIBUTE, {}, nowhere).act == Act.LOOK
    assert proposed(Act.LOOK, {}, About(Rule.OUT, "F", "BCS")).path == "/f/F/shipments#incoming"
    assert proposed(Act.LOOK, {}, About(Rule.LOSS, "F", "BCS", subject=str(uuid4()))).path.startswith("/documents/")
    assert proposed(Act.LOOK, {}, About(Rule.OVER, "F", "BCS")).path == "/f/F/items/BCS/forecast"


def test_the_user_of_a_station_that_gives_nothing_to_clients_issues(site: Site):
    with transaction(site.engine) as session:
        a_user(session, site.tree.district)
        (view,) = views(session, [an_alert(session, site.tree.district, rule=Rule.SILENT).id or 0])

    assert view.path == f"/f/{site.tree.district.code}/issue"
