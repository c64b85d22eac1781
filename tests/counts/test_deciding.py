"""Posting a count, having it approved, counting again, and what the ledger says to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from lmis.catalog.models import Lot
from lmis.config import settings
from lmis.counts.deciding import CountRefused, Review, approve, cancel, close_blind, explain, recount
from lmis.counts.models import StockCount
from lmis.counts.refusals import (
    ChangedMeanwhile,
    ForApproversToRecount,
    LessThanNothing,
    NoReasonGiven,
    NotAllCounted,
    NothingCounted,
    NotThatFar,
    OwnCount,
)
from lmis.counts.rules import State
from lmis.errors import LmisError
from lmis.stock.documents import Kind
from lmis.stock.models import StockMovement, StockMovementLine, StockOnHand
from lmis.stock.refusals import ClosedPeriod, SettledByCount
from lmis.stock.verify import verify
from tests.counts.desk import BEFORE, TOMORROW, Store
from tests.factories import NOW, TODAY, a_document, a_line, id_of


@pytest.fixture
def store(session: Session) -> Store:
    return Store(session)


def posted_lines(store: Store, count: StockCount) -> list[tuple[int, int | None, str | None]]:
    """What the ledger took up: difference, counted and reason."""
    line = StockMovementLine
    found = (
        select(line.quantity, line.counted, line.reason)
        .join(StockMovement, StockMovement.id == line.movement_id)
        .where(StockMovement.uuid == count.uuid, line.account == "stock")
        .order_by(line.line_no)
    )
    return [tuple(row) for row in store.session.exec(found)]


def approved(store: Store, count: StockCount, *, by=None, today=TODAY) -> None:
    approve(store.session, count, user_id=id_of(by or store.binh), today=today, now=NOW)


def refusals_of(refused: pytest.ExceptionInfo[CountRefused]) -> list[type[LmisError]]:
    error = refused.value
    return [type(it) for it in (*error.whole, *(it for its in error.by_line.values() for it in its))]


# -- posting -------------------------------------------------------------------------------------------------------


def test_a_small_difference_is_posted_by_who_counted(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 98)

    store.send(count, "lost")

    assert (count.state, store.on_hand(lot)) == (State.POSTED, 98)
    assert posted_lines(store, count) == [(-2, 98, "lost")]


def test_all_counted_lines_go_into_one_document_those_that_agree_without_a_reason(store: Store):
    lots = [store.receive(100), store.receive(200)]
    count = store.start()
    for lot, counted in zip(lots, (100, 199), strict=True):
        store.find(count, lot, counted)

    store.send(count)

    assert posted_lines(store, count) == [(0, 100, None), (-1, 199, "recording_error")]


def test_a_count_bears_the_day_its_book_was_frozen(store: Store, session: Session):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 99)

    store.send(count, today=TODAY + timedelta(days=3))

    assert session.exec(select(StockMovement.occurred_on).where(StockMovement.uuid == count.uuid)).one() == TODAY
    assert session.exec(select(StockOnHand.settled_on).where(StockOnHand.lot_id == lot.id)).one() == TODAY


def test_what_nobody_counted_is_left_as_it_is(store: Store):
    lot, other = store.receive(100), store.receive(50)
    count = store.start(store.item)
    store.find(count, lot, 100)

    store.send(count)

    assert len(posted_lines(store, count)) == 1
    assert store.on_hand(other) == 50


def test_a_stated_zero_empties_the_shelf(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 0)

    store.send(count)
    approved(store, count)

    assert store.on_hand(lot) == 0
    assert posted_lines(store, count) == [(-100, 0, "recording_error")]


def test_quarantined_and_recalled_lots_are_counted_in_their_own_status(store: Store):
    lot = store.receive(100)
    store.post(a_document(store.facility, a_line(lot, 40, reason="quality_check"), kind=Kind.QUARANTINE))
    called = store.receive(100)
    called.recalled_on = TODAY
    store.session.flush()
    store.post(a_document(store.facility, a_line(called, 100), kind=Kind.RECALL))
    count = store.start()
    found = [(lot, "usable", 60), (lot, "quarantined", 39), (called, "recalled", 98)]
    for it, status, counted in found:
        store.say(count, {store.line(count, it, status).line_no: counted})

    store.send(count)

    assert count.state == State.POSTED
    assert [(it, status, store.on_hand(it, status)) for it, status, _ in found] == found


def test_a_lot_recalled_during_the_count_goes_on_as_what_it_is_now(store: Store):
    lot, other = store.receive(100), store.receive(100)
    count = store.start()
    for it in (lot, other):
        store.find(count, it, 100)
    lot.recalled_on = TODAY
    store.session.flush()
    store.post(a_document(store.facility, a_line(lot, 100), kind=Kind.RECALL))

    store.send(count)

    assert (count.state, store.on_hand(lot), store.on_hand(lot, "recalled")) == (State.POSTED, 0, 100)


# -- what moved meanwhile ------------------------------------------------------------------------------------------


def test_goods_given_out_during_the_count_are_not_lost(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 98)
    store.dispense(lot, 5)

    store.send(count)

    assert store.on_hand(lot) == 93
    assert posted_lines(store, count) == [(-2, 93, "recording_error")]


def test_goods_given_out_on_later_days_are_not_lost_either(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 98)
    store.dispense(lot, 5)
    store.dispense(lot, 10, on=TOMORROW)

    store.send(count, today=TOMORROW)

    assert store.on_hand(lot) == 83
    assert posted_lines(store, count) == [(-2, 93, "recording_error")]


def test_a_figure_that_shows_what_was_given_out_leaves_no_difference(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.dispense(lot, 5)
    store.find(count, lot, 95, included=-5)

    store.send(count)

    assert store.on_hand(lot) == 95
    assert posted_lines(store, count) == [(0, 95, None)]


def test_a_figure_that_shows_what_was_given_out_goes_on_showing_it_when_more_comes(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.dispense(lot, 5)
    store.find(count, lot, 95, included=-5)
    store.post(a_document(store.facility, a_line(lot, 30), kind=Kind.RECEIPT))

    store.send(count)

    assert store.on_hand(lot) == 125
    assert posted_lines(store, count)[0][0] == 0


def test_a_figure_does_not_show_what_was_reversed(store: Store):
    lot = store.receive(1_000)
    count = store.start()
    given = a_document(store.facility, a_line(lot, 900), kind=Kind.DISPENSE)
    store.post(given)
    store.find(count, lot, 100, included=-900)
    store.post(replace(a_document(store.facility, kind=Kind.REVERSAL), reverses=given.uuid))

    store.send(count, "lost")

    assert (count.state, store.on_hand(lot)) == (State.WAITING, 1_000)


def test_what_is_said_to_show_nothing_that_moved_is_not_kept_for_what_moves_later(store: Store):
    lot = store.receive(1_000)
    count = store.start()
    store.find(count, lot, 980, included=-900)
    explain(store.session, count, Review(count.version))

    store.dispense(lot, 900)

    assert store.line(count, lot).figures.difference == -20


def test_what_is_written_off_as_missing_during_the_count_is_not_missed_twice(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 90)
    store.post(a_document(store.facility, a_line(lot, 10, reason="stolen"), kind=Kind.LOSS))

    store.send(count)

    assert (count.state, store.on_hand(lot)) == (State.POSTED, 90)
    assert posted_lines(store, count) == [(0, 90, None)]


def test_a_late_paper_explains_what_is_missing(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 90)
    store.dispense(lot, 10, on=TODAY - timedelta(days=1))

    store.send(count)

    assert (count.state, store.on_hand(lot)) == (State.POSTED, 90)
    assert posted_lines(store, count) == [(0, 90, None)]


def test_two_counts_of_a_lot_take_a_difference_up_once(store: Store):
    lot = store.receive(100)
    first, second = store.start(), store.start()
    for count in (first, second):
        store.find(count, lot, 97)

    store.send(first)
    store.send(second)

    assert store.on_hand(lot) == 97
    assert posted_lines(store, second) == [(0, 97, None)]


def test_after_all_of_it_the_books_prove_right(store: Store, session: Session):
    lots = [store.receive(100) for _ in range(4)]
    count = store.start()
    for lot, counted in zip(lots, (98, 103, 99, 97), strict=True):
        store.find(count, lot, counted)
    store.dispense(lots[0], 5)
    store.dispense(lots[1], 5, on=TOMORROW)
    store.dispense(lots[2], 5, on=BEFORE + timedelta(days=1))
    store.send(count, today=TOMORROW)

    assert [store.on_hand(lot) for lot in lots] == [93, 98, 99, 97]
    assert list(verify(session)) == []


# -- what stands against it ----------------------------------------------------------------------------------------


def test_every_difference_needs_a_reason(store: Store):
    lots = [store.receive(100), store.receive(100)]
    count = store.start()
    for lot in lots:
        store.find(count, lot, 99)

    with pytest.raises(CountRefused) as refused:
        store.send(count, None)

    assert refusals_of(refused) == [NoReasonGiven, NoReasonGiven]
    assert (count.state, store.on_hand(lots[0])) == (State.DRAFT, 100)


def test_a_count_of_nothing_is_none(store: Store):
    store.receive(100)
    count = store.start()

    with pytest.raises(CountRefused) as refused:
        store.send(count)

    assert refusals_of(refused) == [NothingCounted]


def test_a_full_count_says_what_was_not_counted(store: Store):
    lot, other = store.receive(100), store.receive(50)
    count = store.start()
    store.find(count, lot, 100)

    with pytest.raises(CountRefused) as refused:
        store.send(count)
    assert refusals_of(refused) == [NotAllCounted]

    store.send(count, confirmed=True)
    assert (count.state, store.on_hand(other)) == (State.POSTED, 50)


def test_figures_saved_since_the_differences_were_looked_at_are_looked_at_first(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 99)
    seen = count.version
    store.find(count, lot, 40, by=store.binh)

    with pytest.raises(CountRefused) as refused:
        store.send(count, version=seen)

    assert refusals_of(refused) == [ChangedMeanwhile]
    assert store.binh.name in str(refused.value)


def test_a_lot_that_a_later_count_settled_is_refused_and_the_draft_kept(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 99)
    later = store.start(today=TOMORROW)
    store.find(later, lot, 98)
    store.send(later, today=TOMORROW)

    with pytest.raises(CountRefused) as refused:
        store.send(count, today=TOMORROW)

    assert refusals_of(refused) == [SettledByCount]
    assert list(refused.value.by_line) == [store.line(count, lot).line_no]
    assert (count.state, store.on_hand(lot)) == (State.DRAFT, 98)


def test_a_day_whose_books_are_closed_is_refused_and_the_draft_kept(store: Store, session: Session):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 99)
    store.facility.closed_through = TODAY
    session.flush()

    with pytest.raises(CountRefused) as refused:
        store.send(count, today=TOMORROW)

    assert refusals_of(refused) == [ClosedPeriod]
    assert (count.state, store.line(count, lot).reason) == (State.DRAFT, "recording_error")


def test_what_would_leave_less_than_nothing_is_refused(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 10)
    store.dispense(lot, 30)

    with pytest.raises(CountRefused) as refused:
        store.send(count)

    assert refusals_of(refused) == [LessThanNothing]


def test_what_the_ledger_would_refuse_is_told_before_it_waits_for_approval(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 10)
    store.post(a_document(store.facility, a_line(lot, 100), kind=Kind.COUNT, on=TOMORROW), today=TOMORROW)

    with pytest.raises(CountRefused) as refused:
        store.send(count, today=TOMORROW)

    assert refusals_of(refused) == [SettledByCount]


def test_a_count_is_posted_once(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 99)
    store.send(count)

    with pytest.raises(NotThatFar):
        store.send(count)

    assert store.on_hand(lot) == 99


# -- a second person -----------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(store: Store) -> StockCount:
    """A count in which 20 of 100 are missing."""
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 80)
    store.send(count, "lost")
    return count


def test_what_is_far_off_waits_and_moves_nothing(store: Store, waiting: StockCount, session: Session):
    assert waiting.state == State.WAITING
    assert session.exec(select(StockMovement).where(StockMovement.uuid == waiting.uuid)).first() is None


def test_another_person_approves_and_posts_it(store: Store, waiting: StockCount):
    approved(store, waiting)

    assert (waiting.state, waiting.decided_by) == (State.POSTED, store.binh.id)
    assert posted_lines(store, waiting) == [(-20, 80, "lost")]


def test_nobody_approves_what_they_closed(store: Store, waiting: StockCount):
    with pytest.raises(OwnCount):
        approved(store, waiting, by=store.an)


def test_where_one_person_does_all_they_may(store: Store, waiting: StockCount, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings(), "own_approval", True)

    approved(store, waiting, by=store.an)

    assert waiting.state == State.POSTED


def test_the_share_from_which_it_waits_is_set_by_the_site(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings(), "count_approval_share", settings().count_approval_share * 5)
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 80)

    store.send(count)

    assert count.state == State.POSTED


def test_goods_given_out_while_it_waits_are_not_lost(store: Store, waiting: StockCount):
    lot = store.session.get_one(Lot, store.lines(waiting)[0].lot_id)
    store.dispense(lot, 5)

    approved(store, waiting)

    assert store.on_hand(lot) == 75


def test_a_difference_that_a_late_paper_makes_while_it_waits_needs_its_reason(store: Store):
    lot, other = store.receive(100), store.receive(100)
    count = store.start()
    store.find(count, lot, 80)
    store.find(count, other, 100)
    store.send(count)
    store.dispense(other, 10, on=TODAY - timedelta(days=1))

    with pytest.raises(CountRefused) as refused:
        approved(store, count)

    assert refusals_of(refused) == [NoReasonGiven]


def test_sent_back_it_is_counted_again_from_what_was_there(store: Store, waiting: StockCount):
    recount(waiting, "Đếm lại kệ 2", approver=True, user_id=id_of(store.binh), now=NOW)

    line = store.lines(waiting)[0]
    assert (waiting.state, waiting.why, line.figures.counted) == (State.DRAFT, "Đếm lại kệ 2", 80)
    store.say(waiting, {line.line_no: 99})
    store.send(waiting)
    assert waiting.state == State.POSTED


def test_who_may_not_approve_takes_back_nothing_that_waits(store: Store, waiting: StockCount):
    with pytest.raises(ForApproversToRecount):
        recount(waiting, "x", approver=False, user_id=id_of(store.an), now=NOW)


# -- blind, and given up -------------------------------------------------------------------------------------------


def closed_blind(store: Store) -> StockCount:
    lot = store.receive(100)
    count = store.start(blind=True)
    store.find(count, lot, 99)
    close_blind(store.session, count, Review(version=count.version), user_id=id_of(store.an), now=NOW)
    return count


def test_a_blind_count_is_closed_before_it_is_explained_and_posted(store: Store):
    count = closed_blind(store)
    assert count.state == State.CLOSED

    store.send(count)

    assert count.state == State.POSTED


def test_a_blind_count_is_not_posted_unclosed(store: Store):
    lot = store.receive(100)
    count = store.start(blind=True)
    store.find(count, lot, 99)

    with pytest.raises(NotThatFar):
        store.send(count)


def test_who_has_seen_the_differences_of_a_blind_count_does_not_count_it_again_unasked(store: Store):
    count = closed_blind(store)

    with pytest.raises(ForApproversToRecount):
        recount(count, "x", approver=False, user_id=id_of(store.an), now=NOW)


def test_who_explains_a_blind_count_does_not_become_its_closer(store: Store):
    count = closed_blind(store)
    count.closed_by = store.binh.id

    store.send(count)

    assert count.closed_by == store.binh.id


def test_a_cancelled_count_leaves_its_reason_and_the_shelf_alone(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 10)

    cancel(count, "Mất điện", user_id=id_of(store.an), now=NOW)

    assert (count.state, count.why, store.on_hand(lot)) == (State.CANCELLED, "Mất điện", 100)
    with pytest.raises(NotThatFar):
        store.send(count)


def test_what_is_posted_is_not_cancelled(store: Store, waiting: StockCount):
    approved(store, waiting)

    with pytest.raises(NotThatFar):
        cancel(waiting, "x", user_id=id_of(store.an), now=NOW)


def test_the_figures_of_a_posted_count_stay_whatever_moves_later(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 98)
    store.dispense(lot, 5)
    store.send(count)
    store.dispense(lot, 50)

    figures = store.line(count, lot).figures
    assert (figures.expected, figures.counted, figures.difference) == (100, 98, -2)
