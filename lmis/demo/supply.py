"""How goods come down: the suppliers' lots to the board, and month by month from each store to those under it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from lmis.demo.catalogue import FREE, SOCIAL, SOCIALISED
from lmis.demo.clerk import Clerk
from lmis.demo.seasons import next_open
from lmis.demo.stores import Good, Lot, Pick, Store, in_parcels
from lmis.stock.documents import Document, Kind

SUPPLIERS = {
    FREE: "Kho Trung ương (minh họa)",
    SOCIAL: "Đơn vị tiếp thị xã hội (minh họa)",
    SOCIALISED: "Công ty phân phối (minh họa)",
}
MONTH = 30.44  # days
BUY_EVERY = (110, 190)  # days between two orders of a good to its supplier
SUPPLIER_LATE, LATE_DAYS = 0.25, (20, 80)
BOARD_MONTHS = 9.0  # of stock after a purchase
DOWNSTREAM_MONTHS = 5.0  # that goods stay on the shelves below
FRESH = (0.55, 0.85)  # of the shelf life is left when a lot comes
SHORT_DATED, SHORT_DAYS = 0.18, (200, 330)  # a donation near its end, of what goes quickly
QUICK = 0.3  # clients a week at a middling station
OPENING_DAYS = ((90, 240), (420, 800), (700, 1100))  # left on the three lots the history opens with
OPENING_OLD = 0.12  # the share of stores that still hold some of the first
OPENING_MONTHS = {
    "board": (3.0, 6.0), "district": (1.0, 2.5), "commune": (1.2, 3.0), "collaborator": (0.6, 2.4),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    """Order up to `months` of use once less than `reorder` of that is left; at least what `least` clients take."""

    months: float
    reorder: float
    least: int


POLICIES = {
    "district": Policy(2.6, 0.9, 3),
    "commune": Policy(2.7, 0.8, 2),
    "collaborator": Policy(2.8, 0.6, 2),
}


def plan_lots(goods: Sequence[Good], first: date, last: date, rng: Random) -> list[Lot]:
    """The lots of the whole history: those it opens with (arriving on `first`), and one or two in every purchase."""
    lots: list[Lot] = []
    series: Counter[int] = Counter()
    for index, good in enumerate(goods):
        for days in OPENING_DAYS:
            lots.append(_lot(index, good, first, first + timedelta(rng.randint(*days)), series))
        due = first + timedelta(rng.randint(20, 120))
        while due <= last:
            late = rng.randint(*LATE_DAYS) if rng.random() < SUPPLIER_LATE else 0
            arrives_on = next_open(due + timedelta(late))
            for _ in range(rng.choice((1, 1, 2))):
                lots.append(_lot(index, good, arrives_on, _expiry(good, arrives_on, rng), series))
            due += timedelta(rng.randint(*BUY_EVERY))
    return [lot for lot in lots if lot.arrives_on <= last]


def _expiry(good: Good, arrives_on: date, rng: Random) -> date:
    """The last day of the month in which a lot's life ends."""
    days = good.product.years * 365 * rng.uniform(*FRESH)
    if good.flow.clients > QUICK and rng.random() < SHORT_DATED:
        days = rng.randint(*SHORT_DAYS)
    return (arrives_on + timedelta(days)).replace(day=1) - timedelta(1)


def _lot(index: int, good: Good, arrives_on: date, expires_on: date, series: Counter[int]) -> Lot:
    series[good.item_id] += 1
    number = f"{good.product.code.partition('-')[2]}{arrives_on:%y%m}-{series[good.item_id]:02d}"
    return Lot(index, good.item_id, good.flow.channel, number, expires_on, arrives_on)


def opening(clerk: Clerk, stores: Sequence[Store], lots: Sequence[Lot], on: date) -> Iterator[Document]:
    """What every store had on its shelves when the history begins."""
    by_good: dict[int, list[Lot]] = {}
    for lot in lots:
        if lot.arrives_on == on:
            by_good.setdefault(lot.good, []).append(lot)
    for store in stores:
        picks = [pick for good in store.use for pick in _opening_picks(clerk.rng, store, good, by_good[good])]
        for lot, quantity in picks:
            store.put(lot, quantity, on)
        if picks:
            yield clerk.write(Kind.OPENING, on, store, picks)


def _opening_picks(rng: Random, store: Store, good: int, lots: Sequence[Lot]) -> list[Pick]:
    quantity = round(store.use[good] * rng.uniform(*OPENING_MONTHS[store.level]))
    old, *rest = lots
    first, second = rng.sample(rest, 2)
    part = quantity // 3
    if rng.random() < OPENING_OLD:
        second = old
    return [(lot, some) for lot, some in ((first, quantity - part), (second, part)) if some]


def purchase(clerk: Clerk, goods: Sequence[Good], board: Store, lots: Sequence[Lot], on: date) -> Iterator[Document]:
    """One good's delivery from its supplier: what the board lacks, spread over `lots`, but no more than can be used."""
    good = lots[0].good
    use, product = board.use.get(good, 0), goods[good].product
    missing = (BOARD_MONTHS * use - board.usable(good, on)) / len(lots)
    parcel = product.pack_size if missing > product.pack_size else product.inner
    in_time = [((lot.expires_on - on).days / MONTH - DOWNSTREAM_MONTHS) * use for lot in lots]
    picks = [(lot, in_parcels(min(missing, most), parcel)) for lot, most in zip(lots, in_time, strict=True)]
    picks = [(lot, some) for lot, some in picks if some > 0]
    for lot, some in picks:
        board.put(lot, some, on)
    if picks:
        yield clerk.write(Kind.RECEIPT, on, board, picks, party=SUPPLIERS[goods[good].flow.channel])


def deliver(
    clerk: Clerk, goods: Sequence[Good], sender: Store, receivers: Sequence[Store], on: date
) -> Iterator[Document]:
    """Issue to each receiver what it orders; where there is too little for all, each gets the same share."""
    orders = [_order(goods, store, on) for store in receivers]
    total: Counter[int] = Counter()
    for order in orders:
        total.update(order)
    share = {good: min(1.0, sender.usable(good, on) / asked) for good, asked in total.items()}
    for good, asked in total.items():  # what is not given is asked for again
        sender.asked[good] = sender.asked.get(good, 0) + int(asked * share[good])
    for store, order in zip(receivers, orders, strict=True):
        picks: list[Pick] = []
        for good, asked in order.items():
            picks += sender.take(good, int(asked * share[good]), on)
        if picks:
            yield clerk.write(Kind.ISSUE, on, sender, picks, to=store)


def _order(goods: Sequence[Good], store: Store, on: date) -> dict[int, int]:
    policy = POLICIES[store.level]
    wanted: dict[int, int] = {}
    for good, use in store.use.items():
        full = max(policy.months * use * store.habit, policy.least * goods[good].mean_quantity)
        on_hand = store.usable(good, on)
        if on_hand < policy.reorder * full:
            wanted[good] = in_parcels(full - on_hand, goods[good].product.inner)
    return wanted
