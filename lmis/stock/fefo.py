"""First expired, first out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from lmis.errors import LmisError
from lmis.i18n import N_


class InsufficientStock(LmisError):
    status_code = 409
    msgid = N_("Only %(usable)s usable units are on hand; %(requested)s were requested.")


@dataclass(frozen=True, slots=True)
class LotOnShelf:
    """A lot on a shelf. usable: not in quarantine; expires_on None: no expiry known."""

    lot_id: int
    expires_on: date | None
    received_on: date
    on_hand: int
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Pick:
    lot_id: int
    quantity: int


def is_expired(expires_on: date | None, on: date) -> bool:
    """The expiry date is the last day of use."""
    return expires_on is not None and expires_on < on


def fefo_order(lot: LotOnShelf) -> tuple[date, date, int]:
    return (lot.expires_on or date.max, lot.received_on, lot.lot_id)


def pick_fefo(
    lots: Iterable[LotOnShelf], quantity: int, on: date, first: Mapping[int, int] | None = None
) -> list[Pick]:
    """The lots to take `quantity` base units from on the day `on`, the first to expire first.

    first: lots that somebody chose to go before the others, by id the most to take of each. Expired, quarantined and
    not yet received lots are left out. Raises InsufficientStock when what remains is too little.
    """
    fit = [lot for lot in lots if lot.usable and lot.received_on <= on and not is_expired(lot.expires_on, on)]
    fit.sort(key=fefo_order)
    chosen = [(lot, most) for id_, most in (first or {}).items() for lot in fit if lot.lot_id == id_]
    taken: dict[int, int] = {}
    left = quantity
    for lot, most in [*chosen, *((lot, lot.on_hand) for lot in fit)]:
        before = taken.get(lot.lot_id, 0)
        if units := min(most, lot.on_hand - before, left):
            taken[lot.lot_id] = before + units
            left -= units
    if left:
        raise InsufficientStock(usable=quantity - left, requested=quantity)
    return [Pick(lot_id, units) for lot_id, units in taken.items()]
