"""The page of what to transfer between facilities, as people of known rights see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from html import unescape

import pytest
from httpx2 import Response

from lmis.alerts.redistribution_lines import Line
from lmis.alerts.redistribution_page import givers, sums, why
from lmis.catalog.models import Item
from lmis.i18n import Name
from lmis.network.models import Facility
from tests.alerts.district import IN_60_DAYS, District
from tests.factories import NOW, an_item
from tests.web import Site, form_of, text_of

ADDRESS = "/f/{}/redistribution"
PARENT, GIVER, TAKER = 1, 2, 3


def a_line(**more: object) -> Line:
    line = Line(
        NOW, PARENT, GIVER, TAKER, 7, 11, "free", 50, 50, 20, 600, 0, None, "A/1", "Trạm A", "B", "Trạm B", "L1",
        IN_60_DAYS, "BCS", Name("Bao cao su", "Condom"), "piece", Name("Cấp miễn phí", "Free"), "bao cao su", 600,
    )  # fmt: skip
    return line._replace(**more)


def said(line: Line) -> str:
    return " ".join(str(it) for it in why(line))


class TestTheReason:
    def test_what_expires_and_since_when_the_receiver_is_out(self):
        assert said(a_line(out_since=date(2026, 11, 2))) == (
            "They would expire unused where they are, on 19/01/2027. "
            "The receiver has had none since 02/11/2026. It lacks 20 of them to its minimum."
        )

    def test_a_part_that_expires_and_a_shelf_that_is_low(self):
        assert said(a_line(saves=30, usable=4)) == (
            "30 of them would expire unused where they are, on 19/01/2027. "
            "The receiver has 4. It lacks 20 of them to its minimum."
        )

    def test_what_is_too_much_and_a_shelf_that_was_never_filled(self):
        assert said(a_line(saves=0, fills=50)) == (
            "More lies there than its maximum. The receiver has none. It lacks all of them to its minimum."
        )

    def test_what_is_used_elsewhere_in_time(self):
        assert said(a_line(fills=0)).endswith("It uses them before they expire.")


class TestTrips:
    def test_all_that_goes_one_way_is_one_form_with_no_more_than_is_left(self):
        lines = [a_line(), a_line(lot_id=12, channel="free", quantity=9, left=4), a_line(lot_id=13, left=0)]
        ((trip,),) = (it.trips for it in givers(lines, PARENT, may_post=True))

        assert trip.path == "/f/A%2F1/transfer?to=B&lot=11&channel=free&quantity=50&lot=12&channel=free&quantity=4"
        assert len(trip.lines) == 3

    @pytest.mark.parametrize(
        ("place", "may_post", "opens", "asks"),
        [(PARENT, True, True, False), (GIVER, True, True, False), (TAKER, True, False, True),
         (PARENT, False, False, False)],
    )  # fmt: skip
    def test_only_who_may_record_it_there_gets_the_form(self, place: int, may_post: bool, opens: bool, asks: bool):
        ((trip,),) = (it.trips for it in givers([a_line()], place, may_post=may_post))

        assert (bool(trip.path), trip.asks) == (opens, asks)

    def test_nothing_left_is_no_trip(self):
        ((trip,),) = (it.trips for it in givers([a_line(left=0)], PARENT, may_post=True))

        assert trip.path is None

    def test_items_are_added_up_and_facilities_counted_once(self):
        other = a_line(item_code="VIÊN", item_sort="a", to_id=9, saves=0, fills=0)
        low, high = sums([a_line(), a_line(lot_id=12, quantity=5, saves=1, fills=5), other])

        assert (high.quantity, high.saves, high.fills, high.shelves) == (55, 51, 25, 1)
        assert (low.quantity, low.saves, low.fills, low.shelves) == (50, 0, 0, 0)


class Desk:
    """Someone at a facility of a district whose plan was made last night."""

    def __init__(self, site: Site, *, plan: bool = True) -> None:
        self.site, self.place = site, District(site)
        if plan:
            self.place.evaluate()

    def page(self, at: Facility, role: str = "storekeeper", language: str = "en", query: str = "") -> Response:
        answer = self.site.browser(at, role=role, language=language).get(ADDRESS.format(at.code) + query)
        assert answer.status_code == 200
        return answer

    def forms(self, page: Response) -> Sequence[str]:
        return [unescape(it) for it in re.findall(r'href="([^"]*/transfer\?[^"]*)"', page.text)]


class TestThePage:
    def test_a_plan_is_told_by_giver_and_receiver_with_its_reasons_and_sums(self, site: Site):
        desk = Desk(site)
        text = text_of(desk.page(desk.place.district))

        assert "Transfers proposed: 1, of lots: 1, as the stock stood on 20/11/2026 10:00." in text
        assert f"From {desk.place.full.name}" in text
        assert f"To {desk.place.empty.name} · Fill in the transfer" in text
        assert re.search(r"Bao cao su, SẮP HẾT ?Free of charge 19/01/2027 \d+ piece They would expire unused", text)
        assert "The receiver has had none since 02/11/2026." in text
        assert "Changed since" not in text

    def test_its_link_opens_the_givers_form_filled_in(self, site: Site):
        desk = Desk(site)
        (form,) = desk.forms(desk.page(desk.place.district))
        browser = site.browser(desk.place.district)
        typed = form_of(browser.get(form))
        ((*_, quantity, _, _),) = desk.place.proposals()

        assert typed["counterparty"] == str(desk.place.empty.id)
        assert typed[f"quantity-{site.condom.id}-free"] == str(quantity)
        answer = browser.post(form.partition("?")[0], data=typed)
        assert form_of(answer)[f"lot-{desk.place.lot.id}-free"] == str(quantity)

    def test_the_giver_sees_its_lines_and_the_receiver_is_told_whom_to_ask(self, site: Site):
        desk = Desk(site)
        giver, receiver = desk.page(desk.place.full), desk.page(desk.place.empty)

        assert len(desk.forms(giver)) == 1
        assert desk.forms(receiver) == []
        assert "Ask them, or who supplies you both, to send it." in text_of(receiver)
        assert "Ask them" not in text_of(giver)

    def test_who_may_only_look_gets_no_form(self, site: Site):
        desk = Desk(site)

        assert desk.forms(desk.page(desk.place.district, role="viewer")) == []

    def test_stock_that_changed_since_is_said(self, site: Site):
        desk = Desk(site)
        desk.place.send(590)
        page = desk.page(desk.place.district)

        assert "Changed since: 10 of this lot are on hand there now, no longer 600." in text_of(page)
        assert desk.forms(page)[0].endswith("quantity=10")

    def test_without_a_plan_it_says_what_will_be_here(self, site: Site):
        desk = Desk(site, plan=False)

        assert "No transfer is proposed now." in text_of(desk.page(desk.place.district))

    def test_a_long_plan_comes_in_parts(self, site: Site, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("lmis.alerts.routes_redistribution.GIVERS", 1)
        desk = Desk(site, plan=False)
        item = site.add(an_item, "Viên uống")
        assert isinstance(item, Item)
        third = desk.place.lacks_another(item)
        desk.place.evaluate()

        pages = [text_of(desk.page(desk.place.district, query=query)) for query in ("", "?part=99")]
        assert ["Part 1 of 2" in pages[0], "Part 2 of 2" in pages[1]] == [True, True]
        assert [f"From {it.name}" in page for page in pages for it in (third, desk.place.full)] == [
            True, False, False, True,
        ]  # fmt: skip

    def test_others_places_are_not_shown(self, site: Site):
        desk = Desk(site)

        assert site.browser(desk.place.empty).get(ADDRESS.format(desk.place.full.code)).status_code == 404


class TestTheFile:
    def test_every_line_is_a_row(self, site: Site):
        desk = Desk(site)
        address = ADDRESS.format(desk.place.district.code) + ".csv"
        answer = site.browser(desk.place.district).get(address)
        head, row = answer.content.decode("utf-8-sig").splitlines()
        ((*_, quantity, saves, fills),) = desk.place.proposals()
        found = dict(zip(head.split(","), row.split(","), strict=True))

        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert (found["from"], found["to"], found["lot"]) == (desk.place.full.code, desk.place.empty.code, "SẮP HẾT")
        assert (found["quantity"], found["saves"], found["fills"]) == (str(quantity), str(saves), str(fills))
        assert (found["expires_on"], found["receiver_out_since"], found["on_hand_now"]) == (
            "2027-01-19",
            "2026-11-02",
            "600",
        )
