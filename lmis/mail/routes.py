"""All pages about e-mails, for those who look after the whole site."""

from __future__ import annotations

from fastapi import APIRouter

from lmis.mail import routes_list, routes_show

router = APIRouter()
for part in (routes_list, routes_show):
    router.include_router(part.router)
