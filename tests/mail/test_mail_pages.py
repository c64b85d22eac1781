"""The pages about e-mails, as those who look after the site use them."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from html import unescape

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from lmis.accounts.models import User
from lmis.accounts.scope import place_of
from lmis.accounts.service import user_named
from lmis.config import settings
from lmis.db import reader, transaction
from lmis.mail.claims import DISABLED
from lmis.mail.message import Attachment
from lmis.mail.models import Mail
from lmis.mail.queries import LISTED
from lmis.mail.sending import send_due
from lmis.mail.worklist import work
from tests.factories import NOW, TODAY, id_of
from tests.mail.post import a_reader, mails, put
from tests.web import Site, form_of, text_of

LATER = NOW + timedelta(hours=2)


@pytest.fixture
def admin(each_site: Site) -> TestClient:
    return each_site.browser(role="admin")


def someone(site: Site, address: str = "ha@example.org", **more) -> User:
    """A storekeeper of the commune with an address."""
    with transaction(site.engine) as session:
        return a_reader(session, address, facility=site.tree.commune, **more)


def a_mail(site: Site, user: User, key: str = "digest:1", **more) -> int:
    """The id of an e-mail queued to somebody. state and the like: what has become of it since."""
    since = ("state", "sent_at", "settled_at", "fault", "tries", "address", "message", "due_at")
    became = {name: more.pop(name) for name in since if name in more}
    with transaction(site.engine) as session:
        put(session, user, key, **more)
        mail = session.exec(select(Mail).where(Mail.key == key)).one()
        for name, value in became.items():
            setattr(mail, name, value)
        return mail.id or 0


def person(site: Site, username: str) -> User:
    with reader(site.engine) as session:
        found = user_named(session, username)
        assert found
        return found


class TestWhoMaySee:
    @pytest.mark.parametrize("path", ["", "/all", "/addresses", "/1", "/1/html", "/1/eml"])
    def test_nobody_but_who_looks_after_the_whole_site(self, site, path):
        a_mail(site, someone(site))
        path = f"/mail{path}"
        others = (site.browser(role="manager"), site.browser(site.tree.district, role="admin"))

        assert [it.get(path).status_code for it in others] == [403, 403]
        assert site.stranger().get(path).status_code == 303
        assert site.browser(role="admin").get(path).status_code == 200

    def test_nobody_else_decides(self, site):
        mail = a_mail(site, someone(site), state="dead")
        other = site.browser(site.tree.district, role="admin")
        paths = ["/mail/test", "/mail/again", "/mail/leave", f"/mail/{mail}/again", f"/mail/{mail}/leave"]

        assert {other.post(path, data={"uuid": "0" * 32}).status_code for path in paths} == {403}
        assert [it.state for it in mails(site.engine)] == ["dead"]


class TestOverview:
    def test_it_counts_what_waits_what_went_and_what_did_not(self, each_site, admin):
        user = someone(each_site)
        a_mail(each_site, user, "1")
        a_mail(each_site, user, "2", state="sent", sent_at=NOW - timedelta(hours=9))
        a_mail(each_site, user, "3", state="sent", sent_at=NOW - timedelta(hours=11))
        a_mail(each_site, user, "4", state="dead", fault="554 5.6.0 Looks like spam")
        a_mail(each_site, user, "5", state="dead", fault=DISABLED, settled_at=NOW)
        said = text_of(admin.get("/mail"))

        assert "Waiting 1 Sent today 1 Could not be sent 1 Addresses that do not work 0" in said
        assert "554 5.6.0 Looks like spam" in said
        assert DISABLED not in said

    def test_it_says_when_e_mails_wait_too_long(self, each_site, admin):
        a_mail(each_site, someone(each_site), due_at=NOW - timedelta(minutes=59))
        assert "longer than an hour" not in text_of(admin.get("/mail"))

        a_mail(each_site, someone(each_site, "an@example.org"), "2", due_at=NOW - timedelta(minutes=61))
        assert "1 e-mails wait longer than an hour" in text_of(admin.get("/mail"))

    def test_it_says_how_e_mails_leave_and_never_the_password(self, site, monkeypatch):
        from pydantic import SecretStr

        admin = site.browser(role="admin")
        assert "written as files into the folder lmis-mail" in text_of(admin.get("/mail"))
        for name, value in {
            "smtp_host": "smtp.example.org",
            "smtp_user": "lmis",
            "smtp_password": SecretStr("rất bí mật"),
        }.items():
            monkeypatch.setattr(settings(), name, value)
        answer = admin.get("/mail")

        assert "smtp.example.org, port 587" in text_of(answer)
        assert "(STARTTLS) Signs in as lmis" in text_of(answer)
        assert "bí mật" not in answer.text


class TestTrying:
    def test_a_test_e_mail_arrives_once_however_often_the_button_is_pressed(self, site, mail_server):
        admin = site.browser(role="admin")
        assert "Send me a test e-mail" not in admin.get("/mail").text
        with transaction(site.engine) as session:
            user = session.exec(select(User)).one()
            user.email, user.name = "toi@example.org", "Nguyễn <b>Hà</b>"
            session.add(user)
        form = form_of(admin.get("/mail"), "/mail/test")
        for _ in range(2):
            answer = admin.post("/mail/test", data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, "/mail?done=test")

        assert send_due(site.engine, now=lambda: NOW) == {"sent": 1}
        (mail,) = mail_server.delivered
        assert mail.recipient == "toi@example.org"
        assert mail.read["Subject"]
        assert "Nguyễn <b>Hà</b>" in mail.text
        assert "<b>" not in mail.html
        assert "The test e-mail waits" in admin.get("/mail?done=test").text

    def test_without_a_working_address_it_says_what_to_do(self, each_site, admin):
        answer = admin.post("/mail/test", data=form_of(admin.get("/mail"), "/mail/test") | {"uuid": "0" * 32})

        assert answer.status_code == 409
        assert "Write yours under" in text_of(answer)
        assert mails(each_site.engine) == []


class TestWhatCouldNotBeSent:
    @pytest.mark.usefixtures("mail_server")
    def test_it_is_sent_again(self, each_site, admin):
        mail = a_mail(each_site, someone(each_site), state="dead", tries=11, fault="554 No", due_at=LATER)
        answer = admin.post(f"/mail/{mail}/again", data={})

        assert answer.status_code == 303
        (row,) = mails(each_site.engine)
        assert (row.state, row.tries, row.fault, row.due_at) == ("queued", 0, None, NOW)
        assert "It waits again" in admin.get(answer.headers["location"]).text
        assert send_due(each_site.engine, now=lambda: NOW) == {"sent": 1}
        assert admin.post(f"/mail/{mail}/again", data={}).status_code == 303
        assert [it.state for it in mails(each_site.engine)] == ["sent"]

    def test_it_is_left_and_who_did_so_is_kept(self, each_site, admin):
        mail = a_mail(each_site, someone(each_site), state="dead", fault="554 No")
        admin.post(f"/mail/{mail}/leave", data={})

        (row,) = mails(each_site.engine)
        assert (row.state, row.settled_at) == ("dead", NOW)
        assert "Nothing waits for you" in text_of(admin.get("/mail"))
        assert "Dealt with by Người dùng" in text_of(admin.get(f"/mail/{mail}"))
        another = each_site.browser(role="admin")
        another.post(f"/mail/{mail}/leave", data={})
        assert mails(each_site.engine)[0].settled_by == row.settled_by

    def test_all_are_sent_again_but_those_that_came_back(self, each_site, admin):
        user = someone(each_site)
        for n, state in enumerate(["dead", "bounced", "dead", "sent"]):
            a_mail(each_site, user, str(n), state=state)
        a_mail(each_site, user, "left", state="dead", settled_at=NOW)
        assert admin.post("/mail/again", data={}).headers["location"] == "/mail?done=again"

        assert [it.state for it in mails(each_site.engine)] == ["queued", "bounced", "queued", "sent", "dead"]
        admin.post("/mail/leave", data={})
        assert [it.settled_at for it in mails(each_site.engine)] == [None, NOW, None, None, NOW]

    def test_one_whose_text_is_gone_is_not_sent_again(self, each_site, admin):
        mail = a_mail(each_site, someone(each_site), state="dead", message=None)
        page = admin.get(f"/mail/{mail}")

        assert "Its text is not kept any more" in text_of(page)
        assert "Send again" not in text_of(page)
        admin.post(f"/mail/{mail}/again", data={})
        assert [it.state for it in mails(each_site.engine)] == ["dead"]
        assert admin.get(f"/mail/{mail}/eml").status_code == admin.get(f"/mail/{mail}/html").status_code == 404

    def test_the_home_page_of_who_looks_after_the_site_says_so(self, each_site):
        a_mail(each_site, someone(each_site), state="dead")
        a_mail(each_site, someone(each_site, "an@example.org"), "2")
        a_mail(each_site, someone(each_site, "em@example.org"), "3", fault="Connection refused")
        board = f"/f/{each_site.tree.board.code}"
        page = each_site.browser(role="admin").get(board)

        assert "1 e-mails could not be sent Decide" in text_of(page)
        assert "2 e-mails wait: none can go out now See why" in text_of(page)
        assert 'href="/mail"' in page.text.partition("<main")[2]
        assert "could not be sent" not in text_of(each_site.browser(role="manager").get(board))

    def test_it_is_no_work_at_the_facilities_below(self, each_site):
        a_mail(each_site, someone(each_site), state="dead")
        with transaction(each_site.engine) as session:
            admin = a_reader(session, facility=each_site.tree.board, role="admin")
            places = [place_of(session, admin, it.code, TODAY) for it in (each_site.tree.board, each_site.tree.commune)]
            assert [len(work(session, it, TODAY)) for it in places] == [1, 0]


class TestAddresses:
    def test_one_that_came_back_is_listed_until_it_works_again(self, each_site, admin):
        user = someone(each_site, username="ha")
        mail = a_mail(each_site, user, state="sent", sent_at=NOW)
        admin.post(f"/mail/{mail}/came-back", data={})

        assert person(each_site, "ha").email_bounced_at == NOW
        assert [it.state for it in mails(each_site.engine)] == ["bounced"]
        said = text_of(admin.get("/mail/addresses"))
        assert "ha@example.org" in said
        assert each_site.tree.commune.name in said

        admin.post(f"/mail/addresses/{id_of(user)}/works", data={})
        assert person(each_site, "ha").email_bounced_at is None
        assert "No address has come back" in text_of(admin.get("/mail/addresses"))

    def test_an_address_set_anew_is_not_blamed_for_what_came_back(self, each_site, admin):
        user = someone(each_site, username="ha")
        mail = a_mail(each_site, user, state="sent", sent_at=NOW, address="cu@example.org")
        admin.post(f"/mail/{mail}/came-back", data={})

        assert person(each_site, "ha").email_bounced_at is None

    def test_what_was_not_sent_cannot_have_come_back(self, each_site, admin):
        user = someone(each_site, username="ha")
        admin.post(f"/mail/{a_mail(each_site, user)}/came-back", data={})

        assert person(each_site, "ha").email_bounced_at is None
        assert [it.state for it in mails(each_site.engine)] == ["queued"]

    def test_people_without_an_address_are_listed_by_facility(self, each_site, admin):
        each_site.browser(each_site.tree.commune)
        someone(each_site, username="co.dia.chi")
        said = text_of(admin.get("/mail/addresses")).partition("People without an address")[2]

        assert each_site.tree.commune.name in said
        assert each_site.tree.board.name in said
        assert "co.dia.chi" not in said


class TestAll:
    def test_they_are_chosen_by_state_kind_and_address_the_latest_first(self, each_site, admin):
        user, other = someone(each_site), someone(each_site, "an_b@example.org")
        a_mail(each_site, user, "1", subject="Một", state="sent", sent_at=NOW)
        a_mail(each_site, user, "2", subject="Hai", kind="urgent")
        a_mail(each_site, other, "3", subject="Ba")

        def shown(query: str) -> list[str]:
            said = text_of(admin.get(f"/mail/all{query}"))
            found = [(said.find(f"{it},"), it) for it in ("Một", "Hai", "Ba")]
            return [it for place, it in sorted(found) if place >= 0]

        assert shown("") == ["Ba", "Hai", "Một"]
        assert shown("?state=sent") == ["Một"]
        assert shown("?kind=urgent") == ["Hai"]
        assert shown("?q=HA@") == ["Hai", "Một"]
        assert shown("?q=n_b") == ["Ba"]
        assert shown("?q=_a") == []
        assert shown("?q=%25") == []
        assert shown("?state=queued&kind=digest") == ["Ba"]
        assert shown("?state=strange&kind=%EF&part=-3") == ["Ba", "Hai", "Một"]

    def test_more_than_a_page_of_them_are_paged(self, site):
        admin, user = site.browser(role="admin"), someone(site)
        with transaction(site.engine) as session:
            for n in range(LISTED + 5):
                put(session, user, f"digest:{n}", subject=f"Thư {n}.")
        first, second = admin.get("/mail/all"), admin.get("/mail/all?part=2")

        assert f"Thư {LISTED + 4}." in first.text
        assert "Thư 4." not in first.text
        assert "Thư 4." in second.text
        assert "part=2" in first.text
        assert "part=3" not in second.text


class TestOne:
    def test_it_is_shown_as_it_was_sent(self, each_site, admin):
        paper = Attachment("báo cáo.csv", "text/csv", "mã\r\n".encode())
        text, html = "Hết: <bao cao su>\n", "<html><head></head><body><p style='color:red'>Hết</p></body></html>\n"
        mail = a_mail(each_site, someone(each_site), text=text, html=html, attachments=[paper])
        page = admin.get(f"/mail/{mail}")

        assert "Hết: <bao cao su>" in unescape(page.text)
        assert "color:red" not in page.text
        assert f'<iframe src="/mail/{mail}/html"' in page.text
        assert page.headers["content-security-policy"].endswith("; frame-src 'self'")
        file = admin.get(f"/mail/{mail}/files/0")
        assert (file.content, file.headers["content-type"]) == (paper.content, "text/csv; charset=utf-8")
        assert file.headers["content-disposition"] == 'attachment; filename="b-o-c-o.csv"'
        assert admin.get(f"/mail/{mail}/files/1").status_code == 404

    def test_its_html_may_do_nothing_but_be_looked_at(self, each_site, admin):
        mail = a_mail(each_site, someone(each_site), html="<html><head></head><body><a href='/'>x</a></body></html>\n")
        answer = admin.get(f"/mail/{mail}/html")
        policy = answer.headers["content-security-policy"]

        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "sandbox allow-popups" in policy
        assert "allow-scripts" not in policy
        assert "allow-same-origin" not in policy
        assert "frame-ancestors 'self'" in policy
        assert '<head><base target="_blank"></head>' in answer.text

    def test_it_is_downloaded_as_mail_programs_open_it(self, each_site, admin):
        mail = a_mail(each_site, someone(each_site), subject="Tồn kho")
        answer = admin.get(f"/mail/{mail}/eml")

        assert answer.headers["content-type"] == "message/rfc822"
        assert answer.headers["content-disposition"].endswith('.eml"')
        assert message_from_bytes(answer.content, policy=default)["Subject"] == "Tồn kho"

    @pytest.mark.parametrize("path", ["999", "99999999999999999999", "999/eml", "x", "1/x"])
    def test_one_that_is_not_there_is_said_not_to_be(self, admin, path):
        path = f"/mail/{path}"
        assert admin.get(path).status_code in (404, 405)
        assert admin.post(f"{path}/again", data={}).status_code in (404, 405)
