"""The numbers of papers that move no stock: without gaps or repeats within facility, kind and year."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session

from lmis.sql import Sql

LOCK = "SELECT id FROM facility WHERE id IN (:ids*) ORDER BY id FOR NO KEY UPDATE"
LAST = "SELECT facility_id, last FROM document_counter WHERE facility_id IN (:ids*) AND kind = :kind AND year = :year"
KEEP_COUNTER = """
    INSERT INTO document_counter (facility_id, kind, year, last) VALUES (?, ?, ?, ?)
    ON CONFLICT (facility_id, kind, year) DO UPDATE SET last = excluded.last"""


def lock_facilities(sql: Sql, ids: Iterable[int]) -> None:
    """Hold the facilities' rows until the transaction ends, in the order in which postings take them.

    Taken before any lot, requisition or shipment is, so that no two wait for each other. SQLite has its one writer.
    """
    if not sql.sqlite:
        sql.rows(LOCK, ids=sorted(set(ids)))


def take_numbers(session: Session, facility_ids: list[int], kind: str, year: int) -> list[int]:
    """The next number of a paper of `kind` at each facility, in their order; one named twice gets two.

    Its row is locked until the transaction ends, so that a number given up with it is given out again.
    """
    sql = Sql(session)
    ids = sorted(set(facility_ids))
    lock_facilities(sql, ids)
    last = {row[0]: row[1] for row in sql.rows(LAST, ids=ids, kind=kind, year=year)}
    numbers = []
    for facility in facility_ids:
        last[facility] = last.get(facility, 0) + 1
        numbers.append(last[facility])
    sql.insert(KEEP_COUNTER, [(facility, kind, year, last[facility]) for facility in ids])
    return numbers
