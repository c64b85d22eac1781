"""People, items and statements to plan with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID, uuid4

from sqlmodel import Session

from lmis.accounts.models import User
from lmis.catalog.models import CypFactor, Item
from lmis.network.models import ALWAYS, Facility
from lmis.planning.statements import Entry, Sourced, state
from tests.factories import NOW, TODAY, a_user, add, id_of

SOURCE = "Niên giám 2025"


def a_factor(session: Session, item: Item, cyp: str) -> None:
    add(session, CypFactor(item_id=id_of(item), valid_from=ALWAYS, cyp=Decimal(cyp), source="USAID 2021"))


def an_entry(
    at: Facility,
    methods: Mapping[str, str],
    brands: Mapping[Item, str] | Mapping[int, str],
    *,
    year: int = 2026,
    women: int = 10_000,
    prevalence: str = "0.6",
    target: str | None = None,
    other: str | None = None,
    uuid: UUID | None = None,
) -> Entry:
    """A statement as it is entered; shares 0 … 1, items as rows or by id."""
    return Entry(
        uuid=uuid or uuid4(),
        facility_id=id_of(at),
        year=year,
        women=women,
        women_source=SOURCE,
        prevalence=Sourced(Decimal(prevalence), SOURCE),
        target=Sourced(Decimal(target), SOURCE) if target else None,
        other=Sourced(Decimal(other), SOURCE) if other else None,
        methods={code: Sourced(Decimal(share), SOURCE) for code, share in methods.items()},
        brands={item: Sourced(Decimal(share), SOURCE) for item, share in brands.items()},  # type: ignore[misc]
    )


def stated(session: Session, entry: Entry, user: User | None = None) -> Entry:
    """The statement made, by a manager unless said."""
    state(session, entry, user=user or a_user(session, role="manager"), today=TODAY, now=NOW)
    return entry
