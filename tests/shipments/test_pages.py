"""The pages of a shipment at both ends, read and used as people do."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lmis.db import reader, transaction
from lmis.shipments.queries import ShipmentView, shipment_view
from lmis.stock.documents import Kind
from tests.factories import JUNE, MARCH, TODAY, a_document, a_facility, a_line
from tests.shipments.acts import a_shipment
from tests.web import Site, form_of, text_of


class Way:
    """A shipment of 100 of lot J1 and 40 of lot M1 from the board to the district, and people at both ends."""

    def __init__(self, site: Site, days: int = 0) -> None:
        self.site = site
        on = TODAY - timedelta(days=days)
        self.june = site.receive(100, number="J1", expires_on=JUNE, on=on)
        self.march = site.receive(40, number="M1", expires_on=MARCH, on=on)
        lines = (a_line(self.june, 100), a_line(self.march, 40))
        self.uuid = UUID(str(site.add(a_shipment, site.tree.board, site.tree.district, *lines, on=on, stocked=False)))
        self.sender, self.receiver = site.browser(site.tree.board), site.browser(site.tree.district)
        self.there = f"/f/{site.tree.board.code}/shipments/{self.uuid}"
        self.here = f"/f/{site.tree.district.code}/shipments/{self.uuid}"

    @property
    def view(self) -> ShipmentView:
        with reader(self.site.engine) as session:
            return shipment_view(session, self.uuid)

    def key(self, lot) -> str:
        return f"{lot.id}-usable-free"

    def form(self) -> dict[str, str]:
        return form_of(self.receiver.get(f"{self.here}/confirm"))

    def confirm(self, typed: dict[str, str], step: str = "check", browser=None):
        """The confirm page, sent with `typed`; the check page is sent on when one comes."""
        data = self.form() | {"step": step} | typed
        answer = (browser or self.receiver).post(f"{self.here}/confirm", data=data)
        if answer.status_code == 200:
            return self.receiver.post(f"{self.here}/confirm", data=form_of(answer) | {"step": "post"})
        return answer

    def report(self, missing: int = 10) -> None:
        left = {f"received-{self.key(self.june)}": str(100 - missing), f"short-{self.key(self.june)}": str(missing)}
        assert self.confirm(left).status_code == 303


@pytest.fixture
def way(site: Site) -> Way:
    return Way(site)


def test_the_shipment_tells_both_ends_what_is_on_the_way(way: Way):
    for browser, path in ((way.sender, way.there), (way.receiver, way.here)):
        words = text_of(browser.get(path))
        assert "Shipment PX-2026-00001" in words
        assert "On the way" in words
        assert "J1" in words


def test_nobody_else_sees_it(way: Way):
    beside = way.site.add(a_facility, "Trung tâm Y tế huyện Ba Vì", level="district", parent=way.site.tree.board)
    browser = way.site.browser(beside)

    for act in ("", "/confirm", "/refuse", "/settle", "/call-back", "/pick"):
        assert browser.get(f"/f/{beside.code}/shipments/{way.uuid}{act}").status_code == 404
    answer = browser.post(f"/f/{beside.code}/shipments/{way.uuid}/confirm", data={"uuid": str(uuid4()), "seen": "1"})
    assert answer.status_code == 404


def test_each_end_has_its_own_pages(way: Way):
    for act in ("/confirm", "/refuse"):
        assert way.sender.get(way.there + act).status_code == 404
    for act in ("/settle", "/call-back", "/pick"):
        assert way.receiver.get(way.here + act).status_code == 404


def test_what_was_handed_over_has_no_such_page(site: Site):
    lot = site.receive(10)
    uuid = site.post(a_document(site.tree.board, a_line(lot, 5), kind=Kind.ISSUE, to=site.tree.district))

    assert site.browser().get(f"/f/{site.tree.board.code}/shipments/{uuid}").status_code == 404


def test_one_button_says_that_all_arrived(way: Way):
    form = form_of(way.receiver.get(way.here), f"{way.here}/confirm")

    answers = [way.receiver.post(f"{way.here}/confirm", data=form | {"step": "all"}) for _ in range(2)]

    assert [it.status_code for it in answers] == [303, 303]
    assert way.site.on_hand(way.site.tree.district) == 140
    words = text_of(way.receiver.get(answers[0].headers["location"]))
    assert "What arrived is recorded" in words
    assert "Finished" in words


def test_a_second_person_is_told_by_whom(way: Way):
    form = form_of(way.receiver.get(way.here), f"{way.here}/confirm")
    second = way.site.browser(way.site.tree.district)
    other = form_of(second.get(way.here), f"{way.here}/confirm")

    way.receiver.post(f"{way.here}/confirm", data=form | {"step": "all"})
    answer = second.post(f"{way.here}/confirm", data=other | {"step": "all"})

    assert answer.status_code == 409
    assert re.search(r"Người dùng user\d+ confirmed this shipment on 20/11/2026 10:00", text_of(answer))
    assert way.site.on_hand(way.site.tree.district) == 140


def test_the_form_says_that_all_arrived_until_somebody_says_otherwise(way: Way):
    form = way.form()

    assert (form[f"received-{way.key(way.june)}"], form[f"received-{way.key(way.march)}"]) == ("100", "40")
    assert way.receiver.post(f"{way.here}/confirm", data=form | {"step": "check"}).status_code == 303
    assert way.site.on_hand(way.site.tree.district) == 140


def test_differences_are_shown_on_a_page_of_their_own_before_they_are_recorded(way: Way):
    june = way.key(way.june)
    typed = {f"received-{june}": "85", f"short-{june}": "10", f"damaged-{june}": "2"}
    before = way.site.documents()

    answer = way.receiver.post(f"{way.here}/confirm", data=way.form() | typed)

    words = text_of(answer)
    assert answer.status_code == 200
    assert "Check what arrived" in words
    assert "The rest is still on its way" in words
    assert "Damaged in transit" in words
    assert way.site.documents() == before
    data = form_of(answer) | {"step": "post"}
    posted = [way.receiver.post(f"{way.here}/confirm", data=data) for _ in range(2)]
    assert len({it.headers["location"] for it in posted}) == 1
    assert way.site.on_hand(way.site.tree.district) == 125
    assert (way.view.on_the_way, way.view.undisputed) == (15, 3)


def test_changing_it_keeps_what_was_typed(way: Way):
    june = way.key(way.june)
    typed = {f"received-{june}": "85", f"short-{june}": "15", "note": "Thùng 3 rách"}
    checked = way.receiver.post(f"{way.here}/confirm", data=way.form() | typed)

    answer = way.receiver.post(f"{way.here}/confirm", data=form_of(checked) | {"step": "edit"})

    assert form_of(answer)[f"received-{june}"] == "85"
    assert form_of(answer)["note"] == "Thùng 3 rách"


@pytest.mark.parametrize("typed", ["-1", "1,5", "x", "٣", "99999999999"])
def test_a_quantity_that_is_none_is_told_by_its_field(way: Way, typed):
    name = f"received-{way.key(way.june)}"

    answer = way.receiver.post(f"{way.here}/confirm", data=way.form() | {name: typed})

    assert answer.status_code == 422
    assert f'href="#{name}"' in answer.text
    assert form_of(answer)[name] == typed


def test_more_than_sent_is_told_before_anything_is_recorded(way: Way):
    name = f"received-{way.key(way.june)}"

    answer = way.receiver.post(f"{way.here}/confirm", data=way.form() | {name: "101"})

    assert answer.status_code == 422
    assert f'href="#{name}"' in answer.text
    assert "Lot J1: Only 100 piece are on the way" in text_of(answer)
    assert way.view.deliveries == []


def test_each_difference_offers_the_reasons_that_explain_it(way: Way):
    text = way.receiver.get(f"{way.here}/confirm").text
    box = lambda name: text.partition(f'<select id="{name}"')[2].partition("</select>")[0]  # noqa: E731
    june = way.key(way.june)

    assert "More than the paper says" not in box(f"short-reason-{june}") + box(f"damaged-reason-{june}")
    assert "Wet or damp" not in box(f"short-reason-{june}") + box("reason-0")
    assert "Wet or damp" in box(f"damaged-reason-{june}")
    assert "More than the paper says" in box("reason-0")


def test_what_is_gone_beside_all_arrived_is_told_with_what_to_type(way: Way):
    june = way.key(way.june)

    answer = way.confirm({f"damaged-{june}": "14"})

    said = "100 piece are on the way and not reported yet, and 14 of them are entered as missing or damaged."
    assert answer.status_code == 422
    assert f"Lot J1: {said} Type 86 as arrived." in text_of(answer)
    assert f'href="#received-{june}"' in answer.text


def test_what_came_beside_the_paper_is_taken_in_and_told_to_the_sender(way: Way):
    item = str(way.site.condom.id)
    beside = {"item-0": item, "lot-0": "LA 9", "expires-0": "2028-01-31", "quantity-0": "1", "unit-0": "pack"}
    more = {"item-1": item, "lot-1": "j1", "quantity-1": "3", "reason-1": "more_in_box"}

    answer = way.confirm(beside | {"reason-0": "wrong_lot"} | more)

    assert answer.status_code == 303
    assert way.site.on_hand(way.site.tree.district) == 140 + 144 + 3
    words = text_of(way.sender.get(way.there))
    assert "Lot that was not sent" in words
    assert "More than sent" in words
    assert "Settle the differences" in words


def test_a_line_beside_the_paper_says_what_it_lacks(way: Way):
    answer = way.receiver.post(f"{way.here}/confirm", data=way.form() | {"lot-0": "X", "quantity-1": "-4"})

    for name in ("item-0", "quantity-0", "reason-0", "item-1", "quantity-1", "reason-1"):
        assert f'href="#{name}"' in answer.text
    assert form_of(answer)["lot-0"] == "X"


def test_another_expiry_date_is_told_by_the_line(way: Way):
    beside = {"item-1": str(way.site.condom.id), "lot-1": "J1", "expires-1": "2020-01-01", "quantity-1": "3"}

    answer = way.receiver.post(f"{way.here}/confirm", data=way.form() | beside | {"reason-1": "more_in_box"})

    assert 'href="#lot-1"' in answer.text
    assert "one lot has one expiry date" in text_of(answer)


def test_lines_are_added_without_losing_what_was_typed(way: Way):
    answer = way.receiver.post(f"{way.here}/confirm", data=way.form() | {"step": "more", "lot-0": "X"})

    assert "lot-3" in form_of(answer)
    assert form_of(answer)["lot-0"] == "X"


@pytest.mark.parametrize(("day", "told"), [("2026-11-19", "before"), ("2026-11-21", "future"), ("x", "not a date")])
def test_the_day_of_arrival_is_checked(way: Way, day, told):
    answer = way.confirm({"confirmed_on": day})

    assert answer.status_code == 422
    assert 'href="#confirmed_on"' in answer.text
    assert told in text_of(answer)
    assert way.site.on_hand(way.site.tree.district) == 0


def test_a_reason_that_is_not_offered_is_told(way: Way):
    june = way.key(way.june)
    typed = {f"received-{june}": "90", f"short-{june}": "10", f"short-reason-{june}": "near_expiry"}

    answer = way.receiver.post(f"{way.here}/confirm", data=way.form() | typed)

    assert f'href="#short-reason-{june}"' in answer.text


def test_refusing_it_all_leaves_it_to_the_sender(way: Way):
    path = f"{way.here}/refuse"
    form = form_of(way.receiver.get(path))

    bare = way.receiver.post(path, data=form)
    answers = [way.receiver.post(path, data=form | {"reason": "not_asked_for"}) for _ in range(2)]

    assert 'href="#reason"' in bare.text
    assert [it.status_code for it in answers] == [303, 303]
    assert way.site.on_hand(way.site.tree.district) == 0
    assert [it.open for it in way.view.differences] == [40, 100]
    assert "Not asked for" in text_of(way.sender.get(way.there))


def settle(way: Way, typed: dict[str, str], times: int = 1):
    path = f"{way.there}/settle"
    data = form_of(way.sender.get(path)) | typed
    answers = [way.sender.post(path, data=data) for _ in range(times)]
    assert len({it.status_code for it in answers}) == 1
    return answers[0]


def test_the_sender_settles_what_differs(way: Way):
    way.report()
    number = way.view.differences[0].difference.id

    answer = settle(way, {f"settlement-{number}": "lost", f"reason-{number}": "lost_in_transit"}, times=2)

    words = text_of(way.receiver.get(way.here))
    assert answer.status_code == 303
    assert "Finished" in words
    assert "Lost on the way: 10" in words


def test_a_part_may_be_settled(way: Way):
    way.report()
    number = way.view.differences[0].difference.id

    settle(way, {f"settlement-{number}": "sent_back", f"quantity-{number}": "4"})

    assert way.site.on_hand(way.site.tree.board) == 4
    assert way.view.differences[0].open == 6


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"settlement": "lost"}, "reason"),
        ({"settlement": "lost", "reason": "wet", "quantity": "11"}, "quantity"),
        ({"settlement": "lost", "reason": "wet", "quantity": "-1"}, "quantity"),
        ({"settlement": "lost", "reason": "wet", "quantity": ""}, "quantity"),
        ({"settlement": "explained"}, "settlement"),
    ],
)
def test_what_cannot_be_settled_is_told_by_its_field(way: Way, typed, field):
    way.report()
    number = way.view.differences[0].difference.id

    answer = settle(way, {f"{name}-{number}": text for name, text in typed.items()})

    assert answer.status_code == 422
    assert f'href="#{field}-{number}"' in answer.text
    assert way.view.differences[0].open == 10


def test_a_closed_period_is_told_to_who_confirms_and_who_settles(way: Way):
    way.report()
    number = way.view.differences[0].difference.id
    with transaction(way.site.engine) as session:
        for it in (way.site.tree.board, way.site.tree.district):
            session.merge(it).closed_through = TODAY
    told = "is closed through 20/11/2026"

    assert told in text_of(settle(way, {f"settlement-{number}": "sent_back"}))
    answer = way.confirm({f"received-{way.key(way.june)}": "3"})
    assert told in text_of(answer)
    assert 'href="#confirmed_on"' in answer.text


def test_choosing_nothing_is_told(way: Way):
    way.report()

    assert "Nothing was chosen" in text_of(settle(way, {}))


def test_a_shipment_is_taken_back(way: Way):
    path = f"{way.there}/call-back"
    form = form_of(way.sender.get(path))

    bare = way.sender.post(path, data=form)
    answers = [way.sender.post(path, data=form | {"reason": "sent_by_mistake"}) for _ in range(2)]

    assert 'href="#reason"' in bare.text
    assert [it.status_code for it in answers] == [303, 303]
    assert way.site.on_hand(way.site.tree.board) == 140
    assert "Taken back by the sender" in text_of(way.receiver.get(way.here))


def test_what_was_taken_back_is_not_confirmed(way: Way):
    form = way.form()
    way.sender.post(f"{way.there}/call-back", data={"uuid": str(uuid4()), "reason": "other"})

    answer = way.receiver.post(f"{way.here}/confirm", data=form)

    assert answer.status_code == 409
    assert "took this shipment back on 20/11/2026" in text_of(answer)
    assert way.site.on_hand(way.site.tree.district) == 0


def test_what_was_confirmed_is_not_taken_back(way: Way):
    way.report()

    answer = way.sender.post(f"{way.there}/call-back", data={"uuid": str(uuid4()), "reason": "other"})

    assert answer.status_code == 422
    assert "cannot be taken back any more" in text_of(answer)
    assert "Take the shipment back" not in text_of(way.sender.get(way.there))


def test_a_proof_of_delivery_is_undone_with_its_reason(way: Way):
    way.report()
    path = f"{way.here}/deliveries/{way.view.deliveries[0].delivery.uuid}/undo"

    bare = way.receiver.post(path, data=form_of(way.receiver.get(path)))
    answer = way.receiver.post(path, data=form_of(way.receiver.get(path)) | {"note": "Gõ nhầm"})

    assert 'href="#note"' in bare.text
    assert answer.status_code == 303
    assert way.site.on_hand(way.site.tree.district) == 0
    assert way.view.undisputed == 140


def test_a_proof_whose_differences_were_settled_is_not_undone_and_says_why(way: Way):
    way.report()
    number = way.view.differences[0].difference.id
    settle(way, {f"settlement-{number}": "lost", f"reason-{number}": "wet"})
    path = f"{way.here}/deliveries/{way.view.deliveries[0].delivery.uuid}/undo"

    answer = way.receiver.post(path, data=form_of(way.receiver.get(path)) | {"note": "Gõ nhầm"})

    assert answer.status_code == 422
    assert "has settled differences that it reported" in text_of(answer)


def test_a_settlement_is_undone_by_who_made_it(way: Way):
    way.report()
    number = way.view.differences[0].difference.id
    settle(way, {f"settlement-{number}": "lost", f"reason-{number}": "wet"})
    made = way.view.differences[0].settlements[0].settlement.uuid

    assert way.receiver.get(f"{way.here}/settlements/{made}/undo").status_code == 404
    path = f"{way.there}/settlements/{made}/undo"
    answer = way.sender.post(path, data=form_of(way.sender.get(path)) | {"note": "Đã tìm thấy"})

    assert answer.status_code == 303
    assert way.view.differences[0].open == 10
    undone = way.sender.get(f"/documents/{way.view.documents[-1].uuid}")
    assert "10 piece" in text_of(undone)


def test_what_never_was_is_not_undone(way: Way):
    for made in ("deliveries", "settlements", "elsewhere"):
        assert way.receiver.get(f"{way.here}/{made}/{uuid4()}/undo").status_code == 404


def test_a_viewer_changes_nothing(way: Way):
    viewer = way.site.browser(way.site.tree.district, role="viewer")

    assert "All arrived as sent" not in text_of(viewer.get(way.here))
    for act in ("confirm", "refuse"):
        assert viewer.get(f"{way.here}/{act}").status_code == 403
        assert viewer.post(f"{way.here}/{act}", data={"uuid": str(uuid4())}).status_code == 403


@pytest.mark.parametrize("seen", ["", "x", "-1", "9999999999", "٣"])
def test_a_form_no_page_made_is_refused(way: Way, seen):
    assert way.confirm({"seen": seen}).status_code == 422
    assert way.site.on_hand(way.site.tree.district) == 0


def test_a_lot_recalled_on_the_way_is_told_and_put_aside(way: Way):
    with transaction(way.site.engine) as session:
        session.merge(way.june).recalled_on = TODAY

    assert "put aside" in text_of(way.receiver.get(f"{way.here}/confirm"))
    assert "Lot J1 was recalled on 20/11/2026" in text_of(way.receiver.get(way.here))
    way.confirm({})

    assert way.site.on_hand(way.site.tree.district) == 40
    assert way.site.on_hand(way.site.tree.district, "recalled") == 100


def test_the_documents_lead_back_to_the_shipment_from_both_ends(way: Way):
    way.report()
    documents = re.findall(r'href="(/documents/[^"]+)"', way.sender.get(way.there).text)

    assert len(documents) == 2
    for browser, path in ((way.sender, way.there), (way.receiver, way.here)):
        for document in documents:
            page = browser.get(document)
            assert f'href="{path}"' in page.text
            assert "Reverse this document" not in page.text


def test_the_picking_list_of_a_shipment(way: Way):
    words = text_of(way.sender.get(f"{way.there}/pick"))

    assert "Picking list PX-2026-00001" in words
    assert words.index("M1") < words.index("J1")


def listed(way: Way, browser, at) -> str:
    return text_of(browser.get(f"/f/{at.code}/shipments"))


def test_the_list_puts_what_waits_first(site: Site):
    way = Way(site, days=9)
    board, district = site.tree.board, site.tree.district

    assert "To confirm: these goods are on their way here" in listed(way, way.receiver, district)
    assert "9 ▼ late" in listed(way, way.receiver, district)
    assert "for more than 7 days; the receiver’s stock policy says so." in listed(way, way.receiver, district)
    assert "Sent from here and not confirmed yet" in listed(way, way.sender, board)
    june = way.key(way.june)
    way.confirm({f"received-{june}": "90", f"short-{june}": "10", f"received-{way.key(way.march)}": ""})
    assert "To settle: the receiver reports differences" in listed(way, way.sender, board)
    assert "Sent from here and not confirmed yet" in listed(way, way.sender, board)
    assert "Differences that the sender has not settled yet" in listed(way, way.receiver, district)
    form = form_of(way.receiver.get(way.here), f"{way.here}/confirm")
    way.receiver.post(f"{way.here}/confirm", data=form | {"step": "all"})
    assert "Sent from here and not confirmed yet" not in listed(way, way.sender, board)
    number = way.view.differences[0].difference.id
    settle(way, {f"settlement-{number}": "lost", f"reason-{number}": "wet"})
    for browser, at in ((way.sender, board), (way.receiver, district)):
        assert listed(way, browser, at).partition("Finished")[1]
        assert "To settle" not in listed(way, browser, at)


def test_an_empty_list_says_what_will_be_there(site: Site):
    words = text_of(site.browser().get(f"/f/{site.tree.board.code}/shipments"))

    assert "No goods have been sent from here or to here yet" in words


def test_every_page_speaks_vietnamese_and_renders(way: Way):
    way.report()
    for at, path, acts in (
        (way.site.tree.board, way.there, ("", "/settle", "/call-back", "/pick")),
        (way.site.tree.district, way.here, ("", "/confirm", "/refuse")),
    ):
        browser = way.site.browser(at, language="vi")
        assert {browser.get(path + act).status_code for act in acts} == {200}
        assert browser.get(f"/f/{at.code}/shipments").status_code == 200
