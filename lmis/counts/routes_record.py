"""The record of a count, to be printed and signed."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from lmis.accounts.deps import CurrentPlace
from lmis.counts.queries import count_by_uuid, document_of, lines_of, names_of
from lmis.counts.record import record_lines, totals
from lmis.counts.rules import NOT_OVER
from lmis.db import Reader
from lmis.pages import page
from lmis.stock.documents import Kind
from lmis.stock.shelves import reasons

router = APIRouter()


@router.get("/f/{code}/counts/{uuid}/record")
def record(request: Request, place: CurrentPlace, session: Reader, uuid: UUID) -> Response:
    count = count_by_uuid(session, place.id, uuid)
    if count.state in NOT_OVER:
        return RedirectResponse(f"{place.path}/counts/{uuid}", 303)
    lines = record_lines(session, count)
    return page(
        request,
        "counts/record.html",
        count=count,
        document=document_of(session, count),
        rows=lines,
        totals=totals(lines),
        left_out=[line for line in lines_of(session, count) if line.is_left_out],
        reasons={reason.code: reason for reason in reasons(session, Kind.COUNT)},
        names=names_of(session, [count.started_by, count.closed_by, count.decided_by]),
    )
