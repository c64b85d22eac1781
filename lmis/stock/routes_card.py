"""The stock card of an item at a facility."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request, Response

from lmis import clock
from lmis.accounts.deps import CurrentPlace
from lmis.catalog.service import item_by_code
from lmis.db import Reader, id_of
from lmis.errors import NotFound
from lmis.pages import page
from lmis.pictures import balance_line
from lmis.stock.documents import RULES
from lmis.stock.queries import CardLine, balance_before, stock_card

router = APIRouter()
LINES = 300  # on one page


@dataclass(frozen=True, slots=True)
class Span:
    """A year, or one month of it."""

    year: int
    month: int | None
    first: date
    last: date


def read_span(year_typed: str, month_typed: str, today: date) -> Span:
    """The asked year or month, this year when none is. Raises NotFound for what is in no calendar."""
    if not re.fullmatch(r"(\d{4})?,(\d{1,2})?", f"{year_typed},{month_typed}", re.ASCII):
        raise NotFound
    year, month = int(year_typed or today.year), int(month_typed) if month_typed else None
    if not 1900 <= year <= 2200 or month not in (None, *range(1, 13)):
        raise NotFound
    first = date(year, month or 1, 1)
    after = date(year + (month in (None, 12)), (month or 12) % 12 + 1, 1)
    return Span(year, month, first, date.fromordinal(after.toordinal() - 1))


@router.get("/f/{code}/items/{item_code:path}/card")
def show_card(
    request: Request,
    place: CurrentPlace,
    session: Reader,
    item_code: str,
    year: str = "",
    month: str = "",
    part: int = 1,
) -> Response:
    today = clock.today()
    item = item_by_code(session, item_code)
    span = read_span(year, month, today)
    until = min(span.last, max(today, span.first))
    before = balance_before(session, place.id, id_of(item), span.first)
    lines = stock_card(session, place.id, id_of(item), span.first, span.last)
    parts = max(1, -(-len(lines) // LINES))
    part = min(max(part, 1), parts)
    return page(
        request,
        "stock/card.html",
        item=item,
        span=span,
        before=before,
        lines=lines[(part - 1) * LINES : part * LINES],
        after=lines[-1].balance if lines else before,
        lowest=min((line.balance for line in lines), default=before),
        until=until,
        picture=_picture(span, before, lines, until),
        names={kind: rule.name for kind, rule in RULES.items()},
        part=part,
        parts=parts,
        this_year=today.year,
    )


def _picture(span: Span, before: int, lines: list[CardLine], until: date) -> str:
    """The balance at the end of each day that moved."""
    of_day = {span.first: before} | {line.occurred_on: line.balance for line in lines}
    return balance_line(list(of_day.items()), span.first, until)
