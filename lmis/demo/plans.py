"""The demo's figures of the population, and shipments to come. All of them are invented, and their sources say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from random import Random
from uuid import UUID, uuid5

from sqlmodel import Session, select

from lmis.accounts.models import User
from lmis.calendar import Month, add_months, month_of
from lmis.catalog.models import Item
from lmis.db import id_of
from lmis.demo.catalogue import PRODUCTS
from lmis.demo.network import BOARD
from lmis.network.service import children
from lmis.planning.planned import Wanted, plan_shipment
from lmis.planning.plans import LENGTH
from lmis.planning.statements import Entry, Sourced, state

MANAGER = "quanly.hanoi"
NAMESPACE = UUID("5a0f9d5e-3f2b-5c1d-8d0a-64b1d1f0c7aa")
WOMEN_SOURCE = "Số liệu minh họa: không phải thống kê thật"
SOURCE = "Minh họa: con số bịa ra để dùng thử"
TARGET_SOURCE = "Minh họa: mục tiêu của một kế hoạch mẫu"
WOMEN_A_STATION = (250, 320)  # who are served by this program's goods, for each station of a district
GROWTH = Decimal("1.01")  # of their number from one year to the next
PREVALENCE = (Decimal("0.645"), Decimal("0.705"))
TARGET = Decimal("0.72")
# Of 1,000 users of modern methods; the rest have been sterilised or the like.
METHODS = {
    "condom": 215,
    "female_condom": 1,
    "pill": 200,
    "progestin_pill": 12,
    "emergency_pill": 6,
    "injectable": 55,
    "iud": 400,
    "hormonal_iud": 6,
    "implant": 60,
}
YEARS = (0, 1)  # this one and the next
# Items that the board's suppliers have agreed to bring: months from now, and packs.
COMING = (("BCS-AD", 2, 120), ("VU-HM", 4, 25))


@dataclass(frozen=True, slots=True)
class Desk:
    """Who enters the demo's figures, and when."""

    session: Session
    user: User
    today: date
    now: datetime


def enter_plans(session: Session, ids: Mapping[str, int], seed: int, today: date, now: datetime) -> None:
    """State the people of each district, and plan the board's next shipments. ids: the facilities' by code."""
    user = session.exec(select(User).where(User.username == MANAGER)).one()
    desk = Desk(session, user, today, now)
    items = {item.code: id_of(item) for item in session.exec(select(Item))}
    rng = Random(f"{seed} people")
    for district in children(session, ids[BOARD], today):
        stations = len(children(session, id_of(district), today))
        women, prevalence = (
            stations * rng.randint(*WOMEN_A_STATION),
            round(Decimal(rng.uniform(*map(float, PREVALENCE))), 3),
        )
        for ahead in YEARS:
            entry = _entry(district.code, id_of(district), today.year + ahead, women, prevalence, items)
            state(session, entry, user=user, today=today, now=now)
            women = int(women * GROWTH)
    _plan(desk, ids[BOARD], items)


def _entry(code: str, facility_id: int, year: int, women: int, prevalence: Decimal, items: Mapping[str, int]) -> Entry:
    methods = {method: Sourced(Decimal(per_mille) / 1000, SOURCE) for method, per_mille in METHODS.items()}
    other = Decimal(1) - sum((it.share for it in methods.values()), Decimal(0))
    return Entry(
        uuid=uuid5(NAMESPACE, f"{code} {year}"),
        facility_id=facility_id,
        year=year,
        women=women,
        women_source=WOMEN_SOURCE,
        prevalence=Sourced(prevalence, SOURCE),
        target=Sourced(TARGET, TARGET_SOURCE),
        other=Sourced(other, SOURCE),
        methods=methods,
        brands={items[product]: Sourced(share, SOURCE) for product, share in _brands()},
    )


def _brands() -> Iterable[tuple[str, Decimal]]:
    """Each item's share of its method, as many as come for it; the last one has what rounding leaves."""
    for method in METHODS:
        its = [
            (it.code, sum(flow.clients * flow.carried for flow in it.flows)) for it in PRODUCTS if it.method == method
        ]
        whole, left = sum(weight for _, weight in its), Decimal(1)
        for code, weight in its[:-1]:
            share = round(Decimal(weight / whole), 3)
            left -= share
            yield code, share
        yield its[-1][0], left


def _plan(desk: Desk, board_id: int, items: Mapping[str, int]) -> None:
    first: Month = month_of(desk.today)
    packs = {it.code: it.pack_size for it in PRODUCTS}
    for code, ahead, count in COMING:
        uuid, month = uuid5(NAMESPACE, f"{code} {first}"), add_months(first, ahead)
        wanted = Wanted(uuid, board_id, items[code], month, count * packs[code], None, "Minh họa: hợp đồng mẫu")
        plan_shipment(desk.session, wanted, user=desk.user, first=first, months=LENGTH, now=desk.now)
