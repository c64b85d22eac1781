"""What is asked for beside what is proposed, and taking approved goods from the shelf. Pure; base units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lmis.stock.fefo import LotOnShelf, Pick, fefo_order, is_expired


def differs_much(proposed: int, requested: int, share: Decimal) -> bool:
    """Whether a reason has to be given: the two differ by more than `share` of the proposal."""
    return abs(requested - proposed) > share * proposed


@dataclass(slots=True)
class _Left:
    lot_id: int
    units: int


class Shelf:
    """The lots of an item and channel that may be given out on a day, taken from one request after another."""

    def __init__(self, lots: Iterable[LotOnShelf], on: date) -> None:
        fit = (lot for lot in lots if lot.usable and lot.received_on <= on and not is_expired(lot.expires_on, on))
        last_first = sorted(fit, key=fefo_order, reverse=True)
        self._lots = [_Left(lot.lot_id, lot.on_hand) for lot in last_first if lot.on_hand]
        self.usable = sum(lot.units for lot in self._lots)

    def take(self, quantity: int) -> list[Pick]:
        """The lots of the next `quantity` units, the first to expire first; there must be as many."""
        picks: list[Pick] = []
        while quantity:
            lot = self._lots[-1]
            picks.append(Pick(lot.lot_id, min(quantity, lot.units)))
            quantity -= picks[-1].quantity
            lot.units -= picks[-1].quantity
            if not lot.units:
                self._lots.pop()
        return picks
