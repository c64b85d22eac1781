"""The weekly and the monthly summary, with the stock report."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from lmis.alerts.findings import Rule
from lmis.alerts.models import AlertEvent, TransferProposal
from lmis.alerts.preferences import Wants
from lmis.alerts.summaries import build_summaries
from lmis.alerts.summary import Figures
from lmis.alerts.summary_letters import monthly, weekly
from lmis.config import settings
from lmis.db import transaction
from lmis.reports.download import NAMED_COLUMNS
from lmis.stock.posting import post
from tests.alerts.mailing import in_vietnam, mails_to, read, someone, summaries_at, words
from tests.alerts.making import an_alert
from tests.factories import NOW, TODAY, a_document, a_facility, a_line, a_lot, a_tree, add, an_item, id_of

MONDAY, SIXTH = "2026-11-23 06:00", "2026-11-06 06:00"


class City:
    """A board over two districts; managers where `managers` says."""

    def __init__(self, engine):
        self.engine = engine
        with transaction(engine) as session:
            self.tree = a_tree(session)
            self.other = a_facility(session, "Trung tâm Y tế quận Hoàn Kiếm", level="district", parent=self.tree.board)
            self.item = an_item(session, "Bao cao su")
            self.district = someone(session, self.tree.district)
            self.board = someone(session, self.tree.board, role="admin")
            lot = a_lot(session, self.item)
            for place, quantity in ((self.tree.commune, 300), (self.tree.district, 700), (self.other, 90)):
                post(session, [a_document(place, a_line(lot, quantity), on=date(2026, 10, 9))], today=TODAY, now=NOW)

    def person(self, place=None, **more):
        with transaction(self.engine) as session:
            return someone(session, place or self.tree.district, **more)

    def alert(self, moment: str, place=None, *, settled: str | None = None, rule: Rule = Rule.OUT, item="Que cấy"):
        with transaction(self.engine) as session:
            at = in_vietnam(moment)
            alert = an_alert(session, place or self.tree.district, an_item(session, item), rule=rule, at=at)
            if settled:
                alert.state, alert.resolved_at = "resolved", in_vietnam(settled)
                event = {"alert_id": alert.id, "rule": rule, "severity": alert.severity}
                add(session, AlertEvent(at=alert.resolved_at, what="resolved", **event))

    def mails(self, user, *kinds):
        return mails_to(self.engine, user, *kinds)


@pytest.fixture
def city(sqlite_engine):
    return City(sqlite_engine)


def rows_of(mail) -> list[list[object]]:
    (file,) = read(mail).attachments
    assert file.content_type.endswith("spreadsheetml.sheet")
    return CalamineWorkbook.from_filelike(BytesIO(file.content)).get_sheet_by_index(0).to_python()


class TestTheWeek:
    def test_it_tells_what_was_opened_and_settled_and_what_is_open_for_longest(self, engine):
        city = City(engine)
        city.alert("2026-11-01 05:00", city.tree.commune, item="Thuốc tiêm")
        city.alert("2026-11-16 00:00", city.tree.commune, rule=Rule.SILENT)
        city.alert("2026-11-15 23:59", settled="2026-11-18 23:59")
        city.alert("2026-11-17 05:00", settled="2026-11-22 23:59")
        city.alert("2026-11-23 00:00")
        assert summaries_at(engine, MONDAY) == {"weekly": 1, "monthly": 1}

        (mail,) = city.mails(city.district)
        assert (mail.kind, mail.key) == ("weekly", f"weekly:2026-11-23:{city.district.id}")
        assert mail.subject == f"Week 16/11/2026 – 22/11/2026: 2 opened, 2 settled – {city.tree.district.name}"
        told = words(mail)
        assert "Half of those settled took no more than 4.4 days." in told  # three days, and almost six
        assert "Out of stock Open now 2, opened 1, settled 2" in told
        assert "Nothing recorded for long Open now 1, opened 1, settled 0" in told
        assert "OPEN FOR LONGEST ================ ■ Thuốc tiêm – Out of stock" in told
        assert "Open since 01/11/2026 05:00." in told
        assert "1 of 3 facilities have recorded nothing for long." in told

    def test_the_report_of_the_district_by_facility_is_attached(self, city):
        summaries_at(city.engine, MONDAY)

        (mail,) = city.mails(city.district)
        (file,) = read(mail).attachments
        head, *rows = rows_of(mail)
        assert file.name == f"report-{city.tree.district.code}-2026-10.xlsx"
        assert head == list(NAMED_COLUMNS)
        closing = {row[0]: row[head.index("closing")] for row in rows}
        assert closing == {city.tree.district.code: 700, city.tree.commune.code: 300}

    def test_the_plan_to_move_stock_is_summed_up(self, city):
        with transaction(city.engine) as session:
            ends = {"from_id": id_of(city.tree.commune), "to_id": id_of(city.tree.district)}
            lot = {"item_id": id_of(city.item), "lot_id": id_of(a_lot(session, city.item)), "channel": "free"}
            sums = {"quantity": 50, "saves": 40, "fills": 30, "on_hand": 300, "usable": 300}
            for _ in range(2):
                add(session, TransferProposal(made_at=NOW, parent_id=id_of(city.tree.district), **ends, **lot, **sums))
        summaries_at(city.engine, MONDAY)

        said = "latest plan: 2. Units they keep from expiring: 80; units they bring where some are missing: 60."
        assert [said in words(city.mails(it)[0]) for it in (city.district, city.board)] == [True, True]

    def test_it_goes_to_who_decides_over_others_and_wants_it(self, city):
        people = [
            city.person(role="storekeeper"),
            city.person(wants=Wants(summaries=False)),
            city.person(city.tree.collaborator),
            city.person(email=None),
        ]
        station = city.person(city.tree.commune)
        summaries_at(city.engine, MONDAY)

        assert [city.mails(it) for it in people] == [[], [], [], []]
        assert [it.kind for it in city.mails(station)] == ["weekly"]

    def test_one_that_was_missed_is_sent_later_once(self, city):
        assert summaries_at(city.engine, "2026-11-25 06:00")["weekly"] == 1
        assert summaries_at(city.engine, "2026-11-26 06:00")["weekly"] == 0
        assert summaries_at(city.engine, "2026-11-30 06:00")["weekly"] == 1

        assert [it.key[:17] for it in city.mails(city.district)] == ["weekly:2026-11-23", "weekly:2026-11-30"]

    def test_none_is_made_for_a_day_that_is_over(self, city):
        midnight = in_vietnam("2026-11-24 00:10")
        assert build_summaries(city.engine, today=date(2026, 11, 23), now=midnight) == {"weekly": 0, "monthly": 0}

    def test_it_comes_at_the_hour_each_chose(self, city):
        late = city.person(wants=Wants(hour=9))
        summaries_at(city.engine, MONDAY)

        assert city.mails(late)[0].due_at == in_vietnam("2026-11-23 09:00")


class TestTheMonth:
    def test_the_board_is_told_with_the_totals_of_each_district(self, engine):
        city = City(engine)
        city.alert("2026-10-31 23:59", city.tree.commune)
        city.alert("2026-11-01 00:00", city.other)
        assert summaries_at(engine, SIXTH) == {"weekly": 1, "monthly": 1}

        (mail,) = city.mails(city.board)
        assert (mail.kind, mail.key) == ("monthly", f"monthly:2026-11-06:{city.board.id}")
        assert mail.subject == f"Month 10/2026: 1 opened, 0 settled – {city.tree.board.name}"
        assert city.other.name in words(mail)
        head, *rows = rows_of(mail)
        closing = {row[0]: row[head.index("closing")] for row in rows}
        assert closing == {city.tree.board.code: 1090, city.tree.district.code: 1000, city.other.code: 90}

    def test_it_is_for_the_day_it_was_due_on_even_in_the_next_month(self, city):
        assert summaries_at(city.engine, "2026-11-05 06:00")["monthly"] == 1
        assert summaries_at(city.engine, SIXTH)["monthly"] == 1
        assert summaries_at(city.engine, "2026-11-22 06:00")["monthly"] == 0

        assert [it.key[:18] for it in city.mails(city.board)] == ["monthly:2026-10-06", "monthly:2026-11-06"]

    @pytest.mark.parametrize(
        ("today", "first", "last"),
        [
            (date(2026, 3, 6), date(2026, 2, 1), date(2026, 2, 28)),
            (date(2028, 3, 6), date(2028, 2, 1), date(2028, 2, 29)),
            (date(2027, 1, 6), date(2026, 12, 1), date(2026, 12, 31)),
            (date(2027, 1, 5), date(2026, 11, 1), date(2026, 11, 30)),
        ],
    )
    def test_it_is_about_the_whole_month_before(self, today, first, last):
        due = monthly(today)

        assert (due.first, due.last, due.period.first, due.period.last) == (first, last, first, last)


@pytest.mark.parametrize("weekday", range(1, 8))
def test_a_week_is_the_seven_days_before_the_day_it_is_due_on(weekday, monkeypatch):
    monkeypatch.setattr(settings(), "weekly_on", weekday)
    for n in range(7):
        due = weekly(date(2028, 2, 26) + timedelta(days=n))
        start, end = due.span

        assert due.due_on.isoweekday() == weekday
        assert (end - start, due.last - due.first) == (timedelta(days=7), timedelta(days=6))
        assert due.last == due.due_on - timedelta(days=1)


def test_half_of_an_even_number_lies_between_the_two_in_the_middle():
    assert Figures(lasted=[timedelta(days=days) for days in (1, 2, 5, 30)]).median_days == Decimal("3.5")
    assert Figures().median_days is None
