"""The web program: routers, what stands around them, the error page and the health check."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from lmis.accounts import routes as accounts
from lmis.accounts.deps import SignInNeeded
from lmis.alerts import routes as alerts
from lmis.config import settings
from lmis.counts import routes as counts
from lmis.db import make_engine, reader
from lmis.errors import LmisError, NotFound, Refused
from lmis.forecast import routes as forecast
from lmis.guard import ForeignOrigin, Guard, is_foreign, is_unspeakable
from lmis.home import routes as home
from lmis.i18n import N_, Message
from lmis.jobs import routes as jobs
from lmis.mail import routes as mail
from lmis.pages import STATIC, page
from lmis.planning import routes as planning
from lmis.policy import routes as policy
from lmis.recalls import routes as recalls
from lmis.reports import routes as reports
from lmis.reports.stock_report import consumption
from lmis.requisitions import routes as requisitions
from lmis.shipments import routes as shipments
from lmis.stock import routes as stock

FEATURES = (
    accounts,
    home,
    stock,
    shipments,
    counts,
    requisitions,
    recalls,
    policy,
    forecast,
    planning,
    reports,
    jobs,
    mail,
    alerts,
)
BROKEN = Message(N_("Something went wrong here, and nothing was changed. Try again; if it stays, tell who runs this."))
WRONG_METHOD = Message(N_("This address does not take what was sent. Go back and use the page’s own buttons."))
A_YEAR = "public, max-age=31536000, immutable"


class Static(StaticFiles):
    """Static files; a browser may keep those asked for by their content's hash for good."""

    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        if scope["query_string"]:
            answer.headers["Cache-Control"] = A_YEAR
        return answer


class Refuse:
    """Stops requests that a page of another site made, or that ask for no name at all, before anything reads them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            error = _refusal(request)
            if error:
                await _refused(request, error)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _refusal(request: Request) -> LmisError | None:
    if is_foreign(request.method, request.headers):
        return ForeignOrigin()
    return NotFound() if is_unspeakable(request.scope) else None


def create_app(engine: Engine) -> ASGIApp:
    """The program on a database that is at this version's schema."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.engine = engine
    app.state.consumption = consumption  # stock's forms show months of stock, yet stock knows no reports
    app.mount("/static", Static(directory=STATIC), name="static")
    for feature in FEATURES:
        app.include_router(feature.router)
    app.add_api_route("/health", health, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_middleware(Refuse)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    app.add_exception_handler(SignInNeeded, _to_sign_in)
    app.add_exception_handler(LmisError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _broken)
    return Guard(app)  # outermost: the error page of a fault is guarded too


def configured_app() -> ASGIApp:
    """The program on the configured database, as a server's worker process starts it."""
    return create_app(make_engine(settings().database_url))


def health(request: Request) -> Response:
    """200 when the database answers, else 503."""
    try:
        with reader(request.app.state.engine) as session:
            session.connection().execute(text("SELECT 1"))
    except SQLAlchemyError:
        return JSONResponse({"status": "no database"}, 503)
    return JSONResponse({"status": "ok"})


def _to_sign_in(request: Request, _error: Exception) -> Response:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?next={quote(here, safe='')}" if here != "/" else "/sign-in", 303)


def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, Refused):
        messages = [refusal.message for refusal in error.refusals]
        return page(request, "error.html", status_code=error.status_code, messages=messages)
    if not isinstance(error, LmisError):
        return _broken(request, error)
    return page(request, "error.html", status_code=error.status_code, messages=[error.message])


def _http_error(request: Request, error: Exception) -> Response:
    status_code = error.status_code if isinstance(error, HTTPException) else 500
    if status_code == 404:
        return _refused(request, NotFound())
    message = WRONG_METHOD if status_code < 500 else BROKEN
    return page(request, "error.html", status_code=status_code, messages=[message])


def _not_found(request: Request, _error: Exception) -> Response:
    """An address whose parts cannot be read leads nowhere."""
    return _refused(request, NotFound())


def _gone(_request: Request, _error: Exception) -> Response:
    """The connection was cut while the form was on its way; nobody reads this answer."""
    return Response(status_code=400)


def _broken(request: Request, _error: Exception) -> Response:
    return page(request, "error.html", status_code=500, messages=[BROKEN])
