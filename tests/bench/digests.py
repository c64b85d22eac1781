"""A morning of a city: one mail to each of 1,500 people, about 30,000 alerts at 5,610 facilities."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from unittest.mock import patch

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

from lmis import schema
from lmis.accounts.models import User
from lmis.alerts import digest_letters
from lmis.alerts.digests import build_digests
from lmis.alerts.findings import SEVERITIES, Act, Finding, Rule, to_json
from lmis.alerts.letters import Written
from lmis.alerts.models import Alert
from lmis.alerts.recipients import recipients
from lmis.db import make_engine, reader, transaction
from lmis.i18n import VIETNAM
from lmis.mail.models import MailPreference
from lmis.network.models import ALWAYS, Facility, FacilityParent
from tests.bench.figures import Figure
from tests.factories import a_facility, a_level, a_lot, an_item, id_of

TODAY = date(2026, 11, 22)
SIX = datetime(2026, 11, 22, 6, tzinfo=VIETNAM)
NIGHT = datetime(2026, 11, 22, 5, 5, tzinfo=VIETNAM)
DISTRICTS, STATIONS, COLLABORATORS, PEOPLE, ALERTS = 30, 579, 5_000, 1_500, 30_000
RULES = (Rule.OUT, Rule.RUN_OUT, Rule.RUN_OUT, Rule.BELOW, Rule.BELOW, Rule.WASTE, Rule.EXPIRED, Rule.COUNT_DUE)
NOON = date(2027, 1, 31)
FACTS = {
    Rule.OUT: {"days": 4, "coming": 0, "coming_on": None, "monthly": 120},
    Rule.RUN_OUT: {"usable": 140, "coming": 0, "chance": 82, "on": NOON, "next_on": NOON, "monthly": 90},
    Rule.BELOW: {"usable": 90, "months": 1, "minimum": 2},
    Rule.WASTE: {"lot": "A12", "expires_on": NOON, "on_hand": 500, "units": 90, "monthly": 40, "dong": 4_500_000},
    Rule.EXPIRED: {"lot": "A12", "expires_on": date(2026, 11, 1), "on_hand": 40, "dong": 0},
    Rule.COUNT_DUE: {"due_on": date(2026, 11, 1), "days": 21},
}


def measure(folder: Path) -> list[Figure]:
    engine = make_engine(f"sqlite:///{folder / 'digests.sqlite3'}")
    schema.prepare(engine)
    with transaction(engine) as session:
        _fill(session, Random(1))
    with reader(engine) as session:
        start = perf_counter()
        recipients(session, TODAY)
        who = perf_counter() - start
    with _timed_rendering() as rendering:
        start = perf_counter()
        made = build_digests(engine, today=TODAY, now=SIX)["mails"]
        seconds = perf_counter() - start
    engine.dispose()
    bare = sum(rendering) / len(rendering) * made
    assert made == PEOPLE, made
    return [
        Figure("who is told in a network of 5,610 facilities", who, "s", 1, "less"),
        Figure("building 1,500 digests about 30,000 alerts", seconds, "s", 20, "less"),
        Figure("the same against templates and CSS alone, each mail by itself", seconds / bare, "× time", 3, "less"),
    ]


@contextmanager
def _timed_rendering() -> Iterator[list[float]]:
    """The seconds of every rendering, with the style put into the tags."""
    times: list[float] = []
    written = digest_letters.written

    def timed(name: str, language: str, **context: object) -> Written:
        start = perf_counter()
        made = written(name, language, **context)
        times.append(perf_counter() - start)
        return made

    with patch.object(digest_letters, "written", timed):
        yield times


def _fill(session: Session, random: Random) -> None:
    board = a_facility(session, "Ban Quản lý thành phố", level="board")
    districts = _facilities(session, "district", "Trung tâm Y tế quận", [id_of(board)], DISTRICTS)
    stations = _facilities(session, "commune", "Trạm Y tế phường", districts, STATIONS)
    below = _facilities(session, "collaborator", "Cộng tác viên", stations, COLLABORATORS)
    _people(session, [id_of(board)] * 10 + districts * 5 + stations * 3, random)
    _alerts(session, [id_of(board), *districts, *stations, *below], random)


def _facilities(session: Session, level: str, name: str, parents: list[int], count: int) -> list[int]:
    a_level(session, level)
    facilities = [
        Facility(code=f"{level}-{n}", name=f"{name} {n}", name_sort=f"{n:05}", name_search=str(n), level_code=level)
        for n in range(count)
    ]
    session.add_all(facilities)
    session.flush()
    ids = [id_of(it) for it in facilities]
    edges = [
        {"facility_id": id_, "parent_id": parents[n % len(parents)], "valid_from": ALWAYS} for n, id_ in enumerate(ids)
    ]
    _insert(session, FacilityParent, edges)
    return ids


def _people(session: Session, places: list[int], random: Random) -> None:
    """Each tenth with wishes of their own."""
    common = {"password_hash": "", "role": "manager", "active": True, "language": "vi"}
    rows = [
        {
            "id": n,
            "username": f"u{n}",
            "name": f"Cán bộ {n}",
            "email": f"u{n}@example.org",
            "facility_id": place,
            **common,
        }
        for n, place in enumerate(places[:PEOPLE], 1)
    ]
    _insert(session, User, rows)
    wishes = {"digest": "daily", "least_severity": 1, "at_once": True, "summaries": True, "changed_at": NIGHT}
    muted = [{"user_id": n, "hour": random.choice((6, 7, 8)), "muted": "below", **wishes} for n in range(1, PEOPLE, 10)]
    _insert(session, MailPreference, muted)


def _alerts(session: Session, places: list[int], random: Random) -> None:
    items = [id_of(an_item(session, f"Bao cao su {n}")) for n in range(20)]
    lots = [id_of(a_lot(session)) for _ in range(50)]
    _insert(session, Alert, [_alert(n, places, items, lots, random) for n in range(ALERTS)])


def _alert(n: int, places: list[int], items: list[int], lots: list[int], random: Random) -> dict[str, object]:
    """At each place something, and more by chance."""
    rule, first = random.choice(RULES), n < len(places)
    place = places[n] if first else random.choice(places)
    it = Finding(rule, place, FACTS[rule], random.choice(items), random.choice(lots), act=Act.ORDER)
    moments = dict.fromkeys(("opened_at", "raised_at", "seen_at"), NIGHT - timedelta(days=random.randrange(9)))
    return {
        "key": f"{it.key}:{n}", "topic": it.topic, "rule": rule, "facility_id": place, "item_id": it.item_id,
        "lot_id": it.lot_id, "subject": "", "severity": SEVERITIES[rule], "facts": to_json(it.facts), "action": it.does,
        "units": random.randrange(900), "dong": 0, "times": 1,
        "state": "open" if first or random.random() < 0.8 else "acknowledged",
        "due_on": TODAY + timedelta(days=random.randrange(60)), **moments,
    }  # fmt: skip


def _insert(session: Session, table: type[SQLModel], rows: list[dict[str, object]]) -> None:
    session.connection().execute(insert(table), rows)
