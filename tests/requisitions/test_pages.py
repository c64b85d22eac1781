"""The pages of requisitions, as people of known rights use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from lmis.accounts.scope import place_of
from lmis.config import settings
from lmis.db import reader, transaction
from lmis.network.models import Facility
from lmis.requisitions.models import Requisition, RequisitionLine
from lmis.requisitions.worklist import work
from lmis.shipments.queries import on_the_way
from lmis.stock.documents import Kind
from tests.factories import TODAY, a_document, a_forecast, a_line, a_policy, a_user, an_item, id_of
from tests.web import Site, form_of, text_of

AUGUST = date(2026, 8, 31)


class Office:
    """People at the pages of a network where the commune dispenses condoms and the district supplies it."""

    def __init__(self, site: Site) -> None:
        self.site, self.tree = site, site.tree
        self.field = f"{site.condom.id}-free"
        lot = self.lot = site.receive(1_000, at=self.tree.commune, on=AUGUST)
        for month in (9, 10):
            out = a_line(lot, 300)
            site.post(a_document(self.tree.commune, out, kind=Kind.DISPENSE, on=date(2026, month, 15)))
        self.storekeeper = site.browser(self.tree.commune)
        self.manager = site.browser(self.tree.commune, role="manager")
        self.supplier = site.browser(self.tree.district, role="manager")

    def begin(self, browser: TestClient | None = None, at: Facility | None = None, **typed: str) -> str:
        """The page of a requisition just begun."""
        browser, at = browser or self.storekeeper, at or self.tree.commune
        path = f"/f/{at.code}/requisitions/new"
        answer = browser.post(path, data=form_of(browser.get(path)) | typed)
        assert answer.status_code == 303, text_of(answer)
        return answer.headers["location"].partition("?")[0]

    def act(self, browser: TestClient, page: str, act: str, **typed: str) -> Response:
        """A step taken with the page's own form, changed by what is typed."""
        return browser.post(page, data=form_of(browser.get(page)) | {"act": act} | typed)

    def submitted(self, requested: str = "864", **typed: str) -> str:
        page = self.begin()
        answer = self.act(self.storekeeper, page, "submit", **self.asking(requested, "Chiến dịch"), **typed)
        assert answer.status_code == 303, text_of(answer)
        return page

    def authorised(self, requested: str = "864") -> str:
        page = self.submitted(requested)
        assert self.act(self.manager, page, "authorise").status_code == 303
        return page

    def approved(self, requested: str = "864") -> str:
        page = self.above(self.authorised(requested))
        assert self.act(self.supplier, page, "approve").status_code == 303
        return page

    def asking(self, requested: str, reason: str = "") -> dict[str, str]:
        return {f"requested-{self.field}": requested, f"reason-{self.field}": reason}

    def above(self, page: str) -> str:
        """The same requisition on the supplier's pages."""
        return page.replace(f"/f/{self.tree.commune.code}/", f"/f/{self.tree.district.code}/")

    def paper(self, page: str) -> Requisition:
        uuid = UUID(page.rsplit("/", 1)[1])
        with reader(self.site.engine) as session:
            return session.exec(select(Requisition).where(Requisition.uuid == uuid)).one()

    def line(self, page: str) -> RequisitionLine:
        with reader(self.site.engine) as session:
            return session.get_one(RequisitionLine, (self.paper(page).id, id_of(self.site.condom), "free"))

    def coming(self) -> int:
        with reader(self.site.engine) as session:
            return sum(on_the_way(session, [id_of(self.tree.commune)], TODAY).values())


@pytest.fixture
def office(site: Site) -> Office:
    return Office(site)


