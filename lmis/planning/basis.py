"""The people a plan of a facility is reckoned for: its own statement, else the sum of those under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from lmis.planning.demography import Statement, added, units_per_user_year
from lmis.planning.statements import in_force
from lmis.sql import Sql, as_day

CHILDREN = """
    SELECT edge.parent_id, f.id, f.code, f.name, level.capabilities
    FROM facility_parent edge JOIN facility f ON f.id = edge.facility_id JOIN level ON level.code = f.level_code
    WHERE edge.parent_id IN (:ids*) AND edge.valid_from <= :on AND (edge.valid_to IS NULL OR edge.valid_to > :on)
        AND (f.closed_on IS NULL OR f.closed_on > :on)
    ORDER BY f.name_sort, f.code"""
FACTORS = "SELECT item_id, valid_from, cyp FROM cyp_factor"


@dataclass(frozen=True, slots=True)
class Part:
    """A facility directly under another, and the statement reckoned for it; None: it has none."""

    code: str
    name: str
    statement: Statement | None


@dataclass(frozen=True, slots=True)
class Basis:
    """own: whether the statement was made for the facility itself; parts: those under it that should have one."""

    statement: Statement | None
    own: bool
    parts: Sequence[Part]

    @property
    def lacking(self) -> list[Part]:
        return [part for part in self.parts if part.statement is None]


@dataclass(slots=True)
class _Node:
    id: int
    code: str = ""
    name: str = ""
    states: bool = True  # whether it may have a statement of its own
    children: list[_Node] = field(default_factory=list)


def basis_of(session: Session, facility_id: int, year: int, on: date, method_of: Mapping[int, str]) -> Basis:
    """What is known of the people of a facility in a year; the tree as it is on the day `on`."""
    root = _Node(facility_id)
    stated = _read(session, root, year, on)
    parts = [Part(it.code, it.name, _of(it, stated, method_of)) for it in root.children if _counts(it)]
    return Basis(_of(root, stated, method_of), facility_id in stated, parts)


def _read(session: Session, root: _Node, year: int, on: date) -> dict[int, Statement]:
    """Statements from the root down, level by level, as far as there is none above; the nodes get their children."""
    stated: dict[int, Statement] = {}
    level = [root]
    while level:
        stated |= in_force(session, [node.id for node in level], year)
        without = [node for node in level if node.id not in stated or node is root]
        below = _children(session, [node.id for node in without], on)
        for node in without:
            node.children = below.get(node.id, [])
        level = [child for node in without for child in node.children]
    return stated


def _children(session: Session, ids: Sequence[int], on: date) -> dict[int, list[_Node]]:
    found: dict[int, list[_Node]] = defaultdict(list)
    for parent, id_, code, name, capabilities in Sql(session).rows(CHILDREN, ids=list(ids), on=on) if ids else ():
        found[parent].append(_Node(id_, code, name, bool(capabilities)))
    return found


def _counts(node: _Node) -> bool:
    """Whether a sum above needs a statement of it: collaborators and pharmacies have no people of their own."""
    return node.states or any(_counts(child) for child in node.children)


def _of(node: _Node, stated: Mapping[int, Statement], method_of: Mapping[int, str]) -> Statement | None:
    if node.id in stated:
        return stated[node.id]
    found = [_of(child, stated, method_of) for child in node.children if _counts(child)]
    known = [it for it in found if it is not None]
    return added(known, method_of) if known and len(known) == len(found) else None


def per_user(session: Session, year: int) -> dict[int, Decimal]:
    """Units of each item that one user needs in a year, from the CYP factors in force in it."""
    factors: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for item, since, cyp in Sql(session).rows(FACTORS):
        factors[item][as_day(since)] = Decimal(f"{cyp:.10f}")
    found = {item: units_per_user_year(its, year) for item, its in factors.items()}
    return {item: units for item, units in found.items() if units is not None}
