"""The lists of alerts, and acknowledging one or many from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import CurrentPlace, CurrentUser, Poster
from lmis.accounts.models import User
from lmis.accounts.scope import Place
from lmis.alerts.findings import Rule, Severity
from lmis.alerts.life import LONGEST, By, Word, WrongRest, acknowledge, check_rest, version
from lmis.alerts.links import SITE, Way, look
from lmis.alerts.listing import BELOW, OWN, RECENT, STATES, TOLD, Choice, find, told_here
from lmis.alerts.sentences import ACT_NAMES, RULE_NAMES, SEVERITY_NAMES, SHAPES
from lmis.alerts.views import AlertView, views
from lmis.db import Reader, Transaction, id_of
from lmis.errors import LmisError
from lmis.forms import Form, Posted, new_form
from lmis.i18n import N_
from lmis.pages import page
from lmis.reading import MOST, read_day, read_text

router = APIRouter()
ALERT = "alert-"
STATE_NAMES = {"open": N_("Open"), "acknowledged": N_("Acknowledged"), "resolved": N_("Resolved")}
MARKS = {Severity.URGENT: "out", Severity.WARNING: "below", Severity.NOTICE: "near"}  # of the style sheet
Word20 = Annotated[str, Query(max_length=20)]


class NoAlertChosen(LmisError):
    status_code = 422
    msgid = N_("No alert is chosen. Tick at least one.")


@dataclass(frozen=True, slots=True)
class Row:
    """An alert of a list. way: what its reader is asked to do; None where there is nothing for them to do."""

    alert: AlertView
    way: Way | None
    version: str


@router.get("/f/{code}/alerts")
def alerts(
    request: Request,
    place: CurrentPlace,
    user: CurrentUser,
    session: Reader,
    severity: Word20 = "",
    rule: Word20 = "",
    state: Word20 = "open",
    below: bool = False,
    told: bool = False,
    part: int = 1,
) -> Response:
    """told: those that were escalated to the facility; below: all under it, too."""
    side = TOLD if told else BELOW if below and place.has_children else OWN
    choice = _choice(side, severity, rule, state)
    return _page(request, session, place, user, choice, part, new_form(), 200)


@router.post("/f/{code}/alerts")
def acknowledge_chosen(
    request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction
) -> Response:
    """Acknowledge the ticked, or with `one` a single alert; then the same list again."""
    form = Form(data)
    choice = _choice(form["side"], form["severity"], form["rule"], form["state"])
    part = int(form["part"]) if form["part"].isdecimal() and len(form["part"]) < 6 else 1
    seen = _chosen(form)
    word = read_word(form, clock.today())
    if not seen:
        form.refuse("", NoAlertChosen())
    if form.errors:
        return _page(request, session, place, user, choice, part, form, 422)
    done = acknowledge(session, seen, word, By(id_of(user), place.id, clock.today(), clock.now()))
    query = urlencode({**query_of(choice), "part": part, **{name: count for name, count in done.items() if count}})
    return RedirectResponse(f"{place.path}/alerts?{query}", 303)


def _choice(side: str, severity: str, rule: str, state: str) -> Choice:
    """What is asked for; what there is not is as if it was not asked for."""
    return Choice(
        side if side in (BELOW, TOLD) else OWN,
        state if state in STATES else "open",
        int(severity) if severity in {str(int(it)) for it in Severity} else None,
        rule if rule in RULE_NAMES else "",
    )


def query_of(choice: Choice) -> dict[str, str]:
    """A choice as the address says it."""
    said = {"severity": str(choice.severity or ""), "rule": choice.rule}
    said |= {"state": choice.state if choice.state != "open" else ""}
    said |= {choice.side: "1"} if choice.side != OWN else {}
    return {name: value for name, value in said.items() if value}


def _chosen(form: Form) -> dict[int, str]:
    """The alerts to acknowledge with the version in which they were seen."""
    one, _, seen = form["one"].partition(":")
    given = [(one, seen)] if one else form.named(ALERT)
    return {int(id_): seen for id_, seen in given if id_.isascii() and id_.isdigit() and len(id_) < 10}


def read_word(form: Form, today: date) -> Word:
    """The note and the day of an acknowledgement; faults are noted in the form."""
    note = form.read("note", lambda text: read_text(text, most=500), required=False)
    until = form.read("until", read_day, required=False)
    try:
        check_rest(until, today)
    except WrongRest as error:
        form.refuse("until", error)
    return Word(note, until)


def way_for(request: Request, place: Place, user: User, alert: AlertView) -> Way | None:
    """What a reader is asked to do: who may not record only looks; None: on a page they may not see."""
    may_act = place.may_post and alert.state != "resolved"
    way = alert.way(user.facility_id) if may_act else look(alert.about)
    return None if way.path == SITE and not request.state.administers else way


def version_of(alert: AlertView) -> str:
    return version(alert.raised_at, alert.acknowledged_at)


def _page(
    request: Request,
    session: Session,
    place: Place,
    user: User,
    choice: Choice,
    part: int,
    form: Form,
    status_code: int,
) -> Response:
    today = clock.today()
    found = find(session, place.id, choice, min(max(part, 1), MOST), today)
    rows = [Row(it, way_for(request, place, user, it), version_of(it)) for it in views(session, found.ids)]
    return page(
        request,
        "alerts/list.html",
        status_code=status_code,
        form=form,
        rows=rows,
        found=found,
        choice=choice,
        query=urlencode(query_of(choice)),
        told=told_here(session, place.id),
        rules=[(str(it), RULE_NAMES[it]) for it in Rule],
        severities=[(int(it), SEVERITY_NAMES[it]) for it in sorted(Severity, reverse=True)],
        states=STATE_NAMES,
        days=RECENT.days,
        rest=rest(today),
        done={name: _count(request.query_params.get(name, "")) for name in ("acknowledged", "resolved", "changed")},
        **words(),
    )


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def rest(today: date) -> tuple[date, date]:
    """The first and the last day until which an alert may rest."""
    return today + timedelta(days=1), today + LONGEST


def words() -> dict[str, object]:
    """How severities, rules and acts are named and drawn."""
    return {
        "severity_names": SEVERITY_NAMES,
        "shapes": SHAPES,
        "marks": MARKS,
        "rule_names": RULE_NAMES,
        "act_names": ACT_NAMES,
    }
