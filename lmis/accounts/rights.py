"""What each role may do. Pure."""

from __future__ import annotations

from enum import StrEnum

from lmis.i18n import N_


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    STOREKEEPER = "storekeeper"
    VIEWER = "viewer"


ROLE_NAMES: dict[str, str] = {  # pages say the role itself, which is the same word
    Role.ADMIN: N_("admin"),
    Role.MANAGER: N_("manager"),
    Role.STOREKEEPER: N_("storekeeper"),
    Role.VIEWER: N_("viewer"),
}


def may_post(role: str) -> bool:
    """Whether someone of the role may record and reverse documents; everybody may read."""
    return role in (Role.ADMIN, Role.MANAGER, Role.STOREKEEPER)


def may_approve(role: str) -> bool:
    """Whether someone of the role may authorise and approve what others have asked for or counted."""
    return role in (Role.ADMIN, Role.MANAGER)


def may_administer(role: str, above: object | None) -> bool:
    """Whether someone of the role looks after the whole site. above: who stands over their facility, if anybody."""
    return role == Role.ADMIN and above is None
