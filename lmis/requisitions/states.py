"""The life of a requisition: which step follows which, who may take it, and why it is refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from lmis.errors import Forbidden, LmisError
from lmis.i18n import N_, Message

REGULAR = "regular"
EMERGENCY = "emergency"


class Status(StrEnum):
    INITIATED = "initiated"
    SUBMITTED = "submitted"
    AUTHORISED = "authorised"
    APPROVED = "approved"
    RELEASED = "released"
    REJECTED = "rejected"
    SKIPPED = "skipped"


class Act(StrEnum):
    INITIATE = "initiate"
    SAVE = "save"
    SUBMIT = "submit"
    AUTHORISE = "authorise"
    APPROVE = "approve"
    RELEASE = "release"
    REJECT = "reject"
    SKIP = "skip"


STATUS_NAMES: dict[str, str] = {
    Status.INITIATED: N_("being written"),
    Status.SUBMITTED: N_("submitted"),
    Status.AUTHORISED: N_("authorised"),
    Status.APPROVED: N_("approved"),
    Status.RELEASED: N_("released"),
    Status.REJECTED: N_("sent back"),
    Status.SKIPPED: N_("skipped"),
}
ACT_NAMES: dict[str, str] = {
    Act.INITIATE: N_("Begun"),
    Act.SAVE: N_("Saved"),
    Act.SUBMIT: N_("Submitted"),
    Act.AUTHORISE: N_("Authorised"),
    Act.APPROVE: N_("Approved"),
    Act.RELEASE: N_("Released"),
    Act.REJECT: N_("Sent back"),
    Act.SKIP: N_("Skipped"),
}
KIND_NAMES: dict[str, str] = {REGULAR: N_("Regular requisition"), EMERGENCY: N_("Emergency requisition")}


class OutOfOrder(LmisError):
    status_code = 409
    msgid = N_("Requisition %(number)s is %(status)s, and this cannot be done to it now. Look at it as it stands.")


class DoneByTheMaker(LmisError):
    status_code = 403
    msgid = N_("Only %(maker)s, which made requisition %(number)s, does this. Open it there.")


class DoneByTheSupplier(LmisError):
    status_code = 403
    msgid = N_("Only %(supplier)s, which supplies requisition %(number)s, does this. Open it there.")


class OwnApproval(LmisError):
    status_code = 403
    msgid = N_(
        "You submitted requisition %(number)s yourself, so somebody else has to authorise and approve it. "
        "Ask another manager, here or at the facility above."
    )


class SayWhy(LmisError):
    status_code = 422
    msgid = N_("Say why, in a few words; it stands in the requisition’s history.")


class Actor(NamedTuple):
    """Who acts, and for which facility: one that lies in their scope."""

    user_id: int
    place_id: int
    may_post: bool
    may_approve: bool


class Standing(NamedTuple):
    """How a requisition stands. submitted_by: who last submitted it."""

    number: str
    kind: str
    status: str
    maker_id: int
    maker: str
    supplier_id: int
    supplier: str
    submitted_by: int | None


class Rule(NamedTuple):
    """What a step leads to. sides: from whose pages it is taken; approval: whether posting is not enough for it."""

    to: Status
    sides: str
    approval: bool = False
    why: bool = False


MAKER, SUPPLIER, EITHER = "maker", "supplier", "either"
WRITTEN = (Status.INITIATED, Status.REJECTED)

RULES: Mapping[tuple[str, str], Rule] = {
    **{(status, Act.SAVE): Rule(status, MAKER) for status in WRITTEN},
    **{(status, Act.SUBMIT): Rule(Status.SUBMITTED, MAKER) for status in WRITTEN},
    **{(status, Act.SKIP): Rule(Status.SKIPPED, MAKER, why=True) for status in WRITTEN},
    (Status.SUBMITTED, Act.AUTHORISE): Rule(Status.AUTHORISED, EITHER, approval=True),
    (Status.SUBMITTED, Act.REJECT): Rule(Status.REJECTED, EITHER, approval=True, why=True),
    **{
        (status, act): rule
        for status in (Status.AUTHORISED, Status.APPROVED)  # approved anew when stock went meanwhile
        for act, rule in (
            (Act.APPROVE, Rule(Status.APPROVED, SUPPLIER, approval=True)),
            (Act.REJECT, Rule(Status.REJECTED, SUPPLIER, approval=True, why=True)),
        )
    },
    (Status.APPROVED, Act.RELEASE): Rule(Status.RELEASED, SUPPLIER),
}
NOT_BY_THE_SUBMITTER = (Act.AUTHORISE, Act.APPROVE)


def check(standing: Standing, act: str, actor: Actor, *, own_approval: bool) -> Rule:
    """The rule of a step that may be taken. own_approval: whether who submits may approve too.

    Raises OutOfOrder, DoneByTheMaker, DoneByTheSupplier, Forbidden or OwnApproval.
    """
    rule = RULES.get((standing.status, act))
    if rule is None:
        raise OutOfOrder(number=standing.number, status=status_name(standing.status))
    _check_side(standing, rule, actor)
    if not (actor.may_approve if rule.approval else actor.may_post):
        raise Forbidden
    if act in NOT_BY_THE_SUBMITTER and not own_approval and standing.submitted_by == actor.user_id:
        raise OwnApproval(number=standing.number)
    return rule


def _check_side(standing: Standing, rule: Rule, actor: Actor) -> None:
    if rule.sides != SUPPLIER and actor.place_id == standing.maker_id:
        return
    if rule.sides != MAKER and actor.place_id == standing.supplier_id:
        return
    if rule.sides == SUPPLIER:
        raise DoneByTheSupplier(number=standing.number, supplier=standing.supplier)
    raise DoneByTheMaker(number=standing.number, maker=standing.maker)


def open_acts(standing: Standing, actor: Actor, *, own_approval: bool) -> frozenset[str]:
    """The steps that the actor may take now."""
    return frozenset(act for act in Act if _may(standing, act, actor, own_approval))


def _may(standing: Standing, act: str, actor: Actor, own_approval: bool) -> bool:
    try:
        check(standing, act, actor, own_approval=own_approval)
    except LmisError:
        return False
    return True


def status_name(status: str) -> Message:
    return Message(STATUS_NAMES[status])
