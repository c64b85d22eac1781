"""All pages of plans."""

from __future__ import annotations

from fastapi import APIRouter

from lmis.planning import routes_plan, routes_population, routes_shipments, routes_what_if

router = APIRouter()
for part in (routes_population, routes_what_if, routes_shipments, routes_plan):
    router.include_router(part.router)
