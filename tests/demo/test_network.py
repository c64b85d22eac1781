"""The demo network: Hà Nội before July 2025."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from sqlmodel import select

from lmis.db import reader, transaction
from lmis.demo.network import BASIC, Size, places, read_districts, save_places
from lmis.network.models import ALWAYS, AdministrativeUnit
from lmis.network.service import facility_by_code, parent_of

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def districts():
    return read_districts()


def levels(districts, size: Size, seed: int = 1) -> Counter[str]:
    return Counter(place.level for place in places(districts, size, seed))


def test_the_city_has_its_districts_stations_and_about_five_thousand_collaborators(districts):
    found = levels(districts, "city")

    assert (found["board"], found["district"], found["commune"]) == (1, 30, 579)
    assert 4_800 <= found["collaborator"] <= 5_200


def test_without_a_size_one_district_has_collaborators(districts):
    found = levels(districts, "default")

    assert (found["district"], found["commune"]) == (30, 579)
    assert 80 <= found["collaborator"] <= 160


def test_a_district_alone_stands_under_the_board(districts):
    found = levels(districts, "district")

    assert (found["board"], found["district"], found["commune"]) == (1, 1, 14)


def test_every_place_comes_after_its_parent_and_has_a_code_of_its_own(districts):
    seen = {""}
    for place in places(districts, "city", 1):
        assert place.parent in seen
        assert place.code not in seen
        seen.add(place.code)


def test_a_station_in_twenty_may_not_hold_iuds_and_implants(districts):
    stations = [place for place in places(districts, "default", 1) if place.level == "commune"]

    assert sum(place.capabilities == BASIC for place in stations) == 30


def test_collaborators_may_hold_nothing_clinical_and_are_named_as_invented(districts):
    found = [place for place in places(districts, "city", 1) if place.level == "collaborator"]

    assert {place.capabilities for place in found} == {""}
    assert all("minh họa" in place.name for place in found)


def test_the_same_seed_gives_the_same_collaborators_whatever_the_size(districts):
    alone, city = places(districts, "district", 5), places(districts, "city", 5)

    assert set(alone) <= set(city)
    assert levels(districts, "city", 6) != levels(districts, "city", 5)


def test_a_saved_station_has_its_parents_and_its_administrative_unit(sqlite_engine, districts):
    with transaction(sqlite_engine) as session:
        ids = save_places(session, places(districts, "district", 1))
    with reader(sqlite_engine) as session:
        station = facility_by_code(session, "HN-00004")
        unit = session.exec(select(AdministrativeUnit).where(AdministrativeUnit.code == "00004")).one()
        parent = parent_of(session, ids["HN-00004"], TODAY)

    assert station.name == "Trạm Y tế phường Trúc Bạch"
    assert parent is not None
    assert parent.name == "Trung tâm Y tế quận Ba Đình"
    assert (station.unit_code, station.unit_valid_from) == ("00004", ALWAYS)
    assert (unit.name, unit.parent_code) == ("Phường Trúc Bạch", "001")
