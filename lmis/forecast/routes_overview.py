"""The forecasts of a facility and those under it: the table, the heat map, what changes and what was far off."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from lmis import clock
from lmis.accounts.deps import CurrentPlace
from lmis.calendar import add_months, month_of
from lmis.db import Reader
from lmis.forecast.findings import units
from lmis.forecast.overview import overview, worst_errors
from lmis.pages import page

router = APIRouter()
CHANGE, STOCK = "change", "stock"
Word = Annotated[str, Query(max_length=20)]


@router.get("/f/{code}/forecast")
def show(request: Request, place: CurrentPlace, session: Reader, show: Word = CHANGE) -> Response:
    today = clock.today()
    last = add_months(month_of(today), -1)
    return page(
        request,
        "forecast/overview.html",
        found=overview(session, place.facility, today),
        misses=worst_errors(session, place.facility, last, today),
        show=STOCK if show == STOCK else CHANGE,
        last=last,
        units=units,
    )
