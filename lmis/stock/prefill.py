"""What a link says a form of stock begins with: from the query of an address to what would have been typed. Pure.

The names are the same on every form; each is taken where it means something that is possible there, else left out:

to        code of the facility the goods go to (issue, transfer)
item      code of an item: its line stands first (issue, dispense, transfer, receive)
lot       id of a lot, which is taken before those that expire earlier (issue, dispense, transfer), or its line stands
          first (write-off, return, quarantine, release)
channel   of the lot or the item
quantity  base units; without it a lot that is written off, returned or held is taken whole
reason    code of a reason (write-off, return, quarantine, release)

lot, channel and quantity may stand there several times, the first of each together, then the second, and so on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from itertools import zip_longest
from typing import NamedTuple

from lmis.catalog.models import Item
from lmis.network.models import Facility
from lmis.reading import MOST
from lmis.stock.queries import ShelfLot
from lmis.stock.shelves import Shelf, blocked, lot_key

Said = Sequence[tuple[str, str]]  # the query of an address, in its order


class Wish(NamedTuple):
    """A lot that a link names; "" or None: not said."""

    lot_id: int | None
    channel: str
    quantity: int | None

    def means(self, lot: ShelfLot) -> bool:
        return lot.lot_id == self.lot_id and self.channel in ("", lot.channel)


def value(said: Said, name: str) -> str:
    return next((text for key, text in said if key == name), "")


def whole(text: str) -> int | None:
    """A count from 1 on; None for what is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    return number if 0 < number <= MOST else None


def wishes(said: Said) -> list[Wish]:
    columns = ([text for key, text in said if key == name] for name in ("lot", "channel", "quantity"))
    rows = zip_longest(*columns, fillvalue="")
    return [Wish(whole(lot), channel, whole(quantity)) for lot, channel, quantity in rows if whole(lot)]


def to_give(said: Said, shelves: Sequence[Shelf], choices: Iterable[Facility], on: date) -> dict[str, str]:
    """The fields of the form by which goods are given out; `first`: the lots chosen, as `chosen_first` reads them."""
    to = next((it for it in choices if it.code == value(said, "to")), None)
    wanted: dict[str, int] = {}
    first = []
    for shelf, lot, wish in _found(shelves, wishes(said), on):
        units = wish.quantity if wish.quantity and wish.quantity <= lot.on_hand else 0
        wanted[shelf.key] = wanted.get(shelf.key, 0) + units
        first.append(f"{lot.lot_id}-{units}-{lot.channel}")
    if not wanted and (named := _shelf(said, shelves)):
        units = whole(value(said, "quantity")) or 0
        wanted[named.key] = units if units <= named.usable(on) else 0
    typed = {f"quantity-{key}": str(units or "") for key, units in wanted.items()}
    return typed | {"counterparty": str(to.id) if to else "", "first": ";".join(first)}


def _found(shelves: Sequence[Shelf], wanted: Iterable[Wish], on: date) -> Iterator[tuple[Shelf, ShelfLot, Wish]]:
    """The lots that are there and may be given out."""
    for wish in wanted:
        fit = ((it, lot) for it in shelves for lot in it.lots if wish.means(lot) and blocked(lot, on) is None)
        if found := next(fit, None):
            yield *found, wish


def _shelf(said: Said, shelves: Sequence[Shelf]) -> Shelf | None:
    item, channel = value(said, "item"), value(said, "channel")
    return next((it for it in shelves if it.item.code == item and channel in ("", it.channel.code)), None)


def chosen_first(text: str, channel: str) -> dict[int, int]:
    """Of a channel the lots that were chosen, by id the most to take. What no page of ours has made is left out."""
    parts = (one.split("-", 2) for one in text.split(";"))
    its = [(whole(part[0]), whole(part[1])) for part in parts if len(part) == 3 and part[2] == channel]
    return {lot_id: most or MOST for lot_id, most in its if lot_id}


def by_lot(said: Said, lots: Iterable[ShelfLot], offered: Collection[str]) -> dict[str, str]:
    """The fields of the form on which each lot has its line. offered: the codes of the reasons there are."""
    reason = value(said, "reason") if value(said, "reason") in offered else ""
    typed: dict[str, str] = {}
    wanted = wishes(said)
    for lot in lots:
        if wish := next((it for it in wanted if it.means(lot)), None):
            units = wish.quantity or lot.on_hand
            typed[f"quantity-{lot_key(lot)}"] = str(units) if units <= lot.on_hand else ""
            typed[f"reason-{lot_key(lot)}"] = reason
        if wish and wish.quantity:
            wanted.remove(wish)
    return typed


def to_receive(said: Said, items: Iterable[Item], channels: Collection[str]) -> dict[str, str]:
    """The first line of a receipt."""
    item = next((it for it in items if it.code == value(said, "item")), None)
    if item is None:
        return {}
    channel, units = value(said, "channel"), whole(value(said, "quantity"))
    return {
        "item-0": str(item.id),
        "channel-0": channel if channel in channels else "",
        "quantity-0": str(units or ""),
    }