class TestBeginning:
    def test_the_last_complete_month_is_proposed(self, office: Office):
        typed = form_of(office.storekeeper.get(f"/f/{office.tree.commune.code}/requisitions/new"))

        assert (typed["period"], typed["kind"]) == ("202610", "regular")

    def test_the_paper_shows_the_ledgers_figures_and_an_order(self, office: Office):
        text = text_of(office.storekeeper.get(office.begin()))

        assert "DT-2026-00001" in text
        assert "Days out of stock" in text
        assert "300.0 400 0 900" in text  # AMC, usable, on the way, maximum level
        assert "700 0 0 300 0 0 400 0" in text  # October: opening … closing, stockout days

    def test_a_second_click_leads_to_the_same_paper(self, office: Office):
        path = f"/f/{office.tree.commune.code}/requisitions/new"
        data = form_of(office.storekeeper.get(path))

        places = {office.storekeeper.post(path, data=data).headers["location"] for _ in range(2)}

        assert len(places) == 1

    def test_a_second_regular_one_is_refused_by_name(self, office: Office):
        office.begin()
        path = f"/f/{office.tree.commune.code}/requisitions/new"

        answer = office.storekeeper.post(path, data=form_of(office.storekeeper.get(path)) | {"period": "202609"})

        assert answer.status_code == 409
        assert "DT-2026-00001 for 10/2026 is still open" in text_of(answer)

    def test_a_broken_period_or_kind_is_sent_by_no_page(self, office: Office):
        path = f"/f/{office.tree.commune.code}/requisitions/new"
        data = form_of(office.storekeeper.get(path))

        for wrong in ({"period": "209912"}, {"period": "x"}, {"kind": "gift"}, {"uuid": "1"}):
            assert office.storekeeper.post(path, data=data | wrong).status_code == 422

    def test_who_only_reads_begins_nothing(self, office: Office):
        viewer = office.site.browser(office.tree.commune, role="viewer")
        path = f"/f/{office.tree.commune.code}/requisitions"

        assert viewer.get(f"{path}/new").status_code == 403
        assert "Begin a requisition" not in text_of(viewer.get(path))

    def test_a_closed_facility_begins_nothing(self, office: Office):
        with transaction(office.site.engine) as session:
            session.get_one(Facility, id_of(office.tree.commune)).closed_on = TODAY
        path = f"/f/{office.tree.commune.code}/requisitions/new"

        answer = office.storekeeper.post(path, data=form_of(office.storekeeper.get(path)))

        assert answer.status_code == 409
        assert "was closed on 20/11/2026" in text_of(answer)


class TestWhySoMuchIsProposed:
    """From 20 November on 11 of 30 days at 300 and 12 of 31 at 310 are 230; see test_by_forecast."""

    FIGURES = (300.0, 310.0)

    def words(self, office: Office, language: str = "en") -> str:
        office.site.add(a_forecast, office.tree.commune, office.site.condom, means=self.FIGURES)
        return text_of(office.site.browser(office.tree.commune, language=language).get(office.begin()))

    def test_nothing_is_said_where_nobody_forecasts(self, office: Office):
        text = text_of(office.storekeeper.get(office.begin()))

        assert "forecast" not in text.lower()

    def test_what_the_forecast_would_have_proposed_stands_beside_amc(self, office: Office):
        text = self.words(office)

        assert "9003.0 months 5003 × 144 + 68" in text  # a level of 900 for 3.0 months, and an order of 500
        assert (
            "By average monthly consumption; by the forecast (230 in 0.75 months + 119 in reserve) it would be 0."
        ) in text

    def test_the_forecasts_figures_are_told_where_it_is_followed(self, office: Office, monkeypatch):
        monkeypatch.setattr(settings(), "order_by", "forecast")
        office.site.post(a_document(office.tree.commune, a_line(office.lot, 300), kind=Kind.DISPENSE))

        text = self.words(office)

        assert "350by the forecast 2882 × 144" in text  # a level of 350, of which 100 are there
        assert (
            "Forecast: 230 in 0.75 months + 119 in reserve; by average monthly consumption it would be 864. "
            "See the forecast – Bao cao su"
        ) in text

    def test_it_leads_to_the_forecast_of_its_maker_for_the_supplier_too(self, office: Office):
        office.site.add(a_forecast, office.tree.commune, office.site.condom, means=self.FIGURES)
        page = office.authorised()

        for browser, address in ((office.manager, page), (office.supplier, office.above(page))):
            assert f'href="/f/{office.tree.commune.code}/items/BCS/forecast"' in browser.get(address).text

    def test_it_is_said_where_what_would_expire_is_left_out(self, office: Office, monkeypatch):
        monkeypatch.setattr(settings(), "order_by", "forecast")
        office.site.add(a_policy, office.tree.commune, shelf_life="1")

        assert "No more is proposed than is used before it expires." in self.words(office)

    @pytest.mark.parametrize(
        ("means", "said"),
        [
            ((), "No forecast yet: by average monthly consumption."),
            ((300.0,), "The forecast does not reach far enough: by average monthly consumption."),
        ],
    )
    def test_why_amc_steps_in_is_said(self, office: Office, monkeypatch, means, said):
        monkeypatch.setattr(settings(), "order_by", "forecast")
        monkeypatch.setattr(self, "FIGURES", means, raising=False)

        assert said in self.words(office)

    def test_little_is_told_to_a_tenth(self, office: Office):
        office.site.add(a_forecast, office.tree.commune, office.site.condom, means=(3.0, 3.1))

        assert "by the forecast (2.3 in 0.75 months + 1.2 in reserve)" in text_of(
            office.storekeeper.get(office.begin())
        )


