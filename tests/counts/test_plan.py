"""What to count next, and why."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from lmis.accounts.scope import place_of
from lmis.counts.plan import EVERY, Held, Proposal, classes, due, months_later, plan
from lmis.counts.planning import count_plan
from lmis.counts.rules import State
from lmis.counts.worklist import work
from lmis.network.models import Facility
from lmis.stock.documents import Kind
from tests.counts.desk import BEFORE, Store
from tests.factories import TODAY, a_document, a_line, a_price, a_user, an_item, id_of

MAY = date(2026, 5, 31)
held = st.builds(
    Held,
    item_id=st.integers(1, 10_000),
    value=st.integers(0, 10**12),
    movements=st.integers(0, 10_000),
    counted_on=st.none() | st.dates(date(2020, 1, 1), TODAY),
    since=st.dates(date(2020, 1, 1), TODAY),
)
shelf = st.lists(held, max_size=30, unique_by=lambda it: it.item_id)


def an_item_held(item_id: int, *, value: int = 0, movements: int = 0, counted: date | None = None) -> Held:
    return Held(item_id, value, movements, counted, counted or BEFORE)


def by_item(proposals: list[Proposal]) -> dict[int, Proposal]:
    return {it.item_id: it for it in proposals}


def test_the_few_that_make_up_most_are_counted_most_often():
    matters = {1: Decimal(60), 2: Decimal(25), 3: Decimal(10), 4: Decimal(5)}

    assert classes(matters) == {1: "A", 2: "A", 3: "B", 4: "C"}


def test_what_does_not_matter_at_all_is_in_the_last_class():
    assert classes({1: Decimal(0), 2: Decimal(0)}) == {1: "C", 2: "C"}
    assert classes({1: Decimal(1)}) == {1: "A"}


def test_free_goods_count_by_how_much_they_are_handled():
    proposals = by_item(plan([an_item_held(1, value=900, movements=1), an_item_held(2, movements=99)]))

    assert (proposals[1].letter, proposals[2].letter) == ("A", "A")
    assert "100 % of the value" in str(proposals[1].why)
    assert "99 % of the movements" in str(proposals[2].why)


@pytest.mark.parametrize(
    ("letter", "on"), [("A", date(2026, 6, 30)), ("B", date(2026, 8, 31)), ("C", date(2026, 11, 30))]
)
def test_the_next_count_is_due_an_interval_after_the_last(letter: str, on: date):
    assert months_later(MAY, EVERY[letter]) == on


def test_what_was_never_counted_is_as_old_as_its_stay_on_the_shelf():
    (proposal,) = plan([Held(1, 0, 5, None, BEFORE)])

    assert proposal.due_on == date(2026, 11, 1)
    assert "never been counted since it came on 01/10/2026" in str(proposal.why)


def test_what_was_counted_lately_is_not_due():
    proposals = plan([an_item_held(1, movements=5, counted=TODAY), an_item_held(2, movements=5)])

    assert [it.item_id for it in due(proposals, TODAY)] == [2]


@given(shelf)
def test_every_item_gets_one_proposal_and_those_due_first_stand_first(its: list[Held]):
    proposals = plan(its)

    assert sorted(it.item_id for it in proposals) == sorted(it.item_id for it in its)
    assert [it.due_on for it in proposals] == sorted(it.due_on for it in proposals)
    for proposal in proposals:
        assert all(proposal.why.translate(language) for language in ("vi", "en"))


@given(shelf)
def test_what_matters_more_is_never_counted_less_often(its: list[Held]):
    matters = {it.item_id: Decimal(it.value) for it in its}
    letters = classes(matters)

    for one in matters:
        for other in matters:
            assert matters[one] <= matters[other] or letters[one] <= letters[other]


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(-24, 24))
def test_months_later_is_that_many_months_away_and_no_later_a_day(day: date, months: int):
    later = months_later(day, months)

    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


# -- from the ledger -----------------------------------------------------------------------------------------------


@pytest.fixture
def store(session: Session) -> Store:
    return Store(session)


def proposed(store: Store, today: date = TODAY) -> dict[int, Proposal]:
    return by_item(count_plan(store.session, id_of(store.facility), today))


def test_a_shelf_with_nothing_on_it_has_no_plan(store: Store):
    lot = store.receive(5)
    store.dispense(lot, 5)

    assert proposed(store) == {}


def test_the_plan_knows_price_movements_and_the_last_count(store: Store, session: Session):
    paid = an_item(session, "Viên uống", method="pill")
    a_price(session, paid, 2_000)
    a_price(session, paid, 3_000, since=BEFORE)
    store.receive(10, item=paid, channel="social_marketing")
    lot = store.receive(100)
    for _ in range(9):
        store.dispense(lot, 1)
    store.post(a_document(store.facility, a_line(lot, 91), kind=Kind.COUNT))

    proposals = proposed(store)

    assert "100 % of the value" in str(proposals[id_of(paid)].why)
    assert "91 % of the movements" in str(proposals[id_of(store.item)].why)  # 10 of 11 lines, the count being none
    assert "last counted on 20/11/2026" in str(proposals[id_of(store.item)].why)


def test_stock_is_worth_what_the_price_of_the_day_says(store: Store, session: Session):
    dear, cheap = (an_item(session, method="pill") for _ in range(2))
    a_price(session, dear, 1, since=date(2020, 1, 1))
    a_price(session, dear, 300, since=BEFORE)
    a_price(session, dear, 9_000, since=TODAY + timedelta(days=1))
    a_price(session, cheap, 100)
    a_price(session, cheap, 100, channel="free")  # free goods have no price, whatever a list says
    for item in (dear, cheap):
        store.receive(10, item=item, channel="social_marketing", on=date(2026, 1, 5))
    store.receive(10, item=cheap, on=date(2026, 1, 5))

    proposals = proposed(store)

    assert "75 % of the value" in str(proposals[id_of(dear)].why)
    assert "25 % of the value" in str(proposals[id_of(cheap)].why)


def test_an_old_count_of_one_lot_makes_the_item_as_old(store: Store):
    first, second = store.receive(100), store.receive(100)
    store.post(a_document(store.facility, a_line(first, 100), kind=Kind.COUNT, on=BEFORE + timedelta(days=1)))
    store.post(a_document(store.facility, a_line(second, 100), kind=Kind.COUNT))

    assert "last counted on 02/10/2026" in str(proposed(store)[id_of(store.item)].why)


def test_a_lot_that_came_after_the_count_does_not_make_it_forgotten(store: Store):
    lot = store.receive(100)
    store.post(a_document(store.facility, a_line(lot, 100), kind=Kind.COUNT, on=BEFORE + timedelta(days=1)))
    store.receive(100, on=TODAY)

    assert "last counted on 02/10/2026" in str(proposed(store)[id_of(store.item)].why)


def test_movements_of_long_ago_do_not_count(store: Store, session: Session):
    other = an_item(session, "Viên uống", method="pill")
    store.receive(100, item=other, on=date(2026, 1, 5))
    store.receive(100)

    assert "has not moved in the last 3 months" in str(proposed(store)[id_of(other)].why)


# -- the home page -------------------------------------------------------------------------------------------------


def works(store: Store, role: str, at: Facility | None = None) -> dict[str, int]:
    at = at or store.facility
    user = a_user(store.session, at, role=role)
    place = place_of(store.session, user, at.code, TODAY)
    return {it.what: it.count for it in work(store.session, place, TODAY)}


def test_the_home_page_tells_what_waits_for_whom(store: Store):
    store.receive(100)
    store.start()
    store.start().state = State.CLOSED
    store.start().state = State.WAITING
    store.start().state = State.POSTED
    store.session.flush()

    counting = {"counts to finish": 2, "items due for a count": 1}
    assert works(store, "storekeeper") == counting
    assert works(store, "manager") == counting | {"counts wait for approval": 1}
    assert works(store, "viewer") == {}


def test_what_waits_at_a_facility_below_is_told_to_the_managers_above(store: Store):
    store.receive(100)
    store.start().state = State.WAITING
    store.start().state = State.CLOSED
    store.session.flush()

    assert works(store, "manager", store.tree.district) == {"counts below wait for approval": 1}
    assert works(store, "manager", store.tree.board) == {"counts below wait for approval": 1}
    assert works(store, "storekeeper", store.tree.district) == {}
    assert works(store, "manager", store.tree.collaborator) == {}


def test_where_nothing_waits_the_home_page_says_nothing(store: Store):
    assert works(store, "manager") == {}
