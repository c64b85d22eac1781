"""Whatever is sent, the answer is a page and nothing is done: on both databases, which differ in what they take."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.factories import a_facility, an_item
from tests.web import Site, form_of

STRANGE = ["\x00", "\ud7ff￿", "'; DROP TABLE item; --", "<script>", "%", "_" * 3000, "9" * 40, "{{ 7 * 7 }}", "٣"]
ACTS = ["receive", "issue", "dispense", "transfer", "write-off", "return", "quarantine", "release"]


@pytest.fixture
def browser(each_site: Site):
    each_site.receive(100)
    return each_site.browser()


def test_strange_texts_in_every_field_are_no_fault(each_site: Site, browser):
    before = each_site.documents()
    for act in ACTS:
        path = f"/f/{each_site.tree.board.code}/{act}"
        for text in STRANGE:
            typed = form_of(browser.get(path))
            names = [name for name in typed if name not in ("uuid", "step")]
            answer = browser.post(path, data=typed | dict.fromkeys(names, text))
            assert answer.status_code < 500, (act, text)
            assert "<script>" not in answer.text
    assert each_site.documents() == before


def test_strange_names_of_fields_are_no_fault(each_site: Site, browser):
    for act in ACTS:
        path = f"/f/{each_site.tree.board.code}/{act}"
        for text in STRANGE:
            strange = {f"{name}-{text}": "1" for name in ("quantity", "lot", "item", "reason", "unit")}
            data = form_of(browser.get(path)) | strange
            for step in ("lots", "post"):
                assert browser.post(path, data=data | {"step": step}).status_code < 500, (act, text)


@pytest.mark.parametrize(
    "address",
    [
        "/f/%00",
        "/mail/" + "9" * 5000,
        "/f/x/stock?%00",
        "/f/{code}/facilities?q=%00",
        "/f/{code}/facilities?q=%25_!",
        "/f/{code}/items/%00/card",
        "/f/{code}/items/a/b/card",
        "/f/{code}/items/BCS/card?year=9999999999999999999999",
        "/f/{code}/items/BCS/card?part=99999999999999999999999",
        "/f/{code}/report?period=%EF%BF%BD&by=%27&item=%3Cscript%3E&part=-5",
        "/f/{code}/report.csv",
        "/f/{code}/forecast?show=%00",
        "/f/{code}/forecast/accuracy?month=99999999999999999999",
        "/f/{code}/items/%00/forecast",
        "/f/{code}/items/BCS/forecast/99999999999999999999/take-back",
        "/documents/00000000-0000-0000-0000-000000000000",
        "/sign-in?next=%00",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
    ],
)
def test_strange_addresses_are_pages(each_site: Site, browser, address):
    answer = browser.get(address.format(code=each_site.tree.board.code))

    assert answer.status_code < 500
    assert "create_app" not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("text", STRANGE)
def test_strange_names_and_passwords_sign_nobody_in(each_site: Site, text):
    answer = each_site.stranger().post("/sign-in", data={"username": text, "password": text, "next": text})

    assert answer.status_code == 422


BEYOND_32_BITS = "2147483648"


@pytest.mark.parametrize("act", ["disposal", "write-off", "quarantine"])
def test_the_id_of_a_lot_beyond_what_is_kept_is_no_fault(each_site: Site, browser, act):
    key = f"{BEYOND_32_BITS}-usable-free"
    data = {"uuid": str(uuid4()), "occurred_on": "2026-11-20", f"quantity-{key}": "1", f"reason-{key}": "damaged"}

    assert browser.post(f"/f/{each_site.tree.board.code}/{act}", data=data).status_code < 500


def test_the_id_of_a_lot_to_recall_beyond_what_is_kept_is_no_fault(each_site: Site):
    data = {"uuid": str(uuid4()), "lot": BEYOND_32_BITS, "reason": "r"}
    manager = each_site.browser(role="manager")

    assert manager.post(f"/f/{each_site.tree.board.code}/recalls/new", data=data).status_code < 500


def test_months_with_thousands_of_noughts_are_no_fault(each_site: Site):
    manager, path = each_site.browser(role="manager"), f"/f/{each_site.tree.board.code}/policy/set"
    data = form_of(manager.get(path)) | {"lead_time": f"1.{'0' * 30_000}", "step": "post"}

    assert manager.post(path, data=data).status_code < 500


def test_an_unknown_channel_on_a_requisition_is_no_fault(each_site: Site):
    item = each_site.add(an_item)
    browser, path = each_site.browser(each_site.tree.commune), f"/f/{each_site.tree.commune.code}/requisitions"
    begun = browser.post(f"{path}/new", data=form_of(browser.get(f"{path}/new"))).headers["location"].partition("?")[0]
    data = {"act": "add", "version": "1", "add_item": str(item.id), "add_channel": "bogus"}  # type: ignore[attr-defined]

    assert browser.post(begun, data=data).status_code < 500


def test_a_requisition_begun_with_the_id_of_another_facilitys_is_no_fault(each_site: Site):
    sibling = each_site.add(a_facility, parent=each_site.tree.district)
    data = {"uuid": str(uuid4()), "kind": "regular", "period": "202610"}
    for at in (each_site.tree.commune, sibling):
        answer = each_site.browser(at).post(f"/f/{at.code}/requisitions/new", data=data)  # type: ignore[attr-defined]
        assert answer.status_code < 500
