"""The holders of a recalled lot as a table of cells, for files."""

from __future__ import annotations

from lmis.exports import Cell
from lmis.recalls.queries import RecallView
from lmis.recalls.whereabouts import Fate

COLUMNS = (
    "recall",
    "item",
    "lot",
    "facility",
    "facility_name",
    "held_at_recall",
    "coming_at_recall",
    "came_since",
    "corrected",
    "held_now",
    "on_the_way_back",
    "returned",
    "destroyed",
    "lost",
    "dispensed_before",
)

THEN = COLUMNS[:7]  # what does not change any more once the recall is lifted


def columns(recall: RecallView) -> tuple[str, ...]:
    return COLUMNS if recall.lifted_on is None else THEN


def cells(recall: RecallView, fate: Fate) -> list[Cell]:
    """One facility by the columns of the recall, in base units."""
    names = (recall.number, recall.item.code, recall.lot.number, fate.spot.code, fate.spot.name)
    then = (fate.held, fate.coming, fate.came, fate.corrected, fate.now)
    since = (fate.on_the_way, fate.returned, fate.destroyed, fate.missing, fate.dispensed)
    row: list[Cell] = [*names, *then, *since]
    return row[: len(columns(recall))]
