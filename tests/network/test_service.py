"""Saving facilities in bulk, and finding them again."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import Session, select

from lmis.errors import Refused
from lmis.network import service
from lmis.network.models import AdministrativeUnit, Facility, Level
from lmis.network.service import FacilityRow, Saved, facility_by_code, save_facilities
from lmis.network.units import units_before_2025
from tests.factories import a_tree, id_of

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
ROWS = [
    FacilityRow(2, "T1", "Trạm Y tế Trúc Bạch", "commune", "D1"),
    FacilityRow(3, "D1", "Trung tâm Y tế Ba Đình", "district", "B", 21.03, 105.84),
    FacilityRow(4, "D2", "Trung tâm Y tế Tây Hồ", "district", "B"),
    FacilityRow(5, "B", "Ban Quản lý", "board"),
    FacilityRow(6, "C1", "CTV minh họa 1", "collaborator", "T1"),
]


def ids(session: Session, *codes: str) -> list[int]:
    return [id_of(facility_by_code(session, code)) for code in codes]


def codes(facilities: list[Facility]) -> list[str]:
    return [facility.code for facility in facilities]


def faults(caught: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [str(fault) for fault in caught.value.refusals]


def test_parents_may_come_after_their_children(session: Session) -> None:
    assert save_facilities(session, ROWS) == Saved(added=5)
    (collaborator,) = ids(session, "C1")
    assert codes(service.ancestors(session, collaborator, AFTER)) == ["T1", "D1", "B"]


def test_saving_twice_changes_nothing(session: Session) -> None:
    save_facilities(session, ROWS)
    assert save_facilities(session, ROWS) == Saved(same=5)


def test_a_new_name_level_or_place_updates(session: Session) -> None:
    save_facilities(session, ROWS)
    row = FacilityRow(2, "T1", "Điểm trạm Trúc Bạch", "station_point", "D1", 21.0, 105.8)
    assert save_facilities(session, [row]) == Saved(changed=1)
    saved = facility_by_code(session, "T1")
    assert (saved.name, saved.level_code, saved.latitude) == ("Điểm trạm Trúc Bạch", "station_point", 21.0)


def test_a_parent_from_a_day_on_leaves_the_past_as_it_was(session: Session) -> None:
    save_facilities(session, ROWS)
    moved = FacilityRow(2, "T1", "Trạm Y tế Trúc Bạch", "commune", "D2", valid_from=AFTER)
    assert save_facilities(session, [moved]) == Saved(changed=1)
    station, old, new = ids(session, "T1", "D1", "D2")
    assert service.is_within(session, station, old, BEFORE)
    assert service.is_within(session, station, new, AFTER)
    assert not service.is_within(session, station, old, AFTER)
    assert codes(service.children(session, old, AFTER)) == []
    parent = service.parent_of(session, station, AFTER)
    assert parent is not None
    assert parent.code == "D2"


def test_a_subtree_is_everything_under_a_facility_and_itself(session: Session) -> None:
    save_facilities(session, ROWS)
    district, station, collaborator = ids(session, "D1", "T1", "C1")
    assert sorted(service.subtree_ids(session, district, AFTER)) == sorted([district, station, collaborator])


def test_facilities_are_found_without_tones_and_only_in_their_part_of_the_tree(session: Session) -> None:
    save_facilities(session, ROWS)
    one, other = ids(session, "D1", "D2")
    assert codes(service.search_facilities(session, one, "truc bach", AFTER)) == ["T1"]
    assert service.search_facilities(session, other, "truc bach", AFTER) == []
    assert service.search_facilities(session, one, "100%", AFTER) == []


def test_a_ring_of_parents_is_refused_by_name(session: Session) -> None:
    save_facilities(session, ROWS)
    with pytest.raises(Refused) as caught:
        save_facilities(session, [FacilityRow(2, "B", "Ban Quản lý", "board", "T1")])
    assert "B → T1 → D1 → B" in faults(caught)[0]


def test_an_unknown_parent_names_its_row(session: Session) -> None:
    with pytest.raises(Refused) as caught:
        save_facilities(session, [FacilityRow(7, "X", "X", "commune", "Y")])
    assert faults(caught)[0].startswith("row 7, parent: No facility has the code “Y”")


def test_a_code_given_twice_with_other_content_is_refused(session: Session) -> None:
    with pytest.raises(Refused) as caught:
        save_facilities(session, [FacilityRow(2, "X", "X", "board"), FacilityRow(3, "X", "Z", "board")])
    assert faults(caught) == ["row 3, code: “X” already stands in row 2; give it once."]


def test_an_unknown_level_becomes_a_new_one_under_its_parents(session: Session) -> None:
    rows = [*ROWS, FacilityRow(7, "K1", "Kho khu vực", "hub", "D1"), FacilityRow(8, "K2", "Quầy", "desk", "K1")]
    assert save_facilities(session, rows).new_levels == ["desk", "hub"]
    assert session.get_one(Level, "hub").rank == 3
    assert session.get_one(Level, "desk").rank == 4


def test_capabilities_are_the_levels_unless_the_row_says_otherwise(session: Session) -> None:
    said = {"A": None, "B": "", "C": "IUD; clinical", "D": "non_clinical"}
    save_facilities(session, [FacilityRow(2, code, code, "commune", capabilities=it) for code, it in said.items()])
    every = "clinical implant injectable iud"
    assert [facility_by_code(session, code).capabilities for code in said] == [every, every, "clinical iud", ""]


def test_an_unknown_capability_is_refused(session: Session) -> None:
    with pytest.raises(Refused) as caught:
        save_facilities(session, [FacilityRow(2, "A", "A", "commune", capabilities="surgery")])
    assert faults(caught)[0].startswith("row 2, capabilities: “surgery” is not a capability")


def test_a_units_code_means_the_unit_of_that_day(session: Session) -> None:
    save_facilities(session, [FacilityRow(2, "A", "A", "commune", unit_code="00004")])
    saved = facility_by_code(session, "A")
    unit = session.get_one(AdministrativeUnit, (saved.unit_code, saved.unit_valid_from))
    assert unit.name == "Phường Trúc Bạch"
    with pytest.raises(Refused, match="No administrative unit has the code “00004” on that day"):
        save_facilities(session, [FacilityRow(2, "B", "B", "commune", unit_code="00004", valid_from=AFTER)])


def test_the_whole_nation_of_before_2025_is_saved(session: Session) -> None:
    levels = {2: "province", 3: "district", 5: "commune"}
    rows = [
        FacilityRow(line, unit["code"], unit["name_with_type"], levels[len(unit["code"])], unit.get("parent_code", ""))
        for line, unit in enumerate(units_before_2025(), 2)
    ]
    assert save_facilities(session, rows).added == 63 + 705 + 10_599
    assert len(session.exec(select(Facility.id).where(Facility.level_code == "commune")).all()) == 10_599


def test_an_unknown_facility_is_said_by_its_code(session: Session) -> None:
    with pytest.raises(service.UnknownFacility, match="No facility has the code “Z9”"):
        facility_by_code(session, "Z9")


def test_children_stand_in_vietnamese_order(session: Session) -> None:
    tree = a_tree(session)
    names = ["Đống Đa", "Ba Đình", "Phường 10", "Phường 2"]
    parent = tree.board.code
    save_facilities(session, [FacilityRow(at, f"N{at}", name, "district", parent) for at, name in enumerate(names)])
    found = service.children(session, id_of(tree.board), AFTER)
    assert [it.name for it in found if it.name in names] == ["Ba Đình", "Đống Đa", "Phường 2", "Phường 10"]
