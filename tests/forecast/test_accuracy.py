"""Who was nearer: the verdict of a month, and what each way of forecasting adds to the one before."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from lmis.calendar import Month
from lmis.catalog.models import Item
from lmis.forecast.accuracy import AMC, FORECAST, MODEL, PEOPLE, STATISTICAL, WAYS, Outcome, Verdict, value_added
from lmis.forecast.verdicts import months_to_judge, verdicts
from lmis.i18n import VIETNAM
from lmis.network.models import Facility
from lmis.stock.documents import Kind
from lmis.stock.models import ReportedMonth
from lmis.stock.posting import post
from tests.factories import NOW, TODAY, a_document, a_forecast, a_line, a_lot, a_run, a_tree, add, an_item, id_of
from tests.forecast.test_outlook import says

OCTOBER = 202610


def a_verdict(used: int, hidden: float = 0.0, *, item: int = 1, **said: float) -> Verdict:
    return Verdict(item, Outcome(used, hidden), said)


class TestNearest:
    def test_it_is_the_one_with_the_smallest_error(self):
        assert a_verdict(35, amc=28, statistical=30, model=31, forecast=31, people=36).nearest == [PEOPLE]

    def test_too_much_is_as_far_off_as_too_little(self):
        assert a_verdict(35, forecast=40, people=30).nearest == [FORECAST, PEOPLE]

    def test_the_method_that_was_published_is_not_told_beside_the_forecast(self):
        assert a_verdict(35, amc=20, model=33, forecast=33).nearest == [FORECAST]

    def test_a_method_that_was_not_chosen_may_have_been_nearer(self):
        assert a_verdict(35, amc=34, model=30, forecast=30).nearest == [AMC]

    def test_a_month_cut_short_is_not_judged(self):
        assert a_verdict(90, 11, amc=100, forecast=110).nearest == []
        assert a_verdict(91, 9, amc=100, forecast=110).nearest == [AMC]

    @given(st.integers(0, 1000), st.dictionaries(st.sampled_from(list(WAYS)), st.floats(0, 1000), min_size=1))
    def test_nobody_was_nearer_than_the_nearest(self, used, said):
        verdict = a_verdict(used, **said)

        assert {verdict.error(way) for way in verdict.nearest} == {min(verdict.error(way) for way in said)}


class TestValueAdded:
    def test_each_way_stands_beside_the_one_before(self):
        added = {
            it.way: it
            for it in value_added(
                [
                    a_verdict(100, item=1, amc=80, statistical=90, model=95, forecast=95, people=100),
                    a_verdict(100, item=2, amc=110, statistical=115, model=105, forecast=105),
                ]
            )
        }

        assert {way: it.error for way, it in added.items()} == {
            AMC: 30, STATISTICAL: 25, MODEL: 10, FORECAST: 10, PEOPLE: 5
        }  # fmt: skip
        assert added[MODEL].share == pytest.approx(10 / 200)
        assert added[MODEL].gained == pytest.approx((25 - 10) / 200)
        assert (added[STATISTICAL].nearer, added[STATISTICAL].further) == (1, 1)
        assert (added[PEOPLE].nearer, added[PEOPLE].further) == (1, 0)
        assert added[AMC].gained is None

    def test_what_is_worse_has_lost(self):
        *_, people = value_added([a_verdict(50, amc=50, statistical=50, model=50, forecast=50, people=75)])

        assert (people.gained, people.points) == (-0.5, -50)

    def test_cut_months_do_not_count(self):
        assert [it.items for it in value_added([a_verdict(10, 90, amc=10, forecast=10)])] == [0] * 5

    def test_without_use_there_is_no_share(self):
        first, *_ = value_added([a_verdict(0, amc=2, forecast=1)])

        assert (first.error, first.share, first.percent) == (2, None, None)

    @given(
        st.lists(
            st.tuples(
                st.integers(1, 1000),
                st.fixed_dictionaries(
                    {AMC: st.floats(0, 1000)}, optional={way: st.floats(0, 1000) for way in list(WAYS)[1:]}
                ),
            ),
            min_size=1,
        )
    )
    def test_what_all_steps_gain_is_what_the_last_is_better_than_the_first(self, months):
        added = value_added([a_verdict(used, item=at, **said) for at, (used, said) in enumerate(months)])
        first, *_, last = added

        gained = sum(it.gained or 0 for it in added)
        assert first.share is not None
        assert last.share is not None
        assert gained == pytest.approx(first.share - last.share, abs=0.01 * 5 * len(months) / first.used)


def dispensed(
    session: Session, at: Facility, item: Item, units: int, *, of: int, on: date = date(2026, 10, 16)
) -> None:
    """`of` units came in before the year's middle, and `units` of them were given out on a day."""
    lot = a_lot(session, item, expires_on=date(2029, 12, 31))
    came = a_document(at, a_line(lot, of), kind=Kind.RECEIPT, on=date(2026, 6, 1))
    gave = [a_document(at, a_line(lot, units), kind=Kind.DISPENSE, on=on)] if units else []
    post(session, [came, *gave], today=TODAY, now=NOW)


