"""The accuracy report: month by month, who was nearer, and what each way of forecasting adds to the one before."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from lmis import clock
from lmis.accounts.deps import CurrentPlace
from lmis.catalog.service import items
from lmis.db import Reader, id_of
from lmis.errors import NotFound
from lmis.forecast.accuracy import WAYS, nearest_of, value_added
from lmis.forecast.findings import units
from lmis.forecast.verdicts import months_to_judge, verdicts
from lmis.pages import page

router = APIRouter()
Word = Annotated[str, Query(max_length=20)]


@router.get("/f/{code}/forecast/accuracy")
def show(request: Request, place: CurrentPlace, session: Reader, month: Word = "") -> Response:
    """Raises NotFound for a month that was not forecast or is not over."""
    months = months_to_judge(session, clock.today())
    asked = next((it for it in months if str(it) == month), None) if month else next(iter(months), None)
    if asked is None and month:
        raise NotFound
    told = {it.item_id: it for it in verdicts(session, place.id, asked)} if asked else {}
    rows = [(item, told[id_of(item)]) for item in items(session) if id_of(item) in told]
    ways = {way: label for way, label in WAYS.items() if any(way in it.said for it in told.values())}
    added = [it for it in value_added(told.values()) if it.items and it.way in ways]
    return page(
        request,
        "forecast/accuracy.html",
        month=asked,
        months=months,
        rows=rows,
        added=added,
        nearest=nearest_of(added),
        ways=ways,
        early=any(it.early is not None for it in told.values()),
        units=units,
    )
