"""Reading requisitions to act on them, and taking a step: written only if nobody was there first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from lmis.config import settings
from lmis.errors import LmisError, Refused
from lmis.requisitions.refusals import ChangedMeanwhile, UnknownRequisition
from lmis.requisitions.states import Act, Actor, SayWhy, Standing, check
from lmis.sql import Sql, as_hex, as_moment, stored
from lmis.stock.documents import REQUISITION, document_number

PAPERS = """
    SELECT r.id, r.uuid, r.version, r.period, r.year, r.number, r.kind, r.status, r.facility_id, maker.name,
        r.supplier_id, supplier.name, (SELECT s.user_id FROM requisition_step s
            WHERE s.requisition_id = r.id AND s.act = 'submit' ORDER BY s.version DESC LIMIT 1)
    FROM requisition r JOIN facility maker ON maker.id = r.facility_id
        JOIN facility supplier ON supplier.id = r.supplier_id
    WHERE r.uuid IN (:uuids*) ORDER BY r.id"""
LOCKED = " FOR UPDATE OF r"  # SQLite has taken its one writer when the transaction began
TAKE = """
    UPDATE requisition SET status = :to, version = version + 1 WHERE id IN (:ids*) AND version = :version"""
STEP = """
    INSERT INTO requisition_step (requisition_id, version, act, at, user_id, reason) VALUES (?, ?, ?, ?, ?, ?)"""
LAST_STEP = """
    SELECT s.act, s.at, s.user_id, u.name FROM requisition_step s LEFT JOIN user_account u ON u.id = s.user_id
    WHERE s.requisition_id = :id AND s.version = :version"""


class Paper(NamedTuple):
    """A requisition as a step finds it."""

    id: int
    uuid: UUID
    version: int
    period: int
    standing: Standing


class LastStep(NamedTuple):
    act: str
    at: datetime
    user_id: int | None
    who: str


def papers(session: Session, uuids: Iterable[UUID], *, lock: bool = True) -> list[Paper]:
    """The requisitions by the order of their ids, locked until the transaction ends. Raises UnknownRequisition."""
    sql, wanted = Sql(session), list(dict.fromkeys(uuids))
    rows = sql.rows(PAPERS if sql.sqlite or not lock else PAPERS + LOCKED, uuids=wanted)
    if len(rows) != len(wanted):
        raise UnknownRequisition
    return [_paper(row) for row in rows]


def _paper(row: tuple) -> Paper:  # type: ignore[type-arg]
    id_, uuid, version, period, year, number, kind, status, *sides, submitted_by = row
    shown = document_number(REQUISITION, year, number)
    return Paper(id_, UUID(as_hex(uuid)), version, period, Standing._make((shown, kind, status, *sides, submitted_by)))


def to_change(
    session: Session,
    versions: Mapping[UUID, int],
    act: str,
    actor: Actor,
    as_typed: Callable[[Paper], bool] = lambda _: True,
) -> list[Paper]:
    """The requisitions, locked, that the actor may take a step of; those whose same step is done already left out.

    versions: the one each was opened at; as_typed: whether a requisition holds what was typed with the step.
    Raises UnknownRequisition, or Refused with a ChangedMeanwhile for each that somebody has changed since, or with
    what states.check raises.
    """
    faults, left = [], []
    for paper in papers(session, versions):
        if actor.place_id not in (paper.standing.maker_id, paper.standing.supplier_id):
            raise UnknownRequisition
        typed = versions[paper.uuid]
        try:
            if paper.version != typed:
                if _is_done(session, paper, typed, act, actor) and as_typed(paper):
                    continue
                raise changed_meanwhile(session, paper)
            check(paper.standing, act, actor, own_approval=settings().own_approval)
        except LmisError as error:
            faults.append(error)
        else:
            left.append(paper)
    if faults:
        raise Refused(faults)
    return left


def _is_done(session: Session, paper: Paper, typed: int, act: str, actor: Actor) -> bool:
    """Whether the same person has taken the same step from the same version: a second click."""
    last = last_step(session, paper)
    return paper.version == typed + 1 and last is not None and (last.act, last.user_id) == (act, actor.user_id)


def last_step(session: Session, paper: Paper) -> LastStep | None:
    rows = Sql(session).rows(LAST_STEP, id=paper.id, version=paper.version)
    return LastStep(rows[0][0], as_moment(rows[0][1]), rows[0][2], rows[0][3] or "") if rows else None


def changed_meanwhile(session: Session, paper: Paper) -> ChangedMeanwhile:
    last = last_step(session, paper)
    return ChangedMeanwhile(number=paper.standing.number, who=last.who if last else "–", at=last.at if last else "–")


def take(
    session: Session, its: Sequence[Paper], act: Act, actor: Actor, *, now: datetime, reason: str | None = None
) -> None:
    """Write the step of each requisition that `to_change` gave. Raises SayWhy, or ChangedMeanwhile."""
    groups: dict[tuple[str, int], list[Paper]] = defaultdict(list)
    for paper in its:
        rule = check(paper.standing, act, actor, own_approval=settings().own_approval)
        if rule.why and not reason:
            raise SayWhy
        groups[rule.to, paper.version].append(paper)
    sql, at = Sql(session), stored(now)
    for (to, version), group in groups.items():
        if sql.execute(TAKE, to=str(to), version=version, ids=[paper.id for paper in group]) != len(group):
            raise changed_meanwhile(session, papers(session, [group[0].uuid])[0])
    sql.insert(STEP, [(paper.id, paper.version + 1, str(act), at, actor.user_id, reason) for paper in its])
