"""All pages about requisitions."""

from fastapi import APIRouter

from lmis.requisitions import routes_paper, routes_papers, routes_supplier

router = APIRouter()
for part in (routes_papers, routes_supplier, routes_paper):  # the pages of one paper take whatever word follows
    router.include_router(part.router)
