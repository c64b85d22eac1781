"""The page of a recall: where the lot is now; sending it back, the file of its holders, and lifting it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from lmis import clock
from lmis.accounts.deps import Approver, CurrentPlace, Poster
from lmis.db import Reader, Transaction
from lmis.errors import LmisError, Refused
from lmis.exports import as_csv_for_excel
from lmis.forms import Form, Posted, new_form
from lmis.pages import page
from lmis.pictures import WIDTH
from lmis.reading import read_text
from lmis.recalls.download import cells, columns
from lmis.recalls.queries import recall_view
from lmis.recalls.refusals import NotTheRecallers
from lmis.recalls.sending import lift_recall, send_back, to_send
from lmis.recalls.service import recall_by_uuid
from lmis.recalls.whereabouts import Fate, whereabouts

router = APIRouter()
FATES = 100  # facilities on one page
FIGURES = ("held", "coming", "now", "on_the_way", "returned", "destroyed", "missing", "dispensed")


@router.get("/f/{code}/recalls/{uuid}")
def show_recall(
    request: Request,
    place: CurrentPlace,
    session: Reader,
    uuid: UUID,
    show: str = "",
    part: int = 1,
    done: str = "",
) -> Response:
    today = clock.today()
    recall = recall_view(session, uuid, place.id, today)
    where = whereabouts(session, recall_by_uuid(session, uuid), place.id, today)
    home = recall.facility.id
    fates = [it for it in where.fates if it.now and it.spot.id != home] if show == "holding" else where.fates
    parts = max(1, -(-len(fates) // FATES))
    part = min(max(part, 1), parts)
    whole = where.whole
    return page(
        request,
        "recalls/recall.html",
        form=new_form(),
        recall=recall,
        where=where,
        fates=fates[(part - 1) * FATES : part * FATES],
        sums=_sums(fates),
        share=whole.share if whole else None,
        reach=min(WIDTH, round(whole.share)) if whole and whole.share is not None else 0,
        held_here=any(it.now for it in where.fates if it.spot.id == place.id),
        to_send=to_send(session, uuid, place.id, today),
        show=show,
        part=part,
        parts_count=parts,
        done=done,
    )


def _sums(fates: Sequence[Fate]) -> dict[str, int]:
    return {name: sum(getattr(fate, name) for fate in fates) for name in FIGURES}


@router.get("/f/{code}/recalls/{uuid}/holders.csv")
def download(place: CurrentPlace, session: Reader, uuid: UUID) -> Response:
    today = clock.today()
    recall = recall_view(session, uuid, place.id, today)
    where = whereabouts(session, recall_by_uuid(session, uuid), place.id, today)
    body = as_csv_for_excel(columns(recall), [cells(recall, fate) for fate in where.fates])
    headers = {"Content-Disposition": f'attachment; filename="recall-{recall.number}.csv"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/f/{code}/recalls/{uuid}/send-back")
def send(data: Posted, place: CurrentPlace, user: Poster, session: Transaction, uuid: UUID) -> Response:
    """Raises a refusal, shown as a page: what is held has changed since the button was drawn."""
    recall_view(session, uuid, place.id, clock.today())
    seed = Form(data).uuid()
    send_back(session, seed, uuid, place.id, today=clock.today(), now=clock.now(), user_id=user.id)
    return RedirectResponse(f"{place.path}/recalls/{uuid}?done=sent", 303)


@router.get("/f/{code}/recalls/{uuid}/lift")
def lift_form(request: Request, place: CurrentPlace, user: Approver, session: Reader, uuid: UUID) -> Response:  # noqa: ARG001
    recall = recall_view(session, uuid, place.id, clock.today())
    if recall.facility.id != place.id:
        raise NotTheRecallers(facility=recall.facility.name)
    return page(request, "recalls/lift.html", recall=recall, form=new_form())


@router.post("/f/{code}/recalls/{uuid}/lift")
def lift(
    request: Request, data: Posted, place: CurrentPlace, user: Approver, session: Transaction, uuid: UUID
) -> Response:
    recall = recall_view(session, uuid, place.id, clock.today())
    form = Form(data)
    reason = form.read("reason", lambda text: read_text(text, most=500))
    if reason:
        try:
            with session.begin_nested():
                lift_recall(session, uuid, place.id, reason, today=clock.today(), now=clock.now(), user_id=user.id)
        except LmisError as error:
            for refusal in error.refusals if isinstance(error, Refused) else [error]:
                form.refuse("", refusal)
        else:
            return RedirectResponse(f"{place.path}/recalls/{uuid}?done=lifted", 303)
    return page(request, "recalls/lift.html", status_code=422, recall=recall, form=form)
