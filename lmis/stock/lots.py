"""Lots: one number however it is typed, found or added many at a time."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date

from sqlmodel import Session

from lmis.errors import LmisError
from lmis.i18n import N_, nfc
from lmis.sql import Sql, as_day_or_none
from lmis.stock.spans import make_anew

Wanted = tuple[int, str, date | None]  # item id, lot number ('' for unlotted stock), expiry on the label
LotKey = tuple[int, str]  # item id, folded number
Facts = tuple[int, date | None]  # lot id, expiry
HOLDERS = "SELECT DISTINCT facility_id FROM stock_on_hand WHERE lot_id = :lot"
UNLOTTED = ""


class UnknownLot(LmisError):
    status_code = 422
    msgid = N_("Lot %(lot)s of this item is not known. Check the number on the label, or receive it first.")


class LotExpiryDiffers(LmisError):
    status_code = 409
    msgid = N_(
        "Lot %(lot)s is known with the expiry date %(known)s; here it says %(given)s. "
        "Check the label: one lot has one expiry date. If the first one is wrong, an administrator can put it right."
    )


class LotWithoutExpiry(LmisError):
    status_code = 409
    msgid = N_(
        "Lot %(lot)s was entered without an expiry date where others hold it too; here it says %(given)s. "
        "Leave the expiry date empty, and have an administrator put the lot's date right."
    )


class LotNumberMissing(LmisError):
    status_code = 422
    msgid = N_("An expiry date belongs to a lot. Enter the lot number too, or leave both empty.")


class LotNumberTooLong(LmisError):
    status_code = 422
    msgid = N_("The lot number has %(length)s characters; at most 64 can be kept.")


def lot_key(number: str) -> str:
    """What tells lots apart: case, blanks and the Unicode form of the number do not."""
    folded = unicodedata.normalize("NFKC", number).casefold()
    return "".join(c for c in unicodedata.normalize("NFKC", folded) if unicodedata.category(c)[0] not in "ZC")


def find_or_add_lots(
    session: Session, wanted: Sequence[Wanted], *, add: bool, only_at: int | None = None
) -> list[int | LmisError]:
    """The lot id of each wanted lot, or why there is none.

    add: make the lots that are not known yet. Unlotted stock is always made when first used.
    A lot first entered without an expiry date takes the one given now, with `only_at` only if no other facility has
    had it: nobody changes what others hold. One that has another date refuses.
    """
    sql = Sql(session)
    keys = [(item, lot_key(number)) for item, number, _ in wanted]
    known = _known(sql, keys)
    _add(sql, [w for w, key in zip(wanted, keys, strict=True) if key not in known and (add or not key[1])])
    if not known.keys() >= set(keys):
        known = _known(sql, keys)
    _complete(sql, wanted, keys, known, only_at)
    return [_found(w, known.get(key)) for w, key in zip(wanted, keys, strict=True)]


def _known(sql: Sql, keys: Sequence[LotKey]) -> dict[LotKey, Facts]:
    rows = sql.rows(
        "SELECT item_id, number_key, id, expires_on FROM lot WHERE item_id IN (:items*) AND number_key IN (:keys*)",
        items=sorted({item for item, _ in keys}),
        keys=sorted({key for _, key in keys}),
    )
    return {(item, key): (lot, as_day_or_none(expires)) for item, key, lot, expires in rows}


def _add(sql: Sql, wanted: Sequence[Wanted]) -> None:
    new: dict[LotKey, tuple[int, str, str, date | None]] = {}
    for item, number, expires in wanted:
        key = (item, lot_key(number))
        if len(key[1]) <= 64 and (key not in new or new[key][3] is None):
            new[key] = (item, nfc(number)[:64], key[1], expires if key[1] else None)
    rows = [new[key] for key in sorted(new)]  # in order, so that no two wait for each other in a circle
    sql.insert(
        "INSERT INTO lot (item_id, number, number_key, expires_on) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(*row[:3], row[3] and row[3].isoformat()) for row in rows],
    )


def correct_expiry(session: Session, item_id: int, number: str, expires_on: date) -> int:
    """Put a lot's expiry date right everywhere. Returns how many facilities have had the lot. Raises UnknownLot."""
    sql = Sql(session)
    key = (item_id, lot_key(number))
    lot = _known(sql, [key]).get(key)
    if lot is None or not key[1]:
        raise UnknownLot(lot=nfc(number))
    return _date_lot(sql, item_id, lot[0], expires_on)


def _date_lot(sql: Sql, item_id: int, lot_id: int, expires_on: date) -> int:
    """Date a lot, and with it the stockouts of those who have had it."""
    holders = _holders(sql, lot_id)
    sql.execute("UPDATE lot SET expires_on = :day WHERE id = :lot", day=expires_on, lot=lot_id)
    for facility in holders:
        make_anew(sql, (facility, item_id))
    return len(holders)


def _holders(sql: Sql, lot_id: int) -> list[int]:
    return [row[0] for row in sql.rows(HOLDERS, lot=lot_id)]


def _complete(
    sql: Sql,
    wanted: Sequence[Wanted],
    keys: Sequence[LotKey],
    known: dict[LotKey, Facts],
    only_at: int | None,
) -> None:
    """Give the lots entered without an expiry date the one given now."""
    for (item, _, given), key in zip(wanted, keys, strict=True):
        lot = known.get(key)
        undated = lot and key[1] and given and lot[1] is None
        if lot and given and undated and (only_at is None or set(_holders(sql, lot[0])) <= {only_at}):
            _date_lot(sql, item, lot[0], given)
            known[key] = (lot[0], given)


def _found(wanted: Wanted, lot: Facts | None) -> int | LmisError:
    _, number, given = wanted
    if lot is None:
        key = lot_key(number)
        return LotNumberTooLong(length=len(key)) if len(key) > 64 else UnknownLot(lot=nfc(number))
    if given is None or lot[1] == given:
        return lot[0]
    if not lot_key(number):
        return LotNumberMissing()
    if lot[1] is None:
        return LotWithoutExpiry(lot=nfc(number), given=given)
    return LotExpiryDiffers(lot=nfc(number), known=lot[1], given=given)
