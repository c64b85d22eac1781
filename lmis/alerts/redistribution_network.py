"""A network through which units flow, written arc by arc. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Network:
    """Nodes by number, and arcs by number: from where to where, at least and at most how many units, at what cost each.

    supplies: what begins at each node, in units; all of it ends in the sink, which is node 0.
    """

    supplies: list[int] = field(default_factory=lambda: [0])
    tails: list[int] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    least: list[int] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    sink: int = 0

    def node(self, supply: int = 0) -> int:
        self.supplies.append(supply)
        return len(self.supplies) - 1

    def arc(self, tail: int, head: int, most: float = float("inf"), *, least: int = 0, cost: float = 0.0) -> int:
        self.tails.append(tail)
        self.heads.append(head)
        self.least.append(least)
        self.most.append(most)
        self.costs.append(cost)
        return len(self.costs) - 1

    def chain(self, limits: Sequence[float]) -> list[int]:
        """A node for each limit, each leading to the next: what entered by it, or before, keeps within its limit.

        The last one leads nowhere yet.
        """
        nodes = [self.node() for _ in limits]
        for tail, head, limit in zip(nodes, nodes[1:], limits, strict=False):
            self.arc(tail, head, limit)
        return nodes
