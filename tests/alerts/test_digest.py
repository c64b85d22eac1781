"""What a digest names, what it counts, and its picture."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmis.alerts.digest import NAMED, Line, digest
from lmis.alerts.digest_picture import BARS, WIDTH, picture, shares
from lmis.alerts.findings import Rule, Severity
from lmis.alerts.preferences import Wants, is_digest_day, latest_weekday
from lmis.alerts.standpoint import Standpoint
from lmis.alerts.views import Spot
from lmis.i18n import Name

TODAY = date(2026, 11, 22)
SINCE = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
HERE = 1


def a_line(
    id_: int,
    rule: Rule = Rule.OUT,
    severity: Severity = Severity.URGENT,
    *,
    at: int = HERE,
    new: bool = False,
    due_on: date | None = None,
    dong: int = 0,
    seen_to: bool = False,
    up: int | None = None,
) -> Line:
    raised_at = SINCE + (timedelta(hours=1) if new else -timedelta(days=2))
    return Line(id_, rule, severity, at, raised_at, due_on, 0, dong, seen_to, up)


def made_of(*lines: Line, wants: Wants | None = None, gone: int = 0):
    return digest(
        lines, gone, at=HERE, heard=lambda _: HERE, under=lambda place: place, wants=wants or Wants(), since=SINCE
    )


class TestWhatItNames:
    def test_the_worst_stands_first_then_what_is_new_then_what_comes_soonest(self):
        late, soon = (a_line(n, Rule.RUN_OUT, Severity.WARNING, due_on=TODAY + timedelta(days=n)) for n in (20, 3))
        new = a_line(9, Rule.RUN_OUT, Severity.WARNING, due_on=TODAY + timedelta(days=40), new=True)
        made = made_of(late, soon, new, a_line(1), a_line(2, Rule.BELOW, Severity.NOTICE))

        assert made.named == [1, 9, 3, 20, 2]
        assert [(it.severity, it.count, it.new) for it in made.sections] == [(3, 1, 0), (2, 3, 1), (1, 1, 0)]

    def test_what_is_so_already_stands_before_what_is_to_come(self):
        coming = a_line(1, Rule.RUN_OUT, due_on=TODAY)

        assert made_of(coming, a_line(2)).named == [2, 1]

    def test_chores_stand_last_however_late_they_are(self):
        chore = a_line(1, Rule.COUNT_DUE, Severity.NOTICE, due_on=TODAY - timedelta(days=300))

        assert made_of(chore, a_line(2, Rule.BELOW, Severity.NOTICE)).named == [2, 1]

    def test_of_what_comes_on_one_day_the_dearest_stands_first(self):
        cheap, dear = (a_line(n, Rule.WASTE, due_on=TODAY, dong=n * 1000) for n in (1, 2))

        assert made_of(cheap, dear).named == [2, 1]

    def test_of_ten_thousand_the_first_are_named_and_the_others_counted_by_rule(self):
        lines = [
            a_line(n, Rule.OUT if n % 4 else Rule.RECALLED, Severity(n % 3 + 1), due_on=TODAY) for n in range(10_000)
        ]
        made = made_of(*lines)

        assert len(made.named) == sum(NAMED.values())
        assert sum(section.count for section in made.sections) == 10_000
        for section in made.sections:
            assert sum(count for _, count in section.rest) == section.unnamed == section.count - NAMED[section.severity]

    def test_a_shorter_one_still_counts_all(self):
        made = made_of(*(a_line(n) for n in range(40)))
        shorter = made.shorter()

        assert len(shorter.named) == len(made.named) // 2
        assert shorter.sections[0].count == 40
        assert sum(count for _, count in shorter.sections[0].rest) == shorter.sections[0].unnamed

    def test_what_somebody_has_seen_to_is_only_counted(self):
        made = made_of(a_line(1), a_line(2, seen_to=True), gone=4)

        assert (made.named, made.seen_to, made.gone) == ([1], 1, 4)

    def test_where_all_is_seen_to_there_is_nothing_to_tell(self):
        assert made_of(a_line(1, seen_to=True)).sections == []

    def test_what_a_person_does_not_want_is_not_even_counted(self):
        wants = Wants(least_severity=Severity.WARNING, muted=frozenset({Rule.OVER}))
        made = made_of(
            a_line(1),
            a_line(2, Rule.OVER, Severity.WARNING),
            a_line(3, Rule.BELOW, Severity.NOTICE),
            a_line(4, Rule.OVER, Severity.WARNING, seen_to=True),
            wants=wants,
        )

        assert (made.named, made.seen_to) == ([1], 0)

    def test_for_who_never_got_a_mail_nothing_is_new(self):
        made = digest(
            [a_line(1, new=True)],
            0,
            at=HERE,
            heard=lambda _: HERE,
            under=lambda place: place,
            wants=Wants(),
            since=None,
        )

        assert made.sections[0].new == 0


NAMES = {n: Spot(n, f"F{n}", f"Trạm {n}") for n in range(1, 30)}
POINT = Standpoint(NAMES[HERE], {2: HERE, 3: 2, 4: 3}, NAMES)


def a_view():
    return SimpleNamespace(item=Name("Bao cao su", "Condom"), lot=None, topic="supply", facility=NAMES[HERE])


@pytest.mark.parametrize(
    ("place", "said"), [(HERE, None), (2, "Trạm 2"), (3, "Trạm 3, Trạm 2"), (4, "Trạm 4, Trạm 3"), (9, "Trạm 9")]
)
def test_a_place_is_named_with_the_one_over_it_unless_that_is_the_readers(place, said):
    assert POINT.where(NAMES[place]) == said


class TestItsPicture:
    def test_of_many_places_it_shows_the_worst_and_counts_the_others(self):
        lines = [a_line(100 * at + n, at=at) for at in range(1, 13) for n in range(at)]
        shown = picture(made_of(*lines), {}, POINT, TODAY)

        assert shown is not None
        assert shown.kind == "places"
        assert [bar.label for bar in shown.bars] == [f"Trạm {at}" for at in range(12, 12 - BARS, -1)]
        assert shown.more == 12 - BARS
        assert [(part.figure, part.width) for bar in shown.bars[:1] for part in bar.parts] == [(12, WIDTH)]

    def test_of_one_place_it_shows_the_days_left(self):
        lines = [a_line(1), *(a_line(n, Rule.RUN_OUT, due_on=TODAY + timedelta(days=n)) for n in (40, 10))]
        views = {line.id: a_view() for line in lines}
        shown = picture(made_of(*lines), views, POINT, TODAY)

        assert shown is not None
        assert shown.kind == "days"
        assert [(bar.days, [part.width for part in bar.parts]) for bar in shown.bars] == [
            (0, []), (10, [25]), (40, [100])
        ]  # fmt: skip

    @pytest.mark.parametrize("lines", [[], [a_line(1)], [a_line(1), a_line(2)]], ids=len)
    def test_there_is_none_where_it_would_show_nothing(self, lines):
        views = {line.id: a_view() for line in lines}

        assert picture(made_of(*lines), views, POINT, TODAY) is None

    @given(st.lists(st.lists(st.integers(0, 10_000), min_size=3, max_size=3), max_size=9), st.sampled_from([20, 100]))
    def test_no_bar_is_longer_than_there_is_room_and_no_part_is_lost(self, figures, width):
        for parts, lengths in zip(figures, shares(figures, width), strict=True):
            assert sum(lengths) <= width
            assert [bool(part) for part in parts] == [length > 0 for length in lengths]
        assert max((sum(lengths) for lengths in shares(figures, width)), default=0) in (width, 0)


class TestWhichDays:
    SUNDAY, MONDAY = date(2026, 11, 22), date(2026, 11, 23)

    def test_every_day_is_every_day(self):
        assert is_digest_day("daily", self.SUNDAY, None)

    def test_working_days_leave_out_sundays_and_new_year(self):
        days = [date(2026, 2, 13) + timedelta(days=n) for n in range(12)]
        open_ = [day for day in days if is_digest_day("workdays", day, None)]

        assert open_ == [date(2026, 2, 13), date(2026, 2, 23), date(2026, 2, 24)]  # Tết is on the 17th
        assert not is_digest_day("workdays", self.SUNDAY, None)

    def test_once_a_week_is_on_the_sites_day(self):
        every_day = [self.MONDAY + timedelta(days=n) for n in range(-3, 10)]
        due = [day for day in every_day if is_digest_day("weekly", day, day - timedelta(days=1))]

        assert due == [self.MONDAY, self.MONDAY + timedelta(days=7)]

    def test_a_week_whose_day_was_missed_gets_it_later_and_once(self):
        wednesday = self.MONDAY + timedelta(days=2)

        assert is_digest_day("weekly", wednesday, self.MONDAY - timedelta(days=6))
        assert not is_digest_day("weekly", wednesday + timedelta(days=1), wednesday)

    def test_never_is_never(self):
        assert not is_digest_day("never", self.MONDAY, None)

    @given(st.dates(date(2000, 1, 10), date(2040, 12, 31)), st.integers(1, 7))
    def test_the_latest_weekday_is_at_most_six_days_ago(self, today, weekday):
        found = latest_weekday(weekday, today)

        assert found.isoweekday() == weekday
        assert 0 <= (today - found).days <= 6
