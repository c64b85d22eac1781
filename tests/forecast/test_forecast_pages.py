"""The pages of forecasts, as people of known rights use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import uuid4

import pytest
from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from lmis.catalog.models import Item
from lmis.db import reader
from lmis.forecast.models import Campaign, ForecastOverride
from lmis.forecast.overview import Line
from lmis.i18n import VIETNAM
from lmis.network.models import Facility
from lmis.stock.documents import Kind
from tests.factories import NOW, a_document, a_facility, a_forecast, a_line, a_run, an_item, id_of
from tests.forecast.desk import forecast_pages
from tests.forecast.test_outlook import says
from tests.web import Site, form_of, text_of


class Desk:
    """A network where condoms are forecast at 40 a month for the commune, 60 for its district and 100 for the board.

    The commune had 1,000 of them in August, gave out 30 in September and 35 in October.
    """

    def __init__(self, site: Site) -> None:
        self.site, self.tree, self.item = site, site.tree, site.condom
        lot = site.receive(1_000, at=self.tree.commune, on=date(2026, 8, 3))
        for month, units in ((9, 30), (10, 35)):
            out = a_line(lot, units)
            site.post(a_document(self.tree.commune, out, kind=Kind.DISPENSE, on=date(2026, month, 15)))
        for at, mean in ((self.tree.board, 100), (self.tree.district, 60), (self.tree.commune, 40)):
            self.forecast(at, means=[float(mean)] * 24)
        self.manager = site.browser(self.tree.commune, role="manager")
        self.storekeeper = site.browser(self.tree.commune)
        self.planner = site.browser(self.tree.district, role="manager")

    def forecast(self, at: Facility, item: Item | None = None, **about: object) -> None:
        self.site.add(a_forecast, at, item or self.item, **about)

    def page(self, at: Facility | None = None, item: Item | None = None) -> str:
        return f"/f/{(at or self.tree.commune).code}/items/{(item or self.item).code}/forecast"

    def text(self, path: str, browser: TestClient | None = None) -> str:
        answer = (browser or self.planner).get(path)
        assert answer.status_code == 200, text_of(answer)
        return text_of(answer)

    def typed(self, quantity: str = "55", **more: str) -> dict[str, str]:
        """The override form, filled in."""
        form = form_of(self.manager.get(self.page()), f"{self.page()}/override")
        return form | {"month": "202612", "quantity": quantity, "reason": "Mưa lũ"} | more

    def send(self, typed: dict[str, str], browser: TestClient | None = None) -> Response:
        return (browser or self.manager).post(f"{self.page()}/override", data=typed)

    def overrides(self) -> list[int | None]:
        with reader(self.site.engine) as session:
            return list(session.exec(select(ForecastOverride.quantity).order_by(ForecastOverride.id)))


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


class TestAnItem:
    def test_the_finding_is_the_heading_and_the_name_of_the_picture(self, desk: Desk):
        answer = desk.manager.get(desk.page())

        assert "About 40 a month, between 22 and 58." in text_of(answer)
        assert answer.text.count('aria-label="About 40 a month, between 22 and 58."') == 2

    def test_every_month_ahead_has_its_line(self, desk: Desk):
        text = desk.text(desk.page())

        assert "12/2026 40 22 58 90" in text  # expected, low, high, AMC
        assert "10/2027 40" in text
        assert "11/2027" not in text

    def test_who_buys_sees_two_years(self, desk: Desk):
        assert "10/2028 100" in desk.text(desk.page(desk.tree.board), desk.site.browser())

    def test_the_past_stands_below_with_its_stock(self, desk: Desk):
        assert "10/2026 35 0 935 0 09/2026 30 0 970 0" in desk.text(desk.page())

    def test_the_stock_is_measured_by_what_is_expected(self, desk: Desk):
        """Communes hold one to three months unless something else is set."""
        assert "Stock at the end of 10/2026: 935, beside the minimum of 40 and the maximum of 120" in desk.text(
            desk.page()
        )

    def test_days_out_of_stock_are_shaded_and_said(self, desk: Desk):
        lot = desk.site.receive(10, at=desk.tree.collaborator, on=date(2026, 8, 3))
        out = a_line(lot, 10)
        desk.site.post(a_document(desk.tree.collaborator, out, kind=Kind.DISPENSE, on=date(2026, 9, 20)))
        answer = desk.manager.get(desk.page(desk.tree.collaborator))

        assert "09/2026 10 ■ 11 0" in text_of(answer)
        assert "Shaded: the shelf was empty on some days (3 of 3 months)" in text_of(answer)
        assert '<rect class="out-of-stock"' in answer.text

    def test_the_method_says_why_it_was_chosen_and_how_far_off_each_was(self, desk: Desk):
        text = desk.text(desk.page())

        assert "Global model. No simpler method did clearly better in the backtest." in text
        assert "Average monthly consumption 90 30 Statistical median 95 25 Global model (chosen) 40 20" in text
        assert "the months up to 10/2026, and nothing later" in text

    def test_what_cannot_be_forecast_says_why_and_what_amc_says(self, desk: Desk):
        item = desk.site.add(an_item, "Que cấy", code="QC")
        assert isinstance(item, Item)
        desk.forecast(desk.tree.commune, item, means=(), amc=None, method="none", reason="never_dispensed")

        text = desk.text(desk.page(item=item))
        assert "It has never been dispensed here. There is no average monthly consumption (AMC) either." in text
        assert "Put a figure" not in text

    def test_without_any_forecast_the_average_stands_alone(self, site: Site):
        lot = site.receive(1_000, at=site.tree.commune, on=date(2026, 8, 3))
        site.post(a_document(site.tree.commune, a_line(lot, 30), kind=Kind.DISPENSE, on=date(2026, 10, 15)))
        path = f"/f/{site.tree.commune.code}/items/{site.condom.code}/forecast"
        text = text_of(site.browser(site.tree.commune, role="manager").get(path))

        assert "No forecast has been made yet; the nightly job makes one when a month is over." in text
        assert "The average monthly consumption (AMC) is 10." in text
        assert "months at the average monthly consumption." in text

    def test_an_item_nobody_has_had_is_a_page_too(self, desk: Desk):
        item = desk.site.add(an_item, "Que cấy", code="A/B")
        assert isinstance(item, Item)

        assert "does not know this item here" in desk.text(f"/f/{desk.tree.commune.code}/items/A/B/forecast")

    def test_last_months_verdict_names_the_nearest(self, desk: Desk):
        desk.forecast(desk.tree.commune, means=[31.0] * 12, amc=28.0, as_of=202609)
        before = datetime(2026, 9, 20, tzinfo=VIETNAM)
        desk.site.add(says, desk.tree.commune, desk.item, 36, month=202610, when=before)

        assert (
            "In 10/2026: used 35; AMC said 28, the forecast 31, the planners’ figure 36: "
            "the planners’ figure was nearest." in desk.text(desk.page())
        )

    def test_another_facilitys_is_not_to_be_seen(self, desk: Desk):
        assert desk.manager.get(desk.page(desk.tree.district)).status_code == 404


class TestOverriding:
    def test_a_figure_is_looked_at_before_it_stands(self, desk: Desk):
        checked = desk.send(desk.typed())
        assert checked.status_code == 200
        assert "The forecast says 40 piece Your figure 55 piece" in text_of(checked)
        assert desk.overrides() == []

        kept = desk.send(form_of(checked) | {"step": "post"})
        assert kept.status_code == 303
        assert desk.overrides() == [55]
        assert "12/2026 55 34 76 90 55: Mưa lũ (the forecast said 40)" in desk.text(kept.headers["location"])

    def test_a_second_click_changes_nothing(self, desk: Desk):
        typed = desk.typed(step="post")

        places = {desk.send(typed).headers["location"] for _ in range(2)}
        assert (len(places), desk.overrides()) == (1, [55])

    def test_the_sum_above_says_that_it_was_moved_below(self, desk: Desk):
        desk.send(desk.typed(step="post"))

        text = desk.text(desk.page(desk.tree.district))
        assert "12/2026 75" in text
        assert "moved by figures set below; the forecast said 60" in text

    @pytest.mark.parametrize(
        ("typed", "field", "said"),
        [
            ({"quantity": ""}, "quantity", "must be filled in"),
            ({"quantity": "-5"}, "quantity", "has a sign"),
            ({"quantity": "viele"}, "quantity", "is not a whole number"),
            ({"reason": " "}, "reason", "must be filled in"),
            ({"month": "202610"}, "month", "not among the months ahead"),
            ({"month": "202811"}, "month", "not among the months ahead"),
            ({"month": "x"}, "month", "did not arrive whole"),
        ],
    )
    def test_what_is_wrong_is_said_by_its_field_and_what_was_typed_is_kept(self, desk: Desk, typed, field, said):
        answer = desk.send(desk.typed() | typed)

        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
        assert said in text_of(answer)
        assert typed.get("reason", "Mưa lũ").strip() in answer.text
        assert desk.overrides() == []

    def test_changing_something_leads_back_with_what_was_typed(self, desk: Desk):
        answer = desk.send(desk.typed(step="change"))

        assert form_of(answer, f"{desk.page()}/override")["quantity"] == "55"

    def test_what_is_far_off_is_pointed_out(self, desk: Desk):
        assert "This is very far from the forecast." in text_of(desk.send(desk.typed("4.000")))
        assert "This is very far" not in text_of(desk.send(desk.typed("400")))

    def test_nothing_at_all_may_be_expected(self, desk: Desk):
        assert desk.send(desk.typed("0", step="post")).status_code == 303
        assert desk.overrides() == [0]

    def test_one_is_taken_back_with_a_reason(self, desk: Desk):
        desk.send(desk.typed(step="post"))
        path = f"{desk.page()}/202612/take-back"
        form = form_of(desk.manager.get(path))

        assert desk.manager.post(path, data=form).status_code == 422
        done = desk.manager.post(path, data=form | {"reason": "Đã hoãn"})
        assert done.status_code == 303
        assert desk.manager.post(path, data=form | {"reason": "Đã hoãn"}).status_code == 303  # a second click
        text = desk.text(done.headers["location"])
        assert "12/2026 40 22 58 90" in text
        assert "12/2026 taken back Đã hoãn" in text
        assert "12/2026 55 (no longer holds) Mưa lũ" in text

    def test_what_does_not_stand_cannot_be_taken_back(self, desk: Desk):
        path = f"{desk.page()}/202612/take-back"

        assert desk.manager.get(path).status_code == 404
        answer = desk.manager.post(path, data={"uuid": str(uuid4()), "reason": "x"})
        assert (answer.status_code, "holds already" in text_of(answer)) == (409, True)

    def test_a_storekeeper_reads_but_overrides_nothing(self, desk: Desk):
        assert "Put a figure" not in desk.text(desk.page(), desk.storekeeper)
        assert desk.send(desk.typed(step="post"), desk.storekeeper).status_code == 403
        assert desk.overrides() == []

    def test_a_planner_above_may_override(self, desk: Desk):
        assert desk.send(desk.typed(step="post"), desk.planner).status_code == 303


class TestAccuracy:
    def test_every_way_stands_beside_what_was_used(self, desk: Desk):
        desk.forecast(desk.tree.commune, means=[31.0] * 12, amc=28.0, statistical=30.0, as_of=202609)
        text = desk.text(f"/f/{desk.tree.commune.code}/forecast/accuracy")

        assert "Accuracy of the forecast, 10/2026" in text
        assert "Nearest over all judged items: Published forecast, off by 11.4 % of what was used." in text
        assert "With planners’ figures" not in text  # nobody said any
        assert "Average monthly consumption 1 20.0 % –" in text
        assert "Statistical median 1 14.3 % ▲ 5.7 points 1, 0" in text
        assert "35 28 off by 7 30 off by 5" in text

    def test_a_month_cut_short_is_marked_and_not_judged(self, desk: Desk):
        lot = desk.site.receive(10, at=desk.tree.collaborator, on=date(2026, 8, 3))
        out = a_line(lot, 10)
        desk.site.post(a_document(desk.tree.collaborator, out, kind=Kind.DISPENSE, on=date(2026, 10, 16)))
        desk.forecast(desk.tree.collaborator, means=[31.0] * 12, as_of=202609)
        text = desk.text(f"/f/{desk.tree.collaborator.code}/forecast/accuracy")

        assert "10 ■ cut short" in text
        assert "not judged" in text

    def test_an_earlier_month_can_be_chosen(self, desk: Desk):
        for as_of in (202608, 202609):
            desk.forecast(desk.tree.commune, means=[31.0] * 12, as_of=as_of)
        path = f"/f/{desk.tree.commune.code}/forecast/accuracy"

        assert "Accuracy of the forecast, 09/2026" in desk.text(f"{path}?month=202609")
        assert desk.planner.get(f"{path}?month=202611").status_code == 404

    def test_before_the_first_month_is_over_the_page_says_what_will_be_there(self, desk: Desk):
        assert "No month that is over has been forecast yet." in desk.text(
            f"/f/{desk.tree.commune.code}/forecast/accuracy"
        )

    def test_a_facility_that_was_not_forecast_is_told_so(self, desk: Desk):
        desk.forecast(desk.tree.district, as_of=202609)

        assert "Nothing was forecast" in desk.text(f"/f/{desk.tree.commune.code}/forecast/accuracy")


class TestOverview:
    def test_the_items_of_a_facility_with_how_long_their_stock_lasts(self, desk: Desk):
        text = desk.text(f"/f/{desk.tree.commune.code}/forecast")

        assert "120 40 ▼ −56 % 935 23.4 ◇ Overstock" in text
        assert "Stock of every item reaches the minimum for what is expected." in text

    def test_what_falls_short_of_the_minimum_is_named_first(self, desk: Desk):
        """The district has none of its own."""
        text = desk.text(f"/f/{desk.tree.district.code}/forecast")

        assert "Stock is below the minimum for what is expected: Bao cao su" in text

    def test_the_heat_map_has_a_row_for_each_facility_below(self, desk: Desk):
        desk.site.add(a_facility, "Trạm Y tế phường Quán Thánh", parent=desk.tree.district)
        text = desk.text(f"/f/{desk.tree.district.code}/forecast")

        assert "Facility Bao cao su Trạm Y tế phường Trúc Bạch ▼ −56 %" in text
        assert "Quán Thánh" not in text  # nothing is forecast there

    def test_the_heat_map_shows_months_of_stock_too(self, desk: Desk):
        assert "Trúc Bạch ◇ 23.4" in desk.text(f"/f/{desk.tree.district.code}/forecast?show=stock")

    def test_a_row_leads_one_down(self, desk: Desk):
        answer = desk.site.browser().get(f"/f/{desk.tree.board.code}/forecast")

        assert f'<a href="/f/{desk.tree.district.code}/forecast">' in answer.text

    def test_the_biggest_changes_and_the_worst_errors_are_listed(self, desk: Desk):
        desk.forecast(desk.tree.commune, means=[61.0] * 12, as_of=202609)
        text = desk.text(f"/f/{desk.tree.district.code}/forecast")

        assert "Where use changes most Item Facility Of late, a month (AMC) Expected, a month Change" in text
        assert "Bao cao su Trạm Y tế phường Trúc Bạch 90 40 ▼ −56 %" in text
        assert "Where the forecast of 10/2026 was furthest off" in text
        assert "Bao cao su Trạm Y tế phường Trúc Bạch 35 61 26" in text

    def test_without_a_forecast_the_page_says_when_there_will_be_one(self, site: Site):
        path = f"/f/{site.tree.district.code}/forecast"

        assert "No forecast has been made yet" in text_of(site.browser().get(path))
        site.add(a_run)
        assert "Nothing could be forecast here yet." in text_of(site.browser().get(path))


def a_sight(change: float, amc: float = 100.0) -> Callable[[Desk], Line]:
    def seen(desk: Desk) -> Line:
        from lmis.forecast.overview import overview

        desk.forecast(desk.tree.collaborator, means=[amc * (1 + change)] * 12, amc=amc)
        with reader(desk.site.engine) as session:
            (line,) = overview(session, desk.tree.collaborator, NOW.date()).own
        return line

    return seen


@pytest.mark.parametrize(
    ("change", "amc", "tone"),
    [
        (0.3, 100, "up-much"),
        (0.25, 100, "up-much"),
        (0.2, 100, "up"),
        (0.05, 100, "same"),
        (-0.15, 100, "down"),
        (-0.5, 100, "down-much"),
        (2.0, 0.4, "same"),  # less than a unit a month
        (0.0, 0.0, "none"),
    ],
)
def test_a_change_has_a_tone_by_its_share_and_its_size(desk: Desk, change, amc, tone):
    assert a_sight(change, amc)(desk).change_tone == tone


class TestCampaigns:
    def path(self, desk: Desk) -> str:
        return f"/f/{desk.tree.district.code}/campaigns"

    def flagged(self, desk: Desk, **typed: str) -> Response:
        data = form_of(desk.planner.get(self.path(desk))) | {"name": "Chiến dịch", "last_month": "202612"}
        return desk.planner.post(self.path(desk), data=data | typed)

    def test_one_is_flagged_and_listed(self, desk: Desk):
        done = self.flagged(desk, item="BCS")

        assert done.status_code == 303
        text = desk.text(done.headers["location"])
        assert "The campaign was flagged." in text
        assert "Chiến dịch 11/2026 – 12/2026 to come Bao cao su" in text

    def test_a_fault_is_said_by_its_field_and_what_was_typed_is_kept(self, desk: Desk):
        answer = self.flagged(desk, last_month="202609")

        assert answer.status_code == 422
        assert "ends in 09/2026, before it begins in 11/2026" in text_of(answer)
        assert 'href="#last_month"' in answer.text
        assert form_of(answer, self.path(desk))["name"] == "Chiến dịch"

    @pytest.mark.parametrize("typed", [{"name": ""}, {"first_month": ""}, {"last_month": "x"}])
    def test_what_is_missing_is_refused(self, desk: Desk, typed):
        assert self.flagged(desk, **typed).status_code == 422

    def test_an_unknown_item_is_refused(self, desk: Desk):
        assert self.flagged(desk, item="nowhere").status_code == 404

    def test_one_is_taken_back(self, desk: Desk):
        self.flagged(desk)
        with reader(desk.site.engine) as session:
            uuid = session.exec(select(Campaign.uuid)).one()

        done = desk.planner.post(f"{self.path(desk)}/{uuid}/withdraw", data={"x": "1"})
        assert done.status_code == 303
        assert "No campaign is flagged" in desk.text(done.headers["location"])

    def test_below_it_is_seen_but_not_taken_back(self, desk: Desk):
        self.flagged(desk)
        answer = desk.manager.get(f"/f/{desk.tree.commune.code}/campaigns")

        assert "Chiến dịch" in text_of(answer)
        assert "/withdraw" not in answer.text

    def test_a_storekeeper_flags_nothing(self, desk: Desk):
        path = f"/f/{desk.tree.commune.code}/campaigns"

        assert "Flag a campaign" not in desk.text(path, desk.storekeeper)
        assert desk.storekeeper.post(path, data={"name": "x"}).status_code == 403


def test_a_stock_card_and_the_stock_lead_to_the_forecast(desk: Desk):
    assert desk.page() in desk.storekeeper.get(f"/f/{desk.tree.commune.code}/items/{desk.item.code}/card").text
    assert f'/f/{desk.tree.commune.code}/forecast"' in desk.storekeeper.get(f"/f/{desk.tree.commune.code}/stock").text


def test_a_forecast_of_anybody_else_stays_hidden(desk: Desk):
    for path in ("forecast", "forecast/accuracy", "campaigns"):
        assert desk.manager.get(f"/f/{desk.tree.district.code}/{path}").status_code == 404


def test_the_facility_id_is_that_of_the_address(desk: Desk):
    desk.send(desk.typed(step="post"))

    with reader(desk.site.engine) as session:
        row = session.exec(select(ForecastOverride)).one()
    assert (row.facility_id, row.month, row.set_at) == (id_of(desk.tree.commune), 202612, NOW)


def test_every_page_opens_on_each_database(each_site: Site):
    lot = each_site.receive(1_000, at=each_site.tree.commune, on=date(2026, 8, 3))
    out = a_line(lot, 1_000)
    each_site.post(a_document(each_site.tree.commune, out, kind=Kind.DISPENSE, on=date(2026, 10, 15)))
    paths = forecast_pages(each_site)
    browser = each_site.browser(role="manager")

    assert [browser.get(path).status_code for path in paths] == [200] * len(paths)
    assert "cut short" in text_of(browser.get(f"/f/{each_site.tree.board.code}/forecast/accuracy"))
