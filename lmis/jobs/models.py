"""What the workers have done, are doing, and are asked to do."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field

from lmis.db import Table, UtcDateTime


class JobRun(Table, table=True):
    """A job's work for the day it was due on. While it has no outcome, it is going on, or its worker died."""

    __tablename__ = "job_run"

    job: str = Field(primary_key=True, max_length=40)
    due_on: date = Field(primary_key=True)
    started_at: datetime = Field(sa_type=UtcDateTime)  # of the latest run of the day
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = Field(default=None, max_length=20)  # clean, differences, failed
    detail: str | None = None  # what to remember of it, or the fault
    runs: int = 1  # how often it began that day: some jobs run many times, and one that failed is tried again
    counts: str | None = None  # JSON: how many of what; see lmis.jobs.runs.counts_of
    holder: str | None = Field(default=None, max_length=120)  # the worker: machine and process


class JobLease(Table, table=True):
    """Who may run a job now. It is renewed while the job goes on, and free to others after `until`."""

    __tablename__ = "job_lease"

    job: str = Field(primary_key=True, max_length=40)
    holder: str = Field(max_length=120)
    until: datetime = Field(sa_type=UtcDateTime)


class JobRequest(Table, table=True):
    """A job that someone wants run now, whether it is due or not. Whoever runs it takes the row away."""

    __tablename__ = "job_request"

    job: str = Field(primary_key=True, max_length=40)
    asked_by: int | None = Field(default=None, foreign_key="user_account.id")
    asked_at: datetime = Field(sa_type=UtcDateTime)


class Worker(Table, table=True):
    """A worker process, and when it was last seen alive."""

    __tablename__ = "worker"

    holder: str = Field(primary_key=True, max_length=120)
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
