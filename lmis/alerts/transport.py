"""The cheapest flow through a network, as a linear program. The only module of the alerts that loads SciPy."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from lmis.alerts.redistribution_network import Network


def cheapest_flow(network: Network) -> list[int]:
    """What flows through each arc, at the least cost in all.

    A network's matrix gives whole numbers at every corner, and the simplex method ends in one. Raises RuntimeError
    where no flow keeps within the limits.
    """
    matrix, supplies = matrices(network)
    limits = np.column_stack((network.least, network.most))
    found = linprog(network.costs, A_eq=matrix, b_eq=supplies, bounds=limits, method="highs-ds")
    if found.status != 0:
        raise RuntimeError(f"the transport problem has no plan: {found.message}")
    units: list[int] = np.rint(found.x).astype(np.int64).tolist()
    return units


def matrices(network: Network) -> tuple[csr_array, np.ndarray]:
    """What leaves each node less what enters it, by arc, and what it supplies; the sink follows from the others."""
    arcs = np.arange(len(network.costs))
    rows = np.concatenate((np.asarray(network.tails, dtype=np.int64), np.asarray(network.heads, dtype=np.int64)))
    signs = np.concatenate((np.ones(arcs.size), -np.ones(arcs.size)))
    inner = rows != network.sink
    columns = np.concatenate((arcs, arcs))[inner]
    matrix = csr_array((signs[inner], (rows[inner] - 1, columns)), shape=(len(network.supplies) - 1, arcs.size))
    return matrix, np.asarray(network.supplies[1:], dtype=float)
