"""From where somebody reads of alerts: their own facility, and how others are named to them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lmis.alerts.views import Spot


@dataclass(frozen=True, slots=True)
class Standpoint:
    """The reader's facility. parents: who stands over whom; names: of the facilities that are spoken of."""

    place: Spot
    parents: Mapping[int, int]
    names: Mapping[int, Spot]

    def where(self, at: Spot) -> str | None:
        """A facility with the one over it, unless that is the reader's; None: it is the reader's own."""
        if at.id == self.place.id:
            return None
        up = self.names.get(self.parents.get(at.id, self.place.id))
        return at.name if up is None or up.id == self.place.id else f"{at.name}, {up.name}"
