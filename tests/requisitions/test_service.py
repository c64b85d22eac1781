"""Beginning, writing and handing up a requisition, on both databases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlmodel import Session, func, select

from lmis.config import settings
from lmis.errors import Forbidden, Refused
from lmis.reports.stock_report import consumption
from lmis.requisitions import refusals, service
from lmis.requisitions.models import Requisition, RequisitionLine, RequisitionStep
from lmis.requisitions.refusals import ChangedMeanwhile
from lmis.requisitions.service import Asked, Writing
from lmis.requisitions.states import EMERGENCY, OutOfOrder, OwnApproval, SayWhy
from lmis.stock.documents import Kind
from lmis.stock.posting import post
from lmis.stock.refusals import FacilityClosed
from tests.factories import NOW, TODAY, a_document, a_facility, a_line, a_lot, a_user, an_item, id_of, under
from tests.requisitions.paper import OCTOBER, Desk, actor

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk.of(session)


def only(refused: pytest.ExceptionInfo[Refused]):
    assert len(refused.value.refusals) == 1
    return refused.value.refusals[0]


class TestBeginning:
    def test_its_figures_are_the_ledgers(self, desk: Desk):
        desk.use(desk.tree.commune, dispensed=300, left=100)

        line = desk.line(desk.begin(desk.tree.commune))

        moved = (line.opening, line.received, line.issued, line.dispensed, line.adjusted, line.lost, line.closing)
        assert moved == (400, 0, 0, 300, 0, 0, 100)
        assert (line.days_out, line.on_hand, line.in_transit, line.unfilled) == (0, 100, 0, 0)
        assert line.amc == Decimal(300)

    def test_the_proposal_fills_up_to_the_maximum_in_whole_packs(self, desk: Desk):
        desk.use(desk.tree.commune, dispensed=300, left=100)

        line = desk.line(desk.begin(desk.tree.commune))

        assert (line.maximum_months, line.maximum_level) == (Decimal(3), 900)
        assert (line.proposed, line.requested) == (6 * 144, 6 * 144)  # 800 units are 5.6 packs

    def test_nothing_is_proposed_where_stock_suffices(self, desk: Desk):
        desk.use(desk.tree.commune, dispensed=10, left=1_000)

        assert desk.line(desk.begin(desk.tree.commune)).proposed == 0

    def test_goods_on_the_way_are_not_asked_for_again(self, desk: Desk):
        desk.use(desk.tree.commune, dispensed=300, left=100)
        lot = a_lot(desk.session, desk.item)
        sent = a_document(desk.tree.district, a_line(lot, 500), kind=Kind.ISSUE, to=desk.tree.commune, shipped=True)
        post(desk.session, [a_document(desk.tree.district, a_line(lot, 500)), sent], today=TODAY, now=NOW)

        line = desk.line(desk.begin(desk.tree.commune))

        assert (line.on_hand, line.in_transit, line.proposed) == (100, 500, 300)

    def test_expired_and_quarantined_stock_is_not_on_hand(self, desk: Desk):
        desk.receive(desk.tree.commune, 7)
        desk.receive(desk.tree.commune, 40, expires_on=YESTERDAY)
        lot = a_lot(desk.session, desk.item)
        held = a_document(desk.tree.commune, a_line(lot, 9, reason="quality_check"), kind=Kind.QUARANTINE)
        post(desk.session, [a_document(desk.tree.commune, a_line(lot, 9)), held], today=TODAY, now=NOW)

        assert desk.line(desk.begin(desk.tree.commune)).on_hand == 7

    def test_a_level_that_does_not_dispense_covers_what_those_under_it_use(self, desk: Desk):
        desk.use(desk.tree.commune, dispensed=300, left=100)
        desk.receive(desk.tree.district, 50)

        line = desk.line(desk.begin(desk.tree.district))

        assert (line.amc, line.dispensed, line.on_hand) == (Decimal(300), 0, 50)

    def test_an_item_its_maker_may_not_hold_is_left_out(self, desk: Desk):
        desk.receive(desk.tree.commune, 10)
        implant = an_item(desk.session, "Que cấy", method="implant")
        desk.receive(desk.tree.commune, 5, item=implant)
        desk.tree.commune.capabilities = ""

        uuid = desk.begin(desk.tree.commune)

        assert service_keys(desk, uuid) == [(id_of(desk.item), "free")]

    def test_numbers_count_up_without_gaps_and_refusals_take_none(self, desk: Desk):
        first = desk.begin(desk.tree.commune)
        with pytest.raises(refusals.OpenRequisition):
            desk.begin(desk.tree.commune, period=202609)
        second = desk.begin(desk.tree.commune, EMERGENCY)

        assert [desk.paper(it).number for it in (first, second)] == [1, 2]

    def test_the_same_form_again_begins_nothing(self, desk: Desk):
        uuid = desk.begin(desk.tree.commune)

        desk.begin(desk.tree.commune, uuid=uuid)

        assert desk.session.exec(select(func.count()).select_from(Requisition)).one() == 1

    def test_one_regular_requisition_is_open_at_a_time_and_the_refusal_names_it(self, desk: Desk):
        desk.begin(desk.tree.commune)

        with pytest.raises(
            refusals.OpenRequisition, match="DT-2026-00001 for 10/2026 is still open: it is being written"
        ):
            desk.begin(desk.tree.commune, period=202609)

    def test_a_period_has_one_regular_requisition(self, desk: Desk):
        uuid = desk.begin(desk.tree.commune)
        who = actor(desk.session, desk.tree.commune)
        service.skip(desk.session, uuid, 1, "Đủ hàng", actor=who, now=NOW)

        with pytest.raises(refusals.PeriodTaken, match="DT-2026-00001"):
            desk.begin(desk.tree.commune)
        assert desk.paper(desk.begin(desk.tree.commune, period=202611)).status == "initiated"

    def test_emergency_requisitions_are_begun_at_any_time_and_change_no_consumption(self, desk: Desk):
        desk.use(desk.tree.commune, dispensed=300, left=100)
        before = consumption(desk.session, id_of(desk.tree.commune), TODAY)

        for _ in range(2):
            desk.asked(desk.tree.commune, 5_000, EMERGENCY)

        assert desk.paper(desk.begin(desk.tree.commune)).kind == "regular"
        assert consumption(desk.session, id_of(desk.tree.commune), TODAY) == before

    def test_what_is_on_order_already_is_not_asked_for_twice(self, desk: Desk):
        desk.use(desk.tree.commune, dispensed=300, left=100)
        regular = desk.asked(desk.tree.commune)

        urgent = desk.line(desk.begin(desk.tree.commune, EMERGENCY))

        assert desk.line(regular).requested == 864
        assert (urgent.on_order, urgent.proposed, urgent.requested) == (864, 0, 0)

    @pytest.mark.parametrize(("left", "proposed"), [(149, 751), (150, 0)])
    def test_an_emergency_proposes_only_what_is_below_its_emergency_point(self, desk: Desk, left, proposed):
        desk.use(desk.tree.commune, dispensed=300, left=left)

        assert desk.line(desk.begin(desk.tree.commune, EMERGENCY)).proposed == proposed

    def test_figures_taken_anew_follow_the_ledger_and_keep_what_a_person_changed(self, desk: Desk):
        other = an_item(desk.session, "Viên uống", pack_size=1)
        desk.use(desk.tree.commune, dispensed=300, left=100)
        desk.receive(desk.tree.commune, 40, item=other)
        uuid = desk.reject(desk.submit(desk.begin(desk.tree.commune)))
        asked = {(id_of(other), "free"): Asked(25, "Chiến dịch")}
        desk.receive(desk.tree.commune, 500)

        desk.renew(uuid, asked)

        line, changed = desk.line(uuid), desk.line(uuid, other)
        assert (line.on_hand, line.proposed, line.requested) == (600, 300, 300)
        assert (changed.requested, changed.reason) == (25, "Chiến dịch")

    def test_the_same_form_begins_no_second_requisition(self, desk: Desk):
        uuid = desk.begin(desk.tree.commune)

        with pytest.raises(refusals.OtherRequisition):
            desk.begin(desk.tree.commune, EMERGENCY, uuid=uuid)
        with pytest.raises(refusals.OtherRequisition):
            desk.begin(desk.tree.district, uuid=uuid)

    def test_a_period_to_come_has_no_figures_yet(self, desk: Desk):
        with pytest.raises(refusals.FuturePeriod):
            desk.begin(desk.tree.commune, period=202612)

    def test_who_stands_at_the_top_has_nobody_to_ask(self, desk: Desk):
        with pytest.raises(refusals.NoSupplier):
            desk.begin(desk.tree.board)

    def test_a_closed_facility_asks_for_nothing(self, desk: Desk):
        desk.tree.commune.closed_on = TODAY

        with pytest.raises(FacilityClosed):
            desk.begin(desk.tree.commune)

    def test_who_only_reads_begins_nothing(self, desk: Desk):
        who = actor(desk.session, desk.tree.commune, role="viewer")

        with pytest.raises(Forbidden):
            service.initiate(desk.session, desk.tree.commune, "regular", OCTOBER, uuid=uuid4(), actor=who, today=TODAY,
                             now=NOW)  # fmt: skip


def service_keys(desk: Desk, uuid) -> list[tuple[int, str]]:
    its = RequisitionLine.requisition_id == desk.paper(uuid).id
    return [(line.item_id, line.channel) for line in desk.session.exec(select(RequisitionLine).where(its))]


class TestFromBelow:
    def test_what_those_below_were_authorised_to_ask_for_flows_in(self, desk: Desk):
        desk.receive(desk.tree.commune, 10)
        below = desk.asked(desk.tree.commune, 700)

        whole = desk.begin(desk.tree.district)

        line = desk.line(whole)
        assert (line.unfilled, line.proposed) == (700, 5 * 144)  # 700 units are 4.9 packs
        assert desk.parts(whole) == [desk.paper(below).id]

    def test_what_is_only_submitted_does_not(self, desk: Desk):
        desk.receive(desk.tree.commune, 10)
        desk.receive(desk.tree.district, 10)
        below = desk.submit(desk.begin(desk.tree.commune), 700)

        whole = desk.begin(desk.tree.district)

        assert desk.line(whole).unfilled == 0
        assert desk.paper(below).id not in desk.parts(whole)

    def test_an_emergency_leaves_those_below_to_the_regular_one(self, desk: Desk):
        desk.receive(desk.tree.commune, 10)
        desk.receive(desk.tree.district, 10)
        desk.asked(desk.tree.commune, 700)

        assert desk.line(desk.begin(desk.tree.district, EMERGENCY)).unfilled == 0
        assert desk.line(desk.begin(desk.tree.district)).unfilled == 700

    def test_what_is_authorised_below_after_it_was_begun_comes_with_the_figures_taken_anew(self, desk: Desk):
        desk.receive(desk.tree.commune, 10)
        desk.asked(desk.tree.commune, 700)
        whole = desk.begin(desk.tree.district)
        desk.asked(desk.tree.commune, 30, EMERGENCY)
        assert desk.line(whole).unfilled == 700

        desk.renew(whole)

        assert (desk.line(whole).unfilled, desk.line(whole).proposed) == (730, 730)

    def test_a_skipped_requisition_lets_go_of_its_parts(self, desk: Desk):
        desk.receive(desk.tree.commune, 10)
        desk.asked(desk.tree.commune, 700)
        first = desk.begin(desk.tree.district, period=202609)
        who = actor(desk.session, desk.tree.district)
        service.skip(desk.session, first, 1, "Gộp kỳ sau", actor=who, now=NOW)

        assert desk.line(desk.begin(desk.tree.district)).unfilled == 700

    def test_a_finished_requisition_still_shows_what_it_was_made_for(self, desk: Desk):
        desk.receive(desk.tree.commune, 10)
        below = desk.paper(desk.asked(desk.tree.commune, 700)).id
        first = desk.begin(desk.tree.district, period=202609)
        service.skip(desk.session, first, 1, "Gộp kỳ sau", actor=actor(desk.session, desk.tree.district), now=NOW)
        second = desk.begin(desk.tree.district)

        assert desk.parts(first) == desk.parts(second) == [below]

    def test_it_goes_up_level_by_level(self, desk: Desk):
        desk.receive(desk.tree.commune, 10)
        desk.asked(desk.tree.commune, 700)
        supplier = desk.over(desk.begin(desk.tree.district))
        centre = a_facility(desk.session, "Kho trung ương", level="centre")
        under(desk.session, supplier, centre)
        district = desk.session.exec(select(Requisition).order_by(Requisition.id.desc())).first()
        desk.authorise(desk.submit(district.uuid))

        assert desk.line(desk.begin(desk.tree.board)).unfilled == 5 * 144


class TestWriting:
    @pytest.fixture
    def uuid(self, desk: Desk):
        desk.use(desk.tree.commune, dispensed=300, left=100)  # 864 proposed
        return desk.begin(desk.tree.commune)

    def test_what_is_typed_is_kept(self, desk: Desk, uuid):
        who = actor(desk.session, desk.tree.commune)
        asked = {(id_of(desk.item), "free"): Asked(1_000, "Chiến dịch")}
        service.save(desk.session, uuid, Writing(1, asked, "Gấp"), actor=who, now=NOW)

        line, paper = desk.line(uuid), desk.paper(uuid)
        assert (line.requested, line.reason, paper.note, paper.version) == (1_000, "Chiến dịch", "Gấp", 2)

    def test_of_two_savers_the_second_hears_of_the_first_and_changes_nothing(self, desk: Desk, uuid):
        first, second = (actor(desk.session, desk.tree.commune) for _ in range(2))
        opened = desk.writing(uuid, 900)
        service.save(desk.session, uuid, opened, actor=first, now=NOW)
        late = opened._replace(asked={(id_of(desk.item), "free"): Asked(1_000)})

        with pytest.raises(Refused) as refused:
            service.save(desk.session, uuid, late, actor=second, now=NOW)

        said = only(refused)
        assert isinstance(said, ChangedMeanwhile)
        assert "at 20/11/2026 10:00" in str(said)
        assert desk.line(uuid).requested == 900

    def test_the_second_saves_on_top_once_they_have_seen(self, desk: Desk, uuid):
        first, second = (actor(desk.session, desk.tree.commune) for _ in range(2))
        service.save(desk.session, uuid, desk.writing(uuid, 900), actor=first, now=NOW)

        service.save(desk.session, uuid, desk.writing(uuid, 1_000), actor=second, now=NOW)

        assert desk.line(uuid).requested == 1_000

    def test_a_second_click_saves_once(self, desk: Desk, uuid):
        who, opened = actor(desk.session, desk.tree.commune), desk.writing(uuid, 900)

        for _ in range(2):
            service.save(desk.session, uuid, opened, actor=who, now=NOW)

        assert desk.paper(uuid).version == 2

    def test_two_tabs_of_one_person_do_not_write_over_each_other(self, desk: Desk, uuid):
        who, opened = actor(desk.session, desk.tree.commune), desk.writing(uuid, 900)
        service.save(desk.session, uuid, opened, actor=who, now=NOW)

        with pytest.raises(Refused):
            service.save(desk.session, uuid, Writing(1, {(id_of(desk.item), "free"): Asked(5)}), actor=who, now=NOW)

    @pytest.mark.parametrize("amount", [-1, 2**31])
    def test_no_amount_below_zero_or_beyond_what_a_document_takes_is_asked_for(self, desk: Desk, uuid, amount):
        who = actor(desk.session, desk.tree.commune)

        with pytest.raises(Refused) as refused:
            service.save(desk.session, uuid, desk.writing(uuid, amount), actor=who, now=NOW)

        assert isinstance(only(refused), refusals.WrongAmount)
        assert desk.paper(uuid).version == 1

    def test_a_line_that_is_not_there_is_refused(self, desk: Desk, uuid):
        who = actor(desk.session, desk.tree.commune)
        asked = {(10_000, "free"): Asked(1)}

        with pytest.raises(Refused) as refused:
            service.save(desk.session, uuid, Writing(1, asked), actor=who, now=NOW)

        assert isinstance(only(refused), refusals.UnknownLine)

    def test_an_item_is_added_with_its_figures(self, desk: Desk, uuid):
        pill = an_item(desk.session, "Viên uống", method="pill")
        who = actor(desk.session, desk.tree.commune)

        service.add_line(desk.session, uuid, desk.writing(uuid, 900), (id_of(pill), "free"), actor=who, today=TODAY,
                         now=NOW)  # fmt: skip

        assert desk.line(uuid, pill).proposed == 0
        assert desk.line(uuid).requested == 900

    def test_an_item_stands_there_once_in_its_channels_and_where_it_may_be_held(self, desk: Desk, uuid):
        desk.tree.commune.capabilities = ""
        implant = an_item(desk.session, "Que cấy", method="implant")
        free_only = an_item(desk.session, "Viên uống", method="pill", channels=["free"])
        who = actor(desk.session, desk.tree.commune)

        def add(item, channel="free"):
            with desk.session.begin_nested():
                service.add_line(desk.session, uuid, desk.writing(uuid), (id_of(item), channel), actor=who,
                                 today=TODAY, now=NOW)  # fmt: skip

        with pytest.raises(refusals.LineThere):
            add(desk.item)
        with pytest.raises(refusals.WrongChannel):
            add(free_only, "market")
        with pytest.raises(refusals.MayNotAskFor):
            add(implant)


class TestHandingUp:
    @pytest.fixture
    def uuid(self, desk: Desk):
        desk.use(desk.tree.commune, dispensed=300, left=100)  # 864 proposed
        return desk.begin(desk.tree.commune)

    def test_what_differs_much_says_why(self, desk: Desk, uuid):
        with pytest.raises(Refused) as refused:
            desk.submit(uuid, 2_000, reason=None)

        assert isinstance(only(refused), refusals.ReasonNeeded)
        assert desk.paper(uuid).status == "initiated"
        assert desk.paper(desk.submit(uuid, 2_000, reason="Chiến dịch")).status == "submitted"

    def test_what_differs_little_need_not(self, desk: Desk, uuid):
        assert desk.paper(desk.submit(uuid, 1_000, reason=None)).status == "submitted"

    def test_the_share_is_the_sites(self, desk: Desk, uuid, monkeypatch):
        monkeypatch.setattr(settings(), "requisition_deviation", Decimal(3))

        assert desk.paper(desk.submit(uuid, 2_000, reason=None)).status == "submitted"

    def test_an_item_no_longer_to_be_held_is_refused_at_its_line(self, desk: Desk):
        implant = an_item(desk.session, "Que cấy", method="implant")
        desk.receive(desk.tree.district, 5, item=implant)
        uuid = desk.begin(desk.tree.district)
        desk.tree.district.capabilities = ""
        asked = {(id_of(implant), "free"): Asked(50, "Chiến dịch")}
        who = actor(desk.session, desk.tree.district)

        with pytest.raises(Refused) as refused:
            service.submit(desk.session, uuid, Writing(1, asked), actor=who, today=TODAY, now=NOW)

        fault = only(refused)
        assert isinstance(fault, refusals.MayNotAskFor)
        assert fault.key == (id_of(implant), "free")

    def test_a_facility_closed_meanwhile_hands_nothing_up(self, desk: Desk, uuid):
        desk.tree.commune.closed_on = TODAY

        with pytest.raises(FacilityClosed):
            desk.submit(uuid)

    def test_who_submitted_does_not_authorise(self, desk: Desk, uuid):
        user = a_user(desk.session, desk.tree.commune, role="manager")
        same = actor(desk.session, desk.tree.commune, user=user)
        desk.submit(uuid, who=same)

        with pytest.raises(Refused) as refused:
            desk.authorise(uuid, same)

        assert isinstance(only(refused), OwnApproval)

    def test_where_the_site_lets_them_they_do(self, desk: Desk, uuid, monkeypatch):
        monkeypatch.setattr(settings(), "own_approval", True)
        user = a_user(desk.session, desk.tree.commune, role="manager")
        same = actor(desk.session, desk.tree.commune, user=user)

        assert desk.paper(desk.authorise(desk.submit(uuid, who=same), same)).status == "authorised"

    def test_a_stale_version_authorises_nothing(self, desk: Desk, uuid):
        desk.submit(uuid)

        with pytest.raises(Refused) as refused:
            service.authorise(desk.session, uuid, 1, actor=actor(desk.session, desk.tree.commune), now=NOW)

        assert isinstance(only(refused), ChangedMeanwhile)
        assert desk.paper(uuid).status == "submitted"

    def test_steps_out_of_order_are_refused(self, desk: Desk, uuid):
        with pytest.raises(Refused) as refused:
            desk.authorise(uuid)

        assert isinstance(only(refused), OutOfOrder)

    def test_sent_back_it_is_amended_and_handed_up_again(self, desk: Desk, uuid):
        desk.reject(desk.authorise(desk.submit(uuid, 2_000)))
        assert desk.paper(uuid).status == "rejected"

        desk.authorise(desk.submit(uuid, 900))

        assert desk.paper(uuid).status == "authorised"

    @pytest.mark.parametrize("reason", [None, ""])
    def test_nothing_is_sent_back_or_skipped_without_a_reason(self, desk: Desk, uuid, reason):
        who = actor(desk.session, desk.tree.commune)
        with pytest.raises(SayWhy):
            service.skip(desk.session, uuid, 1, reason, actor=who, now=NOW)
        with pytest.raises(SayWhy):
            desk.reject(desk.submit(uuid), reason)

    def test_another_facilitys_requisition_is_unknown(self, desk: Desk, uuid):
        stranger = actor(desk.session, desk.tree.board)

        with pytest.raises(refusals.UnknownRequisition):
            service.save(desk.session, uuid, Writing(1, {}), actor=stranger, now=NOW)
        with pytest.raises(refusals.UnknownRequisition):
            service.save(desk.session, uuid4(), Writing(1, {}), actor=stranger, now=NOW)

    def test_every_step_is_written_down(self, desk: Desk, uuid):
        desk.reject(desk.authorise(desk.submit(uuid)), "Thiếu chữ ký")

        steps = desk.session.exec(select(RequisitionStep).order_by(RequisitionStep.version)).all()

        assert [(step.version, step.act, step.reason) for step in steps] == [
            (1, "initiate", None),
            (2, "submit", None),
            (3, "authorise", None),
            (4, "reject", "Thiếu chữ ký"),
        ]
        assert {step.at for step in steps} == {NOW}
