"""What the demo's last day leaves open: goods on the way, requisitions at every step, counts, and a recalled lot.

Everything goes through the services that people use, so that what a visitor finds is what the program makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from sqlmodel import Session, select

from lmis.accounts.models import User
from lmis.accounts.rights import may_approve
from lmis.calendar import add_months, month_of
from lmis.counts.drafts import save_draft, start_count
from lmis.counts.models import StockCount
from lmis.counts.queries import lines_of
from lmis.counts.rules import Said
from lmis.network.models import Facility
from lmis.network.service import children
from lmis.recalls.sending import send_back
from lmis.recalls.service import Order, recall_lot
from lmis.requisitions import service as requisitions
from lmis.requisitions.approval import approve_all
from lmis.requisitions.release import release
from lmis.requisitions.service import Writing
from lmis.requisitions.states import REGULAR, Actor
from lmis.shipments.delivering import Confirmation, confirm_delivery
from lmis.shipments.queries import shipment_view
from lmis.shipments.rules import Counted, Difference, Reported
from lmis.sql import Sql
from lmis.stock.documents import Document, Kind, Line
from lmis.stock.posting import post

BOARD, DISTRICT, STATION = "HN", "HN-001", "HN-00004"
SENT_LONG_AGO = timedelta(days=9)  # longer than a shipment may stay unconfirmed
NAMESPACE = UUID("0c4f3d0e-7a41-5a52-9f0e-5b7a1d2c6e88")
# What can still be given out, and was there long before: the fullest shelves first.
FULLEST = """
    SELECT s.item_id, s.lot_id, s.channel, s.on_hand FROM stock_on_hand s JOIN lot l ON l.id = s.lot_id
        JOIN item i ON i.id = s.item_id JOIN method m ON m.code = i.method_code
    WHERE s.facility_id = :facility AND s.status = 'usable' AND s.received_on <= :since AND l.expires_on > :until
        AND (s.settled_on IS NULL OR s.settled_on < :since) AND m.capability IS NULL
    ORDER BY s.on_hand DESC, s.lot_id LIMIT :most"""
# A lot that the midwife has too, if there is one.
WIDEST = """
    SELECT s.lot_id FROM stock_on_hand s JOIN lot l ON l.id = s.lot_id JOIN item i ON i.id = s.item_id
    WHERE s.status = 'usable' AND s.on_hand > 0 AND l.expires_on > :until AND i.method_code = 'injectable'
        AND s.lot_id NOT IN (SELECT lot_id FROM in_transit)
    GROUP BY s.lot_id
    ORDER BY MAX(CASE WHEN s.facility_id = :station THEN 1 ELSE 0 END) DESC, COUNT(*) DESC, s.lot_id LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Stage:
    """The demo's places and people by code and user name, and the moment at which its history ends."""

    session: Session
    ids: Mapping[str, int]
    users: Mapping[str, User]
    today: date
    now: datetime

    def actor(self, username: str, at: str) -> Actor:
        user = self.users[username]
        return Actor(user.id or 0, self.ids[at], may_post=True, may_approve=may_approve(user.role))

    def below(self, code: str) -> list[str]:
        return sorted(it.code for it in children(self.session, self.ids[code], self.today))

    def named(self, what: str) -> UUID:
        """An id that is the same whenever the demo is filled with the same history."""
        return uuid5(NAMESPACE, f"{what} {self.today}")

    def fullest(self, code: str, most: int) -> list[Line]:
        """A tenth of each of the fullest shelves of a place, as lines to send."""
        since, until = self.today - 2 * SENT_LONG_AGO, self.today + timedelta(days=120)
        rows = Sql(self.session).rows(FULLEST, facility=self.ids[code], since=since, until=until, most=most)
        return [Line(item, lot, channel, max(1, on_hand // 10)) for item, lot, channel, on_hand in rows]


def leave_open(session: Session, ids: Mapping[str, int], today: date, now: datetime) -> None:
    """Let today's work begin, and leave it to whoever signs in. ids: the facilities' by code."""
    users = {user.username: user for user in session.exec(select(User))}
    stage = Stage(session, ids, users, today, now)
    ship(stage)
    order(stage)
    count(stage)
    recall(stage)


# -- goods on the way --------------------------------------------------------------------------------------------


def ship(stage: Stage) -> None:
    """One shipment nobody has confirmed for long, one that came short of a box, one that comes to the midwife."""
    other = next(code for code in stage.below(DISTRICT) if code != STATION)
    send(stage, "kho.hanoi", BOARD, DISTRICT, stage.fullest(BOARD, 3), stage.today - SENT_LONG_AGO)
    lines = stage.fullest(DISTRICT, 4)
    send(stage, "kho.badinh", DISTRICT, other, lines[:2], stage.today - timedelta(days=1))
    arrived = send(stage, "kho.badinh", DISTRICT, STATION, lines[:2], stage.today - timedelta(days=2))
    confirm(stage, arrived)
    send(stage, "kho.badinh", DISTRICT, STATION, lines[2:], stage.today - timedelta(days=1))


def send(stage: Stage, username: str, sender: str, receiver: str, lines: Sequence[Line], on: date) -> Document:
    uuid, to = stage.named(f"{sender} {receiver} {on}"), stage.ids[receiver]
    document = Document(uuid, Kind.ISSUE, on, stage.ids[sender], lines, counterparty_id=to, shipped=True)
    post(stage.session, [document], today=stage.today, now=stage.now, user_id=stage.users[username].id)
    return document


def confirm(stage: Stage, document: Document) -> None:
    """The station takes what came; some of the first lot was wet."""
    wet, *rest = shipment_view(stage.session, document.uuid).lines
    spoiled = max(1, wet.coming.undisputed // 5)
    said = (Reported(Difference.DAMAGED, spoiled, "wet"),)
    lines = [Counted(wet.key, wet.coming.undisputed - spoiled, said)]
    lines += [Counted(it.key, it.coming.undisputed) for it in rest]
    said_by = stage.users["tram.trucbach"].id
    confirmation = Confirmation(stage.named("delivery"), document.uuid, stage.ids[STATION], stage.today, lines)
    confirm_delivery(stage.session, confirmation, today=stage.today, now=stage.now, user_id=said_by)


# -- requisitions ------------------------------------------------------------------------------------------------


def order(stage: Stage) -> None:
    """The stations of Ba Đình ask for last month's need, a few of them further along; other districts ask the board."""
    stations = [code for code in stage.below(DISTRICT) if code != STATION]
    asked = [begin(stage, code, "kho.badinh") for code in stations]
    to_hand_up = list(zip(asked, stations, strict=True))[1:]
    handed_up = [hand_up(stage, uuid, code, "kho.badinh", "quanly.badinh") for uuid, code in to_hand_up]
    begin(stage, STATION, "tram.trucbach")
    chief, keeper = stage.actor("quanly.badinh", DISTRICT), stage.actor("kho.badinh", DISTRICT)
    approve_all(stage.session, dict.fromkeys(handed_up[:4], 3), actor=chief, today=stage.today, now=stage.now)
    for uuid in handed_up[:2]:
        release(stage.session, {uuid: 4}, actor=keeper, today=stage.today, now=stage.now)
    reason = "Số lượng xin quá lớn so với mức tiêu thụ, đề nghị xem lại"
    requisitions.reject(stage.session, handed_up[4], 3, reason, actor=chief, now=stage.now)
    for code in [it for it in stage.below(BOARD) if it != DISTRICT][:5]:
        uuid = begin(stage, code, "kho.hanoi")
        hand_up(stage, uuid, code, "kho.hanoi", "quanly.hanoi")


def begin(stage: Stage, code: str, username: str, kind: str = REGULAR) -> UUID:
    uuid, period = stage.named(f"{kind} {code}"), add_months(month_of(stage.today), -1)
    facility = stage.session.get_one(Facility, stage.ids[code])
    actor = stage.actor(username, code)
    requisitions.initiate(
        stage.session, facility, kind, period, uuid=uuid, actor=actor, today=stage.today, now=stage.now
    )
    return uuid


def hand_up(stage: Stage, uuid: UUID, code: str, maker: str, chief: str) -> UUID:
    """Submitted as proposed, and authorised by somebody else."""
    writing, actor = Writing(1, {}), stage.actor(maker, code)
    requisitions.submit(stage.session, uuid, writing, actor=actor, today=stage.today, now=stage.now)
    requisitions.authorise(stage.session, uuid, 2, actor=stage.actor(chief, code), now=stage.now)
    return uuid


# -- counts and recalls ------------------------------------------------------------------------------------------


def count(stage: Stage) -> None:
    """The midwife has counted half of her shelf."""
    user_id = stage.users["tram.trucbach"].id or 0
    station = stage.session.get_one(Facility, stage.ids[STATION])
    draft: StockCount = start_count(
        stage.session, uuid=stage.named("count"), facility=station, items=None, blind=False,
        today=stage.today, now=stage.now, user_id=user_id,
    )  # fmt: skip
    lines = lines_of(stage.session, draft)
    found = {it.line_no: Said(it.figures.book, 0, None) for it in lines[: len(lines) // 2]}
    save_draft(stage.session, draft, found, version=0, user_id=user_id, now=stage.now)


def recall(stage: Stage) -> None:
    """A lot of the injectable is recalled; Ba Đình has already sent back what it had."""
    until = stage.today + timedelta(days=120)
    found = Sql(stage.session).rows(WIDEST, until=until, station=stage.ids[STATION])
    if not found:
        return
    chief = stage.users["quanly.hanoi"].id
    reason = "Nhà sản xuất thông báo lô không đạt chất lượng (minh họa)"
    asked = Order(stage.named("recall"), found[0][0], stage.ids[BOARD], reason, decision="15/QĐ-MH")
    made = recall_lot(stage.session, asked, today=stage.today, now=stage.now, user_id=chief)
    seed, keeper = stage.named("recall sent back"), stage.users["kho.badinh"].id
    send_back(stage.session, seed, made.uuid, stage.ids[DISTRICT], today=stage.today, now=stage.now, user_id=keeper)
