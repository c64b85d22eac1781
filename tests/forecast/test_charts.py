"""The pictures of a forecast: nothing lies outside them, and every figure stands where it belongs."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.calendar import add_months
from lmis.forecast.charts import (
    BOTTOM,
    LINE,
    NARROW,
    TOP,
    WIDE,
    Frame,
    Label,
    Past,
    apart,
    fan,
    rounded_up,
    stock,
    tick_step,
)
from lmis.forecast.need import LEVELS

FRAMES = st.sampled_from([WIDE, NARROW])
UNITS = st.integers(0, 3_000_000)
MEANS = st.lists(st.floats(0, 3_000_000), max_size=24)


def past(*used: int | None, out: tuple[int, ...] = ()) -> list[Past]:
    """Months up to October 2026; out: the places of those with an empty shelf."""
    first = add_months(202610, 1 - len(used))
    return [Past(add_months(first, at), units, at in out, 10, 5, None) for at, units in enumerate(used)]


def levels(mean: float) -> list[float]:
    return [mean * (0.5 + level) for level in LEVELS]


def coordinates(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", points)]


def within(frame: Frame, x: float, y: float) -> bool:
    return 0 <= x <= frame.width - frame.right + 0.1 and TOP - 0.1 <= y <= frame.height - BOTTOM + 0.1


class TestSteps:
    @pytest.mark.parametrize(
        ("most", "step"), [(1, 1), (4, 1), (7, 2), (10, 2), (11, 5), (25, 5), (26, 10), (100, 20), (388, 100)]
    )
    def test_they_are_round(self, most, step):
        assert tick_step(most) == step

    @given(st.floats(0, 1e9))
    def test_at_most_five_parts_hold_everything(self, most):
        top, step = rounded_up(most), tick_step(most)

        assert top >= most
        assert top % step == 0
        assert 1 <= top / step <= 5


class TestFan:
    def test_a_month_not_known_has_a_mark_and_no_bar(self):
        drawn = fan(past(10, None, 0, 20), 202611, [], [], {}, WIDE)

        assert (len(drawn.bars), len(drawn.missing)) == (2, 1)

    def test_a_month_with_an_empty_shelf_is_shaded_over_its_whole_height(self):
        drawn = fan(past(10, 4, 12, out=(1,)), 202611, [], [], {}, WIDE)

        (shade,) = drawn.out
        assert (shade.y, shade.height) == (TOP, drawn.axes.floor - TOP)
        assert drawn.bars[1].x > shade.x

    def test_a_bar_twice_as_long_is_twice_as_much(self):
        short, long = fan(past(10, 20), 202611, [], [], {}, WIDE).bars

        assert long.height == pytest.approx(2 * short.height, abs=0.2)

    def test_the_forecast_begins_where_the_past_ends(self):
        drawn = fan(past(10, 20), 202611, [15, 15], [levels(15)] * 2, {}, WIDE)

        assert coordinates(drawn.mean)[0][0] == pytest.approx(drawn.now + drawn.axes.slot / 2, abs=0.1)

    def test_what_people_said_is_marked_at_its_month(self):
        drawn = fan(past(10, 20), 202611, [15, 40], [levels(15), levels(40)], {202612: 40}, WIDE)

        assert drawn.said == [coordinates(drawn.mean)[1]]

    def test_a_phone_is_shown_fewer_months(self):
        months, means = past(*range(40)), [10.0] * 24

        wide, narrow = (fan(months, 202611, means, [levels(10)] * 24, {}, frame) for frame in (WIDE, NARROW))
        assert (wide.axes.count, narrow.axes.count) == (36 + 24, 9 + 6)

    def test_nothing_at_all_is_an_empty_frame(self):
        drawn = fan([], 202611, [], [], {}, WIDE)

        assert (drawn.bars, drawn.mean, drawn.labels) == ([], "", [])

    @given(st.lists(st.none() | UNITS, max_size=40), MEANS, FRAMES)
    def test_nothing_lies_outside_and_the_bands_lie_within_each_other(self, used, means, frame):
        drawn = fan(past(*used), 202611, means, [levels(mean) for mean in means], {}, frame)

        for line in (drawn.mean, drawn.median, drawn.wide_band, drawn.narrow_band):
            assert all(within(frame, x, y) for x, y in coordinates(line))
        assert all(within(frame, it.x + it.width, it.y) and it.height >= 0 for it in drawn.bars)
        assert all(0 <= label.y <= frame.height for label in drawn.labels)
        ahead = min(len(means), frame.ahead)
        wide, narrow = coordinates(drawn.wide_band), coordinates(drawn.narrow_band)
        assert all(wide[at][1] <= narrow[at][1] for at in range(ahead))

    @given(st.lists(UNITS, min_size=1, max_size=40), FRAMES)
    def test_named_months_leave_room_for_their_names(self, used, frame):
        places = [tick.at for tick in fan(past(*used), 202611, [1.0] * 12, [levels(1)] * 12, {}, frame).axes.months]

        assert all(later - earlier >= 45 for earlier, later in pairwise(places))


class TestStock:
    def test_a_month_of_which_nothing_is_known_breaks_the_line(self):
        months = [Past(202608, 1, False, 10), Past(202609, None, False, None), Past(202610, 1, False, 12)]

        assert len(stock(months, 202611, None, None, WIDE, 12).lines) == 2

    def test_limits_stand_in_the_picture_with_their_names(self):
        drawn = stock(past(10, 20), 202611, 25.5, 90.0, WIDE, 12)

        assert drawn.minimum is not None
        assert drawn.maximum is not None
        assert drawn.maximum < drawn.minimum  # higher up
        assert [label.name for label in drawn.labels] == ["maximum", "minimum"]

    def test_it_stands_on_the_same_months_as_the_fan(self):
        months = past(*range(20))
        above = fan(months, 202611, [10.0] * 12, [levels(10)] * 12, {}, WIDE)

        assert [tick.at for tick in stock(months, 202611, 1, 2, WIDE, 12).axes.months] == [
            tick.at for tick in above.axes.months
        ]


@given(st.lists(st.floats(TOP, 200), max_size=5))
def test_words_never_lie_over_each_other(places):
    labels = apart([Label(place, str(at)) for at, place in enumerate(places)], TOP, 200)

    assert all(lower.y - upper.y >= LINE - 0.11 for upper, lower in pairwise(labels))
    assert all(label.y <= 200 for label in labels)
