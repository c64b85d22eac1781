"""All pages about physical counts."""

from fastapi import APIRouter

from lmis.counts import routes_entry, routes_list, routes_record, routes_review

router = APIRouter()
for part in (routes_list, routes_entry, routes_review, routes_record):
    router.include_router(part.router)
