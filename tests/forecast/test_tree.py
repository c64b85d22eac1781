"""Sums over the tree: means exactly, quantiles by how far the errors of the parts go together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaincinv, ndtr

from lmis.forecast.need import LEVELS
from lmis.forecast.panel import Array
from lmis.forecast.tree import USUAL, correlation, errors_of, spread, summed_quantiles, sums
from lmis.network.tree import above

NAN = float("nan")


def gammas(rng: np.random.Generator, count: int, shape: float = 1.5) -> tuple[Array, Array, Array]:
    """Draws (50,000, N) of skewed parts of different sizes, their means (N, 1) and quantiles (N, 1, 19)."""
    scale = rng.uniform(5, 50, count)
    draws = rng.gamma(shape, scale, (50_000, count))
    return draws, (shape * scale)[:, None], np.quantile(draws, LEVELS, axis=0).T[:, None]


def of_all(means: Array, quantiles: Array, together: float) -> Array:
    """(19,) quantiles of the sum of all parts."""
    count = len(means)
    parents: dict[int, int | None] = {0: None} | dict.fromkeys(range(1, count + 1), 0)
    added = sums(np.arange(1, count + 1), np.ones(count, dtype=int), parents)
    return np.asarray(summed_quantiles(added, means, quantiles, together)[added.keys[:, 0].tolist().index(0), 0])


class TestTheTree:
    def test_a_series_counts_at_its_facility_and_at_all_above_it(self):
        parents = {1: None, 2: 1, 3: 2, 4: 2}

        added = sums(np.array([3, 4, 2]), np.array([7, 7, 8]), parents)

        assert added.keys.tolist() == [[1, 7], [1, 8], [2, 7], [2, 8], [3, 7], [4, 7]]
        assert added.of(np.array([1.0, 10.0, 100.0])).tolist() == [11, 100, 11, 100, 1, 10]

    def test_a_ring_ends(self):
        assert above({1: 2, 2: 1}, 1) == [1, 2]

    @given(
        st.lists(st.integers(0, 4), min_size=1, max_size=40),
        st.lists(st.floats(0, 1e6, width=32), min_size=40, max_size=40),
    )
    def test_the_mean_of_every_facility_is_the_sum_of_those_below(self, districts: list[int], use: list[float]):
        """Kept as 32-bit floats: the two differ by no more than what rounding each of them leaves, 2⁻²³ of the sum."""
        count = len(districts)
        parents: dict[int, int | None] = {0: None} | dict.fromkeys(range(1, 6), 0)
        parents |= {10 + place: district + 1 for place, district in enumerate(districts)}
        means = np.array(use[:count], dtype=np.float32)[:, None]
        added = sums(np.arange(10, 10 + count), np.ones(count, dtype=int), parents)

        kept = dict(zip(added.keys[:, 0].tolist(), added.of(means)[:, 0].astype(np.float32).tolist(), strict=True))

        for facility, mean in kept.items():
            below = [kept[place] for place, parent in parents.items() if parent == facility and place in kept]
            if below:
                assert abs(mean - sum(below)) <= 2**-23 * sum(below)

    def test_of_no_series_there_are_no_sums(self):
        none = np.empty(0, dtype=int)

        assert sums(none, none, {1: None}).of(np.empty((0, 3))).shape == (0, 3)


class TestSpread:
    @pytest.mark.parametrize("shape", [0.5, 1.0, 2.0, 8.0])
    def test_it_is_near_that_of_the_distribution(self, shape: float):
        draws, means, quantiles = gammas(np.random.default_rng(1), 5, shape)

        np.testing.assert_allclose(spread(means, quantiles)[:, 0], draws.std(0), rtol=0.12)

    def test_of_what_is_certain_there_is_none(self):
        assert spread(np.array([4.0]), np.full((1, len(LEVELS)), 4.0)).tolist() == [0]


class TestQuantilesOfSums:
    def test_of_parts_that_err_together_they_are_the_sums_of_quantiles(self):
        _, means, quantiles = gammas(np.random.default_rng(2), 20)

        np.testing.assert_allclose(of_all(means, quantiles, 1.0), quantiles.sum(0)[0])

    @pytest.mark.parametrize("count", [2, 5, 30])
    @pytest.mark.parametrize("common", [0.0, 0.1, 0.5])
    @pytest.mark.parametrize("shape", [0.5, 1.5, 4.0])
    def test_of_other_parts_they_are_those_of_a_simulation(self, count: int, common: float, shape: float):
        """Within a tenth of the sum's standard deviation."""
        rng = np.random.default_rng(3)
        scale = rng.uniform(5, 50, count)
        normal = np.sqrt(common) * rng.normal(size=(20_000, 1)) + np.sqrt(1 - common) * rng.normal(size=(20_000, count))
        draws = scale * gammaincinv(shape, ndtr(normal))
        together = (np.corrcoef(draws.T).sum() - count) / (count * (count - 1))
        quantiles = np.quantile(draws, LEVELS, axis=0).T[:, None]

        found = of_all((shape * scale)[:, None], quantiles, max(0.0, together))

        total = draws.sum(1)
        assert np.abs(found - np.quantile(total, LEVELS)).max() < 0.1 * total.std()

    def test_independent_errors_even_out_and_common_ones_do_not(self):
        _, means, quantiles = gammas(np.random.default_rng(5), 40)

        widths = [np.ptp(of_all(means, quantiles, together)) for together in (0.0, 0.1, 0.5, 1.0)]

        assert widths == sorted(widths)
        assert widths[0] < 0.25 * widths[3]

    def test_one_part_stays_as_it_is(self):
        _, means, quantiles = gammas(np.random.default_rng(6), 1)

        np.testing.assert_allclose(of_all(means, quantiles, 0.1), quantiles[0, 0])

    def test_a_part_without_use_changes_nothing(self):
        _, means, quantiles = gammas(np.random.default_rng(7), 3)
        more = np.concatenate([means, np.zeros((2, 1))]), np.concatenate([quantiles, np.zeros((2, 1, len(LEVELS)))])

        np.testing.assert_allclose(of_all(*more, 0.2), of_all(means, quantiles, 0.2))

    def test_parts_that_hardly_ever_use_anything_hardly_ever_add_up_to_something(self):
        found = of_all(np.full((3, 1), 0.1), np.zeros((3, 1, len(LEVELS))), 0.2)

        assert found.tolist() == [0] * len(LEVELS)

    def test_the_chance_that_none_of_them_uses_anything_is_kept(self):
        rng = np.random.default_rng(11)
        draws = np.where(rng.random((50_000, 4)) < 0.6, 0, np.ceil(rng.gamma(1.5, 20, (50_000, 4))))
        quantiles = np.quantile(draws, LEVELS, axis=0).T[:, None]

        found = of_all(draws.mean(0)[:, None], quantiles, 0.0)

        assert (found[:2] == 0).all()  # 0.6⁴ = 13 %
        assert (found[3:] > 0).all()

    def test_of_nothing_but_zeros_they_are_zero(self):
        assert of_all(np.zeros((3, 1)), np.zeros((3, 1, len(LEVELS))), 0.2).tolist() == [0] * len(LEVELS)

    @given(st.data())
    @settings(max_examples=60)
    def test_they_never_fall_and_are_never_below_zero(self, data: st.DataObject):
        count = data.draw(st.integers(1, 6))
        quantiles = np.array(
            [
                sorted(data.draw(st.lists(st.floats(0, 1e6), min_size=19, max_size=19)))
                for _ in range(count)
            ]
        )[:, None]  # fmt: skip
        means = quantiles.mean(-1) * data.draw(st.floats(0.5, 2))

        found = of_all(means, quantiles, data.draw(st.floats(0, 1)))

        assert np.isfinite(found).all()
        assert found[0] >= 0
        assert (np.diff(found) >= 0).all()


