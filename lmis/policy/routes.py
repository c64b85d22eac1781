"""The pages of the stock policy: what is in force and why, setting values, and what was set before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Approver, CurrentPlace
from lmis.accounts.models import User
from lmis.accounts.scope import Place
from lmis.catalog.models import Item
from lmis.catalog.service import item_by_code, items
from lmis.db import Reader, Transaction, id_of
from lmis.errors import NotFound, Refused
from lmis.forms import Form, Posted, new_form
from lmis.pages import page
from lmis.policy.queries import MOST_CHANGES, Choice, choices, level_names, past_changes
from lmis.policy.refusals import PolicyRefused
from lmis.policy.rules import NAMES
from lmis.policy.scopes import Change, Scope, own_row, own_values, policy_at
from lmis.policy.sense import reader_of
from lmis.policy.service import policies, policies_of_places
from lmis.policy.setting import preview, set_policy
from lmis.policy.view import HINTS, LABELS, PARTS, UNITS, cells, parts, settable, told_apart, typed
from lmis.reading import read_day

router = APIRouter()
T = TypeVar("T")


@router.get("/f/{code}/policy")
def policy(request: Request, place: CurrentPlace, session: Reader, changed: bool = False) -> Response:
    listed, levels, today = items(session), level_names(session), clock.today()
    in_force = policies(session, [place.id], [id_of(it) for it in listed], today)
    of_items = [(it, parts(cells(in_force[place.id, id_of(it)], place.id, levels))) for it in listed]
    of_others = parts(cells(policies_of_places(session, [place.id], today)[place.id], place.id, levels))
    return page(
        request,
        "policy/policy.html",
        rows=[(it, to_hold) for it, (to_hold, _) in of_items],
        warnings=told_apart(of_others[1], [(it, to_warn) for it, (_, to_warn) in of_items]),
        names=parts(NAMES),
        labels=LABELS,
        hints=HINTS,
        changed=changed,
    )


@router.get("/f/{code}/policy/history")
def history(request: Request, place: CurrentPlace, session: Reader) -> Response:
    changes = past_changes(session, place, clock.today())
    return page(request, "policy/history.html", changes=changes, labels=LABELS, most=MOST_CHANGES)


@router.get("/f/{code}/policy/choose")
def choose(request: Request, place: CurrentPlace, user: Approver, session: Reader) -> Response:
    offered = choices(session, user, place, clock.today())
    return page(request, "policy/choose.html", choices=offered, items=items(session))


@router.get("/f/{code}/policy/set")
def values_form(
    request: Request, place: CurrentPlace, user: Approver, session: Reader, whom: str = "", item: str = ""
) -> Response:
    """The values for `whom` (the facility itself where it is not said) and for `item` (all where none is named)."""
    today = clock.today()
    named = item_by_code(session, item) if item else None
    choice = _choice(session, user, place, whom)
    own = own_values(own_row(session, choice.scope(_id(named)), today))
    held = {name: typed(name, value) for name, value in own.items()}
    form = new_form(whom=choice.code, item=item, valid_from=today.isoformat(), **held)
    return _values_page(request, session, place, choice, named, form)


@router.post("/f/{code}/policy/set")
def set_values(request: Request, data: Posted, place: CurrentPlace, user: Approver, session: Transaction) -> Response:
    form = Form(data)
    named = item_by_code(session, form["item"]) if "item" in form else None
    choice = _choice(session, user, place, form["whom"])
    change = _read(form, choice.scope(_id(named)))
    if change and form["step"] != "change":
        try:
            return _done(request, session, place, user, form, change, (choice, named))
        except Refused as refused:
            for error in refused.refusals:
                form.refuse(error.field if isinstance(error, PolicyRefused) else "", error)
    return _values_page(request, session, place, choice, named, form, 422 if form.errors else 200)


def _done(
    request: Request,
    session: Session,
    place: Place,
    user: User,
    form: Form,
    change: Change,
    about: tuple[Choice, Item | None],
) -> Response:
    """Set the values when they have been looked at, else show what they would do. Raises Refused."""
    today, now = clock.today(), clock.now()
    if form["step"] == "post":
        set_policy(session, change, user=user, today=today, now=now)
        return RedirectResponse(f"{place.path}/policy?changed=1", 303)
    seen = preview(session, change, user=user, today=today, now=now)
    levels = level_names(session)
    before, after = (cells(it, place.id, levels) for it in (seen.before, seen.after))
    return page(
        request,
        "policy/check.html",
        form=form,
        choice=about[0],
        item=about[1],
        change=change,
        preview=seen,
        parted=_parted(list(zip(before, after, strict=True)), lambda pair: pair[0].told != pair[1].told),
        fields=("uuid", "whom", "item", "valid_from", *NAMES),
        labels=LABELS,
    )


def _read(form: Form, scope: Scope) -> Change | None:
    """What was typed; None when any of it cannot be read."""
    valid_from = form.read("valid_from", read_day)
    values = {name: form.read(name, reader_of(name), required=False) for name in NAMES}
    if form.errors or valid_from is None:
        return None
    return Change(form.uuid(), scope, valid_from, {name: value for name, value in values.items() if value is not None})


def _choice(session: Session, user: User, place: Place, code: str) -> Choice:
    """Raises NotFound for what is not offered here."""
    offered = choices(session, user, place, clock.today())
    found = next((it for it in offered if it.code == code), None) if code else offered[0]
    if found is None:
        raise NotFound
    return found


def _values_page(
    request: Request,
    session: Session,
    place: Place,
    choice: Choice,
    item: Item | None,
    form: Form,
    status_code: int = 200,
) -> Response:
    inherited = policy_at(session, choice.scope(_id(item)), clock.today(), inherited=True)
    shown = cells(inherited, place.id, level_names(session))
    return page(
        request,
        "policy/set.html",
        status_code=status_code,
        form=form,
        choice=choice,
        item=item,
        parted=[
            (heading, settable(its, item), filled)
            for heading, its, filled in _parted(shown, lambda it: it.name in form or it.name in form.errors)
        ],
        labels=LABELS,
        hints=HINTS,
        units=UNITS,
    )


def _parted(of_names: Sequence[T], open_for: Callable[[T], bool]) -> list[tuple[str, Sequence[T], bool]]:
    """Each part of what is in the order of NAMES: its heading, its rows, and whether any of them calls to be seen."""
    return [(heading, its, any(map(open_for, its))) for heading, its in zip(PARTS, parts(of_names), strict=True)]


def _id(item: Item | None) -> int | None:
    return id_of(item) if item else None
