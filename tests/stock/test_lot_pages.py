"""Writing off, returning, quarantining and releasing, lot by lot."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.factories import TODAY
from tests.web import Site, form_of, text_of

EXPIRED = TODAY - timedelta(days=1)


def send(site: Site, act: str, lot, quantity: str, reason: str, *, status: str = "usable", at=None, **more: str):
    at = at or site.tree.board
    browser = site.browser(at)
    path = f"/f/{at.code}/{act}"
    key = f"{lot.id}-{status}-free"
    data = form_of(browser.get(path)) | {f"quantity-{key}": quantity, f"reason-{key}": reason} | more
    return browser.post(path, data=data)


def test_an_expired_lot_is_written_off_with_its_reason(site: Site):
    lot = site.receive(40, expires_on=EXPIRED, on=date(2025, 1, 10))

    answer = send(site, "write-off", lot, "40", "expired")

    words = text_of(site.browser().get(answer.headers["location"]))
    assert "Write-off" in words
    assert "Expired" in words
    assert site.on_hand(site.tree.board) == 0


def test_a_quarantined_lot_is_written_off(site: Site):
    lot = site.receive(40)
    send(site, "quarantine", lot, "40", "damaged")

    answer = send(site, "write-off", lot, "40", "damaged", status="quarantined")

    assert answer.status_code == 303
    assert site.on_hand(site.tree.board, "quarantined") == 0


@pytest.mark.parametrize("act", ["write-off", "return", "quarantine"])
def test_a_reason_is_asked_for(site: Site, act):
    lot = site.receive(40)

    answer = send(site, act, lot, "4", "", party="Nhà cung cấp A")

    assert answer.status_code == 422
    assert f'href="#reason-{lot.id}-usable-free"' in answer.text
    assert site.on_hand(site.tree.board) == 40


def test_more_than_the_lot_has_is_told_by_the_lot(site: Site):
    lot = site.receive(40)

    answer = send(site, "write-off", lot, "41", "damaged")

    assert answer.status_code == 422
    assert f'href="#quantity-{lot.id}-usable-free"' in answer.text
    assert form_of(answer)[f"quantity-{lot.id}-usable-free"] == "41"


def test_a_return_goes_to_the_facility_above(site: Site):
    lot = site.receive(40, at=site.tree.commune)

    answer = send(site, "return", lot, "15", "overstock", at=site.tree.commune)

    assert answer.status_code == 303
    assert (site.on_hand(site.tree.commune), site.on_hand(site.tree.district)) == (25, 15)


def test_the_top_returns_to_its_supplier(site: Site):
    lot = site.receive(40)

    unnamed = send(site, "return", lot, "15", "wrong_delivery")
    named = send(site, "return", lot, "15", "wrong_delivery", party="Nhà cung cấp A")

    assert 'href="#party"' in unnamed.text
    assert "Nhà cung cấp A" in text_of(site.browser().get(named.headers["location"]))
    assert site.on_hand(site.tree.board) == 25


def test_what_is_in_quarantine_is_released_again(site: Site):
    lot = site.receive(40)
    send(site, "quarantine", lot, "30", "quality_check")
    assert (site.on_hand(site.tree.board), site.on_hand(site.tree.board, "quarantined")) == (10, 30)

    answer = send(site, "release", lot, "30", "passed_check", status="quarantined")

    assert answer.status_code == 303
    assert site.on_hand(site.tree.board) == 40


def test_only_lots_that_fit_are_offered(site: Site):
    lot = site.receive(40)
    send(site, "quarantine", lot, "30", "quality_check")
    browser = site.browser()

    offered = {act: form_of(browser.get(f"/f/{site.tree.board.code}/{act}")) for act in ("quarantine", "release")}

    assert f"quantity-{lot.id}-usable-free" in offered["quarantine"]
    assert f"quantity-{lot.id}-quarantined-free" not in offered["quarantine"]
    assert f"quantity-{lot.id}-quarantined-free" in offered["release"]


def test_the_same_form_sent_twice_writes_off_once(site: Site):
    lot = site.receive(40)
    uuid = "7f0c8b80-3c9f-4a53-9b0f-3d6a2a0e9b11"

    answers = [send(site, "write-off", lot, "30", "lost", uuid=uuid) for _ in range(2)]

    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert site.on_hand(site.tree.board) == 10


def test_a_made_up_lot_is_refused(site: Site):
    site.receive(40)
    browser = site.browser()
    path = f"/f/{site.tree.board.code}/write-off"

    for key in ("9999-usable-free", "x-usable-free", "1-stolen-free"):
        data = form_of(browser.get(path)) | {f"quantity-{key}": "1", f"reason-{key}": "lost"}
        assert browser.post(path, data=data).status_code == 422
