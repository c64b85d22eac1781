"""Counting through the pages: beginning, saving, explaining, approving, and the record."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest

from lmis.config import settings
from lmis.db import transaction
from lmis.network.models import Facility
from lmis.stock.documents import Kind
from tests.counts.desk import BEFORE, Desk, as_of
from tests.factories import TODAY, a_document, a_facility, a_line, a_lot, a_price, an_item
from tests.web import Site, form_of, text_of

LONG_AGO = date(2026, 1, 5)


@pytest.fixture
def desk(site: Site) -> Desk:
    return as_of(site)


@pytest.fixture
def manager(site: Site) -> Desk:
    return as_of(site, "manager")


def counted(desk: Desk, *found: str, **more: str) -> str:
    """The address of a count in which the lines have these figures, saved."""
    count = desk.start(**more)
    desk.save(count, {f"counted-{line}": text for line, text in enumerate(found, 1)})
    return count


def every_reason(desk: Desk, count: str, reason: str = "recording_error") -> dict[str, str]:
    names = [name for name in form_of(desk.browser.get(f"{count}/review")) if name.startswith("reason-")]
    return dict.fromkeys(names, reason)


def sent(desk: Desk, *found: str) -> str:
    """A count whose differences are explained and that has been sent."""
    count = counted(desk, *found)
    assert desk.review(count, **every_reason(desk, count)).status_code == 303
    return count


# -- beginning -----------------------------------------------------------------------------------------------------


def test_a_count_begins_with_everything_on_the_shelf(site: Site, desk: Desk):
    lots = [site.receive(100), site.receive(50)]

    words = text_of(desk.browser.get(desk.start()))

    assert all(lot.number in words for lot in lots)
    assert "0 of 2 lines are counted" in words
    assert "pack of 144" in words


def test_a_count_of_chosen_items_has_these_alone(site: Site, desk: Desk):
    lot = site.receive(100)
    pill = site.add(an_item, "Viên uống", method="pill")
    other = site.add(a_lot, pill)
    site.post(a_document(site.tree.board, a_line(other, 30)))

    words = text_of(desk.browser.get(desk.start(pill)))

    assert other.number in words
    assert f"{lot.number} " not in words


def test_choosing_nothing_is_told(site: Site, desk: Desk):
    site.receive(100)
    path = f"{desk.path}/start"

    answer = desk.browser.post(path, data={"uuid": str(uuid4()), "scope": "chosen"})

    assert answer.status_code == 422
    assert 'href="#items"' in answer.text
    assert "Choose at least one item" in text_of(answer)


def test_starting_twice_with_one_form_is_one_count(site: Site, desk: Desk):
    site.receive(100)
    data = {"uuid": str(uuid4()), "scope": "whole"}

    answers = [desk.browser.post(f"{desk.path}/start", data=data) for _ in range(2)]

    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert text_of(desk.browser.get(desk.path)).count("begun by") == 1


def test_a_facility_that_is_closed_begins_none(site: Site, desk: Desk):
    with transaction(site.engine) as session:
        session.get_one(Facility, site.tree.board.id).closed_on = TODAY

    answer = desk.browser.post(f"{desk.path}/start", data={"uuid": str(uuid4()), "scope": "whole"})

    assert answer.status_code == 409
    assert "was closed on 20/11/2026" in text_of(answer)


def test_an_empty_shelf_may_be_counted_too(desk: Desk):
    assert "The book has nothing of this on the shelf" in text_of(desk.browser.get(desk.start()))


def test_the_due_items_are_begun_with_one_click(site: Site, desk: Desk):
    site.receive(100, on=LONG_AGO)
    page = desk.browser.get(desk.path)
    parts = re.findall(r'name="(item-\d+|uuid)" value="([^"]+)"', page.text)

    answer = desk.browser.post(f"{desk.path}/start", data=dict(parts))

    assert "Count the items that are due (1)" in text_of(page)
    assert "it has never been counted since it came on 05/01/2026" in text_of(page)
    assert "1 lines are counted" in text_of(desk.browser.get(answer.headers["location"]))


# -- who may -------------------------------------------------------------------------------------------------------


def test_a_count_out_of_scope_does_not_exist(site: Site, desk: Desk):
    beside = site.add(a_facility, "Trung tâm Y tế huyện Ba Vì", level="district", parent=site.tree.board)
    count = desk.start()
    stranger = as_of(site, at=beside)

    for path in ("", "/review", "/record", "/sheet", "/cancel"):
        assert stranger.browser.get(f"{count}{path}").status_code == 404
    for path in ("", "/review", "/recount", "/cancel"):
        data = {"version": "0", "why": "x"}
        assert stranger.browser.post(f"{count}{path}", data=data).status_code == 404
    own = count.replace(site.tree.board.code, beside.code, 1)
    assert stranger.browser.get(own).status_code == 404
    assert stranger.browser.get(f"{stranger.path}/{uuid4()}").status_code == 404


def test_who_stands_above_sees_the_counts_below(site: Site):
    site.receive(100, at=site.tree.commune)
    below = as_of(site, at=site.tree.commune)
    count = below.start()

    assert as_of(site).browser.get(count).status_code == 200


def test_a_viewer_counts_nothing(site: Site, desk: Desk):
    site.receive(100)
    count = desk.start()
    viewer = as_of(site, "viewer")

    assert viewer.browser.get(desk.path).status_code == 200
    assert viewer.browser.get(count).status_code == 403
    assert viewer.browser.get(f"{desk.path}/start").status_code == 403
    assert viewer.browser.post(count, data={"version": "0", "counted-1": "5"}).status_code == 403
    assert viewer.browser.post(f"{count}/cancel", data={"why": "x"}).status_code == 403


def test_a_storekeeper_approves_nothing(site: Site, desk: Desk):
    site.receive(100)
    count = sent(desk, "50")

    assert as_of(site).browser.post(f"{count}/approve", data={"x": "1"}).status_code == 403


# -- counting ------------------------------------------------------------------------------------------------------


def test_what_is_saved_is_shown_again(site: Site, desk: Desk):
    site.receive(1_300)
    count = desk.start()

    answer = desk.save(count, {"counted-1": "1.200", "note-1": "hộp rách"})

    assert answer.status_code == 303
    page = desk.browser.get(answer.headers["location"])
    assert "Saved: 1 of 1 lines are counted" in text_of(page)
    assert (form_of(page)["counted-1"], form_of(page)["note-1"]) == ("1200", "hộp rách")


@pytest.mark.parametrize("typed", ["-1", "1,5", "x", "٣", "99999999999", "1.2345"])
def test_what_is_no_number_is_told_and_the_rest_saved(site: Site, desk: Desk, typed: str):
    site.receive(100)
    site.receive(50)
    count = desk.start()

    answer = desk.save(count, {"counted-1": typed, "counted-2": "50"})

    assert answer.status_code == 422
    assert 'href="#counted-1"' in answer.text
    assert "Everything else was saved" in text_of(answer)
    assert form_of(answer)["counted-1"] == typed
    assert form_of(desk.browser.get(count))["counted-2"] == "50"
    assert form_of(desk.browser.get(count))["counted-1"] == ""


def test_a_line_the_page_did_not_have_is_not_emptied(site: Site, desk: Desk):
    site.receive(100)
    site.receive(50)
    count = counted(desk, "100", "50")

    desk.browser.post(count, data={"version": "1", "counted-1": "99"})

    assert form_of(desk.browser.get(count))["counted-2"] == "50"


def test_two_savers_are_told_of_each_other(site: Site, desk: Desk):
    site.receive(100)
    site.receive(50)
    count = desk.start()
    other = as_of(site)
    mine, theirs = desk.form(count), other.form(count)
    desk.browser.post(count, data=mine | {"counted-1": "90"})

    answer = other.browser.post(count, data=theirs | {"counted-2": "40"})

    assert "saved other lines meanwhile; both are kept" in text_of(other.browser.get(answer.headers["location"]))
    now = desk.form(count)
    assert (now["counted-1"], now["counted-2"]) == ("90", "40")


def test_the_second_saver_of_a_line_sees_both_figures_and_decides(site: Site, desk: Desk):
    site.receive(100)
    count = desk.start()
    other = as_of(site)
    mine, theirs = desk.form(count), other.form(count)
    desk.browser.post(count, data=mine | {"counted-1": "90"})

    answer = other.browser.post(count, data=theirs | {"counted-1": "95"})

    assert answer.status_code == 409
    assert "saved “90” at 20/11/2026 10:00; you typed “95”" in text_of(answer)
    assert desk.form(count)["counted-1"] == "90"
    again = other.browser.post(count, data=form_of(answer))
    assert again.status_code == 303
    assert desk.form(count)["counted-1"] == "95"


def test_what_was_typed_stays_when_somebody_closed_the_count_meanwhile(site: Site, desk: Desk):
    site.receive(100)
    count = desk.start()
    form = desk.form(count)
    desk.browser.post(f"{count}/cancel", data={"why": "Mất điện"})

    answer = desk.browser.post(count, data=form | {"counted-1": "95"})

    assert answer.status_code == 409
    assert "This count is closed, so nothing was saved" in text_of(answer)
    assert form_of(answer)["counted-1"] == "95"


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
def test_what_no_page_sends_is_refused(site: Site, desk: Desk, version: str):
    site.receive(100)
    count = desk.start()

    for path in ("", "/review"):
        assert desk.browser.post(f"{count}{path}", data={"version": version, "counted-1": "5"}).status_code == 422
    assert desk.browser.post(count, data={"version": "0", "counted-x": "5"}).status_code == 422
    assert desk.browser.post(count, data={"version": "0", "counted-1": "5", "after-1": "x"}).status_code == 422
    assert desk.form(count)["counted-1"] == ""


def test_what_is_given_out_during_the_count_is_shown_beside_its_lot(site: Site, desk: Desk):
    lot = site.receive(100)
    count = counted(desk, "98")
    site.post(a_document(site.tree.board, a_line(lot, 5), kind=Kind.ISSUE, to=site.tree.district))

    words = text_of(desk.browser.get(count))
    desk.review(count, **every_reason(desk, count))

    assert "counted after −5 had moved" in words
    assert site.on_hand(site.tree.board) == 93


def test_a_box_says_that_the_figure_shows_what_was_given_out(site: Site, desk: Desk):
    lot = site.receive(100)
    count = desk.start()
    site.post(a_document(site.tree.board, a_line(lot, 5), kind=Kind.ISSUE, to=site.tree.district))
    desk.save(count, {"counted-1": "95"})

    answer = desk.review(count, "save", after_1="-5")
    assert "no difference" in text_of(desk.browser.get(answer.headers["location"]))
    desk.review(count, after_1="-5")

    assert site.on_hand(site.tree.board) == 95


# -- lots the book has not -----------------------------------------------------------------------------------------


def a_find(site: Site, **more: str) -> dict[str, str]:
    lot = {"lot": "X9", "expires": "2027-06-30", "channel": "free", "status": "usable", "counted": "7"}
    return {f"found-{name}": text for name, text in ({"item": str(site.condom.id)} | lot | more).items()}


def test_a_lot_that_was_found_is_added_and_all_else_saved(site: Site, desk: Desk):
    site.receive(100)
    count = desk.start()

    answer = desk.save(count, {"counted-1": "100"} | a_find(site), act="add")

    assert answer.status_code == 303
    page = desk.browser.get(count)
    assert "found, not in the book" in text_of(page)
    assert (form_of(page)["counted-1"], form_of(page)["counted-2"]) == ("100", "7")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"item": ""}, "found-item"),
        ({"item": "999999"}, "found-item"),
        ({"counted": "-3"}, "found-counted"),
        ({"counted": ""}, "found-counted"),
        ({"expires": "31/02/2027"}, "found-expires"),
        ({"channel": "black market"}, "found-channel"),
        ({"lot": ""}, "found-lot"),
    ],
)
def test_what_is_wrong_with_a_find_is_told_and_all_else_saved(site: Site, desk: Desk, more: dict, field: str):
    site.receive(100)
    count = desk.start()

    answer = desk.save(count, {"counted-1": "100"} | a_find(site, **more))

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert desk.form(count)["counted-1"] == "100"
    assert "counted-2" not in desk.form(count)


def test_a_lot_that_is_on_the_list_is_not_added(site: Site, desk: Desk):
    lot = site.receive(100)
    count = desk.start()

    answer = desk.save(count, a_find(site, lot=lot.number))

    assert "stands on the list already" in text_of(answer)


# -- differences ---------------------------------------------------------------------------------------------------


def test_differences_are_shown_in_units_and_percent(site: Site, desk: Desk):
    site.receive(200)
    site.receive(50)
    words = text_of(desk.browser.get(f"{counted(desk, '180', '50')}/review"))

    assert "−20 (−10.0 %)" in words
    assert "Lines that agree with the book: 1" in words
    assert "somebody else has to approve" in words


def test_a_difference_without_a_reason_is_told_by_its_line(site: Site, desk: Desk):
    site.receive(100)
    count = counted(desk, "99")

    answer = desk.review(count)

    assert answer.status_code == 422
    assert 'href="#reason-1"' in answer.text
    assert "99 were counted where 100 should be" in text_of(answer)
    assert site.on_hand(site.tree.board) == 100


def test_what_was_said_of_the_differences_is_kept_when_it_is_refused(site: Site, desk: Desk):
    site.receive(100)
    site.receive(100)
    count = counted(desk, "99", "99")

    answer = desk.review(count, reason_1="lost", member_0="Bà Lan, trạm trưởng", note="Kệ 2")

    form = form_of(answer)
    assert (form["reason-1"], form["member-0"], form["note"]) == ("lost", "Bà Lan, trạm trưởng", "Kệ 2")


def test_a_small_difference_is_posted_and_leads_to_the_record(site: Site, desk: Desk):
    site.receive(100)
    count = counted(desk, "98")

    answer = desk.review(count, reason_1="lost", member_0="Bà Lan, trạm trưởng")

    record = desk.browser.get(desk.browser.get(answer.headers["location"]).headers["location"])
    words = text_of(record)
    assert "KK-2026-00001" in words
    assert "Bà Lan, trạm trưởng" in words
    assert "Missing" in words
    assert site.on_hand(site.tree.board) == 98


def test_the_same_review_sent_twice_posts_once(site: Site, desk: Desk):
    site.receive(100)
    count = counted(desk, "98")
    path = f"{count}/review"
    data = form_of(desk.browser.get(path)) | {"act": "submit", "reason-1": "lost"}

    answers = [desk.browser.post(path, data=data) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert site.on_hand(site.tree.board) == 98
    assert site.documents() == 2


def test_a_full_count_asks_to_confirm_what_was_not_counted(site: Site, desk: Desk):
    site.receive(100)
    site.receive(50)
    count = counted(desk, "100")

    answer = desk.review(count)
    assert answer.status_code == 422
    assert "Lines of this full count that nobody has counted: 1" in text_of(answer)
    assert 'href="#not-counted"' in answer.text
    assert desk.review(count, not_counted="1").status_code == 303
    assert site.on_hand(site.tree.board) == 150


def test_figures_that_changed_since_are_looked_at_first(site: Site, desk: Desk):
    site.receive(100)
    count = counted(desk, "99")
    data = form_of(desk.browser.get(f"{count}/review")) | {"act": "submit", "reason-1": "lost"}
    desk.save(count, {"counted-1": "40"})

    answer = desk.browser.post(f"{count}/review", data=data)

    assert answer.status_code == 422
    assert "saved other figures at 20/11/2026 10:00" in text_of(answer)
    assert site.on_hand(site.tree.board) == 100


def test_what_the_ledger_refuses_is_told_and_the_draft_stays(site: Site, desk: Desk):
    lot = site.receive(100, on=BEFORE)
    count = counted(desk, "99")
    with transaction(site.engine) as session:
        session.get_one(Facility, site.tree.board.id).closed_through = TODAY

    answer = desk.review(count, reason_1="lost")

    assert answer.status_code == 422
    assert "is closed through 20/11/2026" in text_of(answer)
    assert desk.form(count)["counted-1"] == "99"
    assert lot.number in text_of(desk.browser.get(count))


# -- blind ---------------------------------------------------------------------------------------------------------


def test_a_blind_count_shows_no_book_until_it_is_closed(site: Site, desk: Desk):
    site.receive(7_531)
    count = counted(desk, "7530", blind="1")

    for path in ("", "/sheet", "/review"):
        page = text_of(desk.browser.get(f"{count}{path}"))
        assert "7,531" not in page
        assert "−1" not in page
    desk.review(count, "close")

    assert "7,531" in text_of(desk.browser.get(f"{count}/review"))
    assert desk.browser.get(count).headers["location"].endswith("/review")


def test_a_closed_blind_count_is_counted_again_only_with_the_managers_word(site: Site, desk: Desk, manager: Desk):
    site.receive(100)
    count = counted(desk, "99", blind="1")
    desk.review(count, "close")

    assert desk.browser.post(f"{count}/recount", data={"why": "nhầm"}).status_code == 403
    assert manager.browser.post(f"{count}/recount", data={"why": "Đếm lại kệ 2"}).status_code == 303
    assert "asks to count again: Đếm lại kệ 2" in text_of(desk.browser.get(count))


# -- approving -----------------------------------------------------------------------------------------------------


def test_another_person_approves_what_is_far_off(site: Site, desk: Desk, manager: Desk):
    site.receive(100)
    count = sent(desk, "50")
    assert site.on_hand(site.tree.board) == 100
    assert "Waiting for approval" in text_of(manager.browser.get(manager.path))

    answer = manager.browser.post(f"{count}/approve", data={"x": "1"})

    assert answer.status_code == 303
    assert site.on_hand(site.tree.board) == 50
    assert "Approved by" in text_of(manager.browser.get(f"{count}/record"))


def test_a_difference_offers_the_reasons_that_explain_it(site: Site, desk: Desk):
    site.receive(1_000)
    for found, fits, does_not in (("990", "Missing", "Found in the store"), ("1010", "Found in the store", "Missing")):
        options = (
            desk.browser.get(f"{counted(desk, found)}/review").text.partition("<select")[2].partition("</select")[0]
        )
        assert f">{fits}<" in options
        assert f">{does_not}<" not in options


def test_a_manager_above_finds_a_count_that_waits_below_and_approves_it(site: Site):
    district = site.tree.district
    station, above = as_of(site, at=district), as_of(site, "manager")
    site.receive(1_000, at=district)
    count = sent(station, "10")

    listed = above.browser.get(above.path)
    assert "Waiting for approval below" in text_of(listed)
    assert f"{count}/review" in listed.text
    assert "Approve" in text_of(above.browser.get(f"{count}/review"))
    assert above.browser.post(f"{count}/approve", data={"x": "1"}).status_code == 303
    assert "Waiting for approval below" not in text_of(above.browser.get(above.path))
    assert site.on_hand(district) == 10


def test_approving_twice_posts_once(site: Site, desk: Desk, manager: Desk):
    site.receive(100)
    count = sent(desk, "50")

    answers = [manager.browser.post(f"{count}/approve", data={"x": "1"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (site.on_hand(site.tree.board), site.documents()) == (50, 2)


def test_a_manager_does_not_approve_their_own_count(site: Site, manager: Desk):
    site.receive(100)
    count = sent(manager, "50")

    page = manager.browser.get(f"{count}/review")
    answer = manager.browser.post(f"{count}/approve", data={"x": "1"})

    assert "You closed this count yourself" in text_of(page)
    assert f'action="{count}/approve"' not in page.text
    assert answer.status_code == 403
    assert site.on_hand(site.tree.board) == 100


def test_it_may_be_sent_back_with_a_reason(site: Site, desk: Desk, manager: Desk):
    site.receive(100)
    count = sent(desk, "50")

    without = manager.browser.post(f"{count}/recount", data={"why": " "})
    answer = manager.browser.post(f"{count}/recount", data={"why": "Đếm lại kệ 2"})

    assert (without.status_code, answer.status_code) == (422, 303)
    assert form_of(desk.browser.get(count))["counted-1"] == "50"


# -- given up, kept, printed ---------------------------------------------------------------------------------------


def test_a_count_is_cancelled_with_a_reason(site: Site, desk: Desk):
    site.receive(100)
    count = counted(desk, "10")

    assert desk.browser.post(f"{count}/cancel", data={"why": ""}).status_code == 422
    assert desk.browser.post(f"{count}/cancel", data={"why": "Mất điện"}).status_code == 303

    assert "Mất điện" in text_of(desk.browser.get(f"{count}/record"))
    assert "Cancelled" in text_of(desk.browser.get(desk.path))
    assert site.on_hand(site.tree.board) == 100


def test_the_record_has_the_columns_of_its_form_and_the_amounts_of_priced_goods(site: Site, desk: Desk):
    site.receive(1_000)
    site.add(a_price, site.condom, 1_500)
    site.receive(1_000, channel="social_marketing")
    count = sent(desk, "1010", "990")

    words = text_of(desk.browser.get(f"{count}/record"))

    assert "Form 05-VT" in words
    for title in ("Book", "Counted", "Surplus", "Shortage", "Reason", "Chief accountant"):
        assert title in words
    assert "1,485,000" in words  # 990 counted at 1,500
    assert words.count("15,000") >= 2  # 10 short, on the line and in the total


def test_an_unfinished_count_has_no_record_yet(site: Site, desk: Desk):
    site.receive(100)

    assert desk.browser.get(f"{desk.start()}/record").headers["location"].startswith(desk.path)


def test_a_reversed_count_says_so(site: Site, desk: Desk, manager: Desk):
    site.receive(100)
    count = sent(desk, "98")
    path = f"/documents/{count.rsplit('/', 1)[1]}/reverse"
    manager.browser.post(path, data=form_of(manager.browser.get(path)) | {"note": "Gõ nhầm"})

    assert "It has been reversed" in text_of(desk.browser.get(f"{count}/record"))


def test_only_who_may_approve_reverses_a_count(site: Site, desk: Desk, manager: Desk, monkeypatch: pytest.MonkeyPatch):
    site.receive(100)
    document = f"/documents/{sent(desk, '98').rsplit('/', 1)[1]}"
    data = {"uuid": str(uuid4()), "note": "Gõ nhầm"}

    assert desk.browser.get(f"{document}/reverse").status_code == 403
    refused = desk.browser.post(f"{document}/reverse", data=data)
    assert (refused.status_code, site.on_hand(site.tree.board)) == (403, 98)
    assert "Only somebody who may approve counts can reverse one" in text_of(refused)
    assert f"{document}/reverse" not in desk.browser.get(document).text
    assert f"{document}/reverse" in manager.browser.get(document).text
    monkeypatch.setattr(settings(), "own_approval", True)
    assert f"{document}/reverse" in desk.browser.get(document).text
    assert desk.browser.post(f"{document}/reverse", data=data).status_code == 303


def test_a_sheet_to_count_on_paper_lists_the_lots(site: Site, desk: Desk):
    lot = site.receive(100)

    words = text_of(desk.browser.get(f"{desk.start()}/sheet"))

    assert lot.number in words
    assert "100" in words


def test_a_count_made_elsewhere_and_dated_later_is_told(site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch):
    from lmis import clock
    from tests.factories import NOW

    lot = site.receive(100)
    count = counted(desk, "99")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1))
    later = counted(desk, "98")
    desk.review(later, reason_1="lost")

    answer = desk.review(count, reason_1="lost")

    assert answer.status_code == 422
    assert f"Lot {lot.number} of Bao cao su was counted at" in text_of(answer)
    assert desk.form(count)["counted-1"] == "99"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_answers_in_both_languages(site: Site, language: str):
    site.receive(100)
    desk = Desk(site, site.tree.board, site.browser(role="manager", language=language))
    draft, waiting, done = desk.start(), sent(desk, "50"), sent(desk, "99")

    pages = [desk.path, f"{desk.path}/start", draft, f"{draft}/review", f"{draft}/sheet", f"{draft}/cancel"]
    for path in [*pages, f"{waiting}/review", f"{done}/record"]:
        assert desk.browser.get(path).status_code == 200, path


def test_every_page_answers_on_each_database(each_site: Site):
    lot = each_site.receive(100)
    desk = as_of(each_site, "manager")
    count = counted(desk, "98")
    each_site.post(a_document(each_site.tree.board, a_line(lot, 5), kind=Kind.ISSUE, to=each_site.tree.district))
    desk.save(count, {"counted-1": "97"} | a_find(each_site), act="add")

    for path in (desk.path, f"{desk.path}/start", count, f"{count}/review", f"{count}/sheet"):
        assert desk.browser.get(path).status_code == 200, path
    desk.review(count, **every_reason(desk, count))
    as_of(each_site, "manager").browser.post(f"{count}/approve", data={"x": "1"})

    assert desk.browser.get(f"{count}/record").status_code == 200
    assert each_site.on_hand(each_site.tree.board) == 99
