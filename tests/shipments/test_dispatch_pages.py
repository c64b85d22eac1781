"""Sending goods: whether the receiver signs at once or confirms later, the picking list, and the document's page."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from lmis.network.models import Facility
from tests.factories import JUNE, MARCH, a_facility, a_user
from tests.web import Site, form_of, text_of


def both_steps(site: Site, act: str = "issue", to: Facility | None = None, quantity: str = "40", **typed: str):
    """The answer to the second step, and the browser it was sent from."""
    sender = site.tree.commune if act == "transfer" else site.tree.board
    browser = site.browser(sender)
    path = f"/f/{sender.code}/{act}"
    first = {f"quantity-{site.condom.id}-free": quantity, "counterparty": str((to or site.tree.district).id)}
    shown = browser.post(path, data=form_of(browser.get(path)) | first)
    return browser.post(path, data=form_of(shown) | {"step": "post"} | typed), browser, shown


@pytest.fixture
def stocked(site: Site) -> Site:
    site.receive(100, number="J1", expires_on=JUNE)
    site.receive(30, number="M1", expires_on=MARCH)
    return site


def test_goods_travel_to_a_receiver_who_works_with_the_program(stocked: Site):
    stocked.add(a_user, stocked.tree.district)

    answer, browser, shown = both_steps(stocked)

    assert form_of(shown)["handover"] == "way"
    assert (stocked.on_hand(stocked.tree.board), stocked.on_hand(stocked.tree.district)) == (90, 0)
    page = browser.get(answer.headers["location"])
    assert "These goods were sent; the receiver confirms them" in text_of(page)
    assert "Reverse this document" not in text_of(page)


def test_a_receiver_nobody_signs_in_for_has_signed(stocked: Site):
    answer, browser, shown = both_steps(stocked)

    assert form_of(shown)["handover"] == "now"
    assert stocked.on_hand(stocked.tree.district) == 40
    assert "Reverse this document" in text_of(browser.get(answer.headers["location"]))


def test_somebody_who_may_no_longer_sign_in_confirms_nothing(stocked: Site):
    stocked.add(a_user, stocked.tree.district, active=False)

    assert form_of(both_steps(stocked)[2])["handover"] == "now"


def test_a_collaborator_fetches_the_goods_also_when_one_signs_in(site: Site):
    tree = site.tree
    site.receive(100, at=tree.commune)
    site.add(a_user, tree.collaborator)
    site.add(a_user, tree.commune)
    browser, path = site.browser(tree.commune), f"/f/{tree.commune.code}/issue"
    first = {f"quantity-{site.condom.id}-free": "40", "counterparty": str(tree.collaborator.id)}

    shown = browser.post(path, data=form_of(browser.get(path)) | first)

    assert form_of(shown)["handover"] == "now"


@pytest.mark.parametrize(("chosen", "arrived"), [("way", 0), ("now", 40)])
def test_the_preset_can_be_changed(stocked: Site, chosen, arrived):
    both_steps(stocked, handover=chosen)

    assert stocked.on_hand(stocked.tree.district) == arrived


def test_the_choice_is_kept_when_something_is_refused(stocked: Site):
    lot = stocked.receive(5)
    answer, _, _ = both_steps(stocked, **{"handover": "way", f"lot-{lot.id}-free": "6"})

    assert answer.status_code == 422
    assert form_of(answer)["handover"] == "way"


def test_the_second_step_sent_twice_ships_once(stocked: Site):
    answer, browser, shown = both_steps(stocked, handover="way")

    again = browser.post(
        f"/f/{stocked.tree.board.code}/issue", data=form_of(shown) | {"step": "post", "handover": "way"}
    )

    assert again.headers["location"] == answer.headers["location"]
    assert stocked.on_hand(stocked.tree.board) == 90


def test_a_transfer_travels_too(site: Site):
    peer = site.add(a_facility, "Trạm Y tế phường Quán Thánh", parent=site.tree.district)
    site.receive(50, at=site.tree.commune)

    both_steps(site, "transfer", peer, handover="way")

    assert (site.on_hand(site.tree.commune), site.on_hand(peer)) == (10, 0)


def returned(site: Site, **typed: str) -> tuple[TestClient, dict[str, str]]:
    lot = site.receive(40, at=site.tree.district)
    browser = site.browser(site.tree.district)
    path = f"/f/{site.tree.district.code}/return"
    form = form_of(browser.get(path))
    key = f"{lot.id}-usable-free"
    browser.post(path, data=form | {f"quantity-{key}": "15", f"reason-{key}": "overstock"} | typed)
    return browser, form


def test_a_return_travels_to_those_above_who_work_with_the_program(site: Site):
    site.add(a_user, site.tree.board)

    _, form = returned(site)

    assert form["handover"] == "way"
    assert (site.on_hand(site.tree.district), site.on_hand(site.tree.board)) == (25, 0)


def test_a_return_may_be_handed_over(site: Site):
    returned(site, handover="now")

    assert site.on_hand(site.tree.board) == 15


def test_a_picking_list_is_made_before_anything_is_recorded(stocked: Site):
    before = stocked.documents()
    answer, browser, _ = both_steps(stocked, quantity="1", step="pick", handover="way")

    words = text_of(answer)
    assert answer.status_code == 200
    assert "Picking list" in words
    assert "Nothing has been recorded yet" in words
    assert stocked.documents() == before
    path = f"/f/{stocked.tree.board.code}/issue"
    back = browser.post(path, data=form_of(answer, path) | {"step": "check"})
    assert form_of(back)["handover"] == "way"


def test_the_picking_list_has_the_lots_first_expired_first_in_packs_and_units(site: Site):
    later = site.receive(1_000, number="J1", expires_on=JUNE)
    site.receive(300, number="M1", expires_on=MARCH)

    answer, _, _ = both_steps(site, quantity="500", step="pick")

    words = text_of(answer)
    assert words.index("M1") < words.index("J1")
    assert "2 packs of 144 + 12 piece" in words
    assert "1 packs of 144 + 56 piece" in words
    assert later.number in words


def test_what_was_changed_comes_back_from_the_picking_list(site: Site):
    lot = site.receive(100)
    name = f"lot-{lot.id}-free"
    answer, browser, _ = both_steps(site, quantity="50", step="pick", **{name: "45"})
    path = f"/f/{site.tree.board.code}/issue"

    back = browser.post(path, data=form_of(answer, path) | {"step": "check"})

    assert (back.status_code, form_of(back)[name]) == (200, "45")


def test_a_picking_list_of_nothing_is_none(site: Site):
    lot = site.receive(100)

    answer, _, _ = both_steps(site, quantity="50", step="pick", **{f"lot-{lot.id}-free": "0"})

    assert answer.status_code == 422
    assert "The document has no lines" in text_of(answer)


def test_a_shipped_document_is_not_reversed(stocked: Site):
    answer, browser, _ = both_steps(stocked, handover="way")
    path = answer.headers["location"].partition("?")[0] + "/reverse"

    assert browser.get(path).status_code == 409
    refused = browser.post(path, data={"note": "x", "uuid": "7f0c8b80-3c9f-4a53-9b0f-3d6a2a0e9b11"})
    assert refused.status_code == 409
    assert "belongs to a shipment" in text_of(refused)
    assert stocked.on_hand(stocked.tree.board) == 90


def test_what_was_handed_over_is_among_what_was_brought_and_what_travels_is_not(stocked: Site):
    for handover in ("now", "way"):
        both_steps(stocked, quantity="10", handover=handover)

    browser = stocked.browser(stocked.tree.district)
    page = browser.get(f"/f/{stocked.tree.district.code}").text.partition('id="arrivals"')[2]

    assert "PX-2026-00001" in page.partition("<h2")[0]
    assert "PX-2026-00002" not in page.partition("<h2")[0]