class TestHowFarErrorsGoTogether:
    def errors(self, together: float, groups: int = 60, size: int = 8, months: int = 30) -> tuple[Array, Array]:
        rng = np.random.default_rng(8)
        common = np.repeat(rng.normal(size=(groups, months)), size, axis=0)
        own = rng.normal(size=(groups * size, months))
        sizes = rng.uniform(1, 100, (groups * size, 1))
        return sizes * (np.sqrt(together) * common + np.sqrt(1 - together) * own), np.repeat(np.arange(groups), size)

    @pytest.mark.parametrize("together", [0.0, 0.2, 0.6])
    def test_it_is_found_in_the_errors(self, together: float):
        errors, group = self.errors(together)

        assert correlation(errors, group) == pytest.approx(together, abs=0.05)

    def test_missing_months_do_not_count(self):
        errors, group = self.errors(0.6)
        errors[np.random.default_rng(9).random(errors.shape) < 0.3] = NAN

        assert correlation(errors, group) == pytest.approx(0.6, abs=0.08)

    def test_without_errors_it_is_the_usual(self):
        assert correlation(np.full((4, 6), NAN), np.zeros(4, dtype=int)) == USUAL
        assert correlation(np.empty((0, 6)), np.empty(0, dtype=int)) == USUAL

    def test_what_few_months_say_is_drawn_towards_the_usual(self):
        errors, group = self.errors(0.9, groups=1, months=10)

        assert USUAL < correlation(errors, group) < 0.3

    def test_series_that_go_against_each_other_do_not_go_together(self):
        errors = np.tile(np.random.default_rng(10).normal(size=(1, 900)), (2, 1)) * [[1.0], [-1.0]]

        assert correlation(errors, np.zeros(2, dtype=int)) == 0

    def test_an_error_is_the_distance_from_the_mean_of_the_three_months_before(self):
        found = errors_of(np.array([[3.0, 6.0, NAN, 9.0, 9.0]]))

        np.testing.assert_array_equal(found, [[NAN, NAN, NAN, 4.5, 1.5]])  # 9 − (3 + 6) / 2; 9 − (6 + 9) / 2
