"""What waits for somebody, as the home page lists it. Each feature tells its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of thing that waits at a facility.

    mark: the style of its shape, as templates/fields.html knows them; what and verb: message ids;
    path: where it is done, after the facility's own address, or the site's where it is site_wide.
    """

    mark: str
    shape: str
    count: int
    what: str
    path: str
    verb: str
    site_wide: bool = False
