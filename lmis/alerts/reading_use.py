"""What the shelves of many facilities serve, read at once: average monthly consumption and forecasts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from lmis.alerts.ahead import Average, Forecast
from lmis.alerts.picture import Ahead
from lmis.calendar import add_months, complete_months, month_of
from lmis.config import settings
from lmis.forecast.consumption import average_consumption
from lmis.forecast.outlook import Changes, Run, changes_of, figures, run_in_force
from lmis.network.service import parents_on
from lmis.network.tree import above
from lmis.sql import Sql

LOOKED_BACK = 12  # months, for what ran out so long ago that the months of AMC say nothing of it
PORTION = 1_000
BELOW = """
    WITH RECURSIVE below(id) AS (
        SELECT id FROM facility WHERE id IN (:ids*)
        UNION
        SELECT edge.facility_id FROM facility_parent edge JOIN below ON edge.parent_id = below.id
        WHERE edge.valid_from <= :on AND (edge.valid_to IS NULL OR edge.valid_to > :on))
    SELECT id FROM below ORDER BY id"""

# What a client takes: what is given at a time (the harmonic mean, as some lines tell of a whole day), but not more than
# three months of a client's use: where a month is recorded in one line, that line tells nothing of clients.
CLIENTS = """
    SELECT l.item_id, COUNT(*) / SUM(-1.0 / l.quantity), (
        SELECT f.cyp FROM cyp_factor f WHERE f.item_id = l.item_id AND f.valid_from <= :today
        ORDER BY f.valid_from DESC LIMIT 1)
    FROM stock_movement_line l
    WHERE l.movement_id > (SELECT COALESCE(MAX(id), 0) FROM stock_movement) - :lately AND l.measure = 'dispensed'
        AND l.account = 'stock' AND l.quantity < 0
    GROUP BY l.item_id"""
LATELY_GIVEN = """
    SELECT facility_id, item_id, CAST(SUM(consumed + issued) AS BIGINT) FROM stock_month
    WHERE facility_id IN (:ids*) AND month >= :month GROUP BY facility_id, item_id HAVING SUM(consumed + issued) > 0"""
LATELY = 20_000  # documents that tell how much is given at a time
A_CLIENTS = 0.25  # years of protection

Series = tuple[int, int]  # facility, item


def portions(ids: Sequence[int], size: int = PORTION) -> Iterator[list[int]]:
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


class Use:
    """What is used of items at facilities and under them, on a day."""

    def __init__(self, session: Session, facility_ids: Collection[int], today: date) -> None:
        self._session = session
        self._today = today
        self.amc = self._amc(sorted(facility_ids))
        self._lumps = {row[0]: lump(*row[1:]) for row in Sql(session).rows(CLIENTS, lately=LATELY, today=today)}
        self._run = run_in_force(session, today)
        self._changes = changes_of(session, self._run, today) if self._run else Changes({}, {})

    def _amc(self, ids: list[int]) -> dict[Series, Decimal]:
        """AMC that a facility's stock has to cover: what it dispenses itself, and what all under it do."""
        sql = Sql(self._session)
        parents: Mapping[int, int | None] = {**parents_on(self._session, self._today)}
        below = [row[0] for row in sql.rows(BELOW, ids=ids, on=self._today)]
        wanted = set(ids)
        chains = {id_: [at for at in above(parents, id_) if at in wanted] for id_ in below}
        amc: dict[Series, Decimal] = defaultdict(Decimal)
        for portion in portions(below):
            for (facility, item), units in self._own(portion, settings().amc_months).items():
                for at in chains[facility]:
                    amc[at, item] += units
        return dict(amc)

    def _own(self, ids: Sequence[int], months: int) -> dict[Series, Decimal]:
        """AMC of what facilities dispense themselves, over the latest complete months."""
        window = complete_months(month_of(self._today), months, self._today)
        own: dict[Series, Decimal] = defaultdict(Decimal)
        for (facility, item, _), units in average_consumption(self._session, ids, window).items():
            own[facility, item] += units
        return own

    def ahead(self, ids: Sequence[int]) -> dict[Series, Ahead]:
        """What is expected at facilities: by the forecast in force where there is one, else by AMC."""
        found: dict[Series, Ahead] = {}
        if self._run:
            found.update(forecasts(self._session, self._run, self._changes, ids))
        wanted = set(ids)
        for (facility, item), units in self.amc.items():
            if facility in wanted and (facility, item) not in found:
                found[facility, item] = Average(units, self._lumps.get(item, 1.0))
        return found

    def long_ago(self, series: Iterable[Series]) -> dict[Series, Decimal]:
        """Use of a longer past or of these days, of series that the latest whole months say nothing of."""
        wanted = set(series)
        if not wanted:
            return {}
        ids = sorted({facility for facility, _ in wanted})
        own = self._given_lately(ids) | {it: units for it, units in self._own(ids, LOOKED_BACK).items() if units}
        return {it: units for it, units in own.items() if it in wanted}

    def _given_lately(self, ids: Sequence[int]) -> dict[Series, Decimal]:
        """What left shelves since the last month began, a month: all that is known of what has come but now."""
        today = self._today
        rows = Sql(self._session).rows(LATELY_GIVEN, ids=list(ids), month=add_months(month_of(today), -1))
        return {(facility, item): Decimal(units) / 2 for facility, item, units in rows}


def forecasts(session: Session, run: Run, changes: Changes, ids: Sequence[int]) -> Iterator[tuple[Series, Forecast]]:
    for key, its in figures(session, run, changes, ids):
        yield key, Forecast(its.first, its.means, its.quantiles)


def lump(given: Decimal | float, cyp: Decimal | float | None) -> float:
    """What one client takes, in base units: what is given at a time on average. cyp: years of protection of a unit."""
    return max(1.0, min(float(given), A_CLIENTS / float(cyp))) if cyp else 1.0
