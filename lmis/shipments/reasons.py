"""The reasons that what is done with a shipment offers."""

from __future__ import annotations

from sqlmodel import Session

from lmis.stock.models import Reason
from lmis.stock.reference import OTHER
from lmis.stock.shelves import reasons


def reasons_for(session: Session, kind: str) -> list[Reason]:
    """The reasons of a kind in order, “other” always among them, last."""
    found = reasons(session, kind)
    other = session.get(Reason, OTHER)
    return [*(it for it in found if it.code != OTHER), *([other] if other else [])]
