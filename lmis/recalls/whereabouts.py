"""What became of a recalled lot since it was recalled, facility by facility and altogether."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from lmis.db import id_of
from lmis.recalls.holders import Moving, on_the_way
from lmis.recalls.models import LotRecall
from lmis.recalls.tree import Spot, Tree, tree_of
from lmis.sql import Sql

THEN = "SELECT facility_id, channel, held, coming FROM lot_recall_holding WHERE recall_id = :recall"
NOW = """
    SELECT facility_id, CAST(SUM(on_hand) AS BIGINT) FROM stock_on_hand
    WHERE lot_id = :lot AND on_hand > 0 GROUP BY facility_id"""
DISPENSED = """
    SELECT facility_id, CAST(SUM(-quantity) AS BIGINT) FROM stock_movement_line
    WHERE lot_id = :lot AND account = 'stock' AND measure = 'dispensed' GROUP BY facility_id"""
# A reversal counts as what it undoes. What a sender takes back of a shipment from before the recall came to it; of a
# later one it never left.
SINCE = """
    SELECT facility_id, became, CAST(SUM(quantity) AS BIGINT) FROM (
        SELECT l.facility_id, CASE
            WHEN l.account = 'loss' AND d.shipment_id > :since THEN 'lost_on_the_way'
            WHEN l.account = 'loss' THEN 'lost_coming'
            WHEN l.measure = 'issued' THEN 'gone'
            WHEN l.measure = 'received' AND COALESCE(o.kind, m.kind) = 'sent_back' AND d.shipment_id > :since
                THEN 'gone'
            WHEN l.measure = 'received' THEN 'came'
            WHEN l.measure = 'lost' AND (COALESCE(o.kind, m.kind) = 'disposal' OR l.reason = 'destroyed')
                THEN 'destroyed'
            WHEN l.measure = 'lost' THEN 'lost'
            ELSE 'corrected' END AS became, l.quantity
        FROM stock_movement_line l JOIN stock_movement m ON m.id = l.movement_id
            LEFT JOIN stock_movement o ON o.id = m.reverses_id LEFT JOIN shipment_document d ON d.movement_id = m.id
        WHERE l.lot_id = :lot AND l.movement_id > :since AND (l.account = 'stock' AND l.measure IS NOT NULL
            OR l.account = 'loss' AND COALESCE(o.kind, m.kind) = 'transit_loss')) AS moved
    GROUP BY facility_id, became"""


@dataclass(slots=True)
class Fate:
    """What became of the lot at one facility, in base units: held + came + corrected = now + gone + destroyed + lost.

    held, coming: at the moment of the recall; gone: what left it, of which on_the_way and lost_on_the_way did not
    arrive; dispensed: to clients before the recall.
    """

    spot: Spot
    depth: int
    held: int = 0
    coming: int = 0
    came: int = 0
    corrected: int = 0
    now: int = 0
    gone: int = 0
    on_the_way: int = 0
    lost_on_the_way: int = 0
    destroyed: int = 0
    lost: int = 0
    dispensed: int = 0

    @property
    def returned(self) -> int:
        """What left the facility and arrived."""
        return self.gone - self.on_the_way - self.lost_on_the_way

    @property
    def missing(self) -> int:
        """Lost on the shelf or on the way."""
        return self.lost + self.lost_on_the_way


@dataclass(frozen=True, slots=True)
class Recovery:
    """The recall as a whole: asked + corrected = recovered + still_held + on_the_way + lost, in base units."""

    asked: int
    recovered: int
    still_held: int
    on_the_way: int
    lost: int
    destroyed: int
    dispensed: int
    corrected: int

    @property
    def share(self) -> Decimal | None:
        """Percent recovered of what was asked back, cut to tenths: 100 is all. None where there was nothing."""
        return Decimal(1000 * self.recovered // self.asked) / 10 if self.asked else None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """fates: of the facilities in sight, each followed by those under it; moving: shipments to or from them.

    whole: None for those who see only a part of the recall, and once it is lifted.
    """

    fates: list[Fate]
    moving: list[tuple[Moving, Spot, Spot]]
    whole: Recovery | None

    def sum(self, name: str) -> int:
        return sum(getattr(fate, name) for fate in self.fates)


def whereabouts(session: Session, recall: LotRecall, root: int, today: date) -> Whereabouts:
    """Where a recalled lot is now, as a facility `root` sees it with all under it; of a lifted recall who held it."""
    sql = Sql(session)
    then = sql.rows(THEN, recall=id_of(recall))
    if recall.lifted_on is not None:
        holders = {row[0] for row in then}
        return Whereabouts(list(_fates(tree_of(sql, holders, today), holders, root, then).values()), [], None)
    now = sql.rows(NOW, lot=recall.lot_id)
    dispensed = sql.rows(DISPENSED, lot=recall.lot_id)
    since = sql.rows(SINCE, lot=recall.lot_id, since=recall.since_id)
    moving = on_the_way(sql, recall.lot_id)
    ids = {row[0] for rows in (then, now, dispensed, since) for row in rows}
    ids |= {end for it in moving for end in (it.sender, it.receiver)} | {recall.facility_id}
    tree = tree_of(sql, ids, today)
    fates = _fates(tree, ids, root, then)
    for facility, quantity in now:
        _add(fates, facility, now=quantity)
    for facility, quantity in dispensed:
        _add(fates, facility, dispensed=quantity)
    lost_coming = _take_in(fates, since)
    for it in moving:
        if it.after(recall.since_id):
            _add(fates, it.sender, on_the_way=it.quantity)
    whole = _recovery(fates, recall, moving, lost_coming) if tree.within(recall.facility_id, root) else None
    return Whereabouts(list(fates.values()), _in_sight(moving, tree, root), whole)


def _fates(tree: Tree, ids: Iterable[int], root: int, then: Iterable[tuple[Any, ...]]) -> dict[int, Fate]:
    """Of the facilities within `root`, with what they held at the recall."""
    fates = {it: Fate(tree.spots[it], tree.depth(it, root)) for it in tree.in_order(ids, root)}
    for facility, _, held, coming in then:
        _add(fates, facility, held=held, coming=coming)
    return fates


def _add(fates: dict[int, Fate], facility: int, **quantities: int) -> None:
    fate = fates.get(facility)
    for name, quantity in quantities.items():
        if fate:
            setattr(fate, name, getattr(fate, name) + quantity)


def _take_in(fates: dict[int, Fate], since: Iterable[tuple[int, str, int]]) -> int:
    """Add what moved since the recall. Returns what was lost of the shipments that were on the way then."""
    lost_coming = 0
    for facility, became, quantity in since:
        if became == "lost_coming":
            lost_coming += quantity
        else:
            sign = 1 if became in ("came", "corrected", "lost_on_the_way") else -1
            _add(fates, facility, **{became: sign * quantity})
    return lost_coming


def _recovery(fates: dict[int, Fate], recall: LotRecall, moving: Iterable[Moving], lost_coming: int) -> Recovery:
    sums: dict[str, int] = defaultdict(int)
    for fate in fates.values():
        for name in ("held", "coming", "destroyed", "missing", "dispensed", "corrected", "now"):
            sums[name] += getattr(fate, name)
    home = fates[recall.facility_id]
    return Recovery(
        asked=sums["held"] + sums["coming"],
        recovered=home.now + home.gone + sums["destroyed"],
        still_held=sums["now"] - home.now,
        on_the_way=sum(it.quantity for it in moving),
        lost=sums["missing"] + lost_coming,
        destroyed=sums["destroyed"],
        dispensed=sums["dispensed"],
        corrected=sums["corrected"],
    )


def _in_sight(moving: Iterable[Moving], tree: Tree, root: int) -> list[tuple[Moving, Spot, Spot]]:
    return [
        (it, tree.spots[it.sender], tree.spots[it.receiver])
        for it in moving
        if tree.within(it.sender, root) or tree.within(it.receiver, root)
    ]
