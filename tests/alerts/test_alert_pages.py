"""The pages of alerts, as people of known rights use them."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from io import StringIO
from itertools import count

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from lmis.alerts.findings import Act, Finding, Rule, Topic
from lmis.alerts.keeping import keep
from lmis.alerts.listing import LISTED
from lmis.alerts.models import Alert, AlertEvent
from lmis.db import reader, transaction
from lmis.network.models import Facility
from tests.alerts.making import FACTS, an_alert
from tests.factories import NOW, TODAY, a_facility, id_of
from tests.web import Site, form_of, text_of

SOON = TODAY + timedelta(days=7)


class Desk:
    """People of a commune and of the district above it, at the pages of alerts."""

    def __init__(self, site: Site) -> None:
        self.site, self.tree, self.numbers = site, site.tree, count(1)
        self.storekeeper = site.browser(self.tree.commune)
        self.above = site.browser(self.tree.district, role="manager")
        self.path, self.path_above = (f"/f/{it.code}/alerts" for it in (self.tree.commune, self.tree.district))

    def alert(self, at: Facility | None = None, **more: object) -> Alert:
        item = more.pop("item", self.site.condom)
        if more.get("rule", Rule.OUT) != Rule.OUT:  # so that many of a topic stand side by side
            more.setdefault("subject", str(next(self.numbers)))
        return self.site.add(an_alert, at or self.tree.commune, item, **more)  # type: ignore[return-value]

    def state(self, alert: Alert) -> Alert:
        with reader(self.site.engine) as session:
            return session.get_one(Alert, alert.id)

    def evaluate(self, *findings: Finding) -> None:
        with transaction(self.site.engine) as session:
            keep(session, findings, topics=[Topic.SUPPLY], facility_ids=None, today=TODAY, now=NOW)

    def page_of(self, alert: Alert) -> str:
        return f"{self.path}/{alert.id}"

    def tick(self, *alerts: Alert, browser: TestClient | None = None, path: str = "", **typed: str) -> Response:
        """Send the list with alerts ticked, as it is shown now."""
        browser, path = browser or self.storekeeper, path or self.path
        shown = browser.get(path)
        ticked = {f"alert-{it.id}": value_of(shown, f'name="alert-{it.id}"') for it in alerts}
        return browser.post(path.partition("?")[0], data=form_of(shown, path.partition("?")[0]) | ticked | typed)

    def say(self, alert: Alert, browser: TestClient | None = None, shown: Response | None = None, **typed: str):
        browser = browser or self.storekeeper
        shown = shown or browser.get(self.page_of(alert))
        return browser.post(self.page_of(alert), data=form_of(shown, self.page_of(alert)) | typed)


def value_of(answer: Response, field: str) -> str:
    """The value of the input that has an attribute."""
    return answer.text.partition(field)[2].partition('value="')[2].partition('"')[0]


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


def order_of(answer: Response, *words: str) -> list[str]:
    """The words in the order in which they stand on a page."""
    text = text_of(answer).partition("What to do")[2]
    return sorted(words, key=text.index)


class TestList:
    def test_an_alert_says_how_bad_it_is_why_and_what_to_do(self, desk: Desk):
        desk.alert()

        answer = desk.storekeeper.get(desk.path)

        assert "■ Urgent Out of stock – Trạm Y tế phường Trúc Bạch Bao cao su" in text_of(answer)
        assert "None usable for 4 days; about 120 piece a month are needed here." in text_of(answer)
        assert f'href="/f/{desk.tree.commune.code}/requisitions/new?kind=emergency&amp;item=BCS"' in answer.text
        assert "Write an emergency requisition" in text_of(answer)

    def test_the_worst_stand_first_then_what_comes_soonest_then_what_is_worth_most(self, desk: Desk):
        desk.alert(rule=Rule.NEAR_EXPIRY, due_on=TODAY)
        desk.alert(rule=Rule.EXPIRED, dong=5)
        desk.alert(rule=Rule.LOSS, facts={"number": "GH 1", "on": TODAY, "units": 5, "percent": 9}, dong=9)
        desk.alert(rule=Rule.UNCONFIRMED, facts=SENT, due_on=SOON, subject="x")
        desk.alert()

        answer = desk.storekeeper.get(desk.path)

        words = ("Near expiry", "Expired on the shelf", "Large loss", "Shipment not confirmed", "Out of stock")
        assert order_of(answer, *words) == [words[4], words[3], words[2], words[1], words[0]]

    def test_a_facility_shows_its_own_and_with_all_below_theirs_too(self, desk: Desk):
        desk.alert(desk.tree.district, rule=Rule.COUNT_DUE)
        desk.alert(desk.tree.collaborator, rule=Rule.SILENT, item=None)
        desk.alert(desk.tree.board)

        own = text_of(desk.above.get(desk.path_above))
        below = text_of(desk.above.get(f"{desk.path_above}?below=1"))

        assert ("Count overdue – " in own, "Nothing recorded for long – " in own) == (True, False)
        assert ("Count overdue – " in below, "Nothing recorded for long – Cộng tác viên 1" in below) == (True, True)
        assert "Out of stock – Ban" not in below

    def test_what_came_up_to_a_level_is_listed_there(self, desk: Desk):
        desk.alert(escalated_to=id_of(desk.tree.district), escalated_at=NOW)
        desk.alert(rule=Rule.SILENT, item=None)

        answer = text_of(desk.above.get(f"{desk.path_above}?told=1"))

        assert "Came up to here (1)" in answer
        assert ("Out of stock – " in answer, "Nothing recorded for long – " in answer) == (True, False)

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("", {"Out of stock", "Below the minimum"}),
            ("severity=3", {"Out of stock"}),
            ("rule=below", {"Below the minimum"}),
            ("rule=below&severity=3", set()),
            ("state=acknowledged", {"Count overdue"}),
            ("state=resolved", {"Expired on the shelf"}),
            ("severity=9&rule=nonsense&state=nonsense&part=99", {"Out of stock", "Below the minimum"}),
        ],
    )
    def test_filters_choose(self, desk: Desk, query, shown):
        desk.alert()
        desk.alert(rule=Rule.BELOW)
        desk.alert(rule=Rule.COUNT_DUE, state="acknowledged", acknowledged_at=NOW)
        desk.alert(rule=Rule.EXPIRED, state="resolved", resolved_at=NOW)
        desk.alert(rule=Rule.NEAR_EXPIRY, state="resolved", resolved_at=NOW - timedelta(days=40))

        answer = text_of(desk.storekeeper.get(f"{desk.path}?{query}"))

        every = {"Out of stock", "Below the minimum", "Count overdue", "Expired on the shelf", "Near expiry"}
        assert {it for it in every if f"{it} – Trạm" in answer} == shown

    def test_long_lists_come_in_parts(self, desk: Desk):
        for number in range(LISTED + 3):
            desk.alert(rule=Rule.SILENT, item=None, subject=str(number))

        first, last = (desk.storekeeper.get(f"{desk.path}?rule=silent&part={part}") for part in (1, 99))

        assert (first.text.count('name="alert-'), last.text.count('name="alert-')) == (LISTED, 3)
        assert "Part 2 of 2" in text_of(last)
        assert f"{desk.path}?rule=silent&amp;part=2" in first.text.replace("&part", "&amp;part")

    def test_where_nothing_is_wrong_it_says_what_will_be_here(self, desk: Desk):
        assert "Nothing calls for attention" in text_of(desk.storekeeper.get(desk.path))
        assert "No alert is as you chose" in text_of(desk.storekeeper.get(f"{desk.path}?severity=3"))

    def test_everybody_below_sees_only_what_is_theirs(self, desk: Desk):
        alert = desk.alert(desk.tree.district)
        for path in (desk.path_above, f"{desk.path_above}/{alert.id}", f"{desk.path}/{alert.id}"):
            assert desk.storekeeper.get(path).status_code == 404
        assert desk.storekeeper.get(f"{desk.path_above}/report").status_code == 404


SENT = {"number": "PX 1", "sender": "Ban", "sent_on": TODAY, "days": 20, "units": 5}


class TestAcknowledging:
    def test_those_ticked_at_once_with_a_note_and_a_rest(self, desk: Desk):
        first, second, third = desk.alert(), desk.alert(rule=Rule.SILENT, item=None), desk.alert(rule=Rule.COUNT_DUE)

        answer = desk.tick(first, second, note="Xe đang đi", until=SOON.isoformat())

        assert answer.status_code == 303
        shown = desk.storekeeper.get(answer.headers["location"])
        assert "Acknowledged: 2." in text_of(shown)
        assert [desk.state(it).state for it in (first, second, third)] == ["acknowledged", "acknowledged", "open"]
        assert (desk.state(first).note, desk.state(first).snoozed_until) == ("Xe đang đi", SOON)

    def test_one_by_its_own_button_whatever_is_ticked(self, desk: Desk):
        first, second = desk.alert(), desk.alert(rule=Rule.COUNT_DUE)
        shown = desk.storekeeper.get(desk.path)
        one = value_of(shown, 'name="one"')

        desk.tick(second, one=one)

        assert one.partition(":")[0] == str(first.id)
        assert [desk.state(it).state for it in (first, second)] == ["acknowledged", "open"]

    def test_the_same_list_is_shown_again(self, desk: Desk):
        alert = desk.alert(rule=Rule.BELOW)

        answer = desk.tick(alert, path=f"{desk.path_above}?below=1&severity=1&rule=below", browser=desk.above)

        assert answer.headers["location"] == (f"{desk.path_above}?severity=1&rule=below&below=1&part=1&acknowledged=1")

    def test_nothing_ticked_is_said(self, desk: Desk):
        desk.alert()

        answer = desk.tick()

        assert answer.status_code == 422
        assert "No alert is chosen. Tick at least one." in text_of(answer)

    def test_a_rest_that_is_too_long_is_refused_and_what_was_ticked_kept(self, desk: Desk):
        alert = desk.alert()

        answer = desk.tick(alert, until="2027-06-01", note="Lâu")

        assert answer.status_code == 422
        assert "until 18/02/2027 at the latest" in text_of(answer)
        typed = form_of(answer)
        assert (typed["note"], typed["until"], f"alert-{alert.id}" in typed) == ("Lâu", "2027-06-01", True)
        assert desk.state(alert).state == "open"

    def test_what_was_resolved_in_between_is_told_apart(self, desk: Desk):
        gone, there = desk.alert(), desk.alert(rule=Rule.COUNT_DUE)
        shown = desk.storekeeper.get(desk.path)
        ticked = {f"alert-{it.id}": value_of(shown, f'name="alert-{it.id}"') for it in (gone, there)}
        desk.evaluate()

        answer = desk.storekeeper.post(desk.path, data=form_of(shown) | ticked)

        said = text_of(desk.storekeeper.get(answer.headers["location"]))
        assert "Acknowledged: 1." in said
        assert "Resolved meanwhile, nothing left to do: 1." in said
        assert desk.state(gone).state == "resolved"

    def test_sent_twice_it_is_done_once(self, desk: Desk):
        alert = desk.alert()
        shown = desk.storekeeper.get(desk.path)
        data = form_of(shown) | {f"alert-{alert.id}": value_of(shown, f'name="alert-{alert.id}"')}

        answers = [desk.storekeeper.post(desk.path, data=data) for _ in range(2)]

        assert [it.status_code for it in answers] == [303, 303]
        assert "acknowledged=1" not in answers[1].headers["location"]

    def test_a_viewer_reads_and_changes_nothing(self, desk: Desk):
        alert = desk.alert()
        viewer = desk.site.browser(desk.tree.commune, role="viewer")

        page, alone = viewer.get(desk.path), viewer.get(desk.page_of(alert))

        assert ('name="alert-' in page.text, "requisitions/new" in page.text) == (False, False)
        assert ('name="act"' in alone.text, "requisitions/new" in alone.text) == (False, False)
        assert "Look at it" in text_of(page)
        assert viewer.post(desk.path, data={f"alert-{alert.id}": "x"}).status_code == 403
        assert viewer.post(desk.page_of(alert), data={"act": "acknowledge"}).status_code == 403
        assert desk.state(alert).state == "open"

    @pytest.mark.parametrize("typed", [{"alert-x": "1"}, {"one": "²:3"}, {"one": "999999999999:1"}, {"part": "x"}])
    def test_what_no_page_has_made_changes_nothing(self, desk: Desk, typed):
        alert = desk.alert()

        assert desk.storekeeper.post(desk.path, data=typed).status_code == 422
        assert desk.state(alert).state == "open"


class TestOne:
    def test_it_tells_why_where_and_since_when(self, desk: Desk):
        alert = desk.alert(
            rule=Rule.BELOW,
            facts={"usable": 90, "months": 1, "minimum": 2, "by": "forecast"},
            units=90,
            dong=135_000,
            due_on=SOON,
        )

        answer = desk.storekeeper.get(desk.page_of(alert))

        said = text_of(answer)
        assert "90 piece usable last 1 months, less than the minimum of 2." in said
        assert "Usable 90" in said
        assert "by the forecast" in said
        assert "135,000 ₫" in said.replace("\xa0", " ")
        assert "Comes true on 27/11/2026" in said
        assert "Trung tâm Y tế quận Ba Đình" in said
        assert "<svg" in answer.text
        assert "Opened" in said

    def test_a_transfer_is_said_in_full_to_those_who_may_make_it(self, desk: Desk):
        neighbour = desk.site.add(a_facility, "Trạm Y tế phường Quán Thánh", parent=desk.tree.district)
        facts = {
            "from": neighbour.code,
            "from_name": neighbour.name,
            "to": desk.tree.commune.code,
            "to_name": desk.tree.commune.name,
            "lot": 1,
            "number": "A12",
            "channel": "free",
            "quantity": 300,
            "units": 300,
            "more": 0,
        }
        alert = desk.alert(act=Act.REDISTRIBUTE, act_facts=facts)

        above = text_of(desk.above.get(f"{desk.path_above}/{alert.id}"))
        below = text_of(desk.storekeeper.get(desk.page_of(alert)))

        move = f"300 of lot A12, from {neighbour.name} to {desk.tree.commune.name}."
        assert ("Transfer it" in above, move in above) == (True, True)
        assert ("Transfer it" in below, "Write an emergency requisition" in below) == (False, True)

    def test_acknowledged_it_says_by_whom_and_can_be_taken_back(self, desk: Desk):
        alert = desk.alert()

        answer = desk.say(alert, act="acknowledge", note="Đã gọi huyện", until=SOON.isoformat())

        assert answer.headers["location"] == f"{desk.page_of(alert)}?done=acknowledge"
        said = text_of(desk.storekeeper.get(answer.headers["location"]))
        assert "rests until 27/11/2026: Đã gọi huyện" in said
        assert "Take the acknowledgement back" in said
        back = desk.say(alert, act="take_back")
        assert "the alert is open" in text_of(desk.storekeeper.get(back.headers["location"]))
        assert desk.state(alert).state == "open"

    def test_resolved_in_between_it_says_so_instead_of_taking_the_word(self, desk: Desk):
        alert = desk.alert()
        shown = desk.storekeeper.get(desk.page_of(alert))
        desk.evaluate()

        answer = desk.say(alert, shown=shown, act="acknowledge", note="Muộn")

        assert answer.status_code == 409
        assert "There is nothing left to do." in text_of(answer)
        assert 'name="act"' not in answer.text
        assert "requisitions/new" not in answer.text

    def test_worse_in_between_it_is_shown_anew_with_what_was_typed(self, desk: Desk):
        alert = desk.alert(rule=Rule.BELOW)
        shown = desk.storekeeper.get(desk.page_of(alert))
        with transaction(desk.site.engine) as session:
            session.get_one(Alert, alert.id).raised_at = NOW + timedelta(minutes=5)

        answer = desk.say(alert, shown=shown, act="acknowledge", note="Đang lo")

        assert answer.status_code == 409
        assert form_of(answer)["note"] == "Đang lo"
        assert desk.say(alert, shown=answer, act="acknowledge").status_code == 303

    def test_a_manager_above_acknowledges_for_those_below(self, desk: Desk):
        alert = desk.alert()
        path = f"{desk.path_above}/{alert.id}"

        answer = desk.above.post(path, data=form_of(desk.above.get(path)) | {"act": "acknowledge"})

        assert answer.status_code == 303
        assert desk.state(alert).acknowledged_by is not None

    def test_what_no_page_has_made_is_refused(self, desk: Desk):
        alert = desk.alert()

        assert desk.say(alert, act="explode").status_code == 422
        assert desk.say(alert, act="acknowledge", version="").status_code == 409
        assert desk.say(alert, act="acknowledge", until="yesterday").status_code == 422
        for number in ("0", "x", "99999999999", "123456"):
            assert desk.storekeeper.get(f"{desk.path}/{number}").status_code == 404
        assert desk.state(alert).state == "open"

    def test_the_jobs_are_shown_to_those_who_look_after_them_alone(self, desk: Desk):
        alert = desk.alert(desk.tree.board, rule=Rule.LEDGER, item=None)
        path = f"/f/{desk.tree.board.code}/alerts/{alert.id}"

        shown = {role: "/jobs" in desk.site.browser(role=role).get(path).text for role in ("admin", "manager")}

        assert shown == {"admin": True, "manager": False}

    @pytest.mark.parametrize("rule", FACTS)
    def test_every_kind_is_shown_in_both_languages(self, desk: Desk, rule):
        alert = desk.alert(rule=rule)

        for language in ("vi", "en"):
            browser = desk.site.browser(desk.tree.commune, language=language)
            assert browser.get(desk.page_of(alert)).status_code == 200
            assert browser.get(desk.path).status_code == 200


class TestReport:
    def lived(self, desk: Desk, at: Facility, rule: Rule, hours: int | None, days_ago: int = 5) -> None:
        """An alert that was opened some days ago, and resolved after so many hours."""
        opened = NOW - timedelta(days=days_ago)
        resolved = None if hours is None else opened + timedelta(hours=hours)
        more = {} if resolved is None else {"state": "resolved", "resolved_at": resolved}
        with transaction(desk.site.engine) as session:
            alert = an_alert(session, at, desk.site.condom, rule=rule, at=opened, subject=str(hours), **more)
            if resolved:
                session.add(
                    AlertEvent(alert_id=alert.id or 0, at=resolved, what="resolved", rule=rule, severity=alert.severity)
                )

    @pytest.fixture
    def lived_through(self, desk: Desk) -> Desk:
        for hours in (10, 30, 200):
            self.lived(desk, desk.tree.commune, Rule.OUT, hours, days_ago=10)
        self.lived(desk, desk.tree.collaborator, Rule.OUT, None)
        self.lived(desk, desk.tree.district, Rule.COUNT_DUE, None)
        self.lived(desk, desk.tree.commune, Rule.BELOW, 5, days_ago=60)
        return desk

    def test_by_kind_and_by_facility_below(self, lived_through: Desk):
        said = text_of(lived_through.above.get(f"{lived_through.path_above}/report"))

        assert "Opened: 5. Resolved: 3. Half of them were resolved within 30 hours; the longest took 8 days." in said
        assert "Of those opened, still open: 2." in said
        assert "Out of stock 4 3 30 hours 8 days 1" in said
        assert "Count overdue 1 0 – – 1" in said
        assert "Trạm Y tế phường Trúc Bạch 4 3 30 hours 8 days 1" in said
        assert "Below the minimum" not in said

    def test_a_chosen_span(self, lived_through: Desk):
        path = f"{lived_through.path_above}/report?first=2026-09-01&last=2026-09-30"

        said = text_of(lived_through.above.get(path))

        assert "Below the minimum 1 1 5 hours 5 hours 0" in said
        assert "Out of stock" not in said

    def test_as_a_file(self, lived_through: Desk):
        answer = lived_through.above.get(f"{lived_through.path_above}/report.csv")

        rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
        commune = next(it for it in rows if it["facility"] == lived_through.tree.commune.code)
        assert len(rows) == 3
        assert commune == {
            "facility": lived_through.tree.commune.code,
            "facility_name": "Trạm Y tế phường Trúc Bạch",
            "rule": "out",
            "opened": "3",
            "resolved": "3",
            "median_hours_to_resolve": "30",
            "longest_hours_to_resolve": "200",
            "still_open": "0",
        }

    @pytest.mark.parametrize("query", ["first=2026-11-20&last=2026-11-01", "first=x", "first=2020-01-01"])
    def test_a_span_that_cannot_be_is_said(self, desk: Desk, query):
        answer = desk.storekeeper.get(f"{desk.path}/report?{query}")

        assert answer.status_code == 422
        assert "errors-title" in answer.text
        assert desk.storekeeper.get(f"{desk.path}/report.csv?{query}").status_code == 422

    def test_days_in_which_nothing_happened(self, desk: Desk):
        path = f"{desk.path}/report?first={date(2026, 1, 1)}&last={date(2026, 1, 31)}"

        assert "No alert was opened or resolved in these days." in text_of(desk.storekeeper.get(path))

    def test_both_databases_count_alike(self, each_site: Site):
        desk = Desk(each_site)
        self.lived(desk, desk.tree.commune, Rule.OUT, 10)

        assert "Out of stock 1 1 10 hours 10 hours 0" in text_of(desk.above.get(f"{desk.path_above}/report"))
        for query in ("", "?below=1", "?told=1", "?below=1&state=resolved", "?below=1&rule=out&severity=3"):
            assert desk.above.get(f"{desk.path_above}{query}").status_code == 200
