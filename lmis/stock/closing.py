"""Closing the books: from then on nothing is dated on or before the day."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from lmis.db import id_of
from lmis.errors import LmisError
from lmis.i18n import N_
from lmis.network.service import facility_by_code, subtree_ids
from lmis.sql import Sql

CLOSE = """
    UPDATE facility SET closed_through = :through
    WHERE id IN (:ids*) AND (closed_through IS NULL OR closed_through <= :through)"""


class ClosesTheFuture(LmisError):
    status_code = 422
    msgid = N_("%(through)s is not over yet; close through a day that is.")


class AlreadyClosed(LmisError):
    status_code = 409
    msgid = N_("%(facility)s is closed through %(closed_through)s already; closed books are not opened this way.")


def close_books(session: Session, code: str, through: date, *, below: bool, today: date) -> int:
    """Close a facility, and with `below` all under it, through a day. Returns how many facilities were closed.

    One under it that is closed through a later day stays so. Raises UnknownFacility, ClosesTheFuture, AlreadyClosed.
    """
    if through >= today:
        raise ClosesTheFuture(through=through)
    facility = facility_by_code(session, code)
    if facility.closed_through and facility.closed_through > through:
        raise AlreadyClosed(facility=facility.name, closed_through=facility.closed_through)
    ids = subtree_ids(session, id_of(facility), today) if below else [id_of(facility)]
    return Sql(session).execute(CLOSE, ids=ids, through=through)
