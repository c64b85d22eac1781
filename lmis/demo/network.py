"""The demo network: Hà Nội before July 2025, its districts and communes with their real names and codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from sqlmodel import Session, select

from lmis.network.models import Facility
from lmis.network.reference import ALL_CAPABILITIES
from lmis.network.service import FacilityRow, save_facilities
from lmis.network.units import units_before_2025

Size = Literal["district", "default", "city"]

CITY = "01"
SHOWN_DISTRICT = "001"  # Ba Đình: the one with collaborators unless the whole city is asked for
BOARD = "HN"
BASIC = "clinical injectable"
BASIC_EVERY, BASIC_AT = 19, 9  # one station in 19 may not hold IUDs and implants, as 11 of Bắc Giang's 209
COLLABORATORS = (8.64, 1.5, 5, 13)  # mean, spread, fewest and most of a commune: about 5,000 in the city


@dataclass(frozen=True, slots=True)
class Place:
    """A facility to be. parent: a code, '' for the top; unit: the code of its administrative unit."""

    code: str
    name: str
    level: str
    parent: str
    unit: str
    capabilities: str = ALL_CAPABILITIES
    rural: bool = False


@dataclass(slots=True)
class District:
    code: str
    name: str
    rural: bool
    communes: list[dict[str, Any]] = field(default_factory=list)


def read_districts() -> list[District]:
    """The districts of Hà Nội before July 2025 with their communes, by code."""
    found: dict[str, District] = {}
    for unit in sorted(units_before_2025(), key=lambda unit: (len(unit["code"]), unit["code"])):
        if unit.get("parent_code") == CITY:
            rural = unit["type"] == "huyen"
            found[unit["code"]] = District(unit["code"], _inside(unit["name_with_type"]), rural)
        elif unit.get("parent_code") in found:
            found[unit["parent_code"]].communes.append(unit)
    return list(found.values())


def places(districts: Iterable[District], size: Size, seed: int) -> list[Place]:
    """The facilities, each after its parent.

    size: `district` is the board and one district with its collaborators; `default` all districts and stations
    with the collaborators of that one; `city` everything.
    """
    found = [Place(BOARD, "Ban Quản lý – Chi cục Dân số Hà Nội", "board", "", CITY)]
    stations = 0
    for district in districts:
        shown = district.code == SHOWN_DISTRICT
        if shown or size != "district":
            found += _district(district, seed, stations, with_collaborators=shown or size == "city")
        stations += len(district.communes)
    return found


def _district(district: District, seed: int, stations_before: int, *, with_collaborators: bool) -> Iterator[Place]:
    code = f"{BOARD}-{district.code}"
    yield Place(code, f"Trung tâm Y tế {district.name}", "district", BOARD, district.code)
    for number, commune in enumerate(district.communes, stations_before):
        station, name = f"{BOARD}-{commune['code']}", f"Trạm Y tế {_inside(commune['name_with_type'])}"
        held = BASIC if number % BASIC_EVERY == BASIC_AT else ALL_CAPABILITIES
        yield Place(station, name, "commune", code, commune["code"], held, district.rural)
        if with_collaborators:
            yield from _collaborators(station, commune["code"], seed)


def _collaborators(station: str, commune: str, seed: int) -> Iterator[Place]:
    mean, spread, fewest, most = COLLABORATORS
    count = round(Random(f"{seed} {commune}").gauss(mean, spread))
    for number in range(1, min(max(count, fewest), most) + 1):
        name = f"CTV minh họa {commune}-{number:02d}"
        yield Place(f"{station}-{number:02d}", name, "collaborator", station, commune, "")


def _inside(name: str) -> str:
    """A unit's name as it stands inside a sentence: Quận Ba Đình is quận Ba Đình."""
    return name[0].lower() + name[1:]


def save_places(session: Session, found: Iterable[Place]) -> dict[str, int]:
    """Save the facilities with their parents and administrative units. Returns their ids by code."""
    rows = [
        FacilityRow(line, it.code, it.name, it.level, it.parent, capabilities=it.capabilities, unit_code=it.unit)
        for line, it in enumerate(found, 1)
    ]
    save_facilities(session, rows)
    return facility_ids(session)


def facility_ids(session: Session) -> dict[str, int]:
    """The ids of all facilities by code."""
    return dict(session.exec(select(Facility.code, Facility.id)).all())  # type: ignore[arg-type]
