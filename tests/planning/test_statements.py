"""Statements of the population: entered, refused, in force, and summed up the tree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlmodel import Session, func, select

from lmis.catalog.models import Item
from lmis.errors import Refused
from lmis.network.models import Facility
from lmis.planning.basis import Basis, basis_of, per_user
from lmis.planning.models import Population
from lmis.planning.statements import entry_of, history, in_force, latest_entry
from tests.factories import TODAY, Tree, a_facility, a_tree, an_item, id_of
from tests.planning.world import a_factor, an_entry, stated


@pytest.fixture
def tree(session: Session) -> Tree:
    return a_tree(session)


@pytest.fixture
def condom(session: Session) -> Item:
    return an_item(session, "Bao cao su", code="BCS", method="condom")


def all_condoms(at: Facility, condom: Item, **more: object) -> object:
    return an_entry(at, {"condom": "1"}, {id_of(condom): "1"}, **more)  # type: ignore[arg-type]


def refusals(session: Session, entry: object) -> list[str]:
    with pytest.raises(Refused) as caught:
        stated(session, entry)  # type: ignore[arg-type]
    return [str(it) for it in caught.value.refusals]


def basis(session: Session, at: Facility, condom: Item, year: int = 2026) -> Basis:
    return basis_of(session, id_of(at), year, TODAY, {id_of(condom): "condom"})


class TestEntering:
    def test_what_was_entered_is_in_force_with_its_sources(self, session, tree, condom):
        entry = stated(session, all_condoms(tree.district, condom, target="0.72", women=12_345))

        assert entry_of(session, id_of(tree.district), 2026) == entry
        found = in_force(session, [id_of(tree.district)], 2026)[id_of(tree.district)]
        assert (found.women, found.prevalence, found.target) == (12_345, Decimal("0.6"), Decimal("0.72"))
        assert found.methods == {"condom": 1}

    def test_a_later_one_is_in_force_and_the_earlier_one_stays(self, session, tree, condom):
        for women in (1_000, 2_000):
            stated(session, all_condoms(tree.district, condom, women=women))

        assert in_force(session, [id_of(tree.district)], 2026)[id_of(tree.district)].women == 2_000
        assert [(it.row.women, it.in_force) for it in history(session, id_of(tree.district))] == [
            (2_000, True),
            (1_000, False),
        ]

    def test_a_second_click_enters_nothing_twice(self, session, tree, condom):
        entry = stated(session, all_condoms(tree.district, condom))
        stated(session, entry)

        assert session.exec(select(func.count()).select_from(Population)).one() == 1

    def test_other_figures_with_the_same_form_are_refused(self, session, tree, condom):
        entry = stated(session, all_condoms(tree.district, condom))

        assert "with this form before" in refusals(session, replace(entry, women=5))[0]

    def test_a_new_one_begins_with_the_latest_year_before(self, session, tree, condom):
        stated(session, all_condoms(tree.district, condom, year=2025, women=7))

        assert latest_entry(session, id_of(tree.district), 2027).women == 7
        assert latest_entry(session, id_of(tree.district), 2024) is None

    def test_a_collaborator_has_no_figures_of_its_own(self, session, tree, condom):
        assert "is neither" in refusals(session, all_condoms(tree.collaborator, condom))[0]
        stated(session, all_condoms(tree.commune, condom))


class TestShares:
    def test_methods_that_lack_something_say_how_much(self, session, tree, condom):
        entry = an_entry(tree.district, {"condom": "0.92"}, {id_of(condom): "1"})

        assert "92.0 %: 8.0 % of all users are missing" in refusals(session, entry)[0]

    def test_users_of_other_methods_make_them_whole(self, session, tree, condom):
        stated(session, an_entry(tree.district, {"condom": "0.92"}, {id_of(condom): "1"}, other="0.08"))

    def test_methods_that_are_too_much_say_by_how_much(self, session, tree, condom):
        entry = an_entry(tree.district, {"condom": "1"}, {id_of(condom): "1"}, other="0.25")

        assert "125.0 %, which is 25.0 % too much" in refusals(session, entry)[0]

    def test_items_of_a_used_method_make_a_whole_too(self, session, tree, condom):
        other = an_item(session, method="condom")
        entry = an_entry(tree.district, {"condom": "1"}, {id_of(condom): "0.5", id_of(other): "0.3"})

        assert "The items of Condom add up to 80.0 %: 20.0 % of its users are missing" in refusals(session, entry)[0]
        assert "100.0 % of its users are missing" in refusals(session, an_entry(tree.district, {"condom": "1"}, {}))[0]

    def test_all_that_is_wrong_is_told_together(self, session, tree, condom):
        an_item(session, method="pill")
        entry = an_entry(tree.district, {"condom": "0.5", "pill": "0.6"}, {id_of(condom): "0.9"})

        assert len(refusals(session, entry)) == 3

    def test_a_rounding_step_is_let_pass(self, session, tree, condom):
        others = [an_item(session, method="condom") for _ in range(2)]
        thirds = {id_of(it): "0.333" for it in (condom, *others)}

        stated(session, an_entry(tree.district, {"condom": "1"}, thirds))


class TestTheTree:
    def test_a_facility_without_figures_has_the_sum_of_those_under_it(self, session, tree, condom):
        second = a_facility(session, level="district", parent=tree.board)
        stated(session, all_condoms(tree.district, condom, women=100, prevalence="0.5"))
        stated(session, all_condoms(second, condom, women=300, prevalence="0.7"))

        found = basis(session, tree.board, condom)

        assert not found.own
        assert found.statement is not None
        assert (found.statement.women, found.statement.prevalence) == (400, Decimal("0.65"))

    def test_it_has_none_while_one_of_them_has_none_and_that_one_is_named(self, session, tree, condom):
        second = a_facility(session, "Trung tâm Y tế quận 2", level="district", parent=tree.board)
        stated(session, all_condoms(tree.district, condom))

        found = basis(session, tree.board, condom)

        assert found.statement is None
        assert [it.code for it in found.lacking] == [second.code]

    def test_its_own_figures_go_before_any_sum(self, session, tree, condom):
        stated(session, all_condoms(tree.district, condom, women=100))
        stated(session, all_condoms(tree.board, condom, women=999))

        found = basis(session, tree.board, condom)
        assert found.own
        assert found.statement is not None
        assert found.statement.women == 999

    def test_sums_go_down_as_far_as_there_are_figures(self, session, tree, condom):
        stated(session, all_condoms(tree.commune, condom, women=50))  # its collaborators need none

        found = basis(session, tree.board, condom)
        assert found.statement is not None
        assert found.statement.women == 50

    def test_another_years_figures_do_not_count(self, session, tree, condom):
        stated(session, all_condoms(tree.district, condom, year=2027))

        assert basis(session, tree.board, condom).statement is None
        assert basis(session, tree.board, condom, 2027).statement is not None

    def test_a_facility_that_was_closed_is_not_missed(self, session, tree, condom):
        second = a_facility(session, level="district", parent=tree.board)
        second.closed_on = date(2026, 6, 1)
        stated(session, all_condoms(tree.district, condom, women=100))

        assert basis(session, tree.board, condom).statement is not None


def test_units_of_a_user_come_from_the_catalogues_factors(session, condom):
    a_factor(session, condom, "0.0083333333")

    assert round(per_user(session, 2026)[id_of(condom)], 3) == 120


def test_an_id_of_another_form_is_another_statement(session, tree, condom):
    entry = stated(session, all_condoms(tree.district, condom))
    stated(session, replace(entry, uuid=uuid4()))

    assert len(history(session, id_of(tree.district))) == 2
