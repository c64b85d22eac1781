"""What a page of ours never sends, and what an address must not give away."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

import pytest
from sqlalchemy import delete

from lmis.catalog.models import ItemChannel
from lmis.db import transaction
from lmis.forms import MAX_BYTES
from lmis.interop.network import BadCode, read_code
from lmis.stock.documents import Kind
from tests.factories import a_document, a_line, a_lot
from tests.requisitions.paper import Desk
from tests.web import Site, form_of, text_of


def test_a_body_without_a_declared_length_is_cut_off_too(site: Site):
    def body() -> Iterator[bytes]:
        for _ in range(MAX_BYTES // 100_000 + 2):
            yield b"a" * 100_000

    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert site.stranger().post("/sign-in", content=body(), headers=headers).status_code == 413


def test_only_the_kind_of_form_our_pages_send_is_read(site: Site):
    body = b'--X\r\nContent-Disposition: form-data; name="username"\r\n\r\n\\ud800\r\n--X--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=X; charset=unicode_escape"}

    assert site.stranger().post("/sign-in", content=body, headers=headers).status_code == 422


def test_a_receiver_is_not_told_what_the_sender_has_left(site: Site):
    lot = site.add(a_lot, site.condom)
    site.post(a_document(site.tree.board, a_line(lot, 5_868)))  # type: ignore[arg-type]
    issue = a_document(site.tree.board, a_line(lot, 10), kind=Kind.ISSUE, to=site.tree.district)  # type: ignore[arg-type]
    site.post(issue)
    address = f"/documents/{issue.uuid}?posted=1"

    assert "5,858" in text_of(site.browser().get(address))
    assert "5,858" not in text_of(site.browser(site.tree.district).get(address))


def test_a_reason_that_was_not_offered_is_refused(site: Site):
    lot = site.add(a_lot, site.condom)
    site.post(a_document(site.tree.board, a_line(lot, 10)))  # type: ignore[arg-type]
    browser, address = site.browser(), f"/f/{site.tree.board.code}/write-off"
    key = f"{lot.id}-usable-free"  # type: ignore[attr-defined]
    form = {"uuid": "7a3f0c58-6a7c-4b0e-9c1f-2f4a51d7c001", "occurred_on": "2026-11-20", f"quantity-{key}": "1"}

    for reason in ("nonsense", "passed_check"):
        assert browser.post(address, data={**form, f"reason-{key}": reason}).status_code == 422
    assert browser.post(address, data={**form, f"reason-{key}": "damaged"}).status_code == 303


def test_an_unknown_channel_is_refused_even_where_all_are_allowed(site: Site):
    with transaction(site.engine) as session:
        session.exec(delete(ItemChannel))
    form = {"uuid": "7a3f0c58-6a7c-4b0e-9c1f-2f4a51d7c002", "occurred_on": "2026-11-20", "party": "UNFPA", "lines": "1"}
    line = {"item-0": site.condom.code, "channel-0": "bogus", "quantity-0": "1", "unit-0": "base"}

    assert site.browser().post(f"/f/{site.tree.board.code}/receive", data={**form, **line}).status_code == 422


def test_the_name_of_a_download_is_made_of_what_was_understood(site: Site):
    answer = site.browser().get(f"/f/{site.tree.board.code}/report.csv?period=2026-10%0d%0a")

    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith('-2026-10.csv"')


def test_a_search_may_be_of_any_length(site: Site):
    browser = site.browser()

    assert browser.get(f"/f/{site.tree.board.code}/facilities?q={'a+' * 2_000}").status_code == 200
    assert browser.get(f"/f/{site.tree.board.code}/facilities?q={'a' * 20_000}").status_code == 200


def test_an_address_with_a_slash_too_many_leads_nowhere_else(site: Site):
    assert site.stranger().get("/sign-in/", headers={"host": "elsewhere.example"}).status_code == 404


@pytest.mark.parametrize("origin", ["http://[", "null", "https://elsewhere.example"])
def test_a_strange_origin_is_refused(site: Site, origin: str):
    assert site.stranger().post("/sign-in", data={"username": "a"}, headers={"origin": origin}).status_code == 403


@pytest.mark.parametrize("code", ["A/B", ".", ".."])
def test_a_code_that_no_page_could_be_addressed_by_is_refused(code: str):
    with pytest.raises(BadCode):
        read_code(code)


def test_health_answers_monitors_that_ask_for_the_head_alone(site: Site):
    assert site.stranger().head("/health").status_code == 200


def test_what_a_count_is_said_to_show_already_is_no_more_than_moved(site: Site):
    """Else a storekeeper counts a whole shelf away as less than the share that a second person looks at."""
    site.receive(1_000)
    browser, path = site.browser(), f"/f/{site.tree.board.code}/counts"
    begun = browser.post(f"{path}/start", data=form_of(browser.get(f"{path}/start"))).headers["location"]
    typed = {"counted-1": "19000", "after-1": "19000"}
    browser.post(begun, data=form_of(browser.get(begun)) | typed)
    review = {"version": "1", "act": "submit", "reason-1": "lost", "after-1": "19000"}
    browser.post(f"{begun}/review", data=review)

    assert site.on_hand(site.tree.board) == 1_000


def test_other_values_of_a_policy_with_an_id_used_before_are_not_said_to_be_set(site: Site):
    manager, path = site.browser(role="manager"), f"/f/{site.tree.board.code}/policy/set"
    form = form_of(manager.get(path)) | {"lead_time": "1", "step": "post"}

    assert manager.post(path, data=form).status_code == 303
    assert manager.post(path, data=form | {"lead_time": "2"}).status_code != 303


def test_who_asks_cannot_take_the_id_of_the_shipment_that_will_answer(site: Site):
    lot = site.receive(100, at=site.tree.commune)
    site.receive(100, at=site.tree.district)
    with transaction(site.engine) as session:
        desk = Desk(session, site.tree, site.condom)
        uuid = desk.asked(site.tree.commune, 5)
    key = f"{lot.id}-usable-free"
    taken = {"uuid": str(uuid5(UUID(str(uuid)), "issue")), "occurred_on": "2026-11-20"}
    data = taken | {f"quantity-{key}": "1", f"reason-{key}": "damaged"}
    site.browser(site.tree.commune).post(f"/f/{site.tree.commune.code}/write-off", data=data)
    manager = site.browser(site.tree.district, role="manager")
    here = f"/f/{site.tree.district.code}/requisitions/{uuid}"

    assert manager.post(here, data={"act": "approve", "version": "3"}).status_code == 303
    assert manager.post(here, data={"act": "release", "version": "4"}).status_code == 303
