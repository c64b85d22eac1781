"""The forecast of an item at a facility: what was, what will be, and what planners say of it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Approver, CurrentPlace
from lmis.accounts.models import User
from lmis.accounts.scope import Place
from lmis.calendar import Month
from lmis.catalog.models import Item
from lmis.catalog.service import item_by_code
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError, NotFound
from lmis.forecast.accuracy import WAYS
from lmis.forecast.findings import figures_said, judgement, units
from lmis.forecast.item_view import ItemView, item_view
from lmis.forecast.overriding import Asked, check, is_far, override
from lmis.forecast.reasons import METHODS, REASONS
from lmis.forms import BrokenForm, Form, Posted, new_form
from lmis.pages import page
from lmis.reading import read_quantity, read_text

router = APIRouter()
YEAR, PLAN = 12, 24  # months ahead that are shown: to who dispenses and supplies, and to who buys
Word = Annotated[str, Query(max_length=20)]


@router.post("/f/{code}/items/{item_code:path}/forecast/override")
def set_figure(
    request: Request, data: Posted, place: CurrentPlace, user: Approver, session: Transaction, item_code: str
) -> Response:
    form, item = Form(data), item_by_code(session, item_code)
    asked = _read(form, place, item)
    if asked and form["step"] != "change":
        try:
            return _done(request, session, place, user, form, asked, item)
        except LmisError as error:
            form.refuse(_field(error), error)
            return _page(request, session, place, item, form, error.status_code)
    return _page(request, session, place, item, form, 422 if form.errors else 200)


def _done(
    request: Request, session: Session, place: Place, user: User, form: Form, asked: Asked, item: Item
) -> Response:
    """Keep the figure when it has been looked at, else show it beside the forecast's."""
    today = clock.today()
    if form["step"] == "post":
        with session.begin_nested():
            override(session, asked, user_id=id_of(user), today=today, now=clock.now())
        return RedirectResponse(f"{_path(place, item)}?done=set", 303)
    outlook = check(session, asked, today=today)
    at = outlook.months.index(asked.month)
    return page(
        request,
        "forecast/check.html",
        form=form,
        item=item,
        asked=asked,
        path=_path(place, item),
        published=units(outlook.published[at]),
        before=outlook.overridden.get(asked.month),
        far=is_far(asked.quantity or 0, outlook.published[at]),
    )


def _read(form: Form, place: Place, item: Item) -> Asked | None:
    """What was typed; None when any of it cannot be read, which the form then tells."""
    month = form.read("month", _read_month)
    quantity = form.read("quantity", lambda text: read_quantity(text, allow_zero=True))
    reason = form.read("reason", read_text)
    if month is None or quantity is None or reason is None:
        return None
    return Asked(form.uuid(), place.id, id_of(item), month, quantity, reason)


def _read_month(text: str) -> Month:
    """Raises BrokenForm for what no list of ours offers."""
    if not (text.isascii() and text.isdigit() and len(text) == 6 and 1 <= int(text[4:]) <= 12):
        raise BrokenForm
    return int(text)


def _field(error: LmisError) -> str:
    return {"MonthNotForecast": "month", "NoReason": "reason"}.get(type(error).__name__, "")


@router.get("/f/{code}/items/{item_code:path}/forecast/{month}/take-back")
def take_back_form(
    request: Request,
    place: CurrentPlace,
    user: Approver,  # noqa: ARG001 - the right to
    session: Reader,
    item_code: str,
    month: Month,
) -> Response:
    return _take_back_page(request, session, place, item_by_code(session, item_code), month, new_form())


@router.post("/f/{code}/items/{item_code:path}/forecast/{month}/take-back")
def take_back(
    request: Request,
    data: Posted,
    place: CurrentPlace,
    user: Approver,
    session: Transaction,
    item_code: str,
    month: Month,
) -> Response:
    form, item = Form(data), item_by_code(session, item_code)
    reason = form.read("reason", read_text)
    if reason is None:
        return _take_back_page(request, session, place, item, month, form, 422)
    asked = Asked(form.uuid(), place.id, id_of(item), month, None, reason)
    try:
        with session.begin_nested():
            override(session, asked, user_id=id_of(user), today=clock.today(), now=clock.now())
    except LmisError as error:
        form.refuse("", error)
        return _take_back_page(request, session, place, item, month, form, error.status_code)
    return RedirectResponse(f"{_path(place, item)}?done=back", 303)


def _take_back_page(
    request: Request, session: Session, place: Place, item: Item, month: Month, form: Form, status_code: int = 200
) -> Response:
    """Raises NotFound where no figure stands that could be taken back."""
    view = _view(request, session, place, item)
    line = next((it for it in view.ahead if it.month == month and it.said), None)
    if line is None and not form.errors:
        raise NotFound
    path = _path(place, item)
    return page(
        request,
        "forecast/take_back.html",
        status_code=status_code,
        form=form,
        item=item,
        line=line,
        path=path,
        units=units,
    )


@router.get("/f/{code}/items/{item_code:path}/forecast")
def show(request: Request, place: CurrentPlace, session: Reader, item_code: str, done: Word = "") -> Response:
    return _page(request, session, place, item_by_code(session, item_code), new_form(), done=done)


def _page(
    request: Request,
    session: Session,
    place: Place,
    item: Item,
    form: Form,
    status_code: int = 200,
    done: str = "",
) -> Response:
    """The forecast with the form to override it; `form`: what was typed and refused."""
    view = _view(request, session, place, item)
    return page(
        request,
        "forecast/item.html",
        status_code=status_code,
        item=item,
        view=view,
        pictures=view.pictures(),
        form=form,
        done=done,
        path=_path(place, item),
        methods=METHODS,
        reasons=REASONS,
        ways=WAYS,
        units=units,
        verdict=view.last and (figures_said(view.last), judgement(view.last)),
    )


def _view(request: Request, session: Session, place: Place, item: Item) -> ItemView:
    """Who stands at the top buys for two years ahead."""
    today, item_id = clock.today(), id_of(item)

    def average() -> float | None:
        use = request.app.state.consumption(session, place.id, today)
        return float(sum(amc for (of, _), amc in use.items() if of == item_id)) or None

    most = PLAN if place.level.rank <= 1 else YEAR
    return item_view(session, place.id, item_id, most=most, today=today, average=average)


def _path(place: Place, item: Item) -> str:
    return f"{place.path}/items/{quote(item.code)}/forecast"
