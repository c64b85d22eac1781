"""What a count says of a lot, what the ledger is to take up, and who has the last word. Pure; in base units.

**When a count is true.** The ledger's rule is that a physical count settles everything before it. So a count bears the
day on which it froze the book, and papers of earlier days that are typed while it goes on do not move goods any more:
they put the book right, and explain a difference. What moves on that day or later, once the book is frozen, is moved
after the count, unless whoever counted says that the shelf already showed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    DRAFT = "draft"
    CLOSED = "closed"  # a blind count whose differences may now be seen
    WAITING = "waiting"  # for a second person
    POSTED = "posted"
    CANCELLED = "cancelled"


OPEN = frozenset({State.DRAFT, State.CLOSED})
NOT_OVER = OPEN | {State.WAITING}


class Since(NamedTuple):
    """What the ledger took up of a lot since the book was frozen, each signed.

    moved: goods that came or went; corrected: what only puts the book right; later: of both, what is dated after the
    day of the count; went: of what moved, what left.
    """

    moved: int = 0
    corrected: int = 0
    later: int = 0
    went: int = 0

    def within(self, said: int) -> int:
        """Of what a figure is said to show already, no more than came or than went."""
        return min(max(said, min(self.went, self.moved)), max(0, self.moved - self.went))


NOTHING = Since()


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of one line. counted: None when it is not counted; said: what `counted` is said to show of it."""

    book: int
    counted: int | None
    said: int = 0
    since: Since = NOTHING

    @property
    def included(self) -> int:
        """Of what moved, what `counted` shows: papers may have been reversed since it was said."""
        return self.since.within(self.said)

    @property
    def expected(self) -> int:
        """What should have been there when it was counted."""
        return self.book + self.since.corrected + self.included

    @property
    def difference(self) -> int | None:
        """What the ledger takes up, signed; None when the line is not counted."""
        return None if self.counted is None else self.counted - self.expected

    @property
    def share(self) -> Decimal | None:
        """The difference as a share of what was expected; None where nothing was, or nothing differs."""
        return Decimal(self.difference) / self.expected if self.difference and self.expected > 0 else None

    @property
    def percent(self) -> Decimal | None:
        return None if self.share is None else self.share * 100

    @property
    def stated(self) -> int:
        """What the ledger's document states: on the shelf at the end of the day of the count."""
        at_end = self.book + self.since.moved + self.since.corrected - self.since.later
        return at_end + (self.difference or 0)

    @property
    def on_hand(self) -> int:
        """What the book says once the count is posted."""
        return self.book + self.since.moved + self.since.corrected + (self.difference or 0)


def is_far_off(figures: Figures, share: Decimal) -> bool:
    """Whether a line's difference is more than `share` of its book; anything is where the book has none."""
    return figures.difference is not None and abs(figures.difference) > share * max(figures.expected, 0)


def needs_approval(lines: Iterable[Figures], share: Decimal) -> bool:
    """Whether a count waits for a second person: when any of its lines is far off."""
    return any(is_far_off(it, share) for it in lines)


class Said(NamedTuple):
    """What somebody says of a line."""

    counted: int | None
    included: int
    note: str | None


UNSAID = Said(None, 0, None)


@dataclass(frozen=True, slots=True)
class Merged:
    """Two saves brought together. kept: by line number, what is new; clashing: what both said, differently."""

    kept: dict[int, Said]
    clashing: dict[int, Said]


def merge(typed: Mapping[int, Said], stored: Mapping[int, Said], seen: Mapping[int, Said]) -> Merged:
    """What somebody typed, brought together with what others saved meanwhile.

    stored: what is kept now, of every line. seen: of the lines that others have changed since the page was loaded,
    what the page showed. Where others changed a line and this one left it as it was shown, theirs stays; where both
    changed it to the same, nothing is new; else it clashes, and what is kept stays until somebody decides.
    """
    merged = Merged({}, {})
    for line, said in typed.items():
        if line not in stored or said == stored[line] or said == seen.get(line):
            continue
        (merged.clashing if line in seen else merged.kept)[line] = said
    return merged
