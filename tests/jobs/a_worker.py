"""A worker process for tests: `python -m tests.jobs.a_worker URL FILE JOBS SECONDS LEASE`.

Each of its jobs writes a line to the file when it begins and one when it has ended, SECONDS later.
"""

from __future__ import annotations

import os
import sys
import time as wall
from datetime import timedelta
from pathlib import Path

from lmis import clock
from lmis.db import make_engine
from lmis.i18n import VIETNAM
from lmis.jobs.running import Work
from lmis.jobs.runs import Done
from lmis.jobs.schedule import Daily, Job
from lmis.worker import scheduler


def writing(path: Path, job: str, seconds: float) -> Work:
    def work(*_: object) -> Done:
        for what in ("begins", "ends"):
            with path.open("a") as file:
                file.write(f"{job} {what} {os.getpid()}\n")
            wall.sleep(seconds if what == "begins" else 0)
        return Done({"worked": 1})

    return work


def main(url: str, path: str, count: str, seconds: str, lease: str) -> None:
    scheduler.LOOK = "*"
    due = (clock.now() - timedelta(hours=12)).astimezone(VIETNAM).time()
    jobs = tuple(Job(f"job-{number}", "Job", "", Daily(due)) for number in range(int(count)))
    works = {job.id: writing(Path(path), job.id, float(seconds)) for job in jobs}
    scheduler.Worker(make_engine(url), jobs, works, lasts=timedelta(seconds=float(lease))).work()


if __name__ == "__main__":
    main(*sys.argv[1:])
