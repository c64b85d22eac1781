"""Signing in and out, and the language."""

from __future__ import annotations

import pytest
from sqlmodel import select

from lmis.accounts.deps import SESSION_COOKIE
from lmis.accounts.models import User, UserSession
from lmis.accounts.routes import local_path
from lmis.config import settings
from lmis.db import reader
from tests.factories import PASSWORD, a_user
from tests.web import Site, text_of


@pytest.fixture
def user(site: Site) -> User:
    return site.add(a_user, site.tree.board, username="an")


def sign_in(browser, password=PASSWORD, **more):
    return browser.post("/sign-in", data={"username": "an", "password": password, **more})


def test_the_right_password_opens_the_own_facility(site: Site, user: User):
    browser = site.stranger()

    answer = sign_in(browser)

    assert answer.status_code == 303
    assert browser.get("/").headers["location"] == f"/f/{site.tree.board.code}"
    assert "To do today" in browser.get(f"/f/{site.tree.board.code}").text


def test_the_cookie_is_closed_to_scripts_and_other_sites(site: Site, user: User):
    cookie = sign_in(site.stranger()).headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_the_cookie_is_secure_where_https_ends_before_us(site: Site, user: User, monkeypatch):
    monkeypatch.setattr(settings(), "secure_cookies", True)

    assert "Secure" in sign_in(site.stranger()).headers["set-cookie"]


def test_the_cookie_is_secure_on_https(site: Site, user: User):
    browser = site.stranger()
    browser.base_url = "https://testserver"
    answer = sign_in(browser)

    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]


def test_a_wrong_password_says_no_more_than_an_unknown_user(site: Site, user: User):
    wrong = sign_in(site.stranger(), "not this one")
    unknown = site.stranger().post("/sign-in", data={"username": "nobody", "password": PASSWORD})

    assert wrong.status_code == unknown.status_code == 422
    assert "is not right" in wrong.text
    assert text_of(wrong) == text_of(unknown)


def test_the_password_is_never_sent_back(site: Site, user: User):
    assert "not this one" not in sign_in(site.stranger(), "not this one").text


def test_guessing_is_slowed_down_with_a_message(site: Site, user: User):
    browser = site.stranger()
    for _ in range(10):
        sign_in(browser, "guess")

    answer = sign_in(browser)

    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.text


def test_a_page_asked_for_before_signing_in_is_shown_after(site: Site, user: User):
    browser = site.stranger()
    to_sign_in = browser.get(f"/f/{site.tree.board.code}/stock?x=1")

    page = browser.get(to_sign_in.headers["location"])

    assert to_sign_in.status_code == 303
    assert f'value="/f/{site.tree.board.code}/stock?x=1"' in page.text
    assert sign_in(browser, next="/f/X/stock?x=1").headers["location"] == "/f/X/stock?x=1"


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", "", None],
)
def test_nobody_is_led_to_another_site(url):
    assert local_path(url) == "/"


def test_signing_out_ends_the_session(site: Site):
    browser = site.browser()
    token = browser.cookies[SESSION_COOKIE]

    browser.post("/sign-out")

    browser.cookies.set(SESSION_COOKIE, token)
    assert browser.get(f"/f/{site.tree.board.code}").headers["location"].startswith("/sign-in")
    with reader(site.engine) as session:
        assert session.exec(select(UserSession)).all() == []


def test_the_language_is_vietnamese_until_someone_chooses(site: Site):
    browser = site.stranger()
    browser.cookies.clear()

    page = browser.get("/sign-in")

    assert '<html lang="vi">' in page.text
    assert page.headers["content-language"] == "vi"
    answer = browser.post("/language", data={"language": "en", "next": "/sign-in"})
    assert '<html lang="en">' in browser.get(answer.headers["location"]).text


def test_the_chosen_language_stays_with_the_user(site: Site):
    browser = site.browser()

    browser.post("/language", data={"language": "vi", "next": "/"})

    with reader(site.engine) as session:
        assert session.exec(select(User.language)).all() == ["vi"]


def test_an_unknown_language_changes_nothing(site: Site):
    answer = site.browser().post("/language", data={"language": "xx", "next": "/"})

    assert "set-cookie" not in answer.headers
