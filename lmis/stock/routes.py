"""All pages about stock."""

from fastapi import APIRouter

from lmis.stock import routes_card, routes_documents, routes_give, routes_lots, routes_receive

router = APIRouter()
for part in (routes_receive, routes_give, routes_lots, routes_documents, routes_card):
    router.include_router(part.router)
