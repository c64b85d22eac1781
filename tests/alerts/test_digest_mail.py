"""Mails as they arrive: made, sent over a real mail server, and read as the recipient's program reads them."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from io import BytesIO

import pytest
from freezegun import freeze_time
from python_calamine import CalamineWorkbook

from lmis import clock
from lmis.alerts.urgent import queue_urgent
from lmis.config import settings
from lmis.db import transaction
from lmis.mail.sending import send_due
from lmis.pages import TEMPLATES
from lmis.reports.download import NAMED_COLUMNS
from lmis.stock.posting import post
from tests.alerts.mailing import digests_at, evaluated, in_vietnam, someone, summaries_at
from tests.alerts.making import an_alert
from tests.factories import NOW, TODAY, a_document, a_line, a_lot, a_tree, an_item
from tests.smtp import mail_server  # noqa: F401 - a fixture

MONDAY = "2026-11-23 06:00"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs)["href"] or "")


def links_of(html: str) -> list[str]:
    parser = _Links()
    parser.feed(html)
    return parser.found


def sent_at(engine, moment: str) -> dict[str, int]:
    """Send what is due; the clock stands still for everything but the server."""
    return send_due(engine, now=lambda: in_vietnam(moment))


@pytest.fixture
def delivered(engine, mail_server, monkeypatch):  # noqa: F811
    """What a manager of a district has in hand on a Monday at half past ten, by kind, and their place."""
    monkeypatch.setattr(settings(), "address", "https://lmis.example.org/")
    with transaction(engine) as session:
        tree = a_tree(session)
        user = someone(session, tree.district, language="vi", email="ha@example.org")
        user.name = "Nguyễn Thị Hà"
        for n, item in enumerate(("Que cấy “Ba năm”", "Bao cao su & cộng sự")):
            an_alert(session, tree.commune if n else tree.district, an_item(session, item), at=in_vietnam(MONDAY))
        lot = a_lot(session)
        post(session, [a_document(tree.commune, a_line(lot, 300), on=date(2026, 10, 9))], today=TODAY, now=NOW)
    evaluated(engine, "2026-11-23 05:09")
    assert digests_at(engine, MONDAY)["mails"] == 1
    assert summaries_at(engine, MONDAY)["weekly"] == 1
    with transaction(engine) as session:
        an_alert(session, tree.commune, an_item(session, "Thuốc tiêm"), at=in_vietnam("2026-11-23 10:01"))
    with freeze_time(in_vietnam("2026-11-23 10:15")), transaction(engine) as session:
        assert queue_urgent(session, now=clock.now()) == 1
    assert sent_at(engine, "2026-11-23 10:30")["sent"] == 3
    assert sent_at(engine, "2026-11-23 10:31").get("sent", 0) == 0
    return tree, {kind: it for it in mail_server.to("ha@example.org") for kind in KINDS if KINDS[kind](it)}


KINDS = {
    "digest": lambda it: it.read["Subject"].endswith("23/11/2026"),
    "urgent": lambda it: "Thuốc tiêm" in it.read["Subject"],
    "weekly": lambda it: bool(list(it.read.iter_attachments())),
}


def test_they_arrive_whole(delivered):
    tree, mails = delivered
    place, station = tree.district, tree.commune
    site = "https://lmis.example.org"

    digest, urgent, weekly = (mails[kind] for kind in ("digest", "urgent", "weekly"))
    for mail in mails.values():
        assert mail.raw.isascii()
        assert "Nguyễn Thị Hà" in mail.read["To"]
        assert [part.get_content_charset() for part in mail.read.walk() if part.get_content_maintype() == "text"] == [
            "utf-8", "utf-8"
        ]  # fmt: skip
        assert mail.read["List-Unsubscribe"] == f"<{site}/me/mail>"
        assert f"{site}/me/mail" in mail.text

    assert re.search(rb"^Subject: .*=\?utf-8\?", digest.raw, re.MULTILINE)
    assert digest.read["Subject"].startswith("2 ")
    assert place.name in digest.read["Subject"]
    for said in (digest.text, " ".join(digest.html.split())):
        assert station.name in said
    assert "Que cấy “Ba năm”" in digest.text
    assert "Bao cao su & cộng sự" in digest.text
    assert "Bao cao su &amp; cộng sự" in digest.html
    found = links_of(digest.html)
    assert all(link.startswith(f"{site}/") and not link.startswith(f"{site}//") for link in found)
    assert [f"{site}/f/{at.code}/alerts/{n}" in found for n, at in ((1, place), (2, station))] == [True, True]
    assert all(link in digest.text for link in found)
    assert {it.partition("?")[0] for it in found} >= {f"{site}/f/{place.code}/requisitions/new"}

    assert "Thuốc tiêm" in urgent.text
    assert "Que cấy" not in urgent.text

    (file,) = weekly.read.iter_attachments()
    sheet = CalamineWorkbook.from_filelike(BytesIO(file.get_content())).get_sheet_by_index(0).to_python()
    assert file.get_filename() == f"report-{place.code}-2026-10.xlsx"
    assert sheet[0] == list(NAMED_COLUMNS)
    assert [row[0] for row in sheet[1:]] == [station.code]


class TestTheStyleSheet:
    """The colours that stand on each other, in light and in dark, by WCAG 2.2: 4.5 to 1 for text, 3 to 1 for bars."""

    @pytest.fixture(params=[0, 1], ids=["light", "dark"])
    def sheet(self, request):
        whole = (TEMPLATES / "email" / "mail.css").read_text()
        return whole.split("@media (prefers-color-scheme: dark)")[request.param]

    def contrast(self, sheet: str, selector: str, ground: str, name: str = "color") -> float:
        pair = self.colour(sheet, selector, name), self.colour(sheet, ground, "background")
        dim, bright = sorted(map(self.luminance, pair))
        return (bright + 0.05) / (dim + 0.05)

    def colour(self, sheet: str, selector: str, name: str) -> str:
        rules = re.findall(r"([^{}]+)\{([^{}]*)\}", sheet)
        bodies = [body for names, body in rules if selector in [it.strip() for it in names.split(",")]]
        found = [value for body in bodies for value in re.findall(rf"(?<![-\w]){name}: (#[0-9a-f]{{3,6}})", body)]
        assert found, f"{selector} has no {name}"
        return found[-1]

    def luminance(self, colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    @pytest.mark.parametrize("selector", ["td", "h1", "h2", ".soft", ".foot", "a", ".u", ".w", ".n"])
    def test_text_can_be_read_on_the_sheet(self, sheet, selector):
        assert self.contrast(sheet, selector, ".sheet") >= 4.5

    @pytest.mark.parametrize(("selector", "ground"), [(".new", ".new"), (".button", ".button"), ("td", ".note")])
    def test_text_can_be_read_on_a_ground_of_its_own(self, sheet, selector, ground):
        assert self.contrast(sheet, selector, ground) >= 4.5

    @pytest.mark.parametrize("selector", [".bu", ".bw", ".bn"])
    def test_bars_stand_out_from_their_track(self, sheet, selector):
        assert self.contrast(sheet, selector, ".track", "background") >= 3
