"""Finding items and prices, and saving many items at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from lmis.catalog.models import Channel, CypFactor, Item, ItemChannel, Method, Price
from lmis.catalog.reference import CYP_SOURCE, CYP_VALID_FROM, default_cyp
from lmis.errors import LmisError, NotFound, Refused
from lmis.i18n import N_, nfc, search_key, sort_key
from lmis.network.reference import CLINICAL
from lmis.reading import CellRefused

ITEM = cast(Table, Item.__table__)  # type: ignore[attr-defined]
METHOD = cast(Table, Method.__table__)  # type: ignore[attr-defined]
CYP = cast(Table, CypFactor.__table__)  # type: ignore[attr-defined]
ITEM_CHANNEL = cast(Table, ItemChannel.__table__)  # type: ignore[attr-defined]
_SITE = "catalogue"  # the source of a factor that a site has given itself


class UnknownItem(NotFound):
    msgid = N_("No item has the code “%(code)s”.")


class ItemGivenTwice(LmisError):
    status_code = 422
    msgid = N_("“%(code)s” already stands in row %(line)s; give it once.")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as it is to be. line: where it stands in its file.

    channels: codes, none: it moves in all; None keeps what is there. cyp: of one unit of issue; None keeps
    what is there, or takes the method's default for a new item.
    """

    line: int
    code: str
    name_vi: str
    name_en: str
    method: str
    unit: str
    pack_size: int = 1
    channels: tuple[str, ...] | None = None
    cyp: Decimal | None = None


@dataclass(slots=True)
class SavedItems:
    """What saving did; new_methods and without_cyp hold codes that a site should look at."""

    added: int = 0
    changed: int = 0
    same: int = 0
    new_methods: list[str] = field(default_factory=list)
    without_cyp: list[str] = field(default_factory=list)


def item_by_code(session: Session, code: str) -> Item:
    """Raises UnknownItem."""
    item = session.exec(select_rows(Item).where(Item.code == nfc(code))).first()
    if item is None:
        raise UnknownItem(code=code)
    return item


def items(session: Session) -> list[Item]:
    """Every item in the order lists show them: by method, then by name."""
    ordered = select_rows(Item).join(Method, col(Method.code) == Item.method_code)
    return list(session.exec(ordered.order_by(col(Method.position), col(Item.name_sort), col(Item.code))))


def price_on(session: Session, item_id: int, channel: str, on: date) -> int | None:
    """Whole đồng of one base unit on a day; None where no price holds."""
    ended = col(Price.valid_to)
    found = (
        select_rows(Price.dong)
        .where(Price.item_id == item_id, Price.channel_code == channel)
        .where(Price.valid_from <= on, ended.is_(None) | (ended > on))
        .order_by(col(Price.valid_from).desc())
    )
    return session.exec(found).first()


def item_channels(session: Session) -> dict[int, list[str]]:
    """The channels each item moves in, in the order lists show them."""
    every = list(session.exec(select_rows(Channel.code).order_by(col(Channel.position))))
    listed: dict[int, set[str]] = {}
    for link in session.exec(select_rows(ItemChannel)):
        listed.setdefault(link.item_id, set()).add(link.channel_code)
    ids = [id_ for id_ in session.exec(select_rows(Item.id)) if id_ is not None]
    return {id_: [code for code in every if code in listed.get(id_, every)] for id_ in ids}


def save_items(session: Session, rows: Iterable[ItemRow]) -> SavedItems:
    """Insert or update items. A method that is not known becomes a new one that needs `clinical`.

    Raises Refused with a CellRefused for every fault; nothing is written then.
    """
    given = list(rows)
    if faults := _given_twice(given):
        raise Refused(faults)
    wanted = {row.code: row for row in given}
    saved = SavedItems(new_methods=_add_methods(session, wanted.values()))
    before = _known(session)
    touched = _write(session, wanted, before, saved)
    ids = {row.code: row.id for row in session.connection().execute(select(ITEM.c.id, ITEM.c.code))}
    touched |= _write_channels(session, wanted.values(), ids)
    touched |= _write_cyp(session, wanted.values(), ids, before, saved)
    saved.changed = len(touched & before.keys())
    saved.same = len(wanted) - saved.added - saved.changed
    return saved


def _given_twice(rows: Iterable[ItemRow]) -> list[LmisError]:
    first: dict[str, ItemRow] = {}
    faults: list[LmisError] = []
    for row in rows:
        other = first.setdefault(row.code, row)
        if replace(row, line=other.line) != other:
            faults.append(CellRefused(row.line, "code", ItemGivenTwice(code=row.code, line=str(other.line))))
    return faults


