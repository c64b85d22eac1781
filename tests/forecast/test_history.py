"""What the ledger knows of past demand, in the long frame and on a page, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from sqlmodel import Session

from lmis.calendar import Month, first_of
from lmis.catalog.models import Lot
from lmis.forecast.frame import history
from lmis.forecast.history import PastMonth, first_whole_month, series_history
from lmis.network.models import Facility
from lmis.requisitions.models import Requisition, RequisitionLine, RequisitionStep
from lmis.stock.documents import Kind
from lmis.stock.posting import post
from tests.factories import NOW, TODAY, a_document, a_facility, a_line, a_lot, a_tree, add, id_of
from tests.forecast.ledger import AS_OF, NEVER, a_shelf, given, months_to, reported, undone, used

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture
def commune(session: Session) -> Facility:
    return a_facility(session)


@pytest.fixture
def lot(session: Session) -> Lot:
    return a_shelf(session)


def rows(session: Session, facility: Facility, column: str, as_of: Month = AS_OF) -> dict[str, float]:
    """A measure of a facility's only series by period."""
    frame = history(session, as_of).frame()
    its = frame[frame["facility"] == id_of(facility)]
    return dict(zip(its["period"], its[column], strict=True))


def page(session: Session, facility: Facility, lot: Lot, months: int = 3) -> list[PastMonth]:
    return series_history(session, id_of(facility), lot.item_id, months_to(AS_OF, months), TODAY)


class TestWhichMonthsAreKnown:
    @pytest.mark.parametrize(
        ("day", "month"),
        [(date(2026, 8, 1), 202608), (date(2026, 8, 2), 202609), (date(2026, 8, 31), 202609)],
    )
    def test_a_series_begins_with_its_first_whole_month(self, day: date, month: Month):
        assert first_whole_month(day) == month

    def test_a_month_that_began_before_the_series_is_missing(self, session: Session, commune: Facility, lot: Lot):
        opening = a_document(commune, a_line(lot, 100), kind=Kind.OPENING, on=date(2026, 8, 20))
        post(session, [opening, given(commune, lot, 5, 202608, day=25)], today=TODAY, now=NOW)

        assert rows(session, commune, "dispensed") == {"2026-09": 0, "2026-10": 0}
        assert [it.dispensed for it in page(session, commune, lot)] == [None, 0, 0]

    def test_a_month_without_movement_is_none_dispensed_with_the_stock_of_the_month_before(
        self, session: Session, commune: Facility, lot: Lot
    ):
        used(session, commune, lot, {202608: 30, 202609: 0, 202610: 20}, stock=100)

        assert list(rows(session, commune, "dispensed").values()) == [30, 0, 20]
        assert list(rows(session, commune, "opening").values()) == [100, 70, 70]
        assert list(rows(session, commune, "closing").values()) == [70, 70, 50]
        assert [it.closing for it in page(session, commune, lot)] == [70, 70, 50]

    def test_a_missing_report_is_a_missing_month_and_never_zero(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, {202607: 10, 202608: 0, 202609: 0, 202610: 20})
        reported(session, commune, lot, [202607, 202609, 202610])

        assert rows(session, commune, "dispensed") == {"2026-07": 10, "2026-09": 0, "2026-10": 20}
        assert [it.dispensed for it in page(session, commune, lot, 4)] == [10, None, 0, 20]

    def test_after_the_last_report_nothing_is_known(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, {202608: 10})
        reported(session, commune, lot, [202608])

        assert rows(session, commune, "dispensed") == {"2026-08": 10}
        assert [it.dispensed for it in page(session, commune, lot)] == [10, None, None]

    def test_until_the_facility_records_as_things_happen(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, {202607: 10})
        reported(session, commune, lot, [202607])
        used(session, commune, a_shelf(session), {202609: 1, 202610: 1})  # another item: dispensed from September on

        assert [it.dispensed for it in page(session, commune, lot, 4)] == [10, None, 0, 0]
        of_both = history(session, AS_OF)
        first = of_both.keys["item"].to_numpy() == lot.item_id
        np.testing.assert_array_equal(of_both.of(first).values["dispensed"], [[10, np.nan, 0, 0]])

    def test_an_empty_ledger_has_an_empty_frame(self, session: Session):
        assert history(session, AS_OF).frame().empty


