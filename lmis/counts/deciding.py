"""Ending a count: closing it, posting it or having it approved, having it counted again, giving it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from lmis.config import settings
from lmis.counts.drafts import lock_facility
from lmis.counts.models import StockCount
from lmis.counts.queries import CountLine, entries_since, lines_of
from lmis.counts.refusals import (
    ChangedMeanwhile,
    ForApproversToRecount,
    LessThanNothing,
    NoReasonGiven,
    NotAllCounted,
    NothingCounted,
    NotThatFar,
    OwnCount,
)
from lmis.counts.rules import NOT_OVER, OPEN, State, needs_approval
from lmis.db import id_of
from lmis.errors import LmisError, Refused
from lmis.sql import Sql
from lmis.stock.documents import Document, Kind, Line
from lmis.stock.posting import post
from lmis.stock.refusals import LineRefused

EXPLAIN = "UPDATE stock_count_line SET reason = ?, included = ? WHERE count_id = ? AND line_no = ?"
TAKEN_UP = "UPDATE stock_count_line SET difference = ? WHERE count_id = ? AND line_no = ?"


@dataclass(frozen=True, slots=True)
class Review:
    """What is said of a count when its differences have been looked at.

    reasons and included: by line number; included: of what moved since, what the counted figure shows.
    confirmed: that the lines nobody counted stay so.
    """

    version: int
    reasons: Mapping[int, str | None] = field(default_factory=dict)
    included: Mapping[int, int] = field(default_factory=dict)
    confirmed: bool = False
    committee: str = ""
    note: str | None = None


class CountRefused(LmisError):
    """What stands against a count. by_line: by line number; whole: about all of it."""

    status_code = 422

    def __init__(self, whole: Sequence[LmisError], by_line: Mapping[int, Sequence[LmisError]]) -> None:
        super().__init__()
        self.whole = whole
        self.by_line = by_line
        first = next((it for its in (whole, *by_line.values()) for it in its), None)
        if first is not None:
            self.message, self.status_code = first.message, first.status_code


def close_blind(session: Session, count: StockCount, review: Review, *, user_id: int, now: datetime) -> None:
    """Say that a blind count is done, so that its differences may be seen; no figure changes any more.

    count: locked. Raises CountRefused.
    """
    lock_facility(session, count.facility_id)
    _must_be(count, State.DRAFT)
    _refuse(_unfinished(session, count, lines_of(session, count), review), {})
    count.state, count.closed_by, count.closed_at = State.CLOSED, user_id, now


def explain(session: Session, count: StockCount, review: Review) -> None:
    """Keep the reasons, who counted, and the note. count: locked."""
    _must_be(count, *OPEN)
    known = {line.line_no: line for line in lines_of(session, count)}
    rows = []
    for line_no, line in known.items():
        reason = review.reasons.get(line_no, line.reason)
        included = line.figures.since.within(review.included.get(line_no, line.figures.said))
        if (reason, included) != (line.reason, line.figures.said):
            rows.append((reason, included, count.id, line_no))
    Sql(session).insert(EXPLAIN, rows)
    count.committee, count.note = review.committee, review.note


def submit(session: Session, count: StockCount, review: Review, *, user_id: int, today: date, now: datetime) -> None:
    """Post a count whose differences are explained; one that is far off its book waits for somebody to approve it.

    count: locked, with the review kept by `explain`. Raises CountRefused; the draft then stays as it is.
    """
    lock_facility(session, count.facility_id)
    _must_be(count, State.CLOSED if count.blind else State.DRAFT)
    lines = lines_of(session, count)
    _refuse(_unfinished(session, count, lines, review), _unexplained(lines))
    document = _document(count, lines)
    if needs_approval((line.figures for line in lines), settings().count_approval_share):
        _try(session, lines, document, user_id=user_id, today=today, now=now)
        count.state = State.WAITING
    else:
        _post(session, count, lines, document, user_id=user_id, today=today, now=now)
    if not count.blind:
        count.closed_by, count.closed_at = user_id, now


def approve(session: Session, count: StockCount, *, user_id: int, today: date, now: datetime) -> None:
    """Post a count that waited for a second person. count: locked. Raises OwnCount or CountRefused."""
    lock_facility(session, count.facility_id)
    _must_be(count, State.WAITING)
    if count.closed_by == user_id and not settings().own_approval:
        raise OwnCount
    lines = lines_of(session, count)
    _refuse([], _unexplained(lines))  # a paper typed meanwhile may have made a new difference
    _post(session, count, lines, _document(count, lines), user_id=user_id, today=today, now=now)


def recount(count: StockCount, why: str, *, approver: bool, user_id: int, now: datetime) -> None:
    """Have a closed count counted again; what was counted stays until it is changed. count: locked.

    Raises ForApproversToRecount: who has seen the differences of a blind count does not count it again unasked.
    """
    _must_be(count, State.CLOSED, State.WAITING)
    if not approver and (count.blind or count.state == State.WAITING):
        raise ForApproversToRecount
    count.state, count.closed_by, count.closed_at = State.DRAFT, None, None
    count.why, count.decided_by, count.decided_at = why, user_id, now


def cancel(count: StockCount, why: str, *, user_id: int, now: datetime) -> None:
    """Give up a count; it never touched the ledger. count: locked."""
    _must_be(count, *NOT_OVER)
    count.state, count.why, count.decided_by, count.decided_at = State.CANCELLED, why, user_id, now


def _must_be(count: StockCount, *states: State) -> None:
    if count.state not in states:
        raise NotThatFar


def _refuse(whole: Sequence[LmisError], by_line: Mapping[int, Sequence[LmisError]]) -> None:
    if whole or by_line:
        raise CountRefused(whole, by_line)


def _unfinished(session: Session, count: StockCount, lines: Sequence[CountLine], review: Review) -> list[LmisError]:
    if review.version != count.version:
        last = max(entries_since(session, count, review.version).values(), key=lambda entry: entry.at, default=None)
        return [ChangedMeanwhile(name=last.name, moment=last.at) if last else NotThatFar()]
    if not any(line.is_counted for line in lines):
        return [NothingCounted()]
    left_out = sum(line.is_left_out for line in lines)
    return [NotAllCounted(count=left_out)] if count.whole and left_out and not review.confirmed else []


def _unexplained(lines: Sequence[CountLine]) -> dict[int, list[LmisError]]:
    return {
        line.line_no: [NoReasonGiven(counted=line.figures.counted, expected=line.figures.expected)]
        for line in lines
        if line.figures.difference and not line.reason
    }


def _document(count: StockCount, lines: Sequence[CountLine]) -> Document:
    """What the ledger is asked to take up, dated the day on which the book was frozen.

    Raises CountRefused where a lot would fall below zero.
    """
    below = {
        line.line_no: [LessThanNothing(lot=line.number or "–")]
        for line in lines
        if line.is_counted and line.figures.stated < 0
    }
    _refuse([], below)
    return Document(
        uuid=count.uuid,
        kind=Kind.COUNT,
        occurred_on=count.frozen_on,
        facility_id=count.facility_id,
        lines=[_line(line) for line in lines if line.is_counted],
        note=count.note,
    )


def _line(line: CountLine) -> Line:
    reason = line.reason if line.figures.difference else None
    return Line(id_of(line.item), line.lot_id, line.channel.code, line.figures.stated, line.status, reason)


def _try(
    session: Session, lines: Sequence[CountLine], document: Document, *, user_id: int, today: date, now: datetime
) -> None:
    """Refuse now what the ledger would refuse once the count is approved."""
    with session.begin_nested() as trial:
        _into_ledger(session, lines, document, user_id=user_id, today=today, now=now)
        trial.rollback()


def _post(
    session: Session,
    count: StockCount,
    lines: Sequence[CountLine],
    document: Document,
    *,
    user_id: int,
    today: date,
    now: datetime,
) -> None:
    with session.begin_nested():
        _into_ledger(session, lines, document, user_id=user_id, today=today, now=now)
    rows = [(line.figures.difference, count.id, line.line_no) for line in lines if line.is_counted]
    Sql(session).insert(TAKEN_UP, rows)
    count.state, count.decided_by, count.decided_at = State.POSTED, user_id, now


def _into_ledger(
    session: Session,
    lines: Sequence[CountLine],
    document: Document,
    *,
    user_id: int,
    today: date,
    now: datetime,
) -> None:
    """Raises CountRefused with the ledger's refusals, each by the line it is about."""
    try:
        post(session, [document], today=today, now=now, user_id=user_id)
    except Refused as refused:
        numbers = [line.line_no for line in lines if line.is_counted]
        whole: list[LmisError] = []
        by_line: dict[int, list[LmisError]] = {}
        for refusal in refused.refusals:
            if isinstance(refusal, LineRefused) and refusal.line is not None:
                by_line.setdefault(numbers[refusal.line], []).append(refusal)
            else:
                whole.append(refusal)
        raise CountRefused(whole, by_line) from refused
