"""Saving items in bulk, and finding them again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from lmis.catalog import service
from lmis.catalog.models import CypFactor, Method
from lmis.catalog.reference import channel_code, default_cyp
from lmis.catalog.service import ItemRow, SavedItems, item_by_code, save_items
from lmis.errors import Refused
from tests.factories import a_price, an_item, id_of

CONDOM = ItemRow(2, "BCS", "Bao cao su", "Condom", "condom", "chiếc", 144, ("free", "social_marketing"))
PILL = ItemRow(3, "VTT", "Viên uống", "Pill", "pill", "vỉ", 3)


def test_saving_twice_changes_nothing(session: Session) -> None:
    assert save_items(session, [CONDOM, PILL]) == SavedItems(added=2)
    assert save_items(session, [CONDOM, PILL]) == SavedItems(same=2)


def test_a_new_name_or_channel_updates(session: Session) -> None:
    save_items(session, [CONDOM, PILL])
    renamed = ItemRow(2, "BCS", "Bao cao su Hello", "Condom", "condom", "chiếc", 144, ("free",))
    assert save_items(session, [renamed, PILL]) == SavedItems(changed=1, same=1)
    item = item_by_code(session, "BCS")
    assert item.name_vi == "Bao cao su Hello"
    assert service.item_channels(session)[id_of(item)] == ["free"]


def test_an_item_without_channels_moves_in_all(session: Session) -> None:
    save_items(session, [PILL])
    found = service.item_channels(session)[id_of(item_by_code(session, "VTT"))]
    assert found == ["free", "social_marketing", "socialised", "market"]


def test_an_unknown_method_becomes_a_new_clinical_one(session: Session) -> None:
    saved = save_items(session, [ItemRow(2, "V", "Vòng", "Ring", "ring", "chiếc")])
    assert saved.new_methods == ["ring"]
    assert session.get_one(Method, "ring").capability == "clinical"


def test_couple_years_come_from_the_method_unless_the_row_says_otherwise(session: Session) -> None:
    own = ItemRow(4, "QC", "Que cấy", "Implant", "implant", "que", cyp=Decimal("3.8"))
    save_items(session, [CONDOM, own])
    kept = dict(session.exec(select(CypFactor.item_id, CypFactor.cyp)).all())
    assert kept[id_of(item_by_code(session, "BCS"))] == Decimal("0.0083333333")
    assert kept[id_of(item_by_code(session, "QC"))] == Decimal("3.8")


def test_a_box_gets_no_factor_that_is_said_of_a_piece(session: Session) -> None:
    saved = save_items(session, [ItemRow(2, "BCS", "Bao cao su", "Condom", "condom", "box")])
    assert saved.without_cyp == ["BCS"]
    assert default_cyp("condom", "chiếc") == Decimal("0.0083333333")


def test_the_same_row_twice_is_one_item(session: Session) -> None:
    assert save_items(session, [CONDOM, CONDOM]) == SavedItems(added=1)


def test_a_code_given_twice_with_other_content_is_refused(session: Session) -> None:
    with pytest.raises(Refused, match="row 3, code: “BCS” already stands in row 2"):
        save_items(session, [CONDOM, ItemRow(3, "BCS", "Khác", "Other", "condom", "chiếc")])


def test_a_price_holds_from_its_first_day_to_the_day_before_its_end(session: Session) -> None:
    item = an_item(session)
    a_price(session, item, 500, since=date(2026, 1, 1))
    days = date(2025, 12, 31), date(2026, 1, 1)
    assert [service.price_on(session, id_of(item), "social_marketing", day) for day in days] == [None, 500]


@pytest.mark.parametrize(
    ("text", "code"),
    [("TTXH", "social_marketing"), ("Xã hội hóa", "socialised"), ("Free of charge", "free"), ("chợ đen", None)],
)
def test_channels_are_known_by_code_name_and_abbreviation(text: str, code: str | None) -> None:
    assert channel_code(text) == code