class TestWriting:
    def test_what_is_typed_is_saved(self, office: Office):
        page = office.begin()

        answer = office.act(office.storekeeper, page, "save", **office.asking("1.200", "Chiến dịch"), note="Gấp")

        assert answer.headers["location"] == f"{page}?done=save"
        assert (office.line(page).requested, office.line(page).reason, office.paper(page).note) == (
            1_200,
            "Chiến dịch",
            "Gấp",
        )

    @pytest.mark.parametrize("typed", ["-5", "abc", "1,5", "99999999999", "", "٣"])
    def test_what_is_no_amount_is_refused_by_its_box_and_stays_there(self, office: Office, typed):
        page = office.begin()

        answer = office.act(office.storekeeper, page, "save", **office.asking(typed))

        assert answer.status_code == 422
        assert f'href="#requested-{office.field}"' in answer.text
        assert form_of(answer)[f"requested-{office.field}"] == typed
        assert office.paper(page).version == 1

    def test_a_reason_is_asked_for_where_much_more_is_wanted(self, office: Office):
        page = office.begin()

        answer = office.act(office.storekeeper, page, "submit", **office.asking("5000"))

        assert answer.status_code == 422
        assert "5,000 differs much from the 500 proposed. Say why." in text_of(answer)
        assert f'href="#reason-{office.field}"' in answer.text
        assert form_of(answer)[f"requested-{office.field}"] == "5000"

    def test_an_item_is_added_and_what_was_typed_is_kept(self, office: Office):
        pill = office.site.add(an_item, "Viên uống", method="pill")
        page = office.begin()

        added = {"add_item": str(pill.id), "add_channel": "free"}
        answer = office.act(office.storekeeper, page, "add", **office.asking("900"), **added)

        assert answer.status_code == 303
        assert f"requested-{pill.id}-free" in form_of(office.storekeeper.get(page))
        assert office.line(page).requested == 900

    def test_what_may_not_be_held_is_not_added(self, office: Office):
        implant = office.site.add(an_item, "Que cấy", method="implant")
        with transaction(office.site.engine) as session:
            session.get_one(Facility, id_of(office.tree.commune)).capabilities = ""
        page = office.begin()

        answer = office.act(office.storekeeper, page, "add", add_item=str(implant.id), add_channel="free")

        assert answer.status_code == 409
        assert "may not hold Que cấy" in text_of(answer)

    def test_the_second_saver_sees_both_and_can_save_on_top(self, office: Office):
        page = office.begin()
        opened = form_of(office.manager.get(page))
        office.act(office.storekeeper, page, "save", **office.asking("700"))

        late = office.manager.post(page, data=opened | {"act": "save"} | office.asking("650"))

        text = text_of(late)
        assert late.status_code == 409
        assert re.search(r"Người dùng user\d+ changed requisition DT-2026-00001 at 20/11/2026 10:00", text)
        assert "You typed Stored now Bao cao su · Free of charge 650 700" in text
        assert office.line(page).requested == 700
        again = office.manager.post(page, data=form_of(late) | {"act": "save"})
        assert again.status_code == 303
        assert office.line(page).requested == 650

    def test_what_was_typed_is_shown_even_when_the_paper_has_gone_on(self, office: Office):
        page = office.begin()
        opened = form_of(office.manager.get(page))
        office.act(office.storekeeper, page, "submit", **office.asking("500"))

        late = office.manager.post(page, data=opened | {"act": "save"} | office.asking("650"))

        assert late.status_code == 409
        assert "You typed Stored now Bao cao su · Free of charge 650 500" in text_of(late)

    @pytest.mark.parametrize(
        "wrong", [{"version": "x"}, {"version": ""}, {"act": "burn"}, {"act": ""}, {"requested-x": "1"}]
    )
    def test_what_no_page_sends_is_refused(self, office: Office, wrong):
        page = office.begin()
        data = form_of(office.storekeeper.get(page)) | {"act": "save"} | wrong

        assert office.storekeeper.post(page, data=data).status_code == 422
        assert office.paper(page).version == 1

    def test_an_unknown_line_is_refused(self, office: Office):
        page = office.begin()

        answer = office.act(office.storekeeper, page, "save", **{"requested-999-free": "1"})

        assert answer.status_code == 422
        assert "not on the requisition" in text_of(answer)


