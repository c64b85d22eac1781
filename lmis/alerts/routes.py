"""All pages about alerts."""

from fastapi import APIRouter

from lmis.alerts import routes_alert, routes_list, routes_preferences, routes_redistribution, routes_report

router = APIRouter()
for part in (routes_report, routes_list, routes_redistribution, routes_alert, routes_preferences):
    router.include_router(part.router)