def _add_methods(session: Session, rows: Iterable[ItemRow]) -> list[str]:
    known = {row.code: row.position for row in session.connection().execute(select(METHOD))}
    new = sorted({row.method for row in rows} - known.keys())
    last = max(known.values(), default=0)
    if new:
        columns = [
            {
                "code": code,
                "name_vi": code,
                "name_en": code,
                "capability": CLINICAL,
                "position": last + number,
            }
            for number, code in enumerate(new, start=1)
        ]
        session.connection().execute(insert(METHOD), columns)
    return new


def _known(session: Session) -> dict[str, dict[str, Any]]:
    return {row.code: dict(row._mapping) for row in session.connection().execute(select(ITEM))}


def _columns(row: ItemRow) -> dict[str, Any]:
    return {
        "name_vi": row.name_vi,
        "name_en": row.name_en,
        "name_sort": sort_key(row.name_vi),
        "name_search": search_key(f"{row.code} {row.name_vi} {row.name_en}"),
        "method_code": row.method,
        "unit": row.unit,
        "pack_size": row.pack_size,
    }


def _write(
    session: Session, wanted: Mapping[str, ItemRow], known: Mapping[str, dict[str, Any]], saved: SavedItems
) -> set[str]:
    """Write the item table. Returns the codes that were added or changed."""
    columns = {code: _columns(row) for code, row in wanted.items()}
    new = [code for code in columns if code not in known]
    changed = [
        code
        for code in columns
        if code in known and any(known[code][name] != value for name, value in columns[code].items())
    ]
    if new:
        session.connection().execute(insert(ITEM), [{"code": code, **columns[code]} for code in new])
    if changed:
        keyed = [{"key": known[code]["id"], **columns[code]} for code in changed]
        session.connection().execute(update(ITEM).where(ITEM.c.id == bindparam("key")), keyed)
    saved.added = len(new)
    return {*new, *changed}


def _write_channels(session: Session, rows: Iterable[ItemRow], ids: Mapping[str, int]) -> set[str]:
    there: dict[int, set[str]] = {}
    for link in session.connection().execute(select(ITEM_CHANNEL)):
        there.setdefault(link.item_id, set()).add(link.channel_code)
    changed = {
        row.code: row.channels
        for row in rows
        if row.channels is not None and set(row.channels) != there.get(ids[row.code], set())
    }
    if not changed:
        return set()
    gone = [{"item": ids[code]} for code in changed]
    session.connection().execute(delete(ITEM_CHANNEL).where(ITEM_CHANNEL.c.item_id == bindparam("item")), gone)
    links = [{"item_id": ids[code], "channel_code": it} for code, its in changed.items() for it in sorted(set(its))]
    if links:
        session.connection().execute(insert(ITEM_CHANNEL), links)
    return set(changed)


def _write_cyp(
    session: Session,
    rows: Iterable[ItemRow],
    ids: Mapping[str, int],
    before: Mapping[str, object],
    saved: SavedItems,
) -> set[str]:
    """Keep the factor of each item: the row's where it gives one, else a new item's default."""
    held = select(CYP.c.item_id, CYP.c.cyp).where(CYP.c.valid_from == CYP_VALID_FROM)
    there: dict[int, Decimal] = {row.item_id: row.cyp for row in session.connection().execute(held)}
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    touched: set[str] = set()
    for row in rows:
        factor = _factor(row, is_new=row.code not in before, saved=saved)
        if factor is None or there.get(ids[row.code]) == factor["cyp"]:
            continue
        touched.add(row.code)
        (changed if ids[row.code] in there else new).append({"key": ids[row.code], **factor})
    _save_factors(session, new, changed)
    return touched


def _factor(row: ItemRow, *, is_new: bool, saved: SavedItems) -> dict[str, Any] | None:
    if row.cyp is not None:
        return {"cyp": row.cyp, "source": _SITE}
    if not is_new:
        return None
    default = default_cyp(row.method, row.unit)
    if default is None:
        saved.without_cyp.append(row.code)
        return None
    return {"cyp": default, "source": CYP_SOURCE}


def _save_factors(session: Session, new: Sequence[dict[str, Any]], changed: Sequence[dict[str, Any]]) -> None:
    if new:
        rows = [
            {"item_id": it["key"], "valid_from": CYP_VALID_FROM, "cyp": it["cyp"], "source": it["source"]} for it in new
        ]
        session.connection().execute(insert(CYP), rows)
    if changed:
        its = CYP.c.item_id == bindparam("key"), CYP.c.valid_from == CYP_VALID_FROM
        session.connection().execute(update(CYP).where(*its), list(changed))
