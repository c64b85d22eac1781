"""The page of one alert: why, what to do about it, what was done, and acknowledging it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, CurrentUser, Poster
from lmis.accounts.models import User
from lmis.accounts.scope import Place
from lmis.alerts.life import By, UnknownAlert, acknowledge_one, take_back
from lmis.alerts.routes_list import STATE_NAMES, read_word, rest, version_of, way_for, words
from lmis.alerts.telling import BY, EVENT_NAMES, bar, events_of, facts_of, proposal
from lmis.alerts.views import AlertView, views
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError
from lmis.forms import BrokenForm, Form, Posted
from lmis.network.service import ancestors, is_within
from lmis.pages import page
from lmis.reading import MOST

router = APIRouter()
AlertId = Annotated[int, Path(ge=1, le=MOST)]
Word20 = Annotated[str, Query(max_length=20)]
ACKNOWLEDGE, TAKE_BACK = "acknowledge", "take_back"


@router.get("/f/{code}/alerts/{alert_id}")
def show(
    request: Request, place: CurrentPlace, user: CurrentUser, session: Reader, alert_id: AlertId, done: Word20 = ""
) -> Response:
    return _page(request, session, place, user, _seen(session, place, alert_id), Form(), done=done)


@router.post("/f/{code}/alerts/{alert_id}")
def act(
    request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction, alert_id: AlertId
) -> Response:
    form = Form(data)
    if form["act"] not in (ACKNOWLEDGE, TAKE_BACK):
        raise BrokenForm
    try:
        with session.begin_nested():
            _do(session, form, place, user, alert_id)
    except LmisError as error:
        form.refuse("", error)
        return _page(request, session, place, user, _seen(session, place, alert_id), form, error.status_code)
    if form.errors:
        return _page(request, session, place, user, _seen(session, place, alert_id), form, 422)
    return RedirectResponse(f"{place.path}/alerts/{alert_id}?done={form['act']}", 303)


def _do(session: Session, form: Form, place: Place, user: User, alert_id: int) -> None:
    """Faults of what was typed are noted in the form. Raises what lmis.alerts.life refuses."""
    by = By(id_of(user), place.id, clock.today(), clock.now())
    if form["act"] == TAKE_BACK:
        take_back(session, alert_id, form["version"], by)
        return
    word = read_word(form, clock.today())
    if not form.errors:
        acknowledge_one(session, alert_id, form["version"], word, by)


def _seen(session: Session, place: Place, alert_id: int) -> AlertView:
    """The alert, where it is of the facility or of one under it. Raises UnknownAlert."""
    for it in views(session, [alert_id]):
        if is_within(session, it.facility.id, place.id, clock.today()):
            return it
    raise UnknownAlert


def _page(
    request: Request,
    session: Session,
    place: Place,
    user: User,
    alert: AlertView,
    form: Form,
    status_code: int = 200,
    done: str = "",
) -> Response:
    today = clock.today()
    way = way_for(request, place, user, alert)
    may_act = place.may_post and alert.state != "resolved"
    return page(
        request,
        "alerts/alert.html",
        status_code=status_code,
        alert=alert,
        form=form,
        version=version_of(alert),
        way=way,
        others=[it for it in alert.others(user.facility_id) if way is None or it.path != way.path] if may_act else [],
        moves=proposal(alert),
        facts=list(facts_of(alert)),
        by=BY.get(str(alert.facts.get("by"))),
        bar=bar(session, alert, today),
        events=events_of(session, alert.id),
        event_names=EVENT_NAMES,
        state=STATE_NAMES[alert.state],
        above=ancestors(session, alert.facility.id, today),
        may_act=may_act,
        rest=rest(today),
        done=done if done in (ACKNOWLEDGE, TAKE_BACK) else "",
        **words(),
    )
