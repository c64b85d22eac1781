"""What each role may do. Pure."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    STOREKEEPER = "storekeeper"
    VIEWER = "viewer"


def may_post(role: str) -> bool:
    """Whether someone of the role may record and reverse documents; everybody may read."""
    return role in (Role.ADMIN, Role.MANAGER, Role.STOREKEEPER)


def may_approve(role: str) -> bool:
    """Whether someone of the role may authorise and approve what others have asked for or counted."""
    return role in (Role.ADMIN, Role.MANAGER)
