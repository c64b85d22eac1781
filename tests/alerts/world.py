"""A network with an item whose stock moves as a test says, and looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from lmis.alerts.evaluating import evaluate, look, watch
from lmis.alerts.findings import Finding, Rule
from lmis.alerts.models import Alert, AlertEvent
from lmis.alerts.picture import Shelf
from lmis.alerts.reading import Reading
from lmis.catalog.models import Item, Lot
from lmis.db import transaction
from lmis.network.models import Facility
from lmis.stock.documents import Kind, Posted
from lmis.stock.posting import post
from tests.factories import TODAY, Tree, a_document, a_line, a_lot, a_tree, an_item, id_of

FAR = date(2029, 12, 31)
HALF_A_DAY = timedelta(hours=12)


def at_six(day: date) -> datetime:
    """Six in the morning of a day in Vietnam."""
    return datetime.combine(day, time(6), UTC) - timedelta(hours=7)


@dataclass
class World:
    session: Session
    tree: Tree
    item: Item
    lot: Lot
    today: date = TODAY

    @classmethod
    def of(cls, session: Session) -> World:
        item = an_item(session, "Bao cao su", code="BCS")
        return cls(session, a_tree(session), item, a_lot(session, item, "A1", FAR))

    def move(
        self,
        kind: Kind,
        at: Facility,
        units: int,
        *,
        on: date | None = None,
        lot: Lot | None = None,
        now: datetime | None = None,
        channel: str = "free",
        status: str = "usable",
        reason: str | None = None,
        **more: object,
    ) -> Posted:
        line = a_line(lot or self.lot, units, reason=reason, channel=channel, status=status)
        document = a_document(at, line, kind=kind, on=on or self.today, **more)  # type: ignore[arg-type]
        return post(self.session, [document], today=self.today, now=now or at_six(self.today) - HALF_A_DAY)[0]

    def use(self, at: Facility, monthly: int, left: int) -> None:
        """So much dispensed in the middle of each of the last three months, and so much left of a large lot."""
        self.move(Kind.RECEIPT, at, 3 * monthly + left, on=date(2026, 7, 28))
        for month in (8, 9, 10):
            self.move(Kind.DISPENSE, at, monthly, on=date(2026, month, 15))

    def shelves(self, *facilities: Facility) -> dict[tuple[int, int], Shelf]:
        ids = [id_of(it) for it in facilities] or None
        return {(it.facility_id, it.item_id): it for it in Reading(self.session, self.today, ids).shelves()}

    def shelf(self, at: Facility, item: Item | None = None) -> Shelf:
        return self.shelves(at)[id_of(at), id_of(item or self.item)]

    def found(self, *rules: Rule) -> list[Finding]:
        """What a look finds, of these rules."""
        return [it for it in look(self.session, self.today).findings if it.rule in rules]


def night(engine: Engine, day: date = TODAY) -> dict[str, int]:
    """What the evaluation of a day's morning counts, but for zeros."""
    return {what: many for what, many in evaluate(engine, today=day, now=at_six(day)).items() if many}


def by_day(engine: Engine, now: datetime, day: date = TODAY) -> dict[str, int]:
    return {what: many for what, many in watch(engine, today=day, now=now).items() if many}


def alerts(engine: Engine, *rules: Rule) -> list[Alert]:
    """Those of some rules, or all, by id."""
    with transaction(engine) as session:
        found = session.exec(select(Alert).order_by(col(Alert.id)))
        return [it for it in found if not rules or it.rule in rules]


def story(engine: Engine, alert: Alert) -> list[tuple[str, str]]:
    """What happened to an alert, and by which rule."""
    with transaction(engine) as session:
        its = select(AlertEvent).where(AlertEvent.alert_id == alert.id).order_by(col(AlertEvent.id))
        return [(it.what, it.rule) for it in session.exec(its)]