class TestHandingUp:
    def test_storekeeper_manager_supplier_and_the_goods_are_on_the_way(self, office: Office):
        office.site.receive(2_000, at=office.tree.district)
        page = office.approved("864")

        answer = office.act(office.supplier, page, "release")

        assert answer.status_code == 303
        assert office.coming() == 864
        text = text_of(office.supplier.get(answer.headers["location"]))
        assert "See the goods issue PX-2026-00001" in text
        assert "Begun 20/11/2026 10:00" in text
        assert all(word in text for word in ("Submitted", "Authorised", "Approved", "Released"))

    def test_a_second_click_on_release_sends_one_shipment(self, office: Office):
        office.site.receive(2_000, at=office.tree.district)
        page = office.approved("864")
        data = form_of(office.supplier.get(page)) | {"act": "release"}
        before = office.site.documents()

        answers = [office.supplier.post(page, data=data) for _ in range(3)]

        assert {answer.status_code for answer in answers} == {303}
        assert (office.site.documents() - before, office.coming()) == (1, 864)

    def test_a_manager_does_not_authorise_what_they_submitted(self, office: Office):
        page = office.begin(office.manager)
        office.act(office.manager, page, "submit", **office.asking("500"))

        answer = office.manager.post(page, data={"version": "2", "act": "authorise"})

        assert answer.status_code == 403
        assert "somebody else has to authorise and approve it" in text_of(answer)
        assert "Authorise it" not in text_of(office.manager.get(page))

    def test_where_the_site_lets_them_they_do(self, office: Office, monkeypatch):
        monkeypatch.setattr(settings(), "own_approval", True)
        page = office.begin(office.manager)
        office.act(office.manager, page, "submit", **office.asking("500"))

        assert office.act(office.manager, page, "authorise").status_code == 303

    def test_a_storekeeper_does_not_authorise(self, office: Office):
        page = office.submitted()

        assert office.storekeeper.post(page, data={"version": "2", "act": "authorise"}).status_code == 403

    def test_the_maker_does_not_approve_on_its_own_pages(self, office: Office):
        page = office.authorised()

        answer = office.manager.post(page, data={"version": "3", "act": "approve"})

        assert answer.status_code == 403
        assert "Only Trung tâm Y tế quận Ba Đình" in text_of(answer)

    def test_steps_out_of_order_say_how_it_stands(self, office: Office):
        page = office.begin()

        answer = office.supplier.post(office.above(page), data={"version": "1", "act": "release"})

        assert answer.status_code == 409
        assert "DT-2026-00001 is being written" in text_of(answer)

    def test_sent_back_with_a_reason_it_is_amended(self, office: Office):
        page = office.authorised()
        silent = office.act(office.supplier, office.above(page), "reject")
        answer = office.act(office.supplier, office.above(page), "reject", why="Thiếu chữ ký")

        assert (silent.status_code, answer.status_code) == (422, 303)
        assert "Thiếu chữ ký" in text_of(office.storekeeper.get(page))
        assert office.act(office.storekeeper, page, "submit").status_code == 303

    def test_either_kind_is_given_up_with_a_reason(self, office: Office):
        regular, urgent = office.begin(), office.begin(kind="emergency")

        assert office.act(office.storekeeper, regular, "skip", why="Đủ hàng").status_code == 303
        assert office.act(office.storekeeper, urgent, "skip", why="Lập nhầm").status_code == 303
        assert {office.paper(it).status for it in (regular, urgent)} == {"skipped"}

    def test_nothing_approved_is_closed_without_a_shipment(self, office: Office):
        page = office.above(office.authorised())
        office.act(office.supplier, page, "approve", **{f"approved-{office.field}": "0"})

        answer = office.act(office.supplier, page, "release")

        assert "nothing was sent" in text_of(office.supplier.get(answer.headers["location"]))
        assert (office.paper(page).status, office.coming()) == ("released", 0)

    @pytest.mark.parametrize("typed", ["-5", "abc", ""])
    def test_what_is_no_amount_is_not_approved(self, office: Office, typed):
        page = office.above(office.authorised())

        answer = office.act(office.supplier, page, "approve", **{f"approved-{office.field}": typed})

        assert answer.status_code == 422
        assert office.paper(page).status == "authorised"

    def test_two_approvers_do_not_write_over_each_other(self, office: Office):
        page = office.above(office.authorised())
        other = office.site.browser(office.tree.district, role="manager")
        opened = form_of(other.get(page)) | {"act": "approve", f"approved-{office.field}": "111"}
        office.act(office.supplier, page, "approve", **{f"approved-{office.field}": "500"})

        late = other.post(page, data=opened)

        assert late.status_code == 409
        assert "Bao cao su · Free of charge 111 500" in text_of(late)
        assert office.line(page).approved == 500


