"""The report on alerts: how many there were of what and where, and how long it took to see to them."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace
from lmis.accounts.scope import Place
from lmis.alerts.history import COLUMNS, Report, branches, lasted, report, table
from lmis.alerts.sentences import RULE_NAMES
from lmis.db import Reader
from lmis.errors import LmisError
from lmis.exports import as_csv_for_excel
from lmis.forms import Form
from lmis.i18n import N_
from lmis.pages import page
from lmis.reading import read_day

router = APIRouter()
USUAL, LONGEST = timedelta(days=29), timedelta(days=366)


class WrongSpan(LmisError):
    status_code = 422
    msgid = N_("Choose a first and a last day, the first not after the last, and at most a year between them.")


@router.get("/f/{code}/alerts/report")
def show_report(request: Request, place: CurrentPlace, session: Reader) -> Response:
    """first and last of the address: days; without them the last thirty."""
    form = Form(dict(request.query_params))
    first, last = _span(form, clock.today())
    if form.errors:
        return _page(request, session, place, form, None, 422)
    form.typed |= {"first": first.isoformat(), "last": last.isoformat()}
    return _page(request, session, place, form, report(session, place.id, first, last, clock.today()), 200)


@router.get("/f/{code}/alerts/report.csv")
def download(request: Request, place: CurrentPlace, session: Reader) -> Response:
    """Raises WrongSpan."""
    form = Form(dict(request.query_params))
    first, last = _span(form, clock.today())
    if form.errors:
        raise WrongSpan
    body = as_csv_for_excel(COLUMNS, table(session, report(session, place.id, first, last, clock.today())))
    headers = {"Content-Disposition": f'attachment; filename="alerts-{first.isoformat()}-{last.isoformat()}.csv"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


def _span(form: Form, today: date) -> tuple[date, date]:
    """The days asked for; faults are noted in the form."""
    last = form.read("last", read_day, required=False) or today
    first = form.read("first", read_day, required=False) or last - USUAL
    if not form.errors and not timedelta() <= last - first <= LONGEST:
        form.refuse("first", WrongSpan())
    return first, last


def _page(
    request: Request, session: Session, place: Place, form: Form, its: Report | None, status_code: int
) -> Response:
    return page(
        request,
        "alerts/report.html",
        status_code=status_code,
        form=form,
        report=its,
        whole=its.whole() if its else None,
        by_rule=its.by_rule() if its else [],
        by_branch=branches(session, place.facility, its, clock.today()) if its else [],
        rule_names=RULE_NAMES,
        lasted=lasted,
        query=f"first={form['first']}&last={form['last']}",
    )
