"""The pages of the stock policy: what is in force and why, setting values, and what was set before."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lmis.network.models import Facility
from lmis.policy.rules import OF_PLACES
from tests.factories import TODAY, a_facility, a_policy, a_user, an_item, id_of
from tests.web import Site, form_of, text_of

LATER = TODAY + timedelta(days=30)


class Office:
    """Someone at the policy pages of a facility."""

    def __init__(self, site: Site, at: Facility, role: str = "manager", user_of: Facility | None = None) -> None:
        self.browser = site.browser(user_of or at, role=role)
        self.path = f"/f/{at.code}/policy"

    def words(self, page: str = "") -> str:
        return text_of(self.browser.get(self.path + page))

    def check(self, asked: str = "", **typed: str):
        """The values form filled in and sent to be looked at."""
        return self.browser.post(f"{self.path}/set", data=form_of(self.browser.get(f"{self.path}/set{asked}")) | typed)

    def put(self, asked: str = "", **typed: str):
        """Both steps."""
        return self.browser.post(f"{self.path}/set", data=form_of(self.check(asked, **typed)) | {"step": "post"})


@pytest.fixture
def office(site: Site) -> Office:
    return Office(site, site.tree.commune)


def test_each_value_is_shown_with_where_it_comes_from(site: Site, office: Office):
    site.add(a_policy, site.tree.district, maximum="4", lead_time="0.75")
    site.add(a_policy, level="commune", safety_stock="0.5")
    site.add(a_policy, site.tree.commune, item=id_of(site.condom), emergency_point="0.75")

    assert (
        "Bao cao su 0.75 Trung tâm Y tế quận Ba Đình since 01/01/2026 0.5 default "
        "0.5 level Commune health station since 01/01/2026 "
        "1.75 sum of the three 4.0 Trung tâm Y tế quận Ba Đình since 01/01/2026 "
        "0.75 ● set here, this item since 01/01/2026 48.0 default 95 % default Change – Bao cao su"
    ) in office.words()


def test_a_maximum_that_expiry_allows_no_more_of_is_told(site: Site, office: Office):
    site.add(a_policy, site.tree.commune, maximum="6", shelf_life="4")

    assert "4.0 ● set here since 01/01/2026 6.0 was set; the goods do not keep as long" in office.words()


def test_everybody_reads_and_only_those_who_approve_set(site: Site):
    office = Office(site, site.tree.commune, role="storekeeper")

    assert "defaults are in force" in office.words("/history")
    assert "3.0 default" in office.words()
    assert "Set values" not in office.words()
    assert office.browser.get(f"{office.path}/choose").status_code == 403
    assert office.browser.get(f"{office.path}/set").status_code == 403


def test_what_is_typed_is_looked_at_then_set(site: Site, office: Office):
    checked = office.check(maximum="4,5", lead_time="0,75")
    words = text_of(checked)

    assert "Trạm Y tế phường Trúc Bạch itself" in words
    assert "Lead time 0.25 default 0.75 ● set here since 20/11/2026" in words
    assert "Minimum 1.0 sum of the three 1.5 sum of the three" in words
    assert "Maximum 3.0 default 4.5 ● set here" in words
    assert "● set here" not in office.words()

    answer = office.browser.post(f"{office.path}/set", data=form_of(checked) | {"step": "post"})

    assert answer.headers["location"] == f"{office.path}?changed=1"
    assert "The values were set." in text_of(office.browser.get(answer.headers["location"]))
    assert "4.5 ● set here since 20/11/2026" in office.words()


def test_a_form_sent_twice_sets_once(site: Site, office: Office):
    data = form_of(office.check(maximum="4")) | {"step": "post"}
    for _ in range(2):
        assert office.browser.post(f"{office.path}/set", data=data).status_code == 303

    assert office.words("/history").count("Maximum 4.0") == 1


def test_what_is_set_here_stands_in_the_form_and_what_would_be_inherited_beside_it(site: Site, office: Office):
    office.put(maximum="4,25")
    page = office.browser.get(f"{office.path}/set")

    assert form_of(page)["maximum"] == "4,25"
    assert "Inherited: 3.0 (default)" in text_of(page)


def test_the_service_level_is_typed_and_shown_in_percent(site: Site, office: Office):
    office.put(service_level="92,5")

    assert "92.5 % ● set here since 20/11/2026" in office.words()
    assert form_of(office.browser.get(f"{office.path}/set"))["service_level"] == "92,5"
    assert "Inherited: 95 % (default)" in office.words("/set")
    assert "all items Service level 92.5 % from 20/11/2026" in office.words("/history")
    vietnamese = site.browser(site.tree.commune, language="vi").get(office.path)
    assert "92,5 %" in text_of(vietnamese)


def test_when_one_is_warned_is_shown_once_for_all_items(office: Office):
    assert (
        "all items 20 % default 5 % default 90 days default 7 days default 5 days default 14 days default "
        "45 days default 3 days default What these mean"
    ) in office.words()


def test_an_item_of_which_one_is_warned_otherwise_stands_apart(site: Site, office: Office):
    site.add(an_item, "Viên uống", method="pill")
    office.put("?item=BCS", near_expiry_days="180", escalation_days="1")

    _, _, warned = office.words().partition("Alert not attended to")
    assert warned.index("all other items 20 % default") < warned.index("Bao cao su 20 % default")
    assert "180 days ● set here, this item since 20/11/2026" in warned
    assert "1 day ● set here, this item" in warned
    assert "Viên uống" not in warned
    assert "all items Near expiry 180 days" not in office.words("/history")
    assert "Bao cao su Near expiry 180 days; Alert not attended to 1 day from 20/11/2026" in office.words("/history")


def test_when_one_is_warned_is_typed_looked_at_and_set(site: Site, office: Office):
    checked = office.check(run_out_risk="12,5", near_expiry_days="180")
    words = text_of(checked)

    assert "How much to hold None of these changes." in words
    assert "When to be warned Value Until then From then on" in words
    assert "Risk of running out 20 % default 12.5 % ● set here" in words
    assert "Near expiry 90 days default 180 days ● set here" in words

    office.browser.post(f"{office.path}/set", data=form_of(checked) | {"step": "post"})
    assert "12.5 % ● set here since 20/11/2026" in office.words()
    typed = form_of(office.browser.get(f"{office.path}/set"))
    assert (typed["run_out_risk"], typed["near_expiry_days"], typed["quiet_days"]) == ("12,5", "180", "")
    assert "12,5 %" in text_of(site.browser(site.tree.commune, language="vi").get(office.path))


def test_what_is_of_papers_is_asked_for_all_items_alone(office: Office):
    asked = {asked: form_of(office.browser.get(f"{office.path}/set{asked}")) for asked in ("", "?item=BCS")}

    assert set(asked[""]) - set(asked["?item=BCS"]) == set(OF_PLACES)
    answer = office.check("?item=BCS", quiet_days="20")
    assert (answer.status_code, "Set it for all items." in text_of(answer)) == (422, True)


def unfolded(page) -> int:
    return page.text.count('<details class="beside" open>')


def test_when_one_is_warned_unfolds_where_something_of_it_is_set_or_wrong(site: Site, office: Office):
    assert unfolded(office.browser.get(f"{office.path}/set")) == 1
    assert unfolded(office.check(waiting_days="ba")) == 2
    assert unfolded(office.check(maximum="4")) == 1
    assert unfolded(office.check(waiting_days="4")) == 1

    office.put(waiting_days="4")
    assert unfolded(office.browser.get(f"{office.path}/set")) == 2


def test_one_may_go_back_and_change_something(site: Site, office: Office):
    page = office.browser.post(f"{office.path}/set", data=form_of(office.check(maximum="4")) | {"step": "change"})

    assert page.status_code == 200
    assert form_of(page)["maximum"] == "4"


def test_values_of_one_item_leave_the_others_alone(site: Site, office: Office):
    site.add(an_item, "Viên uống", method="pill")
    office.put("?item=BCS", maximum="5")

    words = office.words()
    assert "5.0 ● set here, this item" in words
    assert words.count("set here") == 1


def test_a_district_sets_values_for_the_stations_under_it(site: Site):
    site.add(a_facility, "Trạm Y tế phường Quán Thánh", parent=site.tree.district)
    site.add(a_policy, site.tree.commune, maximum="2")
    office = Office(site, site.tree.district)

    assert "Commune health station, those under Trung tâm Y tế quận Ba Đình" in office.words("/choose")
    checked = office.check("?whom=under-commune", maximum="4")
    assert "Of the 2 facilities this is for, values change at 1" in text_of(checked)

    office.put("?whom=under-commune", maximum="4")
    assert "4.0" not in office.words()
    assert "2.0 ● set here" in Office(site, site.tree.commune).words()


def test_whole_levels_are_offered_at_the_top_alone(site: Site):
    top = Office(site, site.tree.board, role="admin")

    assert "Commune health station, everywhere" in top.words("/choose")
    assert "everywhere" not in Office(site, site.tree.board).words("/choose")
    assert "everywhere" not in Office(site, site.tree.district, role="admin").words("/choose")
    assert (
        Office(site, site.tree.district, role="admin")
        .browser.get(f"/f/{site.tree.district.code}/policy/set?whom=level-commune")
        .status_code
        == 404
    )

    top.put("?whom=level-commune", maximum="4")
    assert "4.0 level Commune health station since 20/11/2026" in Office(site, site.tree.commune).words()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"maximum": "vài"}, "“vài” is not a number of months. Write it as 2 or 1,5."),
        ({"maximum": "0,125"}, "“0,125” has more than two decimal places."),
        ({"maximum": "0"}, "This must be more than zero."),
        ({"service_level": "chín"}, "“chín” is not a percentage. Write it as 95 or 92,5."),
        ({"service_level": "99"}, "The service level must be between 50 % and 95 %"),
        ({"service_level": "49,9"}, "The service level must be between 50 % and 95 %"),
        ({"near_expiry_days": "ba tháng"}, "“ba tháng” is not a whole number of days. Write digits only"),
        ({"waiting_days": "1,5"}, "“1,5” is not a whole number of days."),
        ({"quiet_days": "366"}, "“366” is more than 365 days."),
        ({"escalation_days": "0"}, "This must be more than zero."),
        ({"run_out_risk": "4"}, "The risk of running out must be between 5 % and 95 %"),
        ({"loss_share": "0,9"}, "A large loss must be between 1 % and 100 % of the stock"),
        ({"valid_from": "2026-11-19", "maximum": "4"}, "19/11/2026 is past"),
        ({"valid_from": ""}, "This is empty; it must be filled in."),
        ({}, "No value is filled in, and none was set here before."),
        ({"minimum": "3,5"}, "the minimum of 3.5 months would be above the maximum of 3.0."),
        ({"emergency_point": "1,01"}, "the emergency point of 1.01 months would be above the minimum of 1.0."),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_is_kept(site: Site, office: Office, typed, said):
    answer = office.check(**typed)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert {name: form_of(answer)[name] for name in typed} == typed
    assert "● set here" not in office.words()


def test_all_that_is_wrong_is_told_at_once_and_leads_to_its_field(site: Site, office: Office):
    answer = office.check(valid_from="2026-11-19", maximum="0")

    assert 'href="#valid_from"' in answer.text
    assert 'href="#maximum"' in answer.text


def test_values_may_be_set_ahead_and_are_in_force_from_their_day(site: Site, office: Office):
    office.put(valid_from=LATER.isoformat(), maximum="4")

    assert "● set here" not in office.words()
    assert "from 20/12/2026" in office.words("/history")


def test_who_set_what_and_when_is_told_here_and_below_but_not_beside(site: Site):
    beside = site.add(a_facility, parent=site.tree.board, level="district")
    manager = site.add(a_user, site.tree.board, role="manager")
    office = Office(site, site.tree.district)
    office.put(maximum="5")
    office.put(valid_from=LATER.isoformat(), maximum="4")
    office.put("?whom=all", lead_time="0,75")
    site.add(a_policy, site.tree.district, level="commune", until=date(2026, 6, 1), minimum="2")

    words = office.words("/history")
    assert "Trung tâm Y tế quận Ba Đình itself all items Maximum 5.0 20/11/2026 to 19/12/2026" in words
    assert "Trung tâm Y tế quận Ba Đình itself all items Maximum 4.0 from 20/12/2026 Người dùng" in words
    assert "20/11/2026 10:00" in words
    assert (
        "Commune health station, those under Trung tâm Y tế quận Ba Đình all items Minimum 2.0 01/01/2026 to 31/05/2026"
        in words
    )
    below = Office(site, site.tree.commune).words("/history")
    assert "Ba Đình and everything under it all items Lead time 0.75" in below
    assert "Minimum 2.0" in below
    assert "Maximum 5.0" not in below
    assert manager.name not in words
    assert "Nothing has been set here or above" in Office(site, beside).words("/history")


def test_taking_values_back_is_told_too(site: Site, office: Office):
    office.put(maximum="5")
    office.put(maximum="")

    assert "everything inherited again from 20/11/2026" in office.words("/history")
    assert "Maximum 5.0 replaced before 20/11/2026" in office.words("/history")
    assert "● set here" not in office.words()


def test_the_policy_of_a_facility_out_of_scope_is_not_found(site: Site):
    office = Office(site, site.tree.board, user_of=site.tree.district)

    for page in ("", "/history", "/choose", "/set"):
        assert office.browser.get(office.path + page).status_code == 404


def test_an_unknown_item_is_not_found(site: Site, office: Office):
    assert office.browser.get(f"{office.path}/set?item=NONE").status_code == 404


def test_a_new_site_is_told_how_it_begins(site: Site, office: Office):
    with_items = office.words()

    assert "Each value is looked up on its own" in with_items
    assert "Nothing has been set here or above: this program’s defaults are in force." in office.words("/history")
