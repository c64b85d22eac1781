"""Looking at the differences of a count, explaining them, and deciding."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from lmis import clock
from lmis.accounts.deps import Approver, CurrentPlace, CurrentUser, Poster
from lmis.accounts.models import User
from lmis.accounts.rights import may_approve
from lmis.config import settings
from lmis.counts.deciding import CountRefused, approve, cancel, close_blind, explain, recount, submit
from lmis.counts.entry import MEMBERS, about, read_review
from lmis.counts.models import StockCount
from lmis.counts.queries import count_by_uuid, lines_of, names_of
from lmis.counts.refusals import NotAllCounted
from lmis.counts.rules import OPEN, Figures, State, is_far_off, needs_approval
from lmis.db import Reader, Transaction, id_of
from lmis.errors import Forbidden, LmisError
from lmis.forms import Form, Posted
from lmis.pages import page
from lmis.reading import read_text
from lmis.stock.documents import Kind
from lmis.stock.models import Reason
from lmis.stock.reference import explains
from lmis.stock.shelves import reasons

router = APIRouter()


@router.get("/f/{code}/counts/{uuid}/review")
def review(
    request: Request, place: CurrentPlace, user: CurrentUser, session: Reader, uuid: UUID, saved: bool = False
) -> Response:
    count = count_by_uuid(session, place.id, uuid)
    if count.state in (State.POSTED, State.CANCELLED):
        return RedirectResponse(f"{place.path}/counts/{uuid}/record", 303)
    return _page(request, session, user, count, Form(), saved=saved)


@router.post("/f/{code}/counts/{uuid}/review")
def send_review(
    request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction, uuid: UUID
) -> Response:
    """Keep what explains the differences and, unless it is only saved, go on to the next step."""
    count = count_by_uuid(session, place.id, uuid, lock=True)
    path = f"{place.path}/counts/{uuid}"
    if count.state not in OPEN:  # sent before, or decided meanwhile by somebody else
        return RedirectResponse(path, 303)
    form = Form(data)
    said = read_review(form, lines_of(session, count), [reason.code for reason in reasons(session, Kind.COUNT)])
    explain(session, count, said)
    user_id, today, now = id_of(user), clock.today(), clock.now()

    def go_on() -> None:
        if count.blind and count.state == State.DRAFT:
            close_blind(session, count, said, user_id=user_id, now=now)
        else:
            submit(session, count, said, user_id=user_id, today=today, now=now)

    if not form.errors and form["act"] == "save":
        return RedirectResponse(f"{path}/review?saved=1", 303)
    if form.errors or not _done(form, go_on):
        return _page(request, session, user, count, form, status_code=422)
    return RedirectResponse(path, 303)


@router.post("/f/{code}/counts/{uuid}/approve")
def send_approval(
    request: Request, data: Posted, place: CurrentPlace, user: Approver, session: Transaction, uuid: UUID
) -> Response:
    count = count_by_uuid(session, place.id, uuid, lock=True)
    if count.state == State.POSTED:
        return RedirectResponse(f"{place.path}/counts/{uuid}", 303)
    form = Form(data)
    user_id, today, now = id_of(user), clock.today(), clock.now()
    if _done(form, lambda: approve(session, count, user_id=user_id, today=today, now=now)):
        return RedirectResponse(f"{place.path}/counts/{uuid}", 303)
    return _page(request, session, user, count, form, status_code=422)


@router.post("/f/{code}/counts/{uuid}/recount")
def send_recount(
    request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction, uuid: UUID
) -> Response:
    count = count_by_uuid(session, place.id, uuid, lock=True)
    form = Form(data)
    why = form.read("why", _read_why)
    approver, user_id = may_approve(user.role), id_of(user)
    if why and _done(form, lambda: recount(count, why, approver=approver, user_id=user_id, now=clock.now())):
        return RedirectResponse(f"{place.path}/counts/{uuid}", 303)
    return _page(request, session, user, count, form, status_code=422)


@router.get("/f/{code}/counts/{uuid}/cancel")
def cancel_form(request: Request, place: CurrentPlace, user: Poster, session: Reader, uuid: UUID) -> Response:  # noqa: ARG001
    return page(request, "counts/cancel.html", form=Form(), count=count_by_uuid(session, place.id, uuid))


@router.post("/f/{code}/counts/{uuid}/cancel")
def send_cancel(
    request: Request, data: Posted, place: CurrentPlace, user: Poster, session: Transaction, uuid: UUID
) -> Response:
    count = count_by_uuid(session, place.id, uuid, lock=True)
    form = Form(data)
    why = form.read("why", _read_why)
    if why and _done(form, lambda: cancel(count, why, user_id=id_of(user), now=clock.now())):
        return RedirectResponse(f"{place.path}/counts", 303)
    return page(request, "counts/cancel.html", status_code=422, form=form, count=count)


def _read_why(text: str) -> str:
    return read_text(text, most=500)


def _done(form: Form, act: Callable[[], None]) -> bool:
    """Whether the act was done; what stands against it is noted in the form."""
    try:
        act()
    except CountRefused as refused:
        for refusal in refused.whole:
            form.refuse("not-counted" if isinstance(refusal, NotAllCounted) else "", refusal)
        for line, refusals in refused.by_line.items():
            for refusal in refusals:
                form.refuse(f"reason-{line}", refusal)
    except Forbidden:
        raise
    except LmisError as error:
        form.refuse("", error)
    return not form.errors


def _fitting(figures: Figures, offered: list[Reason]) -> list[Reason]:
    """The reasons that explain a difference; all of them while what moved since may still turn it round."""
    if figures.since.moved or figures.included or not figures.difference:
        return offered
    return [it for it in offered if explains(it.code, "less" if figures.difference < 0 else "more")]


def _page(
    request: Request,
    session: Session,
    user: User,
    count: StockCount,
    form: Form,
    *,
    status_code: int = 200,
    saved: bool = False,
) -> Response:
    lines = lines_of(session, count)
    share = settings().count_approval_share
    offered = reasons(session, Kind.COUNT)
    own = count.closed_by == user.id and not settings().own_approval
    return page(
        request,
        "counts/review.html",
        status_code=status_code,
        form=form,
        about=about(form, lines),
        count=count,
        shown=not (count.blind and count.state == State.DRAFT),
        differing=[line for line in lines if line.figures.difference or (line.is_counted and line.has_moved)],
        agreeing=[line for line in lines if line.is_counted and not (line.figures.difference or line.has_moved)],
        left_out=[line for line in lines if line.is_left_out],
        far_off={line.line_no for line in lines if is_far_off(line.figures, share)},
        needs_approval=needs_approval((line.figures for line in lines), share),
        percent=f"{(share * 100).normalize():f}",
        total=len(lines),
        reasons=offered,
        fitting={line.line_no: _fitting(line.figures, offered) for line in lines},
        members=(count.committee.split("\n") + [""] * MEMBERS)[:MEMBERS],
        own=own,
        saved=saved,
        names=names_of(session, [count.started_by, count.closed_by, count.decided_by]),
    )
