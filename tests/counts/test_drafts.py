"""Beginning a count, saving it again and again, and adding what the book has not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, func, select

from lmis.catalog.models import Lot
from lmis.counts.drafts import FoundLot, add_lot
from lmis.counts.models import StockCount, StockCountEntry
from lmis.counts.queries import count_by_uuid
from lmis.counts.refusals import AlreadyOnTheList, CountIsOver, LotIsRecalled, NoItemsChosen, UnknownCount
from lmis.counts.rules import Said, Since, State
from lmis.errors import LmisError
from lmis.stock.documents import Kind
from lmis.stock.lots import LotExpiryDiffers
from lmis.stock.refusals import ChannelNotAllowed, FacilityClosed
from tests.counts.desk import BEFORE, TOMORROW, Store
from tests.factories import JUNE, MARCH, NOW, TODAY, a_document, a_line, a_lot, an_item, id_of


@pytest.fixture
def store(session: Session) -> Store:
    return Store(session)


def found(store: Store, number: str = "X9", counted: int = 7) -> FoundLot:
    return FoundLot(store.item, number, JUNE, "free", "usable", counted)


def add(store: Store, count: StockCount, lot: FoundLot) -> None:
    add_lot(store.session, count, lot, user_id=id_of(store.an), now=NOW)


# -- beginning -----------------------------------------------------------------------------------------------------


def test_a_full_count_freezes_every_lot_channel_and_status_on_the_shelf(store: Store):
    lot, paid = store.receive(100), store.receive(30, channel="free")
    store.post(a_document(store.facility, a_line(lot, 40, reason="quality_check"), kind=Kind.QUARANTINE))
    gone = store.receive(5)
    store.dispense(gone, 5)

    lines = store.lines(store.start())

    found = {(line.lot_id, line.status): line.figures.book for line in lines}
    assert found == {(lot.id, "usable"): 60, (lot.id, "quarantined"): 40, (paid.id, "usable"): 30}


def test_a_count_of_chosen_items_has_only_these(store: Store):
    pill = an_item(store.session, "Viên uống", method="pill")
    store.receive(100)
    lot = store.receive(30, item=pill)

    assert [line.lot_id for line in store.lines(store.start(pill))] == [lot.id]


def test_choosing_nothing_is_refused(store: Store):
    from lmis.counts.drafts import start_count

    with pytest.raises(NoItemsChosen):
        start_count(
            store.session, uuid=uuid4(), facility=store.facility, items=[], blind=False, today=TODAY, now=NOW,
            user_id=id_of(store.an),
        )  # fmt: skip


def test_the_same_form_begins_one_count(store: Store):
    store.receive(100)
    uuid = uuid4()

    first, second = store.start(uuid=uuid), store.start(uuid=uuid)

    assert first.id == second.id
    assert len(store.lines(first)) == 1


def test_a_closed_facility_counts_nothing(store: Store):
    store.facility.closed_on = TODAY

    with pytest.raises(FacilityClosed):
        store.start()


def test_a_count_is_found_at_its_own_facility_alone(store: Store):
    count = store.start()

    with pytest.raises(UnknownCount):
        count_by_uuid(store.session, id_of(store.tree.district), count.uuid)


# -- saving --------------------------------------------------------------------------------------------------------


def test_what_is_saved_is_there_the_next_day(store: Store):
    lot = store.receive(100)
    count = store.start()

    store.find(count, lot, 90, note="hộp rách")

    line = store.line(count, lot)
    assert (line.figures.counted, line.note, line.figures.difference) == (90, "hộp rách", -10)


def test_nothing_found_is_zero_and_empty_is_not_counted(store: Store):
    lot, other = store.receive(100), store.receive(50)
    count = store.start()

    store.find(count, lot, 0)

    assert store.line(count, lot).figures.difference == -100
    assert store.line(count, other).is_left_out


def test_a_figure_may_be_taken_back(store: Store):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 90)

    store.find(count, lot, None)

    assert not store.line(count, lot).is_counted


def test_saving_the_same_again_changes_nothing(store: Store, session: Session):
    lot = store.receive(100)
    count = store.start()

    for _ in range(3):
        store.find(count, lot, 90)

    assert count.version == 1
    assert session.exec(select(func.count()).select_from(StockCountEntry)).one() == 1


def test_two_savers_of_other_lines_are_both_kept(store: Store):
    lots = [store.receive(100), store.receive(50)]
    count = store.start()
    first, second = (store.line(count, lot).line_no for lot in lots)

    store.say(count, {first: 90, second: None}, version=0)
    clashes = store.say(count, {first: None, second: 40}, by=store.binh, version=0)

    assert clashes == {}
    assert [store.line(count, lot).figures.counted for lot in lots] == [90, 40]


def test_the_second_saver_of_a_line_is_told_who_said_what_and_overwrites_nothing(store: Store):
    lot, other = store.receive(100), store.receive(50)
    count = store.start()
    one, two = (store.line(count, it).line_no for it in (lot, other))
    store.say(count, {one: 90}, version=0, now=NOW)

    clashes = store.say(count, {one: 95, two: 50}, by=store.binh, version=0, now=NOW + timedelta(minutes=5))

    clash = clashes[one]
    assert (clash.theirs, clash.mine, clash.by.name, clash.by.at) == (
        Said(90, 0, None), Said(95, 0, None), store.an.name, NOW,
    )  # fmt: skip
    assert [store.line(count, it).figures.counted for it in (lot, other)] == [90, 50]


def test_having_seen_both_the_second_saver_decides(store: Store):
    lot = store.receive(100)
    count = store.start()
    line = store.line(count, lot).line_no
    store.say(count, {line: 90}, version=0)
    store.say(count, {line: 95}, by=store.binh, version=0)

    assert store.say(count, {line: 95}, by=store.binh, version=count.version) == {}
    assert store.line(count, lot).figures.counted == 95


def test_an_old_page_that_changes_nothing_takes_nothing_back(store: Store):
    lot = store.receive(100)
    count = store.start()
    line = store.line(count, lot).line_no
    store.say(count, {line: 90}, version=0)
    store.say(count, {line: 91}, version=1)

    assert store.say(count, {line: 90}, by=store.binh, version=1) == {}
    assert store.line(count, lot).figures.counted == 91


def test_who_counted_what_stays_known(store: Store, session: Session):
    lot = store.receive(100)
    count = store.start()
    store.find(count, lot, 90)
    store.find(count, lot, 92, by=store.binh)

    said = session.exec(select(StockCountEntry.counted, StockCountEntry.user_id).order_by(StockCountEntry.version))

    assert list(said) == [(90, store.an.id), (92, store.binh.id)]


def test_a_closed_count_is_not_saved(store: Store):
    lot = store.receive(100)
    count = store.start()
    line = store.line(count, lot).line_no
    count.state = State.WAITING

    with pytest.raises(CountIsOver):
        store.say(count, {line: 90})


# -- what moves meanwhile ------------------------------------------------------------------------------------------


def since(store: Store, count: StockCount, lot: Lot) -> Since:
    return store.line(count, lot).figures.since


def test_what_is_given_out_and_received_since_is_shown(store: Store):
    lot = store.receive(100)
    count = store.start()

    store.dispense(lot, 5)
    store.post(a_document(store.facility, a_line(lot, 20), kind=Kind.RECEIPT))

    assert since(store, count, lot) == Since(moved=15, went=-5)


def test_what_others_send_here_since_is_shown(store: Store):
    lot = store.receive(100)
    store.post(a_document(store.tree.district, a_line(lot, 30), kind=Kind.RECEIPT, on=BEFORE))
    count = store.start()

    store.post(a_document(store.tree.district, a_line(lot, 30), kind=Kind.ISSUE, to=store.facility))

    assert since(store, count, lot) == Since(moved=30)


def test_what_moves_elsewhere_is_not(store: Store):
    lot = store.receive(100)
    count = store.start()

    store.post(a_document(store.tree.district, a_line(lot, 30), kind=Kind.RECEIPT))

    assert since(store, count, lot) == Since()


def test_what_moves_on_a_later_day_is_told_apart(store: Store):
    lot = store.receive(100)
    count = store.start()

    store.dispense(lot, 5, on=TOMORROW)

    assert since(store, count, lot) == Since(moved=-5, later=-5, went=-5)


def test_a_paper_of_an_earlier_day_puts_the_book_right(store: Store):
    lot = store.receive(100)
    count = store.start()

    store.dispense(lot, 10, on=TODAY - timedelta(days=2))

    assert since(store, count, lot) == Since(corrected=-10)


def test_another_count_puts_the_book_right(store: Store):
    lot = store.receive(100)
    count = store.start()

    store.post(a_document(store.facility, a_line(lot, 90, reason="lost"), kind=Kind.COUNT))

    assert since(store, count, lot) == Since(corrected=-10)


@pytest.mark.parametrize("reason", ["lost", "stolen"])
def test_what_is_written_off_as_no_longer_there_puts_the_book_right(store: Store, reason: str):
    lot = store.receive(100)
    count = store.start()
    gone = a_document(store.facility, a_line(lot, 10, reason=reason), kind=Kind.LOSS)

    store.post(gone)
    assert since(store, count, lot) == Since(corrected=-10)

    store.post(replace(a_document(store.facility, kind=Kind.REVERSAL), reverses=gone.uuid))
    assert since(store, count, lot) == Since()


def test_what_is_written_off_as_damaged_left_the_shelf(store: Store):
    lot = store.receive(100)
    count = store.start()

    store.post(a_document(store.facility, a_line(lot, 10, reason="damaged"), kind=Kind.LOSS))

    assert since(store, count, lot) == Since(moved=-10, went=-10)


def test_what_turns_up_puts_the_book_right_and_what_turns_up_in_a_delivery_came(store: Store):
    lot = store.receive(100)
    store.post(a_document(store.tree.district, a_line(lot, 30), kind=Kind.RECEIPT, on=BEFORE))
    sent = a_document(store.tree.district, a_line(lot, 30), kind=Kind.ISSUE, to=store.facility)
    store.post(replace(sent, shipped=True))
    count = store.start()

    found = a_document(store.facility, a_line(lot, 3, reason="found_in_store"), kind=Kind.FOUND)
    store.post(found)
    store.post(replace(found, uuid=uuid4(), shipment=sent.uuid))

    assert since(store, count, lot) == Since(moved=3, corrected=3)


def test_undoing_what_the_frozen_book_had_puts_it_right(store: Store):
    lot = store.receive(100)
    wrong = a_document(store.facility, a_line(lot, 50), kind=Kind.RECEIPT, on=BEFORE)
    store.post(wrong)
    count = store.start()

    store.post(replace(a_document(store.facility, kind=Kind.REVERSAL), reverses=wrong.uuid))

    assert since(store, count, lot) == Since(corrected=-50)


def test_undoing_what_moved_since_leaves_nothing_moved(store: Store):
    lot = store.receive(100)
    count = store.start()
    given = a_document(store.facility, a_line(lot, 5), kind=Kind.DISPENSE)
    store.post(given)

    store.post(replace(a_document(store.facility, kind=Kind.REVERSAL), reverses=given.uuid))

    assert since(store, count, lot) == Since()


# -- what the book has not -----------------------------------------------------------------------------------------


def test_a_lot_nobody_knows_is_added_with_what_was_counted(store: Store, session: Session):
    store.receive(100)
    count = store.start()

    add(store, count, found(store))

    lot = session.exec(select(Lot).where(Lot.number == "X9")).one()
    line = store.line(count, lot)
    assert (line.added, line.figures.book, line.figures.counted) == (True, 0, 7)


def test_a_lot_of_an_item_that_was_not_chosen_has_the_book_of_the_beginning(store: Store):
    lot = store.receive(100)
    count = store.start(an_item(store.session, "Viên uống", method="pill"))
    store.dispense(lot, 4)

    add(store, count, found(store, lot.number, 90))

    assert store.line(count, lot).figures.book == 100


def test_a_lot_that_came_during_the_count_is_not_doubled(store: Store):
    store.receive(100)
    count = store.start()
    lot = a_lot(store.session, store.item, "X9", expires_on=JUNE)
    store.post(a_document(store.facility, a_line(lot, 30), kind=Kind.RECEIPT))

    add(store, count, found(store, "X9", 30))

    figures = store.line(count, lot).figures
    assert (figures.book, figures.included, figures.difference, figures.on_hand) == (0, 30, 0, 30)


def test_a_lot_that_is_listed_is_not_added_twice(store: Store):
    lot = store.receive(100)
    count = store.start()

    with pytest.raises(AlreadyOnTheList):
        add(store, count, found(store, lot.number.lower()))


def test_a_lot_with_another_expiry_date_is_refused_and_none_is_made(store: Store, session: Session):
    lot = store.receive(100)
    count = store.start()

    with pytest.raises(LotExpiryDiffers):
        add(store, count, replace(found(store, lot.number), expires_on=MARCH))

    assert len(store.lines(count)) == 1


def test_a_recalled_lot_is_added_as_recalled_alone(store: Store):
    lot = a_lot(store.session, store.item, "R1")
    lot.recalled_on = BEFORE
    count = store.start()

    with pytest.raises(LotIsRecalled):
        add(store, count, found(store, "R1"))
    add(store, count, replace(found(store, "R1"), status="recalled"))

    assert [line.status for line in store.lines(count)] == ["recalled"]


def test_an_item_is_not_found_in_a_channel_it_does_not_move_in(store: Store):
    pill = an_item(store.session, "Viên uống", method="pill", channels=["social_marketing"])
    count = store.start()

    with pytest.raises(ChannelNotAllowed):
        add(store, count, replace(found(store), item=pill))


@pytest.mark.parametrize("state", [State.CLOSED, State.WAITING, State.POSTED, State.CANCELLED])
def test_nothing_is_added_to_a_count_that_is_over(store: Store, state: State):
    count = store.start()
    count.state = state

    with pytest.raises(LmisError):
        add(store, count, found(store))
