"""Reading requisitions: lists, one paper with its lines and history, what lies under a line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session

from lmis.calendar import month_text
from lmis.reading import MOST
from lmis.requisitions.lines import LineView, lines_of
from lmis.requisitions.refusals import Key, UnknownRequisition
from lmis.requisitions.states import Standing, Status
from lmis.requisitions.steps import papers
from lmis.sql import Sql, as_hex, as_moment
from lmis.stock.documents import REQUISITION, Kind, document_number

LISTED = 50
WAITING = (Status.SUBMITTED, Status.AUTHORISED, Status.APPROVED)
SEEN_ABOVE = (*WAITING, Status.RELEASED, Status.REJECTED, Status.SKIPPED)

LIST = """
    SELECT r.id, r.uuid, r.version, r.year, r.number, r.kind, r.period, r.status, f.code, f.name, s.at, u.name
    FROM requisition r JOIN facility f ON f.id = r.facility_id
        JOIN requisition_step s ON s.requisition_id = r.id AND s.version = r.version
        LEFT JOIN user_account u ON u.id = s.user_id
    WHERE {} AND r.status IN (:states*) ORDER BY r.id DESC LIMIT :most OFFSET :skipped"""
OWN_LIST = LIST.format("r.facility_id = :place")
LIST_BELOW = LIST.format("r.supplier_id = :place")
COUNTS = """
    SELECT CASE WHEN facility_id = :place THEN 'own' ELSE 'below' END, status, COUNT(*) FROM requisition
    WHERE (facility_id = :place AND status IN ('initiated', 'submitted', 'rejected'))
        OR (supplier_id = :place AND status IN ('submitted', 'authorised', 'approved'))
    GROUP BY 1, 2"""
SUBMITTERS = """
    SELECT s.requisition_id, s.user_id FROM requisition_step s
    WHERE s.requisition_id IN (:ids*) AND s.act = 'submit' ORDER BY s.requisition_id, s.version"""
ASKING = """
    SELECT requisition_id, COUNT(*) FROM requisition_line
    WHERE requisition_id IN (:ids*) AND COALESCE(approved, requested) > 0 GROUP BY requisition_id"""
MORE = """
    SELECT r.note, m.code, s.code, w.uuid, w.year, w.number, wf.name, d.uuid, d.year, d.number
    FROM requisition r JOIN facility m ON m.id = r.facility_id JOIN facility s ON s.id = r.supplier_id
        LEFT JOIN requisition w ON w.id = (SELECT MAX(p.whole_id) FROM requisition_part p WHERE p.part_id = r.id)
        LEFT JOIN facility wf ON wf.id = w.facility_id
        LEFT JOIN stock_movement d ON d.id = r.shipment_id
    WHERE r.id = :id"""
ITEMS = """
    SELECT i.id, i.name_vi, i.name_en FROM item i JOIN method m ON m.code = i.method_code
    ORDER BY m.position, i.name_sort, i.code"""
STEPS = """
    SELECT s.act, s.at, u.name, s.reason FROM requisition_step s LEFT JOIN user_account u ON u.id = s.user_id
    WHERE s.requisition_id = :id ORDER BY s.version"""
PARTS = """
    WITH RECURSIVE part(id, whole_id, depth) AS (
        SELECT part_id, whole_id, 0 FROM requisition_part WHERE whole_id = :id
        UNION ALL
        SELECT p.part_id, p.whole_id, part.depth + 1 FROM requisition_part p JOIN part ON p.whole_id = part.id
        WHERE part.depth < 20)
    SELECT part.id, part.whole_id, part.depth, r.uuid, r.year, r.number, r.status, f.code, f.name, l.requested,
        l.approved, l.released
    FROM part JOIN requisition r ON r.id = part.id JOIN facility f ON f.id = r.facility_id
        JOIN requisition_line l ON l.requisition_id = r.id AND l.item_id = :item AND l.channel = :channel
    ORDER BY f.name_sort, r.id"""


class Listed(NamedTuple):
    """A requisition in a list. at, who: of its last step."""

    id: int
    uuid: UUID
    version: int
    number: str
    kind: str
    month: str
    status: str
    maker_code: str
    maker: str
    at: datetime
    who: str


class ItemName(NamedTuple):
    id: int
    name_vi: str
    name_en: str


class StepView(NamedTuple):
    act: str
    at: datetime
    who: str | None
    reason: str | None


class Reference(NamedTuple):
    """Another paper: its id and number, and whose it is."""

    uuid: UUID
    number: str
    maker: str = ""


@dataclass(frozen=True, slots=True)
class PaperView:
    """A requisition as its page shows it. whole: of the level above, into which it has gone; shipment: its goods."""

    id: int
    uuid: UUID
    version: int
    month: str
    standing: Standing
    note: str | None
    maker_code: str
    supplier_code: str
    whole: Reference | None
    shipment: Reference | None
    lines: list[LineView]
    steps: list[StepView]

    @property
    def number(self) -> str:
        return self.standing.number


class Part(NamedTuple):
    """What a requisition from below asked of an item. depth: 0 for those directly below."""

    depth: int
    uuid: UUID
    number: str
    status: str
    maker_code: str
    maker: str
    requested: int
    approved: int | None
    released: int | None


def own(session: Session, facility_id: int, states: Iterable[str], part: int = 1) -> list[Listed]:
    """The requisitions a facility made, the newest first: LISTED a part, and one more where more follow."""
    return _listed(session, OWN_LIST, facility_id, states, part)


def from_below(session: Session, facility_id: int, states: Iterable[str], part: int = 1) -> list[Listed]:
    """The requisitions made to a facility, likewise; what is still being written below stays there."""
    return _listed(session, LIST_BELOW, facility_id, [it for it in states if it in SEEN_ABOVE], part)


def all_from_below(session: Session, facility_id: int, status: str) -> list[Listed]:
    """Every requisition made to a facility that has a status that is not final."""
    rows = Sql(session).rows(LIST_BELOW, place=facility_id, states=[str(status)], most=MOST, skipped=0)
    return [_listing(row) for row in rows]


def _listed(session: Session, statement: str, facility_id: int, states: Iterable[str], part: int) -> list[Listed]:
    page = {"most": LISTED + 1, "skipped": (part - 1) * LISTED}
    rows = Sql(session).rows(statement, place=facility_id, states=[str(it) for it in states], **page)
    return [_listing(row) for row in rows]


def _listing(row: Sequence[Any]) -> Listed:
    id_, uuid, version, year, number, kind, period, status, code, name, at, who = row
    shown = document_number(REQUISITION, year, number)
    ids = (id_, UUID(as_hex(uuid)), version)
    return Listed(*ids, shown, kind, month_text(period), status, code, name, as_moment(at), who or "")


def counts(session: Session, facility_id: int) -> dict[tuple[str, str], int]:
    """How many wait, by side ("own" or "below") and status."""
    return {row[:2]: row[2] for row in Sql(session).rows(COUNTS, place=facility_id)}


def submitters(session: Session, its: Iterable[Listed]) -> dict[int, int | None]:
    """Who last submitted each requisition."""
    return dict(Sql(session).rows(SUBMITTERS, ids=[it.id for it in its]))


def lines_asked_for(session: Session, its: Iterable[Listed]) -> dict[int, int]:
    """How many lines of each requisition ask for something, or were approved."""
    return dict(Sql(session).rows(ASKING, ids=[it.id for it in its]))


def paper_view(session: Session, place_id: int, uuid: UUID, *, lines: bool = True) -> PaperView:
    """Raises UnknownRequisition unless the facility made or supplies it."""
    paper = papers(session, [uuid], lock=False)[0]
    if place_id not in (paper.standing.maker_id, paper.standing.supplier_id):
        raise UnknownRequisition
    sql = Sql(session)
    note, maker_code, supplier_code, *others = sql.rows(MORE, id=paper.id)[0]
    return PaperView(
        id=paper.id,
        uuid=paper.uuid,
        version=paper.version,
        month=month_text(paper.period),
        standing=paper.standing,
        note=note,
        maker_code=maker_code,
        supplier_code=supplier_code,
        whole=_reference(REQUISITION, *others[:4]),
        shipment=_reference(Kind.ISSUE, *others[4:]),
        lines=lines_of(session, paper.id) if lines else [],
        steps=[StepView(act, as_moment(at), who, reason) for act, at, who, reason in sql.rows(STEPS, id=paper.id)],
    )


def items_to_add(session: Session) -> list[ItemName]:
    """Every item, in the order lists show them."""
    return [ItemName._make(row) for row in Sql(session).rows(ITEMS)]


def _reference(kind: str, uuid: Any, year: int | None, number: int | None, maker: str = "") -> Reference | None:
    if year is None or number is None:
        return None
    return Reference(UUID(as_hex(uuid)), document_number(kind, year, number), maker)


def parts_of(session: Session, requisition_id: int, key: Key) -> list[Part]:
    """What lies under a line: each requisition from below, after it those that it was made of itself."""
    under: dict[int, list[tuple[int, Part]]] = defaultdict(list)
    rows = Sql(session).rows(PARTS, id=requisition_id, item=key[0], channel=key[1])
    for id_, whole_id, depth, uuid, year, number, *rest in rows:
        part = Part(depth, UUID(as_hex(uuid)), document_number(REQUISITION, year, number), *rest)
        under[whole_id].append((id_, part))
    return list(_walked(under, requisition_id))


def _walked(under: dict[int, list[tuple[int, Part]]], whole_id: int) -> Iterable[Part]:
    for id_, part in under.get(whole_id, ()):
        yield part
        yield from _walked(under, id_)
