"""The supply plan: all items, one item with its picture, and the same as files."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response

from lmis import clock
from lmis.accounts.deps import CurrentPlace
from lmis.calendar import month_of, month_text
from lmis.catalog.service import item_by_code
from lmis.db import Reader, id_of
from lmis.exports import as_csv_for_excel, as_xlsx
from lmis.pages import page
from lmis.planning.charts import stock_chart
from lmis.planning.download import COLUMNS, table
from lmis.planning.planned import listed
from lmis.planning.plans import LENGTH, supply_plan, total
from lmis.planning.view import findings

router = APIRouter()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/f/{code}/plan")
def show_plan(request: Request, place: CurrentPlace, session: Reader, planned: bool = False) -> Response:
    today = clock.today()
    plan = supply_plan(session, place.id, today)
    return page(
        request,
        "planning/plan.html",
        plan=plan,
        rows=[(it, findings(it)) for it in plan.items],
        ordered=total(plan.orders),
        lost=total(plan.expiries),
        shipments=listed(session, place.id, month_of(today)),
        months=LENGTH,
        month=month_text,
        planned=planned,
    )


@router.get("/f/{code}/plan.{suffix}")
def download(place: CurrentPlace, session: Reader, suffix: Literal["csv", "xlsx"]) -> Response:
    plan = supply_plan(session, place.id, clock.today())
    write, kind = (as_csv_for_excel, "text/csv; charset=utf-8") if suffix == "csv" else (as_xlsx, XLSX)
    name = f"plan-{''.join(char for char in place.facility.code if char.isalnum())}-{clock.today():%Y-%m}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name.encode("ascii", "replace").decode()}"'}
    return Response(write(COLUMNS, table(plan)), media_type=kind, headers=headers)


@router.get("/f/{code}/plan/items/{item_code:path}")
def show_item(request: Request, place: CurrentPlace, session: Reader, item_code: str) -> Response:
    """Raises UnknownItem."""
    today = clock.today()
    item = item_by_code(session, item_code)
    plan = supply_plan(session, place.id, today, only=item.code)
    found = plan.items[0] if plan.items else None
    months = [month for month, _ in found.rows] if found else []
    return page(
        request,
        "planning/item.html",
        item=item,
        plan=plan,
        of=found,
        findings=findings(found) if found else [],
        chart=stock_chart(months, found.plan.months, found.plan.without) if found else None,
        shipments=listed(session, place.id, month_of(today), item_id=id_of(item)),
        month=month_text,
    )
