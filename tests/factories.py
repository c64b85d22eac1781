"""Small builders with sensible defaults: each inserts through the models and returns the row with its id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import TypeVar
from uuid import UUID, uuid4

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import Session, SQLModel, select

from lmis.accounts.models import User
from lmis.calendar import Month
from lmis.catalog.models import Channel, Item, ItemChannel, Lot, Method, Price
from lmis.forecast.models import ForecastRun, ForecastSeries
from lmis.forecast.need import LEVELS as QUANTILE_LEVELS
from lmis.forecast.outlook import packed
from lmis.i18n import nfc, search_key, sort_key
from lmis.network.models import ALWAYS, Facility, FacilityParent, Level
from lmis.policy.models import StockPolicy
from lmis.policy.rules import DAYS
from lmis.stock.documents import USABLE, Document, Kind, Line
from lmis.stock.lots import lot_key

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # ten in the morning in Vietnam
JUNE = date(2027, 6, 30)
MARCH = date(2027, 3, 31)
PASSWORD = "mat khau thu nghiem"

ALL_CAPABILITIES = "clinical implant injectable iud"
CAPABILITY_OF = {"iud": "iud", "hormonal_iud": "iud", "injectable": "injectable", "implant": "implant"}
LEVELS = {  # code: rank, dispenses
    "centre": (0, False),
    "board": (1, False),
    "province": (1, False),
    "district": (2, False),
    "commune": (3, True),
    "station": (3, True),
    "pharmacy": (4, True),
    "collaborator": (5, True),
}
NON_CLINICAL_LEVELS = ("pharmacy", "collaborator")

_numbers = count(1)
_quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
Row = TypeVar("Row", bound=SQLModel)


def add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def id_of(row: Facility | Item | Lot | User) -> int:
    assert row.id is not None
    return row.id


def a_level(session: Session, code: str = "commune") -> Level:
    """The level of this code, made when the database has not got it."""
    rank, dispenses = LEVELS.get(code, (4, True))
    capabilities = "" if code in NON_CLINICAL_LEVELS else ALL_CAPABILITIES
    return session.get(Level, code) or add(
        session,
        Level(code=code, name_vi=code, name_en=code, rank=rank, dispenses=dispenses, capabilities=capabilities),
    )


def a_facility(
    session: Session,
    name: str | None = None,
    *,
    level: str = "commune",
    parent: Facility | None = None,
    code: str | None = None,
    capabilities: str | None = None,
    since: date = ALWAYS,
) -> Facility:
    """A facility; with `parent`, under it from the day `since` on."""
    code = code or f"F{next(_numbers)}"
    name = nfc(name or f"Trạm Y tế {code}")
    if capabilities is None:
        capabilities = a_level(session, level).capabilities
    facility = add(
        session,
        Facility(
            code=code,
            name=name,
            name_sort=sort_key(name),
            name_search=search_key(f"{code} {name}"),
            level_code=a_level(session, level).code,
            capabilities=capabilities,
        ),
    )
    if parent:
        under(session, facility, parent, since)
    return facility


def under(session: Session, facility: Facility, parent: Facility, since: date = ALWAYS) -> FacilityParent:
    """From `since` on, `parent` supplies and supervises `facility`."""
    return add(
        session,
        FacilityParent(facility_id=id_of(facility), parent_id=id_of(parent), valid_from=since),
    )


@dataclass(frozen=True, slots=True)
class Tree:
    """One facility of each level, each under the one before."""

    board: Facility
    district: Facility
    commune: Facility
    collaborator: Facility


def a_tree(session: Session) -> Tree:
    board = a_facility(session, "Ban Quản lý thành phố", level="board")
    district = a_facility(session, "Trung tâm Y tế quận Ba Đình", level="district", parent=board)
    commune = a_facility(session, "Trạm Y tế phường Trúc Bạch", level="commune", parent=district)
    collaborator = a_facility(session, "Cộng tác viên 1", level="collaborator", parent=commune)
    return Tree(board, district, commune, collaborator)


def a_method(session: Session, code: str = "condom") -> Method:
    return session.get(Method, code) or add(
        session, Method(code=code, name_vi=code, name_en=code, capability=CAPABILITY_OF.get(code))
    )


def a_channel(session: Session, code: str = "free") -> Channel:
    return session.get(Channel, code) or add(
        session, Channel(code=code, name_vi=code, name_en=code, priced=code != "free")
    )


def an_item(
    session: Session,
    name: str | None = None,
    *,
    code: str | None = None,
    method: str = "condom",
    unit: str = "piece",
    pack_size: int = 1,
    channels: Sequence[str] = (),
) -> Item:
    """An item; `channels`: those it moves in, none meaning all."""
    code = code or f"I{next(_numbers)}"
    name = nfc(name or f"Bao cao su {code}")
    item = add(
        session,
        Item(
            code=code,
            name_vi=name,
            name_en=name,
            name_sort=sort_key(name),
            name_search=search_key(f"{code} {name}"),
            method_code=a_method(session, method).code,
            unit=unit,
            pack_size=pack_size,
        ),
    )
    a_channel(session)
    for channel in channels:
        a_channel(session, channel)
        add(session, ItemChannel(item_id=id_of(item), channel_code=channel))
    return item


def a_lot(session: Session, item: Item | None = None, number: str | None = None, expires_on: date | None = JUNE) -> Lot:
    """A lot of `item`, or of a new one; the number '' is the item's unlotted stock."""
    number = f"A{next(_numbers)}" if number is None else number
    item = item or an_item(session)
    key = lot_key(number)
    return add(session, Lot(item_id=id_of(item), number=number, number_key=key, expires_on=expires_on))


