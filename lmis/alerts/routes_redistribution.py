"""What to move between the facilities under one: the latest plan, and the same as a file."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from lmis.accounts.deps import CurrentPlace
from lmis.alerts.redistribution_kept import lines_of
from lmis.alerts.redistribution_page import COLUMNS, cells, givers, sums, why
from lmis.db import Reader
from lmis.exports import as_csv_for_excel
from lmis.pages import page

router = APIRouter()
GIVERS = 30  # on one page


@router.get("/f/{code}/redistribution")
def redistribution(request: Request, place: CurrentPlace, session: Reader, part: int = 1) -> Response:
    """What goes between those directly under the facility; and what it is itself to give or to get."""
    lines = lines_of(session, place.id)
    every = givers(lines, place.id, may_post=place.may_post)
    parts = max(1, -(-len(every) // GIVERS))
    part = min(max(part, 1), parts)
    return page(
        request,
        "alerts/redistribution.html",
        lines=lines,
        givers=every[(part - 1) * GIVERS : part * GIVERS],
        trips=sum(len(it.trips) for it in every),
        sums=sums(lines),
        why=why,
        part=part,
        parts=parts,
    )


@router.get("/f/{code}/redistribution.csv")
def download(place: CurrentPlace, session: Reader) -> Response:
    body = as_csv_for_excel(COLUMNS, map(cells, lines_of(session, place.id)))
    code = "".join(char for char in place.facility.code if char.isascii() and char.isalnum())
    headers = {"Content-Disposition": f'attachment; filename="redistribution-{code}.csv"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)