class TestWhoSees:
    def test_maker_and_supplier_see_it_and_nobody_elses_address_leads_there(self, office: Office):
        page = office.submitted()
        elsewhere = page.replace(f"/f/{office.tree.commune.code}/", f"/f/{office.tree.board.code}/")

        assert office.supplier.get(office.above(page)).status_code == 200
        assert office.site.browser(office.tree.board).get(elsewhere).status_code == 404
        assert office.storekeeper.get(office.above(page)).status_code == 404

    def test_an_unknown_one_is_not_there(self, office: Office):
        base = f"/f/{office.tree.commune.code}/requisitions"

        for path in (f"{base}/{uuid4()}", f"{base}/x", f"{base}/{uuid4()}/lines/BCS/free"):
            assert office.storekeeper.get(path).status_code == 404

    def test_who_only_reads_gets_no_boxes_and_no_buttons(self, office: Office):
        page = office.begin()
        viewer = office.site.browser(office.tree.commune, role="viewer")

        assert form_of(viewer.get(page)) == {}
        assert viewer.post(page, data={"version": "1", "act": "save"}).status_code == 403


class TestTheSupplier:
    def test_the_list_from_below_is_filtered_and_holds_no_drafts(self, office: Office):
        base = f"/f/{office.tree.district.code}/requisitions?side=below"
        office.begin(kind="emergency")
        assert "DT-2026" not in text_of(office.supplier.get(base))
        office.authorised()

        assert "DT-2026-00002" in text_of(office.supplier.get(base))
        assert "DT-2026-00002" in text_of(office.supplier.get(f"{base}&state=authorised"))
        assert "DT-2026-00002" not in text_of(office.supplier.get(f"{base}&state=released"))
        assert office.supplier.get(f"{base}&state=nonsense&part=-4").status_code == 200

    def test_approved_quantities_are_prefilled_with_what_was_requested(self, office: Office):
        office.site.receive(2_000, at=office.tree.district)
        page = office.above(office.authorised("700"))

        assert form_of(office.supplier.get(page))[f"approved-{office.field}"] == "700"

    def test_where_too_little_is_there_the_fair_share_is_prefilled_and_marked(self, office: Office):
        office.site.receive(200, at=office.tree.district)
        page = office.above(office.authorised("700"))

        answer = office.supplier.get(page)

        assert form_of(answer)[f"approved-{office.field}"] == "200"
        assert "200▼ fair share: 200" in text_of(answer)

    def test_many_are_approved_and_released_at_once(self, office: Office):
        office.site.receive(200, at=office.tree.district)
        office.authorised("700")
        base = f"/f/{office.tree.district.code}/requisitions"
        waiting = office.supplier.get(f"{base}/approval")
        assert "Less is here than is asked for" in text_of(waiting)

        answer = office.supplier.post(f"{base}/approval", data=form_of(waiting))
        ready = office.supplier.get(answer.headers["location"])
        sent = office.supplier.post(f"{base}/dispatch", data=form_of(ready) | {"act": "release"})

        assert "Approved: 1." in text_of(ready)
        said = office.supplier.get(sent.headers["location"])
        assert "Released: 1." in text_of(said)
        assert "PX-2026-00001 · Trạm Y tế phường Trúc Bạch" in text_of(said)
        picks = re.findall(r'href="([^"]+/shipments/[^"]+/pick)"', said.text)
        assert [office.supplier.get(it).status_code for it in picks] == [200]
        assert office.coming() == 200

    def test_one_of_which_nothing_was_approved_is_closed_and_said_so(self, office: Office):
        page = office.above(office.authorised("700"))
        office.act(office.supplier, page, "approve", **{f"approved-{office.field}": "0"})
        base = f"/f/{office.tree.district.code}/requisitions/dispatch"
        data = form_of(office.supplier.get(base)) | {"act": "release"}

        for _ in range(2):  # a second click tells the same
            sent = office.supplier.post(base, data=data)
            text = text_of(office.supplier.get(sent.headers["location"]))
            assert "Closed without goods, as nothing of them was approved: 1." in text
            assert "Released:" not in text

    def test_what_went_meanwhile_is_named_and_shared_out_anew(self, office: Office):
        lot = office.site.receive(700, at=office.tree.district)
        page = office.approved("700")
        out = a_line(lot, 500, reason="damaged")
        office.site.post(a_document(office.tree.district, out, kind=Kind.LOSS))
        base = f"/f/{office.tree.district.code}/requisitions/dispatch"

        refused = office.supplier.post(base, data=form_of(office.supplier.get(base)) | {"act": "release"})
        single = office.act(office.supplier, page, "release")
        again = office.supplier.post(base, data=form_of(refused) | {"act": "share"})

        said = "Bao cao su (Free of charge): 200 usable units are here, 700 were approved"
        assert (refused.status_code, single.status_code) == (409, 409)
        assert said in text_of(refused)
        row = re.search(r'href="#(paper-[^"]+)"', refused.text)
        assert row
        assert f'id="{row[1]}"' in refused.text
        assert said in text_of(single)
        assert "Share out anew what there is" in text_of(refused)
        assert again.status_code == 303
        assert office.line(page).approved == 200

    def test_none_chosen_is_said_so(self, office: Office):
        base = f"/f/{office.tree.district.code}/requisitions"

        for page, more in (("approval", {}), ("dispatch", {"act": "release"})):
            answer = office.supplier.post(f"{base}/{page}", data={"x": "1"} | more)
            assert answer.status_code == 422
            assert "Tick at least one" in text_of(answer)

    @pytest.mark.parametrize("name", ["paper-x", "paper-00000000-0000-0000-0000-000000000000"])
    def test_what_no_page_has_ticked_is_refused(self, office: Office, name):
        base = f"/f/{office.tree.district.code}/requisitions"

        assert office.supplier.post(f"{base}/approval", data={name: "1"}).status_code in (404, 422)
        assert office.supplier.post(f"{base}/dispatch", data={name: "x", "act": "release"}).status_code in (404, 422)

    def test_a_storekeeper_releases_but_does_not_approve_or_share(self, office: Office):
        office.site.receive(2_000, at=office.tree.district)
        office.approved()
        keeper = office.site.browser(office.tree.district)
        base = f"/f/{office.tree.district.code}/requisitions"
        data = form_of(keeper.get(f"{base}/dispatch"))

        assert keeper.post(f"{base}/approval", data=data).status_code == 403
        assert keeper.post(f"{base}/dispatch", data=data | {"act": "share"}).status_code == 403
        assert keeper.post(f"{base}/dispatch", data=data | {"act": "release"}).status_code == 303

    def test_the_sharing_out_shows_months_before_and_after(self, office: Office):
        office.site.receive(200, at=office.tree.district)
        office.authorised("700")
        base = f"/f/{office.tree.district.code}/requisitions/share"

        answer = office.supplier.get(f"{base}/BCS/free")

        assert "Trạm Y tế phường Trúc Bạch 300.0 700 200 1.3 2.0" in text_of(answer)
        assert answer.text.count("<svg") == 2
        assert office.supplier.get(f"{base}/BCS/market").status_code == 404

    def test_a_line_opens_to_what_lies_under_it(self, office: Office):
        office.authorised("700")
        whole = office.begin(office.supplier, office.tree.district)
        board = office.site.browser(role="manager")

        assert "700, see who asked for it" in text_of(office.supplier.get(whole))
        under = text_of(office.supplier.get(f"{whole}/lines/BCS/free"))
        assert "DT-2026-00001, Trạm Y tế phường Trúc Bạch ● authorised 700" in under
        above = whole.replace(f"/f/{office.tree.district.code}/", f"/f/{office.tree.board.code}/")
        assert "700" in text_of(board.get(f"{above}/lines/BCS/free"))


