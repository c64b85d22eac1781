"""Confirming several shipments from the list at once."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.factories import a_line
from tests.shipments.acts import a_report, a_shipment
from tests.web import Site, form_of, text_of


class Dock:
    """Two shipments of 100 and 40 from the board to the district, and somebody there."""

    def __init__(self, site: Site) -> None:
        self.site, self.tree = site, site.tree
        self.first, self.second = (
            UUID(str(site.add(a_shipment, site.tree.board, site.tree.district, a_line(lot, units), stocked=False)))
            for units in (100, 40)
            for lot in [site.receive(units)]
        )
        self.path = f"/f/{site.tree.district.code}/shipments"
        self.keeper = site.browser(site.tree.district)

    def tick(self, *uuids: UUID) -> dict[str, str]:
        units = {self.first: "100", self.second: "40"}
        return form_of(self.keeper.get(self.path)) | {f"shipment-{it}": units[it] for it in uuids}


@pytest.fixture
def dock(site: Site) -> Dock:
    return Dock(site)


def test_none_is_ticked_at_first_and_that_is_said(dock: Dock):
    assert not [name for name in dock.tick() if name.startswith("shipment-")]

    answer = dock.keeper.post(dock.path, data=dock.tick())

    assert answer.status_code == 422
    assert "No shipment is chosen" in text_of(answer)


def test_those_ticked_are_taken_into_stock_once(dock: Dock):
    typed = dock.tick(dock.first, dock.second)

    for _ in range(2):
        answer = dock.keeper.post(dock.path, data=typed)
        assert answer.status_code == 303
        assert "Confirmed as sent: 2" in text_of(dock.keeper.get(answer.headers["location"]))
    assert dock.site.on_hand(dock.tree.district) == 140


def test_one_that_changed_meanwhile_holds_all_of_them_back_and_is_named(dock: Dock):
    typed = dock.tick(dock.first, dock.second)
    taken_back = {"reason": "sent_by_mistake", "note": "gửi nhầm"}
    sender = dock.site.browser(dock.tree.board)
    back = f"/f/{dock.tree.board.code}/shipments/{dock.first}/call-back"
    assert sender.post(back, data=form_of(sender.get(back)) | taken_back).status_code == 303

    answer = dock.keeper.post(dock.path, data=typed)

    assert answer.status_code == 409
    assert "PX-2026-00001: Ban Quản lý thành phố took this shipment back" in text_of(answer)
    assert dock.site.on_hand(dock.tree.district) == 0


def test_a_figure_that_is_no_longer_so_is_told_by_its_row(dock: Dock):
    answer = dock.keeper.post(dock.path, data=dock.tick(dock.second) | {f"shipment-{dock.first}": "99"})

    assert answer.status_code == 409
    assert f'href="#shipment-{dock.first}"' in answer.text
    assert dock.site.on_hand(dock.tree.district) == 0


def test_what_is_disputed_stays_so(dock: Dock):
    dock.site.add(a_report, dock.first, dock.tree.district)

    assert f"shipment-{dock.first}" not in dock.keeper.get(dock.path).text


def test_a_shipment_to_somebody_else_is_none(dock: Dock):
    there = f"/f/{dock.tree.board.code}/shipments"
    answer = dock.site.browser(dock.tree.board).post(there, data=dock.tick(dock.first))

    assert answer.status_code == 404
    assert dock.site.on_hand(dock.tree.district) == 0


@pytest.mark.parametrize("name", ["shipment-x", "shipment-00000000-0000-0000-0000-000000000000"])
def test_what_no_page_has_ticked_is_refused(dock: Dock, name):
    assert dock.keeper.post(dock.path, data=dock.tick() | {name: "1"}).status_code in (404, 422)


def test_who_only_reads_is_offered_no_boxes(dock: Dock):
    viewer = dock.site.browser(dock.tree.district, role="viewer")

    assert "arrived as sent" not in text_of(viewer.get(dock.path))
    assert viewer.post(dock.path, data=dock.tick(dock.first)).status_code == 403
