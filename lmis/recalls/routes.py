"""All pages about recalled lots, the way of a lot, and disposal."""

from fastapi import APIRouter

from lmis.recalls import routes_disposal, routes_recall, routes_start, routes_trace

router = APIRouter()
for part in (routes_start, routes_recall, routes_trace, routes_disposal):
    router.include_router(part.router)
