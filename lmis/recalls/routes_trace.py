"""The way of a lot through the network."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from lmis import clock
from lmis.accounts.deps import CurrentPlace
from lmis.db import Reader
from lmis.pages import page
from lmis.reading import MOST
from lmis.recalls.trace import trace_lot
from lmis.stock.documents import RULES

router = APIRouter()
STOPS = 100  # facilities on one page
ORIGINS = 50  # receipts on one page
LotId = Annotated[int, Path(ge=1, le=MOST)]


@router.get("/f/{code}/lots/{lot_id}/trace")
def show_trace(request: Request, place: CurrentPlace, session: Reader, lot_id: LotId, part: int = 1) -> Response:
    trace = trace_lot(session, lot_id, place.id, clock.today())
    parts = max(1, -(-len(trace.stops) // STOPS))
    part = min(max(part, 1), parts)
    return page(
        request,
        "recalls/trace.html",
        trace=trace,
        origins=trace.origins[:ORIGINS],
        stops=trace.stops[(part - 1) * STOPS : part * STOPS],
        names={kind: rule.name for kind, rule in RULES.items()},
        part=part,
        parts_count=parts,
    )
