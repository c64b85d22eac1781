"""All pages about shipments."""

from fastapi import APIRouter

from lmis.shipments import routes_bulk, routes_confirm, routes_settle, routes_show, routes_undo

router = APIRouter()
for part in (routes_show, routes_bulk, routes_confirm, routes_settle, routes_undo):
    router.include_router(part.router)
