"""What needs doing, stock on hand, and choosing a facility."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lmis.stock.documents import Kind
from tests.factories import TODAY, a_document, a_facility, a_line, a_lot, a_policy, an_item, id_of
from tests.web import Site, form_of, text_of


def home(site: Site, at=None, path: str = "", **who: str) -> str:
    at = at or site.tree.board
    return text_of(site.browser(at, **who).get(f"/f/{at.code}{path}"))


def use_up(site: Site, lot, at, monthly: int) -> None:
    """Dispense in each of the last three whole months."""
    for month in (8, 9, 10):
        day = date(2026, month, 15)
        site.post(a_document(at, a_line(lot, monthly), kind=Kind.DISPENSE, on=day))


def test_a_new_facility_is_told_how_to_begin(site: Site):
    words = home(site)

    assert "Nothing is waiting" in words
    assert "Stock appears here after the first goods receipt" in words
    assert "Receive goods" in words


def test_a_viewer_is_not_told_to_receive(site: Site):
    assert "Receive goods" not in home(site, role="viewer")


def test_an_item_that_ran_out_is_named(site: Site):
    lot = site.receive(10, at=site.tree.commune)
    site.post(a_document(site.tree.commune, a_line(lot, 10), kind=Kind.DISPENSE))

    assert "1 items out of stock See them" in home(site, site.tree.commune)
    assert "Out of stock" in home(site, site.tree.commune, "/stock")


def test_those_above_see_who_is_out(site: Site):
    lot = site.receive(10, at=site.tree.commune, on=date(2026, 11, 2))
    site.post(a_document(site.tree.commune, a_line(lot, 10), kind=Kind.DISPENSE))

    assert "1 facilities below are out of an item See which" in home(site)
    assert "Trạm Y tế phường Trúc Bạch Bao cao su 20/11/2026" in home(site, path="/stockouts")
    assert "No facility under this one is out" in home(site, site.tree.collaborator, "/stockouts")


@pytest.mark.parametrize(
    ("received", "said"),
    [(300 + 49, ["items in emergency"]), (300 + 50, ["items below minimum"]), (300 + 100, [])],
)
def test_stock_is_measured_in_months_of_use(site: Site, received, said):
    lot = site.receive(received, at=site.tree.commune, on=date(2026, 7, 31))
    use_up(site, lot, site.tree.commune, 100)

    words = home(site, site.tree.commune)
    assert [it for it in ("items out of stock", "items in emergency", "items below minimum") if it in words] == said


def test_the_limits_are_those_of_the_stock_policy(site: Site):
    lot = site.receive(300 + 100, at=site.tree.commune, on=date(2026, 7, 31))
    use_up(site, lot, site.tree.commune, 100)
    site.add(a_policy, site.tree.commune, minimum="1.25", maximum="4", emergency_point="0.75")

    words = home(site, site.tree.commune)

    assert "1 items below minimum" in words  # one month is left
    assert (
        "Enough is from 1.25 to 4.0 months of stock; below 0.75 months is an emergency. "
        "See where these limits come from" in words
    )
    assert "the minimum of 1.25 and the maximum of 4.0 months" in home(site, site.tree.commune, "/stock")


def test_items_are_judged_each_by_its_own_limits(site: Site):
    for item in (site.condom, site.add(an_item)):
        lot = site.add(a_lot, item)
        site.post(a_document(site.tree.commune, a_line(lot, 400), on=date(2026, 7, 31)))
        use_up(site, lot, site.tree.commune, 100)
    site.add(a_policy, site.tree.commune, item=id_of(site.condom), minimum="1.5")

    words = home(site, site.tree.commune)

    assert "1 items below minimum" in words
    assert "What is enough differs from item to item. See where these limits come from" in words


def test_a_store_covers_what_those_below_use(site: Site):
    lot = site.receive(400, at=site.tree.commune, on=date(2026, 7, 31))
    use_up(site, lot, site.tree.commune, 100)
    site.receive(150, at=site.tree.district)

    assert "1 items below minimum" in home(site, site.tree.district)


def test_lots_near_and_past_their_expiry_are_counted(site: Site):
    site.receive(10, expires_on=TODAY + timedelta(days=30))
    site.receive(10, expires_on=TODAY - timedelta(days=1), on=date(2026, 1, 5))

    words = home(site)

    assert "1 lots expired Write off" in words
    assert "1 lots that expire within 90 days Use first" in words


def test_how_near_is_near_is_what_the_stock_policy_says_of_the_item(site: Site):
    pill = site.add(an_item, "Viên uống")
    for lot in (site.add(a_lot, it, it.name_vi, TODAY + timedelta(days=60)) for it in (site.condom, pill)):
        site.post(a_document(site.tree.board, a_line(lot, 10)))
    assert "2 lots that expire within 90 days Use first" in home(site)

    site.add(a_policy, site.tree.board, item=id_of(site.condom), near_expiry_days="59")
    site.add(a_policy, level="board", near_expiry_days="60")

    assert "1 lots that expire within 60 days Use first" in home(site)
    stock = home(site, path="/stock")
    assert "Bao cao su: 10, expires 19/01/2027, Free of charge" in stock
    assert stock.count("◆ Near expiry") == 1
    assert "Viên uống: 10, expires 19/01/2027, Free of charge ◆ Near expiry" in stock


def test_lots_that_are_near_by_different_limits_are_counted_together(site: Site):
    for item, days in ((site.condom, "90"), (site.add(an_item, "Viên uống"), "180")):
        site.add(a_policy, site.tree.board, item=id_of(item), near_expiry_days=days)
        lot = site.add(a_lot, item, None, TODAY + timedelta(days=int(days)))
        site.post(a_document(site.tree.board, a_line(lot, 10)))

    assert "2 lots near expiry Use first" in home(site)


def test_expired_stock_is_on_hand_but_not_usable(site: Site):
    site.receive(10, number="OLD", expires_on=TODAY - timedelta(days=1), on=date(2026, 1, 5))

    words = home(site, path="/stock")

    assert "0 piece 10 – – ■ Out of stock" in words
    assert "OLD: 10, expires 19/11/2026, Free of charge ✕ Expired" in words


def test_goods_from_above_are_announced_for_a_week(site: Site):
    lot = site.receive(100)
    site.post(a_document(site.tree.board, a_line(lot, 5), kind=Kind.ISSUE, to=site.tree.district))

    assert "1 documents brought goods in the last 7 days" in home(site, site.tree.district)
    assert "PX-2026-00001 · 20/11/2026 · Ban Quản lý thành phố" in home(site, site.tree.district)
    assert "brought goods" not in home(site)


def test_the_page_speaks_vietnamese(site: Site):
    words = home(site, language="vi")

    assert "Việc cần làm hôm nay" in words
    assert "To do" not in words


def test_facilities_are_listed_and_found_without_tones(site: Site):
    words = home(site, path="/facilities?q=truc bach")

    assert "Trạm Y tế phường Trúc Bạch" in words
    assert "Under Ban Quản lý thành phố Trung tâm Y tế quận Ba Đình" in words


def test_facilities_out_of_scope_are_not_found(site: Site):
    site.add(a_facility, "Trung tâm Y tế huyện Ba Vì", level="district", parent=site.tree.board)

    assert "Try fewer letters" in home(site, site.tree.district, "/facilities?q=ba vi")


def test_names_are_in_vietnamese_order(site: Site):
    for name in ("Trung tâm Y tế quận Đống Đa", "Trung tâm Y tế quận Cầu Giấy", "Trung tâm Y tế quận 10"):
        site.add(a_facility, name, level="district", parent=site.tree.board)

    words = home(site, path="/facilities")

    places = [words.index(name) for name in ("quận 10", "quận Ba Đình", "quận Cầu Giấy", "quận Đống Đa")]
    assert places == sorted(places)


def test_the_way_up_ends_at_the_readers_own_facility(site: Site):
    page = site.browser(site.tree.district).get(f"/f/{site.tree.collaborator.code}").text
    path = page.partition('class="path"')[2].partition("</nav>")[0]

    assert "Trúc Bạch" in path
    assert "Ba Đình" in path
    assert "Ban Quản lý" not in path


def test_what_is_on_the_way_is_told_to_who_is_to_confirm_it(site: Site):
    lot = site.receive(100)
    sent = a_document(site.tree.board, a_line(lot, 40), kind=Kind.ISSUE, to=site.tree.district, shipped=True)
    site.post(sent)

    assert "1 shipments to confirm Confirm" in home(site, site.tree.district)
    assert "0 piece 0 40 –" in home(site, site.tree.district, "/stock")
    assert "shipments to confirm" not in home(site, site.tree.board)


def test_the_work_of_every_feature_is_on_the_first_page(site: Site):
    lot = site.receive(100, at=site.tree.commune, on=TODAY - timedelta(days=90))
    commune = site.browser(site.tree.commune)
    words = home(site, site.tree.commune)
    assert "1 items due for a count Count them" in words

    answer = commune.get(f"/f/{site.tree.commune.code}/requisitions/new")
    commune.post(f"/f/{site.tree.commune.code}/requisitions/new", data=form_of(answer))
    chief = site.browser(site.tree.board, "manager")
    answer = chief.get(f"/f/{site.tree.board.code}/recalls/new?lot={lot.id}")
    chief.post(f"/f/{site.tree.board.code}/recalls/new", data={**form_of(answer), "reason": "Bị lỗi"})

    words = home(site, site.tree.commune)
    assert "1 requisitions are being written Finish them" in words
    assert "1 recalled lots still held here Send back" in words
