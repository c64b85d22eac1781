"""The mail that each person gets in the morning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from lmis.accounts.models import User
from lmis.alerts.digests import build_digests
from lmis.alerts.findings import Act, Rule
from lmis.alerts.keeping import ACKNOWLEDGED, RESOLVED
from lmis.alerts.letters import LARGEST
from lmis.alerts.models import Alert
from lmis.alerts.preferences import Wants
from lmis.config import settings
from lmis.db import transaction
from lmis.jobs.models import JobRun
from lmis.network.models import Facility
from tests.alerts.mailing import digests_at, evaluated, in_vietnam, mails_to, read, someone, words
from tests.alerts.making import an_alert
from tests.factories import Tree, a_facility, a_lot, a_tree, add, an_item, id_of, under

SIX = "2026-11-22 06:00"
NIGHT = in_vietnam("2026-11-22 05:05")
DECEMBER = date(2026, 12, 1)
RUN_OUT = {"usable": 40, "coming": 0, "chance": 82, "on": DECEMBER, "next_on": date(2026, 12, 16), "monthly": 90}


@dataclass
class Office:
    """A small network with one manager at its district."""

    engine: Engine
    tree: Tree
    manager: User

    def alert(self, place: Facility | None = None, rule: Rule = Rule.OUT, item: str = "Bao cao su", **more) -> Alert:
        """One that came up in the night; on an item of its own."""
        with transaction(self.engine) as session:
            more = {"at": NIGHT} | more
            return an_alert(session, place or self.tree.district, an_item(session, item), rule=rule, **more)

    def person(self, at: Facility | None = None, **more) -> User:
        with transaction(self.engine) as session:
            return someone(session, at or self.tree.district, **more)

    def mails(self, user: User | None = None):
        return mails_to(self.engine, user or self.manager, "digest")


def an_office(engine) -> Office:
    with transaction(engine) as session:
        tree = a_tree(session)
        return Office(engine, tree, someone(session, tree.district))


@pytest.fixture
def office(sqlite_engine):
    return an_office(sqlite_engine)


@pytest.fixture
def each_office(engine):
    return an_office(engine)


class TestOneMailADay:
    def test_it_tells_the_counts_first_then_the_reason_and_where_to_do_something(self, each_office):
        office = each_office
        evaluated(office.engine, "2026-11-22 05:10")
        office.alert(item="Que cấy 3 năm")
        office.alert(rule=Rule.RUN_OUT, facts=RUN_OUT, due_on=DECEMBER)
        assert digests_at(office.engine, SIX) == {"mails": 1, "unheard": 0}

        (mail,) = office.mails()
        place = office.tree.district
        assert mail.subject == f"1 urgent, 1 warning – {place.name}, 22/11/2026"
        assert mail.key == f"digest:2026-11-22:{office.manager.id}"
        told = words(mail)
        assert "■ Urgent: 1 ▲ Warning: 1 ◆ Notice: 0" in told
        assert "Que cấy 3 năm – Out of stock None usable for 4 days; about 120 piece a month" in told
        assert "likely to run out about 01/12/2026, before the next delivery about 16/12/2026 (chance 82 %)" in told
        assert f"{settings().address}/f/{place.code}/requisitions/new?kind=emergency&item=" in told
        assert f"{settings().address}/f/{place.code}/alerts/1" in told
        assert f"{settings().address}/f/{place.code}/alerts?below=1" in told  # where all that is counted is listed
        assert "Worked out at 22/11/2026 05:10." in told

    def test_run_again_it_writes_nothing_more(self, each_office):
        office = each_office
        office.alert()
        digests_at(office.engine, SIX)

        assert digests_at(office.engine, "2026-11-22 06:30")["mails"] == 0
        assert len(office.mails()) == 1

    def test_who_has_nothing_open_gets_none(self, office):
        office.alert(state=ACKNOWLEDGED)
        office.alert(state=RESOLVED, resolved_at=NIGHT)

        assert digests_at(office.engine, SIX)["mails"] == 0

    def test_what_somebody_sees_to_is_counted_alone(self, office):
        office.alert(item="Que cấy")
        office.alert(item="Thuốc tiêm", state=ACKNOWLEDGED)
        digests_at(office.engine, SIX)

        told = words(office.mails()[0])
        assert "Left out here, as somebody has seen to them: 1." in told
        assert "Thuốc tiêm" not in told

    def test_the_html_says_the_same_and_fetches_nothing(self, office):
        office.alert(item="Bao cao su <Hello> & bạn")
        digests_at(office.engine, SIX)

        html = read(office.mails()[0]).html or ""
        assert "Bao cao su &lt;Hello&gt; &amp; bạn" in html
        assert 'name="color-scheme" content="light dark"' in html
        assert "@media (prefers-color-scheme: dark)" in html
        assert re.findall(r"<(?:img|link|script|iframe|object)\b|url\(|@import|\ssrc=", html) == []
        assert {it.partition("/f/")[0] for it in re.findall(r'href="([^"]+)"', html)} <= {
            settings().address,
            f"{settings().address}/me/mail",
        }

    def test_it_speaks_the_readers_language_or_the_sites(self, office):
        vi, none = office.person(language="vi"), office.person(language=None)
        office.alert(item="Bao cao su")
        digests_at(office.engine, SIX)

        assert [read(office.mails(it)[0]).html.partition('lang="')[2][:2] for it in (vi, none, office.manager)] == [
            "vi", settings().language, "en"
        ]  # fmt: skip

    def test_people_of_one_place_who_want_alike_read_alike(self, office):
        other = office.person()
        less = office.person(wants=Wants(muted=frozenset({Rule.OUT})))
        office.alert()
        office.alert(rule=Rule.COUNT_DUE)
        digests_at(office.engine, SIX)

        assert read(office.mails()[0]).text == read(office.mails(other)[0]).text
        assert "Out of stock" not in words(office.mails(less)[0])


class TestWhereNobodyIs:
    def test_the_one_above_is_told_and_why(self, each_office):
        office = each_office
        station = office.tree.commune
        office.alert(station, item="Que cấy")
        digests_at(office.engine, SIX)

        told = words(office.mails()[0])
        assert f"Que cấy – Out of stock {station.name} None usable" in told
        assert f"Alerts of {station.name} come to you too, as nobody there can be sent mail yet." in told

    def test_of_many_such_places_some_are_named(self, office):
        with transaction(office.engine) as session:
            stations = [a_facility(session, parent=office.tree.district) for _ in range(6)]
        for station in stations:
            office.alert(station)
        digests_at(office.engine, SIX)

        assert "and 3 other places come to you too" in words(office.mails()[0])

    def test_what_nobody_at_all_hears_of_is_counted(self, office):
        office.alert(office.tree.board)

        assert digests_at(office.engine, SIX) == {"mails": 0, "unheard": 1}

    def test_what_was_escalated_says_so(self, office):
        office.person(office.tree.commune)
        office.alert(office.tree.commune, escalated_to=id_of(office.tree.district))
        digests_at(office.engine, SIX)

        assert "passed on to you, as nobody there has seen to it" in words(office.mails()[0])


class TestNine:
    """The worker stood still for nine days."""

    def test_one_mail_makes_up_for_all_and_says_since_when_it_tells(self, office):
        office.alert(item="Bao cao su", at=in_vietnam("2026-11-12 05:00"))
        digests_at(office.engine, "2026-11-12 06:00")
        office.alert(item="Que cấy", at=in_vietnam("2026-11-22 05:00"))
        digests_at(office.engine, SIX)

        assert [it.key[:17] for it in office.mails()] == ["digest:2026-11-12", "digest:2026-11-22"]
        told = words(office.mails()[1])
        assert "since your last mail, of 12/11/2026 06:00" in told
        assert "Que cấy – Out of stock [New]" in told
        assert "Bao cao su – Out of stock None" in told

    def test_a_day_that_is_over_gets_no_mail_of_its_own(self, office):
        office.alert()
        after_midnight = in_vietnam("2026-11-23 00:30")
        assert build_digests(office.engine, today=date(2026, 11, 22), now=after_midnight) == {"mails": 0}

    def test_a_week_missed_is_told_of_later(self, office):
        weekly = office.person(wants=Wants(digest="weekly"))
        office.alert(at=in_vietnam("2026-11-10 05:00"))
        with transaction(office.engine) as session:
            ran = {"started_at": NIGHT, "finished_at": NIGHT, "outcome": "clean"}
            add(session, JobRun(job="build-digests", due_on=date(2026, 11, 13), **ran))
        for day in ("18", "19"):  # Wednesday, after Monday the 16th was missed
            digests_at(office.engine, f"2026-11-{day} 06:00")
            with transaction(office.engine) as session:
                add(session, JobRun(job="build-digests", due_on=date(2026, 11, int(day)), **ran))

        assert [it.key[7:17] for it in office.mails(weekly)] == ["2026-11-18"]

    def test_what_was_settled_meanwhile_is_counted(self, office):
        office.alert(at=in_vietnam("2026-11-12 05:00"))
        digests_at(office.engine, "2026-11-12 06:00")
        office.alert(state=RESOLVED, resolved_at=in_vietnam("2026-11-15 10:00"))
        office.alert(state=RESOLVED, resolved_at=in_vietnam("2026-11-11 10:00"))
        digests_at(office.engine, SIX)

        assert "Settled since your last mail: 1." in words(office.mails()[1])


class TestTime:
    @pytest.mark.parametrize(
        ("at", "day"),
        [
            ("2026-11-21 23:59", "2026-11-21"),  # 16:59 in UTC
            ("2026-11-22 00:00", "2026-11-22"),
            ("2026-11-22 06:59", "2026-11-22"),  # still the 21st in UTC
            ("2026-10-31 06:00", "2026-10-31"),
            ("2026-11-01 00:01", "2026-11-01"),  # the 31st in UTC
            ("2028-02-29 06:00", "2028-02-29"),
            ("2028-03-01 00:30", "2028-03-01"),  # the 29th in UTC
            ("2027-01-01 05:30", "2027-01-01"),
        ],
    )
    def test_the_day_is_vietnams(self, office, at, day):
        office.alert(at=in_vietnam("2026-09-01 05:00"))
        digests_at(office.engine, at)

        (mail,) = office.mails()
        assert mail.key == f"digest:{day}:{office.manager.id}"
        assert mail.subject.endswith(date.fromisoformat(day).strftime("%d/%m/%Y"))

    def test_it_is_due_at_the_hour_each_chose(self, office):
        late = office.person(wants=Wants(hour=18))
        office.alert()
        digests_at(office.engine, SIX)

        assert office.mails()[0].due_at == datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
        assert office.mails(late)[0].due_at == datetime(2026, 11, 22, 11, 0, tzinfo=UTC)

    def test_over_new_year_those_who_want_working_days_get_none(self, office):
        worker = office.person(wants=Wants(digest="workdays"))
        office.alert(at=in_vietnam("2026-02-01 05:00"))
        for day in range(13, 25):  # Tết 2026 is on 17 February
            digests_at(office.engine, f"2026-02-{day} 06:00")

        assert [it.key[7:17] for it in office.mails(worker)] == ["2026-02-13", "2026-02-23", "2026-02-24"]
        assert len(office.mails()) == 12

    def test_a_clock_set_back_writes_no_day_twice(self, office):
        office.alert()
        for at in (SIX, "2026-11-23 06:00", "2026-11-22 09:00", "2026-11-23 06:00"):
            digests_at(office.engine, at)

        assert [it.key[7:17] for it in office.mails()] == ["2026-11-22", "2026-11-23"]

    def test_it_says_as_of_when_it_is_where_the_night_failed(self, office):
        evaluated(office.engine, "2026-11-20 05:10")
        evaluated(office.engine, "2026-11-22 05:10", outcome="failed")
        office.alert()
        digests_at(office.engine, SIX)

        told = words(office.mails()[0]).replace("! ", "")
        assert "Today’s figures could not be worked out yet. What follows was so at 20/11/2026 05:10." in told
        assert "Worked out at" not in told


class TestWhoGetsOne:
    @pytest.mark.parametrize("more", [{"email": None}, {"active": False}, {"wants": Wants(digest="never")}])
    def test_none_for_who_cannot_or_will_not_be_written_to(self, office, more):
        user = office.person(**more)
        office.alert()
        digests_at(office.engine, SIX)

        assert office.mails(user) == []
        assert len(office.mails()) == 1

    def test_none_where_the_address_has_bounced(self, office):
        with transaction(office.engine) as session:
            session.merge(office.manager).email_bounced_at = NIGHT
        office.alert()

        assert digests_at(office.engine, SIX)["mails"] == 0


class TestTenThousand:
    def test_one_person_is_told_the_worst_and_the_counts_within_a_hundred_kilobytes(self, office):
        name = "Viên uống tránh thai phối hợp liều thấp nhãn hiệu dài nhất trong danh mục " * 2
        with transaction(office.engine) as session:
            item = an_item(session, name)
            lots = [id_of(a_lot(session, item)) for _ in range(3)]
            long = [a_facility(session, f"Trạm Y tế xã {n} {'Đông Thượng ' * 8}") for n in range(30)]
            rows = [self.row(n, id_of(long[n % 30]), id_of(item), lots[n % 3]) for n in range(10_000)]
            session.connection().execute(Alert.__table__.insert(), rows)
            for facility in long:
                under(session, facility, office.tree.district)
        digests_at(office.engine, SIX)

        (mail,) = office.mails()
        assert 50_000 < len(mail.message or b"") < 100_000
        assert mail.subject.startswith("3,333 urgent, 3,333 warnings – ")
        told = words(mail)
        assert [it in told for it in ("URGENT: 3,333", "WARNING: 3,333", "NOTICE: 3,334")] == [True] * 3
        assert "Will expire before it can be used 3," in told
        html = read(mail).html or ""
        assert len(html.encode()) < LARGEST
        assert 5 < html.count('class="entry"') < 30

    def row(self, n: int, facility: int, item: int, lot: int) -> dict[str, object]:
        facts = (
            '{"lot": "A", "on_hand": 5000, "monthly": 10, "units": 4000, "expires_on": {"day": "2027-01-31"}, '
            '"dong": 123456789}'
        )
        return {
            "key": f"expiry:{n}", "topic": "expiry", "rule": Rule.WASTE, "facility_id": facility, "item_id": item,
            "lot_id": lot, "subject": "", "severity": n % 3 + 1, "facts": facts, "units": n, "dong": n,
            "action": Act.ISSUE_FIRST, "state": "open", "opened_at": NIGHT, "raised_at": NIGHT, "seen_at": NIGHT,
            "times": 1, "due_on": date(2027, 1, 31) + timedelta(days=n % 9),
        }  # fmt: skip
