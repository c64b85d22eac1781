"""Beginning a requisition, writing it, handing it up, skipping it, and sending it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from lmis.calendar import Month, month_of, month_text
from lmis.config import settings
from lmis.db import id_of
from lmis.errors import Forbidden, LmisError, Refused
from lmis.i18n import Name
from lmis.network.models import Facility
from lmis.network.service import parent_of
from lmis.reading import MOST
from lmis.requisitions import refusals
from lmis.requisitions.figures import Figures, figures, goods, may_hold, parts
from lmis.requisitions.refusals import Key
from lmis.requisitions.rules import differs_much
from lmis.requisitions.states import REGULAR, Act, Actor, Status, status_name
from lmis.requisitions.steps import STEP, Paper, take, to_change
from lmis.sql import Sql, as_day_or_none, stored
from lmis.stock.documents import REQUISITION, document_number
from lmis.stock.numbering import lock_facilities, take_numbers
from lmis.stock.refusals import FacilityClosed

KNOWN = "SELECT facility_id, kind, period FROM requisition WHERE uuid = :uuid"
IN_THE_WAY = """
    SELECT year, number, period, status FROM requisition
    WHERE facility_id = :facility AND kind = 'regular' AND (period = :period OR status NOT IN ('released', 'skipped'))
    ORDER BY CASE WHEN status IN ('released', 'skipped') THEN 1 ELSE 0 END LIMIT 1"""
INSERT = """
    INSERT INTO requisition (uuid, facility_id, supplier_id, kind, period, year, number, status, version)
    VALUES (:uuid, :facility, :supplier, :kind, :period, :year, :number, 'initiated', 1) RETURNING id"""
INSERT_LINE = """
    INSERT INTO requisition_line (requisition_id, item_id, channel, opening, received, issued, dispensed, adjusted,
        lost, closing, days_out, amc, on_hand, in_transit, on_order, unfilled, maximum_months, maximum_level, proposed,
        basis, span_months, expected, safety, forecast_level, by_amc, by_forecast, requested, reason)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
DROP_LINES = "DELETE FROM requisition_line WHERE requisition_id = :id"
JOINED = """
    SELECT r.id FROM requisition_part p JOIN requisition r ON r.id = p.part_id
    WHERE p.whole_id = :id AND r.status IN ('authorised', 'approved')"""
JOIN = "INSERT INTO requisition_part (whole_id, part_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
LINES = """
    SELECT l.item_id, l.channel, l.proposed, l.requested, l.reason, i.name_vi, i.name_en
    FROM requisition_line l JOIN item i ON i.id = l.item_id WHERE l.requisition_id = :id"""
WRITE_LINE = """
    UPDATE requisition_line SET requested = ?, reason = ? WHERE requisition_id = ? AND item_id = ? AND channel = ?"""
WRITE_NOTE = "UPDATE requisition SET note = :note WHERE id = :id"
NOTE = "SELECT note FROM requisition WHERE id = :id"
FORGET_APPROVAL = "UPDATE requisition_line SET approved = NULL WHERE requisition_id = :id AND approved IS NOT NULL"
MAKER = "SELECT name, closed_on FROM facility WHERE id = :id"


class Asked(NamedTuple):
    """What a person asks for on a line, in base units, and why it differs from the proposal."""

    requested: int
    reason: str | None = None


class Writing(NamedTuple):
    """What a person wrote on a requisition opened at `version`; lines not named stay as they are."""

    version: int
    asked: Mapping[Key, Asked]
    note: str | None = None


class _Line(NamedTuple):
    proposed: int
    asked: Asked
    item: Name


