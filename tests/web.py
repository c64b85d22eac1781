"""A small network served to people of known rights, and their pages read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from html.parser import HTMLParser
from uuid import UUID

import pytest
from httpx2 import Response
from sqlalchemy import Engine
from sqlmodel import func, select
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from lmis import clock
from lmis.accounts.deps import SESSION_COOKIE
from lmis.accounts.service import start_session
from lmis.catalog.models import Item, Lot
from lmis.db import reader, transaction
from lmis.network.models import Facility
from lmis.stock.documents import Document, Kind
from lmis.stock.models import StockMovement, StockOnHand
from lmis.stock.posting import post
from tests.factories import JUNE, NOW, TODAY, Tree, a_document, a_line, a_lot, a_tree, a_user, an_item, id_of


@lru_cache(maxsize=1)
def _served(engine: Engine) -> ASGIApp:
    from lmis.app import create_app  # tests without a page need not load it

    return create_app(engine)


@dataclass(frozen=True, slots=True)
class Site:
    """The program on a fresh database, at ten in the morning of TODAY."""

    engine: Engine
    tree: Tree
    condom: Item

    def browser(self, at: Facility | None = None, role: str = "storekeeper", language: str = "en") -> TestClient:
        """The browser of someone of a facility, signed in; of the board's when none is named."""
        with transaction(self.engine) as session:
            user = a_user(session, at or self.tree.board, role=role)
            token = start_session(session, user, "testclient", NOW)
        browser = self.stranger(language)
        browser.cookies.set(SESSION_COOKIE, token)
        return browser

    def stranger(self, language: str = "en") -> TestClient:
        """A browser that nobody has signed in with."""
        browser = TestClient(_served(self.engine), follow_redirects=False)
        browser.cookies.set("language", language)
        return browser

    def add(self, build: Callable[..., object], *args: object, **more: object) -> object:
        """What a factory of tests.factories builds, stored."""
        with transaction(self.engine) as session:
            return build(session, *args, **more)

    def post(self, document: Document) -> UUID:
        with transaction(self.engine) as session:
            post(session, [document], today=TODAY, now=NOW)
        return document.uuid

    def receive(
        self,
        quantity: int,
        *,
        at: Facility | None = None,
        number: str | None = None,
        expires_on: date | None = JUNE,
        on: date = TODAY,
        channel: str = "free",
    ) -> Lot:
        """A lot of condoms on a shelf, the board's when none is named."""
        with transaction(self.engine) as session:
            lot = a_lot(session, self.condom, number=number, expires_on=expires_on)
        line = a_line(lot, quantity, channel=channel)
        self.post(a_document(at or self.tree.board, line, kind=Kind.RECEIPT, on=on))
        return lot

    def on_hand(self, at: Facility, status: str = "usable") -> int:
        """Base units on the shelves of a facility."""
        with reader(self.engine) as session:
            rows = session.exec(
                select(StockOnHand.on_hand).where(StockOnHand.facility_id == id_of(at), StockOnHand.status == status)
            )
            return sum(rows)

    def documents(self) -> int:
        """How many have been recorded."""
        with reader(self.engine) as session:
            return session.exec(select(func.count()).select_from(StockMovement)).one()


def _site(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction(engine) as session:
        return Site(engine, a_tree(session), an_item(session, "Bao cao su", code="BCS", pack_size=144))


@pytest.fixture
def site(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Site:
    return _site(sqlite_engine, monkeypatch)


@pytest.fixture
def each_site(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site on each kind of database."""
    return _site(engine, monkeypatch)


@dataclass
class _Form(HTMLParser):
    """The first form that posts to an address."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    inside: bool = False
    select: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("method") == "post" and given.get("action") == self.action
        elif self.inside and tag == "input" and given.get("type") in ("radio", "checkbox") and "checked" not in given:
            pass
        elif self.inside and tag == "input" and given.get("name"):
            self.values[str(given["name"])] = given.get("value") or ""
        elif self.inside and tag == "select":
            self.select = given.get("name") or ""
        elif self.select and tag == "option" and ("selected" in given or self.select not in self.values):
            self.values[self.select] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""


def form_of(answer: Response, action: str | None = None) -> dict[str, str]:
    """What a browser would send of the page's form if nothing was typed. action: where it posts to, if elsewhere."""
    path = str(answer.request.url.raw_path, "ascii").partition("?")[0]
    parser = _Form(action or path)
    parser.feed(answer.text)
    return parser.values


def text_of(answer: Response) -> str:
    """The words of a page's content, with single blanks."""
    parser = _Text()
    parser.feed(answer.text.partition("<main")[2])
    return " ".join("".join(parser.words).split())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self.words.append(" ")
