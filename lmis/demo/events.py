"""What goes wrong and is put right: losses, finds, expiry, returns, quarantine, counts, mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from lmis.demo.clerk import Clerk, Hour
from lmis.demo.seasons import next_open
from lmis.demo.stores import Batch, Pick, Store
from lmis.stock.documents import QUARANTINED, Document, Kind, Line

NEAR = timedelta(days=150)  # a lot with less left is sent back where it cannot be used in time
MONTH = 30.44  # days
PLENTY = 3.0  # months of stock from which a neighbour lends
FORGETS = 0.2  # the share of months in which nobody looks for expired stock
MISCOUNTS = 0.05  # the share of lots whose count differs from the books
PASSES = 0.85  # the share of quarantined lots that pass the check


def write_off_expired(clerk: Clerk, store: Store, on: date) -> Iterator[Document]:
    expired = [batch for batch in store.batches() if batch.lot.expires_on < on]
    if expired and clerk.rng.random() > FORGETS:
        picks = [store.take_lot(batch.lot, batch.on_hand) for batch in expired]
        yield clerk.write(Kind.LOSS, on, store, picks, reason="expired")


def lose_some(clerk: Clerk, store: Store, on: date) -> Iterator[Document]:
    """A leak, a mouse, a missing box: a small part of one lot."""
    batch = _any_batch(clerk, store, on)
    if batch:
        share = clerk.rng.uniform(0.01, 0.08)
        reason = clerk.rng.choice(("damaged", "damaged", "lost", "quality"))
        pick = store.take_lot(batch.lot, max(1, int(batch.on_hand * share)))
        yield clerk.write(Kind.LOSS, on, store, [pick], reason=reason)


def find_some(clerk: Clerk, store: Store, on: date) -> Iterator[Document]:
    batch = _any_batch(clerk, store, on)
    if batch:
        pick = (batch.lot, clerk.rng.randint(1, max(1, batch.on_hand // 20)))
        store.put(*pick, on)
        yield clerk.write(Kind.FOUND, on, store, [pick], reason="found_in_store")


def send_back(clerk: Clerk, store: Store, on: date) -> Iterator[Document]:
    """Return what the store cannot use before it expires, so that another can."""
    picks: list[Pick] = []
    for batch in store.batches():
        left = batch.lot.expires_on - on
        usable = int(store.use.get(batch.lot.good, 0) * left.days / MONTH)
        if timedelta(14) < left < NEAR and batch.on_hand > 2 * usable + 1:
            picks.append(store.take_lot(batch.lot, batch.on_hand - usable))
    if picks and store.parent:
        yield clerk.write(Kind.RETURN, on, store, picks, to=store.parent, reason="near_expiry")


def borrow(clerk: Clerk, store: Store, on: date) -> Iterator[Document]:
    """A neighbour with plenty helps out a store that has run out."""
    for good in store.clients:
        lender = None if store.usable(good, on) else _lender(store, good, on)
        if lender:
            picks = lender.take(good, max(1, int(store.use[good])), on)
            yield clerk.write(Kind.TRANSFER, on, lender, picks, to=store)
            return


def _lender(store: Store, good: int, on: date) -> Store | None:
    siblings = store.parent.children if store.parent else []
    return next((it for it in siblings if it.usable(good, on) > PLENTY * it.use.get(good, 0) + store.use[good]), None)


def hold(clerk: Clerk, store: Store, on: date) -> Iterator[Document]:
    """Put some of a lot in quarantine; some weeks later it is released or written off."""
    batch = _any_batch(clerk, store, on)
    if batch:
        pick = store.take_lot(batch.lot, -(-batch.on_hand // 4))
        yield clerk.write(Kind.QUARANTINE, on, store, [pick], reason="quality_check")
        checked_on = next_open(on + timedelta(clerk.rng.randint(14, 45)))
        clerk.diary.note(checked_on, Hour.MORNING, partial(_check, clerk, store, pick))


def _check(clerk: Clerk, store: Store, pick: Pick, on: date) -> Iterator[Document]:
    if clerk.rng.random() < PASSES:
        store.put(*pick, on)
        yield clerk.write(Kind.RELEASE, on, store, [pick], status=QUARANTINED, reason="passed_check")
    else:
        yield clerk.write(Kind.LOSS, on, store, [pick], status=QUARANTINED, reason="quality")


def count(clerk: Clerk, store: Store, on: date) -> Iterator[Document]:
    """Count every lot on the shelves; a few differ from the books."""
    differences: dict[int, int] = {}
    for batch in store.batches():
        if clerk.rng.random() < MISCOUNTS:
            off = clerk.rng.randint(1, max(1, batch.on_hand // 30)) * clerk.rng.choice((-1, -1, 1))
            batch.on_hand = max(0, batch.on_hand + off)
            differences[batch.lot.id] = off
    picks = [(batch.lot, batch.on_hand) for batch in store.batches()]
    if picks:
        yield _count_document(clerk, store, picks, differences, on)
        store.drop_empty()


def _count_document(clerk: Clerk, store: Store, picks: list[Pick], differences: dict[int, int], on: date) -> Document:
    document = clerk.write(Kind.COUNT, on, store, picks)
    lines = [
        Line(it.item_id, it.lot_id, it.channel, it.quantity, reason="counting_difference")
        if it.lot_id in differences
        else it
        for it in document.lines
    ]
    return replace(document, lines=lines)


def give_twice(clerk: Clerk, store: Store, on: date) -> Iterator[Document]:
    """A clerk writes down goods as given that were not, and takes it back on the next working day."""
    batch = _any_batch(clerk, store, on)
    if batch:
        pick = store.take_lot(batch.lot, max(1, batch.on_hand // 10))
        mistaken = clerk.write(Kind.DISPENSE, on, store, [pick])
        yield mistaken
        seen_on = next_open(on + timedelta(1))
        clerk.diary.note(seen_on, Hour.MORNING, partial(_take_back, clerk, store, mistaken, pick))


def _take_back(clerk: Clerk, store: Store, mistaken: Document, pick: Pick, on: date) -> Iterator[Document]:
    store.put(*pick, on)
    yield clerk.reverse(mistaken, on, "Ghi trùng số đã cấp phát")


def send_astray(clerk: Clerk, sender: Store, on: date) -> Iterator[Document]:
    """An issue written to the wrong store, reversed the same day and written to the right one."""
    batch = _any_batch(clerk, sender, on)
    takers = [it for it in sender.children if batch and batch.lot.good in it.clients]
    if batch and len(takers) > 1:
        wrong, right = clerk.rng.sample(takers, 2)
        pick = sender.take_lot(batch.lot, max(1, batch.on_hand // 20))
        mistaken = clerk.write(Kind.ISSUE, on, sender, [pick], to=wrong)
        yield mistaken
        wrong.take_lot(*pick)
        yield clerk.reverse(mistaken, on, "Ghi nhầm nơi nhận")
        yield clerk.write(Kind.ISSUE, on, sender, [pick], to=right)


def _any_batch(clerk: Clerk, store: Store, on: date) -> Batch | None:
    batches = [batch for batch in store.batches() if batch.lot.expires_on >= on]
    return clerk.rng.choice(batches) if batches else None
