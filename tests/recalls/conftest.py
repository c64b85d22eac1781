from __future__ import annotations

import pytest
from sqlmodel import Session

from tests.recalls.world import World, a_world


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session)