class TestWhatAMonthSays:
    def test_a_reversal_counts_in_the_month_of_what_it_undoes(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, {202609: 10, 202610: 20}, stock=100)
        wrong = given(commune, lot, 50, 202609, day=20)
        post(session, [wrong], today=TODAY, now=NOW)
        post(session, [undone(wrong)], today=TODAY, now=NOW)

        assert list(rows(session, commune, "dispensed").values()) == [10, 20]
        assert [it.dispensed for it in page(session, commune, lot, 2)] == [10, 20]
        assert list(rows(session, commune, "closing").values()) == [40, 20]  # the goods came back in November

    def test_channels_count_together_or_each_by_itself(self, session: Session, commune: Facility):
        lot = a_shelf(session, channels=("free", "social_marketing"))
        used(session, commune, lot, {202610: 10})
        used(session, commune, lot, {202610: 5}, channel="social_marketing")

        assert list(rows(session, commune, "dispensed").values()) == [15]
        each = history(session, AS_OF, by_channel=True).frame()
        assert dict(zip(each["channel"], each["dispensed"], strict=True)) == {"free": 10, "social_marketing": 5}

    def test_days_without_stock_are_marked_and_cut_the_month_short(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, {202609: 40, 202610: 60}, stock=100)  # empty from 15 October on

        assert list(rows(session, commune, "days_out").values()) == [0, 17]
        assert [(it.days_out, it.cut_short) for it in page(session, commune, lot, 2)] == [(0, False), (17, True)]
        assert history(session, AS_OF).cut_short.tolist() == [[False, True]]

    def test_a_span_over_months_counts_in_each_of_them(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, {202607: 100}, stock=100)
        post(session, [a_document(commune, a_line(lot, 9), on=date(2026, 9, 11))], today=TODAY, now=NOW)

        assert rows(session, commune, "days_out") == {"2026-07": 17, "2026-08": 31, "2026-09": 10, "2026-10": 0}

    def test_stock_that_expires_is_none_from_then_on(self, session: Session, commune: Facility):
        lot = a_lot(session, expires_on=date(2026, 10, 21))
        used(session, commune, lot, {202609: 1, 202610: 1}, stock=100)

        assert rows(session, commune, "days_out") == {"2026-09": 0, "2026-10": 10}

    def test_the_days_a_report_gives_stand_before_the_ledgers(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, {202609: 40, 202610: 60}, stock=100)
        reported(session, commune, lot, [202609, 202610], days_out=3, ordered=70)

        assert list(rows(session, commune, "days_out").values()) == [3, 3]
        assert list(rows(session, commune, "ordered").values()) == [70, 70]
        assert [(it.days_out, it.ordered) for it in page(session, commune, lot, 2)] == [(3, 70), (3, 70)]

    def test_what_was_passed_on_is_not_received(self, session: Session, lot: Lot):
        tree = a_tree(session)
        used(session, tree.commune, lot, {202609: 10, 202610: 0}, stock=100)
        came = a_document(tree.commune, a_line(lot, 60), on=date(2026, 10, 2))
        sent = a_document(tree.commune, a_line(lot, 40), kind=Kind.ISSUE, on=date(2026, 10, 3), to=tree.collaborator)
        lost = a_document(tree.commune, a_line(lot, -5, reason="damaged"), kind=Kind.ADJUSTMENT, on=date(2026, 10, 4))
        post(session, [came, sent, lost], today=TODAY, now=NOW)

        frame = history(session, AS_OF).frame()
        october = frame[(frame["period"] == "2026-10") & (frame["facility"] == id_of(tree.commune))].iloc[0]
        said = october[["opening", "received", "dispensed", "adjusted", "closing"]].to_list()
        assert said == [90, 20, 0, -5, 105]

    def test_a_month_adds_up(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, dict.fromkeys(months_to(AS_OF, 12), 7), stock=90)

        frame = history(session, AS_OF).frame()
        made = frame["opening"] + frame["received"] - frame["dispensed"] + frame["adjusted"]
        assert (made == frame["closing"]).all()
        assert (frame["opening"].iloc[1:].to_numpy() == frame["closing"].iloc[:-1].to_numpy()).all()

    def test_months_before_the_oldest_that_is_looked_at_are_in_its_opening(
        self, session: Session, commune: Facility, lot: Lot
    ):
        used(session, commune, lot, {201001: 30, 202610: 20}, stock=100)

        found = history(session, AS_OF)
        assert len(found.months) == 120
        assert (found.values["opening"][0, 0], found.values["closing"][0, -1]) == (70, 50)


