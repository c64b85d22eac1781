"""The pages of plans, as people of known rights use them."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlencode

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from lmis.stock.documents import Kind
from tests.factories import a_document, a_facility, a_forecast, a_line, a_price, an_item, id_of
from tests.planning.world import SOURCE, a_factor, an_entry, stated
from tests.web import Site, form_of, text_of

AUGUST = date(2026, 8, 31)


class Office:
    """A district whose commune gives out condoms, and people of the board and the district."""

    def __init__(self, site: Site) -> None:
        self.site, self.tree, self.condom = site, site.tree, site.condom
        self.pill = site.add(an_item, "Viên uống", code="VU", method="pill", unit="cycle")
        site.add(a_factor, self.condom, "0.0083333333")
        site.add(a_factor, self.pill, "0.0666666667")
        self.path = f"/f/{self.tree.district.code}"
        self.manager = site.browser(self.tree.district, role="manager")
        self.storekeeper = site.browser(self.tree.district)

    def used(self, quantity: int = 300) -> None:
        """September and October at the commune."""
        lot = self.site.receive(2_000, at=self.tree.commune, on=AUGUST)
        for month in (9, 10):
            out = a_document(self.tree.commune, a_line(lot, quantity), kind=Kind.DISPENSE, on=date(2026, month, 15))
            self.site.post(out)

    def forecast(self, mean: float = 300.0) -> None:
        self.site.add(a_forecast, self.tree.district, self.condom, means=[mean] * 12)

    def state(self, **more: str) -> None:
        shares = {id_of(self.condom): "1", id_of(self.pill): "1"}
        entry = an_entry(self.tree.district, {"condom": "0.4", "pill": "0.6"}, shares, women=100, **more)  # type: ignore[arg-type]
        self.site.add(stated, entry)

    def typed(self, **more: str) -> dict[str, str]:
        """A whole form of figures, changed by what is given."""
        return {
            **form_of(self.manager.get(f"{self.path}/population/enter")),
            "women": "4.250",
            "women_source": SOURCE,
            "prevalence": "67,5",
            "prevalence_source": SOURCE,
            "methods_source": SOURCE,
            "method-condom": "40",
            "method-pill": "60,0 %",
            "brands_source": SOURCE,
            f"brand-{self.condom.id}": "100",
            f"brand-{self.pill.id}": "100",
        } | more  # fmt: skip

    def enter(self, browser: TestClient | None = None, **more: str) -> Response:
        return (browser or self.manager).post(f"{self.path}/population/enter", data=self.typed(**more))

    def plan(self, browser: TestClient | None = None, **more: str) -> Response:
        path = f"{self.path}/plan/shipments/new"
        typed = form_of(self.manager.get(path)) | {"item": "BCS", "month": "03/2027", "quantity": "1.440"} | more
        return (browser or self.manager).post(path, data=typed)


@pytest.fixture
def office(site: Site) -> Office:
    return Office(site)


class TestEnteringFigures:
    def test_they_are_in_force_at_once(self, office: Office):
        answer = office.enter(target="72", target_source="Kế hoạch")

        assert answer.status_code == 303
        text = text_of(office.manager.get(answer.headers["location"]))
        assert "The figures of 2026 are in force." in text
        assert f"Women of reproductive age (15–49) 4,250 ({SOURCE})" in text
        assert f"Modern contraceptive prevalence 67.5 % ({SOURCE})" in text
        assert "The plan’s target 72.0 % (Kế hoạch)" in text

    def test_a_sum_that_is_not_whole_says_what_is_missing_and_keeps_what_was_typed(self, office: Office):
        answer = office.enter(**{"method-pill": "52"})

        assert answer.status_code == 422
        assert "92.0 %: 8.0 % of all users are missing" in text_of(answer)
        assert form_of(answer)["women"] == "4.250"
        assert 'href="#method-condom"' in answer.text

    def test_a_figure_without_a_source_is_refused(self, office: Office):
        for field in ("prevalence_source", "methods_source", "brands_source"):
            answer = office.enter(**{field: ""})
            assert answer.status_code == 422
            assert "Say where the figure comes from" in text_of(answer)

    def test_a_figure_may_have_a_source_of_its_own(self, office: Office):
        office.enter(**{"method-source-pill": "Khảo sát 2024"})

        assert "Khảo sát 2024" in text_of(office.manager.get(f"{office.path}/population"))

    @pytest.mark.parametrize(
        ("field", "text", "said"),
        [
            ("prevalence", "-5", "is negative"),
            ("prevalence", "167", "more than 100 percent"),
            ("women", "x", "not a whole number"),
            ("women", "", "Women of reproductive age (15–49): This is empty"),
            ("method-pill", "x", "Combined oral contraceptive pill: “x” is not a percentage"),
            ("year", "1890", "not a year from 2011 to 2041"),
            ("method-condom", "٣", "digits 0–9"),
            ("year", "9" * 40, "not a year"),
        ],
    )
    def test_what_cannot_be_read_is_told_by_its_field(self, office: Office, field: str, text: str, said: str):
        answer = office.enter(**{field: text})

        assert answer.status_code == 422
        assert said in text_of(answer)

    def test_new_figures_begin_with_the_last_ones_and_leave_them_in_the_history(self, office: Office):
        office.enter()
        assert form_of(office.manager.get(f"{office.path}/population/enter?year=2027"))["prevalence"] == "67,5"
        office.enter(women="5.000")

        text = text_of(office.manager.get(f"{office.path}/population/history"))
        assert "5,000" in text
        assert "4,250" in text
        assert "replaced" in text

    def test_who_only_keeps_the_store_reads_and_enters_nothing(self, office: Office):
        page = office.storekeeper.get(f"{office.path}/population")

        assert page.status_code == 200
        assert "Enter the figures" not in text_of(page)
        assert office.storekeeper.get(f"{office.path}/population/enter").status_code == 403
        assert office.enter(office.storekeeper).status_code == 403

    def test_those_of_another_place_are_not_there_for_them(self, office: Office):
        commune = office.site.browser(office.tree.commune, role="manager")

        assert commune.get(f"{office.path}/population").status_code == 404
        assert commune.get(f"{office.path}/plan").status_code == 404

    def test_a_collaborator_is_sent_to_the_facility_above(self, office: Office):
        answer = office.manager.get(f"/f/{office.tree.collaborator.code}/population/enter")

        assert answer.status_code == 409
        assert "Enter them at the facility above" in text_of(answer)


class TestNeedBesideUse:
    def test_the_need_stands_beside_what_was_given_out_and_is_forecast(self, office: Office):
        office.used()
        office.forecast()
        office.state()

        text = text_of(office.manager.get(f"{office.path}/population"))
        # 100 women × 60 % × 40 % × 120 a year; September to December are a third of it
        assert "Compared over 5 months of 2026: 3 that are over" in text
        assert "Bao cao su (piece) 2,880 24 1,200 600 600 0 (0 %) The two agree within a fifth." in text
        assert "Viên uống (cycle) 540 36 225 0 0 −225 (−100 %) None is given out and none is forecast" in text

    def test_a_gap_says_what_it_may_mean(self, office: Office):
        office.used(10)
        office.state()

        assert "Less is given out than people would need" in text_of(office.manager.get(f"{office.path}/population"))

    def test_the_next_year_is_compared_over_the_months_that_are_forecast(self, office: Office):
        office.forecast()
        office.state(year=2027)  # type: ignore[arg-type]

        text = text_of(office.manager.get(f"{office.path}/population?year=2027"))
        assert "Compared over 10 months of 2027: 0 that are over" in text
        assert "Bao cao su (piece) 2,880 24 2,400 0 3,000 600 (25 %) More is given out than people would need" in text

    def test_a_forecast_that_falls_short_is_not_blamed_on_nobody_having_been_out(self, office: Office):
        office.forecast(100.0)
        office.state(year=2027)  # type: ignore[arg-type]

        text = text_of(office.manager.get(f"{office.path}/population?year=2027"))
        assert "Less is forecast than people would need." in text

    def test_a_target_says_what_it_takes(self, office: Office):
        office.site.add(a_price, office.condom, 500)
        office.state(target="0.72")

        text = text_of(office.manager.get(f"{office.path}/population?target=75"))
        assert "75.0 % 75 15 360,000" in text.replace("\xa0", " ").replace(" ₫", "")
        assert "72.0 % the plan’s target 72 12" in text
        assert "Item by item at 75.0 %" in text
        assert "Bao cao su (piece) 2,880 3,600 720" in text

    def test_a_board_names_those_whose_figures_it_lacks(self, office: Office):
        office.site.add(a_facility, "Trung tâm Y tế quận 2", level="district", parent=office.tree.board)
        office.state()

        text = text_of(office.site.browser(role="manager").get(f"/f/{office.tree.board.code}/population"))
        assert "1 of 2 have none" in text
        assert "Trung tâm Y tế quận 2 not entered" in text

    @pytest.mark.parametrize("query", ["year=x", "year=0", "target=170", "target=%25"])
    def test_strange_questions_are_answered_with_a_page(self, office: Office, query: str):
        assert office.manager.get(f"{office.path}/population?{query}").status_code == 422


class TestWhatIf:
    def ask(self, office: Office, **typed: str) -> str:
        answer = office.manager.get(f"{office.path}/what-if?{urlencode(typed)}")
        assert answer.status_code == 200, text_of(answer)
        return text_of(answer)

    @pytest.fixture(autouse=True)
    def known(self, office: Office) -> None:
        office.forecast()
        office.site.add(a_forecast, office.tree.district, office.pill, means=[40.0] * 12)
        office.state()

    def order(self, text: str, item: str) -> list[int]:
        """Order now, order then, change."""
        found = re.search(rf"{item} \(\w+\).*? \+ .*? \+ [\d,.]+ ([\d,]+) ([\d,]+) ([+−]?[\d,]+)", text)
        assert found, text
        return [int(it.replace(",", "").replace("−", "-").replace("+", "")) for it in found.groups()]

    def test_unchanged_it_shows_the_order_as_it_stands(self, office: Office):
        text = self.ask(office)

        assert "As it stands" in text
        assert "Order then" not in text

    def test_more_users_make_a_larger_order(self, office: Office):
        text = self.ask(office, prevalence="66")

        assert "Users of modern methods: 66 instead of 60." in text
        now, then, more = self.order(text, "Bao cao su")
        assert (now, then, more) == (614, 720, 106)  # five packs, where 675 are needed

    def test_another_mix_moves_the_order_from_one_method_to_the_other(self, office: Office):
        text = self.ask(office, **{"method-condom": "60", "method-pill": "40"})

        assert self.order(text, "Bao cao su")[2] > 0 > self.order(text, "Viên uống")[2]

    def test_a_mix_that_is_not_whole_is_refused(self, office: Office):
        answer = office.manager.get(f"{office.path}/what-if?method-condom=50")

        assert answer.status_code == 422
        assert "which is 10.0 % too much" in text_of(answer)
        assert "As it stands" in text_of(answer)

    def test_an_item_that_cannot_be_had_has_to_be_ordered_for_those_months_too(self, office: Office):
        text = self.ask(office, item="BCS", months="3")

        now, then, _ = self.order(text, "Bao cao su")
        assert then > 2 * now
        assert "There is no other item of the method to change over to." in text

    def test_its_users_change_over_to_the_others_of_its_method(self, office: Office):
        other = office.site.add(an_item, "Vỉ khác", code="VK", method="pill", unit="cycle")
        office.site.add(a_factor, other, "0.0666666667")
        office.site.add(a_forecast, office.tree.district, other, means=[10.0] * 12)

        text = self.ask(office, item="VU", months="3")
        assert "Its users are taken to change over to the other items of the method." in text
        assert self.order(text, "Vỉ khác")[2] > 0

    def test_nothing_of_it_is_kept(self, office: Office):
        self.ask(office, prevalence="80", item="BCS", months="3")

        assert "Now 60.0 %." in self.ask(office)

    @pytest.mark.parametrize(
        "query", ["item=BCS", "item=none&months=3", "months=99&item=BCS", "prevalence=x", "year=1"]
    )
    def test_what_cannot_be_read_is_told(self, office: Office, query: str):
        assert office.manager.get(f"{office.path}/what-if?{query}").status_code == 422

    def test_without_figures_of_the_people_only_an_item_can_be_taken_away(self, office: Office):
        text = self.ask(office, year="2027", item="BCS", months="2")

        assert "There are no figures of the population of 2027" in text
        assert self.order(text, "Bao cao su")[2] > 0


class TestTheSupplyPlan:
    def test_it_says_what_to_order_when_and_what_it_costs(self, office: Office):
        office.used()
        office.forecast()
        office.site.add(a_price, office.condom, 500)

        text = text_of(office.manager.get(f"{office.path}/plan")).replace("\xa0", " ")
        assert "24 months from 11/2026" in text
        assert "Without an order it runs out in 04/2027." in text
        assert "All that has a price" in text
        assert re.search(r"01/2027 Bao cao su [\d,]+ piece 02/2027 [\d,]+ ₫", text)

    def test_an_item_has_a_picture_and_a_table_of_every_month(self, office: Office):
        office.used()
        office.forecast()

        answer = office.manager.get(f"{office.path}/plan/items/BCS")
        assert "<title" in answer.text.partition("<main")[2]
        assert answer.text.count('<th scope="row">') >= 24
        assert " style=" not in answer.text
        assert "11/2026 1,400 0 0 110 110 0 0 1,290 4.3 600 1,800" in text_of(answer)

    def test_it_comes_as_files_too(self, office: Office):
        office.forecast()

        csv = office.manager.get(f"{office.path}/plan.csv")
        assert csv.text.count("\n") == 25
        assert office.manager.get(f"{office.path}/plan.xlsx").content.startswith(b"PK")
        assert office.manager.get(f"{office.path}/plan.pdf").status_code == 404

    def test_without_anything_it_says_what_will_be_here(self, office: Office):
        text = text_of(office.manager.get(f"{office.path}/plan"))

        assert "No forecast has been made yet." in text
        assert "Nothing is in stock, on the way or forecast here yet." in text

    def test_an_unknown_item_is_not_there(self, office: Office):
        assert office.manager.get(f"{office.path}/plan/items/x%00").status_code == 404
        assert office.manager.get(f"{office.path}/plan/items/a/b").status_code == 404
        assert "Nothing of it is in stock" in text_of(office.manager.get(f"{office.path}/plan/items/VU"))


class TestPlanningShipments:
    def test_one_is_on_the_plan_until_it_is_taken_off(self, office: Office):
        answer = office.plan(note="Hợp đồng 12")

        assert answer.status_code == 303
        page = office.manager.get(answer.headers["location"])
        assert "03/2027 Bao cao su 1,440 piece not known Hợp đồng 12" in text_of(page)
        (action,) = re.findall(r'action="([^"]*/take-back)"', page.text)
        for _ in range(2):
            assert office.manager.post(action, data={"x": "1"}).status_code == 303
        assert "No shipment from the supplier is planned." in text_of(office.manager.get(f"{office.path}/plan"))

    def test_what_is_wrong_is_told_and_what_was_typed_is_kept(self, office: Office):
        for wrong in (
            {"quantity": "0"},
            {"item": ""},
            {"item": "x"},
            {"month": "13/2027"},
            {"expires_on_month": "2/2027"},
        ):
            answer = office.plan(**wrong)
            assert answer.status_code == 422
            assert form_of(answer)["quantity"] == wrong.get("quantity", "1.440")

    def test_an_order_that_is_proposed_can_be_planned_with_a_click(self, office: Office):
        office.used()
        office.forecast()

        page = office.manager.get(f"{office.path}/plan/items/BCS").text
        (link, *_) = re.findall(r'href="([^"]*/plan/shipments/new\?[^"]*)"', page)
        typed = form_of(office.manager.get(link.replace("&amp;", "&")), f"{office.path}/plan/shipments/new")
        assert (typed["item"], typed["month"]) == ("BCS", "02/2027")

    def test_who_may_not_approve_plans_nothing(self, office: Office):
        assert office.storekeeper.get(f"{office.path}/plan/shipments/new").status_code == 403
        assert office.plan(office.storekeeper).status_code == 403
        assert office.storekeeper.post(f"{office.path}/plan/shipments/1/take-back", data={"x": "1"}).status_code == 403
        assert "Plan a shipment" not in text_of(office.storekeeper.get(f"{office.path}/plan"))

    def test_a_number_beyond_what_is_kept_is_not_there(self, office: Office):
        for number in ("999", "9" * 30, "x"):
            answer = office.manager.post(f"{office.path}/plan/shipments/{number}/take-back", data={"x": "1"})
            assert answer.status_code == 404


class TestTheMenu:
    def test_plans_are_offered_where_they_make_sense(self, office: Office):
        def offered(at: str) -> list[str]:
            page = office.manager.get(f"/f/{at}").text
            return [name for name in ("plan", "population", "what-if") if f'href="/f/{at}/{name}"' in page]

        assert offered(office.tree.district.code) == ["plan", "population", "what-if"]
        assert offered(office.tree.collaborator.code) == []
