"""The pages of the scheduled jobs, for those who look after the whole site."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from lmis import clock
from lmis.accounts.deps import Administrator
from lmis.db import Reader, Transaction, id_of
from lmis.jobs.view import job_by_id, job_views, nobody_works, run_views, shown_workers, when_said
from lmis.jobs.workers import ask, workers
from lmis.pages import page

router = APIRouter()

SHOWN = timedelta(days=30)


@router.get("/jobs")
def jobs(request: Request, _user: Administrator, session: Reader, asked: str = "") -> Response:
    now = clock.now()
    listed, known = job_views(session, now), workers(session)
    return page(
        request,
        "jobs/jobs.html",
        jobs=listed,
        asked=next((it for it in listed if it.job.id == asked), None),
        gone=nobody_works(known, now),
        workers=shown_workers(known, now),
    )


@router.get("/jobs/{id_}")
def job(request: Request, id_: str, _user: Administrator, session: Reader) -> Response:
    found, now = job_by_id(id_), clock.now()
    view = next(it for it in job_views(session, now) if it.job == found)
    runs = run_views(session, found, clock.today() - SHOWN, now)
    gone = nobody_works(workers(session), now)
    return page(request, "jobs/job.html", it=view, when=when_said(found.when), runs=runs, gone=gone, days=SHOWN.days)


@router.post("/jobs/{id_}/run")
def run_now(id_: str, user: Administrator, session: Transaction) -> Response:
    ask(session, job_by_id(id_).id, id_of(user), clock.now())
    return RedirectResponse(f"/jobs?asked={id_}", 303)
