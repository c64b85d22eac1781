"""What the worker has done."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field

from lmis.db import Table, UtcDateTime


class JobRun(Table, table=True):
    """A job's run for the day it was due on. While it has no outcome, whoever started it holds it."""

    __tablename__ = "job_run"

    job: str = Field(primary_key=True, max_length=40)
    due_on: date = Field(primary_key=True)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = Field(default=None, max_length=20)  # clean, differences, failed
    detail: str | None = None
