"""Who writes the simulation's documents, and the diary that says what is to be done when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from enum import IntEnum
from random import Random
from uuid import UUID

from lmis.demo.stores import Pick, Store
from lmis.stock.documents import USABLE, Document, Kind, Line

Action = Callable[[date], Iterator[Document]]


class Hour(IntEnum):
    """The order of a day's work. People are served between the deliveries and the evening."""

    MORNING = 0
    BOARD_ISSUES = 1
    DISTRICT_ISSUES = 2
    STATION_ISSUES = 3
    EVENING = 4


class Diary:
    """What is to be done on which day. What is noted for a day that is over is never done."""

    def __init__(self) -> None:
        self._notes: defaultdict[date, list[tuple[Hour, Action]]] = defaultdict(list)

    def note(self, on: date, hour: Hour, action: Action) -> None:
        self._notes[on].append((hour, action))

    def take(self, on: date, until: Hour) -> list[Action]:
        """What is due on a day up to an hour, in order; it is then no longer in the diary."""
        notes = sorted(self._notes.pop(on, ()), key=lambda note: note[0])
        self._notes[on] = [note for note in notes if note[0] > until]
        return [action for hour, action in notes if hour <= until]


class Clerk:
    """Writes documents, their ids drawn from `rng`, so that the same seed gives the same documents."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.diary = Diary()

    def write(
        self,
        kind: Kind,
        on: date,
        maker: Store,
        picks: Sequence[Pick],
        *,
        to: Store | None = None,
        party: str | None = None,
        status: str = USABLE,
        reason: str | None = None,
    ) -> Document:
        """A document of goods already off the maker's shelf; what goes `to` another store is put on its shelf."""
        if to:
            for lot, quantity in picks:
                to.put(lot, quantity, on)
        lines = [Line(lot.item_id, lot.id, lot.channel, some, status, reason) for lot, some in picks]
        reference = f"HĐ-{self.rng.randrange(1000, 9999)}/{on.year}" if party else None
        return Document(self._uuid(), kind, on, maker.id, lines, to.id if to else None, party, reference)

    def reverse(self, mistaken: Document, on: date, note: str) -> Document:
        return Document(self._uuid(), Kind.REVERSAL, on, mistaken.facility_id, (), note=note, reverses=mistaken.uuid)

    def _uuid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)