def initiate(
    session: Session,
    facility: Facility,
    kind: str,
    period: Month,
    *,
    uuid: UUID,
    actor: Actor,
    today: date,
    now: datetime,
    wanted: int | None = None,
) -> None:
    """Begin a requisition to whom the facility's goods come from, with the figures of its ledger.

    What those below were authorised to ask for, and were not sent, becomes part of a regular one. wanted: the id of an
    item that stands on it in any case, and that an emergency one fills up as a regular one would. The same `uuid` again
    changes nothing. Raises Forbidden, FacilityClosed, NoSupplier, FuturePeriod, OpenRequisition, PeriodTaken, or
    OtherRequisition where the `uuid` is that of another one.
    """
    facility_id, sql = id_of(facility), Sql(session)
    if not actor.may_post:
        raise Forbidden
    _check_open(facility.name, facility.closed_on, today)
    supplier = parent_of(session, facility_id, today)
    if supplier is None:
        raise refusals.NoSupplier(facility=facility.name)
    if period > month_of(today):
        raise refusals.FuturePeriod(period=month_text(period))
    lock_facilities(sql, [facility_id])
    for known in sql.rows(KNOWN, uuid=uuid):
        if known != (facility_id, kind, period):
            raise refusals.OtherRequisition
        return
    if kind == REGULAR:
        _check_alone(sql, facility_id, period)
    below = parts(session, facility_id) if kind == REGULAR else []
    lines = figures(session, facility_id, period, kind=kind, below=below, today=today, wanted=wanted)
    number = take_numbers(session, [facility_id], REQUISITION, today.year)[0]
    header = {"facility": facility_id, "supplier": id_of(supplier), "kind": kind, "period": period, "year": today.year}
    id_ = sql.rows(INSERT, uuid=uuid, number=number, **header)[0][0]
    sql.insert(STEP, [(id_, 1, str(Act.INITIATE), stored(now), actor.user_id, None)])
    sql.insert(INSERT_LINE, [_row(id_, line) for line in lines])
    sql.insert(JOIN, [(id_, part) for part in below])


def _check_open(name: str, closed_on: date | None, today: date) -> None:
    if closed_on is not None and closed_on <= today:
        raise FacilityClosed(facility=name, closed_on=closed_on)


def _check_alone(sql: Sql, facility_id: int, period: Month) -> None:
    for year, number, its_period, status in sql.rows(IN_THE_WAY, facility=facility_id, period=period):
        said = {"number": document_number(REQUISITION, year, number), "period": month_text(its_period)}
        if status in (Status.RELEASED, Status.SKIPPED):
            raise refusals.PeriodTaken(**said)
        raise refusals.OpenRequisition(status=status_name(status), **said)


def _row(id_: int, line: Figures, before: _Line | None = None) -> tuple[object, ...]:
    """before: the line as it was, of which what a person changed is kept."""
    flat = (*line[:-1], *line.proposal)
    values = (str(it) if isinstance(it, Decimal) else it for it in flat)  # the driver of SQLite takes no decimals
    asked = Asked(min(line.proposal.proposed, MOST))
    if before is not None and before.asked.requested != min(before.proposed, MOST):
        asked = before.asked
    return (id_, *values, *asked)


def save(session: Session, uuid: UUID, writing: Writing, *, actor: Actor, now: datetime) -> None:
    """Keep what was written. Raises Refused with LineFaults, or with what steps.to_change refuses."""
    _write(session, uuid, writing, Act.SAVE, actor, now)


def submit(session: Session, uuid: UUID, writing: Writing, *, actor: Actor, today: date, now: datetime) -> None:
    """Keep what was written and hand it up.

    Raises Refused with a ReasonNeeded or MayNotAskFor for each line at fault, FacilityClosed, and as `save` does.
    """
    _write(session, uuid, writing, Act.SUBMIT, actor, now, today)


def add_line(
    session: Session, uuid: UUID, writing: Writing, key: Key, *, actor: Actor, today: date, now: datetime
) -> None:
    """Keep what was written, and put an item in a channel on the requisition with its figures.

    Raises LineThere, WrongChannel, MayNotAskFor, and as `save` does.
    """
    for paper in _write(session, uuid, writing, Act.SAVE, actor, now):
        sql = Sql(session)
        item = _check_new(sql, paper, key)
        maker, below = paper.standing.maker_id, _joined(sql, paper)
        lines = figures(session, maker, paper.period, kind=paper.standing.kind, below=below, today=today, only=key)
        if not lines:
            raise refusals.MayNotAskFor(facility=paper.standing.maker, item=item).at(key)
        sql.insert(INSERT_LINE, [_row(paper.id, line) for line in lines])


def renew(session: Session, uuid: UUID, writing: Writing, *, actor: Actor, today: date, now: datetime) -> None:
    """Keep what was written, and take the ledger's figures anew; what was asked as proposed follows the new proposal.

    Raises as `save` does.
    """
    for paper in _write(session, uuid, writing, Act.SAVE, actor, now):
        sql, standing = Sql(session), paper.standing
        before = _lines(sql, paper)
        below = _joined(sql, paper)
        if standing.kind == REGULAR:
            below += parts(session, standing.maker_id)
        lines = figures(
            session, standing.maker_id, paper.period, kind=standing.kind, below=below, today=today, also=before
        )
        sql.execute(DROP_LINES, id=paper.id)
        sql.insert(INSERT_LINE, [_row(paper.id, line, before.get(line[:2])) for line in lines])
        sql.insert(JOIN, [(paper.id, part) for part in below])


