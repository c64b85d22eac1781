"""A facility's first page, the choice of facilities, and stock on hand."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from lmis import clock
from lmis.accounts.deps import CurrentPlace, CurrentUser
from lmis.config import settings
from lmis.db import Reader
from lmis.home.service import near_expiry_days, shared_limits, stock_on_hand, stockouts_below, tasks, waiting
from lmis.network.service import children, search_facilities
from lmis.pages import page
from lmis.stock.papers import papers
from lmis.stock.queries import recent_documents

router = APIRouter()


@router.get("/f/{code}")
def home(request: Request, place: CurrentPlace, session: Reader) -> Response:
    today = clock.today()
    held = stock_on_hand(session, place.id, today)
    return page(
        request,
        "home/home.html",
        waiting=waiting(session, place, today),
        tasks=tasks(session, place.id, held, today),
        held=held,
        limits=shared_limits(held),
        documents=papers(session, recent_documents(session, place.id, 6)),
        near_expiry_days=near_expiry_days(held),
        today=today,
    )


@router.get("/f/{code}/stock")
def stock(request: Request, place: CurrentPlace, session: Reader) -> Response:
    held = stock_on_hand(session, place.id, clock.today())
    return page(request, "home/stock.html", held=held, limits=shared_limits(held), amc_months=settings().amc_months)


@router.get("/f/{code}/facilities")
def facilities(request: Request, place: CurrentPlace, user: CurrentUser, session: Reader, q: str = "") -> Response:
    """The facilities under this one; with `q`, those of the user's whole scope that are so named."""
    today = clock.today()
    found = search_facilities(session, user.facility_id, q, today) if q.strip() else None
    below = children(session, place.id, today)
    return page(request, "home/facilities.html", q=q, found=found, below=below)


@router.get("/f/{code}/stockouts")
def stockouts(request: Request, place: CurrentPlace, session: Reader) -> Response:
    return page(request, "home/stockouts.html", rows=stockouts_below(session, place.id, clock.today()))
