"""How much people need of each item, and what shares have to add up to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.planning.demography import Statement, added, missing, needs, units_per_user_year

CONDOM, PILL, OTHER_PILL, IUD = 1, 2, 3, 4
METHOD_OF = {CONDOM: "condom", PILL: "pill", OTHER_PILL: "pill", IUD: "iud"}
PER_USER = {CONDOM: Decimal(120), PILL: Decimal(15), OTHER_PILL: Decimal(15), IUD: 1 / Decimal("4.6")}
PEOPLE = Statement(
    women=10_000,
    prevalence=Decimal("0.65"),
    target=Decimal("0.72"),
    methods={"condom": Decimal("0.2"), "pill": Decimal("0.3"), "iud": Decimal("0.46")},
    brands={CONDOM: Decimal(1), PILL: Decimal("0.75"), OTHER_PILL: Decimal("0.25"), IUD: Decimal(1)},
    other=Decimal("0.04"),
)
shares = st.integers(0, 1000).map(lambda per_mille: Decimal(per_mille) / 1000)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    condom = draw(shares)
    pill = draw(shares) * (1 - condom)
    brand = draw(shares)
    return Statement(
        draw(st.integers(0, 100_000)),
        draw(shares),
        draw(shares),
        {"condom": condom, "pill": pill},
        {CONDOM: Decimal(1), PILL: brand, OTHER_PILL: 1 - brand},
        1 - condom - pill,
    )


class TestNeed:
    def test_it_is_women_by_prevalence_by_method_by_brand_by_units_of_a_user(self):
        need = needs(PEOPLE, METHOD_OF, PER_USER)

        assert need[CONDOM].units == 10_000 * Decimal("0.65") * Decimal("0.2") * 120
        assert need[PILL].units == Decimal("0.75") * need[PILL].units + Decimal("0.75") * need[OTHER_PILL].units
        assert round(need[IUD].units) == 650  # 2,990 users, of whom one in 4.6 gets one in a year

    def test_its_couple_years_are_the_users(self):
        need = needs(PEOPLE, METHOD_OF, PER_USER)

        assert sum(it.users for it in need.values()) == PEOPLE.users * Decimal("0.96")

    def test_of_an_item_without_a_factor_nothing_can_be_told(self):
        assert CONDOM not in needs(PEOPLE, METHOD_OF, {PILL: Decimal(15)})

    def test_another_prevalence_changes_all_alike(self):
        now, then = (needs(it, METHOD_OF, PER_USER) for it in (PEOPLE, PEOPLE.at(Decimal("0.78"))))

        assert {item: then[item].units / now[item].units for item in now} == dict.fromkeys(now, Decimal("1.2"))


class TestUnitsOfAUser:
    def test_they_are_one_by_the_factor_in_force(self):
        factors = {date(2021, 1, 1): Decimal("0.1"), date(2027, 1, 1): Decimal("0.2")}

        assert units_per_user_year(factors, 2026) == 10
        assert units_per_user_year(factors, 2027) == 5
        assert units_per_user_year(factors, 2030) == 5

    def test_a_factor_that_begins_in_the_year_counts_for_its_days(self):
        factors = {date(2021, 1, 1): Decimal("0.1"), date(2026, 7, 2): Decimal("0.2")}

        assert units_per_user_year(factors, 2026) == (Decimal(182) * 10 + Decimal(183) * 5) / 365

    def test_before_the_first_factor_the_first_holds(self):
        assert units_per_user_year({date(2026, 7, 1): Decimal("0.25")}, 2026) == 4

    def test_there_are_none_without_a_factor_by_the_years_end(self):
        assert units_per_user_year({date(2027, 1, 1): Decimal("0.25")}, 2026) is None
        assert units_per_user_year({}, 2026) is None


class TestSums:
    @given(st.lists(statements(), min_size=1, max_size=4))
    def test_the_need_of_several_places_is_the_sum_of_their_needs(self, places):
        whole = needs(added(places, METHOD_OF), METHOD_OF, PER_USER)
        each = [needs(place, METHOD_OF, PER_USER) for place in places]

        for item in (CONDOM, PILL, OTHER_PILL):
            assert float(whole[item].units) == pytest.approx(float(sum(it[item].units for it in each)), abs=1e-6)

    @given(st.lists(statements(), min_size=1, max_size=4))
    def test_women_users_and_shares_add_up(self, places):
        whole = added(places, METHOD_OF)

        assert whole.women == sum(it.women for it in places)
        assert float(whole.users) == pytest.approx(float(sum(it.users for it in places)))
        if whole.users:
            assert float(sum(whole.methods.values()) + whole.other) == pytest.approx(1)

    def test_there_is_a_target_where_all_have_one(self):
        none = Statement(1, Decimal(1), None, {}, {})

        assert added([PEOPLE, PEOPLE], METHOD_OF).target == Decimal("0.72")
        assert added([PEOPLE, none], METHOD_OF).target is None


class TestWholes:
    def test_shares_make_a_whole_within_a_rounding_step(self):
        assert not missing([Decimal("0.333")] * 3)
        assert not missing([Decimal("0.334"), Decimal("0.334"), Decimal("0.333")])

    def test_what_they_lack_or_have_too_much_is_told(self):
        assert missing([Decimal("0.5"), Decimal("0.42")]) == Decimal("0.08")
        assert missing([Decimal("0.6"), Decimal("0.5")]) == Decimal("-0.1")
        assert missing([]) == 1
