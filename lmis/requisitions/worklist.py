"""What of requisitions waits for somebody at a facility."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from lmis.accounts.scope import Place
from lmis.i18n import N_
from lmis.requisitions.queries import counts
from lmis.requisitions.states import Status
from lmis.work import Work

OWN, BELOW = "own", "below"
TO_POST = (  # side, status, mark, shape, what, path, verb
    (OWN, Status.REJECTED, "below", "▼", N_("requisitions were sent back"), "?state=rejected", N_("Amend them")),
    (OWN, Status.INITIATED, "", "●", N_("requisitions are being written"), "?state=initiated", N_("Finish them")),
    (
        BELOW,
        Status.APPROVED,
        "",
        "●",
        N_("approved requisitions wait for their goods"),
        "/dispatch",
        N_("Release them"),
    ),
)
TO_APPROVE = (
    (
        OWN,
        Status.SUBMITTED,
        "",
        "●",
        N_("requisitions wait to be authorised"),
        "?state=submitted",
        N_("Authorise them"),
    ),
    (
        BELOW,
        Status.SUBMITTED,
        "",
        "●",
        N_("requisitions of those below wait to be authorised"),
        "?side=below&state=submitted",
        N_("Authorise them"),
    ),
    (
        BELOW,
        Status.AUTHORISED,
        "",
        "●",
        N_("requisitions from below wait for approval"),
        "/approval",
        N_("Approve them"),
    ),
)


def work(session: Session, place: Place, today: date) -> list[Work]:  # noqa: ARG001 - as every worklist is asked
    """What the reader may do about requisitions at the facility; nothing for who only reads."""
    kinds = (*(TO_POST if place.may_post else ()), *(TO_APPROVE if place.may_approve else ()))
    if not kinds:
        return []
    waiting = counts(session, place.id)
    return [
        Work(mark, shape, waiting[side, status], what, f"/requisitions{path}", verb)
        for side, status, mark, shape, what, path, verb in kinds
        if (side, status) in waiting
    ]