class TestOrders:
    def an_order(self, session: Session, commune: Facility, lot: Lot, decided_at: datetime, status: str = "approved"):
        supplier = a_facility(session, level="district")
        sides = {"facility_id": id_of(commune), "supplier_id": id_of(supplier)}
        paper = Requisition(
            uuid=uuid4(), **sides, kind="emergency", period=202609, year=2026, number=1, status=status, version=3
        )
        add(session, paper)
        for version, act in enumerate(("initiate", "submit", "authorise", "approve"), 1):
            at = decided_at + timedelta(days=version - 3)
            add(session, RequisitionStep(requisition_id=paper.id, version=version, act=act, at=at))
        names = ("opening", "received", "issued", "dispensed", "adjusted", "lost", "closing", "days_out", "on_hand")
        names += ("in_transit", "on_order", "unfilled", "proposed")
        figures = dict.fromkeys(names, 0)
        about = {"requisition_id": paper.id, "item_id": lot.item_id, "channel": "free", "requested": 70}
        add(session, RequisitionLine(**about, **figures))

    def test_an_order_is_of_the_month_in_which_it_was_agreed_to(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, {202609: 1, 202610: 1})
        self.an_order(session, commune, lot, datetime(2026, 10, 1, 0, 30, tzinfo=VIETNAM))  # still September in UTC

        ordered = rows(session, commune, "ordered")
        assert np.isnan(ordered["2026-09"])
        assert ordered["2026-10"] == 70
        assert [it.ordered for it in page(session, commune, lot, 2)] == [None, 70]

    def test_one_that_was_sent_back_is_none(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, {202609: 1, 202610: 1})
        self.an_order(session, commune, lot, datetime(2026, 10, 1, 0, 30, tzinfo=VIETNAM), status="rejected")

        assert [it.ordered for it in page(session, commune, lot, 2)] == [None, None]


class TestTheCutoff:
    def test_nothing_that_happened_after_it_changes_it(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, dict.fromkeys(months_to(202608, 6), 12), stock=500)
        before = history(session, 202608)

        post(session, [given(commune, lot, 400, 202609)], today=TODAY, now=NOW)
        reported(session, commune, a_shelf(session), [202609], days_out=5, ordered=9)
        used(session, a_facility(session), lot, {202610: 3})
        after = history(session, 202608)

        pd.testing.assert_frame_equal(before.keys, after.keys)
        for name, values in before.values.items():
            np.testing.assert_array_equal(values, after.values[name], err_msg=name)


class TestAPagesHistory:
    def test_it_adds_up_everything_under_a_facility_and_shows_its_own_shelf(self, session: Session, lot: Lot):
        tree = a_tree(session)
        used(session, tree.commune, lot, {202609: 10, 202610: 20}, stock=100)
        used(session, tree.collaborator, lot, {202610: 3}, stock=30)
        post(session, [a_document(tree.district, a_line(lot, 500), on=date(2026, 10, 5))], today=TODAY, now=NOW)

        assert page(session, tree.district, lot, 2) == [
            PastMonth(202609, 10, 0, 0, 0, None),
            PastMonth(202610, 23, 4, 500, 500, None),
        ]

    def test_it_says_what_the_frame_says(self, session: Session, commune: Facility, lot: Lot):
        used(session, commune, lot, {202605: 9, 202607: 4, 202609: 31, 202610: 1}, stock=45)

        its = page(session, commune, lot, 12)
        frame = history(session, AS_OF).frame()
        known = [(float(it.dispensed), it.days_out, it.closing) for it in its if it.dispensed is not None]
        assert known == list(frame[["dispensed", "days_out", "closing"]].itertuples(index=False, name=None))

    def test_of_no_months_it_says_nothing(self, session: Session, commune: Facility, lot: Lot):
        assert series_history(session, id_of(commune), lot.item_id, [], TODAY) == []


def test_lots_of_these_histories_never_expire():
    assert first_of(AS_OF) < NEVER
