"""Workers as processes of their own: together, stopped, killed, and beside a server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from lmis.db import make_engine, reader
from lmis.jobs.models import JobRun
from lmis.jobs.runs import history
from lmis.jobs.schedule import CLEAN
from lmis.jobs.workers import workers
from lmis.worker.embedded import worker_beside
from tests.jobs.test_worker import wait_for

ROOT = Path(__file__).parents[2]


class Yard:
    """Processes on one database, all ended with the test."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.path = url, folder / "written"
        self.path.touch()
        self.engine = make_engine(url)
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        about = {**os.environ, "LMIS_DATABASE_URL": self.url}
        self.running.append(subprocess.Popen([sys.executable, "-m", *command], env=about, cwd=ROOT))
        return self.running[-1]

    def worker(self, jobs: int = 1, seconds: float = 0.0, lease: float = 120) -> subprocess.Popen[bytes]:
        return self.start("tests.jobs.a_worker", self.url, str(self.path), str(jobs), str(seconds), str(lease))

    def written(self) -> list[list[str]]:
        return [line.split() for line in self.path.read_text().splitlines()]

    def runs(self) -> list[JobRun]:
        with reader(self.engine) as session:
            return history(session, date.min)

    def workers(self) -> list[int]:
        """The processes of all workers there ever were."""
        with reader(self.engine) as session:
            return [int(it.holder.split(":")[1]) for it in workers(session)]

    def all_done(self, count: int) -> bool:
        return [run.outcome for run in self.runs()] == [CLEAN] * count

    def close(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
        self.engine.dispose()


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[Yard]:
    yard = Yard(database_url, tmp_path)
    yield yard
    yard.close()


@pytest.fixture
def sqlite_yard(sqlite_url: str, tmp_path: Path) -> Iterator[Yard]:
    yard = Yard(sqlite_url, tmp_path)
    yield yard
    yard.close()


def test_two_workers_at_once_run_each_job_once_and_in_order(yard):
    for _ in range(2):
        yard.worker(jobs=5, seconds=0.1)
    wait_for(lambda: yard.all_done(5))

    assert [line[:2] for line in yard.written()] == [
        [f"job-{number}", what] for number in range(5) for what in ("begins", "ends")
    ]


def test_what_a_killed_worker_was_at_is_taken_over_when_its_lease_is_up(yard):
    killed = yard.worker(seconds=60, lease=2)
    wait_for(lambda: len(yard.written()) == 1)
    other = yard.worker(lease=2)
    killed.send_signal(signal.SIGKILL)
    wait_for(lambda: yard.all_done(1))

    pids = [line[2] for line in yard.written()]
    assert pids == [str(killed.pid), str(other.pid), str(other.pid)]
    assert yard.runs()[0].runs == 2


def test_a_worker_keeps_a_job_for_longer_than_a_lease_lasts(yard):
    yard.worker(seconds=3, lease=1)
    wait_for(lambda: len(yard.written()) == 1)
    yard.worker(seconds=3, lease=1)
    wait_for(lambda: yard.all_done(1))

    assert len(yard.written()) == 2


def test_told_to_stop_it_finishes_what_it_has_begun_and_begins_nothing_more(sqlite_yard):
    worker = sqlite_yard.worker(jobs=2, seconds=1)
    wait_for(lambda: len(sqlite_yard.written()) == 1)
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(60) == 0
    assert [line[:2] for line in sqlite_yard.written()] == [["job-0", "begins"], ["job-0", "ends"]]
    assert sqlite_yard.all_done(1)


def test_the_command_runs_the_jobs_until_it_is_told_to_stop(sqlite_yard):
    worker = sqlite_yard.start("lmis", "worker")
    wait_for(lambda: any((run.job, run.outcome) == ("prove-ledger", CLEAN) for run in sqlite_yard.runs()))
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(60) == 0


@pytest.mark.parametrize(("servers", "how"), [("1", signal.SIGKILL), ("1", signal.SIGTERM), ("2", signal.SIGTERM)])
def test_a_worker_beside_the_server_ends_with_it_however_that_ends(sqlite_yard, servers, how):
    server = sqlite_yard.start("lmis", "serve", "--port", str(free_port()), "--with-worker", "--workers", servers)
    wait_for(lambda: any(run.outcome == CLEAN for run in sqlite_yard.runs()))
    (worker,) = {int(run.holder.split(":")[1]) for run in sqlite_yard.runs()}
    assert worker != server.pid
    server.send_signal(how)

    wait_for(lambda: not alive(worker))


def test_a_worker_beside_that_dies_is_started_again(sqlite_yard, monkeypatch):
    monkeypatch.setenv("LMIS_DATABASE_URL", sqlite_yard.url)
    with worker_beside(again_after=0.1):
        wait_for(lambda: len(sqlite_yard.workers()) == 1)
        os.kill(sqlite_yard.workers()[0], signal.SIGKILL)
        wait_for(lambda: len(sqlite_yard.workers()) == 2)

    assert not any(alive(pid) for pid in sqlite_yard.workers())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
