"""A month's forecast is made of the whole tree at once, kept whole or not at all, and never made again."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import numpy as np
import psycopg
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from lmis.calendar import Month, first_of
from lmis.catalog.models import Lot
from lmis.db import make_engine, reader, transaction
from lmis.forecast.making import Row, forecaster, made, prepared, read
from lmis.forecast.methods import Forecasts
from lmis.forecast.models import Campaign, ForecastRun, ForecastSeries
from lmis.forecast.outlook import Outlook, floats, outlooks, run_in_force
from lmis.forecast.reasons import METHODS, REASONS
from lmis.forecast.runs import BadHorizon, Made, NoHistory, NoHistoryAtAll, NotOver, _keep, make_run
from lmis.forecast.task import Reading
from lmis.network.models import Facility
from lmis.stock.posting import post
from tests.factories import NOW, TODAY, Tree, a_facility, a_run, a_tree, add, an_item, id_of, under
from tests.forecast.ledger import AS_OF, a_city, a_shelf, given, months_to, used


def make(engine: Engine, as_of: Month = AS_OF, **about: object) -> Made:
    return make_run(engine, as_of, today=TODAY, now=NOW, threads=1, **about)  # type: ignore[arg-type]


def kept(engine: Engine) -> dict[tuple[int, int], ForecastSeries]:
    with reader(engine) as session:
        return {(row.facility_id, row.item_id): row for row in session.exec(select(ForecastSeries))}


def in_force(engine: Engine, *facilities: Facility) -> dict[tuple[int, int], Outlook]:
    with reader(engine) as session:
        return outlooks(session, map(id_of, facilities), TODAY)


def runs(engine: Engine) -> list[Month]:
    with reader(engine) as session:
        return list(session.exec(select(ForecastRun.as_of)))


@pytest.fixture
def city(engine: Engine) -> tuple[Tree, list[Facility], Lot]:
    return a_city(engine)


@pytest.mark.usefixtures("city")
class TestWhatIsKept:
    def test_every_facility_has_a_series_the_board_for_two_years(self, engine: Engine, city):
        tree, communes, _ = city

        done = make(engine)

        found = in_force(engine, tree.board, tree.district, *communes)
        ahead = {facility: len(outlook.means) for (facility, _), outlook in found.items()}
        assert ahead == {id_of(tree.board): 24} | dict.fromkeys(map(id_of, [tree.district, *communes]), 12)
        assert (done.new, done.as_of, done.series.total()) == (True, AS_OF, 5)
        assert {(outlook.method, outlook.parts) for outlook in found.values()} >= {("sum", 3), ("statistical", 1)}
        assert all(outlook.amc and outlook.statistical for outlook in found.values())

    def test_a_horizon_that_is_given_holds_for_all(self, engine: Engine, city):
        tree, communes, _ = city

        make(engine, horizon=3)

        assert {len(outlook.means) for outlook in in_force(engine, tree.board, *communes).values()} == {3}

    def test_a_facility_is_the_sum_of_those_below_it(self, engine: Engine, city):
        tree, communes, lot = city
        make(engine)

        found = in_force(engine, tree.board, tree.district, *communes)
        parts = np.sum([found[id_of(place), lot.item_id].means for place in communes], axis=0)
        np.testing.assert_allclose(found[id_of(tree.district), lot.item_id].means, parts, rtol=2**-22)
        np.testing.assert_allclose(found[id_of(tree.board), lot.item_id].means[:12], parts, rtol=2**-22)

    def test_the_quantiles_of_a_sum_lie_nearer_to_its_mean_than_the_sums_of_quantiles(self, engine: Engine, city):
        tree, communes, lot = city
        make(engine)

        found = in_force(engine, tree.district, *communes)
        aligned = np.sum([found[id_of(place), lot.item_id].quantiles for place in communes], axis=0)
        own = np.array(found[id_of(tree.district), lot.item_id].quantiles)
        assert (np.ptp(own, axis=1) < np.ptp(aligned, axis=1)).all()
        assert (np.diff(own, axis=1) >= 0).all()

    def test_its_run_says_what_it_was_made_from(self, engine: Engine):
        make(engine, seed=7)

        with reader(engine) as session:
            run = session.exec(select(ForecastRun)).one()
        assert (run.as_of, run.horizon, run.seed, run.made_at) == (AS_OF, 12, 7, NOW)

    def test_every_method_and_reason_can_be_said(self, engine: Engine):
        make(engine)

        assert {row.method for row in kept(engine).values()} <= set(METHODS)
        assert {row.reason for row in kept(engine).values()} <= set(REASONS)

    def test_progress_is_told_and_only_rises(self, engine: Engine):
        told: list[float] = []

        make(engine, tell=told.append)

        assert told == sorted(told)
        assert told[-1] == 1


@pytest.mark.usefixtures("city")
class TestMakingItAgain:
    def test_what_was_made_is_given_back_and_not_made_again(self, engine: Engine, city):
        _, communes, lot = city
        first = make(engine)
        before = kept(engine)
        with transaction(engine) as session:
            post(session, [given(communes[0], lot, 500, AS_OF)], today=TODAY, now=NOW)

        again = make(engine, seed=1)

        assert (again.new, again.run_id, again.series) == (False, first.run_id, first.series)
        assert {key: row.means for key, row in kept(engine).items()} == {key: row.means for key, row in before.items()}

    def test_two_at_once_make_one(self, engine: Engine):
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda _: make(engine), range(2)))

        assert sorted(it.new for it in done) == [False, True]
        assert len({it.run_id for it in done}) == 1
        assert runs(engine) == [AS_OF]
        assert len(kept(engine)) == 5

    def test_the_same_seed_gives_the_same_numbers(self, engine: Engine):
        with reader(engine) as session:
            reading = read(session, AS_OF)

        assert rows(reading) == rows(reading)

    def test_nothing_that_happens_after_the_month_changes_it(self, engine: Engine, city):
        _, communes, lot = city
        with reader(engine) as session:
            before = rows(read(session, 202608))

        with transaction(engine) as session:
            post(session, [given(place, lot, 999, 202610, day=9) for place in communes], today=TODAY, now=NOW)
            used(session, a_facility(session, parent=communes[0], level="collaborator"), lot, {202610: 30})
        with reader(engine) as session:
            assert rows(read(session, 202608)) == before


def rows(reading: Reading, horizon: int = 3) -> list[Row]:
    return made(reading, forecaster(reading, horizon, 0, 1, None), horizon, horizon, lambda _: None)


@pytest.mark.usefixtures("city")
class TestWhenItFails:
    def test_one_that_is_broken_off_leaves_the_last_one_in_force(self, engine: Engine):
        make(engine, 202609)

        def tell(share: float) -> None:
            if share > 0.9:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            make(engine, tell=tell)

        assert runs(engine) == [202609]
        with reader(engine) as session:
            now = run_in_force(session, TODAY)
        assert now is not None
        assert now.as_of == 202609

    def test_one_that_cannot_be_written_whole_is_not_written(self, engine: Engine, city):
        tree, _, lot = city
        row = (id_of(tree.board), lot.item_id, "none", "closed", 0, None, None, None, b"", b"", b"")
        run = ForecastRun(as_of=AS_OF, made_at=NOW, horizon=12, seed=0, version="test")

        with pytest.raises((sqlite3.IntegrityError, psycopg.errors.UniqueViolation)):
            _keep(engine, run, [row, row], 0.0)  # type: ignore[list-item]

        assert runs(engine) == []
        assert kept(engine) == {}

    def test_others_write_while_it_is_being_made(self, engine: Engine, city):
        _, communes, lot = city
        writer = make_engine(engine.url.render_as_string(hide_password=False))

        def tell(share: float) -> None:
            with transaction(writer) as session:
                post(session, [given(communes[0], lot, 1, 202611, day=2)], today=TODAY, now=NOW)

        assert make(engine, tell=tell).new
        writer.dispose()

    @pytest.mark.parametrize("as_of", [202611, 202612])
    def test_a_month_that_is_not_over_is_refused(self, engine: Engine, as_of: Month):
        with pytest.raises(NotOver, match=f"{as_of % 100} is not over.*latest is 2026-10"):
            make(engine, as_of)

    def test_a_month_before_all_history_is_refused(self, engine: Engine):
        with pytest.raises(NoHistory, match="nothing of 2020-01"):
            make(engine, 202001)

    @pytest.mark.parametrize("horizon", [0, -1, 61])
    def test_a_horizon_out_of_reach_is_refused(self, engine: Engine, horizon: int):
        with pytest.raises(BadHorizon):
            make(engine, horizon=horizon)


def test_an_empty_ledger_is_refused(engine: Engine):
    with pytest.raises(NoHistoryAtAll):
        make(engine)


def test_a_series_that_could_not_be_reckoned_says_so_and_spoils_no_sum(engine: Engine):
    tree, communes, lot = a_city(engine)
    with reader(engine) as session:
        reading = read(session, AS_OF)
    whole = forecaster(reading, 2, 0, 1, None)

    def spoilt(*frames: object, **about: object) -> Forecasts:
        found = whole(*frames, **about)  # type: ignore[arg-type]
        found.means[(found.keys["facility"] == id_of(communes[1])).to_numpy(), 1] = np.nan
        return found

    of = {row[:2]: row for row in made(reading, spoilt, 2, 2, lambda _: None)}
    assert of[id_of(communes[1]), lot.item_id][2:5] == ("none", "failed", 0)
    assert of[id_of(tree.district), lot.item_id][2:5] == ("sum", "sum", 2)
    assert all(np.isfinite(floats(of[id_of(tree.district), lot.item_id][9])))


class TestTheTree:
    def test_a_closed_facility_has_a_reason_and_is_in_no_sum(self, engine: Engine, city):
        tree, communes, lot = city
        close(engine, communes[0], date(2026, 10, 20))
        make(engine)

        row = kept(engine)[id_of(communes[0]), lot.item_id]
        assert (row.method, row.reason, row.means) == ("none", "closed", b"")
        found = in_force(engine, tree.district, *communes)
        assert found[id_of(tree.district), lot.item_id].parts == 2
        assert (id_of(communes[0]), lot.item_id) not in found

    def test_the_history_of_one_that_closed_stays_in_training_as_its_own(self, engine: Engine, city):
        _, communes, _ = city
        close(engine, communes[0], date(2026, 10, 20))
        with reader(engine) as session:
            task = prepared(read(session, AS_OF), 3)

        assert id_of(communes[0]) in set(task.pooled.keys["facility"])
        assert id_of(communes[0]) not in set(task.places["facility"])

    def test_one_that_is_to_close_has_nothing_after_that_day(self, engine: Engine, city):
        _, communes, lot = city
        close(engine, communes[0], date(2027, 1, 16))  # 15 of January's 31 days
        make(engine)

        row = in_force(engine, communes[0])[id_of(communes[0]), lot.item_id]
        assert row.reason == "closing"
        assert row.means[2] == pytest.approx(row.statistical * 15 / 31, rel=0.2)
        assert row.means[3:] == (0,) * 9
        assert set(row.quantiles[3]) == {0}

    def test_a_collaborator_with_little_use_is_in_its_stations_forecast(self, engine: Engine, city):
        tree, _, lot = city
        with transaction(engine) as session:
            used(session, tree.collaborator, lot, dict.fromkeys(months_to(AS_OF, 18), 1))
        make(engine)

        row = kept(engine)[id_of(tree.collaborator), lot.item_id]
        assert (row.method, row.reason) == ("none", "rolled_up")
        station = in_force(engine, tree.commune)[id_of(tree.commune), lot.item_id]
        assert station.parts == 1
        assert station.amc == pytest.approx(amc(engine, tree.commune, lot))

    def test_one_with_history_enough_has_a_forecast_and_its_station_the_sum(self, engine: Engine, city):
        tree, _, lot = city
        with transaction(engine) as session:
            used(session, tree.collaborator, lot, dict.fromkeys(months_to(AS_OF, 18), 15))
        make(engine)

        found = in_force(engine, tree.commune, tree.collaborator)
        own, station = (found[id_of(place), lot.item_id] for place in (tree.collaborator, tree.commune))
        assert (own.parts, station.parts, station.method) == (1, 2, "sum")
        assert all(whole > part for whole, part in zip(station.means, own.means, strict=True))

    def test_the_tree_is_that_of_the_forecasts_first_day(self, engine: Engine, city):
        tree, _, lot = city
        with transaction(engine) as session:
            other = a_facility(session, level="district", parent=tree.board)
            moving = a_facility(session)
            under(session, moving, tree.district, date(2020, 1, 1)).valid_to = date(2026, 11, 1)
            under(session, moving, other, date(2026, 11, 1))
            used(session, moving, lot, dict.fromkeys(months_to(AS_OF, 14), 40))
        make(engine)

        found = in_force(engine, other, tree.district)
        assert {facility: outlook.parts for (facility, _), outlook in found.items()} == {
            id_of(other): 1,
            id_of(tree.district): 3,
        }


def amc(engine: Engine, place: Facility, lot: Lot) -> float:
    """The mean of the last three months of a commune of `a_city` and a collaborator who gives one a month."""
    with reader(engine) as session:
        pooled = prepared(read(session, AS_OF), 3).pooled
    at = (pooled.keys["facility"] == id_of(place)).to_numpy() & (pooled.keys["item"] == lot.item_id).to_numpy()
    last = pooled.values["dispensed"][at][0, -3:]
    assert (last % 1 == 0).all()
    return float(last.mean())


def close(engine: Engine, place: Facility, on: date) -> None:
    with transaction(engine) as session:
        session.get_one(Facility, place.id).closed_on = on


class TestLittleHistory:
    @pytest.mark.parametrize("months", [1, 2, 3])
    def test_a_series_of_few_months_has_a_forecast(self, engine: Engine, city, months: int):
        tree, _, lot = city
        with transaction(engine) as session:
            young = a_facility(session, parent=tree.district)
            used(session, young, lot, dict.fromkeys(months_to(AS_OF, months), 50))
        make(engine)

        row = kept(engine)[id_of(young), lot.item_id]
        assert row.method != "none"
        assert len(row.means) == 12 * 4

    def test_one_that_only_began_within_the_month_is_like_its_neighbours(self, engine: Engine, city):
        tree, _, lot = city
        with transaction(engine) as session:
            young = a_facility(session, parent=tree.district)
            post(session, [given_at_once(young, lot)], today=TODAY, now=NOW)
        make(engine)

        assert kept(engine)[id_of(young), lot.item_id].method == "newcomer"

    def test_a_new_facility_is_expected_to_use_what_most_of_its_neighbours_do(self, engine: Engine, city):
        tree, communes, lot = city
        with transaction(engine) as session:
            rare = a_shelf(session)
            used(session, communes[0], rare, dict.fromkeys(months_to(AS_OF, 14), 9))
            new = a_facility(session, parent=tree.district, since=date(2026, 10, 15))
            old = a_facility(session, parent=tree.district, since=date(2019, 1, 1))
        make(engine)

        found = kept(engine)
        assert [row.method for key, row in found.items() if key[0] == id_of(new)] == ["newcomer"]
        assert (id_of(new), lot.item_id) in found
        assert [key for key in found if key[0] == id_of(old)] == []

    def test_a_new_collaborator_is_not(self, engine: Engine, city):
        tree, _, lot = city
        with transaction(engine) as session:
            used(session, tree.collaborator, lot, dict.fromkeys(months_to(AS_OF, 18), 15))
            new = a_facility(session, parent=tree.commune, level="collaborator", since=date(2026, 10, 15))
        make(engine)

        assert [key for key in kept(engine) if key[0] == id_of(new)] == []

    def test_but_not_what_it_may_not_hold(self, engine: Engine):
        with transaction(engine) as session:
            tree, lot = a_tree(session), a_shelf(session, method="implant")
            for place in (tree.commune, a_facility(session, parent=tree.district)):
                used(session, place, lot, dict.fromkeys(months_to(AS_OF, 14), 9))
            new = a_facility(
                session, parent=tree.district, since=date(2026, 10, 15), capabilities="clinical injectable"
            )
        make(engine)

        assert [key for key in kept(engine) if key[0] == id_of(new)] == []

    def test_a_district_of_series_without_forecasts_says_so(self, engine: Engine, city):
        tree, communes, lot = city
        for place in communes:
            close(engine, place, date(2026, 10, 31))
        make(engine)

        row = kept(engine)[id_of(tree.district), lot.item_id]
        assert (row.method, row.reason, row.means, row.parts) == ("none", "none_below", b"", 0)


def given_at_once(place: Facility, lot: Lot):
    from tests.factories import a_document, a_line

    return a_document(place, a_line(lot, 40), on=date(2026, 10, 20))


class TestCampaigns:
    def flagged(self, session: Session, at: Facility, item_id: int | None, **about: object) -> None:
        campaign = {"first_month": 202603, "last_month": 202604, "set_at": NOW, "name": "Chiến dịch"} | about
        add(session, Campaign(uuid=uuid4(), facility_id=id_of(at), item_id=item_id, **campaign))

    def test_a_campaign_holds_for_all_under_its_facility_and_its_item(self, engine: Engine, city):
        tree, communes, lot = city
        with transaction(engine) as session:
            other = a_shelf(session)
            used(session, communes[1], other, {202608: 4})
            self.flagged(session, tree.district, lot.item_id)
            self.flagged(session, communes[1], None, first_month=202612, last_month=202801)
            self.flagged(session, tree.board, None, withdrawn_at=NOW)
        with reader(engine) as session:
            flagged = prepared(read(session, AS_OF), 3).flagged

        past = flagged[flagged["period"] < "2026-11"]
        assert set(past["facility"]) == {id_of(place) for place in communes}
        assert set(past["item"]) == {lot.item_id}
        assert set(past["period"]) == {"2026-03", "2026-04"}
        coming = flagged[flagged["period"] > "2026-11"]
        assert set(coming["facility"]) == {id_of(communes[1])}
        assert set(coming["item"]) == {lot.item_id, other.item_id}
        assert set(coming["period"]) == {"2026-12", "2027-01"}  # no further than the forecast


def test_the_latest_run_is_in_force(engine: Engine):
    with transaction(engine) as session:
        a_run(session, 202609)
        an_item(session)
        assert run_in_force(session, first_of(202610)) is not None
