"""First expired, first out. Pure."""

from __future__ import annotations

from collections.abc import Iterable
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


def pick_fefo(lots: Iterable[LotOnShelf], quantity: int, on: date) -> list[Pick]:
    """The lots to take `quantity` base units from on the day `on`, the first to expire first.

    Expired, quarantined and not yet received lots are left out.
    Raises InsufficientStock when what remains is too little.
    """
    fit = [lot for lot in lots if lot.usable and lot.received_on <= on and not is_expired(lot.expires_on, on)]
    picks: list[Pick] = []
    left = quantity
    for lot in sorted(fit, key=fefo_order):
        if left and lot.on_hand:
            picks.append(Pick(lot.lot_id, min(lot.on_hand, left)))
            left -= picks[-1].quantity
    if left:
        raise InsufficientStock(usable=quantity - left, requested=quantity)
    return picks
