"""Dated parents as plain data: putting an edge into a facility's history, the way up, and finding cycles. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Edge:
    """`parent` stands over a facility from `valid_from` until the day before `valid_to`."""

    parent: str
    valid_from: date
    valid_to: date | None = None

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or self.valid_to > on)


def with_parent(edges: Iterable[Edge], parent: str | None, valid_from: date) -> list[Edge]:
    """A facility's edges once it has `parent` from `valid_from` on; None: it stands at the top.

    The edge in force that day ends there, one that began the same day is replaced, and a later one stays: the
    new edge then ends where the later begins. Nothing changes when `parent` was in force already.
    """
    ordered = sorted(edges, key=lambda edge: edge.valid_from)
    now = next((edge for edge in ordered if edge.holds(valid_from)), None)
    if (now.parent if now else None) == parent:
        return ordered
    before = [edge for edge in ordered if edge.valid_from < valid_from]
    after = [edge for edge in ordered if edge.valid_from > valid_from]
    if now and before and before[-1] == now:
        before[-1] = Edge(now.parent, now.valid_from, valid_from)
    if parent is None:
        return before + after
    return [*before, Edge(parent, valid_from, after[0].valid_from if after else None), *after]


def above(parents: Mapping[int, int | None], facility: int) -> list[int]:
    """A facility and those above it on a day, the nearest first. parents: who stands over whom; none: the top."""
    chain: dict[int, None] = {}
    at: int | None = facility
    while at is not None and at not in chain:
        chain[at] = None
        at = parents.get(at)
    return list(chain)


def find_cycle(edges: Mapping[str, Iterable[Edge]]) -> list[str] | None:
    """Facilities in a ring on some day, each followed by the one that stands over it; None: no ring.

    Those that no ring can hold are taken away first, whatever the days; only what is left is looked at day by
    day, so a sound tree costs time in proportion to its size.
    """
    parents = {child: {edge.parent for edge in its} for child, its in edges.items()}
    core = _knot(_turned(_knot(parents)))
    days = sorted({edge.valid_from for child in core for edge in edges[child]})
    for on in days:
        if ring := _ring({child: edge.parent for child in core for edge in edges[child] if edge.holds(on)}):
            return ring
    return None


def _knot(ways: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """What is left of a graph when places without a way out have been taken away, again and again."""
    into = _turned(ways)
    left = {place: len(ends) for place, ends in ways.items()}
    dead = [end for end in into if not left.get(end)]
    while dead:
        for place in into.get(dead.pop(), ()):
            left[place] -= 1
            if not left[place]:
                dead.append(place)
    return {place: {end for end in ends if left.get(end)} for place, ends in ways.items() if left[place]}


def _turned(ways: Mapping[str, set[str]]) -> dict[str, set[str]]:
    back: dict[str, set[str]] = {}
    for place, ends in ways.items():
        for end in ends:
            back.setdefault(end, set()).add(place)
    return back


def _ring(parents: Mapping[str, str]) -> list[str] | None:
    seen: set[str] = set()
    for start in sorted(parents):
        path: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in seen:
            seen.add(at)
            path[at] = None
            at = parents.get(at)
        if at in path:
            ring = list(path)
            return ring[ring.index(at) :]
    return None
