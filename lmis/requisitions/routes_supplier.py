"""What a supplier does with many requisitions at once: approve, share out, release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Approver, CurrentPlace, CurrentUser, Poster
from lmis.accounts.scope import Place
from lmis.catalog.service import item_by_code, items
from lmis.config import settings
from lmis.db import Reader, Transaction, id_of
from lmis.errors import Forbidden, LmisError, NotFound
from lmis.forms import BrokenForm, Form, Posted
from lmis.i18n import N_
from lmis.pages import page
from lmis.requisitions.approval import Share, Short, approve_all, shortages
from lmis.requisitions.entry import APPROVED, PAPER, note, read_key, read_version
from lmis.requisitions.queries import Listed, all_from_below, counts, lines_asked_for, submitters
from lmis.requisitions.release import approved_units, release, released_with
from lmis.requisitions.routes_papers import actor_of
from lmis.requisitions.states import KIND_NAMES, Status
from lmis.sql import Sql
from lmis.stock.shelves import channels

router = APIRouter()
WIDTH = 100  # of the small bars


class NoneChosen(LmisError):
    status_code = 422
    msgid = N_("No requisition is chosen. Tick at least one.")


@dataclass(frozen=True, slots=True)
class Bar:
    """Lengths from 0 to WIDTH of the months of stock before and after; None where no consumption is known."""

    share: Share
    before: int | None
    after: int | None


@router.get("/f/{code}/requisitions/approval")
def approval_form(request: Request, place: CurrentPlace, user: CurrentUser, session: Reader) -> Response:
    return _approval_page(request, session, place, id_of(user), Form())


@router.post("/f/{code}/requisitions/approval")
def approve_chosen(
    request: Request, data: Posted, place: CurrentPlace, user: Approver, session: Transaction
) -> Response:
    form = Form(data)
    try:
        with session.begin_nested():
            count = approve_all(
                session, _chosen(form), actor=actor_of(user, place), today=clock.today(), now=clock.now()
            )
    except LmisError as error:
        note(form, error)
        return _approval_page(request, session, place, id_of(user), form, error.status_code)
    return RedirectResponse(f"{place.path}/requisitions/dispatch?approved={count}", 303)


@router.get("/f/{code}/requisitions/dispatch")
def dispatch_form(
    request: Request, place: CurrentPlace, session: Reader, approved: int = 0, released: UUID | None = None
) -> Response:
    """released: one of the requisitions that were released just now."""
    return _dispatch_page(request, session, place, Form(), approved=max(0, approved), released=released)


@router.post("/f/{code}/requisitions/dispatch")
def dispatch(request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction) -> Response:
    """act "release" sends the goods of those chosen, "share" shares out anew what was approved."""
    form, actor = Form(data), actor_of(user, place)
    if form["act"] not in ("release", "share"):
        raise BrokenForm
    anew = form["act"] == "share"
    if anew and not actor.may_approve:
        raise Forbidden
    try:
        with session.begin_nested():
            chosen = _chosen(form)
            work = approve_all if anew else release
            work(session, chosen, actor=actor, today=clock.today(), now=clock.now())
    except LmisError as error:
        note(form, error)
        return _dispatch_page(request, session, place, form, error.status_code)
    done = f"approved={len(chosen)}" if anew else f"released={next(iter(chosen))}"
    return RedirectResponse(f"{place.path}/requisitions/dispatch?{done}", 303)


@router.get("/f/{code}/requisitions/share/{item:path}/{channel}")
def show_share(request: Request, place: CurrentPlace, session: Reader, item: str, channel: str) -> Response:
    goods = item_by_code(session, item)
    short = shortages(session, place.id, clock.today()).get((id_of(goods), channel))
    if short is None:
        raise NotFound
    return page(
        request,
        "requisitions/share.html",
        item=goods,
        channel=next(it for it in channels(session) if it.code == channel),
        short=short,
        bars=_bars(short.shares),
    )


def _bars(shares: Sequence[Share]) -> list[Bar]:
    longest = max((it.months_after or Decimal(0) for it in shares), default=Decimal(0)) or Decimal(1)
    return [Bar(it, _length(it.months_before, longest), _length(it.months_after, longest)) for it in shares]


def _length(months: Decimal | None, longest: Decimal) -> int | None:
    return None if months is None else round(WIDTH * months / longest)


def _chosen(form: Form) -> dict[UUID, int]:
    """The version of each requisition ticked. Raises NoneChosen or BrokenForm."""
    try:
        chosen = {UUID(name): read_version(version) for name, version in form.named(PAPER)}
    except ValueError:
        raise BrokenForm from None
    if not chosen:
        raise NoneChosen
    return chosen


def _approval_page(
    request: Request, session: Session, place: Place, user_id: int, form: Form, status_code: int = 200
) -> Response:
    rows = all_from_below(session, place.id, Status.AUTHORISED)
    by_whom = {} if settings().own_approval else submitters(session, rows)
    short = shortages(session, place.id, clock.today())
    goods = {id_of(it): it for it in items(session)}
    return page(
        request,
        "requisitions/approval.html",
        status_code=status_code,
        form=form,
        rows=rows,
        own={it.id for it in rows if by_whom.get(it.id) == user_id},
        asked=lines_asked_for(session, rows),
        short=[(goods[it.item_id], it) for it in _by_need(short.values())],
        few=_how_many_short(short.values()),
        channels={it.code: it for it in channels(session)},
        kind_names=KIND_NAMES,
        waiting=counts(session, place.id),
    )


def _by_need(short: Iterable[Short]) -> list[Short]:
    return sorted(short, key=lambda it: (it.available - it.requested, it.item_id, it.channel))


def _how_many_short(short: Iterable[Short]) -> dict[int, int]:
    """By requisition, how many of its lines cannot be met whole."""
    few: dict[int, int] = {}
    for it in short:
        for share in it.asking:
            few[share.requisition_id] = few.get(share.requisition_id, 0) + 1
    return few


def _dispatch_page(
    request: Request,
    session: Session,
    place: Place,
    form: Form,
    status_code: int = 200,
    approved: int = 0,
    released: UUID | None = None,
) -> Response:
    rows = all_from_below(session, place.id, Status.APPROVED)
    sent, closed = released_with(session, place.id, released) if released else ([], 0)
    _by_row(session, form, rows)
    return page(
        request,
        "requisitions/dispatch.html",
        status_code=status_code,
        form=form,
        rows=rows,
        asked=lines_asked_for(session, rows),
        approved=approved,
        sent=sent,
        closed=closed,
        kind_names=KIND_NAMES,
        waiting=counts(session, place.id),
    )


def _by_row(session: Session, form: Form, rows: Sequence[Listed]) -> None:
    """What is said of a line stands by the first requisition ticked for which it was approved."""
    ticked = [it for it in rows if f"{PAPER}{it.uuid}" in form]
    wanted = approved_units(Sql(session), [it.id for it in ticked]) if form.errors else {}
    for name in [it for it in form.errors if it.startswith(APPROVED)]:
        key = read_key(name.removeprefix(APPROVED))
        row = next((f"{PAPER}{it.uuid}" for it in ticked if key in wanted.get(it.id, {})), "")
        form.errors.setdefault(row, []).extend(form.errors.pop(name))
