"""The one way into the ledger: locks, checks and writes any number of documents, all or none.

The rows of the facilities a batch touches are its lock, taken in the order of their ids, so that two postings at one
shelf follow each other on PostgreSQL as they do on SQLite with its one writer. What is read afterwards holds until the
transaction ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlmodel import Session

from lmis.errors import LmisError, Refused
from lmis.sql import Sql
from lmis.stock import refusals
from lmis.stock.documents import Document, Posted
from lmis.stock.journal import Applied
from lmis.stock.ledger import Ledger
from lmis.stock.loading import Known, known_documents, load_ledger, lock_places, originals_of, shipments_of
from lmis.stock.writing import Writer

NEXT_ID = "SELECT COALESCE(MAX(id), 0) + 1 FROM stock_movement"
NEXT_IDS = """
    SELECT nextval(pg_get_serial_sequence('stock_movement', 'id')) AS id FROM generate_series(1, :count) ORDER BY 1"""


def post(
    session: Session,
    documents: Sequence[Document],
    *,
    today: date,
    now: datetime,
    user_id: int | None = None,
) -> list[Posted]:
    """Post documents in their order, inside the session's transaction.

    today: the day in Vietnam, the latest a document may be dated; now: when they are recorded, with its zone.
    Returns what was posted, in the same order; a document posted before with the same content is given back as it is.
    Raises Refused with every refusal (LineRefused, which tells the document and the line); nothing is written then.
    """
    sql = Sql(session)
    originals = originals_of(sql, documents)
    shipments = shipments_of(sql, documents, originals)
    places = lock_places(sql, documents, originals, shipments.values())
    known = known_documents(sql, documents)
    new, faults = _tell_apart(documents, known)
    applied: list[Applied] = []
    posted: list[Posted] = []
    if new:
        ledger = load_ledger(sql, [documents[index] for index in new], places, originals, shipments, today)
        applied, refused = _apply(ledger, documents, new, _new_ids(sql, len(new)))
        faults += refused
        if not faults:
            writer = Writer(sql, ledger, recorded_at=now, user_id=user_id)
            posted = writer.write(applied)
    if faults:
        raise Refused(faults)
    return _in_order(documents, known, posted)


def _tell_apart(documents: Sequence[Document], known: Mapping[str, Known]) -> tuple[list[int], list[LmisError]]:
    """The indexes of the documents not posted yet, and a refusal of each that clashes with one that was."""
    new: list[int] = []
    faults: list[LmisError] = []
    digests = {uuid: document.digest for uuid, document in known.items()}
    for index, document in enumerate(documents):
        uuid = document.uuid.hex
        if uuid not in digests:
            digests[uuid] = document.digest
            new.append(index)
        elif digests[uuid] != document.digest:
            faults.append(refusals.ClashingId().at(index))
    return new, faults


def _new_ids(sql: Sql, count: int) -> Sequence[int]:
    """Ids for `count` movements, rising. Others may take some in between, at facilities that are not locked here."""
    if sql.sqlite:
        first = int(sql.rows(NEXT_ID)[0][0])
        return range(first, first + count)
    return [row[0] for row in sql.rows(NEXT_IDS, count=count)]


def _apply(
    ledger: Ledger, documents: Sequence[Document], new: Sequence[int], ids: Sequence[int]
) -> tuple[list[Applied], list[LmisError]]:
    applied: list[Applied] = []
    faults: list[LmisError] = []
    for movement_id, index in zip(ids, new, strict=True):
        try:
            entries = ledger.apply(documents[index], movement_id, index)
        except Refused as refused:
            faults += refused.refusals
        else:
            applied.append(Applied(movement_id, documents[index], entries))
    return applied, faults


def _in_order(documents: Sequence[Document], known: Mapping[str, Known], posted: Sequence[Posted]) -> list[Posted]:
    now_posted = {done.uuid.hex: done for done in posted}
    answers = []
    for document in documents:
        before = known.get(document.uuid.hex)
        if before is not None:
            answers.append(Posted(before.id, document.uuid, document.kind, before.year, before.number, created=False))
        else:
            answers.append(now_posted[document.uuid.hex])
            now_posted[document.uuid.hex] = answers[-1]._replace(created=False)
    return answers
