"""Histories of use, posted as documents of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import uuid4

from sqlalchemy import Engine
from sqlmodel import Session

from lmis.calendar import Month, add_months, first_of, last_of
from lmis.catalog.models import Lot
from lmis.db import transaction
from lmis.network.models import Facility
from lmis.stock.documents import Document, Kind
from lmis.stock.models import ReportedMonth
from lmis.stock.posting import post
from tests.factories import NOW, TODAY, Tree, a_document, a_facility, a_line, a_lot, a_tree, add, an_item, id_of

AS_OF: Month = 202610
PLENTY = 1_000_000
NEVER = date(2099, 12, 31)


def months_to(last: Month, count: int) -> list[Month]:
    return [add_months(last, ahead) for ahead in range(1 - count, 1)]


def a_shelf(session: Session, **about: object) -> Lot:
    """A lot that does not expire, of a new item."""
    return a_lot(session, an_item(session, **about), expires_on=NEVER)  # type: ignore[arg-type]


def used(
    session: Session,
    facility: Facility,
    lot: Lot,
    months: Mapping[Month, int],
    *,
    stock: int = PLENTY,
    channel: str = "free",
) -> None:
    """An opening balance the day before the first month, and what was dispensed on the 15th of each."""
    opening = a_line(lot, stock, channel=channel)
    documents = [a_document(facility, opening, kind=Kind.OPENING, on=first_of(min(months)) - timedelta(days=1))]
    documents += [
        given(facility, lot, quantity, month, channel=channel) for month, quantity in months.items() if quantity
    ]
    post(session, documents, today=TODAY, now=NOW)


def given(
    facility: Facility, lot: Lot, quantity: int, month: Month, *, day: int = 15, channel: str = "free"
) -> Document:
    """Goods given to clients on a day of a month."""
    return a_document(
        facility, a_line(lot, quantity, channel=channel), kind=Kind.DISPENSE, on=first_of(month).replace(day=day)
    )


def undone(document: Document) -> Document:
    """The reversal, of today."""
    return Document(uuid4(), Kind.REVERSAL, TODAY, document.facility_id, (), reverses=document.uuid)


def reported(
    session: Session, facility: Facility, lot: Lot, months: Sequence[Month], *, days_out: int | None = None,
    ordered: int | None = None,
) -> None:  # fmt: skip
    """The months that reached us as monthly reports."""
    for month in months:
        row = ReportedMonth(
            facility_id=id_of(facility), item_id=lot.item_id, month=month, days_out=days_out, ordered=ordered
        )
        add(session, row)


def a_city(engine: Engine, communes: int = 3, months: int = 18) -> tuple[Tree, list[Facility], Lot]:
    """A tree, more communes under its district, and an item that all of them use, each with its own ups and downs."""
    with transaction(engine) as session:
        tree, lot = a_tree(session), a_shelf(session)
        places = [tree.commune, *(a_facility(session, parent=tree.district) for _ in range(communes - 1))]
        for number, place in enumerate(places, 1):
            use = {month: 20 * number + (7 * at * number) % 11 for at, month in enumerate(months_to(AS_OF, months))}
            used(session, place, lot, use)
    return tree, places, lot


def end_of(month: Month) -> date:
    return last_of(month)
