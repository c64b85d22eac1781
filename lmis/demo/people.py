"""The people who may sign in to a demo. They are invented, say so, and share one password that is no secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from lmis.accounts.rights import Role
from lmis.accounts.service import add_user

MAIL_DOMAIN = "example.org"  # which the Internet keeps free of real addresses
PASSWORD = "minh-hoa-lmis"  # noqa: S105 - it is printed, and opens nothing but a demo


@dataclass(frozen=True, slots=True)
class Person:
    username: str
    name: str
    role: Role
    facility: str


PEOPLE = (
    Person("kho.hanoi", "Thủ kho Ban Quản lý (minh họa)", Role.STOREKEEPER, "HN"),
    Person("quanly.hanoi", "Quản lý Ban Quản lý (minh họa)", Role.ADMIN, "HN"),
    Person("quanly.badinh", "Cán bộ quản lý Ba Đình (minh họa)", Role.MANAGER, "HN-001"),
    Person("kho.badinh", "Thủ kho Ba Đình (minh họa)", Role.STOREKEEPER, "HN-001"),
    Person("tram.trucbach", "Nữ hộ sinh Trúc Bạch (minh họa)", Role.STOREKEEPER, "HN-00004"),
    Person("ctv.trucbach", "Cộng tác viên Trúc Bạch (minh họa)", Role.STOREKEEPER, "HN-00004-01"),
    Person("xem.hanoi", "Người xem Hà Nội (minh họa)", Role.VIEWER, "HN"),
)


def save_people(session: Session, facility_ids: Mapping[str, int]) -> None:
    for person in PEOPLE:
        add_user(
            session,
            username=person.username,
            name=person.name,
            password=PASSWORD,
            role=person.role,
            facility_id=facility_ids[person.facility],
            email=f"{person.username}@{MAIL_DOMAIN}",
        )
