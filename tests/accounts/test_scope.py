"""Who sees which facility, and who may record."""

from __future__ import annotations

import pytest

from tests.factories import a_facility
from tests.web import Site, text_of

READING = ["", "/stock", "/documents", "/facilities", "/stockouts", "/report", "/report.csv?period=2026-10"]
RECORDING = ["/receive", "/issue", "/dispense", "/transfer", "/write-off", "/return", "/quarantine", "/release"]


@pytest.mark.parametrize("path", READING + RECORDING)
def test_a_storekeeper_sees_those_below(site: Site, path):
    browser = site.browser(site.tree.district)

    assert browser.get(f"/f/{site.tree.commune.code}{path}").status_code == 200


@pytest.mark.parametrize("path", READING + RECORDING)
def test_above_beside_and_unknown_are_the_same_404(site: Site, path):
    beside = site.add(a_facility, "Trung tâm Y tế huyện Ba Vì", level="district", parent=site.tree.board)
    browser = site.browser(site.tree.district)

    answers = [browser.get(f"/f/{code}{path}") for code in (site.tree.board.code, beside.code, "NOWHERE")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({text_of(answer) for answer in answers}) == 1


@pytest.mark.parametrize("path", RECORDING)
def test_a_viewer_records_nothing(site: Site, path):
    site.receive(100)
    browser = site.browser(role="viewer")
    before = site.documents()

    shown = browser.get(f"/f/{site.tree.board.code}{path}")
    sent = browser.post(f"/f/{site.tree.board.code}{path}", data={"step": "post"})

    assert (shown.status_code, sent.status_code) == (403, 403)
    assert "Your role does not allow this" in sent.text
    assert site.documents() == before


@pytest.mark.parametrize("path", RECORDING)
def test_nobody_records_elsewhere(site: Site, path):
    browser = site.browser(site.tree.commune)

    answer = browser.post(f"/f/{site.tree.district.code}{path}", data={"step": "post"})

    assert answer.status_code == 404


@pytest.mark.parametrize("path", READING + RECORDING)
def test_a_stranger_is_asked_to_sign_in(site: Site, path):
    answer = site.stranger().get(f"/f/{site.tree.board.code}{path}")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("role", ["admin", "manager", "storekeeper"])
def test_these_roles_record(site: Site, role):
    assert site.browser(role=role).get(f"/f/{site.tree.board.code}/receive").status_code == 200
