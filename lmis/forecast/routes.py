"""All pages about forecasts."""

from fastapi import APIRouter

from lmis.forecast import routes_accuracy, routes_campaigns, routes_item, routes_overview

router = APIRouter()
for part in (routes_item, routes_accuracy, routes_overview, routes_campaigns):
    router.include_router(part.router)
