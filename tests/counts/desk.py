"""Counting at a facility, through the services or through the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session
from starlette.testclient import TestClient

from lmis.accounts.models import User
from lmis.catalog.models import Item, Lot
from lmis.counts.deciding import Review, explain, submit
from lmis.counts.drafts import Clash, save_draft, start_count
from lmis.counts.models import StockCount
from lmis.counts.queries import CountLine, lines_of
from lmis.counts.rules import Said
from lmis.network.models import Facility
from lmis.stock.documents import Document, Kind
from lmis.stock.posting import post
from lmis.stock.queries import shelf
from tests.factories import JUNE, NOW, TODAY, a_document, a_line, a_lot, a_tree, a_user, an_item, id_of
from tests.web import Site, form_of

BEFORE = date(2026, 10, 1)
TOMORROW = TODAY + timedelta(days=1)


class Store:
    """The shelf of a commune station, and two people who count there; the first when none is named."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.tree = a_tree(session)
        self.facility: Facility = self.tree.commune
        self.item: Item = an_item(session, "Bao cao su", pack_size=144)
        self.an: User = a_user(session, self.facility)
        self.binh: User = a_user(session, self.facility)

    def receive(self, quantity: int, *, item: Item | None = None, on: date = BEFORE, channel: str = "free") -> Lot:
        lot = a_lot(self.session, item or self.item, expires_on=JUNE)
        self.post(a_document(self.facility, a_line(lot, quantity, channel=channel), kind=Kind.RECEIPT, on=on))
        return lot

    def post(self, document: Document, *, today: date = TODAY) -> None:
        post(self.session, [document], today=today, now=NOW)

    def dispense(self, lot: Lot, quantity: int, *, on: date = TODAY) -> None:
        self.post(a_document(self.facility, a_line(lot, quantity), kind=Kind.DISPENSE, on=on), today=max(on, TODAY))

    def start(self, *items: Item, blind: bool = False, uuid: UUID | None = None, today: date = TODAY) -> StockCount:
        return start_count(
            self.session,
            uuid=uuid or uuid4(),
            facility=self.facility,
            items=[id_of(item) for item in items] or None,
            blind=blind,
            today=today,
            now=NOW,
            user_id=id_of(self.an),
        )

    def lines(self, count: StockCount) -> list[CountLine]:
        return lines_of(self.session, count)

    def line(self, count: StockCount, lot: Lot, status: str = "usable") -> CountLine:
        return next(it for it in self.lines(count) if it.lot_id == lot.id and it.status == status)

    def say(
        self,
        count: StockCount,
        found: dict[int, int | None],
        *,
        by: User | None = None,
        version: int | None = None,
        included: int = 0,
        note: str | None = None,
        now: datetime = NOW,
    ) -> dict[int, Clash]:
        """Save what was found, by line number; `version`: the one the page was loaded with, else the latest."""
        typed = {line: Said(counted, included, note) for line, counted in found.items()}
        version = count.version if version is None else version
        return save_draft(self.session, count, typed, version=version, user_id=id_of(by or self.an), now=now)

    def find(self, count: StockCount, lot: Lot, counted: int, **more: object) -> None:
        self.say(count, {self.line(count, lot).line_no: counted}, **more)

    def send(
        self, count: StockCount, reason: str | None = "recording_error", *, today: date = TODAY, **more: object
    ) -> None:
        """Give every difference the same reason, and post the count or send it for approval."""
        reasons = {line.line_no: reason for line in self.lines(count) if line.figures.difference}
        review = Review(**{"version": count.version, "reasons": reasons, **more})
        explain(self.session, count, review)
        submit(self.session, count, review, user_id=id_of(self.an), today=today, now=NOW)

    def on_hand(self, lot: Lot, status: str = "usable") -> int:
        rows = shelf(self.session, id_of(self.facility))
        return sum(row.on_hand for row in rows if row.lot_id == lot.id and row.status == status)


@dataclass
class Desk:
    """Somebody at the pages of counts of a facility."""

    site: Site
    at: Facility
    browser: TestClient

    @property
    def path(self) -> str:
        return f"/f/{self.at.code}/counts"

    def start(self, *items: Item, **more: str) -> str:
        """The address of a new count."""
        data = form_of(self.browser.get(f"{self.path}/start"))
        data = {name: value for name, value in data.items() if not name.startswith(("item-", "blind"))}
        chosen = {f"item-{item.id}": "1" for item in items}
        data |= {"scope": "chosen" if items else "whole", **chosen, **more}
        return self.browser.post(f"{self.path}/start", data=data).headers["location"]

    def save(self, count: str, typed: dict[str, str], **more: str):
        return self.browser.post(count, data=self.form(count) | typed | more)

    def form(self, count: str) -> dict[str, str]:
        """What the page would send if nothing was typed; boxes that nobody ticked are not sent."""
        return unticked(form_of(self.browser.get(count)))

    def book(self, count: str, name: str) -> int:
        """What the page shows as the book of a line."""
        row = self.browser.get(count).text.partition(f'for="{name}"')[2]
        return int(row.partition('data-label="Book">')[2].partition("<")[0].replace(",", ""))

    def review(self, count: str, act: str = "submit", **more: str):
        path = f"{count}/review"
        data = unticked(form_of(self.browser.get(path))) | {"act": act, **more}
        return self.browser.post(path, data={name.replace("_", "-"): value for name, value in data.items()})


def unticked(form: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if not name.startswith(("after-", "not-counted"))}


def as_of(site: Site, role: str = "storekeeper", at: Facility | None = None) -> Desk:
    """Somebody of the role; of the facility itself, the board when none is named."""
    place = at or site.tree.board
    return Desk(site, place, site.browser(place, role))


def count_pages(site: Site) -> list[str]:
    """The pages of counts at the board, each with something to show: counting, blind, waiting, posted, cancelled."""
    desk = as_of(site)
    draft, far_off, posted, blind, given_up = (desk.start(**more) for more in ({}, {}, {}, {"blind": "1"}, {}))
    lines = [name for name in desk.form(draft) if name.startswith("counted-")]
    desk.save(draft, {lines[0]: "1", lines[1]: "x"})
    for count, units in ((far_off, 1), (posted, 0)):
        typed = {name: str(max(0, desk.book(count, name) - units * 50)) for name in lines}
        desk.save(count, typed)
        reasons = {f"reason-{name.removeprefix('counted-')}": "lost" for name in lines}
        desk.review(count, **reasons, **{"not-counted": "1", "member-0": "Bà Lan, trạm trưởng"})
    desk.save(blind, {lines[0]: "1"})
    desk.review(blind, "close", **{"not-counted": "1"})
    desk.browser.post(f"{given_up}/cancel", data={"why": "Mất điện"})
    return [
        desk.path,
        f"{desk.path}/start",
        *(f"{draft}{path}" for path in ("", "/review", "/sheet", "/cancel")),
        *(f"{count}/review" for count in (far_off, blind)),
        *(f"{count}/record" for count in (posted, given_up)),
    ]
