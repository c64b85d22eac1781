"""The levels of the supply chain a new database begins with. A site may rename, add and change them."""

from __future__ import annotations

from typing import Any

CLINICAL = "clinical"
CAPABILITIES = (CLINICAL, "iud", "injectable", "implant")
ALL_CAPABILITIES = " ".join(sorted(CAPABILITIES))


def _level(
    code: str, name_vi: str, name_en: str, rank: int, *, dispenses: bool = True, clinical: bool = True
) -> dict[str, Any]:
    return {
        "code": code,
        "name_vi": name_vi,
        "name_en": name_en,
        "rank": rank,
        "dispenses": dispenses,
        "capabilities": ALL_CAPABILITIES if clinical else "",
    }


LEVELS = (
    _level("centre", "Trung ương", "National centre", 0, dispenses=False),
    _level("board", "Ban Quản lý", "Management board", 1, dispenses=False),
    _level(
        "province",
        "Chi cục Dân số",
        "Provincial population sub-department",
        1,
        dispenses=False,
    ),
    _level("district", "Trung tâm Y tế", "District or regional health centre", 2, dispenses=False),
    _level("hospital", "Bệnh viện", "Hospital", 3),
    _level("commune", "Trạm Y tế", "Commune health station", 3),
    _level("station", "Cơ sở y tế", "Health facility", 3),
    _level("clinic", "Phòng khám", "Clinic", 4),
    _level("pharmacy", "Nhà thuốc", "Pharmacy", 4, clinical=False),
    _level("mobile", "Đội lưu động", "Mobile team", 4),
    _level("station_point", "Điểm trạm", "Station point", 4),
    _level("collaborator", "Cộng tác viên dân số", "Population collaborator", 5, clinical=False),
)
