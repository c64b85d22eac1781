"""Every link that people see leads somewhere, and pages in Vietnamese are all in Vietnamese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from uuid import uuid4

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from lmis.i18n import catalogue
from lmis.network.models import Facility
from lmis.stock.documents import Document, Kind
from tests.factories import TODAY, a_document, a_line, id_of
from tests.web import Site

MOST = 150  # pages of one reader


def pages(browser: TestClient, start: str) -> Iterator[tuple[str, Response]]:
    """What `start` and all that it leads to answer, each page once."""
    waiting, seen = [start], {start}
    while waiting and len(seen) < MOST:
        path = waiting.pop(0)
        answer = browser.get(path, follow_redirects=True)
        yield path, answer
        links = {unescape(link) for link in re.findall(r'(?:href|src)="(/[^"#]*)', answer.text)}
        waiting += sorted(links - seen)
        seen |= links


@pytest.fixture
def busy(site: Site) -> Site:
    """Goods received by the board, issued down to the commune, dispensed there, and a loss undone."""
    tree, lot = site.tree, site.receive(1_000)
    for sender, receiver, quantity in ((tree.board, tree.district, 300), (tree.district, tree.commune, 200)):
        site.post(a_document(sender, a_line(lot, quantity), kind=Kind.ISSUE, to=receiver))
    wrong = site.post(a_document(tree.district, a_line(lot, 5, reason="damaged"), kind=Kind.LOSS))
    site.post(Document(uuid4(), Kind.REVERSAL, TODAY, id_of(tree.district), (), reverses=wrong))
    site.post(a_document(tree.commune, a_line(lot, 20), kind=Kind.DISPENSE))
    return site


def readers(site: Site) -> list[Facility]:
    return [site.tree.board, site.tree.district, site.tree.commune]


def test_every_link_leads_to_a_page(busy):
    for facility in readers(busy):
        broken = [path for path, answer in pages(busy.browser(facility), "/") if answer.status_code != 200]
        assert broken == []


def test_no_english_is_left_on_vietnamese_pages(busy):
    english = {said for said, translated in catalogue("vi").items() if said != translated and len(said) > 3}
    for path, answer in pages(busy.browser(language="vi"), "/"):
        if "html" in answer.headers["content-type"]:
            shown = {" ".join(unescape(text).split()) for text in re.findall(r">([^<>]+)<", answer.text)}
            assert shown & english == set(), path