class TestAStationWithoutAManager:
    def test_the_supplier_finds_what_was_submitted_and_authorises_it(self, office: Office):
        page = office.above(office.submitted())

        found = office.supplier.get(f"/f/{office.tree.district.code}/requisitions?side=below&state=submitted").text
        assert page in found
        assert 'value="authorise"' in office.supplier.get(page).text
        assert office.act(office.supplier, page, "authorise").status_code == 303
        assert office.paper(page).status == "authorised"


class TestTheWorklist:
    def of(self, office: Office, at: Facility, role: str) -> dict[str, tuple[int, str]]:
        with transaction(office.site.engine) as session:
            place = place_of(session, a_user(session, at, role=role), at.code, TODAY)
            return {it.what: (it.count, it.path) for it in work(session, place, TODAY)}

    def test_each_sees_what_they_can_do(self, office: Office):
        maker, supplier = office.tree.commune, office.tree.district
        office.begin()
        assert self.of(office, maker, "storekeeper") == {
            "requisitions are being written": (1, "/requisitions?state=initiated")
        }
        assert self.of(office, maker, "viewer") == {}
        assert self.of(office, supplier, "manager") == {}

    def test_it_goes_from_hand_to_hand(self, office: Office):
        maker, supplier = office.tree.commune, office.tree.district
        page = office.submitted()
        assert self.of(office, maker, "manager") == {
            "requisitions wait to be authorised": (1, "/requisitions?state=submitted")
        }
        assert self.of(office, supplier, "manager") == {
            "requisitions of those below wait to be authorised": (1, "/requisitions?side=below&state=submitted")
        }
        assert self.of(office, maker, "storekeeper") == {}
        office.act(office.manager, page, "authorise")
        assert self.of(office, supplier, "manager") == {
            "requisitions from below wait for approval": (1, "/requisitions/approval")
        }
        office.act(office.supplier, office.above(page), "approve")
        assert self.of(office, supplier, "storekeeper") == {
            "approved requisitions wait for their goods": (1, "/requisitions/dispatch")
        }
        office.act(office.supplier, office.above(page), "reject", why="Sai")
        assert self.of(office, maker, "storekeeper") == {
            "requisitions were sent back": (1, "/requisitions?state=rejected")
        }


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_answers_in_each_language_and_database(each_site: Site, language: str):
    office = Office(each_site)
    each_site.receive(200, at=office.tree.district)
    page = office.authorised("700")
    browser = each_site.browser(office.tree.district, role="manager", language=language)
    base = f"/f/{office.tree.district.code}/requisitions"
    pages: list[str] = ["", "?side=below", "/new", "/approval", "/dispatch", "/share/BCS/free"]
    get: Callable[[str], Response] = browser.get

    assert {get(base + it).status_code for it in pages} == {200}
    assert get(office.above(page)).status_code == 200
    whole = office.begin(office.supplier, office.tree.district)
    assert {get(it).status_code for it in (whole, f"{whole}/lines/BCS/free")} == {200}


def test_an_item_whose_code_holds_a_slash_opens_too(office: Office):
    odd = office.site.add(an_item, "Viên uống", code="VU/28", method="pill")
    page = office.begin()
    office.act(office.storekeeper, page, "add", add_item=str(odd.id), add_channel="free")
    office.act(office.storekeeper, page, "submit", **{f"requested-{odd.id}-free": "30", f"reason-{odd.id}-free": "Mới"})
    office.act(office.manager, page, "authorise")
    base = f"/f/{office.tree.district.code}/requisitions"

    assert f"{base}/share/VU/28/free" in office.supplier.get(f"{base}/approval").text
    assert office.supplier.get(f"{base}/share/VU/28/free").status_code == 200
    whole = office.begin(office.supplier, office.tree.district)
    assert "30" in text_of(office.supplier.get(f"{whole}/lines/VU/28/free"))
