"""What one is sent, as people choose it, see it and try it."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from sqlmodel import select

from lmis.accounts.models import User
from lmis.alerts.findings import Rule
from lmis.alerts.preferences import Wants, wants_of
from lmis.db import reader, transaction
from lmis.mail.models import Mail, MailPreference
from tests.alerts.mailing import mails_to, read
from tests.alerts.making import an_alert
from tests.factories import NOW
from tests.web import form_of, text_of

PAGE = "/me/mail"


class Desk:
    """Somebody of the district at the page of their e-mails."""

    def __init__(self, site, role: str = "manager", at=None):
        self.site = site
        self.place = at or site.tree.district
        self.browser = site.browser(self.place, role=role)
        self.has(language="en")

    @property
    def user(self) -> User:
        with reader(self.site.engine) as session:
            return session.exec(select(User).where(User.facility_id == self.place.id)).one()

    @property
    def wants(self) -> Wants:
        with reader(self.site.engine) as session:
            return wants_of(session.get(MailPreference, self.user.id))

    def has(self, **values: object) -> None:
        with transaction(self.site.engine) as session:
            user = session.get_one(User, self.user.id)
            for name, value in values.items():
                setattr(user, name, value)

    def save(self, *, without: tuple[str, ...] = (), **changed: str):
        form = form_of(self.browser.get(PAGE)) | changed
        return self.browser.post(PAGE, data={name: value for name, value in form.items() if name not in without})

    def mails(self) -> list[Mail]:
        return mails_to(self.site.engine, self.user)


@pytest.fixture
def desk(site):
    return Desk(site)


class TestChoosing:
    def test_what_was_chosen_is_kept_and_shown_again(self, each_site):
        desk = Desk(each_site)
        answer = desk.save(
            without=("at_once", "summaries", "rule-over", "rule-count_due"),
            email="An@Example.ORG",
            digest="workdays",
            hour="7",
            least="2",
        )

        assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?done=saved")
        muted = frozenset({Rule.OVER, Rule.COUNT_DUE})
        assert desk.wants == Wants("workdays", 7, 2, at_once=False, summaries=False, muted=muted)
        assert desk.user.email == "An@example.org"
        shown = form_of(desk.browser.get(PAGE))
        assert {name: shown[name] for name in ("email", "digest", "hour", "least")} == {
            "email": "An@example.org", "digest": "workdays", "hour": "7", "least": "2"
        }  # fmt: skip
        assert {"at_once", "summaries", "rule-over", "rule-count_due"} & set(shown) == set()
        assert "rule-out" in shown

    def test_saved_as_it_is_nothing_is_muted(self, desk):
        desk.save()

        assert desk.wants == Wants()

    def test_an_address_that_is_none_is_refused_and_what_was_typed_stays(self, desk):
        answer = desk.save(email="an at example", digest="weekly", without=("rule-over",))

        assert answer.status_code == 422
        assert "is not an e-mail address" in text_of(answer)
        assert '<a href="#email">' in answer.text
        shown = form_of(answer, PAGE)
        assert (shown["email"], shown["digest"], "rule-over" in shown) == ("an at example", "weekly", False)
        assert (desk.user.email, desk.wants) == (None, Wants())

    @pytest.mark.parametrize(
        "changed", [{"digest": "hourly"}, {"hour": "24"}, {"hour": "07"}, {"hour": "x"}, {"least": "0"}], ids=str
    )
    def test_what_no_page_of_ours_sends_is_refused(self, desk, changed):
        assert desk.save(**changed).status_code == 422
        assert desk.wants == Wants()

    def test_an_address_that_came_back_is_told_and_works_again_when_one_says_so(self, desk):
        desk.has(email="an@example.org", email_bounced_at=NOW)
        assert "came back on 20/11/2026 10:00" in text_of(desk.browser.get(PAGE))

        desk.save()
        assert desk.user.email_bounced_at == NOW
        desk.save(again="1")
        assert desk.user.email_bounced_at is None

    def test_another_address_forgets_that_the_last_came_back(self, desk):
        desk.has(email="an@example.org", email_bounced_at=NOW)
        desk.save(email="binh@example.org")

        assert (desk.user.email, desk.user.email_bounced_at) == ("binh@example.org", None)

    def test_who_decides_nothing_is_not_asked_about_summaries(self, site):
        keeper = Desk(site, "storekeeper")
        assert "stock report" not in text_of(keeper.browser.get(PAGE))

        keeper.save()
        assert keeper.wants == Wants()

    def test_only_who_looks_after_the_site_is_asked_about_its_jobs(self, site):
        asked = "A nightly job failed or is late"
        keeper, admin = Desk(site, "storekeeper"), Desk(site, "admin", site.tree.board)

        assert [asked in text_of(it.browser.get(PAGE)) for it in (keeper, admin)] == [False, True]
        for desk in (keeper, admin):
            desk.save()
            assert desk.wants == Wants()

    def test_a_stranger_is_sent_to_sign_in(self, site):
        for page in (PAGE, f"{PAGE}/preview"):
            assert site.stranger().get(page).status_code == 303


class TestSeeing:
    def test_the_digest_is_shown_as_the_browser_shows_it_and_can_do_nothing(self, desk):
        desk.site.add(an_alert, desk.place, desk.site.condom)
        answer = desk.browser.get(f"{PAGE}/preview")

        assert "None usable for 4 days" in answer.text
        assert " style=" in answer.text
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
        assert policy.endswith("sandbox")
        assert "script-src" not in policy

    def test_no_other_page_may_have_styles_in_its_tags(self, desk):
        answer = desk.browser.get(PAGE)

        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert re.search(r"\sstyle=", answer.text) is None

    def test_with_nothing_open_it_says_so(self, desk):
        assert "Nothing is open." in desk.browser.get(f"{PAGE}/preview").text

    def test_a_viewer_sees_theirs_too(self, site):
        viewer = Desk(site, "viewer")
        site.add(an_alert, viewer.place, site.condom)

        assert "None usable for 4 days" in viewer.browser.get(f"{PAGE}/preview").text

    def test_the_way_there_is_with_ones_name(self, desk):
        assert f'<a href="{PAGE}">' in desk.browser.get(f"/f/{desk.place.code}").text


class TestTrying:
    def test_a_trial_is_sent_once_for_each_form(self, each_site):
        desk = Desk(each_site)
        desk.has(email="an@example.org")
        each_site.add(an_alert, desk.place, each_site.condom)
        form = form_of(desk.browser.get(PAGE), f"{PAGE}/test")
        for _ in range(2):
            answer = desk.browser.post(f"{PAGE}/test", data=form)
            assert answer.headers["location"] == f"{PAGE}?done=sent"

        (mail,) = desk.mails()
        assert (mail.kind, mail.address, mail.due_at) == ("test", "an@example.org", NOW)
        assert mail.subject.startswith("[Trial] 1 urgent – ")
        assert "This is a trial, sent because you asked for it." in (read(mail).text or "")
        assert "on its way to an@example.org" in text_of(desk.browser.get(f"{PAGE}?done=sent"))

    def test_without_an_address_it_is_refused(self, desk):
        answer = desk.browser.post(f"{PAGE}/test", data={"uuid": str(uuid4())})

        assert answer.status_code == 409
        assert "There is no address that e-mail can be sent to." in text_of(answer)
        assert desk.mails() == []

    def test_who_looks_after_the_site_may_try_from_the_page_of_all_mails(self, site):
        admin = Desk(site, "admin", site.tree.board)
        admin.has(email="an@example.org")
        answer = admin.browser.post("/mail/test-digest", data={"uuid": str(uuid4())})

        assert (answer.status_code, answer.headers["location"]) == (303, "/mail?done=test")
        assert [it.kind for it in admin.mails()] == ["test"]

    def test_others_may_not(self, desk):
        desk.has(email="an@example.org")

        assert desk.browser.post("/mail/test-digest", data={"uuid": str(uuid4())}).status_code == 403
        assert desk.mails() == []
