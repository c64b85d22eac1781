"""The plan of what to move, as a page shows it: by who gives, and to whom, with the reason in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote, urlencode

from lmis.alerts.redistribution_lines import Line
from lmis.exports import Cell
from lmis.i18n import N_, Message, Name

SAVED_ALL = N_("They would expire unused where they are, on %(expires_on)s.")
SAVED = N_("%(saves)s of them would expire unused where they are, on %(expires_on)s.")
TOO_MANY = N_("More lies there than its maximum.")
OUT_SINCE = N_("The receiver has had none since %(out_since)s.")
NONE_LEFT = N_("The receiver has none.")
LEFT = N_("The receiver has %(usable)s.")
FILLS_ALL = N_("It lacks all of them to its minimum.")
FILLS = N_("It lacks %(fills)s of them to its minimum.")
IN_TIME = N_("It uses them before they expire.")
COLUMNS = (
    "from",
    "from_name",
    "to",
    "to_name",
    "item",
    "item_name",
    "lot",
    "expires_on",
    "channel",
    "quantity",
    "unit",
    "saves",
    "fills",
    "receiver_usable",
    "receiver_out_since",
    "on_hand_when_planned",
    "on_hand_now",
)


@dataclass(frozen=True, slots=True)
class Trip:
    """All that goes from one facility to another. path: of the giver's transfer form with it filled in; None: the
    reader may not open that, or nothing of it is left. asks: the reader's facility gets it, and others must send it.
    """

    lines: Sequence[Line]
    path: str | None
    asks: bool

    @property
    def to_name(self) -> str:
        return self.lines[0].to_name


@dataclass(frozen=True, slots=True)
class Giver:
    code: str
    name: str
    trips: Sequence[Trip]


@dataclass(frozen=True, slots=True)
class Sum:
    """What the plan does with an item, in base units. shelves: how many facilities get what they lack."""

    item: Name
    unit: str
    quantity: int
    saves: int
    fills: int
    shelves: int


def givers(lines: Iterable[Line], place_id: int, *, may_post: bool) -> list[Giver]:
    """The lines by giver and receiver, which they are ordered by, for readers at a facility."""
    found = []
    for (code, name), its in groupby(lines, key=lambda it: (it.from_code, it.from_name)):
        trips = [_trip(list(each), place_id, may_post) for _, each in groupby(its, key=lambda it: it.to_id)]
        found.append(Giver(code, name, trips))
    return found


def _trip(lines: Sequence[Line], place_id: int, may_post: bool) -> Trip:
    in_sight = place_id in (lines[0].parent_id, lines[0].from_id)
    there = [it for it in lines if it.left]
    return Trip(lines, _form(there) if may_post and in_sight and there else None, not in_sight)


def _form(lines: Sequence[Line]) -> str:
    """The giver's transfer form filled in, see lmis.stock.prefill; of a lot no more than is left."""
    said = [("to", lines[0].to_code)]
    for it in lines:
        said += [("lot", str(it.lot_id)), ("channel", it.channel), ("quantity", str(min(it.quantity, it.left)))]
    return f"/f/{quote(lines[0].from_code, safe='')}/transfer?{urlencode(said)}"


def why(line: Line) -> list[Message]:
    """Why it is better where it goes, as sentences."""
    return [Message(says, line._asdict()) for says in (_too_many(line), _left(line), _lacks(line))]


def _too_many(line: Line) -> str:
    if not line.saves:
        return TOO_MANY
    return SAVED_ALL if line.saves == line.quantity else SAVED


def _left(line: Line) -> str:
    if line.usable:
        return LEFT
    return OUT_SINCE if line.out_since else NONE_LEFT


def _lacks(line: Line) -> str:
    if not line.fills:
        return IN_TIME
    return FILLS_ALL if line.fills == line.quantity else FILLS


def sums(lines: Iterable[Line]) -> list[Sum]:
    """What the plan does, by item in the order of names."""
    by_item: dict[str, list[Line]] = {}
    for it in lines:
        by_item.setdefault(it.item_code, []).append(it)
    return [_sum(by_item[code]) for code in sorted(by_item, key=lambda code: (by_item[code][0].item_sort, code))]


def _sum(lines: Sequence[Line]) -> Sum:
    return Sum(
        lines[0].item,
        lines[0].unit,
        sum(it.quantity for it in lines),
        sum(it.saves for it in lines),
        sum(it.fills for it in lines),
        len({it.to_id for it in lines if it.fills}),
    )


def cells(line: Line) -> list[Cell]:
    """The line by COLUMNS."""
    sides = [line.from_code, line.from_name, line.to_code, line.to_name]
    goods = [line.item_code, line.item.vi, line.number, line.expires_on, line.channel, line.quantity, line.unit]
    return [*sides, *goods, line.saves, line.fills, line.usable, line.out_since, line.on_hand, line.left]
