"""What stands around every page: headers, foreign origins, errors, health, static files."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from lmis.app import create_app
from lmis.guard import is_foreign
from lmis.pages import static_url
from tests.web import Site, text_of


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/health", "/static/app.css"])
def test_every_answer_is_guarded(site: Site, path):
    headers = site.stranger().get(path).headers

    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("GET", {"sec-fetch-site": "cross-site"}, False),
        ("POST", {"sec-fetch-site": "same-origin", "origin": "http://here"}, False),
        ("POST", {"sec-fetch-site": "none"}, False),
        ("POST", {"sec-fetch-site": "cross-site"}, True),
        ("POST", {"sec-fetch-site": "same-site"}, True),
        ("POST", {"origin": "http://here"}, False),
        ("POST", {"origin": "http://there"}, True),
        ("POST", {"origin": "http://here.there"}, True),
        ("POST", {"origin": "null"}, True),
        ("POST", {}, False),
    ],
)
def test_what_another_site_sends_is_foreign(method, headers, foreign):
    assert is_foreign(method, Headers({"host": "here", **headers})) is foreign


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
def test_a_foreign_post_does_nothing(site: Site, headers):
    browser = site.browser()

    answer = browser.post("/sign-out", headers=headers)

    assert answer.status_code == 403
    assert "another site" in answer.text
    assert browser.get(f"/f/{site.tree.board.code}").status_code == 200


def test_an_unknown_address_is_a_calm_page(site: Site):
    answer = site.browser(language="vi").get("/nowhere")

    assert answer.status_code == 404
    assert '<html lang="vi">' in answer.text


@pytest.mark.parametrize("path", ["/documents/not-a-number", "/f/X/report.exe", "/openapi.json", "/docs"])
def test_what_cannot_be_read_leads_nowhere(site: Site, path):
    assert site.browser().get(path).status_code == 404


def test_a_wrong_method_is_told(site: Site):
    answer = site.browser().get("/sign-out")

    assert answer.status_code == 405
    assert "does not take" in text_of(answer)


def test_a_fault_is_a_calm_and_guarded_page(site: Site, monkeypatch):
    monkeypatch.setattr("lmis.home.routes.tasks", lambda *_: 1 / 0)
    browser = site.browser()
    browser._transport.raise_server_exceptions = False

    answer = browser.get(f"/f/{site.tree.board.code}")

    assert answer.status_code == 500
    assert "nothing was changed" in answer.text
    assert "ZeroDivision" not in answer.text
    assert answer.headers["content-security-policy"]


def test_a_form_that_is_too_large_is_refused(site: Site):
    answer = site.browser().post(f"/f/{site.tree.board.code}/receive", data={"note": "x" * 2_100_000})

    assert answer.status_code == 413


def test_health_says_whether_the_database_answers(site: Site):
    assert site.stranger().get("/health").json() == {"status": "ok"}
    engine = create_engine("sqlite:////nowhere/at/all")
    assert TestClient(create_app(engine)).get("/health").status_code == 503


def test_static_files_are_kept_by_their_content(site: Site):
    browser = site.stranger()

    by_content = browser.get(static_url("app.css"))

    assert by_content.headers["cache-control"].endswith("immutable")
    assert by_content.headers["content-encoding"] == "gzip"
    assert "immutable" not in browser.get("/static/app.css").headers["cache-control"]


def test_the_script_is_small(site: Site):
    assert len(site.stranger().get(static_url("app.js")).content) < 6 * 1024


def test_pages_are_compressed_and_asked_for_again(site: Site):
    answer = site.browser().get(f"/f/{site.tree.board.code}")

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "private, no-cache"
