"""The pages of recalls: finding the lot, seeing what will happen, recalling, sending back, lifting."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from lmis.accounts.models import User
from lmis.db import transaction
from lmis.stock.documents import RECALLED, Document, Kind
from tests.factories import a_document, a_facility, a_line, a_lot, a_user
from tests.web import Site, form_of, text_of

NOBODYS = UUID("00000000-0000-4000-8000-000000000000")  # no paper has it


@pytest.fixture
def lot(site: Site):
    """Received by the board: 1.000; of them 400 went to the district, 150 on to the commune, 20 to the collaborator."""
    lot = site.receive(1_000, number="LOT 7/A")
    tree = site.tree
    for at, to, units in ((tree.board, tree.district, 400), (tree.district, tree.commune, 150)):
        site.post(a_document(at, a_line(lot, units), kind=Kind.ISSUE, to=to))
    site.post(a_document(tree.commune, a_line(lot, 20), kind=Kind.ISSUE, to=tree.collaborator))
    return lot


def ship(site: Site, lot, units: int, status: str = "usable", kind: str = Kind.ISSUE, at=None, to=None):
    at, to = at or site.tree.board, to or site.tree.district
    document = a_document(at, a_line(lot, units, status=status), kind=kind, to=to)
    return site.post(Document(**{**document.__dict__, "shipped": True}))


def recall(site: Site, lot, at=None, role: str = "manager", **more: str):
    at = at or site.tree.board
    browser = site.browser(at, role=role)
    page = browser.get(f"/f/{at.code}/recalls/new?lot={lot.id}")
    data = form_of(page) | {"lot": str(lot.id), "reason": "Nứt vỏ", "decision": "12/QĐ-BQL"} | more
    return browser.post(f"/f/{at.code}/recalls/new", data=data)


def recall_page(site: Site, answer, at=None, query: str = "") -> str:
    at = at or site.tree.board
    address = answer.headers["location"].partition("?")[0].rsplit("/", 1)[1]
    return text_of(site.browser(at).get(f"/f/{at.code}/recalls/{address}{query}"))


def test_the_lot_is_found_by_its_number_or_its_item(site: Site, lot):
    browser = site.browser(role="manager")

    for typed in ("lot7", "LOT 7/A", "bao cao"):
        page = browser.get(f"/f/{site.tree.board.code}/recalls/new", params={"q": typed})
        assert f"/recalls/new?lot={lot.id}" in page.text
    assert "No lot is called so" in text_of(browser.get(f"/f/{site.tree.board.code}/recalls/new?q=zzz"))


def test_what_will_happen_is_shown_before_it_does(site: Site, lot):
    ship(site, lot, 100)

    words = text_of(site.browser(role="manager").get(f"/f/{site.tree.board.code}/recalls/new?lot={lot.id}"))

    assert "900 piece at 4 facilities are blocked at once" in words
    assert "100 piece are on the way" in words
    assert "Trạm Y tế phường Trúc Bạch" in words
    assert site.on_hand(site.tree.board, RECALLED) == 0


def test_a_recall_leads_to_its_page(site: Site, lot):
    answer = recall(site, lot)

    assert answer.status_code == 303
    words = text_of(site.browser().get(answer.headers["location"]))
    assert "QTH-2026-00001" in words
    assert "60.0% is recovered: 600 of 1,000 piece are back or destroyed. 400 are still held." in words
    assert "12/QĐ-BQL" in words
    assert site.on_hand(site.tree.commune, RECALLED) == 130


def test_a_recall_needs_its_reason(site: Site, lot):
    answer = recall(site, lot, reason=" ")

    assert answer.status_code == 422
    assert 'href="#reason"' in answer.text
    assert form_of(answer)["decision"] == "12/QĐ-BQL"
    assert site.on_hand(site.tree.board) == 600


def test_the_same_form_sent_twice_is_one_recall(site: Site, lot):
    uuid = str(uuid4())

    answers = [recall(site, lot, uuid=uuid) for _ in range(2)]

    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert "QTH-2026-00002" not in text_of(site.browser().get(f"/f/{site.tree.board.code}/recalls"))


def test_a_second_recall_says_that_there_is_one(site: Site, lot):
    recall(site, lot)

    answer = recall(site, lot, uuid=str(uuid4()))

    assert answer.status_code == 409
    assert "was recalled on 20/11/2026 already" in text_of(answer)


@pytest.mark.parametrize("role", ["storekeeper", "viewer"])
def test_only_who_may_approve_recalls(site: Site, lot, role):
    browser = site.browser(role=role)
    path = f"/f/{site.tree.board.code}/recalls"

    assert "/recalls/new" not in browser.get(path).text
    assert browser.get(f"{path}/new").status_code == 403
    assert browser.post(f"{path}/new", data={"uuid": str(uuid4()), "lot": str(lot.id)}).status_code == 403


def test_a_lower_facility_does_not_recall_what_others_hold(site: Site, lot):
    answer = recall(site, lot, at=site.tree.district, uuid=str(uuid4()))

    assert answer.status_code == 409
    assert "is also held outside your area, at 1 facilities" in text_of(answer)
    assert site.on_hand(site.tree.district, RECALLED) == 0


def test_each_facility_sees_its_own_part(site: Site, lot):
    answer = recall(site, lot)

    words = recall_page(site, answer, site.tree.commune)

    assert "Cộng tác viên 1" in words
    assert "Trung tâm Y tế quận Ba Đình" not in words
    assert "recovered" not in words


def test_a_recall_that_does_not_concern_a_facility_is_none(site: Site, lot):
    beside = site.add(a_facility, "Trung tâm Y tế huyện Ba Vì", level="district", parent=site.tree.board)
    uuid = recall(site, lot).headers["location"].partition("?")[0].rsplit("/", 1)[1]
    browser = site.browser(beside)

    assert browser.get(f"/f/{beside.code}/recalls/{uuid}").status_code == 404
    assert browser.get(f"/f/{beside.code}/recalls/{uuid}/holders.csv").status_code == 404
    sent = browser.post(f"/f/{beside.code}/recalls/{uuid}/send-back", data={"uuid": str(uuid4())})
    assert sent.status_code == 404
    assert browser.get(f"/f/{site.tree.board.code}/recalls/{uuid}").status_code == 404
    assert "LOT 7/A" not in text_of(browser.get(f"/f/{beside.code}/recalls"))
    assert browser.get(f"/f/{beside.code}/lots/{lot.id}/trace").status_code == 404


def send_back(site: Site, answer, at, **more: str):
    uuid = answer.headers["location"].partition("?")[0].rsplit("/", 1)[1]
    browser = site.browser(at)
    path = f"/f/{at.code}/recalls/{uuid}"
    data = {"uuid": str(uuid4())} | more
    return browser.post(f"{path}/send-back", data=data)


def test_a_facility_sends_back_what_it_holds(site: Site, lot):
    answer = recall(site, lot)
    site.browser(site.tree.commune)

    sent = send_back(site, answer, site.tree.district)

    assert sent.status_code == 303
    assert site.on_hand(site.tree.district, RECALLED) == 0
    words = recall_page(site, answer)
    assert "250 are on the way" in words
    assert "Trung tâm Y tế quận Ba Đình → Ban Quản lý thành phố · 250 piece" in words


def test_those_above_send_for_whom_nobody_signs_in(site: Site, lot):
    answer = recall(site, lot)
    site.browser(site.tree.commune)

    assert "150 piece are held here and at facilities below that have nobody" in recall_page(
        site, answer, site.tree.commune
    )
    send_back(site, answer, site.tree.commune)

    assert [site.on_hand(it, RECALLED) for it in (site.tree.commune, site.tree.collaborator)] == [0, 0]


def test_a_facility_with_people_of_its_own_is_left_to_them(site: Site, lot):
    answer = recall(site, lot)
    site.browser(site.tree.collaborator)

    send_back(site, answer, site.tree.commune)

    assert [site.on_hand(it, RECALLED) for it in (site.tree.commune, site.tree.collaborator)] == [0, 20]


def test_who_may_only_look_counts_as_nobody(site: Site, lot):
    answer = recall(site, lot)
    with transaction(site.engine) as session:
        a_user(session, site.tree.collaborator, role="viewer")
        gone = a_user(session, site.tree.collaborator)
        session.get_one(User, gone.id).active = False

    send_back(site, answer, site.tree.commune)

    assert site.on_hand(site.tree.collaborator, RECALLED) == 0


def test_the_recalling_facility_makes_all_shipments_at_once(site: Site, lot):
    answer = recall(site, lot)
    for at in (site.tree.district, site.tree.commune):
        site.browser(at)
    before = site.documents()

    assert "3 facilities still hold 400 piece" in recall_page(site, answer)
    send_back(site, answer, site.tree.board)

    assert site.documents() == before + 3
    assert "400 are on the way" in recall_page(site, answer)
    page = site.browser().get(answer.headers["location"]).text
    shipment = next(link for link in page.split('"') if "/shipments/" in link)
    assert site.browser().get(shipment).status_code == 200
    assert "Nobody holds" in recall_page(site, answer, query="?show=holding")


def test_the_same_button_pressed_twice_ships_once(site: Site, lot):
    answer = recall(site, lot)
    uuid = str(uuid4())
    first = send_back(site, answer, site.tree.board, uuid=uuid)
    before = site.documents()

    second = send_back(site, answer, site.tree.board, uuid=uuid)

    assert (first.status_code, second.status_code) == (303, 303)
    assert site.documents() == before


def test_nothing_left_to_send_is_said(site: Site, lot):
    answer = recall(site, lot)
    send_back(site, answer, site.tree.board)

    again = send_back(site, answer, site.tree.board)

    assert again.status_code == 409
    assert "Nothing of the recalled lot is left" in text_of(again)


def test_a_viewer_sends_nothing_back(site: Site, lot):
    answer = recall(site, lot)
    uuid = answer.headers["location"].partition("?")[0].rsplit("/", 1)[1]
    browser = site.browser(role="viewer")
    path = f"/f/{site.tree.board.code}/recalls/{uuid}"

    assert "send-back" not in browser.get(path).text
    assert browser.post(f"{path}/send-back", data={"uuid": str(uuid4())}).status_code == 403


def test_dispensing_a_recalled_lot_is_refused_by_its_name(site: Site, lot):
    browser = site.browser(site.tree.commune)
    path = f"/f/{site.tree.commune.code}/dispense"
    proposed = browser.post(path, data=form_of(browser.get(path)) | {f"quantity-{site.condom.id}-free": "5"})
    recall(site, lot)

    answer = browser.post(path, data=form_of(proposed) | {"step": "post"})

    assert answer.status_code == 409 or answer.status_code == 422
    assert site.on_hand(site.tree.commune, RECALLED) == 130
    assert "CP-2026" not in text_of(browser.get(f"/f/{site.tree.commune.code}/documents"))


def test_a_recalled_lot_on_the_shelf_is_marked_so(site: Site, lot):
    other = site.add(a_lot, site.condom)
    site.post(a_document(site.tree.board, a_line(other, 10)))
    recall(site, lot)
    browser = site.browser()
    path = f"/f/{site.tree.board.code}/issue"
    to = {"counterparty": str(site.tree.district.id)}

    words = text_of(browser.post(path, data=form_of(browser.get(path)) | {f"quantity-{site.condom.id}-free": "5"} | to))

    assert "LOT 7/A" in words
    assert "Recalled – send it back" in words


def test_the_list_tells_open_from_finished_and_lifted(site: Site, lot):
    other = site.receive(10, number="B1")
    third = site.receive(10, number="C1")
    for it in (lot, other, third):
        recall(site, it)
    path = f"/f/{site.tree.board.code}/recalls"
    browser = site.browser(role="manager")
    page = browser.get(path)
    lifted = next(link for link in page.text.split('"') if "/recalls/" in link and not link.endswith("new"))
    browser.post(f"{lifted}/lift", data=form_of(browser.get(f"{lifted}/lift")) | {"reason": "Đạt kiểm nghiệm"})

    words = text_of(browser.get(path))

    assert words.count("Not all back") == 1
    assert words.count("All back") == 1
    assert words.count("Lifted") == 1


def test_lifting_asks_for_a_reason_and_frees_the_lot(site: Site, lot):
    where = recall(site, lot).headers["location"].partition("?")[0]
    browser = site.browser(role="manager")
    form = form_of(browser.get(f"{where}/lift"))

    empty = browser.post(f"{where}/lift", data=form | {"reason": ""})
    done = browser.post(f"{where}/lift", data=form | {"reason": "Đạt kiểm nghiệm"})

    assert (empty.status_code, done.status_code) == (422, 303)
    assert site.on_hand(site.tree.commune) == 130
    assert "This recall was lifted on 20/11/2026: Đạt kiểm nghiệm" in text_of(browser.get(where))


def test_only_who_recalled_may_lift(site: Site, lot):
    uuid = recall(site, lot).headers["location"].partition("?")[0].rsplit("/", 1)[1]
    browser = site.browser(site.tree.district, role="manager")
    path = f"/f/{site.tree.district.code}/recalls/{uuid}"

    assert "/lift" not in browser.get(path).text
    assert browser.get(f"{path}/lift").status_code == 403


def test_the_holders_come_as_a_file(site: Site, lot):
    where = recall(site, lot).headers["location"].partition("?")[0]

    answer = site.browser().get(f"{where}/holders.csv")

    rows = answer.content.decode("utf-8-sig").splitlines()
    assert answer.headers["content-disposition"] == 'attachment; filename="recall-QTH-2026-00001.csv"'
    assert rows[0].startswith("recall,item,lot,facility,facility_name,held_at_recall")
    assert len(rows) == 5
    assert ",130,0,0,0,130,0,0,0,0,0" in next(row for row in rows if "Trúc Bạch" in row)


def test_the_file_of_a_lifted_recall_tells_who_held_it_and_changes_no_more(site: Site, lot):
    where = recall(site, lot).headers["location"].partition("?")[0]
    browser = site.browser(role="manager")
    browser.post(f"{where}/lift", data=form_of(browser.get(f"{where}/lift")) | {"reason": "Đạt"})
    before = browser.get(f"{where}/holders.csv").text

    beside = site.add(a_facility, "Trung tâm Y tế huyện Ba Vì", level="district", parent=site.tree.board)
    site.post(a_document(site.tree.board, a_line(lot, 100), kind=Kind.ISSUE, to=beside))

    assert browser.get(f"{where}/holders.csv").text == before
    assert before.splitlines()[0].endswith("facility_name,held_at_recall,coming_at_recall")
    assert len(before.splitlines()) == 5
    assert "Ba Vì" not in text_of(browser.get(where))


def test_pages_of_recalls_are_in_vietnamese_too(site: Site, lot):
    where = recall(site, lot).headers["location"]

    assert site.browser(language="vi").get(where).status_code == 200


NOWHERE = [
    "recalls/new?lot=999999", "recalls/new?lot=x", "recalls/new?lot=99999999999999999999999", "recalls/x",
    f"recalls/{NOBODYS}", "lots/x/trace", "lots/999999/trace", "lots/99999999999999999999999/trace", "disposal/x",
    f"disposal/{NOBODYS}",
]  # fmt: skip


@pytest.mark.parametrize("address", NOWHERE)
def test_addresses_that_lead_nowhere_say_so(site: Site, address):
    assert site.browser(role="manager").get(f"/f/{site.tree.board.code}/{address}").status_code == 404


@pytest.mark.parametrize("text", ["%", "_", "'; --", "<script>", "9" * 300])
def test_strange_searches_are_pages(site: Site, text):
    answer = site.browser(role="manager").get(f"/f/{site.tree.board.code}/recalls/new", params={"q": text})

    assert answer.status_code == 200
    assert "<script>" not in answer.text.partition("<main")[2]