def a_price(
    session: Session, item: Item, dong: int, *, channel: str = "social_marketing", since: date = ALWAYS
) -> Price:
    """The price of one base unit in whole đồng."""
    a_channel(session, channel)
    return add(session, Price(item_id=id_of(item), channel_code=channel, valid_from=since, dong=dong))


def a_policy(
    session: Session,
    at: Facility | None = None,
    *,
    level: str | None = None,
    item: int | None = None,
    since: date = date(2026, 1, 1),
    until: date | None = None,
    **values: str,
) -> StockPolicy:
    """Values as the database keeps them. until: the first day they no longer hold."""
    return add(
        session,
        StockPolicy(
            uuid=uuid4(),
            facility_id=id_of(at) if at else None,
            level_code=level,
            item_id=item,
            valid_from=since,
            valid_to=until,
            set_at=NOW,
            **{name: int(value) if name in DAYS else Decimal(value) for name, value in values.items()},
        ),
    )


def a_user(
    session: Session,
    facility: Facility | None = None,
    *,
    role: str = "storekeeper",
    username: str | None = None,
    language: str | None = None,
    active: bool = True,
) -> User:
    """Someone of `facility`, whose password is PASSWORD."""
    username = username or f"user{next(_numbers)}"
    facility = facility or a_facility(session)
    return add(
        session,
        User(
            username=username,
            name=f"Người dùng {username}",
            password_hash=_quick.hash(PASSWORD),
            role=role,
            facility_id=id_of(facility),
            language=language,
            active=active,
        ),
    )


def a_run(session: Session, as_of: Month = 202610, *, horizon: int = 12) -> ForecastRun:
    """The forecast that had seen the months up to `as_of`, made when the database has not got it."""
    made = session.exec(select(ForecastRun).where(ForecastRun.as_of == as_of)).first()
    return made or add(session, ForecastRun(as_of=as_of, made_at=NOW, horizon=horizon, seed=0, version="test"))


def a_forecast(
    session: Session,
    facility: Facility,
    item: Item,
    *,
    means: Sequence[float] = (100.0,) * 12,
    quantiles: Sequence[Sequence[float]] | None = None,
    model: Sequence[float] | None = None,
    amc: float | None = 90.0,
    statistical: float | None = 95.0,
    method: str = "model",
    reason: str = "model_best",
    backtest: str | None = '{"amc": 30.0, "statistical": 25.0, "model": 20.0}',
    parts: int = 1,
    as_of: Month = 202610,
) -> ForecastSeries:
    """What is forecast of an item at a facility and under it; without quantiles, they go from 55 % to 145 % of a mean.

    means: by month after `as_of`; none at all: it could not be forecast.
    """
    each = quantiles or [[mean * (0.5 + level) for level in QUANTILE_LEVELS] for mean in means]
    run_id = a_run(session, as_of, horizon=len(means) or 12).id
    return add(
        session,
        ForecastSeries(
            run_id=run_id,
            facility_id=id_of(facility),
            item_id=id_of(item),
            method=method,
            reason=reason,
            parts=parts,
            amc=amc,
            statistical=statistical,
            backtest=backtest,
            model=packed(means if model is None else model),
            means=packed(means),
            quantiles=packed(value for levels in each for value in levels),
        ),
    )


def a_line(lot: Lot, quantity: int, *, channel: str = "free", status: str = USABLE, reason: str | None = None) -> Line:
    """One line of a document: `quantity` base units of `lot`."""
    return Line(lot.item_id, id_of(lot), channel, quantity, status, reason)


def a_document(
    facility: Facility,
    *lines: Line,
    kind: str = Kind.RECEIPT,
    on: date = TODAY,
    to: Facility | None = None,
    party: str | None = None,
    note: str | None = None,
    shipped: bool = False,
    shipment: UUID | None = None,
) -> Document:
    """A document to post, with an id of its own; `to`: the other facility; `shipment`: the dispatch it follows."""
    counterparty_id = id_of(to) if to else None
    return Document(
        uuid=uuid4(),
        kind=kind,
        occurred_on=on,
        facility_id=id_of(facility),
        lines=lines,
        counterparty_id=counterparty_id,
        party=party,
        note=note,
        shipped=shipped,
        shipment=shipment,
    )
