"""Reading papers and people that are waited for, for many facilities at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from lmis.accounts.rights import Role, may_approve, may_post
from lmis.alerts.expiry import Recall
from lmis.alerts.papers import HABIT_DAYS, LOSSES_KEPT, Asked, Habit, Sent, Taken
from lmis.config import settings
from lmis.counts.planning import due_days
from lmis.i18n import VIETNAM
from lmis.policy.rules import Policy
from lmis.requisitions.states import Status
from lmis.sql import Sql, as_day, as_hex, as_moment
from lmis.stock.documents import LOT_RECALL, REQUISITION, Kind, document_number

ANNOUNCED = ("expired", "recalled", "destroyed")  # reasons for a loss that was known to come

SENT = """
    SELECT m.uuid, m.kind, m.year, m.number, s.name, g.receiver_id, m.occurred_on,
        g.units - COALESCE((SELECT CAST(SUM(d.quantity - d.settled) AS BIGINT) FROM delivery_difference d
            WHERE d.shipment_id = g.shipment_id AND d.settled < d.quantity
                AND d.kind IN ('short', 'damaged', 'refused')), 0)
    FROM (SELECT shipment_id, receiver_id, CAST(SUM(quantity) AS BIGINT) AS units FROM in_transit
            WHERE quantity > 0 AND receiver_id IN (:ids*) GROUP BY shipment_id, receiver_id) g
        JOIN stock_movement m ON m.id = g.shipment_id JOIN facility s ON s.id = m.facility_id"""
ASKED = """
    SELECT r.uuid, r.year, r.number, r.kind, r.status, r.facility_id, maker.name, r.supplier_id, s.at, (
            SELECT MAX(last.user_id) FROM requisition_step last WHERE last.requisition_id = r.id
                AND last.act = 'submit' AND last.version = (
                    SELECT MAX(v.version) FROM requisition_step v WHERE v.requisition_id = r.id AND v.act = 'submit'))
    FROM requisition r JOIN facility maker ON maker.id = r.facility_id
        JOIN requisition_step s ON s.requisition_id = r.id AND s.version = r.version
    WHERE r.status IN (:states*)"""
PEOPLE = "SELECT id, facility_id, role FROM user_account WHERE active = :yes"
RECALLS = "SELECT lot_id, uuid, year, number, recalled_on, facility_id FROM lot_recall WHERE lifted_on IS NULL"
COUNTED = "SELECT DISTINCT facility_id FROM stock_on_hand WHERE facility_id IN (:ids*) AND settled_on IS NOT NULL"
LOSSES = """
    SELECT m.id, m.uuid, m.kind, m.year, m.number, m.occurred_on, l.facility_id, l.item_id, l.channel,
        CAST(SUM(l.quantity) AS BIGINT)
    FROM stock_movement m JOIN stock_movement_line l ON l.movement_id = m.id JOIN lot ON lot.id = l.lot_id
    WHERE m.facility_id IN (:ids*) AND m.kind IN (:kinds*) AND m.year IN (:years*) AND m.occurred_on > :since
        AND l.account = 'stock' AND (l.reason IS NULL OR NOT (l.reason IN (:announced*)))
        AND (lot.expires_on IS NULL OR lot.expires_on >= m.occurred_on)
        AND NOT EXISTS (SELECT 1 FROM stock_movement back WHERE back.reverses_id = m.id)
    GROUP BY m.id, m.uuid, m.kind, m.year, m.number, m.occurred_on, l.facility_id, l.item_id, l.channel"""
STANDS = """
    SELECT facility_id, item_id, CAST(SUM(on_hand) AS BIGINT), MAX(COALESCE(settled_id, 0)) FROM stock_on_hand
    WHERE facility_id IN (:ids*) AND item_id IN (:items*) GROUP BY facility_id, item_id"""
MOVED = """
    SELECT facility_id, item_id, occurred_on, movement_id, CAST(SUM(quantity) AS BIGINT) FROM stock_movement_line
    WHERE account = 'stock' AND facility_id IN (:ids*) AND item_id IN (:items*) AND occurred_on > :since
    GROUP BY facility_id, item_id, occurred_on, movement_id"""
LAST = "SELECT facility_id, MAX(occurred_on) FROM stock_movement WHERE facility_id IN (:ids*) GROUP BY facility_id"
RECORDED = "SELECT COUNT(*) FROM stock_movement WHERE facility_id = :facility AND occurred_on > :since"


def sent(session: Session, ids: Collection[int]) -> list[Sent]:
    """The shipments on their way to facilities of which nobody has said anything, or not of all."""
    found = []
    for uuid, kind, year, number, sender, receiver, on, units in Sql(session).rows(SENT, ids=sorted(ids)):
        if units > 0:
            shown = document_number(kind, year, number)
            found.append(Sent(_uuid(uuid), shown, sender, receiver, as_day(on), units))
    return found


def asked(session: Session, ids: Collection[int]) -> list[Asked]:
    """The requisitions that wait at facilities."""
    sql, wanted = Sql(session), set(ids)
    approvers: dict[int, set[int]] = defaultdict(set)
    for user, facility, role in sql.rows(PEOPLE, yes=True):
        if may_approve(role):
            approvers[facility].add(user)
    states = [str(it) for it in Status if it not in (Status.RELEASED, Status.SKIPPED)]
    found = []
    for uuid, year, number, kind, status, maker_id, maker, supplier_id, at, submitter in sql.rows(ASKED, states=states):
        others = approvers[maker_id] if settings().own_approval else approvers[maker_id] - {submitter}
        shown, since_on = document_number(REQUISITION, year, number), as_moment(at).astimezone(VIETNAM).date()
        it = Asked(_uuid(uuid), shown, kind, status, maker_id, maker, supplier_id, since_on, bool(others))
        if it.waits_at in wanted:
            found.append(it)
    return found


def recalls(session: Session) -> dict[int, Recall]:
    """The recalls in force, by lot."""
    found = {}
    for lot, uuid, year, number, on, home in Sql(session).rows(RECALLS):
        found[lot] = Recall(_uuid(uuid), document_number(LOT_RECALL, year, number), as_day(on), home)
    return found


def counts_due(session: Session, ids: Collection[int], today: date) -> dict[int, list[date]]:
    """When each item on the shelves is to be counted, of facilities where there is somebody to count, or was."""
    sql, wanted = Sql(session), sorted(ids)
    counting = {row[0] for row in sql.rows(COUNTED, ids=wanted)}
    counting |= {facility for _, facility, role in sql.rows(PEOPLE, yes=True) if may_post(Role(role))}
    return due_days(session, sorted(counting & set(wanted)), today)


def losses(
    session: Session, ids: Collection[int], today: date, pack_sizes: dict[int, int], prices: dict[tuple[int, str], int]
) -> list[Taken]:
    """What documents of the last days took off the book that was not known to come, and that no count has settled."""
    sql, since = Sql(session), today - timedelta(days=LOSSES_KEPT)
    kinds = [str(Kind.LOSS), str(Kind.ADJUSTMENT), str(Kind.COUNT)]
    about = {"kinds": kinds, "announced": list(ANNOUNCED), "since": since, "years": [since.year, today.year]}
    units: dict[tuple[Any, ...], int] = defaultdict(int)
    dong: dict[tuple[Any, ...], int] = defaultdict(int)
    for id_, uuid, kind, year, number, on, facility, item, channel, quantity in sql.rows(
        LOSSES, ids=sorted(ids), **about
    ):
        key = (facility, item, as_day(on), id_, _uuid(uuid), kind, document_number(kind, year, number))
        units[key] -= quantity
        dong[key] -= quantity * prices.get((item, channel), 0)
    taken = [key for key, its in units.items() if its >= pack_sizes[key[1]]]
    before = _before(sql, taken, since)
    return [
        Taken(uuid, shown, kind, at, item, on, units[key], before[key], max(0, dong[key]), pack_sizes[item])
        for key in taken
        if key in before
        for at, item, on, _, uuid, kind, shown in [key]
    ]


def _before(sql: Sql, taken: Sequence[tuple[Any, ...]], since: date) -> dict[tuple[Any, ...], int]:
    """What was on hand until each document; those whose item was counted later left out."""
    if not taken:
        return {}
    places, items = (sorted({key[at] for key in taken}) for at in (0, 1))
    stands = {row[:2]: row[2:] for row in sql.rows(STANDS, ids=places, items=items)}
    moved: dict[tuple[int, int], list[tuple[date, int, int]]] = defaultdict(list)
    for facility, item, on, id_, quantity in sql.rows(MOVED, ids=places, items=items, since=since):
        moved[facility, item].append((as_day(on), id_, quantity))
    before = {}
    for key in taken:
        facility, item, on, id_ = key[:4]
        on_hand, counted_in = stands[facility, item]
        if counted_in <= id_:
            before[key] = on_hand - sum(units for day, its, units in moved[facility, item] if (day, its) >= (on, id_))
    return before


def habits(session: Session, stocked: dict[int, date], policies: dict[int, Policy], today: date) -> Iterator[Habit]:
    """How facilities with stock record that may have fallen silent. stocked: since when each has what it holds."""
    sql = Sql(session)
    last = {row[0]: as_day(row[1]) for row in sql.rows(LAST, ids=sorted(stocked))}
    quiet = {it for it in stocked if (today - last.get(it, stocked[it])).days > policies[it].quiet_days}
    for facility in sorted(quiet):
        last_on = last.get(facility)
        recorded = _recorded(sql, facility, last_on) if last_on else 0
        yield Habit(facility, last_on, recorded, stocked[facility])


def _recorded(sql: Sql, facility: int, last_on: date) -> int:
    since = last_on - timedelta(days=HABIT_DAYS)
    return int(sql.rows(RECORDED, facility=facility, since=since)[0][0])


def _uuid(stored: Any) -> str:
    return str(UUID(as_hex(stored)))