def _joined(sql: Sql, paper: Paper) -> list[int]:
    """The ids of the requisitions from below that are part of one and not sent yet."""
    return [row[0] for row in sql.rows(JOINED, id=paper.id)]


def authorise(session: Session, uuid: UUID, version: int, *, actor: Actor, now: datetime) -> None:
    """Stand by what was submitted. Raises Refused."""
    take(session, to_change(session, {uuid: version}, Act.AUTHORISE, actor), Act.AUTHORISE, actor, now=now)


def skip(session: Session, uuid: UUID, version: int, reason: str | None, *, actor: Actor, now: datetime) -> None:
    """Let a requisition go, and a regular one's period pass. Raises SayWhy or Refused."""
    take(session, to_change(session, {uuid: version}, Act.SKIP, actor), Act.SKIP, actor, now=now, reason=reason)


def reject(session: Session, uuid: UUID, version: int, reason: str | None, *, actor: Actor, now: datetime) -> None:
    """Send a requisition back to its maker, who may amend it. Raises SayWhy or Refused."""
    its = to_change(session, {uuid: version}, Act.REJECT, actor)
    take(session, its, Act.REJECT, actor, now=now, reason=reason)
    for paper in its:
        Sql(session).execute(FORGET_APPROVAL, id=paper.id)


def _write(
    session: Session, uuid: UUID, writing: Writing, act: Act, actor: Actor, now: datetime, today: date | None = None
) -> list[Paper]:
    """The requisition as it was before it was written; nothing when the same was written already."""
    sql = Sql(session)
    its = to_change(session, {uuid: writing.version}, act, actor, lambda paper: _as_written(sql, paper, writing))
    for paper in its:
        lines = _lines(sql, paper)
        faults = list(_faults(lines, writing))
        if act == Act.SUBMIT and today and not faults:
            faults += _submission_faults(sql, paper, lines, writing, today)
        if faults:
            raise Refused(faults)
        take(session, [paper], act, actor, now=now)
        changed = [(key, asked) for key, asked in writing.asked.items() if lines[key].asked != asked]
        sql.insert(WRITE_LINE, [(*asked, paper.id, *key) for key, asked in changed])
        sql.execute(WRITE_NOTE, note=writing.note, id=paper.id)
    return its


def _as_written(sql: Sql, paper: Paper, writing: Writing) -> bool:
    lines = _lines(sql, paper)
    same = all(key in lines and lines[key].asked == asked for key, asked in writing.asked.items())
    return same and sql.rows(NOTE, id=paper.id)[0][0] == writing.note


def _lines(sql: Sql, paper: Paper) -> dict[Key, _Line]:
    rows = sql.rows(LINES, id=paper.id)
    return {row[:2]: _Line(row[2], Asked(row[3], row[4]), Name(row[5], row[6])) for row in rows}


def _faults(lines: Mapping[Key, _Line], writing: Writing) -> Iterator[LmisError]:
    for key, asked in writing.asked.items():
        if key not in lines:
            yield refusals.UnknownLine().at(key)
        elif not 0 <= asked.requested <= MOST:
            yield refusals.WrongAmount(quantity=asked.requested).at(key)


def _submission_faults(
    sql: Sql, paper: Paper, lines: Mapping[Key, _Line], writing: Writing, today: date
) -> Iterator[LmisError]:
    name, closed_on = sql.rows(MAKER, id=paper.standing.maker_id)[0]
    _check_open(name, as_day_or_none(closed_on), today)
    allowed = may_hold(sql, paper.standing.maker_id, goods(sql, {item for item, _ in lines}).values())
    for key, line in lines.items():
        requested, reason = writing.asked.get(key, line.asked)
        if requested and key[0] not in allowed:
            yield refusals.MayNotAskFor(facility=name, item=line.item).at(key)
        elif not reason and differs_much(line.proposed, requested, settings().requisition_deviation):
            said = {"item": line.item, "requested": requested, "proposed": line.proposed}
            yield refusals.ReasonNeeded(**said).at(key)


def _check_new(sql: Sql, paper: Paper, key: Key) -> Name:
    lines, its = _lines(sql, paper), goods(sql, [key[0]])
    if key in lines:
        raise refusals.LineThere(item=lines[key].item).at(key)
    if key[0] not in its:
        raise refusals.UnknownLine().at(key)
    known = {row[0] for row in sql.rows("SELECT code FROM channel")}
    names = sql.rows("SELECT name_vi, name_en FROM item WHERE id = :id", id=key[0])[0]
    if key[1] not in known or not its[key[0]].moves_in(key[1]):
        raise refusals.WrongChannel(item=Name(*names)).at(key)
    return Name(*names)
