"""What may be said of a shipment that arrives, and how differences are settled. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from lmis.i18n import N_, Message
from lmis.shipments import refusals
from lmis.stock.refusals import BadQuantity, LineRefused
from lmis.stock.rules import MAX_QUANTITY

GoodsKey = tuple[int, str, str]  # lot, channel, status as sent


class Difference(StrEnum):
    SHORT = "short"
    DAMAGED = "damaged"
    REFUSED = "refused"
    EXCESS = "excess"
    WRONG_LOT = "wrong_lot"


class Settlement(StrEnum):
    LOST = "lost"
    SENT_BACK = "sent_back"
    FOUND = "found"  # it arrived after all: the receiver confirmed it later
    TAKEN = "taken"  # off the sender's shelf, from which it had come
    EXPLAINED = "explained"
    WITHDRAWN = "withdrawn"  # with the proof of delivery that reported it


class State(StrEnum):
    ON_THE_WAY = "on_the_way"
    PARTLY = "partly"
    DIFFERENCES = "differences"
    FINISHED = "finished"
    TAKEN_BACK = "taken_back"


UNITS = Message(N_("units"))
IN_TRANSIT = frozenset({Difference.SHORT, Difference.DAMAGED, Difference.REFUSED})  # on the way until settled
OFFERED: dict[str, tuple[Settlement, ...]] = {  # what the sender may settle a difference by
    kind: (Settlement.LOST, Settlement.SENT_BACK) if kind in IN_TRANSIT else (Settlement.TAKEN, Settlement.EXPLAINED)
    for kind in Difference
}
TURNS_UP = (Difference.SHORT, Difference.REFUSED, Difference.DAMAGED)  # which a later receipt closes first
DIFFERENCE_NAMES: dict[str, str] = {
    Difference.SHORT: N_("Missing"),
    Difference.DAMAGED: N_("Damaged"),
    Difference.REFUSED: N_("Refused"),
    Difference.EXCESS: N_("More than sent"),
    Difference.WRONG_LOT: N_("Lot that was not sent"),
}
SETTLEMENT_NAMES: dict[str, str] = {
    Settlement.LOST: N_("Lost on the way"),
    Settlement.SENT_BACK: N_("Back on our shelf (sent back, or never left)"),
    Settlement.FOUND: N_("Arrived after all"),
    Settlement.TAKEN: N_("Taken from our shelf"),
    Settlement.EXPLAINED: N_("Not ours, explained"),
    Settlement.WITHDRAWN: N_("Withdrawn with the proof of delivery"),
}
STATE_NAMES: dict[str, str] = {
    State.ON_THE_WAY: N_("On the way"),
    State.PARTLY: N_("Partly received"),
    State.DIFFERENCES: N_("Differences to settle"),
    State.FINISHED: N_("Finished"),
    State.TAKEN_BACK: N_("Taken back by the sender"),
}


class Reported(NamedTuple):
    """What differs of a lot, as its receiver reports it. kind: a Difference; quantity: base units."""

    kind: str
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What the receiver says of a lot of the shipment, in base units."""

    key: GoodsKey
    received: int
    differences: tuple[Reported, ...] = ()


class Open(NamedTuple):
    """A difference with what of it is not settled yet."""

    id: int
    kind: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Coming:
    """A lot of a shipment as it stands. lot: its number for people; open: what was reported of it and still travels."""

    item_id: int
    lot: str
    on_the_way: int
    open: tuple[Open, ...] = ()

    @property
    def disputed(self) -> int:
        """Base units reported as missing, damaged or refused, and not settled."""
        return sum(it.quantity for it in self.open)

    @property
    def undisputed(self) -> int:
        """Base units of which nobody has said anything yet."""
        return self.on_the_way - self.disputed


def counted_faults(
    counted: Counted, coming: Coming, reasons: frozenset[str], unit: Message = UNITS
) -> list[LineRefused]:
    """Why a receiver cannot say this of a lot. reasons: the codes that may be given; unit: the item's."""
    quantities = [counted.received, *(it.quantity for it in counted.differences)]
    if any(not 0 <= quantity <= MAX_QUANTITY for quantity in quantities):
        return [BadQuantity(quantity=next(it for it in quantities if not 0 <= it <= MAX_QUANTITY))]
    if counted.received > coming.on_the_way:
        return [refusals.MoreThanSent(left=coming.on_the_way, unit=unit, entered=counted.received)]
    faults: list[LineRefused] = []
    reported = sum(it.quantity for it in counted.differences)
    left = coming.undisputed
    if reported > left:
        faults.append(refusals.MoreThanLeft(left=left, unit=unit, reported=reported))
    elif reported and counted.received + reported > left:
        told = {"left": left, "unit": unit, "reported": reported}
        faults.append(refusals.ArrivedTooMany(**told, arrived=left - reported))
    if any(it.quantity and it.reason not in reasons for it in counted.differences):
        faults.append(refusals.DifferenceNeedsReason())
    return faults


def turned_up(received: int, coming: Coming) -> list[Open]:
    """The parts of open differences that a receipt closes: what arrived beyond that of which nothing was said."""
    left = max(0, received - coming.undisputed)
    closed: list[Open] = []
    for it in sorted(coming.open, key=lambda it: (TURNS_UP.index(Difference(it.kind)), it.id)):
        part = min(left, it.quantity)
        if part:
            closed.append(it._replace(quantity=part))
            left -= part
    return closed


@dataclass(frozen=True, slots=True)
class Goods:
    """The sums of a shipment that its state follows from, in base units."""

    sent: int
    received: int
    returned: int
    on_the_way: int


def state_of(goods: Goods, *, open_differences: bool, confirmed: bool) -> State:
    """How a shipment stands. confirmed: a proof of delivery says something of it."""
    if open_differences:
        return State.DIFFERENCES
    if goods.on_the_way:
        return State.PARTLY if confirmed or goods.returned else State.ON_THE_WAY
    return State.TAKEN_BACK if goods.returned == goods.sent and not confirmed else State.FINISHED


def sums(lines: Iterable[tuple[int, int, int, int]]) -> Goods:
    """The sums over (sent, received, returned, on the way) of each lot."""
    columns: Sequence[tuple[int, ...]] = list(zip(*lines, strict=True)) or [(), (), (), ()]
    return Goods(*(sum(column) for column in columns))
