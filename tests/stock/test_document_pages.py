"""The page of a document, its reversal, and the list."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lmis.stock.documents import Kind
from tests.factories import a_document, a_facility, a_line, a_price
from tests.web import Site, form_of, text_of


@pytest.fixture
def issue(site: Site):
    """300 condoms issued by the board to the district."""
    lot = site.receive(1_000)
    return site.post(a_document(site.tree.board, a_line(lot, 300), kind=Kind.ISSUE, to=site.tree.district))


def reverse(site: Site, document, note: str = "Gõ nhầm", **more: str):
    browser = site.browser()
    path = f"/documents/{document}/reverse"
    return browser.post(path, data=form_of(browser.get(path)) | {"note": note} | more)


def test_a_document_shows_its_parties_and_lines(site: Site, issue):
    words = text_of(site.browser().get(f"/documents/{issue}"))

    assert "Goods issue PX-2026-00001" in words
    assert "Ban Quản lý thành phố" in words
    assert "Trung tâm Y tế quận Ba Đình" in words
    assert "300 piece" in words
    assert "20/11/2026" in words


def test_both_parties_see_a_document_and_nobody_else(site: Site, issue):
    beside = site.add(a_facility, "Trung tâm Y tế huyện Ba Vì", level="district", parent=site.tree.board)

    seen = [
        site.browser(it).get(f"/documents/{issue}").status_code
        for it in (site.tree.board, site.tree.district, site.tree.commune, beside)
    ]

    assert seen == [200, 200, 404, 404]


def test_the_facility_one_acts_for_stays_in_sight(site: Site, issue):
    page = site.browser().get(f"/documents/{issue}").text
    theirs = site.browser(site.tree.district).get(f"/documents/{issue}").text

    assert f'href="/f/{site.tree.board.code}/facilities"' in page
    assert f'href="/f/{site.tree.district.code}/facilities"' in theirs


def test_a_document_out_of_scope_looks_like_none(site: Site, issue):
    browser = site.browser(site.tree.commune)

    assert text_of(browser.get(f"/documents/{issue}")) == text_of(browser.get(f"/documents/{uuid4()}"))


def test_a_reversal_takes_the_goods_back_and_both_documents_say_so(site: Site, issue):
    answer = reverse(site, issue)

    assert answer.status_code == 303
    reversal, first = (site.browser().get(path) for path in (answer.headers["location"], f"/documents/{issue}"))
    assert "See the document it undoes, PX-2026-00001" in text_of(reversal)
    assert "Gõ nhầm" in text_of(reversal)
    assert "has been reversed" in text_of(first)
    assert f"/documents/{issue}/reverse" not in first.text
    assert (site.on_hand(site.tree.board), site.on_hand(site.tree.district)) == (1_000, 0)


def test_a_reversal_needs_its_reason(site: Site, issue):
    answer = reverse(site, issue, "  ")

    assert answer.status_code == 422
    assert 'href="#note"' in answer.text
    assert site.on_hand(site.tree.district) == 300


def test_nothing_is_reversed_twice(site: Site, issue):
    reverse(site, issue)

    answer = reverse(site, issue)

    assert answer.status_code == 422
    assert "already been reversed" in text_of(answer)


def test_the_same_reversal_sent_twice_is_one(site: Site, issue):
    uuid = str(uuid4())

    answers = [reverse(site, issue, uuid=uuid) for _ in range(2)]

    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert site.on_hand(site.tree.district) == 0


def test_what_has_been_used_cannot_be_taken_back(site: Site, issue):
    with_lot = site.browser(site.tree.district)
    path = f"/f/{site.tree.district.code}/write-off"
    typed = form_of(with_lot.get(path))
    name = next(name for name in typed if name.startswith("quantity-"))
    with_lot.post(path, data=typed | {name: "200", name.replace("quantity", "reason"): "lost"})

    answer = reverse(site, issue)

    assert answer.status_code == 422
    assert site.on_hand(site.tree.district) == 100


def test_the_receiver_reverses_nothing(site: Site, issue):
    browser = site.browser(site.tree.district)

    assert f"/documents/{issue}/reverse" not in browser.get(f"/documents/{issue}").text
    assert browser.get(f"/documents/{issue}/reverse").status_code == 403
    assert browser.post(f"/documents/{issue}/reverse", data={"note": "x", "uuid": str(uuid4())}).status_code == 403


def test_a_viewer_reverses_nothing(site: Site, issue):
    browser = site.browser(role="viewer")

    assert f"/documents/{issue}/reverse" not in browser.get(f"/documents/{issue}").text
    assert browser.post(f"/documents/{issue}/reverse", data={"note": "x"}).status_code == 403


def test_priced_goods_show_amounts_and_their_total(site: Site):
    site.add(a_price, site.condom, 1_500)
    lot = site.receive(1_000, channel="social_marketing")
    line = a_line(lot, 300, channel="social_marketing")
    uuid = site.post(a_document(site.tree.board, line, kind=Kind.ISSUE, to=site.tree.district))

    words = text_of(site.browser(language="vi").get(f"/documents/{uuid}"))

    assert "1.500 ₫" in words
    assert words.count("450.000 ₫") == 2


def test_free_goods_show_none(site: Site, issue):
    assert "₫" not in text_of(site.browser().get(f"/documents/{issue}"))


def test_the_list_shows_the_latest_first(site: Site, issue):
    words = text_of(site.browser().get(f"/f/{site.tree.board.code}/documents"))

    assert words.index("PX-2026-00001") < words.index("PN-2026-00001")


def test_the_receiver_lists_it_too(site: Site, issue):
    assert "PX-2026-00001" in text_of(site.browser(site.tree.district).get(f"/f/{site.tree.district.code}/documents"))