class Desk:
    """A commune and its collaborator whose October was forecast in September, at 30 each month."""

    def __init__(self, session: Session) -> None:
        self.session, self.tree, self.item = session, a_tree(session), an_item(session)
        for at in (self.tree.district, self.tree.commune, self.tree.collaborator):
            a_forecast(session, at, self.item, means=[30.0] * 12, amc=28.0, statistical=33.0, as_of=202609)

    def verdict(self, at: Facility | None = None, month: Month = OCTOBER) -> Verdict:
        (found,) = verdicts(self.session, id_of(at or self.tree.commune), month)
        return found

    def says(self, quantity: int | None, when: datetime, at: Facility | None = None) -> None:
        says(self.session, at or self.tree.commune, self.item, quantity, month=OCTOBER, when=when)


@pytest.fixture
def desk(session) -> Desk:
    return Desk(session)


class TestHowAMonthCameOut:
    def test_it_is_what_the_facility_and_everything_under_it_dispensed(self, session, desk):
        dispensed(session, desk.tree.commune, desk.item, 20, of=500)
        dispensed(session, desk.tree.collaborator, desk.item, 5, of=500)

        outcome = desk.verdict().outcome
        assert (outcome, outcome.cut) == (Outcome(25, 0), False)
        assert desk.verdict(desk.tree.collaborator).outcome.used == 5

    def test_days_without_stock_hide_as_much_as_the_days_with_it_used(self, session, desk):
        dispensed(session, desk.tree.commune, desk.item, 20, of=20)

        outcome = desk.verdict().outcome
        assert outcome == Outcome(20, pytest.approx(20 * 31 / 15 - 20))  # fifteen days with stock, sixteen without
        assert outcome.cut
        assert desk.verdict().nearest == []

    def test_a_month_out_throughout_hides_what_was_forecast(self, session, desk):
        dispensed(session, desk.tree.commune, desk.item, 20, of=20, on=date(2026, 9, 1))

        assert desk.verdict().outcome == Outcome(0, 30)

    def test_a_long_stockout_is_never_taken_for_no_demand(self, session, desk):
        dispensed(session, desk.tree.commune, desk.item, 20, of=20, on=date(2026, 6, 2))

        assert desk.verdict().outcome.cut

    def test_a_store_that_gives_nothing_to_clients_hides_nothing(self, session, desk):
        """The district ran out, yet the stations under it had stock."""
        lot = a_lot(session, desk.item, expires_on=date(2029, 12, 31))
        came = a_document(desk.tree.district, a_line(lot, 20), kind=Kind.RECEIPT, on=date(2026, 6, 1))
        lost = a_document(desk.tree.district, a_line(lot, 20, reason="damaged"), kind=Kind.LOSS, on=date(2026, 6, 2))
        post(session, [came, lost], today=TODAY, now=NOW)
        dispensed(session, desk.tree.commune, desk.item, 20, of=500)

        assert desk.verdict(desk.tree.district).outcome == Outcome(20, 0)

    def test_a_missing_report_is_no_month_without_use(self, session, desk):
        for month in (202609, 202611):
            add(session, ReportedMonth(facility_id=id_of(desk.tree.commune), item_id=id_of(desk.item), month=month))

        assert desk.verdict().outcome == Outcome(0, 30)

    def test_a_month_of_no_use_with_stock_there_is_judged(self, session, desk):
        dispensed(session, desk.tree.commune, desk.item, 0, of=20)

        assert desk.verdict().outcome == Outcome(0, 0)
        assert desk.verdict().nearest == [AMC]


class TestWhatWasSaid:
    def test_every_way_stands_beside_the_outcome(self, session, desk):
        dispensed(session, desk.tree.commune, desk.item, 20, of=500)

        assert desk.verdict().said == {AMC: 28, STATISTICAL: 33, MODEL: 30, FORECAST: 30}

    def test_a_figure_set_before_the_month_began_counts(self, desk):
        desk.says(36, datetime(2026, 9, 30, 23, 59, tzinfo=VIETNAM))

        assert desk.verdict().said[PEOPLE] == 36

    def test_one_set_when_the_month_had_begun_does_not(self, desk):
        desk.says(36, datetime(2026, 10, 1, 0, 0, tzinfo=VIETNAM))

        assert PEOPLE not in desk.verdict().said

    def test_nor_does_taking_it_back_in_the_month(self, desk):
        desk.says(36, datetime(2026, 9, 20, tzinfo=VIETNAM))
        desk.says(None, datetime(2026, 10, 20, tzinfo=VIETNAM))

        assert desk.verdict().said[PEOPLE] == 36

    def test_a_figure_set_below_counts_for_the_sum(self, desk):
        desk.says(36, datetime(2026, 9, 20, tzinfo=VIETNAM))

        assert desk.verdict(desk.tree.district).said[PEOPLE] == 36

    def test_what_was_forecast_earlier_is_told_as_one(self, session, desk):
        for as_of, means in ((202608, [1, 20, 1]), (202607, [1, 1, 50])):
            a_forecast(session, desk.tree.commune, desk.item, means=means, as_of=as_of)

        assert desk.verdict().early == 35

    def test_without_a_forecast_a_month_ahead_there_is_nothing_to_judge(self, session, desk):
        assert verdicts(session, id_of(desk.tree.commune), 202609) == []
        assert verdicts(session, id_of(desk.tree.board), OCTOBER) == []

    @pytest.mark.usefixtures("desk")
    def test_months_to_judge_are_over_and_were_forecast(self, session):
        a_run(session, 202610)  # of November, which is not over
        a_run(session, 202607)

        assert months_to_judge(session, TODAY) == [202610, 202608]
