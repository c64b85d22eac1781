"""What to take from the shelf for a dispatch, as the list that goes along the shelves has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lmis.catalog.models import Channel, Item


@dataclass(frozen=True, slots=True)
class Pick:
    """A lot to take. quantity: base units."""

    item: Item
    channel: Channel
    lot: str
    expires_on: date | None
    quantity: int

    @property
    def packs(self) -> int:
        """Whole packs of it; none where the item comes singly."""
        return self.quantity // self.item.pack_size if self.item.pack_size > 1 else 0

    @property
    def loose(self) -> int:
        """Base units beside the whole packs."""
        return self.quantity - self.packs * self.item.pack_size
