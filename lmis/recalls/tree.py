"""Where some facilities stand in the tree, climbed from them upwards: it costs what they are, not the nation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from lmis.network.tree import above
from lmis.sql import Sql

EDGES = """
    WITH RECURSIVE up(facility_id, parent_id) AS (
        SELECT facility_id, parent_id FROM facility_parent
        WHERE facility_id IN (:ids*) AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day)
        UNION
        SELECT p.facility_id, p.parent_id FROM facility_parent p JOIN up ON p.facility_id = up.parent_id
        WHERE p.valid_from <= :day AND (p.valid_to IS NULL OR p.valid_to > :day))
    SELECT facility_id, parent_id FROM up"""
NAMES = "SELECT id, code, name, name_sort FROM facility WHERE id IN (:ids*)"
ACTED_FOR = """
    SELECT DISTINCT facility_id FROM user_account WHERE active AND role <> 'viewer' AND facility_id IN (:ids*)"""


@dataclass(frozen=True, slots=True)
class Spot:
    """A facility as lists show it."""

    id: int
    code: str
    name: str
    name_sort: str


@dataclass(frozen=True, slots=True)
class Tree:
    """Some facilities and all above them on a day. parents: who stands over whom."""

    parents: Mapping[int, int | None]
    spots: Mapping[int, Spot]

    def chain(self, facility_id: int) -> list[int]:
        """The facility and those above it, the nearest first."""
        return above(self.parents, facility_id)

    def within(self, facility_id: int, root: int) -> bool:
        return root in self.chain(facility_id)

    def depth(self, facility_id: int, root: int) -> int:
        """How many steps a facility within `root` stands below it."""
        return self.chain(facility_id).index(root)

    def in_order(self, ids: Iterable[int], root: int) -> list[int]:
        """Those within `root`, each followed by those under it, by name."""
        return sorted((it for it in ids if self.within(it, root)), key=self._path)

    def _path(self, facility_id: int) -> list[tuple[str, str]]:
        return [(self.spots[it].name_sort, self.spots[it].code) for it in reversed(self.chain(facility_id))]


def tree_of(sql: Sql, ids: Iterable[int], on: date) -> Tree:
    """The facilities and those above them, as the tree is on a day."""
    wanted = set(ids)
    parents: dict[int, int] = dict(sql.rows(EDGES, ids=sorted(wanted), day=on))
    every = sorted(wanted | parents.keys() | set(parents.values()))
    return Tree(parents, {row[0]: Spot(*row[:4]) for row in sql.rows(NAMES, ids=every)})


def acting_for(sql: Sql, tree: Tree, ids: Iterable[int]) -> dict[int, int]:
    """Who sends for each facility: itself, or the nearest above that has somebody to do it."""
    manned = {row[0] for row in sql.rows(ACTED_FOR, ids=sorted(tree.spots))}
    return {it: next((over for over in tree.chain(it) if over in manned), it) for it in ids}
