"""Which collaborators stand on their own, and how the others' history is added to their station's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.forecast.frame import KEYS, Monthly
from lmis.forecast.panel import VALUES
from lmis.forecast.places import Place
from lmis.forecast.rollup import enough, roll_up, rolled_into

NAN = float("nan")
ON = date(2026, 11, 1)
DISTRICT, COMMUNE, FIRST, SECOND = 1, 2, 3, 4
CONDOM, PILL = 10, 11
BUSY = [5.0] * 24
QUIET = [1.0] * 24


def a_place(id_: int, parent: int | None, level: str = "collaborator", *, closed_on: date | None = None) -> Place:
    return Place(id_, parent, level, level != "district", frozenset(), closed_on, None)


PLACES = [
    a_place(DISTRICT, None, "district"),
    a_place(COMMUNE, DISTRICT, "commune"),
    a_place(FIRST, COMMUNE),
    a_place(SECOND, COMMUNE),
]


def monthly(dispensed: Mapping[tuple[int, int], Sequence[float]], **others: Sequence[Sequence[float]]) -> Monthly:
    """Series by facility and item; of what is not given there is none."""
    keys = pd.DataFrame([(*key, "") for key in dispensed], columns=KEYS)
    used = np.array(list(dispensed.values()), dtype=float)
    values = {name: np.where(np.isfinite(used), 0.0, np.nan) for name in VALUES}
    values |= {"dispensed": used, "ordered": np.full(used.shape, np.nan)}
    return Monthly(keys, 202610, values | {name: np.array(its, dtype=float) for name, its in others.items()})


def into(series: Monthly, places: Sequence[Place] = PLACES) -> list[int]:
    return rolled_into(series, places, ON).tolist()


class TestWhoStandsAlone:
    @pytest.mark.parametrize(
        ("used", "stands"),
        [
            ([5] * 12, True),
            ([5] * 11, False),  # eleven months
            ([5] * 11 + [NAN] * 12, False),  # missing months are no months
            ([5] * 11 + [0] * 12, False),  # nor are those without use
            ([2] * 24, True),
            ([1.9] * 24, False),  # too little
            ([10] * 12 + [0] * 12, True),
            ([4] * 12 + [0] * 13, False),  # 48 in 25 months
        ],
    )
    def test_twelve_months_with_use_and_two_units_a_month_are_enough(self, used: list[float], stands: bool):
        assert enough(monthly({(FIRST, CONDOM): used})).tolist() == [stands]

    def test_a_collaborator_with_little_use_counts_to_its_station(self):
        series = monthly({(COMMUNE, CONDOM): QUIET, (FIRST, CONDOM): BUSY, (SECOND, CONDOM): QUIET})

        assert into(series) == [COMMUNE, FIRST, COMMUNE]

    def test_item_by_item(self):
        assert into(monthly({(FIRST, CONDOM): BUSY, (FIRST, PILL): QUIET})) == [FIRST, COMMUNE]

    def test_a_station_never_counts_to_its_district(self):
        assert into(monthly({(COMMUNE, CONDOM): QUIET})) == [COMMUNE]

    def test_a_chain_of_those_with_little_use_ends_at_the_nearest_that_has_enough(self):
        point = [*PLACES, a_place(5, FIRST)]

        assert into(monthly({(FIRST, CONDOM): QUIET, (5, CONDOM): QUIET}), point) == [COMMUNE, COMMUNE]
        assert into(monthly({(FIRST, CONDOM): BUSY, (5, CONDOM): QUIET}), point) == [FIRST, FIRST]

    def test_what_is_closed_counts_to_no_one_and_no_one_to_it(self):
        closed = [*PLACES[:3], a_place(SECOND, COMMUNE, closed_on=ON)]
        assert into(monthly({(SECOND, CONDOM): QUIET}), closed) == [SECOND]

        station = [PLACES[0], a_place(COMMUNE, DISTRICT, "commune", closed_on=ON), *PLACES[2:]]
        assert into(monthly({(FIRST, CONDOM): QUIET}), station) == [FIRST]

    def test_one_that_closes_later_is_open_still(self):
        later = [*PLACES[:3], a_place(SECOND, COMMUNE, closed_on=date(2026, 11, 2))]

        assert into(monthly({(SECOND, CONDOM): QUIET}), later) == [COMMUNE]


class TestAPool:
    def pooled(self, series: Monthly) -> Monthly:
        return roll_up(series, np.full(len(series.keys), COMMUNE))

    def test_it_is_the_sum_of_its_parts(self):
        series = monthly(
            {(COMMUNE, CONDOM): [10, 20], (FIRST, CONDOM): [1, 2]},
            opening=[[100, 90], [9, 8]],
            closing=[[90, 70], [8, 6]],
            adjusted=[[0, 0], [0, 0]],
        )

        found = self.pooled(series)

        assert found.keys.to_numpy().tolist() == [[COMMUNE, CONDOM, ""]]
        said = {name: found.values[name][0].tolist() for name in ("dispensed", "opening", "closing")}
        assert said == {"dispensed": [11, 22], "opening": [109, 98], "closing": [98, 76]}

    def test_a_month_of_which_nothing_is_known_is_missing(self):
        found = self.pooled(monthly({(COMMUNE, CONDOM): [10, NAN, 10], (FIRST, CONDOM): [2, NAN, 2]}))

        assert found.known.tolist() == [[True, False, True]]

    def test_what_a_missing_part_used_is_taken_in_proportion(self):
        found = self.pooled(monthly({(COMMUNE, CONDOM): [30, 33, 27], (FIRST, CONDOM): [10, NAN, 10]}))

        np.testing.assert_allclose(found.values["dispensed"], [[40, 44, 37]])  # 33 × (30 + 10) / 30

    def test_a_month_that_misses_most_of_the_use_is_missing(self):
        found = self.pooled(monthly({(COMMUNE, CONDOM): [30, NAN, 30], (FIRST, CONDOM): [10, 12, 8]}))

        assert found.known.tolist() == [[True, False, True]]

    def test_a_part_that_had_not_begun_is_not_missed(self):
        found = self.pooled(monthly({(COMMUNE, CONDOM): [30, 30, 30], (FIRST, CONDOM): [NAN, NAN, 10]}))

        assert found.values["dispensed"].tolist() == [[30, 30, 40]]

    def test_one_small_empty_shelf_does_not_cut_the_pool_short_and_a_large_one_does(self):
        use = {(COMMUNE, CONDOM): [99, 99], (FIRST, CONDOM): [1, 1]}

        found = self.pooled(monthly(use, days_out=[[0, 12], [20, 0]], closing=[[50, 50], [0, 5]]))

        assert found.values["days_out"].tolist() == [[0, 12]]
        assert found.cut_short.tolist() == [[False, True]]

    def test_an_order_is_the_stations_alone(self):
        use = {(COMMUNE, CONDOM): [9, 9], (FIRST, CONDOM): [1, 1]}

        found = self.pooled(monthly(use, ordered=[[70, NAN], [5, 5]]))

        np.testing.assert_array_equal(found.values["ordered"], [[70, NAN]])

    def test_a_pool_in_which_nothing_was_ever_used_is_known_all_the_same(self):
        found = self.pooled(monthly({(COMMUNE, CONDOM): [0, 0], (FIRST, CONDOM): [0, 0]}))

        assert found.values["dispensed"].tolist() == [[0, 0]]

    def test_a_series_by_itself_stays_as_it_is(self):
        series = monthly(
            {(COMMUNE, CONDOM): [3, NAN, 5], (COMMUNE, PILL): [NAN, 1, 0]}, days_out=[[1, NAN, 2], [NAN] * 3]
        )
        series.values["days_out"][1, 1:] = [0, 30]

        found = self.pooled(series)

        pd.testing.assert_frame_equal(found.keys, series.keys)
        for name in VALUES:
            np.testing.assert_array_equal(found.values[name], series.values[name], err_msg=name)

    @given(st.lists(st.lists(st.integers(0, 10_000), min_size=6, max_size=6), min_size=1, max_size=5))
    def test_no_unit_is_lost_or_made(self, used: list[list[int]]):
        series = monthly({(place, CONDOM): its for place, its in enumerate(used, COMMUNE)})

        np.testing.assert_allclose(self.pooled(series).values["dispensed"][0], np.sum(used, 0), rtol=1e-12)

    def test_a_month_of_a_pool_adds_up(self):
        dispensed = np.array([[4.0, 5], [1, NAN]])
        opening, received = np.array([[9.0, 8], [3, NAN]]), np.array([[3.0, 0], [0, NAN]])
        series = monthly({(COMMUNE, CONDOM): dispensed[0].tolist(), (FIRST, CONDOM): dispensed[1].tolist()})
        values = series.values | {"opening": opening, "received": received, "closing": opening + received - dispensed}

        found = self.pooled(replace(series, values=values)).values

        made = found["opening"] + found["received"] - found["dispensed"] + found["adjusted"]
        np.testing.assert_allclose(made, found["closing"])
