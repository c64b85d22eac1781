"""A lease is held by one, for as long as it is renewed, whatever the clock does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep

from sqlalchemy import Engine

from lmis import clock
from lmis.db import reader, transaction
from lmis.jobs import leases
from lmis.jobs.leases import LASTS, SKEW, held, kept, release, renew, take
from tests.factories import NOW

JOB = "prove-ledger"
SECOND = timedelta(seconds=1)


def test_one_takes_it_and_no_other(session):
    assert take(session, JOB, "a", NOW)
    assert not take(session, JOB, "b", NOW + LASTS)
    assert not take(session, JOB, "a", NOW), "nor the same process twice"
    assert take(session, "another", "b", NOW)


def test_it_is_free_when_it_was_let_go(session):
    take(session, JOB, "a", NOW)
    release(session, JOB, "b")
    assert set(held(session, NOW)) == {JOB}

    release(session, JOB, "a")
    assert held(session, NOW) == {}
    assert take(session, JOB, "b", NOW)


def test_it_is_free_when_it_has_run_out(session):
    take(session, JOB, "a", NOW)

    assert held(session, NOW + LASTS + SECOND) == {}
    assert take(session, JOB, "b", NOW + LASTS + SECOND)
    assert not renew(session, JOB, "a", NOW + LASTS + SECOND)


def test_renewed_it_lasts_longer(session):
    take(session, JOB, "a", NOW)

    assert renew(session, JOB, "a", NOW + LASTS)
    assert not take(session, JOB, "b", NOW + LASTS + SECOND)


def test_after_the_clock_was_set_back_a_lease_of_the_future_is_void(session):
    take(session, JOB, "a", NOW)
    back = NOW - timedelta(hours=1)

    assert held(session, back) == {}
    assert take(session, JOB, "b", back)
    assert not renew(session, JOB, "a", back)


def test_a_machine_whose_clock_is_a_little_slow_respects_it(session):
    take(session, JOB, "a", NOW)

    assert set(held(session, NOW - SKEW)) == {JOB}
    assert not take(session, JOB, "b", NOW - SKEW)


def test_of_many_at_once_one_gets_it(engine: Engine):
    def attempt(number: int) -> bool:
        with transaction(engine) as session:
            return take(session, JOB, f"holder {number}", NOW)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 1


def test_it_is_kept_for_longer_than_it_lasts_while_the_work_goes_on(engine: Engine):
    lasts = timedelta(seconds=0.8)
    with transaction(engine) as session:
        take(session, JOB, "a", clock.now(), lasts)
    with kept(engine, JOB, "a", clock.now, lasts):
        sleep(1.6)
        with transaction(engine) as session:
            assert not take(session, JOB, "b", clock.now(), lasts)
    sleep(1)
    with reader(engine) as session:
        assert leases.held(session, clock.now()) == {}
